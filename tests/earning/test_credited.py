"""A points rule names whose account it credits; party points are always one's own."""

from collections.abc import Iterator

import pytest

from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM
from pointsbank.core.database import Database, Session, transaction
from pointsbank.earning import queries
from pointsbank.earning.operations import adopt_points_rule
from pointsbank.earning.rules import (
    Credited,
    PartyPointsAreOnesOwn,
    PointsRule,
    PointsRuleOutOfRange,
)
from pointsbank.ledger.rules import MORALITY, PARTY
from tests.community import Community, build


@pytest.fixture
def session(bank: Database) -> Iterator[Session]:
    with transaction() as opened:
        yield opened


@pytest.fixture
def place(session: Session) -> Community:
    return build(session)


def adopt(session: Session, place: Community, unit: str, points_per_hour: int = 10) -> PointsRule:
    return adopt_points_rule(
        session, SYSTEM, org_id=place.community, unit=unit, from_on=clock.today(),
        points_per_hour=points_per_hour, credited=Credited.HOUSEHOLD, at=clock.now(),
    )  # fmt: skip


def test_a_rule_credits_the_member_unless_it_says_the_household(
    session: Session, place: Community
) -> None:
    found = queries.points_rules_in_force(session, place.community, clock.today())
    assert {rule.credited for rule in found} == {Credited.MEMBER}
    adopted = adopt(session, place, MORALITY)
    found = queries.points_rules_in_force(session, place.grid, clock.today())
    assert [rule.credited for rule in found if rule.id == adopted.id] == [Credited.HOUSEHOLD]


def test_no_household_has_party_points(session: Session, place: Community) -> None:
    with pytest.raises(PartyPointsAreOnesOwn):
        adopt(session, place, PARTY, points_per_hour=-1)
    with pytest.raises(PointsRuleOutOfRange):
        adopt(session, place, MORALITY, points_per_hour=-1)
