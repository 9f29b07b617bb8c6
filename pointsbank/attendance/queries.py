"""What is looked up about scans and attendances."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, case, func, select
from sqlmodel import Session, col

from pointsbank.attendance.models import Attendance, Scan
from pointsbank.attendance.rules import AttendanceState, ScanFact
from pointsbank.events.models import Event
from pointsbank.ledger.queries import clips_of
from pointsbank.ledger.rules import Clip
from pointsbank.members.models import Member
from pointsbank.orgs.queries import among


@dataclass(frozen=True, slots=True)
class Counts:
    """How many people are in which state of an event's attendance; ``came`` is all of them."""

    came: int = 0
    present: int = 0
    to_confirm: int = 0
    credited: int = 0
    minutes_to_confirm: int = 0


def scans_of(session: Session, event_id: int, member_id: int) -> list[ScanFact]:
    """One member's scans at one event, in the order of recording."""
    rows = session.execute(
        select(col(Scan.scanned_at), col(Scan.id), col(Scan.verdict))
        .where(col(Scan.event_id) == event_id, col(Scan.member_id) == member_id)
        .order_by(col(Scan.id))
    )
    return [ScanFact(*row) for row in rows]


def attendance_of(session: Session, event_id: int, member_id: int | None) -> Attendance | None:
    """A member's attendance at an event, if she came."""
    return session.execute(
        select(Attendance).where(
            col(Attendance.event_id) == event_id, col(Attendance.member_id) == member_id
        )
    ).scalar_one_or_none()


def why(session: Session, attendance_id: int | None) -> list[Any]:
    """The stored reasons for which an attendance counts no more minutes."""
    asked = select(col(Attendance.why)).where(col(Attendance.id) == attendance_id)
    return list(session.execute(asked).scalar_one_or_none() or [])


def clips(session: Session, attendance_ids: Sequence[int | None]) -> dict[int | None, list[Clip]]:
    """What caps took of the points of each of these attendances."""
    known = [attendance_id for attendance_id in attendance_ids if attendance_id is not None]
    found = clips_of(session, "attendance", known) if known else {}
    return {attendance_id: found.get(attendance_id or 0, []) for attendance_id in attendance_ids}


def attendances(
    session: Session, event_id: int, *, most: int = 500
) -> list[Row[Attendance, str, str]]:
    """(attendance, name, phone's last four) of an event, the last to come first."""
    return list(
        session.execute(
            select(Attendance, col(Member.name), col(Member.phone_tail))
            .join(Member, col(Member.id) == col(Attendance.member_id))
            .where(col(Attendance.event_id) == event_id)
            .order_by(col(Attendance.checked_in_at).desc(), col(Attendance.id).desc())
            .limit(most)
        )
    )


def waiting(session: Session, event_ids: Collection[int]) -> dict[int, int]:
    """How many people wait for confirmation, by event; no event without any."""
    found = session.execute(
        select(col(Attendance.event_id), func.count())
        .where(
            among(Attendance.event_id, event_ids),
            col(Attendance.state) == AttendanceState.TO_CONFIRM,
        )
        .group_by(col(Attendance.event_id))
    )
    return dict(found.all())


def counts(session: Session, event_id: int) -> Counts:
    """How many came to an event and where their hours stand."""
    waiting = col(Attendance.state) == AttendanceState.TO_CONFIRM
    row = session.execute(
        select(
            func.count(),
            _number_in(AttendanceState.PRESENT),
            _number_in(AttendanceState.TO_CONFIRM),
            _number_in(AttendanceState.CREDITED),
            func.coalesce(func.sum(case((waiting, col(Attendance.minutes)), else_=0)), 0),
        ).where(col(Attendance.event_id) == event_id)
    ).one()
    return Counts(*(int(number) for number in row))


def _number_in(state: AttendanceState) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((col(Attendance.state) == state, 1), else_=0)), 0)


def attended(
    session: Session, attendance_ids: Sequence[int]
) -> list[Row[int, int, str, str, datetime, datetime | None]]:
    """(attendance id, event id, title, place, checked in, checked out) of these attendances."""
    return list(
        session.execute(
            select(
                col(Attendance.id),
                col(Event.id),
                col(Event.title),
                col(Event.place),
                col(Attendance.checked_in_at),
                col(Attendance.checked_out_at),
            )
            .join(Event, col(Event.id) == col(Attendance.event_id))
            .where(among(Attendance.id, attendance_ids))
        )
    )


def activities_by_member(
    session: Session, since: datetime, until: datetime, scope: Select[tuple[int]]
) -> list[Row[int, int]]:
    """(member, number of events) credited, of events that began in the half-open span."""
    return list(
        session.execute(
            select(col(Attendance.member_id), func.count())
            .join(Event, col(Event.id) == col(Attendance.event_id))
            .where(
                col(Attendance.state) == AttendanceState.CREDITED,
                col(Event.starts_at) >= since,
                col(Event.starts_at) < until,
                col(Attendance.member_id).in_(scope),
            )
            .group_by(col(Attendance.member_id))
        )
    )
