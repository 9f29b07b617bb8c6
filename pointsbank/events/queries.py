"""What is looked up about events, hour rules and attendances."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlmodel import Session

from pointsbank.core.actor import Actor
from pointsbank.events.models import Event
from pointsbank.events.rules import HourRule


def event(session: Session, actor: Actor, event_id: int) -> Event:
    """An event that the actor may know of. Refuses: EventNotFound (also for others' drafts)."""
    raise NotImplementedError


def event_by_code(session: Session, code: str) -> Event:
    """The published event of a poster's code. Refuses: CodeUnknown."""
    raise NotImplementedError


def hour_rule_in_force(session: Session, org_id: int, on: date) -> HourRule:
    """The rule of the nearest organisation above (or itself) that has one on this day, else the standing rule."""
    raise NotImplementedError


def events_for(session: Session, actor: Actor, *, at: datetime) -> Sequence[Event]:
    """The events of an actor's area."""
    raise NotImplementedError
