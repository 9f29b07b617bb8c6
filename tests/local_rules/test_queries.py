"""What holds for an organisation, from whom, and what is decided for later."""

from datetime import date, timedelta
from typing import Any

from community import SINCE, Community
from sqlmodel import Session
from statements import noting

from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM
from pointsbank.earning.models import PointsRuleRow
from pointsbank.earning.operations import adopt_points_rule
from pointsbank.local_rules import queries
from pointsbank.transfers.models import TransferRuleRow

TODAY = date(2026, 11, 21)
KIND = queries.rule_kind("points-rules", "morality")


def points(session: Session, org_id: int, from_on: date, points_per_hour: int, **terms: Any) -> int:
    return adopt_points_rule(
        session, SYSTEM, org_id=org_id, unit=terms.pop("unit", "morality"), from_on=from_on,
        points_per_hour=points_per_hour, at=clock.now(), **terms,
    ).id  # fmt: skip


def test_the_version_of_each_place_and_day_is_found_in_one_statement(
    session: Session, place: Community
) -> None:
    own = points(session, place.community, TODAY, 12)
    eve = TODAY - timedelta(days=1)
    places = [(place.grid, TODAY), (place.grid, eve), (place.other_grid, TODAY)]
    places.append((place.grid, SINCE - timedelta(days=1)))
    with noting(session.get_bind()) as statements:
        found = queries.rules_in_force(session, PointsRuleRow, places)
    assert len(statements) == 1
    assert found[place.grid, TODAY]["morality"].id == own
    assert found[place.grid, TODAY]["party"].org_id == place.city
    assert found[place.grid, eve]["morality"].org_id == place.city
    assert found[place.other_grid, TODAY]["morality"].org_id == place.city
    assert found[places[-1]] == {}
    assert queries.rules_in_force(session, PointsRuleRow, []) == {}
    assert queries.rule_in_force(session, TransferRuleRow, place.grid, TODAY) is None


def test_a_holding_says_what_holds_whose_it_is_and_what_comes(
    session: Session, place: Community
) -> None:
    next_month = date(2026, 12, 1)
    points(session, place.city, next_month, 9)
    points(session, place.community, date(2027, 1, 1), 12)
    points(session, place.city, date(2027, 2, 1), 8)
    held = queries.holding(session, KIND, "morality", place.grid, TODAY)
    assert held.rule is not None
    assert held.adopter is not None
    assert (held.adopter.id, held.terms["points_per_hour"]) == (place.city, 10)
    # What the city decided for February concerns nobody here: by then the community has its own.
    later = [(x.on, x.terms["points_per_hour"], x.adopter and x.adopter.id) for x in held.later]
    assert later == [
        (next_month, 9, place.city), (date(2027, 1, 1), 12, place.community),
    ]  # fmt: skip
    assert held.own == []
    own = queries.holding(session, KIND, "morality", place.community, TODAY).own
    assert [rule.version for rule in own] == [1]


def test_where_nobody_adopted_any_the_standing_rule_holds(
    session: Session, place: Community
) -> None:
    kind = queries.rule_kind("leaving-rules")
    held = queries.holding(session, kind, "", place.grid, TODAY)
    assert (held.rule, held.adopter, held.later, held.own) == (None, None, [], [])
    assert held.terms == {"points": "keep"}


def test_every_kind_and_part_is_held(session: Session, place: Community) -> None:
    held = queries.holdings(session, place.grid, TODAY)
    named = [(each.kind.path, each.part) for each in held]
    assert named == [
        ("points-rules", "morality"), ("points-rules", "party"), ("hour-rules", ""),
        ("star-ladders", ""), ("registration-rules", ""), ("transfer-rules", ""),
        ("leaving-rules", ""), ("evaluation-rules", ""), ("consent-texts", "registration"),
        ("consent-texts", "publication"), ("consent-texts", "sharing"),
    ]  # fmt: skip
