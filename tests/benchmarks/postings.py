"""Postings a second beside the bare driver writing the same rows, on both databases.

``python tests/benchmarks/postings.py``. Both write to a database of their own with the same tables,
indexes, triggers and durability. The bare driver is told the finished rows before the clock starts:
it reads no account and no key, hashes nothing, adds nothing up and refuses nothing.
"""

import time
from abc import ABC, abstractmethod
from typing import Any

from books import (
    NOW,
    Accounts,
    addresses,
    check_outs,
    counter,
    opened,
    options,
    sqlite_connection,
)
from measure import Line, interleave, show

from pointsbank.core.actor import SYSTEM
from pointsbank.ledger import operations
from pointsbank.ledger.batch import Entry
from pointsbank.ledger.book import COLUMNS
from pointsbank.ledger.book_sqlite import SqliteBook
from pointsbank.ledger.rules import Posting

GOALS = {1_000: 0.6, 10_000: 0.6}


class Ours:
    """The ledger, through ``transaction()`` and ``post``."""

    def __init__(self, url: str) -> None:
        self.bank = opened(url)
        self.made = counter()

    def rate(self, size: int, times: int) -> float:
        batches = [check_outs(size, self.made) for _ in range(times)]
        start = time.perf_counter()
        for batch in batches:
            self.write(batch)
        return size * times / (time.perf_counter() - start)

    def write(self, batch: list[Posting]) -> None:
        with self.bank.transaction() as session:
            operations.post(session, SYSTEM, batch, at=NOW)


class Bare(ABC):
    """The driver alone: the transfers' rows and the accounts' new figures, one commit a batch."""

    def __init__(self, url: str) -> None:
        bank = opened(url)
        self.accounts = Accounts(bank)
        self.made = counter()
        bank.close()

    def rate(self, size: int, times: int) -> float:
        work = [
            self.prepare([self.accounts.entry(posting) for posting in check_outs(size, self.made)])
            for _ in range(times)
        ]
        start = time.perf_counter()
        for rows, figures in work:
            self.write(rows, figures)
        return size * times / (time.perf_counter() - start)

    def prepare(self, entries: list[Entry]) -> tuple[Any, Any]:
        """The transfers' rows, and the accounts' last figures with their ids."""
        last = {e.destination_id: (e.destination_balance, e.destination_version) for e in entries}
        figures = [(*standing, account_id) for account_id, standing in last.items()]
        return list(map(tuple, entries)), figures  # plain tuples bind faster

    @abstractmethod
    def write(self, rows: Any, figures: Any) -> None:
        """Write both in one durable transaction."""


class BareSqlite(Bare):
    WRITE = f"INSERT INTO transfer ({COLUMNS}) VALUES ({', '.join('?' * len(Entry._fields))})"

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.connection = sqlite_connection(url)

    def write(self, rows: Any, figures: Any) -> None:
        self.connection.execute("BEGIN IMMEDIATE")
        self.connection.executemany(self.WRITE, rows)
        self.connection.executemany(SqliteBook._FIGURES, figures)
        self.connection.execute("COMMIT")


class BarePostgres(Bare):
    """One statement for one transfer; COPY for more, which measured faster than arrays of them."""

    ONE = (
        "WITH figures AS (UPDATE account SET balance = %s, version = %s WHERE id = %s)"
        f" INSERT INTO transfer ({COLUMNS}) VALUES ({', '.join(['%s'] * len(Entry._fields))})"
    )
    COPY = f"COPY transfer ({COLUMNS}) FROM STDIN"
    FIGURES = (
        "UPDATE account a SET balance = f.balance, version = f.version"
        " FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS f (balance, version, id)"
        " WHERE a.id = f.id"
    )

    def __init__(self, url: str) -> None:
        super().__init__(url)
        import psycopg

        self.connection = psycopg.connect(url.replace("+psycopg", ""))
        self.cursor = self.connection.cursor()

    def write(self, rows: Any, figures: Any) -> None:
        if len(rows) == 1:
            self.cursor.execute(self.ONE, (*figures[0], *rows[0]))
        else:
            self.cursor.execute(
                self.FIGURES, [list(column) for column in zip(*figures, strict=True)]
            )
            with self.cursor.copy(self.COPY) as copy:
                for row in rows:
                    copy.write_row(row)
        self.connection.commit()


BARE: dict[str, type[Bare]] = {"sqlite": BareSqlite, "postgresql": BarePostgres}


def compared(ours: Ours, bare: Bare, size: int, rounds: int) -> Line:
    times = max(2, min(300, 6_000 // size))
    found = interleave(
        {"ours": lambda: ours.rate(size, times), "bare": lambda: bare.rate(size, times)},
        rounds=rounds,
    )
    return Line(f"batches of {size:,}", found["ours"], found["bare"], goal=GOALS.get(size))


def main() -> None:
    asked = options(__doc__, rounds=7)
    asked.add_argument("--sizes", type=int, nargs="*", default=[1, 100, 1_000, 10_000])
    given = asked.parse_args()
    for name in given.database:
        with addresses(name, "ours", "bare") as (our_url, bare_url):
            ours, bare = Ours(our_url), BARE[name](bare_url)
            lines = [compared(ours, bare, size, given.rounds) for size in given.sizes]
            ours.bank.close()
            bare.connection.close()  # type: ignore[attr-defined]
        show(f"postings on {name}", lines)


if __name__ == "__main__":
    main()
