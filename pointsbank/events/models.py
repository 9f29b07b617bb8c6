"""Tables: dated hour rules, events, append-only scans, and attendances folded from them."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field

from pointsbank.core.database import Table, append_only, choice, key, reference
from pointsbank.earning.rules import DeedCategory
from pointsbank.events.rules import (
    AttendanceState,
    Credit,
    EventState,
    HourRule,
    HourTerms,
    Rounding,
    Verdict,
    Way,
)


class HourRuleRow(Table, table=True):
    """One version of an organisation's hour rule, in force until the next one begins."""

    __tablename__ = "hour_rule"
    __table_args__ = (UniqueConstraint("org_id", "version"), UniqueConstraint("org_id", "from_on"))

    id: int | None = key()
    org_id: int = reference("organisation.id")
    version: int
    from_on: date
    rounding: Rounding = Field(sa_type=choice(Rounding))
    least_minutes: int
    most_minutes: int
    early_minutes: int
    late_minutes: int
    repeat_minutes: int
    credit_static: Credit = Field(sa_type=choice(Credit, "credit_static"))
    credit_organiser: Credit = Field(sa_type=choice(Credit, "credit_organiser"))
    credit_roster: Credit = Field(sa_type=choice(Credit, "credit_roster"))

    def frozen(self) -> HourRule:
        terms = HourTerms(**{name: getattr(self, name) for name in HourTerms.__slots__})
        return HourRule(self.id, self.org_id, self.version, self.from_on, terms)


class Event(Table, table=True):
    """An occasion of service that an organisation holds; ``code`` is what its poster shows."""

    __tablename__ = "event"
    __table_args__ = (
        UniqueConstraint("code"),
        UniqueConstraint("created_by", "key"),
        Index("ix_event_org_starts", "org_id", "starts_at"),
        Index("ix_event_starts", "starts_at"),
        CheckConstraint("ends_at > starts_at", name="times"),
        CheckConstraint("capacity > 0", name="capacity"),
    )

    id: int | None = key()
    org_id: int = reference("organisation.id")
    title: str = Field(max_length=60)
    kind: DeedCategory = Field(sa_type=choice(DeedCategory))
    place: str = Field(max_length=100)
    description: str = Field(default="", max_length=2000)
    starts_at: datetime
    ends_at: datetime
    state: EventState = Field(sa_type=choice(EventState))
    code: str = Field(max_length=6)
    capacity: int | None = None
    hour_rule_id: int | None = reference("hour_rule.id", optional=True)
    created_by: int
    key: str = Field(max_length=64)
    created_at: datetime
    opened_at: datetime | None = None
    closed_at: datetime | None = None
    cancel_reason: str = Field(default="", max_length=200)


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
    """One member at one event: the fold over her scans, its minutes, why not more, its state."""

    __tablename__ = "attendance"
    __table_args__ = (
        UniqueConstraint("event_id", "member_id"),
        Index("ix_attendance_member", "member_id"),
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
    why: list[Any] = Field(default_factory=list, sa_type=JSON)
    hour_rule_id: int | None = reference("hour_rule.id", optional=True)
    credited_at: datetime | None = None


append_only("scan")
