"""The two doors: all or nothing, durable before it is answered, and a reader that cannot write."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import DBAPIError

from pointsbank.core.audit import AuditEntry
from pointsbank.core.database import Database, Session, col, snapshot, transaction
from pointsbank.core.errors import Entangled, StorageFull
from pointsbank.core.jobs import JobRun
from tests.storage import empty_disk, fill_disk

ROW = {
    "at": datetime(2026, 1, 1, tzinfo=UTC),
    "actor_kind": "system", "actor_id": 0, "roles": "", "address": "", "action": "test.write",
    "subject_kind": "test", "subject_id": 1, "org_id": None, "facts": {},
}  # fmt: skip


def _count() -> int:
    with snapshot() as session:
        return session.execute(select(func.count()).select_from(AuditEntry)).scalar_one()


def test_a_body_that_raises_leaves_nothing(bank: Database) -> None:
    with pytest.raises(LookupError), transaction() as session:
        session.execute(insert(AuditEntry), ROW)
        raise LookupError
    assert _count() == 0


def test_bodies_that_share_a_commit_fail_alone(bank: Database) -> None:
    def body(number: int) -> None:
        try:
            with transaction() as session:
                session.execute(insert(AuditEntry), ROW)
                if number % 3 == 0:
                    raise LookupError
        except LookupError:
            pass

    threads = [threading.Thread(target=body, args=(n,)) for n in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert _count() == 16


def test_a_snapshot_cannot_write(bank: Database) -> None:
    with pytest.raises(DBAPIError), snapshot() as session:
        session.execute(insert(AuditEntry), ROW)
    assert _count() == 0


@pytest.mark.parametrize(
    "change", ["UPDATE audit_entry SET action = 'x'", "DELETE FROM audit_entry"]
)
def test_the_database_itself_refuses_to_change_the_audit_trail(bank: Database, change: str) -> None:
    with transaction() as session:
        session.execute(insert(AuditEntry), ROW)
    with pytest.raises(DBAPIError, match="append-only"), bank.administer() as connection:
        connection.exec_driver_sql(change)
    assert _count() == 1


def test_a_part_of_a_body_can_be_undone_by_itself(bank: Database) -> None:
    def body(session: Session, *, fails: bool) -> None:
        session.execute(insert(AuditEntry), ROW)
        for undone in (True, False, True):
            with suppress(LookupError), session.begin_nested():
                session.execute(insert(AuditEntry), ROW)
                if undone:
                    raise LookupError
        if fails:
            raise LookupError

    with suppress(LookupError), transaction() as session:
        body(session, fails=True)
    assert _count() == 0
    with transaction() as session:
        body(session, fails=False)
    assert _count() == 2


@pytest.mark.only("sqlite")
def test_a_statement_is_compiled_once_however_many_there_are(bank: Database) -> None:
    compiled: list[int] = []

    def note(action: int, *_: object) -> int:
        compiled.append(action)
        return 0

    with transaction() as session:
        driver: Any = session.connection().connection.driver_connection
    for number in range(200):
        with transaction() as session:
            session.execute(text(f"SELECT {number}"))
    driver.set_authorizer(note)
    for _ in range(3):
        compiled.clear()
        with transaction() as session:
            session.execute(text("SELECT 'again'"))
    assert compiled == []


@pytest.mark.only("sqlite")
def test_a_transaction_does_not_nest_on_sqlite(bank: Database) -> None:
    with pytest.raises(RuntimeError), transaction(), transaction():
        pass


@pytest.mark.only("sqlite")
def test_a_full_disk_acknowledges_nothing_and_the_bank_goes_on(bank: Database) -> None:
    with transaction() as session:
        session.execute(insert(AuditEntry), ROW)
    fill_disk(bank)
    acknowledged: list[int] = []

    def write(number: int) -> None:
        with suppress(StorageFull):
            with transaction() as session:
                session.execute(insert(AuditEntry), [{**ROW, "facts": {"text": "x" * 2000}}] * 3)
            acknowledged.append(number)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert not any(thread.is_alive() for thread in threads)
    assert _count() == 1 + 3 * len(acknowledged)
    assert len(acknowledged) < 16
    empty_disk(bank)
    with transaction() as session:
        session.execute(insert(AuditEntry), ROW)
    assert _count() == 2 + 3 * len(acknowledged)


@pytest.mark.only("sqlite")
def test_who_shares_a_commit_with_the_one_who_filled_the_disk_is_told(bank: Database) -> None:
    fill_disk(bank)
    written, queueing = threading.Event(), threading.Event()
    told: list[str] = []

    def write(rows: int, meanwhile: Callable[[], object]) -> None:
        try:
            with transaction() as session:
                session.execute(insert(AuditEntry), [{**ROW, "facts": {"text": "x" * 900}}] * rows)
                meanwhile()
        except StorageFull:
            told.append("full")

    def wait() -> None:
        written.set()
        queueing.wait(20)

    first = threading.Thread(target=write, args=(1, wait))
    first.start()
    written.wait(20)
    second = threading.Thread(target=write, args=(100, lambda: None))
    second.start()
    while not bank._queueing:  # type: ignore[attr-defined] # nothing else tells it
        time.sleep(0.01)
    queueing.set()
    first.join(20)
    second.join(20)
    assert told == ["full", "full"]
    assert _count() == 0


@pytest.mark.only("postgresql")
def test_of_two_who_wait_for_each_other_one_is_told_and_the_other_goes_on(bank: Database) -> None:
    """No order of locks is held between all features: a merger takes people before events."""
    names = ["first", "second"]
    with transaction() as session:
        session.add_all(JobRun(job=name, due_at=ROW["at"]) for name in names)
    both_hold_one = threading.Barrier(2)

    def take(order: list[str]) -> str:
        try:
            with transaction() as session:
                for place, name in enumerate(order):
                    if place:
                        both_hold_one.wait(10)
                    wanted = select(JobRun).where(col(JobRun.job) == name).with_for_update()
                    session.execute(wanted).scalar_one().failure += "held "
        except Entangled as told:
            return told.code
        return "done"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(take, [names, names[::-1]])) == ["done", "entangled"]
    with snapshot() as session:
        assert list(session.execute(select(col(JobRun.failure))).scalars()) == ["held ", "held "]
