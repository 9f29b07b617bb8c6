"""Adopting a star ladder."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlmodel import Session

from pointsbank.core.actor import Actor
from pointsbank.local_rules.operations import adopt
from pointsbank.stars.models import StarLadderRow
from pointsbank.stars.rules import Level, StarLadder, Window, check_levels, hours_of


def adopt_star_ladder(
    session: Session,
    actor: Actor,
    *,
    org_id: int,
    from_on: date,
    levels: Sequence[Level],
    window: Window = Window.LIFETIME,
    at: datetime,
) -> StarLadder:
    """Put a new version of a ladder into force from a day.

    Refuses as ``local_rules.adopt``, then LadderOutOfOrder.
    """
    return adopt(
        session, actor, StarLadderRow, org_id=org_id, from_on=from_on, at=at,
        terms={"window": window, "levels": hours_of(levels)}, check=lambda: check_levels(levels),
    ).frozen()  # fmt: skip
