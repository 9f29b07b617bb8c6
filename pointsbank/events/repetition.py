"""By which rule the events of a series are held: days of the week, times of the day."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Self

from pointsbank.core.errors import Invalid, say

FARTHEST_AHEAD = timedelta(days=731)
MOST_EVENTS_A_SERIES = 200


@dataclass(frozen=True, slots=True)
class SeriesRule:
    """On which days of the week (1 Monday to 7 Sunday) and at which times of the day events of a
    series begin, from one day until another, but on some.
    """

    weekdays: frozenset[int]
    begins: frozenset[time]
    from_on: date
    until_on: date
    but: frozenset[date] = frozenset()

    @classmethod
    def written(
        cls,
        weekdays: Collection[int],
        begins: Collection[str],
        from_on: date,
        until_on: date,
        but: Collection[str] = (),
    ) -> Self:
        """From what a row holds: times as "06:30", days as "2026-12-25"."""
        times = frozenset(time.fromisoformat(one) for one in begins)
        days = frozenset(date.fromisoformat(one) for one in but)
        return cls(frozenset(weekdays), times, from_on, until_on, days)


def occurrences(rule: SeriesRule) -> list[datetime]:
    """When the series' events begin, by the local clock, earliest first.

    Refuses, in order: DaysMissing, PeriodImpossible, NoDates, TooManyEvents.
    """
    if not rule.weekdays or not rule.begins:
        raise DaysMissing
    if rule.until_on < rule.from_on or rule.until_on > rule.from_on + FARTHEST_AHEAD:
        raise PeriodImpossible
    days = (rule.from_on + timedelta(n) for n in range((rule.until_on - rule.from_on).days + 1))
    held = [day for day in days if day.isoweekday() in rule.weekdays and day not in rule.but]
    found = [datetime.combine(day, begins) for day in held for begins in sorted(rule.begins)]
    if not found:
        raise NoDates
    if len(found) > MOST_EVENTS_A_SERIES:
        raise TooManyEvents(count=len(found), most=MOST_EVENTS_A_SERIES)
    return found


class DaysMissing(Invalid):
    sentence = say("请至少选一个星期几，填一个开始时间。")


class PeriodImpossible(Invalid):
    sentence = say("系列的最后一天不能早于第一天，也不能超过两年。")


class NoDates(Invalid):
    sentence = say("这段时间里没有符合的日期。")


class TooManyEvents(Invalid):
    sentence = say("这样会有 %(count)s 场，一个系列最多 %(most)s 场。请缩短时间。")
