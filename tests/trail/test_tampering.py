"""Whatever is changed in the audit trail behind the program's back is found, column by column."""

import pytest
from sqlalchemy import text

from pointsbank.core import audit, clock
from pointsbank.core.actor import SYSTEM
from pointsbank.core.audit import AuditEntry
from pointsbank.core.database import Database, snapshot, table_of, transaction
from pointsbank.trail import operations, seals
from pointsbank.trail.models import AuditSeal
from tests.ledger.test_verify import BYTES, changed, unprotected

OTHER_INSTANT = "'2026-01-01 00:00:00.000000{zone}'"
ENTRY = {
    "id": "900", "at": OTHER_INSTANT, "actor_kind": "'user'", "actor_id": "9",
    "roles": "'auditor'", "address": "'10.0.0.1'", "action": "'exchange.redeem'",
    "subject_kind": "'member'", "subject_id": "77", "org_id": "5",
}  # fmt: skip
SEAL = {
    "id": "9", "first_entry_id": "2", "last_entry_id": "2", "entry_count": "9",
    "sealed_at": OTHER_INSTANT, "previous": "", "rows_digest": "", "digest": "",
}  # fmt: skip


@pytest.fixture
def trail(bank: Database) -> Database:
    """Three sealed entries; the second is of an organisation."""
    with transaction() as session:
        for number in range(3):
            audit.record(
                session, SYSTEM, "exchange.stock_in", ("goods", number), at=clock.now(),
                org_id=3 if number == 1 else None, name="大米",
            )  # fmt: skip
    with transaction() as session:
        operations.seal_next(session, SYSTEM, at=clock.now())
    return bank


def fault() -> tuple[str, int] | None:
    with snapshot() as session:
        found = seals.verify(session).fault
    return found and (found.what, found.seal_id)


def zoned(value: str, bank: Database) -> str:
    return value.format(zone="+00" if bank.dialect == "postgresql" else "")


def test_a_change_of_any_column_of_a_sealed_entry_is_found(trail: Database) -> None:
    assert {*ENTRY, "facts"} == set(table_of(AuditEntry).c.keys())
    for column, value in ENTRY.items():
        with changed(trail, "audit_entry", column, zoned(value, trail), 2):
            assert fault() == ("changed", 1), column
    assert fault() is None
    for row_id, value in ((1, "-1"), (1, "0"), (2, "NULL"), (2, "-1"), (2, "0")):
        with changed(trail, "audit_entry", "org_id", value, row_id):
            assert fault() == ("changed", 1), (row_id, value)
    assert fault() is None
    with unprotected(trail, "audit_entry") as raw:
        raw.execute(text('UPDATE audit_entry SET facts = \'{"name": "大麦"}\' WHERE id = 2'))
    assert fault() == ("changed", 1)


def test_a_change_of_any_column_of_a_seal_of_the_trail_is_found(trail: Database) -> None:
    assert set(SEAL) == set(table_of(AuditSeal).c.keys())
    for column, value in SEAL.items():
        other = zoned(value, trail) or BYTES[trail.dialect]
        with changed(trail, "audit_seal", column, other, 1):
            found = fault()
            assert found is not None, column
            assert found[0] == "chain", column
    assert fault() is None


def test_entries_that_change_places_are_found(trail: Database) -> None:
    with unprotected(trail, "audit_entry") as raw:
        for old, new in ((1, 100), (2, 1), (100, 2)):
            raw.execute(text(f"UPDATE audit_entry SET id = {new} WHERE id = {old}"))
    assert fault() == ("changed", 1)
