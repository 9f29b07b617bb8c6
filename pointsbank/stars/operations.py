"""Adopting a star ladder."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlmodel import Session

from pointsbank.core.actor import Actor
from pointsbank.stars.rules import Level, StarLadder, Window


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
    """Put a new version of an organisation's ladder into force from a day; it ends the one before on the eve.

    A repeat with the same day and content is an answer. Refuses, in order: ``NotFound`` (organisation),
    ``Forbidden`` (secretary), ``LadderBackdated`` (before today, unless the system does it), ``LaterLadderStands``,
    ``LadderOutOfOrder``.
    """
    raise NotImplementedError
