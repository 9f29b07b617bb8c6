"""The verbs of events: plan, publish, open, close, cancel; check in, check out, confirm."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session

from pointsbank.core.actor import Actor
from pointsbank.events.models import Event
from pointsbank.events.rules import AttendanceState, HourRule, HourTerms, Verdict, Way


@dataclass(frozen=True, slots=True)
class ScanAnswer:
    """What a check-in or check-out answers; ``repeated`` when it had been done before."""

    verdict: Verdict
    repeated: bool
    event_id: int
    title: str
    member_id: int
    attendance_id: int
    state: AttendanceState
    checked_in_at: datetime
    checked_out_at: datetime | None = None
    minutes: int | None = None


@dataclass(frozen=True, slots=True)
class PastEvent:
    """A finished event of a demo or an import."""

    org_id: int
    title: str
    kind: str
    place: str
    starts_at: datetime
    ends_at: datetime
    description: str = ""


@dataclass(frozen=True, slots=True)
class PastAttendance:
    """A finished stay of a demo or an import."""

    event_id: int
    member_id: int
    checked_in_at: datetime
    checked_out_at: datetime
    way: Way = Way.IMPORTED


def adopt_hour_rule(
    session: Session, actor: Actor, *, org_id: int, from_on: date, terms: HourTerms, at: datetime
) -> HourRule:
    raise NotImplementedError


def plan(
    session: Session,
    actor: Actor,
    *,
    org_id: int,
    title: str,
    kind: str,
    place: str,
    starts_at: datetime,
    ends_at: datetime,
    key: str,
    at: datetime,
    description: str = "",
    capacity: int | None = None,
) -> Event:
    raise NotImplementedError


def publish(session: Session, actor: Actor, *, event_id: int, at: datetime) -> Event:
    raise NotImplementedError


def open_event(session: Session, actor: Actor, *, event_id: int, at: datetime) -> Event:
    raise NotImplementedError


def close_event(session: Session, actor: Actor, *, event_id: int, at: datetime) -> Event:
    raise NotImplementedError


def cancel(session: Session, actor: Actor, *, event_id: int, reason: str, at: datetime) -> Event:
    raise NotImplementedError


def check_in(
    session: Session,
    actor: Actor,
    *,
    code: str,
    claimed_at: datetime,
    key: str,
    at: datetime,
    member_id: int | None = None,
    way: Way = Way.STATIC,
) -> ScanAnswer:
    raise NotImplementedError


def check_out(
    session: Session,
    actor: Actor,
    *,
    code: str,
    claimed_at: datetime,
    key: str,
    at: datetime,
    member_id: int | None = None,
    way: Way = Way.STATIC,
) -> ScanAnswer:
    raise NotImplementedError


def confirm(session: Session, actor: Actor, *, event_id: int, at: datetime) -> int:
    """Credit every attendance that waits for confirmation, in one batch; the number of people credited."""
    raise NotImplementedError


def record_events(
    session: Session, actor: Actor, rows: Sequence[PastEvent], *, at: datetime
) -> list[int]:
    """Enter finished events, in order; their ids."""
    raise NotImplementedError


def record_attendances(
    session: Session, actor: Actor, rows: Sequence[PastAttendance], *, at: datetime
) -> int:
    """Enter finished stays with their scans and credit; those already recorded are left as they are."""
    raise NotImplementedError
