"""What a stay is worth: tables of values, no database."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    assert worth(stay, NINE, ELEVEN, terms) == (minutes, cuts)


def test_a_stay_without_an_end_is_worth_nothing_and_says_why() -> None:
    assert worth(CAME, NINE, ELEVEN, TERMS) == (0, [Cut(CutKind.NOT_CHECKED_OUT)])


@given(
    st.integers(-200, 1600), st.integers(0, 1600), st.sampled_from(Rounding), st.integers(1, 600)
)
def test_minutes_never_exceed_the_stay_the_event_or_the_cap(
    came: int, length: int, rounding: Rounding, most: int
) -> None:
    terms = HourTerms(rounding=rounding, least_minutes=0, most_minutes=most)
    minutes, _ = worth(Stay(after(came), after(came + length)), NINE, ELEVEN, terms)
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
    ],
)
def test_impossible_hour_terms_are_refused(terms: HourTerms) -> None:
    with pytest.raises(HourTermsOutOfRange):
        check_hour_terms(terms)


def test_every_preset_is_within_range() -> None:
    for _name, terms in PRESETS.values():
        check_hour_terms(terms)


def test_the_ledger_names_the_rule_that_decided() -> None:
    assert hour_rule_ref(3) == "hour_rule:3"
    assert hour_rule_ref(None) == ""


def test_reasons_are_stored_as_pairs() -> None:
    assert why_of([Cut(CutKind.ROUNDED, 4)]) == [["rounded", 4]]
