"""Writes attendances as the fold over scans tells them, and corrects hours that were credited."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, insert, update
from sqlmodel import Session

from pointsbank.attendance import queries
from pointsbank.attendance.models import Attendance
from pointsbank.attendance.rules import (
    AttendanceState,
    Folded,
    Occasion,
    ScanFact,
    fold,
    state_after_check_out,
)
from pointsbank.core import clock
from pointsbank.core.actor import Actor
from pointsbank.core.database import table_of
from pointsbank.core.errors import Refused
from pointsbank.earning.rules import DeedCategory
from pointsbank.events.models import Event
from pointsbank.events.queries import hour_rule_for
from pointsbank.events.rules import EventState
from pointsbank.hours.operations import Service, correct, credit
from pointsbank.hours.rules import (
    MOST_MINUTES,
    Cut,
    CutKind,
    HourTerms,
    cuts_of,
    held_minutes,
    hour_rule_ref,
    is_by_hand,
    why_of,
    worth,
)
from pointsbank.ledger.queries import open_day

_TABLE = table_of(Attendance)
_WRITTEN = (
    "state", "way", "checked_in_at", "returned_at", "checked_out_at", "pairs", "credit", "minutes",
    "held_minutes", "why", "credited_at", "credits",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Venue:
    """What folding needs to know of an event."""

    event_id: int
    org_id: int
    kind: DeedCategory
    occasion: Occasion
    hour_rule_id: int | None
    terms: HourTerms

    @property
    def on(self) -> date:
        return clock.local_day(self.occasion.starts_at)


@dataclass(slots=True)
class Refolded:
    """What the scans tell of each member; ``refused`` are those whose credited hours cannot be
    corrected: of them nothing was written.
    """

    folded: dict[int, Folded]
    refused: set[int] = field(default_factory=set)


def venue_of(session: Session, event: Event) -> Venue:
    return Venue(
        event.id, event.org_id, event.kind, Occasion(event.state, event.starts_at, event.ends_at),
        event.hour_rule_id, hour_rule_for(session, event).terms,
    )  # fmt: skip


def refold(
    session: Session,
    actor: Actor,
    venue: Venue,
    member_ids: Iterable[int],
    *,
    fresh: Mapping[int, Sequence[ScanFact]],
    at: datetime,
) -> Refolded:
    """Write what the scans of these members tell, ``fresh`` ones included, which the caller writes.

    The caller holds the event. Hours whose minutes change are corrected in the ledger; those that
    somebody settled by hand stay.
    """
    known = queries.facts_of(session, venue.event_id, member_ids)
    folded = {
        member_id: fold(
            [*known.get(member_id, ()), *fresh.get(member_id, ())], venue.occasion, venue.terms
        )
        for member_id in member_ids
    }
    found = Refolded(folded)
    _write(session, actor, venue, found, at)
    return found


def _differs(folded: Folded, before: Attendance | None, venue: Venue) -> bool:
    if before is None:
        return folded.first is not None
    if is_by_hand(cuts_of(before.why)):
        return False
    if before.state is AttendanceState.ABSENT or not folded.pairs:
        return bool(folded.pairs) == (before.state is AttendanceState.ABSENT)
    told = _stays(folded, venue)
    if any(getattr(before, name) != value for name, value in told.items()):
        return True
    counted = None if before.minutes is None else before.minutes + before.held_minutes
    return counted != _counted(folded, venue)


def _counted(folded: Folded, venue: Venue) -> int | None:
    """What all of her stays count, what is held included, whatever else the day counts: a stay in
    between may have changed, of which nothing else in an attendance tells.
    """
    if folded.pairs[-1].checked_out_at is None:
        return None
    occasion = venue.occasion
    minutes, cuts = worth(folded.pairs, occasion.starts_at, occasion.ends_at, venue.terms)
    return minutes + held_minutes(cuts)


def _stays(folded: Folded, venue: Venue) -> dict[str, Any]:
    """What of an attendance follows from the scans alone."""
    first, last = folded.pairs[0], folded.pairs[-1]
    left = last.checked_out_at
    return {
        "way": folded.ways[0],
        "checked_in_at": first.checked_in_at,
        "returned_at": last.checked_in_at if len(folded.pairs) > 1 else None,
        "checked_out_at": left,
        "pairs": len(folded.pairs),
        "credit": venue.terms.credit_of(*folded.ways) if left else None,
    }


def _write(session: Session, actor: Actor, venue: Venue, found: Refolded, at: datetime) -> None:
    """Write those that differ from what stands, after correcting what was credited for them."""
    before = queries.standing(session, venue.event_id, found.folded)
    rows = _rows(session, venue, found, at, before)
    for member_id, row in rows.items():
        old = before.get(member_id)
        row["credits"] = old.credits if old else 0
        if old and old.credits:
            try:
                _correct(session, actor, _service(old.id, member_id, row, venue), old.credits, at)
            except Refused:
                found.refused.add(member_id)
            else:
                row["credits"] += 1
    written = {member_id: row for member_id, row in rows.items() if member_id not in found.refused}
    first = [
        member_id
        for member_id, row in written.items()
        if row["state"] is AttendanceState.CREDITED and not row["credits"]
    ]
    for member_id in first:
        written[member_id]["credits"] = 1
    _put(session, venue, written, before)
    if first:
        ids = queries.standing(session, venue.event_id, first)
        services = [
            _service(ids[member_id].id, member_id, written[member_id], venue) for member_id in first
        ]
        dated = open_day(session, venue.on, clock.local_day(at))
        credit(session, actor, services, at=at, effective_on=dated)


def _rows(
    session: Session, venue: Venue, found: Refolded, at: datetime, before: Mapping[int, Attendance]
) -> dict[int, dict[str, Any]]:
    changed = {
        member_id: folded
        for member_id, folded in found.folded.items()
        if _differs(folded, before.get(member_id), venue)
    }
    counted: Mapping[int, int] = {}
    if changed and venue.terms.day_minutes < MOST_MINUTES:
        counted = queries.counted_today(session, changed, venue.on, but_event_id=venue.event_id)
    return {
        member_id: _row(folded, venue, counted.get(member_id, 0), at)
        for member_id, folded in changed.items()
    }


def _row(folded: Folded, venue: Venue, counted: int, at: datetime) -> dict[str, Any]:
    if not folded.pairs:
        assert folded.first  # noqa: S101 - nothing is written where there was no scan
        return {
            "state": AttendanceState.ABSENT, "way": folded.first.way,
            "checked_in_at": folded.first.scanned_at, "returned_at": None, "checked_out_at": None,
            "pairs": 1, "credit": None, "minutes": None, "held_minutes": 0, "why": [],
            "credited_at": None,
        }  # fmt: skip
    closed = venue.occasion.state is EventState.CLOSED
    stays = _stays(folded, venue)
    if stays["credit"] is None:
        state = AttendanceState.UNSETTLED if closed else AttendanceState.PRESENT
        why = why_of([Cut(CutKind.NOT_CHECKED_OUT)]) if closed else []
        open_ = {"minutes": None, "held_minutes": 0, "why": why, "credited_at": None}
        return {**stays, "state": state, **open_}
    minutes, cuts = worth(
        folded.pairs, venue.occasion.starts_at, venue.occasion.ends_at, venue.terms,
        counted_today=counted,
    )  # fmt: skip
    state = state_after_check_out(minutes, stays["credit"])
    if closed and state is AttendanceState.AWAITING_CLOSE:
        state = AttendanceState.CREDITED
    return {
        **stays,
        "state": state,
        "minutes": minutes,
        "held_minutes": held_minutes(cuts),
        "why": why_of(cuts),
        "credited_at": at if state is AttendanceState.CREDITED else None,
    }


def _correct(session: Session, actor: Actor, due: Service, credits_: int, at: datetime) -> None:
    """Bring what was credited to what is due now, by reversing and further entries."""
    dated = open_day(session, due.on, clock.local_day(at))
    key = f"attendance:{due.attendance_id}:{credits_}"
    correct(session, actor, due, key=key, effective_on=dated, at=at)


def _put(
    session: Session,
    venue: Venue,
    rows: Mapping[int, dict[str, Any]],
    before: Mapping[int, Attendance],
) -> None:
    run = session.connection().execute
    old = [
        {f"new_{name}": value for name, value in row.items()} | {"which": before[member_id].id}
        for member_id, row in rows.items()
        if member_id in before
    ]
    if old:
        given = {name: bindparam(f"new_{name}", type_=_TABLE.c[name].type) for name in _WRITTEN}
        run(update(_TABLE).where(_TABLE.c.id == bindparam("which")).values(given), old)
    new = [
        row
        | {
            "event_id": venue.event_id,
            "member_id": member_id,
            "hour_rule_id": venue.hour_rule_id,
        }
        for member_id, row in rows.items()
        if member_id not in before
    ]
    if new:
        run(insert(_TABLE), new)


def _service(
    attendance_id: int | None, member_id: int, row: Mapping[str, Any], venue: Venue
) -> Service:
    """What is to be credited: nothing while the rule does not credit it yet."""
    due = row["minutes"] if row["state"] is AttendanceState.CREDITED else 0
    return Service(
        attendance_id or 0, member_id, due, row["way"], venue.org_id, venue.kind, venue.on,
        hour_rule_ref(venue.hour_rule_id),
    )  # fmt: skip
