"""What settlement has to do with an event: see ``events.parts``."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from pointsbank.attendance.queries import attendance_of
from pointsbank.core.actor import Actor
from pointsbank.core.errors import say
from pointsbank.events.models import Event
from pointsbank.events.rules import EventState, Mark, Part
from pointsbank.settlement.queries import unsettled_counts
from pointsbank.settlement.rated import ratings
from pointsbank.settlement.rules import SETTLERS

PLACE = 30


def part(session: Session, actor: Actor, event: Event, at: datetime) -> Part | None:
    """After its end: who is to be settled, the way to one's own hours or a supplement, and what
    those served said of it.
    """
    if event.state is not EventState.CLOSED or event.id is None:
        return None
    may_settle = actor.may(*SETTLERS, org_id=event.org_id)
    rated = ratings(session, event.id)
    if not (may_settle or actor.member_id or rated.number):
        return None
    mine = attendance_of(session, event.id, actor.member_id)
    waiting = unsettled_counts(session, [event.id]) if may_settle else {}
    given = {
        "event": event,
        "unsettled": waiting.get(event.id, 0),
        "may_settle": may_settle,
        "mine": mine.id if mine else None,
        "may_ask": actor.member_id is not None,
        "rated": rated,
    }
    return Part("settlement/_event.html", given)


def marks(session: Session, actor: Actor, events: Sequence[Event]) -> dict[int, Mark]:
    """How many people this reader has to settle."""
    held = actor.reach(*SETTLERS)
    listed = [event.id for event in events if event.id and event.org_id in held]
    return {
        event_id: Mark(say("待核定 %(count)s 人"), {"count": count}, "amber")
        for event_id, count in unsettled_counts(session, listed).items()
    }
