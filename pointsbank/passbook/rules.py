"""What a passbook shows and draws: periods, a year's months, the bars that picture them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from pointsbank.core.errors import say


class Whose(StrEnum):
    """Whose points a passbook shows: the person's own, or her household's."""

    OWN = "own"
    HOUSEHOLD = "household"


PROVENANCE_NAMES = {
    "scanned": say("扫码记录"),
    "roster": say("名单登记"),
    "sheet": say("签到表登记"),
    "supplemented": say("补录"),
    "imported": say("导入"),
}
"""How an hour was recorded, by the category of the account that it was issued from."""

PERIOD_NAMES = {
    "this_month": say("本月"),
    "last_month": say("上月"),
    "this_year": say("今年"),
    "last_year": say("去年"),
}

WIDTH, HEIGHT = 372, 168
_LEFT, _TOP, _FLOOR = 46, 12, 142
_STEP, _BAR, _GAP = 27, 10, 1


@dataclass(frozen=True, slots=True)
class Movement:
    """One entry as the year's picture counts it: signed amount, and whether it is a reversal."""

    on: date
    amount: int
    is_reversal: bool


@dataclass(frozen=True, slots=True)
class Month:
    """What came in and what went out in one month of a year; reversals are netted."""

    number: int
    came: int
    went: int


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar in the picture's own coordinates."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class MonthDrawing:
    """A month with its two bars and the middle of its column."""

    month: Month
    middle: int
    came: Bar
    went: Bar


@dataclass(frozen=True, slots=True)
class Picture:
    """A year of months; ``ceiling`` is as high as the picture, ``lines`` are (y, amount)."""

    year: int
    months: tuple[MonthDrawing, ...]
    ceiling: int
    lines: tuple[tuple[int, int], ...]

    @property
    def is_blank(self) -> bool:
        return all(drawn.month.came == 0 and drawn.month.went == 0 for drawn in self.months)


def periods(today: date) -> dict[str, tuple[date, date]]:
    """First and last day of each period of ``PERIOD_NAMES``, as of a day."""
    month = today.replace(day=1)
    last = month - timedelta(days=1)
    next_month = (month + timedelta(days=31)).replace(day=1)
    year = today.year
    return {
        "this_month": (month, next_month - timedelta(days=1)),
        "last_month": (last.replace(day=1), last),
        "this_year": (date(year, 1, 1), date(year, 12, 31)),
        "last_year": (date(year - 1, 1, 1), date(year - 1, 12, 31)),
    }


def months_of(movements: Iterable[Movement]) -> list[Month]:
    """Twelve months; a reversal counts against the side that it takes back."""
    came, went = [0] * 13, [0] * 13
    for moved in movements:
        side = came if (moved.amount > 0) is not moved.is_reversal else went
        side[moved.on.month] += moved.amount if side is came else -moved.amount
    return [Month(number, came[number], went[number]) for number in range(1, 13)]


def picture(year: int, months: Sequence[Month], *, step: int = 1) -> Picture:
    """The bars of a year; ``step`` is the smallest amount shown as one (60 for minutes)."""
    highest = max((max(month.came, month.went) for month in months), default=0)
    ceiling = _ceiling(-(-highest // step)) * step
    height = _FLOOR - _TOP

    def bar(x: int, amount: int) -> Bar:
        tall = max(amount, 0) * height // ceiling
        tall = max(tall, 1) if amount > 0 else 0
        return Bar(x, _FLOOR - tall, _BAR, tall)

    drawn = []
    for place, month in enumerate(months):
        middle = _LEFT + place * _STEP + _STEP // 2
        came, went = bar(middle - _BAR - _GAP, month.came), bar(middle + _GAP, month.went)
        drawn.append(MonthDrawing(month, middle, came, went))
    lines = tuple((_FLOOR - height * part // 2, ceiling * part // 2) for part in (0, 1, 2))
    return Picture(year, tuple(drawn), ceiling, lines)


def _ceiling(highest: int) -> int:
    """The least of 2, 4, 10, 20, 40, 100 … that is not below."""
    scale = 1
    while True:
        for lead in (2, 4, 10):
            if lead * scale >= highest:
                return lead * scale
        scale *= 10
