"""The ledger's verbs. Nothing here is updated or deleted but the figures that accounts carry."""

from collections.abc import Sequence
from datetime import date, datetime

from pointsbank.core.actor import Actor
from pointsbank.core.database import Session
from pointsbank.core.errors import Refused
from pointsbank.ledger.rules import Posted, Posting


def declare_default_units(session: Session, actor: Actor, *, at: datetime) -> None:
    """Declare minutes, morality and party points where they are not declared yet."""
    raise NotImplementedError


def post(
    session: Session, actor: Actor, postings: Sequence[Posting], *, at: datetime
) -> list[Posted | Refused]:
    """Apply each posting, or each group, by itself; answers stand in the order of the postings."""
    raise NotImplementedError


def post_all(
    session: Session, actor: Actor, postings: Sequence[Posting], *, at: datetime
) -> list[Posted]:
    """Apply all or none: raises the first refusal."""
    raise NotImplementedError


def reverse(
    session: Session,
    actor: Actor,
    *,
    transfer_ids: Sequence[int],
    key: str,
    reason: str,
    effective_on: date,
    at: datetime,
    text: str = "",
) -> list[Posted]:
    """Reverse what is left of each transfer, all or none, in the order given."""
    raise NotImplementedError
