"""The events' pure decisions: tables of values, no database."""

from datetime import UTC, datetime, timedelta

import pytest

from pointsbank.attendance.rules import (
    ATTENDANCE_NAMES,
    AttendanceState,
)
from pointsbank.core.errors import Refused
from pointsbank.events.rules import (
    STATE_NAMES,
    EventInPast,
    EventState,
    TimesImpossible,
    TooFarAhead,
    check_span,
    check_times,
    code_parts,
)
from pointsbank.hours.rules import (
    CUT_SENTENCES,
    PROVENANCE,
    CutKind,
    Way,
)

NINE = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)  # 9:00 in Shanghai
ELEVEN = NINE + timedelta(hours=2)


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


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (" ac34hk ", ("AC34HK", 0)), ("ac34hk-2", ("AC34HK", 2)), ("AC34HK-012", ("AC34HK", 12)),
        ("AC34HK-", ("AC34HK-", 0)), ("AC34HK-x", ("AC34HK-X", 0)), ("AC34HK-²", ("AC34HK-²", 0)),
        ("AC34HK-1234", ("AC34HK-1234", 0)), ("AC34HK--2", ("AC34HK--2", 0)), ("", ("", 0)),
    ],
)  # fmt: skip
def test_a_code_is_taken_apart(text: str, told: tuple[str, int]) -> None:
    assert code_parts(text) == told
