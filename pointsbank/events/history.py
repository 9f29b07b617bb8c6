"""The batch forms for what is over: finished events and stays, of a demo or an import."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlmodel import Session, col

from pointsbank.core import audit, clock
from pointsbank.core.actor import Actor
from pointsbank.earning.rules import DeedCategory
from pointsbank.events import queries
from pointsbank.events.codes import unused_codes
from pointsbank.events.credit import Service, credit
from pointsbank.events.models import Attendance, Event, Scan
from pointsbank.events.rules import (
    ORGANISERS,
    STATE_NAMES,
    AttendanceState,
    EventNotFound,
    EventState,
    Stay,
    Verdict,
    Way,
    WrongState,
    check_span,
    hour_rule_ref,
    why_of,
    worth,
)  # fmt: skip
from pointsbank.orgs.queries import among, organisations
from pointsbank.orgs.rules import NoSuchOrganisation

ROWS_A_BATCH = 4_000


@dataclass(frozen=True, slots=True)
class PastEvent:
    """A finished event; its organisation, title, place and times together name it."""

    org_id: int
    title: str
    kind: DeedCategory
    place: str
    starts_at: datetime
    ends_at: datetime
    description: str = ""
    capacity: int | None = None

    @property
    def key(self) -> str:
        named = (self.org_id, self.title, self.place, self.starts_at, self.ends_at)
        return "past:" + hashlib.sha256(repr(named).encode()).hexdigest()[:40]


@dataclass(frozen=True, slots=True)
class PastAttendance:
    """A finished stay at an event."""

    event_id: int
    member_id: int
    checked_in_at: datetime
    checked_out_at: datetime
    way: Way = Way.IMPORTED


def record_events(
    session: Session, actor: Actor, rows: Sequence[PastEvent], *, at: datetime
) -> list[int]:
    """Enter finished events; their ids, in the order of the rows. A repeated row is an answer.

    Refuses, in order: NoSuchOrganisation, Forbidden (organiser, secretary), TimesImpossible.
    """
    org_ids = {row.org_id for row in rows}
    if org_ids - organisations(session, org_ids).keys():
        raise NoSuchOrganisation
    for org_id in org_ids:
        actor.require(*ORGANISERS, org_id=org_id)
    for row in rows:
        check_span(row.starts_at, row.ends_at)
    ids: dict[str, int] = {}
    for part in _parts(rows):
        keys = [row.key for row in part]
        known = _ids_by_key(session, actor, keys)
        fresh = {row.key: row for row in part if row.key not in known}
        if fresh:
            _insert_events(session, actor, fresh, at)
        ids |= _ids_by_key(session, actor, keys)
    audit.record(session, actor, "events.record_events", ("event", 0), at=at, count=len(rows))
    return [ids[row.key] for row in rows]


def record_attendances(
    session: Session, actor: Actor, rows: Sequence[PastAttendance], *, at: datetime
) -> int:
    """Enter finished stays with their scans, and credit them; how many were new.

    A member's stay at an event that is recorded already is left as it is. Refuses, in order:
    EventNotFound, Forbidden (organiser, secretary), WrongState (neither open nor closed),
    TimesImpossible; then as the ledger does.
    """
    events = _events(session, {row.event_id for row in rows})
    if {row.event_id for row in rows} - events.keys():
        raise EventNotFound
    for event in events.values():
        actor.require(*ORGANISERS, org_id=event.org_id)
    for event in events.values():
        if event.state not in (EventState.OPEN, EventState.CLOSED):
            raise WrongState(state=STATE_NAMES[event.state])
    for row in rows:
        check_span(row.checked_in_at, row.checked_out_at)
    count = sum(_record_part(session, actor, part, events, at) for part in _parts(rows))
    audit.record(session, actor, "events.record_attendances", ("event", 0), at=at, count=count)
    return count


def _parts(rows: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (rows[i : i + ROWS_A_BATCH] for i in range(0, len(rows), ROWS_A_BATCH))


def _ids_by_key(session: Session, actor: Actor, keys: Sequence[str]) -> dict[str, int]:
    found = session.execute(
        select(col(Event.key), col(Event.id)).where(
            col(Event.created_by) == actor.id, col(Event.key).in_(keys)
        )
    )
    return {key: event_id for key, event_id in found if event_id is not None}


def _insert_events(
    session: Session, actor: Actor, fresh: dict[str, PastEvent], at: datetime
) -> None:
    days = {key: (row.org_id, clock.local_day(row.starts_at)) for key, row in fresh.items()}
    rules = queries.hour_rules_in_force(session, list(days.values()))
    codes = unused_codes(session, len(fresh))
    new = [
        {
            "org_id": row.org_id,
            "title": row.title,
            "kind": row.kind,
            "place": row.place,
            "description": row.description,
            "starts_at": row.starts_at,
            "ends_at": row.ends_at,
            "state": EventState.CLOSED,
            "code": code,
            "capacity": row.capacity,
            "hour_rule_id": rules[days[key]].id,
            "created_by": actor.id,
            "key": key,
            "created_at": at,
            "opened_at": row.starts_at,
            "closed_at": row.ends_at,
            "cancel_reason": "",
        }
        for (key, row), code in zip(fresh.items(), codes, strict=True)
    ]
    session.connection().execute(insert(Event), new)


def _events(session: Session, event_ids: Iterable[int]) -> dict[int, Event]:
    rows = session.execute(select(Event).where(among(Event.id, event_ids))).scalars()
    return {event.id: event for event in rows if event.id is not None}


def _record_part(
    session: Session, actor: Actor, part: Sequence[PastAttendance], events: dict[int, Event],
    at: datetime,
) -> int:  # fmt: skip
    touched = {row.event_id for row in part}
    known = _attendance_ids(session, touched).keys()
    fresh = {
        (row.event_id, row.member_id): row
        for row in part
        if (row.event_id, row.member_id) not in known
    }
    if not fresh:
        return 0
    terms = _terms(session, events, touched)
    attendances = {place: _attendance(row, events, terms, at) for place, row in fresh.items()}
    run = session.connection().execute
    run(insert(Attendance), list(attendances.values()))
    run(insert(Scan), [scan for row in fresh.values() for scan in _scans(actor, row, at)])
    ids = _attendance_ids(session, touched)
    services = [
        _service(ids[place], row, events[place[0]])
        for place, row in attendances.items()
        if row["minutes"]
    ]
    credit(session, actor, services, at=at)
    return len(fresh)


def _attendance_ids(session: Session, event_ids: Iterable[int]) -> dict[tuple[int, int], int]:
    found = session.execute(
        select(col(Attendance.event_id), col(Attendance.member_id), col(Attendance.id)).where(
            among(Attendance.event_id, event_ids)
        )
    )
    return {(event_id, member_id): attendance_id for event_id, member_id, attendance_id in found}


def _terms(session: Session, events: dict[int, Event], touched: Iterable[int]) -> dict[Any, Any]:
    used = {events[event_id].hour_rule_id for event_id in touched}
    return {rule_id: queries.hour_rule(session, rule_id).terms for rule_id in used}


def _attendance(
    row: PastAttendance, events: dict[int, Event], terms: dict[Any, Any], at: datetime
) -> dict[str, Any]:
    event = events[row.event_id]
    stay = Stay(row.checked_in_at, row.checked_out_at)
    minutes, cuts = worth(stay, event.starts_at, event.ends_at, terms[event.hour_rule_id])
    return {
        "event_id": row.event_id,
        "member_id": row.member_id,
        "way": row.way,
        "state": AttendanceState.CREDITED if minutes else AttendanceState.NOTHING,
        "checked_in_at": row.checked_in_at,
        "checked_out_at": row.checked_out_at,
        "minutes": minutes,
        "why": why_of(cuts),
        "hour_rule_id": event.hour_rule_id,
        "credited_at": at if minutes else None,
    }


def _scans(actor: Actor, row: PastAttendance, at: datetime) -> Iterable[dict[str, Any]]:
    for verdict, scanned_at in (
        (Verdict.CHECKED_IN, row.checked_in_at),
        (Verdict.CHECKED_OUT, row.checked_out_at),
    ):
        yield {
            "event_id": row.event_id,
            "member_id": row.member_id,
            "way": row.way,
            "verdict": verdict,
            "scanned_at": scanned_at,
            "received_at": at,
            "by_kind": actor.kind,
            "by_id": actor.id,
            "key": f"past:{verdict.value}",
        }


def _service(attendance_id: int, row: dict[str, Any], event: Event) -> Service:
    return Service(
        attendance_id, row["member_id"], row["minutes"], row["way"], event.org_id, event.kind,
        clock.local_day(event.starts_at), hour_rule_ref(event.hour_rule_id),
    )  # fmt: skip
