"""An event locked while its seats are given, and who waits moving up: what every verb needs."""

from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlmodel import Session, col

from pointsbank.core import audit
from pointsbank.core.actor import Actor
from pointsbank.events.models import Event
from pointsbank.orgs.queries import among
from pointsbank.signups import queries
from pointsbank.signups.models import SignUp
from pointsbank.signups.queries import Offer
from pointsbank.signups.rules import SignUpState, moving_up


def locked(session: Session, event_id: int) -> Event | None:
    """The event, whose seats nobody else gives or takes until the transaction ends."""
    return session.execute(
        select(Event)
        .where(col(Event.id) == event_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()


def seat_waiting(session: Session, actor: Actor, offered: Offer, at: datetime) -> int:
    """Of an event that is locked; how many got a seat."""
    event_id = offered.event.id or 0
    waiting = [one for one in queries.waiting(session, event_id) if offered.span(one.spot)[0] > at]
    if not waiting:
        return 0
    seats = queries.seats(session, offered, {one.member_id for one in waiting})
    ids = moving_up(seats, waiting)
    if ids:
        session.execute(
            update(SignUp)
            .where(among(SignUp.id, ids))
            .values(state=SignUpState.SIGNED_UP, moved_up_at=at)
        )
        note(session, actor, "moved_up", offered.event, at, people=len(ids))
    return len(ids)


def note(
    session: Session, actor: Actor, verb: str, event: Event, at: datetime, **facts: Any
) -> None:
    what = f"signups.{verb}"
    subject = ("event", event.id or 0)
    audit.record(session, actor, what, subject, at=at, org_id=event.org_id, **facts)
