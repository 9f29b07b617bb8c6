"""The ``pointsbank`` command: serve, schedule, back up, and every feature's own commands."""

import importlib
import sys
from collections.abc import Callable
from copy import copy
from pathlib import Path
from typing import Any

import click

from pointsbank.core import backup, bank, config, logs
from pointsbank.core.database import open_database, snapshot
from pointsbank.core.errors import Refused, Unavailable
from pointsbank.core.resources import features
from pointsbank.ledger import journal


class BankGroup(click.Group):
    """Mounts what features' ``commands.py`` offer: a group ``commands`` or a single ``command``."""

    def list_commands(self, context: click.Context) -> list[str]:
        self._mount()
        return super().list_commands(context)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        self._mount()
        return super().get_command(context, name)

    def _mount(self) -> None:
        for feature in features():
            path = f"pointsbank.{feature}.commands"
            if not importlib.util.find_spec(path):
                continue
            module = importlib.import_module(path)
            if group := getattr(module, "commands", None):
                self.add_command(_with_bank(group))
            else:
                self.add_command(module.command)


def _with_bank(group: click.Group) -> click.Group:
    """A feature's commands with the options that say which bank, which is opened first."""
    mounted = copy(group)
    mounted.commands = {}
    for name, command in group.commands.items():
        told = mounted.commands[name] = copy(command)
        if not any(parameter.name == "data" for parameter in command.params):
            told.params = [*command.params, _data_option(), _config_option()]
            told.callback = _opening(command.callback)
    return mounted


def _data_option() -> click.Option:
    return click.Option(
        ["--data"], type=click.Path(path_type=Path, file_okay=False), help="The bank's folder."
    )


def _config_option() -> click.Option:
    return click.Option(
        ["--config"], type=click.Path(path_type=Path), help="The bank's configuration file."
    )


def _opening(callback: Callable[..., Any] | None) -> Callable[..., Any]:
    def run(data: Path | None, config: Path | None, **options: Any) -> Any:
        open_existing(data, config)
        return callback(**options) if callback else None

    return run


def open_existing(data: Path | None, file: Path | None) -> config.Settings:
    """Open the bank that the options name, for a command.

    A configuration file is enough to make a new bank; a mere folder must hold one already, so
    that a slip of the pen makes none.
    """
    settings = config.load(data=data, file=file)
    if file is None:
        _require_bank(settings)
    logs.to_standard_error(settings.log_level)
    bank.open_bank(settings)
    return settings


def _require_bank(settings: config.Settings) -> None:
    if not settings.database_url and not settings.embedded.exists():
        raise click.ClickException(f"{settings.data} 里没有积分银行的数据 / holds no bank")


@click.group(cls=BankGroup)
@click.version_option(package_name="pointsbank")
def pointsbank() -> None:
    """积分银行：社区志愿服务的账本。Points Bank: the ledger behind a community's volunteer work."""


@pointsbank.command()
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), help="The bank's folder.")
@click.option(
    "--config", "file", type=click.Path(path_type=Path), help="The bank's configuration file."
)
def serve(data: Path | None, file: Path | None) -> None:
    """启动服务。Run the service (on SQLite with the scheduler inside)."""
    from pointsbank.server import run

    settings = config.load(data=data, file=file)
    if not settings.public_url:
        raise click.ClickException(
            "请先设置 public_url（二维码里的网址） / set public_url, the address in QR codes"
        )
    run(settings)


@pointsbank.command()
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), help="The bank's folder.")
@click.option(
    "--config", "file", type=click.Path(path_type=Path), help="The bank's configuration file."
)
def schedule(data: Path | None, file: Path | None) -> None:
    """运行定时任务（PostgreSQL）。Run the scheduler beside serving processes, on PostgreSQL."""
    from pointsbank.server import run_scheduler

    run_scheduler(config.load(data=data, file=file))


@pointsbank.command("backup")
@click.argument("to", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), help="The bank's folder.")
@click.option(
    "--config", "file", type=click.Path(path_type=Path), help="The bank's configuration file."
)
def back_up(to: Path, data: Path | None, file: Path | None) -> None:
    """备份整个库，不影响服务。Copy the whole bank to a new file while it serves.

    密钥文件不在备份里，须另行保管。The keys are not in it: keep a copy of them elsewhere.
    """
    settings = config.load(data=data, file=file)
    _require_bank(settings)
    backup.require_keys(settings)
    backup.back_up(settings, to)
    click.echo(f"✓ 已备份 / backed up: {to}")
    _tell_seal(settings, to)
    click.echo(
        f"密钥不在备份里，请另存他处，缺了它备份就用不了：{settings.keys_file}\n"
        "The keys are not in the backup, which is of no use without them: keep a copy elsewhere."
    )


@pointsbank.command()
@click.argument(
    "backup_file", metavar="FILE", type=click.Path(path_type=Path, exists=True, dir_okay=False)
)
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), help="The bank's folder.")
@click.option(
    "--config", "file", type=click.Path(path_type=Path), help="The bank's configuration file."
)
def restore(backup_file: Path, data: Path | None, file: Path | None) -> None:
    """把备份恢复到空的文件夹（SQLite）。Put a backup into an empty place.

    请先把密钥文件放进去。Put the bank's keys there first.
    """
    settings = config.load(data=data, file=file)
    backup.restore(settings, backup_file)
    click.echo(f"✓ 已恢复 / restored: {settings.data}")
    _tell_seal(settings, backup_file)


def _tell_seal(settings: config.Settings, file: Path) -> None:
    """Say up to which seal a backup goes; exit code 1 if that seal does not hold."""
    if settings.database.startswith("sqlite"):
        with backup.opened(file) as session:
            line, holds = journal.last_seal(session)
    else:
        open_database(settings.database)
        with snapshot() as session:
            line, holds = journal.last_seal(session)
    if not holds:
        raise click.ClickException(
            f"{line}\n最近一次封存与账不符，请用 pointsbank ledger verify 核验。"
            " The last seal does not hold: run pointsbank ledger verify."
        )
    click.echo(line or "账本尚未封存 / nothing is sealed yet")


def main() -> None:
    """Entry point: a refusal, a bad configuration or a silent database is one sentence and exit
    code 2.
    """
    try:
        pointsbank(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as failure:
        failure.show()
        sys.exit(failure.exit_code)
    except Refused as refused:
        click.echo(f"{refused.sentence % refused.facts} ({refused.code})", err=True)
        sys.exit(2)
    except Unavailable as silence:
        click.echo(f"{silence.sentence} ({silence.code})\n{silence.__cause__}", err=True)
        sys.exit(2)
