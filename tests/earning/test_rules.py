"""The arithmetic of points, in tables of values."""

from dataclasses import replace
from datetime import date

import pytest

from pointsbank.earning.presets import PRESETS
from pointsbank.earning.rules import (
    CAP_SENTENCES,
    DEED_CATEGORIES,
    Audience,
    DeedCategory,
    PointsRule,
    PointsRuleOutOfRange,
    Rounding,
    check_points_rule,
    earns,
    points_for,
    why_clipped,
)
from pointsbank.ledger.rules import MORALITY, PARTY, WINDOW_NAMES, Cap, CapWindow, Clip, OverCap

TEN_AN_HOUR = PointsRule(3, 1, MORALITY, 1, date(2026, 1, 1), points_per_hour=10)


@pytest.mark.parametrize(
    ("minutes", "rounding", "points"),
    [
        (0, Rounding.DOWN, 0),
        (60, Rounding.DOWN, 10),
        (65, Rounding.DOWN, 10),
        (66, Rounding.DOWN, 11),
        (62, Rounding.HALF_UP, 10),
        (63, Rounding.HALF_UP, 11),
        (61, Rounding.UP, 11),
        (60, Rounding.UP, 10),
        (5, Rounding.DOWN, 0),
        (1, Rounding.UP, 1),
    ],
)
def test_points_are_whole_by_the_named_rounding(
    minutes: int, rounding: Rounding, points: int
) -> None:
    assert points_for(minutes, "other", replace(TEN_AN_HOUR, rounding=rounding)).points == points


def test_a_category_may_have_its_own_rate() -> None:
    rule = replace(TEN_AN_HOUR, by_category={"patrol": 15, "culture": 0})
    assert points_for(60, "patrol", rule).points == 15
    assert points_for(60, "help", rule).points == 10
    nothing = points_for(60, "culture", rule)
    assert nothing.points == 0
    assert nothing.why[-1].sentence == "这类活动不计分"


def test_points_each_time_are_added_to_those_by_the_hour() -> None:
    rule = replace(TEN_AN_HOUR, each_time={"mediation": 5})
    earned = points_for(30, "mediation", rule)
    assert earned.points == 10
    assert [reason.facts for reason in earned.why] == [
        {"minutes": 30},
        {"per_hour": 10, "points": 5},
        {"points": 5},
    ]


def test_an_activity_counts_no_longer_than_the_rule_says() -> None:
    rule = replace(TEN_AN_HOUR, points_per_hour=1, most_minutes_an_activity=120)
    assert points_for(120, "other", rule).points == 2
    long = points_for(300, "other", rule)
    assert long.points == 2
    assert long.why[0].facts == {"minutes": 300, "most": 120}


def test_every_reason_can_be_said_with_its_facts() -> None:
    rule = replace(TEN_AN_HOUR, each_time={"help": 5}, most_minutes_an_activity=60)
    said = [r.sentence % r.facts for r in points_for(90, "help", rule).why]
    assert said == [
        "服务90分钟，每次最多计60分钟",
        "每小时10分，不足1分舍去，计10分",
        "每次另计5分",
    ]


def test_a_rule_s_caps_are_counted_by_organisation_and_unit_whatever_its_version() -> None:
    rule = replace(TEN_AN_HOUR, caps={"month": 50, "day": 80}, over_cap=OverCap.WITHHOLD)
    assert rule.ledger_caps == (
        Cap("points:1:morality", CapWindow.DAY, 80, OverCap.WITHHOLD),
        Cap("points:1:morality", CapWindow.MONTH, 50, OverCap.WITHHOLD),
    )
    later = replace(rule, id=9, version=2, from_on=date(2026, 11, 15))
    assert later.ledger_caps == rule.ledger_caps
    assert replace(rule, unit=PARTY).ledger_caps[0].name == "points:1:party"
    assert TEN_AN_HOUR.ledger_caps == ()


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        (3, "当月上限50分，此前已得47分，本次应得8分，实记3分。"),
        (0, "当月上限50分，此前已得47分，本次应得8分，未记入。"),
    ],
)
def test_what_was_clipped_is_said_with_the_reason(amount: int, said: str) -> None:
    why = why_clipped(Clip(MORALITY, CapWindow.MONTH, 50, 47, 8, amount, None))
    assert why.sentence % why.facts == said


def test_every_window_has_its_words() -> None:
    assert set(CAP_SENTENCES) == set(WINDOW_NAMES) == set(CapWindow)


def test_a_party_rule_is_for_party_members() -> None:
    party = replace(TEN_AN_HOUR, audience=Audience.PARTY)
    assert earns(party, is_party_member=True)
    assert not earns(party, is_party_member=False)
    assert earns(TEN_AN_HOUR, is_party_member=False)


def test_a_rule_is_named_in_the_ledger_by_its_number() -> None:
    assert TEN_AN_HOUR.ref == "points_rule:3"


FITTING = {
    "points_per_hour": 10,
    "by_category": {},
    "each_time": {},
    "most_minutes_an_activity": None,
    "caps": {},
    "over_cap": OverCap.CLIP,
}


@pytest.mark.parametrize(
    "fault",
    [
        {"points_per_hour": -1},
        {"points_per_hour": 1_001},
        {"by_category": {"patrol": -5}},
        {"by_category": {"dancing": 5}},
        {"each_time": {"patrol": 1_001}},
        {"each_time": {"dancing": 5}},
        {"most_minutes_an_activity": 0},
        {"most_minutes_an_activity": 1_441},
        {"caps": {"day": 0}},
        {"caps": {"day": 80, "year": 1_000_001}},
        {"caps": {"decade": 80}},
        {"over_cap": OverCap.REFUSE},
    ],
)
def test_a_number_out_of_range_is_refused(fault: dict[str, object]) -> None:
    check_points_rule(**FITTING)  # type: ignore[arg-type]
    with pytest.raises(PointsRuleOutOfRange):
        check_points_rule(**{**FITTING, **fault})  # type: ignore[arg-type]


def test_every_category_has_a_name() -> None:
    assert set(DEED_CATEGORIES) == set(DeedCategory)
    assert DEED_CATEGORIES["patrol"] == "治安巡逻"


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_are_of_known_categories_and_units(preset: str) -> None:
    for terms in PRESETS[preset].rules:
        content = {name: value for name, value in terms.items() if name in FITTING}
        check_points_rule(**{**FITTING, **content})  # type: ignore[arg-type]
        assert terms["unit"] in (MORALITY, PARTY)
