"""Star ladders as local rules: the hours that each star takes."""

from typing import Any

from sqlmodel import Session

from pointsbank.core.actor import Actor
from pointsbank.core.errors import say
from pointsbank.local_rules.rules import (
    Choice,
    Numbers,
    Preset,
    RuleKind,
    Sample,
    Terms,
    Told,
)
from pointsbank.stars.models import StarLadderRow
from pointsbank.stars.operations import adopt_star_ladder
from pointsbank.stars.presets import PRESETS
from pointsbank.stars.rules import (
    MOST_HOURS,
    NATIONAL,
    STAR_NAMES,
    WINDOW_NAMES,
    StarLadder,
    Window,
    hours_of,
    levels_of,
)

_HOURS = {
    Window.LIFETIME: say("累计 %(hours)s 小时"),
    Window.CALENDAR_YEAR: say("当年 %(hours)s 小时"),
}


def _adopt(session: Session, actor: Actor, *, levels: dict[str, int], **asked: Any) -> StarLadder:
    return adopt_star_ladder(session, actor, levels=levels_of(levels), **asked)


def _samples(terms: Terms) -> list[Sample]:
    sentence = _HOURS[Window(terms["window"])]
    return [
        Sample(Told(STAR_NAMES[level.star]), Told(sentence, {"hours": level.hours}))
        for level in levels_of(terms["levels"])
    ]


KINDS = (
    RuleKind(
        path="star-ladders",
        name=say("星级标准"),
        about=say("服务多少小时评几星。"),
        place=30,
        table=StarLadderRow,
        terms=(
            Choice("window", say("计算哪些时长"), WINDOW_NAMES),
            Numbers(
                "levels",
                say("各星级所需时长"),
                {str(star): name for star, name in STAR_NAMES.items() if star},
                1,
                MOST_HOURS,
                say("小时"),
                hint=say("从一星起逐级填写，不用的星级留空"),
            ),
        ),
        standing={"": {"window": NATIONAL.window, "levels": hours_of(NATIONAL.levels)}},
        samples=_samples,
        adopt=_adopt,
        presets=tuple(
            Preset(each.name, {"": {"window": each.window, "levels": hours_of(each.levels)}})
            for each in PRESETS.values()
        ),
    ),
)
