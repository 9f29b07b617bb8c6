"""What attendance has to do with an event: see ``events.parts``."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from pointsbank.attendance import queries
from pointsbank.attendance.rules import ATTENDANCE_NAMES, SomebodyCame
from pointsbank.attendance.words import reasons
from pointsbank.core.actor import Actor, Role
from pointsbank.core.errors import say
from pointsbank.earning.rules import why_clipped
from pointsbank.events.models import Event
from pointsbank.events.queries import hour_rule_for
from pointsbank.events.rules import CONFIRMERS, ORGANISERS, EventState, Mark, Part
from pointsbank.ledger.rules import DEFAULT_UNITS

PLACE = 20
WATCHERS = (*CONFIRMERS, Role.OFFICIAL)
_COMING = (EventState.PUBLISHED, EventState.OPEN)
_UNIT_NAMES = {unit.code: unit.name for unit in DEFAULT_UNITS}


def check_cancel(session: Session, event_id: int) -> None:
    """Refuse with SomebodyCame an event that people came to."""
    came = queries.counts(session, event_id).came
    if came:
        raise SomebodyCame(count=came)


def part(session: Session, actor: Actor, event: Event, at: datetime) -> Part:
    """The reader's own attendance, and for those who run the event how many came and what now."""
    mine = queries.attendance_of(session, event.id, actor.member_id)
    clips = queries.clips(session, [mine.id])[mine.id] if mine else []
    may_run = actor.may(*ORGANISERS, org_id=event.org_id)
    return Part(
        "attendance/_event.html",
        {
            "event": event,
            "over": event.ends_at <= at,
            "mine": mine,
            "state": ATTENDANCE_NAMES[mine.state] if mine else "",
            "why": reasons(mine.why) if mine else [],
            "clips": [(_UNIT_NAMES[clip.unit], why_clipped(clip)) for clip in clips],
            "rule": hour_rule_for(session, event),
            "counts": queries.counts(session, event.id),
            "walk_ins": queries.walk_ins_waiting(session, event.id) if may_run else 0,
            "may_come": actor.member_id is not None and event.state in _COMING,
            "may_run": may_run,
            "may_watch": actor.may(*WATCHERS, org_id=event.org_id),
        },
    )


def marks(session: Session, actor: Actor, events: Sequence[Event]) -> dict[int, Mark]:
    """How many people's hours wait for this reader's confirmation."""
    held = actor.reach(*CONFIRMERS)
    listed = [event.id for event in events if event.id and event.org_id in held]
    return {
        event_id: Mark(say("待确认 %(count)s 人"), {"count": count}, "amber")
        for event_id, count in queries.waiting(session, listed).items()
    }
