"""``pointsbank audit …``: verify the audit trail, and prune what is past its term."""

import click

from pointsbank.core import clock
from pointsbank.core.database import snapshot
from pointsbank.trail import jobs, seals

commands = click.Group("audit", help="审计记录。The audit trail.")


@commands.command("verify")
@click.option(
    "--published", multiple=True, metavar="LINE",
    help="公布过的封存行，可多次给出。A seal's line that was made public.",
)  # fmt: skip
def verify(*, published: tuple[str, ...]) -> None:
    """核验审计记录，指出第一段不符的。Recompute the seals; name the first that differs."""
    with snapshot() as session:
        found = seals.verify(session, published=published)
    click.echo(
        f"记录 entries {found.entries} · 封存 seals {found.seals}"
        f" · 未封存 unsealed {found.unsealed}"
    )
    if found.pruned:
        click.echo(f"第 {found.pruned} 段及以前已到期清理 / runs up to {found.pruned} are pruned")
    if found.line:
        click.echo(f"最近一次封存 last seal  {found.line}")
    if found.fault is None:
        click.echo("✓ 相符 / it holds")
        return
    fault = found.fault
    click.echo(
        f"✗ 不符 does not hold: {fault.what}，封存 seal {fault.seal_id}"
        f"（记录 entries {fault.first_entry_id}–{fault.last_entry_id}）"
    )
    raise SystemExit(1)


@commands.command("seal")
def seal() -> None:
    """立即封存审计记录。Seal the audit trail now."""
    jobs.seal_trail(clock.now())
    with snapshot() as session:
        found = seals.verify(session)
    click.echo(found.line or "还没有记录 / there are no entries yet")


@commands.command("prune")
def prune() -> None:
    """清理超过保留期限的记录，封存的摘要仍保留。Remove entries past their term; digests stay.

    期限是设置 audit_months。SQLite 上每天夜里自动清理；PostgreSQL 上须给出 migration_url。
    The term is audit_months. On SQLite it is done every night; on PostgreSQL as the owner, in
    migration_url.
    """
    gone = jobs.remove_past_term(clock.now())
    click.echo(f"已清理 {gone} 条 / entries removed: {gone}")
