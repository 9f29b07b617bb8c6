"""The language of membership transfers: states, steps, what becomes of points, refusals."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from pointsbank.core.actor import Role
from pointsbank.core.errors import Conflict, Forbidden, Invalid, NotFound, say
from pointsbank.ledger.rules import MORALITY, PARTY
from pointsbank.members.rules import Relation

STAFF = (Role.SECRETARY, Role.ADMINISTRATOR)
"""Who asks for, accepts and refuses transfers for an organisation."""

LONGEST_TEXT = 200

TRANSFERABLE = (Relation.RESIDENCE, Relation.BRANCH, Relation.EMPLOYER)
"""What a member has one of; teams she joins and leaves without a transfer."""

UNIT_OF = {Relation.RESIDENCE: MORALITY, Relation.BRANCH: PARTY}
"""The points that belong to the scheme of such a place; a unit that employs has none."""


class TransferState(StrEnum):
    AWAITING_CONSENT = "awaiting_consent"
    AWAITING_ACCEPTANCE = "awaiting_acceptance"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


STATE_NAMES = {
    TransferState.AWAITING_CONSENT: say("待本人同意"),
    TransferState.AWAITING_ACCEPTANCE: say("待转入方接收"),
    TransferState.ACCEPTED: say("已转入"),
    TransferState.REFUSED: say("未通过"),
    TransferState.WITHDRAWN: say("已撤回"),
}

UNDER_WAY = (TransferState.AWAITING_CONSENT, TransferState.AWAITING_ACCEPTANCE)


class Step(StrEnum):
    """What was done; consent on paper is recorded by staff who hold the signed sheet."""

    REQUESTED = "requested"
    CONSENTED = "consented"
    CONSENTED_ON_PAPER = "consented_on_paper"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


STEP_NAMES = {
    Step.REQUESTED: say("提出申请"),
    Step.CONSENTED: say("本人同意"),
    Step.CONSENTED_ON_PAPER: say("登记本人书面同意"),
    Step.ACCEPTED: say("接收"),
    Step.REFUSED: say("不予通过"),
    Step.WITHDRAWN: say("撤回"),
}


class Side(StrEnum):
    """Who asked for a transfer: the member, the organisation she leaves, the one she goes to."""

    MEMBER = "member"
    SOURCE = "source"
    TARGET = "target"


SIDE_NAMES = {
    Side.MEMBER: say("本人"),
    Side.SOURCE: say("转出方"),
    Side.TARGET: say("转入方"),
}


class PointsOnTransfer(StrEnum):
    """What becomes of the points. ``EXPIRE`` posts them as expired, which the book and every sheet
    know already: to give them back to who issued them would tell of earnings that never were.
    """

    KEEP = "keep"
    EXPIRE = "expire"


POINTS_ON_TRANSFER = {
    PointsOnTransfer.KEEP: say("积分随人转走，继续可用"),
    PointsOnTransfer.EXPIRE: say("积分清零，时长和星级保留"),
}


@dataclass(frozen=True, slots=True)
class TransferRule:
    """One version of an organisation's rule for who leaves it; in force for all below it too."""

    org_id: int
    version: int
    from_on: date
    points: PointsOnTransfer


STANDING_RULE = TransferRule(0, 0, date(2020, 1, 1), PointsOnTransfer.KEEP)
"""Decides where nobody adopted another: points are the member's, like her hours."""


class NoSuchTransfer(NotFound):
    sentence = say("没有这项关系转接。")


class AlreadyThere(Conflict):
    sentence = say("这位成员已经在这个组织，不需要转接。")


class TransferUnderWay(Conflict):
    """One at a time in each relation."""

    sentence = say("这位成员自 %(since)s 起已有一项转接在办理，请先办结或撤回。")


class TransferSettled(Conflict):
    sentence = say("这项转接已于 %(since)s 办结，不能再办。")


class ConsentMissing(Conflict):
    sentence = say("本人还没有同意，暂不能接收。")


class ConsentGiven(Conflict):
    sentence = say("本人已经同意，不需要重复登记。")


class ConsentBySamePerson(Forbidden):
    """Who says that there is a signed sheet does not also take the member in."""

    sentence = say("书面同意由您登记，应由另一位工作人员接收。")


class MovedMeanwhile(Conflict):
    """She was moved in another way since this was asked for."""

    sentence = say("这位成员的所属组织在申请之后已经变动，请撤回后重新申请。")


class KeyTaken(Conflict):
    sentence = say("这次操作的编号已用于另一项转接，请刷新页面后重试。")


class ReasonTooLong(Invalid):
    sentence = say("说明不超过 %(most)s 个字。")


def check_text(text: str) -> str:
    """A note or reason without surrounding blanks, or ``ReasonTooLong``."""
    bare = text.strip()
    if len(bare) > LONGEST_TEXT:
        raise ReasonTooLong(most=LONGEST_TEXT)
    return bare


def lapses(rule: TransferRule, *, within: bool) -> bool:
    """Whether points end with the transfer; ``within``: the new place is under the rule's
    organisation too, so that she stays in the scheme.
    """
    return rule.points is PointsOnTransfer.EXPIRE and not within
