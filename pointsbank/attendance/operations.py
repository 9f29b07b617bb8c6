"""The verbs of attendance: end shifts, close an event, confirm its hours.

The verbs at the door are in ``door``, what devices send comes in by ``batch``, finished stays by
``history``; what is settled afterwards is in ``settling``.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlmodel import Session, col

from pointsbank.attendance.batch import Sent, Taken, take_scans, undo_scan
from pointsbank.attendance.door import ScanAnswer, check_in, check_out
from pointsbank.attendance.history import PastAttendance, record_attendances
from pointsbank.attendance.missed import leave_unsettled, missed
from pointsbank.attendance.models import Attendance
from pointsbank.attendance.rules import AttendanceState
from pointsbank.attendance.settling import (
    add_stay,
    approve_held,
    decide_late,
    locked,
    set_minutes,
)
from pointsbank.attendance.sheets import enter_sheet, make_sheet
from pointsbank.attendance.walkins import (
    dismiss_walk_in,
    match_walk_in,
    note_walk_in,
    walk_in_left,
)
from pointsbank.core import audit, clock
from pointsbank.core.actor import Actor
from pointsbank.events import operations as events
from pointsbank.events.models import Event
from pointsbank.events.rules import CONFIRMERS, EventState, check_state
from pointsbank.hours.operations import Service, correct, credit
from pointsbank.hours.rules import hour_rule_ref
from pointsbank.ledger.queries import open_day
from pointsbank.members.queries import own_ids
from pointsbank.orgs.queries import among

__all__ = [
    "Confirmation", "PastAttendance", "ScanAnswer", "Sent", "Taken", "add_stay", "approve_held",
    "check_in", "check_out", "close_event", "confirm", "decide_late", "dismiss_walk_in",
    "end_shifts", "enter_sheet", "locked", "make_sheet", "match_walk_in", "note_walk_in",
    "record_attendances", "set_minutes", "take_scans", "undo_scan", "walk_in_left",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Confirmation:
    """How many people's hours one tap credited, and how many minutes in all."""

    people: int
    minutes: int


def close_event(session: Session, actor: Actor, *, event_id: int, at: datetime) -> Event:
    """End an event: credit what waited for that; who never checked out stands to be settled.

    Closed already is an answer. Refuses, in order: EventNotFound, Forbidden, WrongState; then as
    the ledger does.
    """
    event = events.held(session, actor, event_id)
    if event.state is EventState.CLOSED:
        return event
    events.end_event(event, at=at)
    session.flush()
    unsettled = leave_unsettled(session, _of(event))
    credited = _credit_all(session, actor, event, AttendanceState.AWAITING_CLOSE, at)
    _note(
        session, actor, "close", event, at,
        unsettled=unsettled, credited=credited.people, minutes=credited.minutes,
    )  # fmt: skip
    return event


def end_shifts(session: Session, actor: Actor, *, event_id: int, at: datetime) -> int:
    """Let those whose shift is over and who never checked out stand to be settled; how many.

    A check-out that comes yet is heard, as long as the event's window is open. Refuses:
    EventNotFound, Forbidden.
    """
    event = events.held(session, actor, event_id)
    late = missed(session, at).get(event_id, [])
    unsettled = leave_unsettled(session, among(Attendance.id, late))
    if unsettled:
        _note(session, actor, "end_shifts", event, at, unsettled=unsettled)
    return unsettled


def confirm(session: Session, actor: Actor, *, event_id: int, at: datetime) -> Confirmation:
    """Credit everybody who waits for confirmation, in one batch; nobody waiting is an answer.

    Organisers and reviewers do; their own hours are left for somebody else. Refuses, in order:
    EventNotFound, Forbidden, WrongState (draft, published, cancelled); then as the ledger does.
    """
    event = events.held(session, actor, event_id, *CONFIRMERS)
    check_state(event.state, EventState.OPEN, EventState.CLOSED)
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
        col(Attendance.member_id).not_in(own_ids(session, actor)),
    )
    rows = session.execute(
        select(
            col(Attendance.id), col(Attendance.member_id), col(Attendance.minutes),
            col(Attendance.way), col(Attendance.credits),
        )
        .where(*chosen)
        .order_by(col(Attendance.id))
        .with_for_update()
    ).all()  # fmt: skip
    on, rule = clock.local_day(event.starts_at), hour_rule_ref(event.hour_rule_id)
    dated = open_day(session, on, clock.local_day(at))
    services = {
        row: Service(
            row.id, row.member_id, row.minutes, row.way, event.org_id, event.kind, on, rule
        )
        for row in rows
    }
    fresh = [services[row] for row in rows if not row.credits]
    credit(session, actor, fresh, at=at, effective_on=dated)
    for row in rows:
        if row.credits:  # it was credited before and taken back
            key = f"attendance:{row.id}:{row.credits}"
            correct(session, actor, services[row], key=key, effective_on=dated, at=at)
    session.connection().execute(
        update(Attendance)
        .where(*chosen)
        .values(state=AttendanceState.CREDITED, credited_at=at, credits=col(Attendance.credits) + 1)
    )
    return Confirmation(len(rows), sum(row.minutes for row in rows))


def _of(event: Event) -> Any:
    return col(Attendance.event_id) == event.id


def _note(
    session: Session, actor: Actor, verb: str, event: Event, at: datetime, **facts: Any
) -> None:
    what = f"attendance.{verb}"
    audit.record(session, actor, what, ("event", event.id), at=at, org_id=event.org_id, **facts)
