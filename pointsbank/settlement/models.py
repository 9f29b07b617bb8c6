"""Tables: what changed hours after the door, objections, supplements with their evidence."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field

from pointsbank.core.database import Table, changes_only, choice, key, reference
from pointsbank.core.encryption import sealed
from pointsbank.settlement.rules import LONGEST_TEXT, AnswerState, ChangeKind, FindingKind

_OPEN = text("state = 'open'")


class HourChange(Table, table=True):
    """One setting of an attendance's minutes, by whom and why; ``reason`` can be erased."""

    __tablename__ = "hour_change"
    __table_args__ = (
        UniqueConstraint("by_kind", "by_id", "key", "attendance_id"),
        Index("ix_hour_change_attendance_id", "attendance_id"),
        Index("ix_hour_change_member_id", "member_id"),
        CheckConstraint("minutes_before >= 0 AND minutes_after >= 0", name="minutes"),
    )

    id: int = key()
    attendance_id: int = reference("attendance.id")
    member_id: int = reference("member.id")
    kind: ChangeKind = Field(sa_type=choice(ChangeKind))
    minutes_before: int
    minutes_after: int
    reason: str = Field(default="", max_length=LONGEST_TEXT)
    by_kind: str = Field(max_length=10)
    by_id: int
    at: datetime
    key: str = Field(max_length=64)


class Objection(Table, table=True):
    """A volunteer's word against the minutes of one of her attendances, and its answer."""

    __tablename__ = "objection"
    __table_args__ = (
        UniqueConstraint("member_id", "key"),
        Index(
            "uq_objection_open", "attendance_id", unique=True,
            sqlite_where=_OPEN, postgresql_where=_OPEN,
        ),
        Index("ix_objection_attendance_id", "attendance_id"),
    )  # fmt: skip

    id: int = key()
    attendance_id: int = reference("attendance.id")
    member_id: int = reference("member.id")
    text: str = Field(max_length=LONGEST_TEXT)
    wanted_minutes: int | None = None
    state: AnswerState = Field(sa_type=choice(AnswerState))
    made_at: datetime
    key: str = Field(max_length=64)
    answer: str = Field(default="", max_length=LONGEST_TEXT)
    answered_at: datetime | None = None
    by_kind: str = Field(default="", max_length=10)
    by_id: int = 0


class Supplement(Table, table=True):
    """Hours that no scan recorded, asked for with evidence, decided on by a second person."""

    __tablename__ = "supplement"
    __table_args__ = (
        UniqueConstraint("asked_by_kind", "asked_by_id", "key"),
        Index(
            "uq_supplement_open", "event_id", "member_id", unique=True,
            sqlite_where=_OPEN, postgresql_where=_OPEN,
        ),
        Index("ix_supplement_member_id", "member_id"),
        CheckConstraint("left_at > came_at", name="times"),
    )  # fmt: skip

    id: int = key()
    event_id: int = reference("event.id")
    member_id: int = reference("member.id")
    came_at: datetime
    left_at: datetime
    text: str = Field(max_length=LONGEST_TEXT)
    state: AnswerState = Field(sa_type=choice(AnswerState))
    asked_by_kind: str = Field(max_length=10)
    asked_by_id: int
    asked_at: datetime
    key: str = Field(max_length=64)
    answer: str = Field(default="", max_length=LONGEST_TEXT)
    answered_at: datetime | None = None
    by_kind: str = Field(default="", max_length=10)
    by_id: int = 0
    attendance_id: int | None = reference("attendance.id", optional=True)


class Evidence(Table, table=True):
    """A picture of a supplement, made anew without what the camera wrote into it, and sealed."""

    __tablename__ = "evidence"

    id: int = key()
    supplement_id: int = reference("supplement.id", index=True)
    image_sealed: bytes = sealed()


class ReviewWord(Table, table=True):
    """A reviewer's word on something that stood on the review list; ``subject`` names it by ids."""

    __tablename__ = "review_word"
    __table_args__ = (UniqueConstraint("kind", "subject"),)

    id: int = key()
    kind: FindingKind = Field(sa_type=choice(FindingKind))
    subject: str = Field(max_length=80)
    event_id: int = reference("event.id", index=True)
    member_id: int = reference("member.id", index=True)
    word: str = Field(max_length=LONGEST_TEXT)
    by_kind: str = Field(max_length=10)
    by_id: int
    at: datetime


class PaperRating(Table, table=True):
    """How many of those served gave an event so many marks on paper."""

    __tablename__ = "paper_rating"
    __table_args__ = (
        UniqueConstraint("event_id", "marks"),
        CheckConstraint("marks BETWEEN 1 AND 5", name="marks"),
        CheckConstraint("number >= 0", name="number"),
    )

    id: int = key()
    event_id: int = reference("event.id")
    marks: int
    number: int


class RatingCode(Table, table=True):
    """A printed code with which somebody served rates an event once; it says nothing of her."""

    __tablename__ = "rating_code"
    __table_args__ = (
        UniqueConstraint("code"),
        CheckConstraint("marks BETWEEN 1 AND 5", name="marks"),
    )

    id: int = key()
    event_id: int = reference("event.id", index=True)
    code: str = Field(max_length=12)
    marks: int | None = None
    rated_at: datetime | None = None


changes_only("hour_change", "reason")
