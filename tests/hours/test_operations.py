"""Adopting hour rules."""

from datetime import date, timedelta
from typing import Any

import pytest

from pointsbank.core.errors import Forbidden
from pointsbank.hours import operations as hours
from pointsbank.hours import queries as hour_queries
from pointsbank.hours.rules import (
    STANDING_RULE,
    Credit,
    HourTerms,
    HourTermsOutOfRange,
    Rounding,
)
from pointsbank.local_rules.rules import RuleBackdated
from pointsbank.orgs.rules import NoSuchOrganisation

TODAY = date(2026, 11, 21)
LENIENT = HourTerms(credit_static=Credit.AT_CHECK_OUT)


def adopt(scene: Any, terms: HourTerms = LENIENT, **changes: Any) -> Any:
    given = {"org_id": scene.community.community, "from_on": TODAY, "terms": terms}
    actor = changes.pop("actor", scene.community.secretary)
    return hours.adopt_hour_rule(scene.session, actor, at=scene.at(-90), **(given | changes))


def test_the_hour_rule_of_the_nearest_organisation_on_the_day_decides(scene: Any) -> None:
    c, s = scene.community, scene.session
    city = hour_queries.hour_rule_in_force(s, c.community, TODAY)
    assert city.org_id == c.city
    first = adopt(scene)
    second = adopt(scene, HourTerms(rounding=Rounding.HALF), from_on=TODAY + timedelta(days=7))
    assert (first.version, second.version) == (1, 2)
    assert adopt(scene, HourTerms(rounding=Rounding.HALF), from_on=second.from_on) == second
    assert hour_queries.hour_rule_in_force(s, c.grid, TODAY) == first
    assert hour_queries.hour_rule_in_force(s, c.grid, TODAY - timedelta(days=1)) == city
    assert hour_queries.hour_rule_in_force(s, c.grid, second.from_on) == second
    assert hour_queries.hour_rule_in_force(s, c.other_grid, TODAY) == city
    assert hour_queries.hour_rule_in_force(s, c.city, date(2019, 1, 1)) == STANDING_RULE
    assert scene.open().hour_rule_id == first.id


def test_an_hour_rule_is_refused_fault_by_fault(scene: Any) -> None:
    c = scene.community
    bad: dict[str, Any] = {
        "org_id": 10**6,
        "actor": c.organiser,
        "from_on": TODAY - timedelta(days=1),
        "terms": HourTerms(least_minutes=-1),
    }
    for refusal, mended in (
        (NoSuchOrganisation, {}),
        (Forbidden, {"org_id": c.community}),
        (RuleBackdated, {"actor": c.secretary}),
        (HourTermsOutOfRange, {"from_on": TODAY}),
    ):
        bad |= mended
        with pytest.raises(refusal):
            adopt(scene, **bad)
