"""A prepared statement gives and takes what SQLAlchemy's own execution would."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import bindparam, insert, select

from pointsbank.core.database import Database, snapshot, table_of, transaction
from pointsbank.core.statements import Prepared
from pointsbank.ledger.models import Unit
from pointsbank.ledger.rules import ExpiryPolicy, SpentReversal

UNIT = table_of(Unit)
TERMS = {
    "code": "green",
    "name": "绿色积分",
    "spendable": True,
    "floor": -5,
    "expiry": ExpiryPolicy.MONTHS,
    "expiry_months": 18,
    "spent_reversal": SpentReversal.DEBT,
    "declared_at": datetime(2026, 3, 5, 1, 2, 3, 456789, tzinfo=UTC),
}
ADD = Prepared(insert(UNIT).returning(UNIT.c.id), *TERMS)
BY_CODE = select(UNIT).where(UNIT.c.code == bindparam("code"), UNIT.c.expiry == ExpiryPolicy.MONTHS)


def test_values_come_back_as_they_went_in(bank: Database) -> None:
    with transaction() as session:
        [[unit_id]] = ADD.run(session.connection(), TERMS)
    with snapshot() as session:
        [row] = Prepared(BY_CODE).run(session.connection(), {"code": "green"})
        told = session.execute(BY_CODE, {"code": "green"}).one()
    assert row == [unit_id, *TERMS.values()] == list(told)
    assert [type(value) for value in row] == [type(value) for value in told]


def test_what_is_not_there_gives_no_row(bank: Database) -> None:
    with snapshot() as session:
        assert Prepared(BY_CODE).run(session.connection(), {"code": "'; --"}) == []


def test_a_statement_without_rows_gives_none(bank: Database) -> None:
    with transaction() as session:
        statement = Prepared(insert(UNIT).inline(), *TERMS)
        assert statement.run(session.connection(), TERMS) == []


def test_a_value_that_is_missing_is_not_taken_for_nothing(bank: Database) -> None:
    with transaction() as session, pytest.raises(KeyError):
        ADD.run(session.connection(), {"code": "green"})
