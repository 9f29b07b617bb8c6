"""The events' pure decisions: tables of values, no database."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsbank.core.errors import Refused
from pointsbank.events.presets import PRESETS
from pointsbank.events.rules import (
    ATTENDANCE_NAMES,
    CUT_SENTENCES,
    PROVENANCE,
    STATE_NAMES,
    AttendanceState,
    Credit,
    Cut,
    CutKind,
    EventInPast,
    EventState,
    HourTerms,
    HourTermsOutOfRange,
    Occasion,
    Rounding,
    ScanFact,
    Stay,
    TimesImpossible,
    TooFarAhead,
    Verdict,
    Way,
    check_hour_terms,
    check_span,
    check_times,
    fold,
    hour_rule_ref,
    state_after_check_out,
    why_of,
    window,
    worth,
)

NINE = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)  # 9:00 in Shanghai
ELEVEN = NINE + timedelta(hours=2)
TERMS = HourTerms()


def after(minutes: float) -> datetime:
    return NINE + timedelta(minutes=minutes)


def occasion(state: EventState = EventState.OPEN) -> Occasion:
    return Occasion(state, NINE, ELEVEN)


CAME = Stay(after(2))
LEFT = Stay(after(2), after(100))


@pytest.mark.parametrize(
    ("state", "stay", "minutes", "verdict"),
    [
        (EventState.OPEN, None, 2, Verdict.CHECK_IN),
        (EventState.OPEN, None, -30, Verdict.CHECK_IN),
        (EventState.OPEN, None, -31, Verdict.NOT_BEGUN),
        (EventState.OPEN, None, 120, Verdict.CHECK_IN),
        (EventState.OPEN, None, 121, Verdict.OVER),
        (EventState.PUBLISHED, None, 2, Verdict.NOT_BEGUN),
        (EventState.PUBLISHED, None, 121, Verdict.OVER),
        (EventState.DRAFT, None, 2, Verdict.NOT_BEGUN),
        (EventState.CANCELLED, None, 2, Verdict.CANCELLED),
        (EventState.CLOSED, None, 2, Verdict.OVER),
        (EventState.OPEN, CAME, 1, Verdict.ALREADY_IN),
        (EventState.OPEN, CAME, 2, Verdict.ALREADY_IN),
        (EventState.OPEN, CAME, 6.9, Verdict.ALREADY_IN),
        (EventState.OPEN, CAME, 7, Verdict.OFFER_CHECK_OUT),
        (EventState.OPEN, CAME, 240, Verdict.OFFER_CHECK_OUT),
        (EventState.OPEN, CAME, 241, Verdict.OVER),
        (EventState.CLOSED, CAME, 50, Verdict.OVER),
        (EventState.CANCELLED, CAME, 50, Verdict.CANCELLED),
        (EventState.OPEN, LEFT, 101, Verdict.CHECKED_OUT),
        (EventState.CLOSED, LEFT, 500, Verdict.CHECKED_OUT),
    ],
)
def test_a_scan_gets_what_the_event_and_the_stay_allow(
    state: EventState, stay: Stay | None, minutes: float, verdict: Verdict
) -> None:
    assert window(occasion(state), stay, TERMS, after(minutes)) is verdict


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


SCANS = st.lists(
    st.tuples(
        st.integers(0, 240), st.integers(1, 9), st.sampled_from([*Verdict]), st.integers(1, 3)
    ),
    max_size=6,
)


@given(SCANS, st.randoms())
def test_scans_tell_the_same_stay_in_any_order_and_told_twice(
    told: list[tuple[int, int, Verdict, int]], random: object
) -> None:
    facts = list({(m, i): ScanFact(after(m), i, verdict) for m, i, verdict, _ in told}.values())
    again = facts + facts[:2]
    random.shuffle(again)  # type: ignore[attr-defined]
    assert fold(again) == fold(facts)


def test_the_first_check_in_begins_a_stay_and_the_first_check_out_after_it_ends_it() -> None:
    facts = [
        ScanFact(after(1), 1, Verdict.CHECKED_OUT),
        ScanFact(after(2), 2, Verdict.CHECKED_IN),
        ScanFact(after(3), 3, Verdict.CHECKED_IN),
        ScanFact(after(9), 5, Verdict.CHECKED_OUT),
        ScanFact(after(9), 6, Verdict.CHECKED_OUT),
    ]
    for order in permutations(facts):
        assert fold(order) == Stay(after(2), after(9))
    assert fold(facts[:1]) is None
    assert fold(facts[1:3]) == Stay(after(2))


def test_a_static_poster_waits_for_confirmation_and_an_organiser_does_not() -> None:
    assert TERMS.credit_of(Way.STATIC) is Credit.AFTER_CONFIRMATION
    assert TERMS.credit_of(Way.ORGANISER) is Credit.AT_CHECK_OUT
    assert TERMS.credit_of(Way.ROTATING) is Credit.AT_CHECK_OUT
    assert TERMS.credit_of(Way.ROSTER) is Credit.AT_CHECK_OUT
    assert TERMS.credit_of(Way.ORGANISER, Way.STATIC) is Credit.AFTER_CONFIRMATION


@pytest.mark.parametrize(
    ("minutes", "credit", "state"),
    [
        (0, Credit.AT_CHECK_OUT, AttendanceState.NOTHING),
        (1, Credit.AT_CHECK_OUT, AttendanceState.CREDITED),
        (1, Credit.AT_CLOSE, AttendanceState.AWAITING_CLOSE),
        (1, Credit.AFTER_CONFIRMATION, AttendanceState.TO_CONFIRM),
    ],
)
def test_after_check_out_an_attendance_stands_where_the_rule_puts_it(
    minutes: int, credit: Credit, state: AttendanceState
) -> None:
    assert state_after_check_out(minutes, credit) is state


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


@pytest.mark.parametrize(
    ("starts", "ends", "refusal"),
    [
        (NINE, ELEVEN, None),
        (ELEVEN, ELEVEN, TimesImpossible),
        (ELEVEN, NINE + timedelta(minutes=1), TimesImpossible),
        (NINE, NINE + timedelta(hours=24), None),
        (NINE, NINE + timedelta(hours=24, minutes=1), TimesImpossible),
        (NINE - timedelta(hours=2), NINE, EventInPast),
        (NINE + timedelta(days=732), NINE + timedelta(days=732, hours=1), TooFarAhead),
    ],
)
def test_impossible_times_are_refused(
    starts: datetime, ends: datetime, refusal: type[Refused] | None
) -> None:
    if refusal is None:
        check_times(starts, ends, NINE)
        return
    with pytest.raises(refusal):
        check_times(starts, ends, NINE)


def test_a_span_ends_after_it_starts() -> None:
    check_span(NINE, ELEVEN)
    with pytest.raises(TimesImpossible):
        check_span(NINE, NINE)


def test_every_word_has_its_name_for_people() -> None:
    assert set(STATE_NAMES) == set(EventState)
    assert set(ATTENDANCE_NAMES) == set(AttendanceState)
    assert set(CUT_SENTENCES) == set(CutKind)
    assert set(PROVENANCE) == set(Way)


def test_the_ledger_names_the_rule_that_decided() -> None:
    assert hour_rule_ref(3) == "hour_rule:3"
    assert hour_rule_ref(None) == ""


def test_reasons_are_stored_as_pairs() -> None:
    assert why_of([Cut(CutKind.ROUNDED, 4)]) == [["rounded", 4]]
