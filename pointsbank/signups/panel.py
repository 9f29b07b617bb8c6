"""Sign-ups on a member's page: what she is going to do next."""

from datetime import date

from sqlmodel import Session

from pointsbank.core import clock
from pointsbank.core.actor import Actor
from pointsbank.core.errors import say
from pointsbank.core.panels import Happened, Panel
from pointsbank.events.rules import STATE_NAMES, EventState
from pointsbank.signups import mine
from pointsbank.signups.rules import SIGN_UP_NAMES

PLACE = 40
MOST_LINES = 5


def panel(session: Session, _actor: Actor, member_id: int, on: date) -> Panel | None:
    """The next few from a day on."""
    found = mine.coming(session, member_id, clock.day_start(on))
    lines = tuple(
        Happened(
            clock.local_day(one.starts_at),
            one.event.title,
            one.place,
            amount=_standing(one),
            url=f"/events/{one.event.id}",
        )
        for one in found[:MOST_LINES]
    )
    return Panel(say("已报名的活动"), lines=lines) if lines else None


def _standing(one: mine.Mine) -> str:
    off = one.event.state is EventState.CANCELLED
    return STATE_NAMES[EventState.CANCELLED] if off else SIGN_UP_NAMES[one.sign_up.state]
