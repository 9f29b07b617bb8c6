"""Tables: events, their posts and shifts, what was changed of them; series and templates."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field

from pointsbank.core.database import Table, append_only, choice, key, reference
from pointsbank.core.encryption import sealed
from pointsbank.earning.rules import DeedCategory
from pointsbank.events.rules import EventState


class EventSeries(Table, table=True):
    """The rule by which events like one another are held: on these days of the week (1 Monday to 7
    Sunday), at these times of the day ("06:30"), between two days, but on some.
    """

    __tablename__ = "event_series"
    __table_args__ = (
        UniqueConstraint("created_by", "key"),
        Index("ix_event_series_org_id", "org_id"),
        CheckConstraint("from_on <= until_on", name="period"),
    )

    id: int = key()
    org_id: int = reference("organisation.id")
    weekdays: list[int] = Field(default_factory=list, sa_type=JSON)
    begins: list[str] = Field(default_factory=list, sa_type=JSON)
    from_on: date
    until_on: date
    but: list[str] = Field(default_factory=list, sa_type=JSON)
    created_by: int
    key: str = Field(max_length=64)
    created_at: datetime
    ended_at: datetime | None = None


class EventTemplate(Table, table=True):
    """What an organisation's new events begin with: content without times and names, length, posts
    and shifts (see ``templates``). One that is no longer used is kept, with the day it was put
    away.
    """

    __tablename__ = "event_template"
    __table_args__ = (
        UniqueConstraint("created_by", "key"),
        Index("ix_event_template_org_id", "org_id"),
        CheckConstraint("length_minutes > 0", name="length"),
    )

    id: int = key()
    org_id: int = reference("organisation.id")
    name: str = Field(max_length=40)
    length_minutes: int
    content: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    posts: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    created_by: int
    key: str = Field(max_length=64)
    created_at: datetime
    put_away_at: datetime | None = None


class Event(Table, table=True):
    """An occasion of service that an organisation holds; ``code`` is what its poster shows.

    ``published_at`` is None as long as nobody knows of it but who organises there, a draft called
    off included. With ``place_id`` the place is a station or partner of the register, and
    ``place`` its name. The names of the person in charge and of the recorder are sealed.
    """

    __tablename__ = "event"
    __table_args__ = (
        UniqueConstraint("code"),
        UniqueConstraint("created_by", "key"),
        Index("ix_event_org_starts", "org_id", "starts_at"),
        Index("ix_event_starts", "starts_at"),
        Index("ix_event_place_id", "place_id"),
        Index("ix_event_series_id_starts", "series_id", "starts_at"),
        CheckConstraint("ends_at > starts_at", name="times"),
        CheckConstraint("capacity > 0", name="capacity"),
        CheckConstraint("least_age > 0", name="least_age"),
    )

    id: int = key()
    org_id: int = reference("organisation.id")
    title: str = Field(max_length=60)
    kind: DeedCategory = Field(sa_type=choice(DeedCategory))
    place: str = Field(max_length=100)
    place_id: int | None = reference("organisation.id", optional=True)
    description: str = Field(default="", max_length=2000)
    served: str = Field(default="", max_length=60)
    dangerous: bool = False
    risks: str = Field(default="", max_length=500)
    insurance: str = Field(default="", max_length=100)
    skill: str = Field(default="", max_length=40)
    least_age: int | None = None
    in_charge_sealed: bytes | None = sealed(optional=True)
    recorder_sealed: bytes | None = sealed(optional=True)
    starts_at: datetime
    ends_at: datetime
    state: EventState = Field(sa_type=choice(EventState))
    code: str = Field(max_length=6)
    capacity: int | None = None
    series_id: int | None = reference("event_series.id", optional=True)
    hour_rule_id: int | None = reference("hour_rule.id", optional=True)
    created_by: int
    key: str = Field(max_length=64)
    created_at: datetime
    published_at: datetime | None = None
    opened_at: datetime | None = None
    closed_at: datetime | None = None
    cancel_reason: str = Field(default="", max_length=200)


class Post(Table, table=True):
    """A job at an event that people sign up for: how many it takes in all its shifts together
    (none: as many as come), and what it asks of them besides what the event asks.
    """

    __tablename__ = "post"
    __table_args__ = (
        Index("ix_post_event_id", "event_id"),
        CheckConstraint("capacity > 0", name="capacity"),
        CheckConstraint("least_age > 0", name="least_age"),
    )

    id: int = key()
    event_id: int = reference("event.id")
    name: str = Field(max_length=40)
    duties: str = Field(default="", max_length=500)
    capacity: int | None = None
    skill: str = Field(default="", max_length=40)
    least_age: int | None = None
    place: str = Field(default="", max_length=100)


class Shift(Table, table=True):
    """A stretch of an event's time, of one post or of the whole event: how many it takes (none: as
    many as its post).
    """

    __tablename__ = "shift"
    __table_args__ = (
        Index("ix_shift_event_id", "event_id"),
        Index("ix_shift_post_id", "post_id"),
        CheckConstraint("ends_at > starts_at", name="times"),
        CheckConstraint("capacity > 0", name="capacity"),
    )

    id: int = key()
    event_id: int = reference("event.id")
    post_id: int | None = reference("post.id", optional=True)
    starts_at: datetime
    ends_at: datetime
    capacity: int | None = None


class EventChange(Table, table=True):
    """What was changed of an event that was known already, told to those who had read it."""

    __tablename__ = "event_change"
    __table_args__ = (Index("ix_event_change_event_id", "event_id"),)

    id: int = key()
    event_id: int = reference("event.id")
    at: datetime
    actor_id: int = Field(sa_type=BigInteger)
    fields: list[str] = Field(default_factory=list, sa_type=JSON)
    note: str = Field(max_length=200)


append_only("event_change")
