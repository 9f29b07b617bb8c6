"""Pure decisions at the door: tables of values, no database."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsbank.attendance.arrivals import arrivals_by_minute
from pointsbank.attendance.rules import (
    AttendanceState,
    Occasion,
    ScanFact,
    ScanKind,
    Verdict,
    clock_moved,
    fold,
    offset_of,
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
    Way,
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
        (EventState.OPEN, LEFT, 105, Verdict.OFFER_RETURN),
        (EventState.OPEN, LEFT, 121, Verdict.CHECKED_OUT),
        (EventState.CLOSED, LEFT, 110, Verdict.CHECKED_OUT),
        (EventState.CLOSED, LEFT, 500, Verdict.CHECKED_OUT),
    ],
)
def test_a_scan_gets_what_the_event_and_the_stay_allow(
    state: EventState, stay: Stay | None, minutes: float, verdict: Verdict
) -> None:
    assert window(occasion(state), stay, TERMS, after(minutes)) is verdict


@pytest.mark.parametrize(
    ("minutes", "verdict"),
    [(7, Verdict.ALREADY_IN), (16.9, Verdict.ALREADY_IN), (17, Verdict.OFFER_CHECK_OUT)],
)
def test_who_passes_a_second_scanner_soon_is_in_already(minutes: float, verdict: Verdict) -> None:
    assert window(occasion(), CAME, TERMS, after(minutes), passing=True) is verdict
    patient = replace(TERMS, repeat_minutes=30)
    assert window(occasion(), CAME, patient, after(31), passing=True) is Verdict.ALREADY_IN


KINDS = (ScanKind.AUTO, ScanKind.IN, ScanKind.OUT)
SCANS = st.lists(
    st.tuples(st.integers(-40, 260), st.sampled_from(KINDS), st.integers(0, 20)), max_size=12
)


def facts_of(told: list[tuple[int, ScanKind, int]]) -> list[ScanFact]:
    """Scans of two tablets with ids of their own; every seventh withdraws another."""
    facts = []
    for place, (minutes, kind, other) in enumerate(told):
        undoes = f"scan-{other}" if other % 7 == 0 else ""
        asked = ScanKind.UNDO if undoes else kind
        by = ("device", other % 2)
        facts.append(ScanFact(after(minutes), f"scan-{place}", asked, Way.ORGANISER, undoes, by))
    return facts


@given(SCANS, st.randoms())
def test_scans_tell_the_same_in_any_order_and_told_twice(
    told: list[tuple[int, ScanKind, int]], random: object
) -> None:
    facts = facts_of(told)
    again = facts + facts[:3]
    random.shuffle(again)  # type: ignore[attr-defined]
    assert fold(again, occasion(), TERMS) == fold(facts, occasion(), TERMS)


@given(SCANS)
def test_stays_follow_one_another_within_the_times_of_the_event(
    told: list[tuple[int, ScanKind, int]],
) -> None:
    found = fold(facts_of(told), occasion(), TERMS)
    ends = [end for stay in found.pairs for end in (stay.checked_in_at, stay.checked_out_at)]
    known = [end for end in ends if end is not None]
    assert known == sorted(known)
    assert None not in ends[:-1]
    assert len(found.pairs) <= TERMS.most_pairs
    assert all(after(-30) <= stay.checked_in_at <= ELEVEN for stay in found.pairs)


def scanned(
    minutes: float, kind: ScanKind = ScanKind.AUTO, undoes: str = "", tablet: int = 1
) -> ScanFact:
    name, by = f"{kind}:{minutes:07.2f}", ("device", tablet)
    return ScanFact(after(minutes), name, kind, Way.ORGANISER, undoes, by)


@pytest.mark.parametrize(
    ("facts", "stays", "verdicts"),
    [
        ([], [], []),
        ([scanned(2)], [(2, None)], ["checked_in"]),
        ([scanned(2), scanned(6)], [(2, None)], ["checked_in", "already_in"]),
        ([scanned(2), scanned(60)], [(2, 60)], ["checked_in", "checked_out"]),
        ([scanned(2), scanned(9)], [(2, 9)], ["checked_in", "checked_out"]),
        ([scanned(2), scanned(9, tablet=2)], [(2, None)], ["checked_in", "already_in"]),
        (
            [scanned(2), scanned(9, ScanKind.OUT, tablet=2)],
            [(2, 9)],
            ["checked_in", "checked_out"],
        ),
        (
            [scanned(2), scanned(9, tablet=2), scanned(40, tablet=2)],
            [(2, 40)],
            ["checked_in", "already_in", "checked_out"],
        ),
        ([scanned(2), scanned(60, ScanKind.IN)], [(2, None)], ["checked_in", "already_in"]),
        ([scanned(60, ScanKind.OUT)], [], ["not_checked_in"]),
        (
            [scanned(1, ScanKind.OUT), scanned(2), scanned(60, ScanKind.OUT)],
            [(2, 60)],
            ["not_checked_in", "checked_in", "checked_out"],
        ),
        (
            [scanned(2), scanned(60), scanned(63)],
            [(2, 60)],
            ["checked_in", "checked_out", "already_out"],
        ),
        (
            [scanned(2), scanned(60), scanned(70), scanned(110)],
            [(2, 60), (70, 110)],
            ["checked_in", "checked_out", "checked_in", "checked_out"],
        ),
        (
            [scanned(2), scanned(60), scanned(70, ScanKind.OUT)],
            [(2, 60)],
            ["checked_in", "checked_out", "already_out"],
        ),
        (
            [scanned(0), *(scanned(minutes) for minutes in (10, 20, 30, 40, 50, 60))],
            [(0, 10), (20, 30), (40, 50)],
            ["checked_in", "checked_out"] * 3 + ["already_out"],
        ),
        (
            [scanned(2), scanned(60), scanned(121)],
            [(2, 60)],
            ["checked_in", "checked_out", "already_out"],
        ),
        ([scanned(2), scanned(300)], [(2, None)], ["checked_in", "over"]),
        ([scanned(-31), scanned(130)], [], ["not_begun", "over"]),
        ([scanned(2), scanned(9, ScanKind.UNDO, "auto:0002.00")], [], ["undone", "undone"]),
        (
            [scanned(2), scanned(60), scanned(61, ScanKind.UNDO, "auto:0060.00")],
            [(2, None)],
            ["checked_in", "undone", "undone"],
        ),
    ],
)  # fmt: skip
def test_a_member_s_scans_tell_her_stays(
    facts: list[ScanFact], stays: list[tuple[int, int | None]], verdicts: list[str]
) -> None:
    found = fold(facts, occasion(EventState.CLOSED), TERMS)
    expected = [Stay(after(i), None if o is None else after(o)) for i, o in stays]
    assert list(found.pairs) == expected
    assert [found.told[fact.id].verdict for fact in facts] == verdicts


def test_the_clock_of_a_device_is_corrected_by_what_it_measured_last() -> None:
    assert offset_of(-1_200, after(9), after(0)) == timedelta(seconds=-1.2)
    assert offset_of(None, after(9), after(0)) == timedelta(minutes=-9)
    assert not clock_moved(None, after(9), after(0))
    assert not clock_moved(0, after(4), after(0))
    assert clock_moved(0, after(6), after(0))
    assert clock_moved(-600_000, after(0), after(0))


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
    ("minutes", "columns", "first", "last"),
    [
        ([], 0, None, None),
        ([3], 1, ("09:03", 1), ("09:03", 1)),
        ([3, 3.9, 5], 3, ("09:03", 2), ("09:05", 1)),
        ([1, 130], 27, ("09:00", 1), ("11:10", 1)),
        ([0, 24 * 60 * 3], 73, ("09:00", 1), ("09:00", 1)),
    ],
)
def test_arrivals_are_counted_by_the_minute_or_coarser(
    minutes: list[float], columns: int, first: Any, last: Any
) -> None:
    shanghai = ZoneInfo("Asia/Shanghai")
    rows = arrivals_by_minute([after(m).astimezone(shanghai) for m in minutes])
    assert len(rows) == columns
    if rows:
        assert (rows[0], rows[-1]) == (first, last)
    assert sum(count for _, count in rows) == len(minutes)
