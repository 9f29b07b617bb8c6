"""Tables: append-only scans, and attendances folded from them."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Index,
    LargeBinary,
    TextClause,
    UniqueConstraint,
    text,
)
from sqlmodel import Field

from pointsbank.attendance.rules import AttendanceState, LateReason, ScanKind, Verdict
from pointsbank.core.database import Table, append_only, choice, key, reference
from pointsbank.core.encryption import digested, sealed
from pointsbank.hours.rules import Credit, Way

_HELD = text("held_minutes > 0")
_BY_A_DEVICE = text("device_at IS NOT NULL")
_WAITS = text("accepted IS NULL")


def _where(condition: TextClause) -> dict[str, Any]:
    """The options of an index over the rows that meet a condition."""
    return {"sqlite_where": condition, "postgresql_where": condition}


class Scan(Table, table=True):
    """What happened at the door, what was refused there included.

    ``scanned_at`` is the scan's own time, by the server's clock; ``received_at`` when it came. Of a
    device's scan ``device_at`` is what its clock showed and ``offset_ms`` what that was last
    measured to be behind the server's; ``key`` was made by the device before its first try.
    ``member_id`` is None where the code told of nobody; ``post_id`` where it told of no post. Of an
    own phone's scan ``device_mark`` is what ``rules.device_mark`` says of its browser.
    """

    __tablename__ = "scan"
    __table_args__ = (
        # The member first: so the constraint also finds a member's scans.
        UniqueConstraint("member_id", "event_id", "key"),
        # Own phones' scans, of which there are most, are not in it.
        Index("ix_scan_device_key", "event_id", "key", unique=True, **_where(_BY_A_DEVICE)),
    )

    id: int = key()
    event_id: int = reference("event.id")
    member_id: int | None = reference("member.id", optional=True)
    way: Way = Field(sa_type=choice(Way))
    kind: ScanKind = Field(sa_type=choice(ScanKind))
    verdict: Verdict = Field(sa_type=choice(Verdict))
    scanned_at: datetime
    received_at: datetime
    by_kind: str = Field(max_length=10)
    by_id: int
    key: str = Field(max_length=64)
    device_at: datetime | None = None
    offset_ms: int | None = None
    undoes: str | None = Field(default=None, max_length=64)
    since: datetime | None = None
    device_mark: bytes | None = Field(default=None, sa_type=LargeBinary)
    post_id: int | None = reference("post.id", optional=True)


class ScanReason(Table, table=True):
    """Why somebody was checked in by a companion: beside the scan, for free text can be erased."""

    __tablename__ = "scan_reason"

    scan_id: int = reference("scan.id", primary_key=True)
    reason: str = Field(max_length=200)


class LateScan(Table, table=True):
    """A scan that counts only once somebody said so; ``accepted`` is None until then."""

    __tablename__ = "late_scan"
    __table_args__ = (Index("ix_late_scan_waiting", "event_id", **_where(_WAITS)),)

    scan_id: int = reference("scan.id", primary_key=True)
    event_id: int = reference("event.id")
    reason: LateReason = Field(sa_type=choice(LateReason))
    accepted: bool | None = None
    decided_at: datetime | None = None
    decided_by_id: int | None = reference("user.id", optional=True)


class Attendance(Table, table=True):
    """One member at one event: the fold over her scans, its minutes, why not more, its state.

    ``checked_in_at`` is her first coming, ``returned_at`` the last of several, ``checked_out_at``
    her last leaving; ``credit`` is when the rule credits what came in these ways. ``credits``
    counts how often that was done: anew after each correction. ``held_minutes`` are over the day's
    tier and wait for the organisation above.
    """

    __tablename__ = "attendance"
    __table_args__ = (
        UniqueConstraint("event_id", "member_id"),
        Index("ix_attendance_member", "member_id"),
        Index("ix_attendance_held", "event_id", **_where(_HELD)),
        CheckConstraint("minutes >= 0", name="minutes"),
    )

    id: int = key()
    event_id: int = reference("event.id")
    member_id: int = reference("member.id")
    way: Way = Field(sa_type=choice(Way))
    state: AttendanceState = Field(sa_type=choice(AttendanceState))
    checked_in_at: datetime
    returned_at: datetime | None = None
    checked_out_at: datetime | None = None
    pairs: int = 1
    credit: Credit | None = Field(default=None, sa_type=choice(Credit))
    minutes: int | None = None
    held_minutes: int = 0
    why: list[Any] = Field(default_factory=list, sa_type=JSON)
    hour_rule_id: int | None = reference("hour_rule.id", optional=True)
    credited_at: datetime | None = None
    credits: int = 0


class SignInSheet(Table, table=True):
    """A paper sign-in sheet that was printed: numbered within its event, entered once."""

    __tablename__ = "sign_in_sheet"
    __table_args__ = (UniqueConstraint("event_id", "number"), UniqueConstraint("event_id", "key"))

    id: int = key()
    event_id: int = reference("event.id")
    number: int
    line_count: int
    key: str = Field(max_length=60)
    printed_at: datetime
    printed_by_id: int | None = reference("user.id", optional=True)
    entered_at: datetime | None = None
    entered_by_id: int | None = reference("user.id", optional=True)


class SheetLine(Table, table=True):
    """Whose name stands printed on a line of a sheet; the other lines are blank."""

    __tablename__ = "sheet_line"

    sheet_id: int = reference("sign_in_sheet.id", primary_key=True)
    line: int = Field(primary_key=True)
    member_id: int = reference("member.id", index=True)


class WalkIn(Table, table=True):
    """Somebody who came without being registered: name and phone, until she is matched to a member
    or dismissed; then they go.
    """

    __tablename__ = "walk_in"
    __table_args__ = (UniqueConstraint("event_id", "key"),)

    id: int = key()
    event_id: int = reference("event.id")
    key: str = Field(max_length=60)
    name_sealed: bytes | None = sealed(optional=True)
    phone_sealed: bytes | None = sealed(optional=True)
    phone_digest: bytes | None = digested("phone_sealed", "phone", index=True)
    came_at: datetime
    left_at: datetime | None = None
    noted_at: datetime
    member_id: int | None = reference("member.id", optional=True, index=True)
    settled_at: datetime | None = None
    settled_by_id: int | None = reference("user.id", optional=True)


append_only("scan")
