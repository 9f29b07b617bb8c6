"""``pointsbank ledger …``: units, verify the book, seal it, close days, what lapses, copies."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from pointsbank.core import bank, clock
from pointsbank.core.actor import SYSTEM
from pointsbank.core.database import snapshot, transaction
from pointsbank.ledger import jobs, journal, operations, transcript
from pointsbank.ledger.lapses import lapsing as lapsing_accounts
from pointsbank.ledger.lapses import told_until
from pointsbank.ledger.manifest import Manifest
from pointsbank.ledger.notice import SealLine
from pointsbank.ledger.rules import (
    DEFAULT_UNITS,
    EXPIRY_NAMES,
    OWNER_NAMES,
    SPENT_REVERSAL_NAMES,
    ExpiryPolicy,
    SpentReversal,
    UnitDeclaration,
)
from pointsbank.ledger.units import units as declared_units
from pointsbank.ledger.verify import Findings, last_verified
from pointsbank.ledger.verify import verify as verify_book

commands = click.Group("ledger", help="账本。The ledger.")
_POINTS = {unit.code: unit for unit in DEFAULT_UNITS if unit.spendable}


@commands.command("units")
def units() -> None:
    """列出计量单位及其条款。List the units and their terms."""
    with snapshot() as session:
        for unit in declared_units(session):
            click.echo(_terms(unit))


@commands.command("declare")
@click.argument("unit", type=click.Choice([*_POINTS]))
@click.option(
    "--expiry",
    type=click.Choice([policy.value for policy in ExpiryPolicy]),
    default=ExpiryPolicy.NEVER.value,
    show_default=True,
    help="积分何时到期，先得的先到期。When points lapse, first in first out.",
)
@click.option(
    "--months",
    default=0,
    help="--expiry months：满几个月后的月底。To the end of the month, so many months on.",
)
@click.option(
    "--spent-reversal",
    type=click.Choice([how.value for how in SpentReversal]),
    default=SpentReversal.REFUSE.value,
    show_default=True,
    help="更正已花掉的积分：不许，或记为欠分。A correction of what is spent: refused, or a debt.",
)
def declare(unit: str, expiry: str, months: int, spent_reversal: str) -> None:
    """按本地条款设立一种积分，须在第一个管理员之前。Declare points on a town's own terms.

    条款一经设立不能更改。没有设立的，随第一个管理员按“长期有效、已花掉的不能冲正”设立。

    Do so before the first administrator is added: with her come the points that are not declared
    yet, which never lapse. Terms stand for ever.
    """
    declared = UnitDeclaration(
        unit,
        _POINTS[unit].name,
        spendable=True,
        expiry=ExpiryPolicy(expiry),
        expiry_months=months,
        spent_reversal=SpentReversal(spent_reversal),
    )
    with transaction() as session:
        operations.declare_unit(session, SYSTEM, unit=declared, at=clock.now())
    click.echo(f"✓ {_terms(declared)}")


def _terms(unit: UnitDeclaration) -> str:
    terms = [f"{unit.name} {unit.code}"]
    if unit.spendable:
        months = f" {unit.expiry_months}" if unit.expiry is ExpiryPolicy.MONTHS else ""
        terms.append(f"{EXPIRY_NAMES[unit.expiry]} {unit.expiry}{months}")
        how = unit.spent_reversal
        terms.append(f"{SPENT_REVERSAL_NAMES[how]} {how}")
    return " · ".join(terms)


@commands.command("lapsing")
@click.option(
    "--days",
    type=click.IntRange(0, 400),
    help="今后几天之内，不写则按 expiry_notice_days。Within so many days from now.",
)
def lapsing(days: int | None) -> None:
    """列出即将到期的积分：谁、哪种、多少。List who is about to lose points, and how many.

    志愿者在“我的存折”里看得到自己的。Volunteers are told of their own on their pages.
    """
    today = clock.today()
    until = told_until(today) if days is None else today + timedelta(days=days)
    with snapshot() as session:
        found = lapsing_accounts(session, until=until)
    for one in found:
        whose = f"{OWNER_NAMES[one.account.owner_kind]} #{one.account.owner_id}"
        click.echo(f"{whose}\t{one.account.unit}\t{one.amount}")
    click.echo(
        f"到 {until:%Y-%m-%d} 为止，{len(found):,} 个账户将有积分到期 / accounts that lose points",
        err=True,
    )


@commands.command("verify")
@click.option(
    "--since-last",
    is_flag=True,
    help="只核验上次核验以后的账。Only what came after the last verification.",
)
@click.option(
    "--published",
    multiple=True,
    metavar="LINE",
    help="公告上的封存行，可多次给出。A seal's line from a public notice.",
)
def verify(*, since_last: bool, published: tuple[str, ...]) -> None:
    """核验账本，指出第一处不符。Recompute the book and name the first row that differs.

    结果记入库中。加 --since-last 时，上次核验到的封存及以前的账不再重读，那以前的改动查不出来；
    应当定期核验整本账。也报告未封存的账是否过多。

    The result is written down. With --since-last what was sealed before the last verification is
    not read again, and a change there is missed: verify the whole book from time to time. Says too
    when more is unsealed than unsealed_most.
    """
    console = Console(stderr=True)
    digests = _digests([SealLine.read(line) for line in published])
    with snapshot() as session, _bar(console) as bar:
        since = last_verified(session) if since_last else None
        total = journal.transfer_count(session, after_seal=since.seal_id if since else 0)
        task = bar.add_task("核验 / verifying", total=total)
        found = verify_book(
            session,
            since=since,
            published=digests,
            progress=lambda read: bar.update(task, completed=read),
        )
        bar.update(task, completed=found.transfers)
    with transaction() as session:
        operations.record_verification(session, SYSTEM, findings=found, at=clock.now())
    if since_last and since is None:
        click.echo(
            "上次没有核验到封存，或查出了不符：这次核验了整本账。\n"
            "  The last verification reached no seal, or found a fault: read the whole book."
        )
    _tell(found, bank.settings().unsealed_most)


def _digests(lines: list[SealLine]) -> dict[int, bytes]:
    """By seal; two lines of one seal that differ prove nothing but that one of them is wrong."""
    digests: dict[int, bytes] = {}
    for line in lines:
        if digests.setdefault(line.seal_id, line.digest) != line.digest:
            raise click.ClickException(
                f"给出的两行都是第 {line.seal_id} 次封存，却不相同，至少一行有误，请核对公告原件。"
                f" The two lines of seal {line.seal_id} differ: one of them is wrong."
            )
    return digests


def _bar(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
    )


def _tell(found: Findings, unsealed_most: int) -> None:
    if (since := found.since) is not None:
        verified_at = clock.local(since.verified_at)
        click.echo(
            f"第 {since.seal_id:,} 次封存及以前的账在 {verified_at:%Y-%m-%d %H:%M} 已核验，"
            "没有重读：那以前的改动这次查不出来。\n"
            f"  Seal {since.seal_id:,} and all before it, verified on {verified_at:%Y-%m-%d %H:%M},"
            " were not read again: a change there would not be found now."
        )
    if found.fault is not None:
        click.echo(
            f"✗ {found.fault.sentence}\n"
            f"  {found.fault.table} {found.fault.row_id}: {found.fault.what}"
        )
        raise SystemExit(1)
    if found.tail > unsealed_most:
        click.echo(
            f"✗ 账目相符，但未封存的账有 {found.tail:,} 笔，超过设定的 {unsealed_most:,} 笔："
            "请查看定时封存是否在运行。\n"
            f"  unsealed_most: the figures agree, but {found.tail:,} transfers are not sealed,"
            f" more than the {unsealed_most:,} set. See whether the sealing job runs."
        )
        raise SystemExit(1)
    if found.since is not None:
        click.echo(
            f"✓ 此后的账完好：读了 {found.transfers:,} 笔，对了 {found.accounts:,} 个账户的余额，"
            f"到第 {found.seals:,} 次封存，未封存 {found.tail:,} 笔。\n"
            f"  What came after holds: {found.transfers:,} transfers read, the figures of"
            f" {found.accounts:,} accounts, up to seal {found.seals:,}, {found.tail:,} transfers"
            " not sealed yet."
        )
        return
    click.echo(
        f"✓ 账本完好：{found.transfers:,} 笔，{found.accounts:,} 个账户，{found.seals:,} 次封存，"
        f"未封存 {found.tail:,} 笔。\n"
        f"  The book holds: {found.transfers:,} transfers, {found.accounts:,} accounts,"
        f" {found.seals:,} seals, {found.tail:,} transfers not sealed yet."
    )


@commands.command("close")
@click.option(
    "--until",
    required=True,
    type=click.DateTime(["%Y-%m-%d"]),
    help="结账到哪一天（含）。The last day to close.",
)
@click.confirmation_option(
    "--yes",
    prompt="结账不能撤回，确定吗？ A period stays closed for ever. Go on?",
    help="不再询问。Do not ask.",
)
def close(until: datetime) -> None:
    """结账：此后不再记入这一天及以前。Close the days until this one."""
    with transaction() as session:
        operations.close_period(session, SYSTEM, until=until.date(), at=clock.now())
    click.echo(f"✓ 已结账至 {until:%Y-%m-%d} / closed")


@commands.command("seal")
@click.option(
    "--print", "only_print", is_flag=True, help="只打印最近一次封存。Print the last seal only."
)
def seal(only_print: bool) -> None:
    """封存新账并打印公告行。Seal what is new and print the line for a public notice."""
    if not only_print:
        jobs.seal_book(clock.now().astimezone(UTC))
    with snapshot() as session:
        last = journal.seals(session, most=1)
    if not last:
        raise click.ClickException("还没有可封存的账 / nothing to seal yet")
    click.echo(last[0].line)


@commands.command("export")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--without-texts", is_flag=True, help="不含备注文字（个人信息）。Leave the free texts out."
)
def export(folder: Path, without_texts: bool) -> None:
    """把整本账导出到新文件夹。Copy the whole book out to a new folder, as JSON Lines.

    备注文字可能含个人信息，默认一并导出，请妥善保管。Free texts of transfers may be personal data
    and are in it unless left out; the book can be verified either way.
    """
    with snapshot() as session, _bar(Console(stderr=True)) as bar:
        task = bar.add_task("导出 / exporting", total=None)
        manifest = transcript.export_book(
            session,
            folder,
            texts=not without_texts,
            progress=lambda rows: bar.update(task, completed=rows),
        )
    with transaction() as session:
        transcript.record_export(session, SYSTEM, manifest, at=clock.now())
    click.echo(f"✓ 已导出 {manifest.rows:,} 行，{manifest.transfers:,} 笔流水：{folder} / exported")
    click.echo(manifest.last_seal)


@commands.command("import")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
def import_(folder: Path) -> None:
    """把导出的账导入新建的积分银行。Make an exported book that of a new bank, and verify it.

    全部导入并核验无误，否则什么也不导入。All of it, or nothing.
    """
    manifest = Manifest.read(folder)
    with transaction() as session, _bar(Console(stderr=True)) as bar:
        task = bar.add_task("导入 / importing", total=manifest.rows + manifest.transfers)
        transcript.import_book(
            session,
            SYSTEM,
            folder,
            manifest,
            at=clock.now(),
            progress=lambda done: bar.update(task, completed=done),
        )
    click.echo(f"✓ 已导入 {manifest.transfers:,} 笔流水，核验无误 / imported and verified")
    click.echo(manifest.last_seal)
