"""The language of persons: duplicates, leaving, erasure, and what is refused."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from pointsbank.core.actor import Role
from pointsbank.core.errors import Conflict, Forbidden, Invalid, NotFound, say

MERGERS = (Role.SECRETARY, Role.ADMINISTRATOR)
"""Who joins two records of one person, and ends a membership, where both reach."""

ERASERS = (Role.ADMINISTRATOR,)

LONGEST_REASON = 200


class Sign(StrEnum):
    """Why two records may be one person's. Whole phone and document numbers are refused twice at
    registration: what is left are slips of the pen, and people registered without them.
    """

    DOCUMENT = "document"
    PHONE = "phone"
    BIRTH = "birth"


SIGN_NAMES = {
    Sign.DOCUMENT: say("姓名和证件号末四位相同"),
    Sign.PHONE: say("姓名和手机号末四位相同"),
    Sign.BIRTH: say("姓名和出生日期相同"),
}


class PointsOnLeaving(StrEnum):
    """What becomes of the points of who leaves or dies: they stay until they lapse, or end."""

    KEEP = "keep"
    EXPIRE = "expire"


POINTS_ON_LEAVING = {
    PointsOnLeaving.KEEP: say("积分保留，重新登记后仍可用"),
    PointsOnLeaving.EXPIRE: say("积分清零，时长和星级保留"),
}


@dataclass(frozen=True, slots=True)
class LeavingRule:
    """One version of an organisation's rule for who leaves the register; for all below it too."""

    org_id: int
    version: int
    from_on: date
    points: PointsOnLeaving


STANDING_RULE = LeavingRule(0, 0, date(2020, 1, 1), PointsOnLeaving.KEEP)
"""Decides where nobody adopted another: who comes back finds her points."""


class ErasureAsked(StrEnum):
    """How the person asked for the erasure, which the bank's file must be able to show."""

    IN_PERSON = "in_person"
    IN_WRITING = "in_writing"
    BY_GUARDIAN = "by_guardian"
    BY_FAMILY = "by_family"


ASKED_NAMES = {
    ErasureAsked.IN_PERSON: say("本人当面提出"),
    ErasureAsked.IN_WRITING: say("本人书面提出"),
    ErasureAsked.BY_GUARDIAN: say("监护人提出"),
    ErasureAsked.BY_FAMILY: say("近亲属提出（本人已去世）"),
}


class SameRecord(Invalid):
    sentence = say("请选择两份不同的登记。")


class AlreadyMerged(Conflict):
    sentence = say("其中一份登记已于 %(since)s 合并，请刷新后再看。")


class CannotMerge(Conflict):
    """A record whose person left, died or was erased is nobody's to be given to."""

    sentence = say("其中一份登记已经退出或删除，不能合并。")


class HoldsRoles(Conflict):
    """The account of who holds roles is not closed by the way."""

    sentence = say("这位成员还有任职，请先由管理员结束任职。")


class NoSuchMerge(NotFound):
    sentence = say("没有这次合并。")


class NoSuchPair(NotFound):
    sentence = say("没有这项“不是同一人”的认定。")


class LaterMergeStands(Conflict):
    """Merges are undone from the last to the first."""

    sentence = say("这份登记后来又合并过，请先撤销后一次合并。")


class ErasedMeanwhile(Conflict):
    sentence = say("这位成员的个人信息已经删除，合并不能撤销。")


class KeyTaken(Conflict):
    sentence = say("这次操作的编号已用于另一位成员，请刷新页面后重试。")


class LeavingInFuture(Invalid):
    sentence = say("日期不能晚于今天（%(today)s）。")


class ReasonTooLong(Invalid):
    sentence = say("原因不超过 %(most)s 个字。")


class AlreadyErased(Conflict):
    sentence = say("这位成员的个人信息已于 %(since)s 删除。")


class NumberDiffers(Invalid):
    """The second question: the number must be typed as it stands."""

    sentence = say("志愿者编号不符，没有删除。请照页面上的编号填写。")


class OwnErasure(Forbidden):
    """Nobody erases herself: another administrator carries it out."""

    sentence = say("不能删除自己的信息，请由另一位管理员办理。")


def check_reason(text: str) -> str:
    """A reason without surrounding blanks, or ``ReasonTooLong``."""
    bare = text.strip()
    if len(bare) > LONGEST_REASON:
        raise ReasonTooLong(most=LONGEST_REASON)
    return bare
