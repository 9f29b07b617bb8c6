"""What is settled about attendances when the event is over; who may is the caller's to ask."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session, col

from pointsbank.attendance.folding import refold, venue_of
from pointsbank.attendance.models import Attendance, LateScan, Scan
from pointsbank.attendance.queries import attendance_of, counted_today
from pointsbank.attendance.rules import AttendanceState
from pointsbank.core import clock
from pointsbank.core.actor import Actor
from pointsbank.events.models import Event
from pointsbank.hours.operations import Service, correct, credit
from pointsbank.hours.queries import hour_rule
from pointsbank.hours.rules import (
    MOST_MINUTES,
    Cut,
    CutKind,
    Way,
    cuts_of,
    held_minutes,
    hour_rule_ref,
    why_of,
    within_day,
)
from pointsbank.ledger.queries import open_day
from pointsbank.orgs.queries import among

_OF_TIERS = (CutKind.FOR_PARENT, CutKind.FOR_ABOVE, CutKind.APPROVED, CutKind.NOT_APPROVED)


def locked(session: Session, attendance_ids: Sequence[int]) -> list[Attendance]:
    """These attendances, held until the transaction ends."""
    rows = session.execute(
        select(Attendance)
        .where(among(Attendance.id, attendance_ids))
        .order_by(col(Attendance.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return list(rows.scalars())


def add_stay(
    session: Session, event: Event, *, member_id: int, came_at: datetime, left_at: datetime
) -> Attendance:
    """The attendance of somebody of whom no scan tells a stay, worth nothing yet."""
    attendance = attendance_of(session, event.id, member_id)
    if attendance is None:
        attendance = Attendance(
            event_id=event.id, member_id=member_id, hour_rule_id=event.hour_rule_id,
            way=Way.SUPPLEMENTED, state=AttendanceState.NOTHING, checked_in_at=came_at,
        )  # fmt: skip
    attendance.way, attendance.state = Way.SUPPLEMENTED, AttendanceState.NOTHING
    attendance.checked_in_at, attendance.checked_out_at = came_at, left_at
    session.add(attendance)
    session.flush()
    return attendance


def set_minutes(
    session: Session,
    actor: Actor,
    event: Event,
    found: Sequence[Attendance],
    *,
    wanted: Mapping[int, int],
    mark: CutKind,
    key: str,
    at: datetime,
) -> None:
    """Let these attendances of one event, which ``locked`` gave, count so many minutes each.

    What was not credited yet is credited in one batch; what was is corrected by the difference,
    dated into the open period. What is over a day's tier is held. Minutes that nobody scanned come
    from the account of what is supplemented. Refuses as the ledger does.
    """
    terms = hour_rule(session, event.hour_rule_id).terms
    on = clock.local_day(event.starts_at)
    counted: Mapping[int, int] = {}
    if terms.day_minutes < MOST_MINUTES:
        people = {one.member_id for one in found}
        counted = counted_today(session, people, on, but_event_id=event.id or 0)
    fresh: list[Service] = []
    dated = open_day(session, on, clock.local_day(at))
    for one in found:
        asked, was_credited = wanted[one.id or 0], bool(one.credits)
        minutes, held = within_day(asked, terms, counted.get(one.member_id, 0))
        way = one.way if minutes <= (one.minutes or 0) else Way.SUPPLEMENTED
        _write(one, minutes, [Cut(mark, asked), *held], at)
        service = _service(one, event, way)
        if was_credited or dated != on:
            correct(session, actor, service, key=f"{key}:{one.id}", effective_on=dated, at=at)
        elif minutes:
            fresh.append(service)
    session.flush()
    credit(session, actor, fresh, at=at)


def approve_held(
    session: Session, actor: Actor, event: Event, attendance: Attendance,
    *,
    tier: CutKind,
    approved: int, key: str, at: datetime,
) -> None:  # fmt: skip
    """Credit so many of the minutes that a day's tier held; the rest of them is not approved.

    They were recorded as the others of this stay were. Refuses as the ledger does.
    """
    said = Counter({cut.kind: cut.minutes for cut in cuts_of(attendance.why)})
    said[CutKind.APPROVED] += approved
    said[CutKind.NOT_APPROVED] += said.pop(tier) - approved
    told = [Cut(kind, said[kind]) for kind in _OF_TIERS if said[kind]]
    _write(attendance, (attendance.minutes or 0) + approved, told, at)
    session.flush()
    service = _service(attendance, event, attendance.way)
    dated = open_day(session, clock.local_day(event.starts_at), clock.local_day(at))
    correct(session, actor, service, key=key, effective_on=dated, at=at)


def decide_late(
    session: Session, actor: Actor, event: Event, late: LateScan, *, accept: bool, at: datetime
) -> bool:
    """Let a late scan count, or not; whether its member's hours could be corrected accordingly.

    The caller holds the event.
    """
    late.accepted, late.decided_at = accept, at
    late.decided_by_id = actor.id if actor.kind == "user" else None
    session.flush()
    member_id = session.get_one(Scan, late.scan_id).member_id
    if not accept or member_id is None:
        return True
    found = refold(session, actor, venue_of(session, event), [member_id], fresh={}, at=at)
    return not found.refused


def _write(attendance: Attendance, minutes: int, told: Sequence[Cut], at: datetime) -> None:
    """Set the minutes; ``told`` says why they are so, or what became of those that were held."""
    of_tiers = all(cut.kind in _OF_TIERS for cut in told)
    kept = [cut for cut in cuts_of(attendance.why) if cut.kind not in _OF_TIERS] if of_tiers else []
    attendance.minutes, attendance.held_minutes = minutes, held_minutes(told)
    attendance.why = why_of([*kept, *told])
    attendance.state = AttendanceState.CREDITED if minutes else AttendanceState.NOTHING
    attendance.credited_at = at if minutes else None
    attendance.credits += bool(minutes or attendance.credits)


def _service(attendance: Attendance, event: Event, way: Way) -> Service:
    return Service(
        attendance.id or 0, attendance.member_id, attendance.minutes or 0, way, event.org_id,
        event.kind, clock.local_day(event.starts_at), hour_rule_ref(attendance.hour_rule_id),
    )  # fmt: skip
