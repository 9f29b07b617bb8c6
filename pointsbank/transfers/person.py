"""A member's part of the transfers: from where to where she was transferred, in which steps."""

from datetime import datetime

from sqlalchemy import select, update
from sqlmodel import col

from pointsbank.core.database import Session
from pointsbank.core.errors import say
from pointsbank.core.person import Sections
from pointsbank.members.rules import RELATION_NAMES
from pointsbank.transfers.models import MembershipTransfer, TransferStep
from pointsbank.transfers.queries import listed_of_member
from pointsbank.transfers.rules import SIDE_NAMES, STATE_NAMES, STEP_NAMES

TABLES = ("membership_transfer", "transfer_step")


def export(session: Session, member_id: int) -> Sections:
    """Each transfer with its note and reason, and when each step was taken."""
    found = listed_of_member(session, member_id)
    steps = session.execute(
        select(TransferStep)
        .join(MembershipTransfer, col(MembershipTransfer.id) == col(TransferStep.transfer_id))
        .where(col(MembershipTransfer.member_id) == member_id)
        .order_by(col(TransferStep.id))
    ).scalars()
    return {
        say("关系转接"): [
            {
                say("转接编号"): one.transfer.id,
                say("转接事项"): RELATION_NAMES[one.transfer.relation],
                say("转出组织"): one.from_name,
                say("转入组织"): one.to_name,
                say("申请人"): SIDE_NAMES[one.transfer.asked_by],
                say("申请时间"): one.transfer.asked_at,
                say("申请说明"): one.transfer.note,
                say("状态"): STATE_NAMES[one.transfer.state],
                say("办结时间"): one.transfer.settled_at,
                say("未通过原因"): one.transfer.reason,
                say("清零积分"): one.transfer.points_lapsed,
            }
            for one in found
        ],
        say("转接步骤"): [
            {
                say("转接编号"): step.transfer_id,
                say("步骤"): STEP_NAMES[step.step],
                say("办理时间"): step.at,
            }
            for step in steps
        ],
    }


def erase(session: Session, member_id: int, at: datetime) -> None:
    """Notes and reasons go; which organisations stays: the file keeps where she came from."""
    session.execute(
        update(MembershipTransfer)
        .where(col(MembershipTransfer.member_id) == member_id)
        .values(note="", reason="")
    )
