"""Tables: append-only scans, and attendances folded from them."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field

from pointsbank.attendance.rules import AttendanceState, Verdict
from pointsbank.core.database import Table, append_only, choice, key, reference
from pointsbank.hours.rules import Way

_HELD = text("held_minutes > 0")


class Scan(Table, table=True):
    """What happened at the door: ``scanned_at`` is the scan's own time, ``received_at`` ours."""

    __tablename__ = "scan"
    # The member first: so the constraint also finds a member's scans.
    __table_args__ = (UniqueConstraint("member_id", "event_id", "key"),)

    id: int | None = key()
    event_id: int = reference("event.id")
    member_id: int = reference("member.id")
    way: Way = Field(sa_type=choice(Way))
    verdict: Verdict = Field(sa_type=choice(Verdict))
    scanned_at: datetime
    received_at: datetime
    by_kind: str = Field(max_length=10)
    by_id: int
    key: str = Field(max_length=64)


class Attendance(Table, table=True):
    """One member at one event: the fold over her scans, its minutes, why not more, its state.

    ``held_minutes`` are over the day's tier and wait for the organisation above.
    """

    __tablename__ = "attendance"
    __table_args__ = (
        UniqueConstraint("event_id", "member_id"),
        Index("ix_attendance_member", "member_id"),
        Index("ix_attendance_held", "event_id", sqlite_where=_HELD, postgresql_where=_HELD),
        CheckConstraint("minutes >= 0", name="minutes"),
    )

    id: int | None = key()
    event_id: int = reference("event.id")
    member_id: int = reference("member.id")
    way: Way = Field(sa_type=choice(Way))
    state: AttendanceState = Field(sa_type=choice(AttendanceState))
    checked_in_at: datetime
    checked_out_at: datetime | None = None
    minutes: int | None = None
    held_minutes: int = 0
    why: list[Any] = Field(default_factory=list, sa_type=JSON)
    hour_rule_id: int | None = reference("hour_rule.id", optional=True)
    credited_at: datetime | None = None


append_only("scan")
