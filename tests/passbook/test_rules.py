"""A year's months and the bars that picture them."""

from datetime import date

import pytest

from pointsbank.passbook.rules import (
    HEIGHT,
    WIDTH,
    Month,
    Movement,
    months_of,
    periods,
    picture,
)

MARCH = date(2026, 3, 5)
APRIL = date(2026, 4, 1)


def test_what_comes_and_what_goes_are_counted_by_month() -> None:
    months = months_of([Movement(MARCH, 25, False), Movement(MARCH, -10, False)])
    assert months[2] == Month(3, 25, 10)
    assert months[0] == Month(1, 0, 0)
    assert len(months) == 12


def test_a_reversal_counts_against_the_side_that_it_takes_back() -> None:
    earning_reversed = [Movement(MARCH, 25, False), Movement(MARCH, -25, True)]
    assert months_of(earning_reversed)[2] == Month(3, 0, 0)
    redemption_taken_back = [Movement(MARCH, -10, False), Movement(APRIL, 10, True)]
    assert months_of(redemption_taken_back)[2:4] == [Month(3, 0, 10), Month(4, 0, -10)]


@pytest.mark.parametrize(
    ("highest", "ceiling"),
    [(0, 2), (1, 2), (3, 4), (5, 10), (10, 10), (11, 20), (41, 100), (1_000, 1_000)],
)
def test_the_picture_is_as_high_as_a_round_number(highest: int, ceiling: int) -> None:
    drawn = picture(2026, [Month(1, highest, 0)])
    assert drawn.ceiling == ceiling
    assert [amount for _, amount in drawn.lines] == [0, ceiling // 2, ceiling]


def test_hours_have_round_numbers_of_hours() -> None:
    assert picture(2026, [Month(1, 61, 0)], step=60).ceiling == 120
    assert picture(2026, [], step=60).ceiling == 120


def test_bars_stand_on_the_floor_inside_the_picture() -> None:
    drawn = picture(2026, months_of([Movement(date(2026, 12, 31), 40, False)]))
    last = drawn.months[-1]
    assert last.came.height == drawn.lines[0][0] - drawn.lines[2][0]
    assert last.came.y == drawn.lines[2][0]
    assert last.went.x + last.went.width <= WIDTH
    assert last.came.y + last.came.height < HEIGHT


def test_little_is_still_seen_and_nothing_or_less_is_not() -> None:
    drawn = picture(2026, [Month(1, 1, -5), Month(2, 1_000, 0)])
    assert drawn.months[0].came.height == 1
    assert drawn.months[0].went.height == 0
    assert not drawn.is_blank


def test_a_year_without_movement_is_blank() -> None:
    assert picture(2026, months_of([])).is_blank


@pytest.mark.parametrize(
    ("today", "this_month", "last_month"),
    [
        ("2026-01-31", "2026-01-01 2026-01-31", "2025-12-01 2025-12-31"),
        ("2028-03-01", "2028-03-01 2028-03-31", "2028-02-01 2028-02-29"),
        ("2026-12-31", "2026-12-01 2026-12-31", "2026-11-01 2026-11-30"),
    ],
)
def test_months_and_years_are_whole(today: str, this_month: str, last_month: str) -> None:
    found = {
        name: f"{since} {until}"
        for name, (since, until) in periods(date.fromisoformat(today)).items()
    }
    assert (found["this_month"], found["last_month"]) == (this_month, last_month)
    year = int(today[:4])
    assert found["this_year"] == f"{year}-01-01 {year}-12-31"
    assert found["last_year"] == f"{year - 1}-01-01 {year - 1}-12-31"
