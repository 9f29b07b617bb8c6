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
from pointsbank.ledger.recount import Recount
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
    """Balance sheets, recounted as the transfers go by in the order of their ids.

    A period's is what stands at its close without what is dated later: so only the few transfers
    dated beyond the next period to close are looked at. Memory grows with accounts only.
    """

    def __init__(
        self, session: Session, reader: Reader, recount: Recount, verified: int = 0
    ) -> None:
        """``verified``: the period whose sheet is taken as right."""
        self._reader, self._standings = reader, recount.standings
        self._verified, self._wrong = verified, 0
        periods = closed_periods(session)
        known = [until for period_id, _, until in periods if period_id <= verified]
        self._since = known[-1] if known else date.min
        self._left = deque(periods[len(known) :])
        self._ends = [until.isoformat().encode() for _, _, until in self._left]
        # Dated after this period's end, and until the next one's: account, amount, how often.
        self._later: list[dict[int, list[int]]] = [{} for _ in self._left]

    def begin(self, reach: Reach) -> None:
        """What is within a reach has not gone by: system accounts are found from the sheet."""
        if not self._left:
            return
        system = {id_ for id_, standing in self._standings.items() if not standing.tracked}
        sheet = self._reader.sheet(self._verified)
        for account_id in system & sheet.keys():
            self._standings[account_id].move(sheet[account_id])
        for row in self._reader.flows(self._since, reach.transfer_id):
            self._add([row])
            for account_id, amount in ((row[0], -row[2]), (row[1], row[2])):
                if account_id in system:
                    self._standings[account_id].move(amount)

    def transfers(self, columns: Columns) -> None:
        """Some of them, as ``verify`` reads them; counted in the standings already."""
        if self._left and max(columns[18]) > self._ends[0]:
            self._add(zip(*columns[2:5], columns[18], strict=True))
        while self._left and self._left[0][1] < columns[0][0]:
            self._close()

    def first_wrong(self) -> int | None:
        """The first period whose sheet does not follow from the book, now that all have gone by."""
        while self._left:
            self._close()
        return self._wrong or None

    def _add(self, rows: Iterable[tuple[int, int, int, bytes]]) -> None:
        for source_id, destination_id, amount, day in rows:
            if day > self._ends[0]:
                later = self._later[bisect_left(self._ends, day) - 1]
                for account_id, moved in ((source_id, -amount), (destination_id, amount)):
                    flow = later.setdefault(account_id, [0, 0])
                    flow[0] += moved
                    flow[1] += 1

    def _close(self) -> None:
        """Look at the sheet of the next period."""
        period_id, *_ = self._left.popleft()
        del self._ends[0]
        sheet = {id_: one.balance for id_, one in self._standings.items() if one.version}
        times: dict[int, int] = defaultdict(int)
        for later in self._later:
            for account_id, (amount, count) in later.items():
                sheet[account_id] -= amount
                times[account_id] += count
        for account_id, count in times.items():
            if self._standings[account_id].version == count:  # it was not there yet
                del sheet[account_id]
        del self._later[0]
        self._wrong = self._wrong or (period_id if self._reader.sheet(period_id) != sheet else 0)


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
