"""Points lapse first in, first out, once; what is held does not lapse."""

import itertools
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM
from pointsbank.core.database import Database, snapshot, transaction
from pointsbank.ledger import jobs, operations, queries
from pointsbank.ledger.lapses import lapsing, next_lapses
from pointsbank.ledger.rules import (
    AccountRef,
    ExpiryPolicy,
    OwnerKind,
    PeriodClosed,
    SystemKind,
    UnitDeclaration,
    member_account,
    system_account,
)
from pointsbank.ledger.verify import verify
from tests.ledger.accounts import declare, earns, posted, reversed_, spends

LAST_YEAR, THIS_YEAR = date(2025, 5, 1), date(2026, 5, 1)
NEW_YEAR = date(2026, 1, 1)
WHO = member_account(1, "green")
NEVER = member_account(1, "morality")
REDEEMED_GREEN = system_account("green", SystemKind.REDEEMED)


@pytest.fixture(autouse=True)
def _green_points_lapse_with_the_year(bank: Database) -> None:
    declare(bank)
    declared("green", ExpiryPolicy.END_OF_YEAR)


def declared(code: str, policy: ExpiryPolicy, months: int = 0) -> None:
    unit = UnitDeclaration(code, code, True, expiry=policy, expiry_months=months)
    with transaction() as session:
        operations.declare_unit(session, SYSTEM, unit=unit, at=clock.now())


def lapse(on: date = NEW_YEAR, **more: Any) -> int:
    with transaction() as session:
        run = operations.expire_points(session, SYSTEM, on=on, at=clock.now(), **more)
    return run.account_count


def balance(who: AccountRef = WHO) -> int:
    with snapshot() as session:
        return queries.account(session, who).balance


def announced(until: date) -> list[tuple[int, int]]:
    with snapshot() as session:
        return [(one.account.owner_id, one.amount) for one in lapsing(session, until=until)]


def test_what_is_not_spent_in_time_lapses_once() -> None:
    posted(earns("a", WHO, 100, effective_on=LAST_YEAR), earns("b", WHO, 50), spends("s", WHO, 30))
    posted(earns("c", NEVER, 10, effective_on=LAST_YEAR))
    assert announced(date(2025, 12, 31)) == [(1, 70)]
    assert lapse() == 1
    assert lapse() == 0
    assert (balance(), balance(NEVER)) == (50, 10)
    assert announced(date(2025, 12, 31)) == []
    assert announced(date(2026, 12, 31)) == [(1, 50)]


def test_points_are_good_on_their_last_day() -> None:
    posted(earns("a", WHO, 100, effective_on=LAST_YEAR))
    assert lapse(date(2025, 12, 31)) == 0
    assert lapse(date(2026, 1, 1)) == 1


def test_a_redemption_taken_back_brings_points_back_as_they_were() -> None:
    posted(earns("a", WHO, 100, effective_on=LAST_YEAR), spends("s", WHO, 60))
    lapse()
    reversed_(2)
    assert balance() == 60
    assert lapse() == 1
    assert balance() == 0


def test_a_reversed_earning_is_no_longer_good() -> None:
    posted(earns("a", WHO, 100, effective_on=LAST_YEAR), earns("b", WHO, 100))
    reversed_(2)
    assert lapse() == 1
    assert balance() == 0


def test_what_had_lapsed_by_mistake_comes_back_for_another_term() -> None:
    posted(earns("a", WHO, 100, effective_on=LAST_YEAR))
    lapse()
    reversed_(2)
    assert lapse() == 0
    assert balance() == 100


def test_what_is_held_does_not_lapse() -> None:
    posted(earns("a", WHO, 100, effective_on=LAST_YEAR))
    at = clock.now()
    with transaction() as session:
        hold = operations.place_hold(
            session, SYSTEM, wanted=spends("h", WHO, 30), expires_at=at + timedelta(1), at=at
        )
    lapse()
    assert balance() == 30
    with transaction() as session:
        operations.release(session, SYSTEM, hold_id=hold.id, at=at)
    lapse()
    assert balance() == 0


def test_what_is_held_is_captured_whole_after_its_day() -> None:
    posted(earns("a", WHO, 100, effective_on=LAST_YEAR))
    at = clock.now()
    with transaction() as session:
        hold = operations.place_hold(
            session, SYSTEM, wanted=spends("h", WHO, 30), expires_at=at + timedelta(1), at=at
        )
    assert lapse() == 1
    with transaction() as session:
        captured = operations.capture(
            session, SYSTEM, hold_id=hold.id, effective_on=THIS_YEAR, at=at
        )
    assert (captured.amount, balance()) == (30, 0)


def test_only_what_of_a_redemption_was_of_lapsed_points_lapses_when_it_is_taken_back() -> None:
    posted(earns("a", WHO, 100, effective_on=LAST_YEAR), earns("b", WHO, 50, effective_on=NEW_YEAR))
    posted(spends("s", WHO, 120))
    assert lapse() == 0
    posted(earns("part", WHO, 60, source=REDEEMED_GREEN, reverses=3))
    assert lapse() == 1  # 60 came back: 20 are still good, 40 are not
    assert balance() == 50
    reversed_(3)
    assert balance() == 110
    assert lapse() == 1
    assert balance() == 50


def test_a_gift_that_is_reversed_comes_back_as_it_was() -> None:
    friend = member_account(2, "green")
    posted(earns("a", WHO, 100, effective_on=LAST_YEAR))
    posted(earns("gift", friend, 30, source=WHO))
    reversed_(2)
    assert (balance(), balance(friend)) == (100, 0)
    lapse()
    assert balance() == 0


def test_what_lapses_next_is_told_with_its_last_day() -> None:
    def told(
        *owner_ids: int, on: date = THIS_YEAR, until: date = date.max
    ) -> dict[str, tuple[date, int]]:
        with snapshot() as session:
            found = next_lapses(session, OwnerKind.MEMBER, owner_ids, on=on, until=until)
        return {unit: (lapse.last_on, lapse.amount) for unit, lapse in found.items()}

    declared("months", ExpiryPolicy.MONTHS, months=1)
    monthly, other = member_account(1, "months"), member_account(2, "green")
    assert told(1) == {}
    posted(
        earns("a", WHO, 100), earns("b", WHO, 50, effective_on=date(2027, 3, 1)),
        earns("c", monthly, 7, effective_on=THIS_YEAR), earns("n", NEVER, 5),
        spends("s", WHO, 30),
    )  # fmt: skip
    year_end = date(2026, 12, 31)
    assert told(1) == {"green": (year_end, 70), "months": (date(2026, 6, 30), 7)}
    assert told(1, until=date(2026, 12, 30)) == {"months": (date(2026, 6, 30), 7)}
    assert told(2) == {}
    posted(earns("d", other, 4), earns("e", other, 1, effective_on=date(2027, 5, 1)))
    assert told(1, 2)["green"] == (year_end, 74)
    posted(spends("t", WHO, 80))
    assert told(1)["green"] == (date(2027, 12, 31), 40)
    assert told(2, 1)["green"] == (year_end, 4)
    late = date(2027, 1, 5)
    reversed_(8)  # of the points that have lapsed by then
    assert told(1, on=late)["green"] == (late, 70)
    lapse(late)
    assert told(1, on=late)["green"] == (date(2027, 12, 31), 50)


def test_accounts_are_worked_off_in_runs() -> None:
    posted(
        *(
            earns(f"e{n}", member_account(n, "green"), n, effective_on=LAST_YEAR)
            for n in range(1, 6)
        )
    )
    jobs.expire_points(clock.now())
    assert {balance(member_account(n, "green")) for n in range(1, 6)} == {0}
    with transaction() as session:
        run = operations.expire_points(session, SYSTEM, on=NEW_YEAR, at=clock.now(), most=2)
    assert (run.last_account_id, run.account_count) == (0, 0)


def test_nothing_lapses_into_a_closed_period() -> None:
    posted(earns("a", WHO, 100, effective_on=LAST_YEAR))
    with transaction() as session:
        operations.close_period(session, SYSTEM, until=NEW_YEAR, at=clock.now())
    with pytest.raises(PeriodClosed):
        lapse()


def test_random_lives_of_points_agree_with_lots(bank: Database) -> None:
    """Beside lots kept one by one, of which the first to lapse is always taken first."""
    numbers = itertools.count(1)
    declared("months", ExpiryPolicy.MONTHS, months=2)
    step = st.tuples(st.sampled_from(["earn", "spend", "lapse", "month"]), st.integers(1, 30))

    @settings(
        max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), database=None
    )
    @given(st.lists(step, max_size=25))
    def lives(steps: list[tuple[str, int]]) -> None:
        number = next(numbers)
        who = member_account(number, "months")
        lots: list[list[Any]] = []
        today = date(2026, 1, 10)
        for place, (what, amount) in enumerate(steps):
            key = f"{number}:{place}"
            if what == "earn":
                posted(earns(key, who, amount, effective_on=today))
                end = (today.replace(day=1) + timedelta(days=95)).replace(day=1) - timedelta(1)
                lots.append([end, amount])
            elif what == "spend" and amount <= sum(left for _, left in lots):
                posted(spends(key, who, amount))
                due = amount
                for lot in lots:
                    taken = min(due, lot[1])
                    lot[1] -= taken
                    due -= taken
            elif what == "lapse":
                lapse(today)
                lots = [lot for lot in lots if lot[0] >= today]
            elif what == "month":
                today = (today + timedelta(days=31)).replace(day=10)
            assert balance(who) == sum(left for _, left in lots)

    lives()
    with snapshot() as session:
        assert verify(session).fault is None
