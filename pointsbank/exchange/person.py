"""A member's part of the counter: what she took for her points."""

from datetime import datetime

from sqlalchemy import select, update

from pointsbank.core.database import Session
from pointsbank.core.errors import say
from pointsbank.core.person import Sections
from pointsbank.exchange import receipts, rules
from pointsbank.exchange.receipts import redemption_table
from pointsbank.exchange.rules import RedemptionState
from pointsbank.ledger import operations as ledger

TABLES = ("redemption",)

_STATES = {
    RedemptionState.HANDED_OVER: say("已领取"),
    RedemptionState.TAKEN_BACK: say("已撤销"),
}


def export(session: Session, member_id: int) -> Sections:
    """Each redemption: receipt, counter, goods, points, and why it was taken back, if it was."""
    reasons = {
        row.id: row.taken_back_reason
        for row in session.execute(
            select(redemption_table.c.id, redemption_table.c.taken_back_reason).where(
                redemption_table.c.member_id == member_id
            )
        )
    }
    return {
        say("积分兑换"): [
            {
                say("凭证号"): receipt.number,
                say("兑换点"): receipt.org_name,
                say("兑换时间"): receipt.at,
                say("物品"): rules.summary([(line.name, line.quantity) for line in receipt.lines]),
                say("所用积分"): receipt.total_points,
                say("状态"): _STATES[receipt.state],
                say("撤销原因"): reasons[receipt.id],
            }
            for receipt in receipts.receipts(session, list(reasons))
        ]
    }


def erase(session: Session, member_id: int, at: datetime) -> None:
    """Why something was taken back goes, which staff typed, here and beside what went back to her
    household's account; receipts stay, under her id.
    """
    hers = select(redemption_table.c.id).where(redemption_table.c.member_id == member_id)
    ledger.erase_texts(session, origin_kind="redemption", origin_ids=hers)
    session.execute(
        update(redemption_table)
        .where(redemption_table.c.member_id == member_id)
        .values(taken_back_reason="")
    )
