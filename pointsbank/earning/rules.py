"""What a deed is worth: its category, the dated points rule as a value, the sum with reasons."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from pointsbank.core.errors import Invalid, NotFound, say
from pointsbank.ledger.rules import MORALITY, PARTY, WINDOW_NAMES, Cap, CapWindow, Clip, OverCap

POINT_UNITS = (MORALITY, PARTY)
MOST_POINTS_PER_HOUR = 1_000
MOST_POINTS_A_WINDOW = 1_000_000
MOST_MINUTES_AN_ACTIVITY = 24 * 60


class DeedCategory(StrEnum):
    """The classes of deed that towns give different points for; an event's kind is one of them."""

    ENVIRONMENT = "environment"
    PATROL = "patrol"
    HELP = "help"
    MEDIATION = "mediation"
    PUBLICITY = "publicity"
    REPAIRS = "repairs"
    CULTURE = "culture"
    OTHER = "other"


DEED_CATEGORIES: dict[str, str] = {
    DeedCategory.ENVIRONMENT: say("环境整治"),
    DeedCategory.PATROL: say("治安巡逻"),
    DeedCategory.HELP: say("帮扶慰问"),
    DeedCategory.MEDIATION: say("矛盾调解"),
    DeedCategory.PUBLICITY: say("政策宣传"),
    DeedCategory.REPAIRS: say("便民维修"),
    DeedCategory.CULTURE: say("文体活动"),
    DeedCategory.OTHER: say("其他"),
}


class Audience(StrEnum):
    """Who earns by a rule: everyone, or party members only."""

    ALL = "all"
    PARTY = "party"


class Credited(StrEnum):
    """Whose account a rule credits; never both."""

    MEMBER = "member"
    HOUSEHOLD = "household"


class Rounding(StrEnum):
    """How minutes times points per hour become whole points."""

    DOWN = "down"
    HALF_UP = "half_up"
    UP = "up"


AUDIENCE_NAMES: dict[str, str] = {
    Audience.ALL: say("所有成员"),
    Audience.PARTY: say("仅党员"),
}
ROUNDING_NAMES: dict[str, str] = {
    Rounding.DOWN: say("舍去"),
    Rounding.HALF_UP: say("四舍五入"),
    Rounding.UP: say("按 1 分计"),
}
CREDITED_NAMES: dict[str, str] = {
    Credited.MEMBER: say("本人账户"),
    Credited.HOUSEHOLD: say("家庭账户"),
}
OVER_CAP_NAMES: dict[str, str] = {
    OverCap.CLIP: say("记到上限为止"),
    OverCap.WITHHOLD: say("这一次全部不记"),
}
"""What a rule may say; ``OverCap.REFUSE`` is none of it, see ``check_points_rule``."""


@dataclass(frozen=True, slots=True)
class PointsRule:
    """One version of an organisation's rule for one unit, in force until the next one begins.

    ``by_category``: points per hour of categories that differ from ``points_per_hour`` (0: earns
    nothing). ``each_time``: points added once for an activity of that category, however long.
    ``caps``: the most that a member earns by the organisation's rule for this unit, whatever its
    version, in a day, week, month, quarter or year; ``over_cap`` says what becomes of the rest.
    ``credited``: the member, or the household in which she was on the day of service; then it is
    the household that earns no more than the caps. Who was in none is credited herself.
    """

    id: int
    org_id: int
    unit: str
    version: int
    from_on: date
    points_per_hour: int
    by_category: Mapping[str, int] = field(default_factory=dict)
    each_time: Mapping[str, int] = field(default_factory=dict)
    most_minutes_an_activity: int | None = None
    caps: Mapping[str, int] = field(default_factory=dict)
    over_cap: OverCap = OverCap.CLIP
    audience: Audience = Audience.ALL
    rounding: Rounding = Rounding.DOWN
    credited: Credited = Credited.MEMBER

    @property
    def ref(self) -> str:
        """How a ledger entry names the rule that decided it."""
        return f"points_rule:{self.id}"

    @property
    def ledger_caps(self) -> tuple[Cap, ...]:
        """The caps as the ledger counts them, from the day's to the year's."""
        name = f"points:{self.org_id}:{self.unit}"
        return tuple(
            Cap(name, window, self.caps[window], self.over_cap)
            for window in CapWindow
            if window in self.caps
        )


@dataclass(frozen=True, slots=True)
class Reason:
    """One clause of an explanation; the edge translates ``sentence`` and fills in the facts."""

    sentence: str
    facts: Mapping[str, Any] = field(default_factory=dict)


CAP_SENTENCES = {
    CapWindow.DAY: say("，每天最多%(points)s分"),
    CapWindow.WEEK: say("，每周最多%(points)s分"),
    CapWindow.MONTH: say("，每月最多%(points)s分"),
    CapWindow.QUARTER: say("，每季度最多%(points)s分"),
    CapWindow.YEAR: say("，每年最多%(points)s分"),
}


@dataclass(frozen=True, slots=True)
class PointsEarned:
    """Points, 0 or more, and the steps that led to them in the order in which they were taken."""

    points: int
    why: tuple[Reason, ...]


class UnknownPointsUnit(NotFound):
    """Points rules exist for units of points only; hours have a rule of their own."""

    sentence = say("没有“%(unit)s”这种积分。")


class PartyPointsAreOnesOwn(Invalid):
    """Party points inform the evaluation of one person: no household has any."""

    sentence = say("党员积分只记入本人账户，不能记入家庭账户。")


class PointsRuleOutOfRange(Invalid):
    """A number of the rule is negative, huge, or for no known category."""

    sentence = say("积分规则的数值超出允许范围，请检查后重试。")


def earns(rule: PointsRule, *, is_party_member: bool) -> bool:
    """Whether a person earns by this rule at all."""
    return rule.audience is Audience.ALL or is_party_member


def points_for(minutes: int, category: str, rule: PointsRule) -> PointsEarned:
    """The points of one activity, before the ledger holds them against the rule's caps."""
    why: list[Reason] = []
    counted = minutes
    most = rule.most_minutes_an_activity
    if most is not None and minutes > most:
        counted = most
        why.append(
            Reason(
                say("服务%(minutes)s分钟，每次最多计%(most)s分钟"),
                {"minutes": minutes, "most": most},
            )
        )
    else:
        why.append(Reason(say("服务%(minutes)s分钟"), {"minutes": minutes}))
    per_hour = rule.by_category.get(category, rule.points_per_hour)
    points = _rounded(counted * per_hour, rule.rounding)
    if per_hour:
        why.append(Reason(_HOURLY[rule.rounding], {"per_hour": per_hour, "points": points}))
    extra = rule.each_time.get(category, 0)
    if extra:
        points += extra
        why.append(Reason(say("每次另计%(points)s分"), {"points": extra}))
    if not per_hour and not extra:
        why.append(Reason(say("这类活动不计分")))
    return PointsEarned(points, tuple(why))


def why_clipped(clip: Clip) -> Reason:
    """Why an activity earned fewer points than it would have."""
    facts = {
        "window": WINDOW_NAMES[clip.window],
        "most": clip.most,
        "used": clip.used,
        "asked": clip.asked,
    }
    if not clip.amount:
        return Reason(
            say("%(window)s上限%(most)s分，此前已得%(used)s分，本次应得%(asked)s分，未记入。"),
            facts,
        )
    return Reason(
        say(
            "%(window)s上限%(most)s分，此前已得%(used)s分，本次应得%(asked)s分，实记%(amount)s分。"
        ),
        {**facts, "amount": clip.amount},
    )


_HOURLY = {
    Rounding.DOWN: say("每小时%(per_hour)s分，不足1分舍去，计%(points)s分"),
    Rounding.HALF_UP: say("每小时%(per_hour)s分，四舍五入，计%(points)s分"),
    Rounding.UP: say("每小时%(per_hour)s分，不足1分按1分，计%(points)s分"),
}


def _rounded(minute_points: int, rounding: Rounding) -> int:
    """Points from minutes times points per hour."""
    spare = {Rounding.DOWN: 0, Rounding.HALF_UP: 30, Rounding.UP: 59}[rounding]
    return (minute_points + spare) // 60


def check_points_rule(
    *,
    points_per_hour: int,
    by_category: Mapping[str, int],
    each_time: Mapping[str, int],
    most_minutes_an_activity: int | None,
    caps: Mapping[str, int],
    over_cap: OverCap,
) -> None:
    """Refuse with ``PointsRuleOutOfRange`` a number negative or huge, a category or window unknown.

    And caps that refuse: service is over when its points are counted, nobody can ask for less.
    """
    hourly = [points_per_hour, *by_category.values(), *each_time.values()]
    fits = (
        all(0 <= points <= MOST_POINTS_PER_HOUR for points in hourly)
        and {*by_category, *each_time} <= set(DEED_CATEGORIES)
        and (
            most_minutes_an_activity is None
            or 1 <= most_minutes_an_activity <= MOST_MINUTES_AN_ACTIVITY
        )
        and set(caps) <= set(CapWindow)
        and all(1 <= most <= MOST_POINTS_A_WINDOW for most in caps.values())
        and over_cap is not OverCap.REFUSE
    )
    if not fits:
        raise PointsRuleOutOfRange
