"""What was already earned on a day, as a day's cap counts it."""

from collections.abc import Iterator
from datetime import date

import community
import pytest
from community import Community
from sqlmodel import Session

from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM
from pointsbank.core.database import Database, transaction
from pointsbank.earning import queries
from pointsbank.ledger.operations import post_all, reverse
from pointsbank.ledger.rules import (
    MINUTES,
    MORALITY,
    PARTY,
    Posting,
    SystemKind,
    member_account,
    system_account,
)

MONDAY, TUESDAY = date(2026, 11, 16), date(2026, 11, 17)


@pytest.fixture
def session(bank: Database) -> Iterator[Session]:
    with transaction() as opened:
        yield opened


@pytest.fixture
def place(session: Session) -> Community:
    return community.build(session)


def earn(
    session: Session, member_id: int, amount: int, on: date, unit: str = MORALITY, key: str = "",
    reason: str = "service",
) -> int:  # fmt: skip
    posting = Posting(
        key=f"{member_id}:{unit}:{on}:{key}",
        source=system_account(unit, SystemKind.ISSUED, "patrol"),
        destination=member_account(member_id, unit),
        amount=amount,
        effective_on=on,
        reason=reason,
    )
    return post_all(session, SYSTEM, [posting], at=clock.now())[0].id


def test_service_of_the_day_is_summed_by_member_and_unit(
    session: Session, place: Community
) -> None:
    earn(session, place.wang, 10, MONDAY, key="a")
    earn(session, place.wang, 15, MONDAY, key="b")
    earn(session, place.wang, 7, TUESDAY)
    earn(session, place.li, 20, MONDAY)
    earn(session, place.li, 4, MONDAY, PARTY)
    earn(session, place.li, 90, MONDAY, MINUTES)
    earn(session, place.zhou, 50, MONDAY)
    found = queries.points_earned_on(session, [place.wang, place.li], [MONDAY])
    assert found == {
        (place.wang, MORALITY, MONDAY): 25,
        (place.li, MORALITY, MONDAY): 20,
        (place.li, PARTY, MONDAY): 4,
    }
    both = queries.points_earned_on(session, [place.wang], [MONDAY, TUESDAY])
    assert both[place.wang, MORALITY, TUESDAY] == 7


def test_what_was_taken_back_leaves_room_again(session: Session, place: Community) -> None:
    earn(session, place.wang, 10, MONDAY, key="a")
    mistaken = earn(session, place.wang, 15, MONDAY, key="b")
    reverse(
        session, SYSTEM, transfer_ids=[mistaken], key="mend", reason="correction",
        effective_on=TUESDAY, at=clock.now(),
    )  # fmt: skip
    found = queries.points_earned_on(session, [place.wang], [MONDAY, TUESDAY])
    assert found == {(place.wang, MORALITY, MONDAY): 10}


def test_what_is_not_service_does_not_count(session: Session, place: Community) -> None:
    earn(session, place.wang, 100, MONDAY, reason="opening")
    assert queries.points_earned_on(session, [place.wang], [MONDAY]) == {}


def test_nobody_or_no_day_has_earned_nothing(session: Session, place: Community) -> None:
    assert queries.points_earned_on(session, [], [MONDAY]) == {}
    assert queries.points_earned_on(session, [place.wang], []) == {}
    assert queries.points_rules(session, []) == {}
