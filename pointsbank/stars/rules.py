"""The ladder of stars as a value, and the standing that so many minutes give on it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from pointsbank.core.errors import Invalid, say

MOST_LEVELS = 9
MOST_HOURS = 100_000

STAR_NAMES = {
    0: say("暂无星级"),
    1: say("一星"),
    2: say("二星"),
    3: say("三星"),
    4: say("四星"),
    5: say("五星"),
    6: say("六星"),
    7: say("七星"),
    8: say("八星"),
    9: say("九星"),
}


class Window(StrEnum):
    """Which hours count: all of a lifetime, or those of the calendar year."""

    LIFETIME = "lifetime"
    CALENDAR_YEAR = "calendar_year"


WINDOW_NAMES: dict[str, str] = {
    Window.LIFETIME: say("历年累计"),
    Window.CALENDAR_YEAR: say("只算当年"),
}


@dataclass(frozen=True, slots=True)
class Level:
    """A star and the whole hours it takes."""

    star: int
    hours: int


@dataclass(frozen=True, slots=True)
class StarLadder:
    """One version of an organisation's ladder; levels rise. The national default has ``id`` 0."""

    id: int
    org_id: int
    version: int
    from_on: date
    window: Window
    levels: tuple[Level, ...]


NATIONAL = StarLadder(
    id=0,
    org_id=0,
    version=0,
    from_on=date(2012, 10, 23),
    window=Window.LIFETIME,
    levels=(Level(1, 100), Level(2, 300), Level(3, 600), Level(4, 1_000), Level(5, 1_500)),
)
"""民政部《志愿服务记录办法》2012; decides where nobody adopted another."""


@dataclass(frozen=True, slots=True)
class StarStanding:
    """Minutes counted in the window, the star they give (0: none yet), and the way to the next.

    ``next_…`` and ``minutes_to_next`` are None on the top level; ``step_percent`` is the way gone
    from the present level to the next, 0 to 100; ``top_star`` is the ladder's last.
    """

    star: int
    minutes: int
    window: Window
    next_star: int | None
    next_hours: int | None
    minutes_to_next: int | None
    step_percent: int
    top_star: int


class LadderOutOfOrder(Invalid):
    """Levels must be stars 1, 2, 3 … with hours that rise."""

    sentence = say("星级须从一星起逐级设置，所需小时数逐级增加。")


def levels_of(hours: Mapping[str, int]) -> tuple[Level, ...]:
    """Levels from the hours of each star, as a table and JSON hold them."""
    return tuple(Level(int(star), hours[star]) for star in sorted(hours, key=int))


def hours_of(levels: Sequence[Level]) -> dict[str, int]:
    """The hours of each star, as a table and JSON hold them."""
    return {str(level.star): level.hours for level in levels}


def star_for(minutes: int, ladder: StarLadder) -> StarStanding:
    """Where so many minutes stand on a ladder."""
    reached = [level for level in ladder.levels if level.hours * 60 <= minutes]
    ahead = ladder.levels[len(reached) :]
    top = ladder.levels[-1].star
    star, floor = (reached[-1].star, reached[-1].hours * 60) if reached else (0, 0)
    if not ahead:
        return StarStanding(star, minutes, ladder.window, None, None, None, 100, top)
    step = ahead[0].hours * 60
    percent = max(minutes - floor, 0) * 100 // (step - floor)
    return StarStanding(
        star, minutes, ladder.window, ahead[0].star, ahead[0].hours, step - minutes, percent, top
    )


def minutes_of(star: int, ladder: StarLadder) -> tuple[int | None, int | None] | None:
    """From how many minutes, and to fewer than how many, one stands at a star; None where the
    ladder has no such star.
    """
    steps: list[int | None] = [None, *(level.hours * 60 for level in ladder.levels), None]
    return (steps[star], steps[star + 1]) if star < len(steps) - 1 else None


def check_levels(levels: Sequence[Level]) -> None:
    """Refuse with ``LadderOutOfOrder`` unless stars are 1, 2, 3 … and hours rise."""
    hours = [level.hours for level in levels]
    fits = (
        1 <= len(levels) <= MOST_LEVELS
        and [level.star for level in levels] == list(range(1, len(levels) + 1))
        and all(low < high for low, high in zip([0, *hours], hours, strict=False))
        and hours[-1] <= MOST_HOURS
    )
    if not fits:
        raise LadderOutOfOrder
