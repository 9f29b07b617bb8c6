"""Points rules as local rules: their terms in words, and what two hours of each service earn."""

from datetime import date

from pointsbank.core.errors import say
from pointsbank.earning.models import PointsRuleRow
from pointsbank.earning.operations import adopt_points_rule
from pointsbank.earning.presets import PRESETS
from pointsbank.earning.rules import (
    AUDIENCE_NAMES,
    CREDITED_NAMES,
    DEED_CATEGORIES,
    MOST_MINUTES_AN_ACTIVITY,
    MOST_POINTS_A_WINDOW,
    MOST_POINTS_PER_HOUR,
    OVER_CAP_NAMES,
    POINT_UNITS,
    ROUNDING_NAMES,
    Audience,
    Credited,
    PointsRule,
    Rounding,
    points_for,
)
from pointsbank.ledger.rules import DEFAULT_UNITS, WINDOW_NAMES, OverCap
from pointsbank.local_rules.rules import (
    Choice,
    Number,
    Numbers,
    Preset,
    RuleKind,
    Sample,
    Terms,
    Told,
)

_POINTS = say("分")
_BLANK: Terms = {
    "points_per_hour": 0,
    "by_category": {},
    "each_time": {},
    "most_minutes_an_activity": None,
    "caps": {},
    "over_cap": OverCap.CLIP,
    "audience": Audience.ALL,
    "rounding": Rounding.DOWN,
    "credited": Credited.MEMBER,
}


def _samples(terms: Terms) -> list[Sample]:
    rule = PointsRule(0, 0, "", 0, date.min, **terms)
    return [
        Sample(
            Told(say("%(category)s 2 小时"), {"category": name}),
            Told(say("%(points)s 分"), {"points": points_for(120, code, rule).points}),
        )
        for code, name in DEED_CATEGORIES.items()
    ]


KINDS = (
    RuleKind(
        path="points-rules",
        name=say("积分规则"),
        about=say("参加服务得多少积分、最多得多少。"),
        place=10,
        table=PointsRuleRow,
        terms=(
            Number("points_per_hour", say("每小时积分"), 0, MOST_POINTS_PER_HOUR, _POINTS),
            Numbers(
                "by_category",
                say("按类别另定的每小时积分"),
                DEED_CATEGORIES,
                0,
                MOST_POINTS_PER_HOUR,
                _POINTS,
                hint=say("不填的类别按每小时积分计，填 0 则不计分"),
            ),
            Numbers(
                "each_time",
                say("每次另加的积分"),
                DEED_CATEGORIES,
                0,
                MOST_POINTS_PER_HOUR,
                _POINTS,
            ),
            Number(
                "most_minutes_an_activity",
                say("一次活动最多计分的时长"),
                1,
                MOST_MINUTES_AN_ACTIVITY,
                say("分钟"),
                optional=True,
            ),
            Numbers(
                "caps",
                say("每人最多可得的积分"),
                WINDOW_NAMES,
                1,
                MOST_POINTS_A_WINDOW,
                _POINTS,
                none=say("不限"),
            ),
            Choice("over_cap", say("超过上限时"), OVER_CAP_NAMES),
            Choice("audience", say("哪些人计分"), AUDIENCE_NAMES),
            Choice("rounding", say("不足 1 分时"), ROUNDING_NAMES),
            Choice(
                "credited",
                say("积分记入"),
                CREDITED_NAMES,
                hint=say("记入家庭账户时，上限按户计；没有登记家庭的记入本人账户"),
            ),
        ),
        standing=dict.fromkeys(POINT_UNITS, _BLANK),
        samples=_samples,
        adopt=adopt_points_rule,
        part_names={unit.code: unit.name for unit in DEFAULT_UNITS if unit.code in POINT_UNITS},
        presets=tuple(
            Preset(
                preset.name,
                {
                    rule["unit"]: {**_BLANK, **{k: v for k, v in rule.items() if k != "unit"}}
                    for rule in preset.rules
                },
            )
            for preset in PRESETS.values()
        ),
    ),
)
