"""``pointsbank keys …``: change the bank's keys."""

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from pointsbank.core import bank, clock
from pointsbank.core.actor import SYSTEM
from pointsbank.core.audit import record
from pointsbank.core.database import snapshot, transaction
from pointsbank.core.jobs import leadership
from pointsbank.keys import rotation

commands = click.Group("keys", help="密钥。The bank's keys.")


@commands.command("rotate")
def rotate() -> None:
    """更换密钥：停止服务后运行，中断了再运行一次即可。Change the keys while the service is stopped.

    手机号、证件号等全部重新加密，旧密钥留到全部完成。完成后所有人须重新登录；请另存新的密钥文件
    并重新备份，以前的备份仍须用旧密钥。

    Every sealed field is sealed anew; the old key is kept until all is done, and an interrupted run
    is taken up by the next. Everybody signs in again afterwards. Keep a copy of the new keys and
    make a new backup: older backups need the old keys.
    """
    path = bank.settings().keys_file
    with leadership() as alone:
        if not alone:
            raise click.ClickException("请先停止服务 / stop the service first")
        fresh = rotation.begin(path)
        click.echo(
            "已生成新密钥 / a new key" if fresh else "继续上次的更换 / taking up the last run"
        )
        _reseal()
        with transaction() as session:
            rotation.finish(session)
            record(session, SYSTEM, "keys.rotate", ("keys", 0), at=clock.now())
        rotation.drop_old(path)
    click.echo("✓ 密钥已更换，旧密钥已删除 / the keys are changed, the old one is gone")
    click.echo(f"请另存 / keep a copy of: {path}")


def _reseal() -> None:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        for held in rotation.sealed_tables():
            with snapshot() as session:
                total = rotation.row_count(session, held)
            task, last = progress.add_task(held.table.name, total=total), None
            while True:
                with transaction() as session:
                    done, last = rotation.reseal_batch(session, held, last)
                if not done:
                    break
                progress.advance(task, done)
