"""The one way in which settlement changes hours: through attendance, written down and audited."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlmodel import Session, col

from pointsbank.attendance import operations as attendances
from pointsbank.attendance.models import Attendance
from pointsbank.core import audit
from pointsbank.core.actor import Actor, Role
from pointsbank.events.models import Event
from pointsbank.hours.rules import CutKind
from pointsbank.ledger.rules import InsufficientBalance
from pointsbank.members.queries import own_ids
from pointsbank.settlement.models import HourChange
from pointsbank.settlement.rules import (
    ChangeKind,
    NoSuchAttendance,
    OwnHours,
    PointsSpent,
    activity_minutes,
    check_minutes,
)

_MARKS = {
    ChangeKind.SETTLED: CutKind.SETTLED,
    ChangeKind.CORRECTED: CutKind.CORRECTED,
    ChangeKind.OBJECTION: CutKind.CORRECTED,
    ChangeKind.SUPPLEMENTED: CutKind.SUPPLEMENTED,
}


def held(
    session: Session, actor: Actor, attendance_id: int, *roles: Role
) -> tuple[Event, Attendance]:
    """An attendance and its event, locked, for one who holds such a role there.

    Refuses, in order: NoSuchAttendance, Forbidden, OwnHours.
    """
    found = attendances.locked(session, [attendance_id])
    if not found:
        raise NoSuchAttendance
    event = session.get_one(Event, found[0].event_id)
    actor.require(*roles, org_id=event.org_id)
    check_not_own(session, actor, found[0].member_id)
    return event, found[0]


def check_not_own(session: Session, actor: Actor, member_id: int) -> None:
    """Refuse with OwnHours."""
    if member_id in own_ids(session, actor):
        raise OwnHours


def earlier(session: Session, actor: Actor, key: str) -> list[HourChange]:
    """What this actor changed with this key."""
    rows = session.execute(
        select(HourChange).where(
            col(HourChange.by_kind) == actor.kind,
            col(HourChange.by_id) == actor.id,
            col(HourChange.key) == key,
        )
    )
    return list(rows.scalars())


def change(
    session: Session,
    actor: Actor,
    event: Event,
    found: Sequence[Attendance],
    *,
    wanted: Mapping[int, int],
    kind: ChangeKind,
    reason: str,
    key: str,
    at: datetime,
) -> None:
    """Set the minutes of attendances of one event. Refuses LongerThanActivity, PointsSpent, then as
    the ledger does.
    """
    most = activity_minutes(event.starts_at, event.ends_at)
    for minutes in wanted.values():
        check_minutes(minutes, most)
    rows = [
        _row(actor, one, kind, after=wanted[one.id or 0], reason=reason, key=key, at=at)
        for one in found
    ]
    try:
        attendances.set_minutes(
            session, actor, event, found, wanted=wanted, mark=_MARKS[kind],
            key=ledger_key(actor, key), at=at,
        )  # fmt: skip
    except InsufficientBalance as short:
        raise PointsSpent from short
    write(session, actor, event, rows, at=at)


def ledger_key(actor: Actor, key: str) -> str:
    """A client's key is its own: in the ledger it carries whose it is."""
    return f"hours:{actor.kind}:{actor.id}:{key}"


def approved(
    session: Session, actor: Actor, event: Event, attendance: Attendance,
    *,
    tier: CutKind,
    minutes: int, reason: str, key: str, at: datetime,
) -> None:  # fmt: skip
    """Credit so many minutes of a tier's. Refuses as the ledger does."""
    after = (attendance.minutes or 0) + minutes
    kind = ChangeKind.APPROVED
    row = _row(actor, attendance, kind, after=after, reason=reason, key=key, at=at)
    attendances.approve_held(
        session,
        actor,
        event,
        attendance,
        tier=tier,
        approved=minutes,
        key=ledger_key(actor, key),
        at=at,
    )
    write(session, actor, event, [row], at=at)


def _row(
    actor: Actor, one: Attendance, kind: ChangeKind, *, after: int, reason: str, key: str,
    at: datetime,
) -> dict[str, Any]:  # fmt: skip
    return {
        "attendance_id": one.id,
        "member_id": one.member_id,
        "kind": kind,
        "minutes_before": one.minutes or 0,
        "minutes_after": after,
        "reason": reason,
        "by_kind": actor.kind,
        "by_id": actor.id,
        "at": at,
        "key": key,
    }


def write(
    session: Session, actor: Actor, event: Event, rows: Sequence[dict[str, Any]], *, at: datetime
) -> None:
    """Write the changes down, and one entry of the trail for all of them."""
    session.execute(insert(HourChange), rows)
    audit.record(
        session, actor, f"settlement.{rows[0]['kind'].value}", ("event", event.id or 0), at=at,
        org_id=event.org_id, attendances=[row["attendance_id"] for row in rows],
        before=sum(row["minutes_before"] for row in rows),
        after=sum(row["minutes_after"] for row in rows),
    )  # fmt: skip
