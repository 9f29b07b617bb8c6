"""Units, periods and seals: declared, closed and sealed once and for ever."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import text

from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM, Actor
from pointsbank.core.database import APPEND_ONLY, Database, snapshot, transaction
from pointsbank.core.errors import Forbidden
from pointsbank.ledger import operations, queries
from pointsbank.ledger.periods import balance_as_of
from pointsbank.ledger.rules import (
    MINUTES,
    MORALITY,
    PARTY,
    ExpiryPolicy,
    PeriodClosed,
    PeriodNotOver,
    UnitDeclaration,
    member_account,
)
from pointsbank.ledger.units import UnitDeclared
from pointsbank.ledger.verify import verify
from tests.ledger.accounts import (
    ANA,
    TODAY,
    capped,
    declare,
    earns,
    posted,
    reversed_,
    sealed,
    spends,
)

SOMEBODY = Actor(kind="user", id=9)


@pytest.fixture(autouse=True)
def _units(bank: Database) -> None:
    declare(bank)


def declared(unit: UnitDeclaration) -> None:
    with transaction() as session:
        operations.declare_unit(session, SYSTEM, unit=unit, at=clock.now())


def close(until: date) -> int:
    with transaction() as session:
        return operations.close_period(session, SYSTEM, until=until, at=clock.now())


def test_default_units_are_declared_once() -> None:
    with transaction() as session:
        operations.declare_default_units(session, SYSTEM, at=clock.now())
    with snapshot() as session:
        assert queries.balances(session, 1) == {MINUTES: 0, MORALITY: 0, PARTY: 0}


def test_a_unit_keeps_its_terms() -> None:
    green = UnitDeclaration("green", "绿色积分", True, expiry=ExpiryPolicy.END_OF_YEAR)
    declared(green)
    declared(green)
    with pytest.raises(UnitDeclared):
        declared(replace(green, floor=-10))


def test_a_unit_may_be_overdrawn_to_its_floor() -> None:
    declared(UnitDeclaration("green", "绿色积分", True, floor=-10))
    who = member_account(1, "green")
    over, down = posted(spends("a", who, 11), spends("b", who, 10))
    assert over.facts == {"needed": 11, "available": 10}
    assert down.source_balance == -10


def test_nothing_is_dated_into_a_closed_period() -> None:
    posted(earns("e", effective_on=date(2026, 10, 5)), earns("f"))
    period = close(date(2026, 10, 31))
    assert close(date(2026, 10, 31)) == period
    (refused,) = posted(earns("g", effective_on=date(2026, 10, 31)))
    assert isinstance(refused, PeriodClosed)
    assert refused.facts == {"until": date(2026, 10, 31)}
    assert posted(earns("e", effective_on=date(2026, 10, 5)))[0].repeated
    (undone,) = reversed_(1, effective_on=date(2026, 11, 1))
    assert undone.amount == 100


def test_who_waits_while_a_period_closes_is_not_let_into_it() -> None:
    early = earns("early", effective_on=date(2026, 10, 5))
    with ThreadPoolExecutor(1) as other:
        with transaction() as session:
            operations.close_period(session, SYSTEM, until=date(2026, 10, 31), at=clock.now())
            waiting = other.submit(posted, early)
            time.sleep(0.3)  # so that it has begun
        (refused,) = waiting.result()
    assert isinstance(refused, PeriodClosed)


def test_a_period_is_closed_by_the_program_in_order_and_when_it_is_over() -> None:
    def attempt(actor: Actor, until: date) -> int:
        with transaction() as session:
            return operations.close_period(session, actor, until=until, at=clock.now())

    close(date(2026, 10, 31))
    with pytest.raises(Forbidden):
        attempt(SOMEBODY, date(2026, 9, 30))
    with pytest.raises(PeriodClosed):
        attempt(SYSTEM, date(2026, 9, 30))
    with pytest.raises(PeriodNotOver):
        attempt(SYSTEM, TODAY)
    assert attempt(SYSTEM, TODAY - timedelta(days=1)) == 2


def test_a_month_is_closed_after_a_year_and_a_year_after_its_months() -> None:
    days = [date(2025, 12, 31), date(2026, 1, 31), date(2026, 2, 28)]
    posted(*(earns(f"e{n}", amount=10**n, effective_on=day) for n, day in enumerate(days)))
    assert close(days[0]) == 1  # a year
    assert [close(day) for day in days[1:]] == [2, 3]
    with pytest.raises(PeriodClosed):
        close(date(2025, 11, 30))
    assert close(days[2]) == 3
    with snapshot() as session:
        sheets = session.execute(
            text(
                "SELECT p.period_id, p.balance FROM period_balance p JOIN account a"
                " ON a.id = p.account_id WHERE a.owner_kind = 'member' ORDER BY p.period_id"
            )
        ).all()
        assert sheets == [(1, 1), (2, 11), (3, 111)]
        assert verify(session).fault is None


def test_a_later_correction_is_dated_into_the_open_period_and_refers_back() -> None:
    posted(earns("e", effective_on=date(2026, 10, 5)))
    close(date(2026, 10, 31))
    with pytest.raises(PeriodClosed):
        reversed_(1, effective_on=date(2026, 10, 5))
    with snapshot() as session:
        day = queries.open_day(session, date(2026, 10, 5), TODAY)
    reversed_(1, effective_on=day)
    with snapshot() as session:
        newest, _ = queries.statement(session, ANA)
        assert (newest.effective_on, newest.reverses, newest.amount) == (TODAY, 1, -100)
        assert balance_as_of(session, ANA, date(2026, 10, 31)) == 100


def test_only_the_program_seals() -> None:
    with pytest.raises(Forbidden), transaction() as session:
        operations.seal_next(session, SOMEBODY, at=clock.now())


def test_a_run_is_sealed_once_and_chained() -> None:
    assert sealed() is None
    posted(*(earns(f"e{n}") for n in range(5)))
    first, second = sealed(most=3), sealed(most=3)
    assert (first.first_transfer_id, first.last_transfer_id, first.transfer_count) == (1, 3, 3)
    assert (second.first_transfer_id, second.last_transfer_id, second.transfer_count) == (4, 5, 2)
    assert second.previous == first.digest
    assert sealed() is None


@pytest.mark.parametrize(
    "table",
    [
        *("unit", "transfer", "cap_use", "hold", "hold_resolution"),
        *("period", "period_balance", "seal", "verification"),
    ],
)
@pytest.mark.parametrize("verb", ["UPDATE {} SET {} = {}", "DELETE FROM {}"])
def test_the_database_refuses_to_change_the_book(bank: Database, table: str, verb: str) -> None:
    assert table in APPEND_ONLY
    posted(capped("e", 100, effective_on=date(2026, 10, 1)))
    close(date(2026, 10, 31))
    at = clock.now()
    with transaction() as session:
        hold = operations.place_hold(
            session, SYSTEM, wanted=spends("h", amount=1), expires_at=at + timedelta(1), at=at
        )
        operations.release(session, SYSTEM, hold_id=hold.id, at=at)
    sealed()
    with snapshot() as session:
        found = verify(session)
    with transaction() as session:
        operations.record_verification(session, SYSTEM, findings=found, at=at)
    column = {"period_balance": "period_id", "hold_resolution": "hold_id"}.get(table, "id")
    with pytest.raises(Exception, match="append-only"), bank.administer() as connection:
        connection.execute(text(verb.format(table, column, column)))
