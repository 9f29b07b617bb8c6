"""``pointsbank database …``: tables up to date, and the rights of the role that serves."""

from pathlib import Path

import click

from pointsbank.core import bank, config, rights
from pointsbank.core.database import snapshot

commands = click.Group("database", help="数据库。The database.")


@commands.command("migrate")
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), help="The bank's folder.")
@click.option(
    "--config", "file", type=click.Path(path_type=Path), help="The bank's configuration file."
)
def migrate(data: Path | None, file: Path | None) -> None:
    """更新数据表并给服务角色授权。Bring the tables up to date; grant the serving role its rights.

    PostgreSQL：用 migration_url（数据库属主的地址）。On PostgreSQL as the owner, in migration_url.
    """
    settings = config.load(data=data, file=file)
    database = bank.open_bank(settings, as_owner=True)
    click.echo("✓ 数据表已是最新 / tables up to date")
    if role := database.serving_role():
        click.echo(f"✓ 服务角色已授权 / the serving role has its rights: {role}")
    database.close()


@commands.command("check")
def check() -> None:
    """查看服务角色有没有多余的权限。Say what the serving role may do beyond what it needs."""
    with snapshot() as session:
        excess = rights.excess(session.connection())
    if not excess:
        click.echo("✓ 服务没有多余的权限 / the service has no right beyond its needs")
        return
    click.echo("✗ 服务的数据库角色可以改动账本 / the role that serves could change the book:")
    for right in excess:
        click.echo(f"  {right}")
    raise SystemExit(1)
