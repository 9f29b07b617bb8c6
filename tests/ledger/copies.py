"""A book worth copying, a new bank to copy it to, and short words for doing so."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, func, make_url, select, text

from pointsbank.core import bank as bank_module
from pointsbank.core import clock, database
from pointsbank.core.actor import SYSTEM
from pointsbank.core.config import Settings
from pointsbank.core.database import Database, snapshot, transaction
from pointsbank.ledger import journal, operations, transcript
from pointsbank.ledger.manifest import Manifest
from pointsbank.ledger.rules import (
    Cap,
    CapWindow,
    ExpiryPolicy,
    UnitDeclaration,
    member_account,
)
from pointsbank.ledger.verify import verify
from tests.ledger.accounts import (
    ANA,
    BEN,
    EVE,
    declare,
    earns,
    posted,
    reversed_,
    sealed,
    spends,
)

HOUR = timedelta(hours=1)
AWKWARD = '巡逻 "引号" \\ 反斜\t杠\n换行\r\u2028 ️𠮷😀 </script>'
LAPSING = UnitDeclaration("lapsing", "会到期", True, expiry=ExpiryPolicy.MONTHS, expiry_months=2)


def write_book(bank: Database) -> None:
    """A book with a row in every table, sealed in two runs, with a tail."""
    declare(bank)
    with transaction() as session:
        operations.declare_unit(session, SYSTEM, unit=LAPSING, at=clock.now())
    posted(
        earns("a", ANA, text=AWKWARD, effective_on=date(2026, 9, 3)),
        earns("b", BEN, 50, rule="points_rule:1", origin_kind="attendance", origin_id=4),
        earns("c", member_account(1, "lapsing"), 90),
        spends("d", ANA, 30, origin_kind="redemption", origin_id=1),
    )
    with transaction() as session:
        operations.close_period(session, SYSTEM, until=date(2026, 9, 30), at=clock.now())
    sealed()
    reversed_(4, key="r")
    holds = [held(f"h{n}", BEN, 5) for n in range(4)]
    with transaction() as session:
        operations.capture(
            session, SYSTEM, hold_id=holds[0], amount=3, effective_on=clock.today(), at=clock.now()
        )
        operations.release(session, SYSTEM, hold_id=holds[1], at=clock.now())
    sealed()
    weekly = Cap("points:1", CapWindow.WEEK, 5)
    posted(earns("e", ANA, 3, caps=(weekly,)), spends("f", ANA, 1, text="尾"))
    posted(earns("g", ANA, 3, caps=(weekly,)), earns("h", ANA, 3, caps=(weekly,)))


def held(key: str, who: Any, amount: int) -> int:
    with transaction() as session:
        until = clock.now() + HOUR
        wanted = spends(key, who, amount)
        return operations.place_hold(
            session, SYSTEM, wanted=wanted, expires_at=until, at=clock.now()
        ).id


@contextmanager
def new_place(dialect: str, folder: Path, request: pytest.FixtureRequest) -> Iterator[Settings]:
    """Where another bank can be, with nothing in it; afterwards the test's own bank is back."""
    before, its_settings = database.current(), bank_module.settings()
    url = ""
    if dialect == "postgresql":
        server = make_url(request.getfixturevalue("postgres_server"))
        name = f"new_{sha256(str(folder).encode()).hexdigest()[:20]}"
        admin = create_engine(server, isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        url = server.set(database=name).render_as_string(hide_password=False)
    yield Settings(data=folder, database_url=url)
    if url:
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        admin.dispose()
    database.use(before)
    bank_module.use(its_settings)


@contextmanager
def new_bank(dialect: str, folder: Path, request: pytest.FixtureRequest) -> Iterator[Database]:
    """A bank as the program makes it, beside the test's own."""
    with new_place(dialect, folder, request) as place:
        opened = bank_module.open_bank(place)
        yield opened
        opened.close()


def exported(folder: Path, **more: Any) -> Path:
    with snapshot() as session:
        transcript.export_book(session, folder, **more)
    return folder


def imported(folder: Path) -> None:
    manifest = Manifest.read(folder)
    with transaction() as session:
        transcript.import_book(session, SYSTEM, folder, manifest, at=clock.now())


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def counts() -> dict[str, int]:
    with snapshot() as session:
        return {
            table.name: session.execute(select(func.count()).select_from(table)).scalar_one()
            for table in transcript.TABLES
        }


def goes_on() -> None:
    """Post, capture, seal and verify in an imported book."""
    with snapshot() as session:
        last = max(entry.id for entry in journal.transfers(session))
        open_hold = session.execute(text("SELECT min(hold_id) FROM open_hold")).scalar_one()
    (again,) = posted(earns("a", ANA, effective_on=date(2026, 9, 3)))
    assert again.repeated
    (new, other) = posted(earns("new", ANA), earns("for a new account", EVE))
    assert (new.id, other.id) == (last + 1, last + 2)
    with transaction() as session:
        operations.capture(
            session, SYSTEM, hold_id=open_hold, effective_on=clock.today(), at=clock.now()
        )
    assert held("one more", EVE, 1) > open_hold
    assert sealed().id == 3
    with snapshot() as session:
        assert verify(session).fault is None
