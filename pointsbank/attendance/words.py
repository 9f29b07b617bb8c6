"""Why an attendance counts no more minutes, as sentences."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pointsbank.attendance.rules import Verdict
from pointsbank.core.errors import say
from pointsbank.earning.rules import Reason
from pointsbank.hours.rules import CUT_SENTENCES, CutKind


def reasons(why: Iterable[Sequence[Any]]) -> list[Reason]:
    """Why an attendance counts no more minutes, each as one sentence."""
    return [Reason(CUT_SENTENCES[CutKind(kind)], {"minutes": minutes}) for kind, minutes in why]


@dataclass(frozen=True, slots=True)
class Screen:
    """What the screen of a scan shows: its colour, its headline, and what to do now."""

    tone: str
    headline: str
    now: str = ""


_ASK = say("请核对后按名单登记，或请组织者处理。")
SCREENS: dict[Verdict | None, Screen] = {
    Verdict.CHECKED_IN: Screen("green", say("签到成功"), say("离开时再扫一次签退。")),
    Verdict.CHECKED_OUT: Screen("green", say("签退成功"), say("谢谢参与。")),
    Verdict.ALREADY_IN: Screen("amber", say("已在场"), say("不用再扫，离开时再扫签退。")),
    Verdict.ALREADY_OUT: Screen("amber", say("已签退")),
    Verdict.NOT_CHECKED_IN: Screen("red", say("还没有签到"), say("请先签到。")),
    Verdict.IN_REVIEW: Screen("amber", say("已收到，待审核"), say("组织者核对后计入。")),
    Verdict.UNDONE: Screen("amber", say("已撤销"), say("这次扫码不计。")),
    Verdict.NOT_BEGUN: Screen("red", say("还没开始签到"), say("请等组织者开始签到。")),
    Verdict.OVER: Screen("red", say("已过签到时间"), say("请联系组织者核定时长。")),
    Verdict.CANCELLED: Screen("red", say("活动已取消")),
    Verdict.CODE_INVALID: Screen("red", say("不认识这个码"), _ASK),
    Verdict.CODE_EXPIRED: Screen("red", say("手机上的码已过期"), say("请刷新手机页面后重新出示。")),
    Verdict.CARD_LOST: Screen("red", say("这张卡已挂失"), say("请出示新卡，或按名单登记。")),
    Verdict.MEMBER_LEFT: Screen("red", say("已退出登记"), _ASK),
    Verdict.NOT_ON_ROSTER: Screen("red", say("不在名单上"), say("请扫卡或手机码。")),
    None: Screen("amber", say("稍后再传"), say("无效的码太多，过一会儿会自动重传。")),
}
