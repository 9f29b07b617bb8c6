"""Suggested hours, the states of objections and supplements, and what refuses them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
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
    LATE_SCAN = "late_scan"
    SHARED_PHONE = "shared_phone"


FINDING_NAMES = {
    FindingKind.OVERLAP: say("同一时间在两处"),
    FindingKind.LONG_DAY: say("一天超过16小时"),
    FindingKind.SELF_CREDIT: say("给自己登记"),
    FindingKind.LATE_SCAN: say("迟到的扫码"),
    FindingKind.SHARED_PHONE: say("一部手机多人签到"),
}
LONG_DAY_MINUTES = 16 * 60
SHARED_FROM = 3
"""So many people on one phone are asked about: two are an everyday couple."""
LOOKS_BACK = timedelta(days=90)
RATED_FOR = timedelta(days=30)
MARKS = {5: say("非常满意"), 4: say("满意"), 3: say("一般"), 2: say("不满意"), 1: say("很不满意")}
SATISFIED = 4
RATED = say("服务评价")
MOST_PAPERS = 10_000
MOST_CODES = 500


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Minutes for somebody who never checked out: as if she had stayed to her shift's end, else the
    event's, and as the others' median stay (none checked out: None), which is never more.
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
    others: Sequence[int], *, left_at: datetime | None = None,
) -> Suggestion:  # fmt: skip
    """What a missed check-out is probably worth. ``others``: the minutes of those who left;
    ``left_at``: when the shift ended that she had signed up for.
    """
    end = ends_at if left_at is None or left_at <= checked_in_at else left_at
    stay = Stay(checked_in_at, max(checked_in_at, end))
    by_end, _ = worth([stay], starts_at, ends_at, without_tiers(terms))
    by_others = min(median_low(others), by_end) if others else None
    return Suggestion(by_end, by_others, len(others))


@dataclass(frozen=True, slots=True)
class Ratings:
    """What those served said of an event: how many, their marks in all, how many were satisfied."""

    number: int = 0
    marks: int = 0
    satisfied: int = 0

    @property
    def mean(self) -> str:
        """Of five, to a tenth, rounded half up; empty where nobody rated."""
        if not self.number:
            return ""
        tenths = (self.marks * 20 + self.number) // (self.number * 2)
        return f"{tenths // 10}.{tenths % 10}"


def ratings_of(numbers: Mapping[int, int]) -> Ratings:
    """The sum of so many people by marks."""
    return Ratings(
        sum(numbers.values()),
        sum(marks * number for marks, number in numbers.items()),
        sum(number for marks, number in numbers.items() if marks >= SATISFIED),
    )


def activity_minutes(starts_at: datetime, ends_at: datetime) -> int:
    """The length of an activity: nobody's hours are longer."""
    return int((ends_at - starts_at).total_seconds()) // 60


def check_minutes(minutes: int, most: int) -> None:
    """Refuse with LongerThanActivity."""
    if minutes > most:
        raise LongerThanActivity(most=most)


class NoSuchAttendance(NotFound):
    sentence = say("没有这条签到记录。")


class NoSuchFinding(NotFound):
    sentence = say("核查清单里没有这一项，可能已经处理。")


class NoSuchRatingCode(NotFound):
    sentence = say("评价码无效，请核对纸条上的字母和数字。")


class AlreadyRated(Conflict):
    """One code, one rating."""

    sentence = say("这个评价码已于 %(since)s 用过。")


class RatingOver(Conflict):
    sentence = say("评价已于 %(until)s 截止。")


class PointsSpent(Conflict):
    """Points would be taken back that are spent, and the unit refuses that."""

    sentence = say("已入账的积分已经用掉，不能更正。请先退回兑换的物品，或等本人的积分够扣再办理。")


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
    sentence = say("图片无法读取或过大，请换一张照片（JPG、PNG 或 WebP）。")


class TooMuchEvidence(Invalid):
    sentence = say("最多附 %(most)s 张图片。")
