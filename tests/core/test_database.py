"""The two doors: all or nothing, durable before it is answered, and a reader that cannot write."""

import threading
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import DBAPIError

from pointsbank.core.audit import AuditEntry
from pointsbank.core.database import Database, snapshot, transaction

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
    with pytest.raises(DBAPIError, match="append-only"), transaction() as session:
        session.execute(text(change))
    assert _count() == 1


def test_a_transaction_does_not_nest_on_sqlite(bank: Database) -> None:
    if bank.dialect != "sqlite":
        return
    with pytest.raises(RuntimeError), transaction(), transaction():
        pass
