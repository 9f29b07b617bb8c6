"""Stars on a member's page: the level that her hours have reached."""

from datetime import date

from sqlmodel import Session

from pointsbank.core.actor import Actor
from pointsbank.core.errors import say
from pointsbank.core.panels import Panel
from pointsbank.stars.queries import standing

PLACE = 20


def panel(session: Session, _actor: Actor, member_id: int, on: date) -> Panel:
    """Her star on a day."""
    return Panel(say("星级"), stars=standing(session, member_id, on).star)
