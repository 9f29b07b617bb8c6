"""Group commit: many threads that post one by one, beside bare group commit of the same rows.

``python tests/benchmarks/writers.py``. Ours: each thread opens ``transaction()``, posts, and goes
on once that is durable. Bare on SQLite: one thread writes whatever the others have queued, and lets
them go on after the COMMIT that they share. Bare on PostgreSQL: each thread has its own connection
and sends one statement that commits by itself; the server groups the commits.

Both have the same tables, indexes, triggers and durability, and both leave it to the database to
add to a balance. What the bare one does not do: it knows the accounts and the hash of what is asked
before the clock starts, looks at no period, key or balance, fails on a key used twice (on SQLite
with all who share the commit) and answers nothing.
"""

import queue
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
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
from pointsbank.ledger.book_postgres import TRANSFER_ARRAYS
from pointsbank.ledger.rules import Posting

GOALS = {16: 0.6}
ROUND = {1: 1_000, 16: 4_000, 128: 8_000}
WHAT = {1: "one posting", 2: "a check-out of two"}


class Contestant(ABC):
    """A book of its own, and threads that post to it."""

    def __init__(self, url: str) -> None:
        self.bank = opened(url)
        self.made = counter()

    def rate(self, writers: int, size: int, count: int) -> float:
        """Postings a second of so many threads, ``size`` in each transaction."""
        each = count // writers // size
        work = [
            [self.prepare(check_outs(size, self.made)) for _ in range(each)] for _ in range(writers)
        ]
        ready = threading.Barrier(writers + 1, timeout=60)

        def write(mine: Sequence[Any]) -> None:
            with self.writer() as post:
                ready.wait()
                for asked in mine:
                    post(asked)

        with self.serving(), ThreadPoolExecutor(writers) as threads:
            under_way = [threads.submit(write, mine) for mine in work]
            ready.wait()
            start = time.perf_counter()
            for one in under_way:
                one.result()
            seconds = time.perf_counter() - start
        return writers * each * size / seconds

    def prepare(self, postings: list[Posting]) -> Any:
        return postings

    @contextmanager
    def serving(self) -> Iterator[None]:
        """What all threads share while they post."""
        yield

    @abstractmethod
    def writer(self) -> Any:
        """A thread's own way to post, opened before the clock starts."""


class Ours(Contestant):
    """The ledger, through ``transaction()`` and ``post``."""

    @contextmanager
    def writer(self) -> Iterator[Callable[[list[Posting]], None]]:
        yield self.write

    def write(self, postings: list[Posting]) -> None:
        with self.bank.transaction() as session:
            operations.post(session, SYSTEM, postings, at=NOW)


class Bare(Contestant):
    """The driver alone; accounts and hashes are known beforehand."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.url = url
        self.accounts = Accounts(self.bank)
        self.bank.close()

    def prepare(self, postings: list[Posting]) -> Any:
        return [self.accounts.entry(posting) for posting in postings]


class BareSqlite(Bare):
    """A queue to one thread that writes; a commit for whatever waits there."""

    FIGURES = (
        "UPDATE account SET balance = balance + ?, version = version + 1 WHERE id = ?"
        " RETURNING balance, version"
    )
    WRITE = f"INSERT INTO transfer ({COLUMNS}) VALUES ({', '.join('?' * len(Entry._fields))})"

    @contextmanager
    def serving(self) -> Iterator[None]:
        self.waiting: queue.SimpleQueue[Any] = queue.SimpleQueue()
        thread = threading.Thread(target=self.serve)
        thread.start()
        yield
        self.waiting.put(None)
        thread.join()

    def serve(self) -> None:
        connection = sqlite_connection(self.url)
        run = connection.execute
        more = True
        while more:
            shared = [self.waiting.get()]
            while not self.waiting.empty():
                shared.append(self.waiting.get())
            if None in shared:
                more = False
                shared.remove(None)
            run("BEGIN IMMEDIATE")
            for entries, _ in shared:
                for entry in entries:
                    [figures] = run(self.FIGURES, (entry.amount, entry.destination_id))
                    run(self.WRITE, (*entry[:8], *figures, *entry[10:]))
            run("COMMIT")
            for _, done in shared:
                done.release()
        connection.close()

    @contextmanager
    def writer(self) -> Iterator[Callable[[list[Entry]], None]]:
        done = threading.Lock()
        done.acquire()

        def write(entries: list[Entry]) -> None:
            self.waiting.put((entries, done))
            done.acquire()

        yield write


class BarePostgres(Bare):
    """A connection for each thread; one statement, which commits by itself."""

    def prepare(self, postings: list[Posting]) -> Any:
        entries = super().prepare(postings)
        return adding(len(entries)), [value for entry in entries for value in entry]

    @contextmanager
    def writer(self) -> Iterator[Callable[[Any], None]]:
        import psycopg

        with psycopg.connect(self.url.replace("+psycopg", ""), autocommit=True) as connection:
            cursor = connection.cursor()
            yield lambda asked: cursor.execute(*asked)


def adding(count: int) -> str:
    """PostgreSQL's statement that adds so many amounts to their accounts and writes the rows."""
    row = ", ".join(f"%s::{kind}" for kind in TRANSFER_ARRAYS)
    moved = {"destination_balance": "moved.balance", "destination_version": "moved.version"}
    return (
        f"WITH asked ({COLUMNS}) AS (VALUES {', '.join([f'({row})'] * count)}),"
        " moved AS (UPDATE account a SET balance = a.balance + asked.amount,"
        " version = a.version + 1 FROM asked WHERE a.id = asked.destination_id"
        " RETURNING a.id, a.balance, a.version)"
        f" INSERT INTO transfer ({COLUMNS})"
        f" SELECT {', '.join(moved.get(name, f'asked.{name}') for name in Entry._fields)}"
        " FROM asked JOIN moved ON moved.id = asked.destination_id"
    )


BARE: dict[str, type[Bare]] = {"sqlite": BareSqlite, "postgresql": BarePostgres}


def compared(ours: Contestant, bare: Contestant, writers: int, size: int, rounds: int) -> Line:
    count = ROUND.get(writers, 4_000)
    found = interleave(
        {
            "ours": lambda: ours.rate(writers, size, count),
            "bare": lambda: bare.rate(writers, size, count),
        },
        rounds=rounds,
    )
    named = f"{writers} writer{'s' if writers > 1 else ''}, {WHAT[size]} a time"
    return Line(named, found["ours"], found["bare"], goal=GOALS.get(writers))


def main() -> None:
    asked = options(__doc__, rounds=7)
    asked.add_argument("--writers", type=int, nargs="*", default=[1, 16, 128])
    given = asked.parse_args()
    for name in given.database:
        with addresses(name, "ours", "bare") as (our_url, bare_url):
            ours, bare = Ours(our_url), BARE[name](bare_url)
            lines = [
                compared(ours, bare, writers, size, given.rounds)
                for size in (1, 2)
                for writers in given.writers
            ]
            ours.bank.close()
        show(f"group commit on {name}, postings", lines)


if __name__ == "__main__":
    main()
