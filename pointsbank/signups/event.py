"""What sign-ups have to do with an event: see ``events.parts``."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from pointsbank.core.actor import Actor
from pointsbank.events.models import Event
from pointsbank.events.rules import ORGANISERS, EventState, Mark, Part, Taken
from pointsbank.signups import mine, operations, queries
from pointsbank.signups.rules import (
    SIGN_UP_NAMES,
    SIGN_UP_STATES,
    WAY_NAMES,
    SignUpState,
    SignUpWay,
)
from pointsbank.signups.shown import shown_spots

PLACE = 10


def taken(session: Session, event_ids: Sequence[int]) -> dict[int, Taken]:
    """How many places people hold."""
    return queries.taken(session, event_ids)


def changed(session: Session, actor: Actor, event_ids: Sequence[int], at: datetime) -> None:
    """Who waits moves up at once where there are more places now."""
    for event_id in queries.events_waited_for(session, at, event_ids):
        operations.move_up(session, actor, event_id=event_id, at=at)


def part(session: Session, actor: Actor, event: Event, at: datetime) -> Part | None:
    """What the reader has signed up for and what she may; for organisers how many come."""
    if event.id is None or event.state is EventState.DRAFT:
        return None
    offered = queries.offer(session, event)
    own = mine.at_event(session, event.id, actor.member_id)
    may_run = actor.may(*ORGANISERS, org_id=event.org_id)
    teams = queries.team_choices(session, actor)
    return Part(
        "signups/_event.html",
        {
            "event": event,
            "at": at,
            "mine": own,
            "open": event.state in SIGN_UP_STATES,
            "spots": shown_spots(session, offered, {one.sign_up.spot for one in own}, at),
            "volunteer": actor.member_id is not None,
            "for_others": may_run or bool(teams or queries.relatives(session, actor.member_id)),
            "may_run": may_run,
            "expected": queries.expected(session, event.id) if may_run else 0,
            "waiting": len(queries.waiting(session, event.id)) if may_run else 0,
            "key": secrets.token_urlsafe(9),
            "state_names": SIGN_UP_NAMES,
            "way_names": WAY_NAMES,
            "self": SignUpWay.SELF,
        },
    )


def marks(session: Session, actor: Actor, events: Sequence[Event]) -> dict[int, Mark]:
    """Which of them the reader has signed up for, as long as they are to come."""
    if actor.member_id is None:
        return {}
    listed = [event.id for event in events if event.id and event.state in SIGN_UP_STATES]
    tones = {SignUpState.SIGNED_UP: "green", SignUpState.WAITING: "amber"}
    return {
        event_id: Mark(SIGN_UP_NAMES[state], tone=tones[state])
        for event_id, state in mine.states_at(session, listed, actor.member_id).items()
    }
