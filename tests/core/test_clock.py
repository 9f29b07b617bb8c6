"""Days and years are those of the service's zone, instants are UTC."""

from datetime import UTC, date, datetime

from pointsbank.core import clock

LATE = datetime(2025, 12, 31, 16, 30, tzinfo=UTC)  # half past midnight, New Year's Day in Shanghai


def test_the_day_changes_at_local_midnight() -> None:
    assert clock.local_day(LATE) == date(2026, 1, 1)
    with clock.frozen(LATE):
        assert clock.today() == date(2026, 1, 1)


def test_a_day_is_a_half_open_span_of_instants() -> None:
    begin, end = clock.day_span(date(2026, 1, 1))
    assert begin == datetime(2025, 12, 31, 16, tzinfo=UTC)
    assert end == datetime(2026, 1, 1, 16, tzinfo=UTC)


def test_the_clock_runs_on_after_it_was_held() -> None:
    with clock.frozen(LATE):
        assert clock.now() == LATE
    assert clock.now() > LATE
