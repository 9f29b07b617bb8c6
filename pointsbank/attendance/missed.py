"""Missed check-outs: who is still noted as present though her shift is over."""

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case, func, select, update
from sqlmodel import Session, col

from pointsbank.attendance.models import Attendance
from pointsbank.attendance.rules import AttendanceState
from pointsbank.core.database import rows_changed
from pointsbank.events.models import Event
from pointsbank.events.rules import EventState
from pointsbank.hours.rules import Cut, CutKind, why_of
from pointsbank.signups.queries import shift_end

AT_THE_EXIT = timedelta(minutes=15)
"""How long after a shift's end people stand in the queue to check out."""


def missed(session: Session, at: datetime) -> dict[int, list[int]]:
    """The attendances without a check-out whose shift was over ``AT_THE_EXIT`` ago, by open event.

    It is her last shift, or the whole event for whom it tells nothing: she signed up for none, or
    came after it.
    """
    came = func.coalesce(col(Attendance.returned_at), col(Attendance.checked_in_at))
    shift = shift_end(col(Attendance.event_id), col(Attendance.member_id))
    over = case((shift > came, shift), else_=col(Event.ends_at))
    rows = session.execute(
        select(col(Attendance.event_id), col(Attendance.id))
        .join(Event, col(Event.id) == col(Attendance.event_id))
        .where(
            col(Event.state) == EventState.OPEN,
            col(Event.starts_at) < at,
            col(Attendance.state) == AttendanceState.PRESENT,
            over <= at - AT_THE_EXIT,
        )
        .order_by(col(Attendance.id))
    )
    found: defaultdict[int, list[int]] = defaultdict(list)
    for event_id, attendance_id in rows:
        found[event_id].append(attendance_id)
    return found


def leave_unsettled(session: Session, *which: Any) -> int:
    """Let those of these attendances that are still open stand to be settled; how many they are."""
    changed = session.connection().execute(
        update(Attendance)
        .where(*which, col(Attendance.state) == AttendanceState.PRESENT)
        .values(state=AttendanceState.UNSETTLED, why=why_of([Cut(CutKind.NOT_CHECKED_OUT)]))
    )
    return rows_changed(changed)
