"""The verbs of events: plan, publish, open, end, cancel.

What is over already is entered in ``history``.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from pointsbank.core import audit, clock
from pointsbank.core.actor import Actor, Role
from pointsbank.earning.rules import DeedCategory
from pointsbank.events import parts
from pointsbank.events.codes import unused_codes
from pointsbank.events.history import PastEvent, record_events
from pointsbank.events.models import Event
from pointsbank.events.rules import (
    ORGANISERS,
    EventInPast,
    EventNotFound,
    EventState,
    KeyReused,
    check_state,
    check_times,
)
from pointsbank.hours.queries import hour_rule_in_force
from pointsbank.orgs.models import Organisation
from pointsbank.orgs.queries import organisation
from pointsbank.orgs.rules import check_open

__all__ = [
    "PastEvent", "cancel", "end_event", "held", "open_event", "plan", "publish", "record_events",
]  # fmt: skip


def plan(
    session: Session,
    actor: Actor,
    *,
    org_id: int,
    title: str,
    kind: DeedCategory,
    place: str,
    starts_at: datetime,
    ends_at: datetime,
    key: str,
    at: datetime,
    description: str = "",
    capacity: int | None = None,
) -> Event:
    """Draft an event of an organisation; ``capacity`` is how many are expected.

    Refuses, in order: KeyReused, NoSuchOrganisation, Forbidden (organiser, secretary),
    OrganisationClosed, EventInPast, TimesImpossible, TooFarAhead.
    """
    content: dict[str, Any] = {
        "org_id": org_id,
        "title": title,
        "kind": kind,
        "place": place,
        "starts_at": starts_at,
        "ends_at": ends_at,
        "description": description,
        "capacity": capacity,
    }
    _lock_organisation(session, org_id)
    before: Event | None = session.execute(
        select(Event).where(col(Event.created_by) == actor.id, col(Event.key) == key)
    ).scalar_one_or_none()
    if before:
        if any(getattr(before, name) != value for name, value in content.items()):
            raise KeyReused
        return before
    org = organisation(session, org_id)
    actor.require(*ORGANISERS, org_id=org_id)
    check_open(org.closed_on)
    check_times(starts_at, ends_at, at)
    event = Event(
        **content,
        state=EventState.DRAFT,
        code=unused_codes(session, 1)[0],
        created_by=actor.id,
        key=key,
        created_at=at,
    )
    session.add(event)
    session.flush()
    _note(session, actor, "plan", event, at)
    return event


def publish(session: Session, actor: Actor, *, event_id: int, at: datetime) -> Event:
    """Make a draft known; its poster is valid from now on. Published already is an answer.

    Refuses, in order: EventNotFound, Forbidden, WrongState, EventInPast.
    """
    event = held(session, actor, event_id)
    if event.state in (EventState.PUBLISHED, EventState.OPEN):
        return event
    check_state(event.state, EventState.DRAFT)
    if event.ends_at <= at:
        raise EventInPast
    event.state = EventState.PUBLISHED
    _note(session, actor, "publish", event, at)
    return event


def open_event(session: Session, actor: Actor, *, event_id: int, at: datetime) -> Event:
    """Begin check-in; the hour rule of the event's day holds from now on. Open is an answer.

    Refuses, in order: EventNotFound, Forbidden, WrongState, EventInPast.
    """
    event = held(session, actor, event_id)
    if event.state is EventState.OPEN:
        return event
    check_state(event.state, EventState.PUBLISHED)
    if event.ends_at <= at:
        raise EventInPast
    rule = hour_rule_in_force(session, event.org_id, clock.local_day(event.starts_at))
    event.hour_rule_id = rule.id
    event.opened_at = at
    event.state = EventState.OPEN
    _note(session, actor, "open", event, at, hour_rule=rule.version)
    return event


def cancel(session: Session, actor: Actor, *, event_id: int, reason: str, at: datetime) -> Event:
    """Call an event off. Cancelled already is an answer.

    Refuses, in order: EventNotFound, Forbidden, WrongState; then what other features have against
    it (SomebodyCame).
    """
    event = held(session, actor, event_id)
    if event.state is EventState.CANCELLED:
        return event
    check_state(event.state, EventState.DRAFT, EventState.PUBLISHED, EventState.OPEN)
    parts.check_cancel(session, event_id)
    event.state = EventState.CANCELLED
    event.cancel_reason = reason
    _note(session, actor, "cancel", event, at)
    return event


def end_event(event: Event, *, at: datetime) -> None:
    """End an event that ``held`` gave; who was there is attendance's to settle.

    Refuses: WrongState.
    """
    check_state(event.state, EventState.OPEN)
    event.state = EventState.CLOSED
    event.closed_at = at


def held(session: Session, actor: Actor, event_id: int, *roles: Role) -> Event:
    """The event, locked, for one who holds a role there: an organiser's, or one of these.

    Refuses, in order: EventNotFound (also for others' drafts), Forbidden.
    """
    event: Event | None = session.execute(
        select(Event).where(col(Event.id) == event_id).with_for_update()
    ).scalar_one_or_none()
    if event is None:
        raise EventNotFound
    if event.state is EventState.DRAFT and not actor.may(*ORGANISERS, org_id=event.org_id):
        raise EventNotFound
    actor.require(*(roles or ORGANISERS), org_id=event.org_id)
    return event


def _lock_organisation(session: Session, org_id: int) -> None:
    """One plan or rule at a time in an organisation: two taps make one draft."""
    session.execute(
        select(col(Organisation.id))
        .where(col(Organisation.id) == org_id)
        .with_for_update(key_share=True)
    )


def _note(
    session: Session, actor: Actor, verb: str, event: Event, at: datetime, **facts: Any
) -> None:
    assert event.id is not None  # noqa: S101 - it is in the table
    audit.record(
        session, actor, f"events.{verb}", ("event", event.id), at=at, org_id=event.org_id, **facts
    )
