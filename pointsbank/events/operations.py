"""The verbs of events: plan, copy, change, publish, open, end, cancel.

Those of posts and shifts are in ``posts``, those of series in ``series``, those of templates in
``outlines``; what is over already is entered in ``history``.
"""

from datetime import datetime
from typing import Any, Unpack

from sqlmodel import Session

from pointsbank.core import audit, clock
from pointsbank.core.actor import Actor
from pointsbank.events import parts
from pointsbank.events.content import completed, content_of, is_same
from pointsbank.events.drafts import draft, drafted_before, say_otherwise
from pointsbank.events.history import PastEvent, record_events
from pointsbank.events.models import Event
from pointsbank.events.outlines import plan_from, put_away_template, save_template
from pointsbank.events.posts import (
    add_post,
    add_shift,
    change_post,
    change_shift,
    copy_posts,
    held,
    remove_post,
    remove_shift,
)
from pointsbank.events.rules import (
    LATEST_OPENING,
    ORGANISERS,
    Content,
    EventInPast,
    EventState,
    KeyReused,
    OpenedTooLate,
    check_safe,
    check_state,
    check_times,
    moved,
)
from pointsbank.events.series import change_from, dates, end_series, publish_series, repeat
from pointsbank.events.spreading import arrange_later
from pointsbank.hours.queries import hour_rule_in_force
from pointsbank.orgs.queries import organisation
from pointsbank.orgs.rules import check_open

__all__ = [
    "PastEvent", "add_post", "add_shift", "arrange_later", "cancel", "change", "change_from",
    "change_post", "change_shift", "copy", "dates", "end_event", "end_series", "held", "open_event",
    "plan", "plan_from", "publish", "publish_series", "put_away_template", "record_events",
    "remove_post", "remove_shift", "repeat", "save_template",
]  # fmt: skip


def plan(
    session: Session,
    actor: Actor,
    *,
    org_id: int,
    key: str,
    at: datetime,
    **content: Unpack[Content],
) -> Event:
    """Draft an event of an organisation; ``capacity`` is how many are expected.

    Refuses, in order: KeyReused, NoSuchOrganisation, Forbidden (organiser, secretary),
    OrganisationClosed, EventInPast, TimesImpossible, TooFarAhead; of the place NoSuchOrganisation,
    NotAHouse, OrganisationClosed; PlaceMissing, NoSuchSkill.
    """
    before = drafted_before(session, actor, org_id, key)
    if before:
        if before.org_id != org_id or not is_same(before, content):
            raise KeyReused
        return before
    org = organisation(session, org_id)
    actor.require(*ORGANISERS, org_id=org_id)
    check_open(org.closed_on)
    check_times(content["starts_at"], content["ends_at"], at)
    [event] = draft(session, actor, org_id, [completed(session, content)], keys=[key], at=at)
    _note(session, actor, "plan", event, at)
    return event


def copy(
    session: Session, actor: Actor, *, event_id: int, starts_at: datetime, key: str, at: datetime
) -> Event:
    """Draft an event like another one, with its posts and shifts, beginning at another time.

    Refuses, in order: EventNotFound (also for others' drafts), Forbidden, KeyReused,
    OrganisationClosed, then as ``plan`` from EventInPast on.
    """
    origin = held(session, actor, event_id)
    before = drafted_before(session, actor, origin.org_id, key)
    content = moved(content_of(origin), starts_at)
    if before:
        if before.org_id != origin.org_id or not is_same(before, content):
            raise KeyReused
        return before
    check_open(organisation(session, origin.org_id).closed_on)
    check_times(content["starts_at"], content["ends_at"], at)
    event = draft(session, actor, origin.org_id, [completed(session, content)], keys=[key], at=at)[
        0
    ]
    copy_posts(session, origin.id, origin.starts_at, [event])
    _note(session, actor, "copy", event, at, origin=event_id)
    return event


def change(
    session: Session,
    actor: Actor,
    *,
    event_id: int,
    at: datetime,
    note: str = "",
    **content: Unpack[Content],
) -> Event:
    """Say something else of an event; what is not given becomes empty. Its shifts move along when
    it begins at another time. What is said already is an answer.

    Refuses, in order: EventNotFound, Forbidden; of the place NoSuchOrganisation, NotAHouse,
    OrganisationClosed; PlaceMissing, NoSuchSkill; as ``rules.check_change``; of new times
    EventInPast, TimesImpossible, TooFarAhead, ShiftOutside; PlacesTaken; of what is known already
    RisksMissing, InsuranceMissing.
    """
    event = held(session, actor, event_id)
    say_otherwise(session, actor, [(event, completed(session, content))], note=note, at=at)
    return event


def publish(session: Session, actor: Actor, *, event_id: int, at: datetime) -> Event:
    """Make a draft known; its poster is valid from now on. Published already is an answer.

    Refuses, in order: EventNotFound, Forbidden, WrongState, EventInPast, RisksMissing,
    InsuranceMissing.
    """
    event = held(session, actor, event_id)
    if event.state in (EventState.PUBLISHED, EventState.OPEN):
        return event
    check_state(event.state, EventState.DRAFT)
    if event.ends_at <= at:
        raise EventInPast
    check_safe(content_of(event))
    event.state = EventState.PUBLISHED
    event.published_at = at
    _note(session, actor, "publish", event, at)
    return event


def open_event(session: Session, actor: Actor, *, event_id: int, at: datetime) -> Event:
    """Begin check-in; the hour rule of the event's day holds from now on. Open is an answer.

    Refuses, in order: EventNotFound, Forbidden, WrongState, OpenedTooLate.
    """
    event = held(session, actor, event_id)
    if event.state is EventState.OPEN:
        return event
    check_state(event.state, EventState.PUBLISHED)
    if event.ends_at + LATEST_OPENING <= at:
        raise OpenedTooLate(ends_at=event.ends_at)
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


def _note(
    session: Session, actor: Actor, verb: str, event: Event, at: datetime, **facts: Any
) -> None:
    audit.record(
        session, actor, f"events.{verb}", ("event", event.id), at=at, org_id=event.org_id, **facts
    )
