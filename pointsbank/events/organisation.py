"""What keeps an organisation from ending: its events that are not over; those held in its house go
to its successor. See ``orgs.ties``.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlmodel import Session, col

from pointsbank.core.actor import Actor
from pointsbank.core.errors import say
from pointsbank.events.models import Event
from pointsbank.events.rules import EventState
from pointsbank.orgs.rules import Tie

_NOT_OVER = (EventState.DRAFT, EventState.PUBLISHED, EventState.OPEN)


def ties(session: Session, org_id: int) -> list[Tie]:
    return [
        Tie(say("未结束的活动"), _count(session, Event.org_id, org_id), False),
        Tie(say("以此为地点的活动"), _count(session, Event.place_id, org_id), True),
    ]


def _count(session: Session, column: Any, org_id: int) -> int:
    counted = select(func.count(col(Event.id))).where(
        col(column) == org_id, col(Event.state).in_(_NOT_OVER)
    )
    return int(session.execute(counted).scalar_one())


def hand_over(
    session: Session, actor: Actor, *, org_id: int, successor_id: int, on: date, at: datetime
) -> None:
    """Events stay with who held them; the house's next owner lends it."""
    session.execute(
        update(Event)
        .where(col(Event.place_id) == org_id, col(Event.state).in_(_NOT_OVER))
        .values(place_id=successor_id)
    )
