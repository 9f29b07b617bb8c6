"""Suggested hours, the states of objections and supplements, and what refuses them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from statistics import median_low

from pointsbank.core.actor import Role
from pointsbank.core.errors import Conflict, Forbidden, Invalid, NotFound, say
from pointsbank.events.rules import ORGANISERS
from pointsbank.hours.rules import MOST_MINUTES, CutKind, HourTerms, Stay, worth

REVIEWERS = (Role.REVIEWER, Role.SECRETARY)
SETTLERS = (*ORGANISERS, Role.REVIEWER)
APPROVERS = (*REVIEWERS, Role.OFFICIAL)
LONGEST_TEXT = 500
MOST_IMAGES = 3
ENOUGH_OTHERS = 3


class ChangeKind(StrEnum):
    """What set an attendance's minutes after the door did."""

    SETTLED = "settled"
    CORRECTED = "corrected"
    OBJECTION = "objection"
    SUPPLEMENTED = "supplemented"
    APPROVED = "approved"


CHANGE_NAMES = {
    ChangeKind.SETTLED: say("核定时长"),
    ChangeKind.CORRECTED: say("更正时长"),
    ChangeKind.OBJECTION: say("异议成立"),
    ChangeKind.SUPPLEMENTED: say("补录时长"),
    ChangeKind.APPROVED: say("超时审批"),
}


class AnswerState(StrEnum):
    """Of an objection or a supplement."""

    OPEN = "open"
    GRANTED = "granted"
    REFUSED = "refused"


OBJECTION_NAMES = {
    AnswerState.OPEN: say("待答复"),
    AnswerState.GRANTED: say("异议成立"),
    AnswerState.REFUSED: say("维持原时长"),
}
SUPPLEMENT_NAMES = {
    AnswerState.OPEN: say("待审核"),
    AnswerState.GRANTED: say("已补录"),
    AnswerState.REFUSED: say("未通过"),
}


class Tier(StrEnum):
    """Which organisation approves what is over a day's tier."""

    PARENT = "parent"
    ABOVE = "above"


HELD_FOR = {Tier.PARENT: CutKind.FOR_PARENT, Tier.ABOVE: CutKind.FOR_ABOVE}
TIER_NAMES = {Tier.PARENT: say("上级组织审批"), Tier.ABOVE: say("再上一级组织审批")}


class FindingKind(StrEnum):
    """Why something stands on the review list."""

    OVERLAP = "overlap"
    LONG_DAY = "long_day"
    SELF_CREDIT = "self_credit"


FINDING_NAMES = {
    FindingKind.OVERLAP: say("同一时间在两处"),
    FindingKind.LONG_DAY: say("一天超过16小时"),
    FindingKind.SELF_CREDIT: say("给自己登记"),
}
LONG_DAY_MINUTES = 16 * 60
MARKS = {5: say("非常满意"), 4: say("满意"), 3: say("一般"), 2: say("不满意"), 1: say("很不满意")}
MOST_PAPERS = 10_000
MOST_CODES = 500


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Minutes for somebody who never checked out: as if she had stayed to the end, and as the
    others' median stay (none checked out: None), which is never more.
    """

    by_end: int
    by_others: int | None
    others: int

    @property
    def best(self) -> int:
        """What is accepted with one tap: the others' median, where enough of them are counted."""
        if self.by_others is None or self.others < ENOUGH_OTHERS:
            return self.by_end
        return self.by_others


def without_tiers(terms: HourTerms) -> HourTerms:
    """For minutes that attendance holds against the day itself when they are set."""
    return replace(terms, day_minutes=MOST_MINUTES, parent_minutes=MOST_MINUTES)


def suggest(
    checked_in_at: datetime, starts_at: datetime, ends_at: datetime, terms: HourTerms,
    others: Sequence[int],
) -> Suggestion:  # fmt: skip
    """What a missed check-out is probably worth; ``others``: the minutes of those who left."""
    stay = Stay(checked_in_at, max(checked_in_at, ends_at))
    by_end, _ = worth([stay], starts_at, ends_at, without_tiers(terms))
    by_others = min(median_low(others), by_end) if others else None
    return Suggestion(by_end, by_others, len(others))


def activity_minutes(starts_at: datetime, ends_at: datetime) -> int:
    """The length of an activity: nobody's hours are longer."""
    return int((ends_at - starts_at).total_seconds()) // 60


def check_minutes(minutes: int, most: int) -> None:
    """Refuse with LongerThanActivity."""
    if minutes > most:
        raise LongerThanActivity(most=most)


class NoSuchAttendance(NotFound):
    sentence = say("没有这条签到记录。")


class NoSuchObjection(NotFound):
    sentence = say("没有这条异议。")


class NoSuchSupplement(NotFound):
    sentence = say("没有这条补录申请。")


class OwnHours(Forbidden):
    """Nobody decides on her own hours."""

    sentence = say("自己的时长须由他人办理。")


class SamePerson(Forbidden):
    """A second person answers."""

    sentence = say("这件事是您自己办理或提出的，须由另一人答复。")


class AlreadySettled(Conflict):
    sentence = say("这条签到记录的时长已经核定，如有误请办理更正。")


class LongerThanActivity(Invalid):
    sentence = say("时长不能超过活动的 %(most)s 分钟。")


class NotOverYet(Conflict):
    sentence = say("活动还没有结束，请在活动结束后办理。")


class ObjectionOpen(Conflict):
    sentence = say("您已于 %(since)s 提出异议，正在等待答复。")


class AlreadyAnswered(Conflict):
    sentence = say("这件事已于 %(since)s 办结。")


class NothingHeld(Conflict):
    sentence = say("这条签到记录没有待审批的时长。")


class MoreThanHeld(Invalid):
    sentence = say("批准的时长不能超过待审批的 %(most)s 分钟。")


class AttendanceStands(Conflict):
    sentence = say("这次活动已有签到记录，请对它的时长提出异议。")


class SupplementWaits(Conflict):
    sentence = say("这次活动的补录申请已于 %(since)s 提交，正在等待审核。")


class OutsideActivity(Invalid):
    sentence = say("起止时间须在活动时间之内，且结束晚于开始。")


class EvidenceMissing(Invalid):
    sentence = say("请附上照片或签到表的照片。")


class EvidenceUnreadable(Invalid):
    sentence = say("图片无法读取，请换一张照片（JPG、PNG 或 WebP）。")


class TooMuchEvidence(Invalid):
    sentence = say("最多附 %(most)s 张图片。")
