"""Units on a town's own terms: declared once, kept by what comes later, never malformed."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM, Actor
from pointsbank.core.database import Database, snapshot, transaction
from pointsbank.core.errors import Forbidden
from pointsbank.ledger import operations, queries
from pointsbank.ledger.rules import (
    DEFAULT_UNITS,
    MORALITY,
    AccountRef,
    ExpiryPolicy,
    OwnerKind,
    SpentReversal,
    UnitDeclaration,
)
from pointsbank.ledger.units import UnitDeclared, UnitMalformed, units
from pointsbank.ledger.verify import verify
from tests.ledger.accounts import declare, earns, posted, reversed_, spends

LAPSING = UnitDeclaration(
    MORALITY,
    "道德积分",
    spendable=True,
    expiry=ExpiryPolicy.MONTHS,
    expiry_months=6,
    spent_reversal=SpentReversal.DEBT,
)


def declared(unit: UnitDeclaration, actor: Actor = SYSTEM) -> None:
    with transaction() as session:
        operations.declare_unit(session, actor, unit=unit, at=clock.now())


def test_a_town_s_own_terms_stand_when_the_others_are_declared(bank: Database) -> None:
    declared(LAPSING)
    declare(bank)
    declare(bank)
    with snapshot() as session:
        assert units(session) == [LAPSING, DEFAULT_UNITS[0], DEFAULT_UNITS[2]]
        entry = "SELECT action, subject_id FROM audit_entry ORDER BY id"
        assert session.execute(text(entry)).all() == [("ledger.declare_unit", 1)]
    with pytest.raises(UnitDeclared):
        declared(replace(LAPSING, spent_reversal=SpentReversal.REFUSE))


@pytest.mark.parametrize(
    "wrong",
    [
        {"code": ""},
        {"code": "x" * 41},
        {"name": ""},
        {"name": "字" * 41},
        {"floor": 1},
        {"floor": -(10**9) - 1},
        {"expiry_months": -1},
        {"expiry_months": 601},
        {"expiry": ExpiryPolicy.END_OF_YEAR},
        {"expiry": ExpiryPolicy.NEVER},
        {"spendable": False},
    ],
)
def test_terms_that_no_book_could_keep_are_refused(bank: Database, wrong: dict[str, Any]) -> None:
    with pytest.raises(UnitMalformed):
        declared(replace(LAPSING, **wrong))
    with snapshot() as session:
        assert units(session) == []


def test_only_the_program_declares_units(bank: Database) -> None:
    with pytest.raises(Forbidden):
        declared(LAPSING, Actor("user", 1))
    with pytest.raises(Forbidden), transaction() as session:
        operations.declare_default_units(session, Actor("user", 1), at=clock.now())


@pytest.mark.parametrize("kind", [OwnerKind.HOUSEHOLD, OwnerKind.ORGANISATION])
def test_households_and_organisations_have_accounts_like_members(
    bank: Database, kind: OwnerKind
) -> None:
    declare(bank)
    whose = AccountRef(kind, 1, MORALITY)
    posted(earns("e", whose, 100), earns("hers"), spends("s", whose, 30))
    reversed_(3)
    with snapshot() as session:
        assert queries.account(session, whose).balance == 100
        entries = queries.statement(session, whose)
        assert [(one.amount, one.balance) for one in entries] == [(30, 100), (-30, 70), (100, 100)]
        assert verify(session).fault is None
