"""Closed periods: balance sheets, and what an account held at the end of a past day."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, insert, literal, select, union_all

from pointsbank.core.database import Session
from pointsbank.ledger.columns import is_account, total, unindexed
from pointsbank.ledger.models import TABLES
from pointsbank.ledger.reader import Reader
from pointsbank.ledger.rules import LARGEST_ID, AccountRef, OwnerKind

_account = TABLES["account"]
_period = TABLES["period"]
_sheet = TABLES["period_balance"]
_transfer = TABLES["transfer"]


def last_period(session: Session, on: date | None = None) -> tuple[int, date]:
    """The last closed period, or the last that ended on or before a day: id and last day.

    0 and a day before all others if there is none.
    """
    wanted = select(_period.c.id, _period.c.until_on).order_by(_period.c.until_on.desc()).limit(1)
    if on is not None:
        wanted = wanted.where(_period.c.until_on <= on)
    row = session.execute(wanted).first()
    return (row[0], row[1]) if row else (0, date.min)


def closed_periods(session: Session) -> list[tuple[int, int, date]]:
    """Of each period, by its days: id, last transfer before its close, last day."""
    columns = _period.c["id", "last_transfer_id", "until_on"]
    rows = session.execute(select(*columns).order_by(_period.c.until_on))
    return [(row[0], row[1], row[2]) for row in rows]


def closings(session: Session) -> list[tuple[int, int, bytes]]:
    """Of each period, by its days: ``first_later_id``, ``last_transfer_id``, last day in ISO."""
    columns = _period.c["first_later_id", "last_transfer_id", "until_on"]
    rows = session.execute(select(*columns).order_by(_period.c.until_on))
    return [(row[0], row[1], row[2].isoformat().encode()) for row in rows]


def first_later(session: Session, until: date, last_id: int) -> int:
    """The first transfer that is dated after a day, or the one that will come after the last."""
    later = select(func.min(_transfer.c.id)).where(_transfer.c.effective_on > until)
    return int(session.execute(later).scalar() or last_id + 1)


def dated(since: date | None, until: date | None) -> list[ColumnElement[bool]]:
    """The conditions on an account's own transfers that are dated from a day until another, both
    included.

    Closed periods say between which ids they lie: of the account's others only the index is read.
    Neither ids nor days are looked up by, for others' transfers would be read.
    """
    number, day = unindexed(_transfer.c.id), unindexed(_transfer.c.effective_on)
    conditions = []
    if since is not None:
        over = select(_period.c.first_later_id).where(_period.c.until_on < since)
        least = over.order_by(_period.c.until_on.desc()).limit(1).scalar_subquery()
        conditions += [number >= func.coalesce(least, 0), day >= since]
    if until is not None:
        closed = select(_period.c.last_transfer_id).where(_period.c.until_on >= until)
        most = closed.order_by(_period.c.until_on).limit(1).scalar_subquery()
        conditions += [number <= func.coalesce(most, LARGEST_ID), day <= until]
    return conditions


def balance_as_of(session: Session, ref: AccountRef, day: date) -> int:
    """What had come to an account, less what had gone, at the end of a day, by effective dates.

    Reads one balance sheet and what was dated after it; of a system account the sum is negative
    where it issues.
    """
    account_id = session.execute(select(_account.c.id).where(is_account(ref))).scalar()
    if account_id is None:
        return 0
    period_id, since = last_period(session, day)
    sheet = select(_sheet.c.balance).where(
        _sheet.c.period_id == period_id, _sheet.c.account_id == account_id
    )
    tracked = ref.owner_kind is not OwnerKind.SYSTEM
    flows = _flows(since, day, account_id=account_id, tracked=tracked)
    moved = union_all(sheet, *(select(flow.c.amount) for flow in flows)).subquery()
    return int(session.execute(select(total(moved.c[0]))).scalar_one())


def write_sheet(session: Session, period_id: int, before: tuple[int, date], until: date) -> None:
    """Write a period's balance sheet from the one before and what is dated between."""
    session.execute(
        insert(_sheet).from_select(
            ["period_id", "account_id", "balance"], _sheet_of(period_id, before, until)
        )
    )


def _sheet_of(period_id: int, before: tuple[int, date], until: date) -> Select[Any]:
    earlier = select(_sheet.c.account_id, _sheet.c.balance.label("amount")).where(
        _sheet.c.period_id == before[0]
    )
    flows = (select(flow) for flow in _flows(before[1], until))
    moved = union_all(earlier, *flows).subquery()
    return select(literal(period_id), moved.c.account_id, total(moved.c.amount)).group_by(
        moved.c.account_id
    )


def wrong_sheet(session: Session, reader: Reader, after: int) -> int | None:
    """The first period closed after one whose balance sheet does not follow from the book.

    The sheet of that one is taken as right. Memory grows with accounts only.
    """
    balances: dict[int, int] = {}
    since = date.min
    for period_id, _, until in closed_periods(session):
        if period_id <= after:
            if period_id == after:
                balances = dict(reader.sheet(period_id))
        else:
            for source_id, destination_id, amount in reader.flows(since, until):
                balances[source_id] = balances.get(source_id, 0) - amount
                balances[destination_id] = balances.get(destination_id, 0) + amount
            sheet = dict(reader.sheet(period_id))
            if any(sheet.get(row_id, 0) != balances.get(row_id, 0) for row_id in sheet | balances):
                return period_id
        since = until
    return None


def _flows(
    since: date, until: date, *, account_id: int | None = None, tracked: bool = False
) -> list[Any]:
    """What came and went, dated after ``since`` and until ``until``: of all accounts or of one."""
    flows = []
    for sign, side in ((-1, "source"), (1, "destination")):
        day = _transfer.c.effective_on
        wanted: list[ColumnElement[bool]] = [day > since, day <= until]
        if tracked:  # so that the account's own index serves
            wanted = dated(since + timedelta(days=1), until)
            wanted.append(_transfer.c[f"{side}_version"].is_not(None))
        if account_id is not None:
            wanted.append(_transfer.c[f"{side}_id"] == account_id)
        flows.append(
            select(
                _transfer.c[f"{side}_id"].label("account_id"),
                (sign * _transfer.c.amount).label("amount"),
            )
            .where(and_(*wanted))
            .subquery()
        )
    return flows
