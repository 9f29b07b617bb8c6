"""A town's book of so many transfers: five years, written by the ledger's own operations and jobs.

Hours and points of check-outs, some spent, some reversed, some with a text; every month sealed and
closed, points lapsed every New Year. Everybody has both accounts before the first transfer.
"""

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta

from books import prepared, settled

from pointsbank.core import database
from pointsbank.core.actor import SYSTEM
from pointsbank.core.database import Database
from pointsbank.ledger import jobs, operations
from pointsbank.ledger.book import open_book
from pointsbank.ledger.rules import (
    MINUTES,
    ExpiryPolicy,
    Posted,
    Posting,
    SystemKind,
    UnitDeclaration,
    member_account,
    system_account,
)

YEARS = range(2021, 2026)
POINTS = "points"  # they lapse at the end of the year after
BUSIEST = 1  # the member of every hundredth check-out
ISSUED = {unit: system_account(unit, SystemKind.ISSUED, "scanned") for unit in (MINUTES, POINTS)}
_REDEEMED = system_account(POINTS, SystemKind.REDEEMED)
_BATCH = 10_000


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 4, 0, tzinfo=UTC)


def open_town(url: str, members: int) -> Database:
    """A bank with a unit of points that lapse and every member's accounts, all those of points
    first, in the members' order.
    """
    bank = prepared(url)
    lapsing = UnitDeclaration(POINTS, "积分", True, expiry=ExpiryPolicy.END_OF_NEXT_YEAR)
    with bank.transaction() as session:
        operations.declare_unit(session, SYSTEM, unit=lapsing, at=noon(date(2020, 12, 31)))
    with bank.transaction() as session:
        book = open_book(session)
        for unit in (POINTS, MINUTES):
            for start in range(1, members + 1, _BATCH):
                some = range(start, min(start + _BATCH, members + 1))
                book.standings([member_account(who, unit) for who in some])
    return bank


class Town:
    """The town at work: month after month, ``size`` transfers and a few more in all."""

    def __init__(self, url: str, members: int, size: int) -> None:
        self.bank = open_town(url, members)
        self.members = members
        self.size = size
        self.check_outs = 0
        self.mistakes: list[Posting] = []

    def write(self) -> None:
        database.use(self.bank)
        months = [date(year, month, 1) for year in YEARS for month in range(1, 13)]
        written = 0
        for number, first in enumerate(months, start=1):
            last = first.replace(day=monthrange(first.year, first.month)[1])
            while (short := self.size * number // len(months) - written) > 0:
                written += self._work(first, last, min(short, _BATCH))
            self._close(last)
        settled(self.bank)
        self.bank.close()

    def _work(self, first: date, last: date, count: int) -> int:
        batch, self.mistakes = self.mistakes, []
        while len(batch) < count:
            batch += self._check_out(first + timedelta(days=self.check_outs % last.day))
        with self.bank.transaction() as session:
            posted = operations.post_all(session, SYSTEM, batch, at=noon(last))
        self.mistakes = [
            _reversal(posting, done)
            for posting, done in zip(batch, posted, strict=True)
            if posting.source == ISSUED[MINUTES] and posting.origin_id % 100 == 50
        ]
        return len(batch)

    def _check_out(self, day: date) -> list[Posting]:
        """Minutes and points; a tenth of them spend half of the points."""
        self.check_outs += 1
        number = self.check_outs
        who = BUSIEST if number % 100 == 0 else number * 7_919 % (self.members - 1) + 2
        text = "人工补登：忘带手机" if number % 50 == 0 else ""
        about = ("service", "attendance", number, "hour_rule:1", text)
        batch = [
            Posting(f"attendance:{number}:{unit}", ISSUED[unit], member_account(who, unit), amount,
                    day, *about)
            for unit, amount in ((MINUTES, 60), (POINTS, 10))
        ]  # fmt: skip
        if number % 10 == 0:
            about = ("redemption", "redemption", number, "", "")
            spender = member_account(who, POINTS)
            batch.append(Posting(f"redemption:{number}", spender, _REDEEMED, 5, day, *about))
        return batch

    def _close(self, last: date) -> None:
        due_at = noon(last + timedelta(days=1))
        if last.month == 12:
            jobs.expire_points(due_at)
        with self.bank.transaction() as session:
            operations.close_period(session, SYSTEM, until=last, at=due_at)
        jobs.seal_book(due_at)


def _reversal(posting: Posting, done: Posted) -> Posting:
    return Posting(
        key=f"correction:{posting.origin_id}",
        source=posting.destination,
        destination=posting.source,
        amount=posting.amount,
        effective_on=posting.effective_on + timedelta(days=31),
        reason="correction",
        origin_kind=posting.origin_kind,
        origin_id=posting.origin_id,
        reverses=done.id,
    )
