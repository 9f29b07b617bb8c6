"""The verbs of events: adopt an hour rule; plan, publish, open, close, cancel; confirm hours.

The verbs at the door are in ``door``, the batch forms for finished events in ``history``.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select, update
from sqlmodel import Session, col

from pointsbank.core import audit, clock
from pointsbank.core.actor import Actor, Role
from pointsbank.earning.rules import DeedCategory
from pointsbank.events import queries
from pointsbank.events.codes import unused_codes
from pointsbank.events.credit import Service, credit
from pointsbank.events.door import ScanAnswer, check_in, check_out
from pointsbank.events.history import (
    PastAttendance,
    PastEvent,
    record_attendances,
    record_events,
)  # fmt: skip
from pointsbank.events.models import Attendance, Event, HourRuleRow
from pointsbank.events.rules import (
    CONFIRMERS,
    ORGANISERS,
    STATE_NAMES,
    AttendanceState,
    Cut,
    CutKind,
    EventInPast,
    EventNotFound,
    EventState,
    HourRule,
    HourRuleBackdated,
    HourTerms,
    KeyReused,
    SomebodyCame,
    WrongState,
    check_hour_terms,
    check_times,
    hour_rule_ref,
    why_of,
)
from pointsbank.orgs.models import Organisation
from pointsbank.orgs.queries import organisation
from pointsbank.orgs.rules import check_open

__all__ = [
    "Confirmation", "PastAttendance", "PastEvent", "ScanAnswer", "adopt_hour_rule", "cancel",
    "check_in", "check_out", "close_event", "confirm", "open_event", "plan", "publish",
    "record_attendances", "record_events",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Confirmation:
    """How many people's hours one tap credited, and how many minutes in all."""

    people: int
    minutes: int


def adopt_hour_rule(
    session: Session, actor: Actor, *, org_id: int, from_on: date, terms: HourTerms, at: datetime
) -> HourRule:
    """Put a new version of an organisation's hour rule into force from a day.

    A repeat with the same day and terms is an answer. Refuses, in order: NoSuchOrganisation,
    Forbidden (secretary), HourRuleBackdated (before today, unless the system does it, or not
    after the version before), HourTermsOutOfRange.
    """
    _lock_organisation(session, org_id)
    latest = queries.latest_hour_rule(session, org_id)
    if latest and (latest.from_on, latest.terms) == (from_on, terms):
        return latest
    organisation(session, org_id)
    actor.require(Role.SECRETARY, org_id=org_id)
    if actor.kind != "system" and from_on < clock.local_day(at):
        raise HourRuleBackdated(from_on=clock.local_day(at))
    if latest and from_on <= latest.from_on:
        raise HourRuleBackdated(from_on=latest.from_on)
    check_hour_terms(terms)
    row = HourRuleRow(
        org_id=org_id,
        version=latest.version + 1 if latest else 1,
        from_on=from_on,
        **{name: getattr(terms, name) for name in HourTerms.__slots__},
    )
    session.add(row)
    session.flush()
    rule = row.frozen()
    audit.record(
        session, actor, "events.adopt_hour_rule", ("hour_rule", rule.id or 0), at=at,
        org_id=org_id, version=rule.version, from_on=from_on,
    )  # fmt: skip
    return rule


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
    event = _held(session, actor, event_id)
    if event.state in (EventState.PUBLISHED, EventState.OPEN):
        return event
    _check_state(event, EventState.DRAFT)
    if event.ends_at <= at:
        raise EventInPast
    event.state = EventState.PUBLISHED
    _note(session, actor, "publish", event, at)
    return event


def open_event(session: Session, actor: Actor, *, event_id: int, at: datetime) -> Event:
    """Begin check-in; the hour rule of the event's day holds from now on. Open is an answer.

    Refuses, in order: EventNotFound, Forbidden, WrongState, EventInPast.
    """
    event = _held(session, actor, event_id)
    if event.state is EventState.OPEN:
        return event
    _check_state(event, EventState.PUBLISHED)
    if event.ends_at <= at:
        raise EventInPast
    rule = queries.hour_rule_in_force(session, event.org_id, clock.local_day(event.starts_at))
    event.hour_rule_id = rule.id
    event.opened_at = at
    event.state = EventState.OPEN
    _note(session, actor, "open", event, at, hour_rule=rule.version)
    return event


def close_event(session: Session, actor: Actor, *, event_id: int, at: datetime) -> Event:
    """End an event: credit what waited for that; who never checked out stands to be settled.

    Closed already is an answer. Refuses, in order: EventNotFound, Forbidden, WrongState; then as
    the ledger does.
    """
    event = _held(session, actor, event_id)
    if event.state is EventState.CLOSED:
        return event
    _check_state(event, EventState.OPEN)
    event.state = EventState.CLOSED
    event.closed_at = at
    session.flush()
    unsettled = session.connection().execute(
        update(Attendance)
        .where(_of(event), col(Attendance.state) == AttendanceState.PRESENT)
        .values(state=AttendanceState.UNSETTLED, why=why_of([Cut(CutKind.NOT_CHECKED_OUT)]))
    )
    credited = _credit_all(session, actor, event, AttendanceState.AWAITING_CLOSE, at)
    _note(
        session, actor, "close", event, at,
        unsettled=unsettled.rowcount, credited=credited.people, minutes=credited.minutes,
    )  # fmt: skip
    return event


def cancel(session: Session, actor: Actor, *, event_id: int, reason: str, at: datetime) -> Event:
    """Call an event off before anybody came. Cancelled already is an answer.

    Refuses, in order: EventNotFound, Forbidden, WrongState, SomebodyCame.
    """
    event = _held(session, actor, event_id)
    if event.state is EventState.CANCELLED:
        return event
    _check_state(event, EventState.DRAFT, EventState.PUBLISHED, EventState.OPEN)
    came = queries.counts(session, event_id).came
    if came:
        raise SomebodyCame(count=came)
    event.state = EventState.CANCELLED
    event.cancel_reason = reason
    _note(session, actor, "cancel", event, at)
    return event


def confirm(session: Session, actor: Actor, *, event_id: int, at: datetime) -> Confirmation:
    """Credit everybody who waits for confirmation, in one batch; nobody waiting is an answer.

    Organisers and reviewers do; their own hours are left for somebody else. Refuses, in order:
    EventNotFound, Forbidden, WrongState (draft, published, cancelled); then as the ledger does.
    """
    event = _held(session, actor, event_id, *CONFIRMERS)
    _check_state(event, EventState.OPEN, EventState.CLOSED)
    credited = _credit_all(session, actor, event, AttendanceState.TO_CONFIRM, at)
    if credited.people:
        _note(
            session, actor, "confirm", event, at,
            people=credited.people, minutes=credited.minutes,
        )  # fmt: skip
    return credited


def _credit_all(
    session: Session, actor: Actor, event: Event, waiting: AttendanceState, at: datetime
) -> Confirmation:
    """Credit everybody of an event who is in this state, but for the actor herself."""
    chosen = (
        _of(event),
        col(Attendance.state) == waiting,
        col(Attendance.member_id) != (actor.member_id or 0),
    )
    rows = session.execute(
        select(
            col(Attendance.id), col(Attendance.member_id), col(Attendance.minutes),
            col(Attendance.way),
        )
        .where(*chosen)
        .order_by(col(Attendance.id))
        .with_for_update()
    ).all()  # fmt: skip
    on, rule = clock.local_day(event.starts_at), hour_rule_ref(event.hour_rule_id)
    services = [
        Service(row.id, row.member_id, row.minutes, row.way, event.org_id, event.kind, on, rule)
        for row in rows
    ]
    credit(session, actor, services, at=at)
    session.connection().execute(
        update(Attendance).where(*chosen).values(state=AttendanceState.CREDITED, credited_at=at)
    )
    return Confirmation(len(services), sum(service.minutes for service in services))


def _of(event: Event) -> Any:
    return col(Attendance.event_id) == event.id


def _held(session: Session, actor: Actor, event_id: int, *roles: Role) -> Event:
    """The event, locked, for one who holds a role there: an organiser's, or one of these."""
    event: Event | None = session.execute(
        select(Event).where(col(Event.id) == event_id).with_for_update()
    ).scalar_one_or_none()
    if event is None:
        raise EventNotFound
    if event.state is EventState.DRAFT and not actor.may(*ORGANISERS, org_id=event.org_id):
        raise EventNotFound
    actor.require(*(roles or ORGANISERS), org_id=event.org_id)
    return event


def _check_state(event: Event, *fitting: EventState) -> None:
    if event.state not in fitting:
        raise WrongState(state=STATE_NAMES[event.state])


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
