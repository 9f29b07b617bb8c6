"""What a stay is worth: tables of values, no database."""

from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsbank.hours.local_rules import KINDS
from pointsbank.hours.presets import PRESETS
from pointsbank.hours.rules import (
    Credit,
    Cut,
    CutKind,
    HourTerms,
    HourTermsOutOfRange,
    Rounding,
    Stay,
    Way,
    check_hour_terms,
    cuts_of,
    held_minutes,
    hour_rule_ref,
    why_of,
    worth,
)

NINE = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)  # 9:00 in Shanghai
ELEVEN = NINE + timedelta(hours=2)
TERMS = HourTerms()


def after(minutes: float) -> datetime:
    return NINE + timedelta(minutes=minutes)


CAME = Stay(after(2))


@pytest.mark.parametrize(
    ("came", "went", "terms", "minutes", "cuts"),
    [
        (2, 120, TERMS, 118, []),
        (2, 100.9, TERMS, 98, []),
        (-20, 120, TERMS, 120, [Cut(CutKind.BEFORE_START, 20)]),
        (0, 150, TERMS, 120, [Cut(CutKind.AFTER_END, 30)]),
        (0, 9.9, TERMS, 0, [Cut(CutKind.UNDER_LEAST, 10)]),
        (0, 10, TERMS, 10, []),
        (-20, -5, TERMS, 0, [Cut(CutKind.BEFORE_START, 15), Cut(CutKind.UNDER_LEAST, 10)]),
        (0, 120, replace(TERMS, most_minutes=60), 60, [Cut(CutKind.OVER_MOST, 60)]),
        (0, 71, replace(TERMS, least_percent=60), 0, [Cut(CutKind.UNDER_SHARE, 72)]),
        (0, 72, replace(TERMS, least_percent=60), 72, []),
        (
            -30,
            60,
            replace(TERMS, least_percent=60),
            0,
            [Cut(CutKind.BEFORE_START, 30), Cut(CutKind.UNDER_SHARE, 72)],
        ),
        (0, 119, replace(TERMS, rounding=Rounding.TENTH), 114, [Cut(CutKind.ROUNDED, 5)]),
        (0, 119, replace(TERMS, rounding=Rounding.QUARTER), 105, [Cut(CutKind.ROUNDED, 14)]),
        (0, 119, replace(TERMS, rounding=Rounding.HALF), 90, [Cut(CutKind.ROUNDED, 29)]),
        (0, 119, replace(TERMS, rounding=Rounding.HOUR), 60, [Cut(CutKind.ROUNDED, 59)]),
    ],
)
def test_a_stay_is_worth_its_service_within_the_event(
    came: float, went: float, terms: HourTerms, minutes: int, cuts: list[Cut]
) -> None:
    stay = Stay(after(came), after(went))
    assert worth([stay], NINE, ELEVEN, terms) == (minutes, cuts)


@pytest.mark.parametrize(
    ("pairs", "most_pairs", "minutes", "cuts"),
    [
        ([(0, 30), (60, 90)], 3, 60, []),
        ([(0, 30.5), (60, 90.5)], 3, 61, []),  # half minutes add up
        ([(0, 30), (40, 70), (80, 110)], 2, 60, [Cut(CutKind.MORE_PAIRS, 30)]),
        ([(0, 30), (125, 140)], 1, 30, []),  # what would not count anyway is no loss
        (
            [(-10, 30), (100, 130)],
            3,
            50,
            [Cut(CutKind.BEFORE_START, 10), Cut(CutKind.AFTER_END, 10)],
        ),
        ([(0, 4), (60, 64)], 3, 0, [Cut(CutKind.UNDER_LEAST, 10)]),
    ],
)
def test_several_pairs_of_check_in_and_out_add_up(
    pairs: list[tuple[float, float]], most_pairs: int, minutes: int, cuts: list[Cut]
) -> None:
    stays = [Stay(after(came), after(went)) for came, went in pairs]
    terms = replace(TERMS, most_pairs=most_pairs)
    assert worth(stays, NINE, ELEVEN, terms) == (minutes, cuts)


def test_while_the_last_pair_is_open_nothing_counts() -> None:
    pairs = [Stay(NINE, after(30)), Stay(after(40))]
    assert worth(pairs, NINE, ELEVEN, TERMS) == (0, [Cut(CutKind.NOT_CHECKED_OUT)])


TIERS = replace(TERMS, most_minutes=1440, day_minutes=480, parent_minutes=720)


@pytest.mark.parametrize(
    ("length", "counted_today", "terms", "minutes", "parent", "above"),
    [
        (480, 0, TIERS, 480, 0, 0),
        (481, 0, TIERS, 480, 1, 0),
        (720, 0, TIERS, 480, 240, 0),
        (800, 0, TIERS, 480, 240, 80),
        (120, 400, TIERS, 80, 40, 0),
        (120, 480, TIERS, 0, 120, 0),
        (120, 660, TIERS, 0, 60, 60),
        (120, 900, TIERS, 0, 0, 120),
        (120, 400, replace(TIERS, rounding=Rounding.HOUR), 60, 60, 0),  # only whole steps count
        (600, 0, replace(TIERS, parent_minutes=480), 480, 0, 120),
        (1440, 0, replace(TIERS, day_minutes=1440, parent_minutes=1440), 1440, 0, 0),
    ],
)
def test_what_is_over_a_days_tier_waits_for_the_organisations_above(
    length: int, counted_today: int, terms: HourTerms, minutes: int, parent: int, above: int
) -> None:
    counted, cuts = worth(
        [Stay(NINE, after(length))], NINE, after(length), terms, counted_today=counted_today
    )
    held = {cut.kind: cut.minutes for cut in cuts}
    assert counted == minutes
    assert held.get(CutKind.FOR_PARENT, 0) == parent
    assert held.get(CutKind.FOR_ABOVE, 0) == above
    assert held_minutes(cuts) == parent + above


def test_a_stay_without_an_end_is_worth_nothing_and_says_why() -> None:
    assert worth([CAME], NINE, ELEVEN, TERMS) == (0, [Cut(CutKind.NOT_CHECKED_OUT)])


@given(
    st.integers(-200, 1600), st.integers(0, 1600), st.sampled_from(Rounding), st.integers(1, 600)
)
def test_minutes_never_exceed_the_stay_the_event_or_the_cap(
    came: int, length: int, rounding: Rounding, most: int
) -> None:
    terms = HourTerms(rounding=rounding, least_minutes=0, most_minutes=most)
    minutes, _ = worth([Stay(after(came), after(came + length))], NINE, ELEVEN, terms)
    assert 0 <= minutes <= min(length, 120, most)


def test_a_static_poster_waits_for_confirmation_and_an_organiser_does_not() -> None:
    assert TERMS.credit_of(Way.STATIC) is Credit.AFTER_CONFIRMATION
    assert TERMS.credit_of(Way.ORGANISER) is Credit.AT_CHECK_OUT
    assert TERMS.credit_of(Way.ROTATING) is Credit.AT_CHECK_OUT
    assert TERMS.credit_of(Way.ROSTER) is Credit.AT_CHECK_OUT
    assert TERMS.credit_of(Way.ORGANISER, Way.STATIC) is Credit.AFTER_CONFIRMATION


@pytest.mark.parametrize(
    "terms",
    [
        replace(TERMS, least_minutes=-1),
        replace(TERMS, most_minutes=0, least_minutes=0),
        replace(TERMS, most_minutes=1441),
        replace(TERMS, most_minutes=30, least_minutes=60),
        replace(TERMS, late_minutes=10**9),
        replace(TERMS, repeat_minutes=-5),
        replace(TERMS, least_percent=101),
        replace(TERMS, most_pairs=0),
        replace(TERMS, day_minutes=0),
        replace(TERMS, day_minutes=720, parent_minutes=480),
        replace(TERMS, parent_minutes=1441),
    ],
)
def test_impossible_hour_terms_are_refused(terms: HourTerms) -> None:
    with pytest.raises(HourTermsOutOfRange):
        check_hour_terms(terms)


def test_every_preset_is_within_range() -> None:
    for _name, terms in PRESETS.values():
        check_hour_terms(terms)


EIGHT_HOURS = 8 * 60


@pytest.mark.parametrize(
    ("preset", "length", "pairs", "counted_today", "minutes", "cuts"),
    [
        ("standard", 120, [(0, 9)], 0, 0, [Cut(CutKind.UNDER_LEAST, 10)]),
        ("standard", 120, [(0, 119)], 0, 119, []),
        ("standard", 600, [(0, 600)], 0, 480, [Cut(CutKind.OVER_MOST, 480)]),
        ("hailin", 300, [(0, 300)], 0, 120, [Cut(CutKind.OVER_MOST, 120)]),
        ("hailin", 300, [(0, 120)], 0, 120, []),
        ("i_volunteer", 480, [(0, 480)], 0, 480, []),
        ("i_volunteer", 600, [(0, 600)], 0, 480, [Cut(CutKind.FOR_PARENT, 120)]),
        (
            "i_volunteer", 840, [(0, 840)], 0, 480,
            [Cut(CutKind.FOR_PARENT, 240), Cut(CutKind.FOR_ABOVE, 120)],
        ),
        ("i_volunteer", 120, [(0, 120)], EIGHT_HOURS, 0, [Cut(CutKind.FOR_PARENT, 120)]),
        (
            "i_volunteer", 240, [(n * 60, n * 60 + 30) for n in range(4)], 0, 90,
            [Cut(CutKind.MORE_PAIRS, 30)],
        ),
        ("yunnan", 120, [(0, 71)], 0, 0, [Cut(CutKind.UNDER_SHARE, 72)]),
        ("yunnan", 120, [(0, 72)], 0, 72, []),
        ("half_hours", 120, [(0, 119)], 0, 90, [Cut(CutKind.ROUNDED, 29)]),
        ("half_hours", 120, [(0, 29)], 0, 0, [Cut(CutKind.UNDER_LEAST, 30)]),
    ],
)  # fmt: skip
def test_a_preset_counts_as_the_place_that_it_is_of(
    preset: str, length: int, pairs: list[tuple[int, int]], counted_today: int, minutes: int,
    cuts: list[Cut],
) -> None:  # fmt: skip
    _, terms = PRESETS[preset]
    stays = [Stay(after(came), after(went)) for came, went in pairs]
    found = worth(stays, NINE, after(length), terms, counted_today=counted_today)
    assert found == (minutes, cuts)


@pytest.mark.parametrize("preset", PRESETS)
def test_the_way_there_and_back_never_counts(preset: str) -> None:
    _, terms = PRESETS[preset]
    counted, _ = worth([Stay(NINE, ELEVEN)], NINE, ELEVEN, terms)
    with_way, cuts = worth([Stay(after(-30), after(160))], NINE, ELEVEN, terms)
    assert with_way == counted > 0
    assert cuts[:2] == [Cut(CutKind.BEFORE_START, 30), Cut(CutKind.AFTER_END, 40)]


@pytest.mark.parametrize(
    "terms",
    [
        replace(TERMS, rounding=Rounding.HALF),
        replace(TERMS, least_minutes=30),
        replace(TERMS, most_minutes=120),
        replace(TERMS, least_percent=60),
        replace(TERMS, most_pairs=2),
        replace(TERMS, day_minutes=480),
        replace(TERMS, day_minutes=480, parent_minutes=720),
        replace(TERMS, early_minutes=15),
        replace(TERMS, late_minutes=60),
        replace(TERMS, credit_static=Credit.AT_CLOSE),
        replace(TERMS, credit_organiser=Credit.AT_CLOSE),
        replace(TERMS, credit_roster=Credit.AT_CLOSE),
    ],
)
def test_whoever_changes_a_term_sees_in_the_preview_what_it_changes(terms: HourTerms) -> None:
    [kind] = KINDS
    assert kind.samples(asdict(terms)) != kind.samples(asdict(TERMS))


def test_the_preview_tells_who_approves_what_is_over_a_days_tier() -> None:
    [kind] = KINDS
    for day, parent, minutes, held in (
        (480, 720, 60, {"上级组织": 240, "再上一级组织": 60}),
        (480, 1440, 60, {"上级组织": 300}),
        (480, 480, 60, {"再上一级组织": 300}),
        (1440, 1440, 360, {}),
    ):
        terms = replace(TERMS, day_minutes=day, parent_minutes=parent)
        told = {
            one.case.sentence: one.outcome.sentence % one.outcome.facts
            for one in kind.samples(asdict(terms))
        }
        counts = [f"自动计 {minutes} 分钟" if held else f"计 {minutes} 分钟"]
        counts += [f"{many} 分钟由{who}审批" for who, many in held.items()]
        assert told["当天已服务7小时，再服务6小时"] == "，".join(counts)


def test_the_ledger_names_the_rule_that_decided() -> None:
    assert hour_rule_ref(3) == "hour_rule:3"
    assert hour_rule_ref(None) == ""


def test_reasons_are_stored_as_pairs() -> None:
    stored = why_of([Cut(CutKind.ROUNDED, 4)])
    assert stored == [["rounded", 4]]
    assert cuts_of(stored) == [Cut(CutKind.ROUNDED, 4)]
