"""Pure decisions at the door: tables of values, no database."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsbank.attendance.rules import (
    AttendanceState,
    Occasion,
    ScanFact,
    Verdict,
    fold,
    state_after_check_out,
    window,
)
from pointsbank.events.rules import (
    EventState,
)
from pointsbank.hours.rules import (
    Credit,
    HourTerms,
    Stay,
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
