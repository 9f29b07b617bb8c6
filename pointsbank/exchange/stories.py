"""What a ledger entry of a redemption came from: goods and counts, where, which receipt."""

from collections.abc import Sequence

from pointsbank.core.database import Session
from pointsbank.core.stories import Story
from pointsbank.exchange import receipts, rules

ORIGIN = "redemption"


def stories(session: Session, ids: Sequence[int]) -> dict[int, Story]:
    """The story of each of these redemptions."""
    return {
        receipt.id: Story(
            title=rules.summary([(line.name, line.quantity) for line in receipt.lines]),
            detail=f"{receipt.org_name} · {receipt.number}",
            url=f"/counter/redemptions/{receipt.id}",
        )
        for receipt in receipts.receipts(session, ids)
    }
