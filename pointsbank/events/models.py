"""Tables: events, their posts and shifts."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field

from pointsbank.core.database import Table, choice, key, reference
from pointsbank.earning.rules import DeedCategory
from pointsbank.events.rules import EventState


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


class Post(Table, table=True):
    """A job at an event that people sign up for: how many it takes, and what it asks of them."""

    __tablename__ = "post"
    __table_args__ = (
        Index("ix_post_event_id", "event_id"),
        CheckConstraint("capacity > 0", name="capacity"),
        CheckConstraint("least_age > 0", name="least_age"),
    )

    id: int | None = key()
    event_id: int = reference("event.id")
    name: str = Field(max_length=40)
    duties: str = Field(default="", max_length=500)
    capacity: int | None = None
    skill: str = Field(default="", max_length=40)
    least_age: int | None = None
    place: str = Field(default="", max_length=100)


class Shift(Table, table=True):
    """A stretch of an event's time, of one post or of the whole event: how many it takes."""

    __tablename__ = "shift"
    __table_args__ = (
        Index("ix_shift_event_id", "event_id"),
        Index("ix_shift_post_id", "post_id"),
        CheckConstraint("ends_at > starts_at", name="times"),
        CheckConstraint("capacity > 0", name="capacity"),
    )

    id: int | None = key()
    event_id: int = reference("event.id")
    post_id: int | None = reference("post.id", optional=True)
    starts_at: datetime
    ends_at: datetime
    capacity: int | None = None
