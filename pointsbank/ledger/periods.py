"""Closed periods: balance sheets, and what an account held at the end of a past day."""

from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, func, insert, literal, select, union_all

from pointsbank.core.database import Session
from pointsbank.ledger.columns import is_account, total
from pointsbank.ledger.encoding import Columns
from pointsbank.ledger.models import TABLES
from pointsbank.ledger.reader import Reach, Reader
from pointsbank.ledger.rules import AccountRef, OwnerKind
from pointsbank.ledger.spans import span

_account = TABLES["account"]
_period = TABLES["period"]
_sheet = TABLES["period_balance"]
_transfer = TABLES["transfer"]
_SIGNS = {"source": -1, "destination": 1}


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
    if ref.owner_kind is OwnerKind.SYSTEM:  # has no versions to be found by
        flows = _flows(since, day, account_id=account_id)
    else:
        own = span(session, account_id, since + timedelta(days=1), day)
        flows = [_flow(side, own.entries(side)) for side in _SIGNS]
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


class Sheets:
    """Balance sheets, recounted from the transfers as they go by in the order of their ids.

    A period's is whole when the last transfer before its close has gone by: memory grows with
    accounts only.
    """

    def __init__(
        self, session: Session, reader: Reader, verified: int = 0, reach: Reach | None = None
    ) -> None:
        """``verified``: the period whose sheet is taken as right; what is within ``reach`` does
        not go by.
        """
        self._reader = reader
        self._wrong: int | None = None
        periods = closed_periods(session)
        known = [until for period_id, _, until in periods if period_id <= verified]
        self._left = deque(periods[len(known) :])
        self._ends = [until.isoformat().encode() for _, _, until in self._left]
        self._flows: list[dict[int, int]] = [defaultdict(int) for _ in (*self._ends, "open")]
        self._flows_of: dict[bytes, dict[int, int]] = {}
        self._balances = defaultdict(int, reader.sheet(verified) if verified else {})
        if reach is not None:
            self._add(reader.flows(known[-1] if known else date.min, reach.transfer_id))

    def transfers(self, columns: Columns) -> None:
        """Some of them, as ``verify`` reads them."""
        while self._left and self._left[0][1] < columns[0][0]:
            self._close()
        self._add(zip(*columns[2:5], columns[18], strict=True))

    def first_wrong(self) -> int | None:
        """The first period whose sheet does not follow from the book, now that all have gone by."""
        while self._left:
            self._close()
        return self._wrong

    def _add(self, rows: Iterable[tuple[int, int, int, bytes]]) -> None:
        flows_of = self._flows_of
        for source_id, destination_id, amount, day in rows:
            if (flows := flows_of.get(day)) is None:
                flows = flows_of[day] = self._flows[bisect_left(self._ends, day)]
            flows[source_id] -= amount
            flows[destination_id] += amount

    def _close(self) -> None:
        """Look at the sheet of the next period, and forget what went into it."""
        period_id, *_ = self._left.popleft()
        del self._ends[0]
        for account_id, amount in self._flows.pop(0).items():
            self._balances[account_id] += amount
        self._flows_of.clear()
        if self._wrong is None and self._reader.sheet(period_id) != self._balances:
            self._wrong = period_id


def _flows(since: date, until: date, *, account_id: int | None = None) -> list[Any]:
    """What came and went, dated after ``since`` and until ``until``: of all accounts or of one."""
    day = _transfer.c.effective_on
    flows = []
    for side in _SIGNS:
        own = [] if account_id is None else [_transfer.c[f"{side}_id"] == account_id]
        flows.append(_flow(side, [day > since, day <= until, *own]))
    return flows


def _flow(side: str, wanted: Iterable[ColumnElement[bool]]) -> Any:
    return (
        select(
            _transfer.c[f"{side}_id"].label("account_id"),
            (_SIGNS[side] * _transfer.c.amount).label("amount"),
        )
        .where(*wanted)
        .subquery()
    )
