"""How the ledger grows: the same questions to books of 10,000, 1,000,000 and 10,000,000 transfers,
taken in turns. ``python tests/benchmarks/growth.py``.

Each book is five years of a town (``town.py``). It has the same 20,000 members at every size, so
that what grows is the book and not the town: at 10,000,000 transfers a member has some 250 entries
in each account, the busiest one 47,000. Each book is written, and verified, by a process of its
own, whose highest memory is told; of PostgreSQL's own processes nothing is told.
"""

import argparse
import json
import random
import time
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import partial

from books import addresses, options, ready
from measure import Growth, in_process, interleave, megabytes, show_growth
from sqlalchemy import text
from town import BUSIEST, ISSUED, POINTS, YEARS, Town, noon

from pointsbank.core import database
from pointsbank.core.actor import SYSTEM
from pointsbank.ledger import operations, periods, queries
from pointsbank.ledger.rules import AccountRef, Posting, member_account
from pointsbank.ledger.verify import verify

MEMBERS = 20_000
TODAY = date(2026, 1, 5)
LAPSED = date(2028, 1, 1)  # when all of today's points have lapsed
LAPSING = 1_000
GOAL = 1.3
VERIFY_RATE = 200_000

_ACCOUNTS = (
    "SELECT a.id, a.owner_id FROM account a JOIN unit u ON u.id = a.unit_id"
    " WHERE a.owner_kind = 'member' AND u.code = :unit"
)
_ENTRIES = (
    "SELECT id FROM transfer WHERE destination_id = :account_id AND destination_version IS NOT NULL"
)


class Book:
    """One town's book, open, and the questions to it: each answers in seconds."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.bank = database.open_database(url)
        self.made = 0
        self.lapsed = BUSIEST
        with self.bank.snapshot() as session:
            self.account_ids = {
                owner_id: account_id
                for account_id, owner_id in session.execute(text(_ACCOUNTS), {"unit": POINTS})
            }
            busiest = {"account_id": self.account_ids[BUSIEST]}
            self.entries = list(session.execute(text(_ENTRIES), busiest).scalars())

    def post_one(self) -> float:
        return self._post(1, times=50)

    def post_thousand(self) -> float:
        return self._post(1_000, times=2)

    def _post(self, size: int, times: int) -> float:
        batches = [[self._posting(self._member()) for _ in range(size)] for _ in range(times)]
        start = time.perf_counter()
        for batch in batches:
            with self.bank.transaction() as session:
                operations.post_all(session, SYSTEM, batch, at=noon(TODAY))
        return (time.perf_counter() - start) / times

    def _posting(self, who: AccountRef) -> Posting:
        self.made += 1
        key = f"growth:{self.made}"
        return Posting(key, ISSUED[POINTS], who, 10, TODAY, "service", "attendance", self.made)

    def _member(self) -> AccountRef:
        return member_account(random.randint(BUSIEST + 1, MEMBERS), POINTS)

    def balance(self) -> float:
        return self._look(lambda session: queries.balances(session, self._member().owner_id), 300)

    def newest_page(self) -> float:
        return self._look(lambda session: queries.statement(session, self._member()), 200)

    def deep_page(self) -> float:
        """Any page of the busiest account."""
        return self._look(
            lambda session: queries.statement(
                session, member_account(BUSIEST, POINTS), before=random.choice(self.entries)
            ),
            200,
        )

    def as_of(self) -> float:
        return self._look(
            lambda session: periods.balance_as_of(session, self._member(), _past_day()), 200
        )

    def busiest_as_of(self) -> float:
        return self._look(
            lambda session: periods.balance_as_of(
                session, member_account(BUSIEST, POINTS), _past_day()
            ),
            50,
        )

    def _look(self, question: Callable[[database.Session], object], times: int) -> float:
        with self.bank.snapshot() as session:
            start = time.perf_counter()
            for _ in range(times):
                question(session)
            return (time.perf_counter() - start) / times

    def expiry(self) -> float:
        """All points of a thousand members, who have earned some more before the clock starts."""
        some = range(self.lapsed + 1, self.lapsed + 1 + LAPSING)
        self.lapsed = some[-1]
        earned = [self._posting(member_account(who, POINTS)) for who in some]
        with self.bank.transaction() as session:
            operations.post_all(session, SYSTEM, earned, at=noon(TODAY))
        start = time.perf_counter()
        with self.bank.transaction() as session:
            run = operations.expire_points(
                session,
                SYSTEM,
                on=LAPSED,
                at=noon(LAPSED),
                after_account_id=self.account_ids[some[0]] - 1,
                most=LAPSING,
            )
        seconds = time.perf_counter() - start
        assert run.account_count == LAPSING
        return seconds

    def megabytes(self) -> float:
        """On disk, indexes included."""
        with self.bank.reading() as connection:
            if self.bank.dialect == "sqlite":
                [[pages]] = connection.exec_driver_sql("PRAGMA page_count")
                [[size]] = connection.exec_driver_sql("PRAGMA page_size")
                return pages * size / 2**20
            [[size]] = connection.exec_driver_sql("SELECT pg_database_size(current_database())")
            return size / 2**20


def _past_day() -> date:
    return date(YEARS[0], 1, 1) + timedelta(days=random.randrange(365 * len(YEARS)))


QUESTIONS: tuple[tuple[str, Callable[[Book], float], float | None], ...] = (
    ("post one", Book.post_one, GOAL),
    ("post 1,000", Book.post_thousand, GOAL),
    ("balance", Book.balance, GOAL),
    ("statement, newest page", Book.newest_page, GOAL),
    ("statement, any page of the busiest", Book.deep_page, GOAL),
    ("balance as of a day", Book.as_of, None),
    ("balance as of a day, the busiest", Book.busiest_as_of, None),
    (f"expiry of {LAPSING:,} accounts", Book.expiry, None),
)


def run_write(url: str, size: int) -> dict[str, float]:
    start = time.perf_counter()
    Town(url, MEMBERS, size).write()
    return {"seconds": time.perf_counter() - start, "megabytes": megabytes()}


def run_verify(url: str) -> dict[str, float]:
    bank = database.open_database(url)
    start = time.perf_counter()
    with bank.snapshot() as session:
        found = verify(session)
    seconds = time.perf_counter() - start
    assert found.fault is None, found.fault
    return {"seconds": seconds, "transfers": found.transfers, "megabytes": megabytes()}


def measured(name: str, sizes: Sequence[int], rounds: int) -> None:
    with addresses(name, *(f"town_{size}" for size in sizes)) as urls:
        written = []
        for url, size in zip(urls, sizes, strict=True):
            written.append(in_process(__file__, "write", url, size))
            print(f"{name}: {size:,} transfers in {written[-1]['seconds']:,.0f} s", flush=True)
        verified = [in_process(__file__, "verify", url) for url in urls]
        books = [Book(url) for url in urls]
        lines = []
        for what, question, goal in QUESTIONS:
            turns = {place: partial(question, book) for place, book in enumerate(books)}
            found = interleave(turns, rounds=rounds)
            lines.append(Growth(what, [found[place] * 1000 for place in turns], " ms", goal))
        rates = [one["transfers"] / one["seconds"] for one in verified]
        lines.append(Growth("verify, transfers a second", rates, "/s", least=VERIFY_RATE))
        lines.append(Growth("memory of verify", [one["megabytes"] for one in verified], " MB"))
        lines.append(Growth("memory of writing", [one["megabytes"] for one in written], " MB"))
        lines.append(Growth("on disk", [book.megabytes() for book in books], " MB"))
        for book in books:
            book.bank.close()
    show_growth(f"growth on {name}", [f"{size:,}" for size in sizes], lines)


def main() -> None:
    asked = options(__doc__, rounds=7)
    asked.add_argument("--sizes", type=int, nargs="*", default=[10_000, 1_000_000, 10_000_000])
    asked.add_argument("--run", nargs="*", help=argparse.SUPPRESS)
    given = asked.parse_args()
    if given.run:
        ready()
        what, url, *size = given.run
        print(json.dumps(run_write(url, int(size[0])) if what == "write" else run_verify(url)))
        return
    assert given.rounds < MEMBERS // LAPSING - 1, "each round of expiry has members of its own"
    for name in given.database:
        measured(name, given.sizes, given.rounds)


if __name__ == "__main__":
    main()
