"""``pointsbank demo``: makes the example bank, prints how to get in, and serves it."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from pointsbank.core import bank, clock, config, database
from pointsbank.core.actor import ROLE_NAMES
from pointsbank.demo import story
from pointsbank.demo.shape import SHAPES

ANY = "0.0.0.0"  # noqa: S104 - a phone on the same network has to reach the poster's address
FIRST_PORT = 8000
SIGN_INS = "sign-ins.txt"


@click.command("demo")
@click.option(
    "--port", type=click.IntRange(0, 65535), help="端口；0 为任选。Port; 0 is any free one."
)
@click.option("--host", default=ANY, help="监听地址，默认本机局域网。Address to listen on.")
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    help="数据文件夹，默认新建。The bank's folder; a fresh one by default.",
)
@click.option(
    "--size", type=click.Choice(list(SHAPES)), default="village", show_default=True,
    help="规模：村、县、市。How big.",
)  # fmt: skip
@click.option(
    "--seed", type=int, default=story.SEED, help="同一种子，同样的数据。Same seed, same data."
)
@click.option("--no-serve", is_flag=True, help="只生成，不启动。Make it, do not serve it.")
@click.pass_context
def command(
    context: click.Context,
    *,
    port: int | None,
    host: str,
    data: Path | None,
    size: str,
    seed: int,
    no_serve: bool,
) -> None:
    """生成示例社区并启动服务。Make an example community and serve it."""
    console = Console(highlight=False)
    folder = data or _fresh_folder()
    settings = _new_bank(folder, host, port)
    try:
        with _progress(console) as told:
            written = story.write(
                size, seed=seed, now=clock.now().replace(microsecond=0), told=told
            )
    finally:
        database.current().close()
    _print(console, settings, written)
    if not no_serve:
        console.print("按 Ctrl+C 停止。Ctrl+C stops the service.\n")
        group = context.find_root().command
        serve = group.get_command(context, "serve") if isinstance(group, click.Group) else None
        if serve:
            context.invoke(serve, data=folder, file=None)


def _fresh_folder() -> Path:
    """``pointsbank-demo`` here, or the first of its followers that there is not yet."""
    number = 1
    while (
        folder := Path(f"pointsbank-demo-{number}" if number > 1 else "pointsbank-demo")
    ).exists():
        number += 1
    return folder


def _new_bank(folder: Path, host: str, port: int | None) -> config.Settings:
    """An empty bank, opened, with a configuration by which every other command finds it."""
    if folder.exists() and any(folder.iterdir()):
        raise click.ClickException(
            f"{folder} 不是空文件夹，请另选一个 / is not empty: choose another, "
            f"or run `pointsbank serve --data {folder}`"
        )
    port = _free_port(host, port)
    name = _network_address() if host == ANY else host
    folder.mkdir(parents=True, exist_ok=True)
    (folder / config.CONFIG_NAME).write_text(
        f'public_url = "http://{name}:{port}"\nhost = "{host}"\nport = {port}\n'
        "administrators_use_totp = false\n",  # its passwords are printed: it is to be tried
        encoding="utf-8",
    )
    settings = config.load(data=folder)
    bank.open_bank(settings)
    return settings


def _free_port(host: str, wanted: int | None) -> int:
    """The wanted port, or the first free one from 8000 on; 0 asks the system for one."""
    tried = [wanted] if wanted is not None else range(FIRST_PORT, FIRST_PORT + 100)
    for port in tried:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise click.ClickException(f"端口 {wanted or FIRST_PORT} 已被占用 / the port is in use")


def _network_address() -> str:
    """This machine's address on its network: no packet is sent. Without one, the machine itself."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])


@contextmanager
def _progress(console: Console) -> Iterator[story.Told]:
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        tasks = {
            chapter: progress.add_task(chapter.value, total=1, start=False)
            for chapter in story.Chapter
        }

        def told(chapter: story.Chapter, done: int, total: int) -> None:
            for earlier, task in tasks.items():
                if earlier == chapter:
                    break
                progress.update(task, completed=1, total=1)
                progress.stop_task(task)
            if not progress.tasks[tasks[chapter]].started:
                progress.start_task(tasks[chapter])
            progress.update(tasks[chapter], completed=done, total=total)

        yield told


def _print(console: Console, settings: config.Settings, written: story.Written) -> None:
    folder = settings.data.resolve()
    table = Table("角色 role", "登录 sign in with", "密码 password", box=None, pad_edge=False)
    for sign_in in written.sign_ins.values():
        title = f"{ROLE_NAMES[sign_in.role]} {sign_in.role.value}"
        table.add_row(title, sign_in.login, sign_in.password)
    _keep(folder / SIGN_INS, written)
    going, digits = written.going, written.card_digits
    card = " ".join(digits[place : place + 4] for place in range(0, len(digits), 4))
    console.print(
        f"\n成员 members {written.people:,} · 活动 events {written.events:,} · "
        f"参加 person-times {written.stays:,} · 兑换 redemptions {written.redemptions:,}"
    )
    console.print(f"数据 data     {folder}", soft_wrap=True)
    console.print(f"网址 address  {settings.public_url}\n", soft_wrap=True)
    console.print(table)
    console.print(
        f"\n正在签到 open now     {going.open_title}  {settings.public_url}/c/{going.open_code}"
        f"\n等待确认 to confirm   {settings.public_url}/events/{going.to_confirm_id}"
        f"\n志愿者的卡 her card   {card}\n",
        soft_wrap=True,
    )


def _keep(path: Path, written: story.Written) -> None:
    """The sign-ins once more, in a file that its owner only may read."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        for sign_in in written.sign_ins.values():
            file.write(f"{sign_in.role.value}\t{sign_in.login}\t{sign_in.password}\n")
