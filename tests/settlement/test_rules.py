"""Suggested hours: tables of values, no database."""

from datetime import UTC, datetime, timedelta

import pytest

from pointsbank.hours.rules import HourTerms, Rounding
from pointsbank.settlement.rules import (
    LongerThanActivity,
    Suggestion,
    activity_minutes,
    check_minutes,
    suggest,
)

NINE = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
ELEVEN = NINE + timedelta(hours=2)


@pytest.mark.parametrize(
    ("came", "others", "terms", "by_end", "by_others", "best"),
    [
        (0, [], HourTerms(), 120, None, 120),
        (0, [60], HourTerms(), 120, 60, 120),  # one or two others are no measure
        (0, [60, 80], HourTerms(), 120, 60, 120),
        (0, [60, 90, 100], HourTerms(), 120, 90, 90),
        (0, [60, 80, 90, 100], HourTerms(), 120, 80, 80),  # a stay that somebody really had
        (90, [60, 90, 100], HourTerms(), 30, 30, 30),  # who came late cannot have stayed longer
        (130, [60, 90, 100], HourTerms(), 0, 0, 0),
        (1, [], HourTerms(rounding=Rounding.HALF), 90, None, 90),
        (0, [], HourTerms(day_minutes=60, parent_minutes=60), 120, None, 120),  # held when set
    ],
)
def test_a_missed_check_out_is_suggested_by_the_end_and_by_the_others(
    came: int, others: list[int], terms: HourTerms, by_end: int, by_others: int | None, best: int
) -> None:
    found = suggest(NINE + timedelta(minutes=came), NINE, ELEVEN, terms, others)
    assert found == Suggestion(by_end, by_others, len(others))
    assert found.best == best


def test_her_shift_ends_before_the_event_does() -> None:
    ten = NINE + timedelta(hours=1)
    assert suggest(NINE, NINE, ELEVEN, HourTerms(), [], left_at=ten).best == 60
    late = suggest(NINE + timedelta(minutes=70), NINE, ELEVEN, HourTerms(), [], left_at=ten)
    assert late.best == 50, "she came after her shift: the event's end counts"


def test_nobodys_hours_are_longer_than_the_activity() -> None:
    assert activity_minutes(NINE, ELEVEN) == 120
    check_minutes(120, 120)
    with pytest.raises(LongerThanActivity):
        check_minutes(121, 120)
