"""The batch form for what is over: finished stays, of a demo or an import."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select
from sqlmodel import Session, col

from pointsbank.attendance.models import Attendance, Scan
from pointsbank.attendance.queries import counted_today
from pointsbank.attendance.rules import AttendanceState, ScanKind, Verdict
from pointsbank.core import audit, clock
from pointsbank.core.actor import Actor
from pointsbank.core.statements import portions
from pointsbank.events.models import Event
from pointsbank.events.rules import ORGANISERS, EventNotFound, EventState, check_span, check_state
from pointsbank.hours.operations import Service, credit
from pointsbank.hours.queries import hour_rules
from pointsbank.hours.rules import (
    MOST_MINUTES,
    STANDING_RULE,
    Stay,
    Way,
    held_minutes,
    hour_rule_ref,
    why_of,
    worth,
)
from pointsbank.orgs.queries import among

ROWS_A_BATCH = 4_000


@dataclass(frozen=True, slots=True)
class PastAttendance:
    """A finished stay at an event."""

    event_id: int
    member_id: int
    checked_in_at: datetime
    checked_out_at: datetime
    way: Way = Way.IMPORTED


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
        check_state(event.state, EventState.OPEN, EventState.CLOSED)
    for row in rows:
        check_span(row.checked_in_at, row.checked_out_at)
    count = sum(
        _record_part(session, actor, part, events, at) for part in portions(rows, ROWS_A_BATCH)
    )
    audit.record(session, actor, "attendance.record_attendances", ("event", 0), at=at, count=count)
    return count


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
    counted = _counted(session, fresh.values(), events, terms)
    attendances = {
        place: _attendance(row, events[row.event_id], terms, counted, at)
        for place, row in fresh.items()
    }
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
    rules = hour_rules(session, [rule_id for rule_id in used if rule_id])
    return {None: STANDING_RULE.terms} | {rule_id: rule.terms for rule_id, rule in rules.items()}


def _counted(
    session: Session,
    rows: Iterable[PastAttendance],
    events: dict[int, Event],
    terms: dict[Any, Any],
) -> dict[tuple[int, date], int]:
    """What members' days count already, where the rule has tiers: by member and day."""
    people: dict[date, set[int]] = {}
    for row in rows:
        event = events[row.event_id]
        if terms[event.hour_rule_id].day_minutes < MOST_MINUTES:
            people.setdefault(clock.local_day(event.starts_at), set()).add(row.member_id)
    return {
        (member_id, on): minutes
        for on, members in people.items()
        for member_id, minutes in counted_today(session, members, on).items()
    }


def _attendance(
    row: PastAttendance, event: Event, terms: dict[Any, Any],
    counted: dict[tuple[int, date], int], at: datetime,
) -> dict[str, Any]:  # fmt: skip
    """The new row; what it counts is added to its day."""
    stay = Stay(row.checked_in_at, row.checked_out_at)
    day = row.member_id, clock.local_day(event.starts_at)
    minutes, cuts = worth(
        [stay], event.starts_at, event.ends_at, terms[event.hour_rule_id],
        counted_today=counted.get(day, 0),
    )  # fmt: skip
    held = held_minutes(cuts)
    counted[day] = counted.get(day, 0) + minutes + held
    return {
        "event_id": row.event_id,
        "member_id": row.member_id,
        "way": row.way,
        "state": AttendanceState.CREDITED if minutes else AttendanceState.NOTHING,
        "checked_in_at": row.checked_in_at,
        "checked_out_at": row.checked_out_at,
        "minutes": minutes,
        "held_minutes": held,
        "pairs": 1,
        "credits": int(bool(minutes)),
        "why": why_of(cuts),
        "hour_rule_id": event.hour_rule_id,
        "credited_at": at if minutes else None,
    }


def _scans(actor: Actor, row: PastAttendance, at: datetime) -> Iterable[dict[str, Any]]:
    for kind, verdict, scanned_at in (
        (ScanKind.IN, Verdict.CHECKED_IN, row.checked_in_at),
        (ScanKind.OUT, Verdict.CHECKED_OUT, row.checked_out_at),
    ):
        yield {
            "event_id": row.event_id,
            "member_id": row.member_id,
            "way": row.way,
            "kind": kind,
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
