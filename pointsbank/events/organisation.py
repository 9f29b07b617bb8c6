"""What keeps an organisation from ending: its events that are not over. See ``orgs.ties``."""

from datetime import date, datetime

from sqlalchemy import func, select
from sqlmodel import Session, col

from pointsbank.core.actor import Actor
from pointsbank.core.errors import say
from pointsbank.events.models import Event
from pointsbank.events.rules import EventState
from pointsbank.orgs.rules import Tie

_NOT_OVER = (EventState.DRAFT, EventState.PUBLISHED, EventState.OPEN)


def ties(session: Session, org_id: int) -> list[Tie]:
    counted = select(func.count(col(Event.id))).where(
        col(Event.org_id) == org_id, col(Event.state).in_(_NOT_OVER)
    )
    return [Tie(say("未结束的活动"), session.execute(counted).scalar_one(), False)]


def hand_over(
    session: Session, actor: Actor, *, org_id: int, successor_id: int, on: date, at: datetime
) -> None:
    """Events stay with who held them."""
