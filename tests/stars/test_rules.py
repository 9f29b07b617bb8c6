"""Where minutes stand on a ladder, in tables of values."""

from dataclasses import replace

import pytest

from pointsbank.stars.presets import PRESETS
from pointsbank.stars.rules import (
    NATIONAL,
    LadderOutOfOrder,
    Level,
    check_levels,
    star_for,
)


@pytest.mark.parametrize(
    ("hours", "star", "next_star", "hours_to_next", "percent"),
    [
        (0, 0, 1, 100, 0),
        (50, 0, 1, 50, 50),
        (100, 1, 2, 200, 0),
        (299, 1, 2, 1, 99),
        (300, 2, 3, 300, 0),
        (600, 3, 4, 400, 0),
        (1_000, 4, 5, 500, 0),
    ],
)
def test_hours_make_stars(
    hours: int, star: int, next_star: int, hours_to_next: int, percent: int
) -> None:
    found = star_for(hours * 60, NATIONAL)
    assert (found.star, found.next_star, found.step_percent) == (star, next_star, percent)
    assert found.minutes_to_next == hours_to_next * 60


def test_a_minute_short_is_a_minute_short() -> None:
    found = star_for(100 * 60 - 1, NATIONAL)
    assert (found.star, found.minutes_to_next, found.step_percent) == (0, 1, 99)


def test_the_top_has_no_next() -> None:
    found = star_for(1_500 * 60, NATIONAL)
    assert (found.star, found.next_star, found.next_hours, found.minutes_to_next) == (
        5,
        None,
        None,
        None,
    )
    assert found.step_percent == 100


def test_a_correction_below_zero_is_no_star_and_no_progress() -> None:
    found = star_for(-30, NATIONAL)
    assert (found.star, found.step_percent, found.minutes_to_next) == (0, 0, 6_030)


def test_a_ladder_may_have_other_levels() -> None:
    short = replace(NATIONAL, levels=(Level(1, 50), Level(2, 100)))
    assert star_for(99 * 60, short).star == 1
    assert star_for(100 * 60, short).next_star is None


@pytest.mark.parametrize(
    "levels",
    [
        (),
        (Level(2, 100),),
        (Level(1, 0),),
        (Level(1, 100), Level(2, 100)),
        (Level(1, 100), Level(3, 200)),
        (Level(1, 100_001),),
        tuple(Level(n, n) for n in range(1, 11)),
    ],
)
def test_levels_out_of_order_are_refused(levels: tuple[Level, ...]) -> None:
    with pytest.raises(LadderOutOfOrder):
        check_levels(levels)


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_are_in_order(preset: str) -> None:
    check_levels(PRESETS[preset].levels)
