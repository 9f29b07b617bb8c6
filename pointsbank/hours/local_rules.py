"""Hour rules as local rules: what stays of some lengths are worth, and when they count."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlmodel import Session

from pointsbank.core.actor import Actor
from pointsbank.core.errors import say
from pointsbank.hours.models import HourRuleRow
from pointsbank.hours.operations import adopt_hour_rule
from pointsbank.hours.presets import PRESETS
from pointsbank.hours.rules import (
    CREDIT_NAMES,
    MOST_MINUTES,
    MOST_PAIRS,
    ROUNDING_NAMES,
    CutKind,
    HourRule,
    HourTerms,
    Stay,
    worth,
)
from pointsbank.local_rules.rules import (
    Choice,
    Number,
    Preset,
    RuleKind,
    Sample,
    Terms,
    Told,
)

_MINUTES = say("分钟")
_STAYS = (5, 25, 50, 130, 600)  # minutes that volunteers ask about: a few, half an hour, a day
_BEGIN = datetime(2000, 1, 1, tzinfo=UTC)
_HELD = {
    (True, False): say("自动计 %(minutes)s 分钟，%(parent)s 分钟由上级组织审批"),
    (False, True): say("自动计 %(minutes)s 分钟，%(above)s 分钟由再上一级组织审批"),
    (True, True): say(
        "自动计 %(minutes)s 分钟，%(parent)s 分钟由上级组织审批，%(above)s 分钟由再上一级组织审批"
    ),
}
"""By whether the organisation above approves a part, and the one above it."""
_CASES: tuple[tuple[Any, ...], ...] = (
    (say("2小时的活动，提前20分钟到、晚走30分钟"), 120, [(-20, 150)]),
    (say("2小时的活动，在场1小时"), 120, [(0, 60)]),
    (say("2小时的活动，签到签退4次，每次30分钟"), 120, [(n * 30, n * 30 + 30) for n in range(4)]),
    (say("当天已服务7小时，再服务6小时"), 360, [(0, 360)], 420),
)
"""Case, length of the activity, stays in it, what the day counts already, in minutes."""


def _adopt(
    session: Session, actor: Actor, *, org_id: int, from_on: Any, at: datetime, **terms: Any
) -> HourRule:
    return adopt_hour_rule(
        session, actor, org_id=org_id, from_on=from_on, terms=HourTerms(**terms), at=at
    )


def _samples(terms: Terms) -> list[Sample]:
    adopted = HourTerms(**terms)
    ways = {
        say("扫海报签到"): adopted.credit_static,
        say("由组织者扫码签到"): adopted.credit_organiser,
        say("由组织者点名签到"): adopted.credit_roster,
    }
    early = Told(say("活动开始前 %(minutes)s 分钟"), {"minutes": adopted.early_minutes})
    late = Told(say("活动结束后 %(minutes)s 分钟"), {"minutes": adopted.late_minutes})
    return [
        *(_stay(minutes, adopted) for minutes in _STAYS),
        *(Sample(Told(case), _counts(adopted, *stays)) for case, *stays in _CASES),
        Sample(Told(say("最早签到")), early),
        Sample(Told(say("最晚签退")), late),
        *(Sample(Told(way), Told(CREDIT_NAMES[credit])) for way, credit in ways.items()),
    ]


def _stay(minutes: int, terms: HourTerms) -> Sample:
    served = Told(say("服务 %(minutes)s 分钟"), {"minutes": minutes})
    return Sample(served, _counts(terms, minutes, [(0, minutes)]))


def _counts(
    terms: HourTerms, length: int, spans: Sequence[tuple[int, int]], counted_today: int = 0
) -> Told:
    """What stays from minute to minute of an activity of this length count."""
    begin, end = _BEGIN, _BEGIN + timedelta(minutes=length)
    stays = [Stay(*(begin + timedelta(minutes=minute) for minute in span)) for span in spans]
    counted, cuts = worth(stays, begin, end, terms, counted_today=counted_today)
    tiers = (CutKind.FOR_PARENT, CutKind.FOR_ABOVE)
    held = {cut.kind: cut.minutes for cut in cuts if cut.kind in tiers}
    facts = {
        "minutes": counted,
        "parent": held.get(CutKind.FOR_PARENT, 0),
        "above": held.get(CutKind.FOR_ABOVE, 0),
    }
    if held:
        return Told(_HELD[bool(facts["parent"]), bool(facts["above"])], facts)
    return Told(say("计 %(minutes)s 分钟"), facts) if counted else Told(say("不计"))


KINDS = (
    RuleKind(
        path="hour-rules",
        name=say("时长规则"),
        about=say("一次服务计多少时长、什么时候记入。"),
        place=20,
        table=HourRuleRow,
        terms=(
            Choice("rounding", say("取整方式"), ROUNDING_NAMES, hint=say("不足一档的舍去")),
            Number("least_minutes", say("不足多少不计"), 0, MOST_MINUTES, _MINUTES),
            Number("most_minutes", say("一次活动最多计"), 1, MOST_MINUTES, _MINUTES),
            Number(
                "least_percent",
                say("在场不足活动时长的多少不计"),
                0,
                100,
                say("％"),
            ),
            Number("most_pairs", say("一次活动最多计几次签到签退"), 1, MOST_PAIRS, say("次")),
            Number(
                "day_minutes",
                say("一天之内自动计入"),
                1,
                MOST_MINUTES,
                _MINUTES,
                hint=say("超出的须上级组织审批；填 1440 即不设上限"),
            ),
            Number(
                "parent_minutes",
                say("一天之内上级组织可审批到"),
                1,
                MOST_MINUTES,
                _MINUTES,
                hint=say("再超出的须再上一级组织审批；填 1440 即不设上限"),
            ),
            Number("early_minutes", say("可提前多少签到"), 0, MOST_MINUTES, _MINUTES),
            Number("late_minutes", say("可延后多少签退"), 0, MOST_MINUTES, _MINUTES),
            Number("repeat_minutes", say("多久之内重复扫码不算签退"), 0, 60, _MINUTES),
            Choice("credit_static", say("扫海报签到的时长"), CREDIT_NAMES),
            Choice("credit_organiser", say("组织者扫码签到的时长"), CREDIT_NAMES),
            Choice("credit_roster", say("点名签到的时长"), CREDIT_NAMES),
        ),
        standing={"": asdict(HourTerms())},
        samples=_samples,
        adopt=_adopt,
        presets=tuple(Preset(name, {"": asdict(terms)}) for name, terms in PRESETS.values()),
    ),
)
