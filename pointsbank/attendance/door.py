"""The two verbs at the door. The hot path: few statements, no ORM."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, bindparam, insert, or_, select, text, update
from sqlmodel import Session

from pointsbank.attendance import queries
from pointsbank.attendance.doorway import Door, find, worth_until
from pointsbank.attendance.folding import refold
from pointsbank.attendance.models import Attendance, LateScan, Scan
from pointsbank.attendance.rules import (
    OWN_WAYS,
    AttendanceState,
    EventCancelled,
    EventOver,
    Folded,
    LateReason,
    NotAVolunteer,
    NotBegun,
    NotCheckedIn,
    PointsSpent,
    ScanFact,
    ScanKind,
    Verdict,
    device_mark,
    fits,
    fold,
    state_after_check_out,
    window,
)  # fmt: skip
from pointsbank.core import clock
from pointsbank.core.actor import Actor
from pointsbank.core.database import table_of
from pointsbank.core.errors import Refused
from pointsbank.core.statements import Prepared
from pointsbank.events.rules import ORGANISERS, EventState, KeyReused
from pointsbank.hours.operations import Service, credit
from pointsbank.hours.rules import (
    MOST_MINUTES,
    Credit,
    Way,
    held_minutes,
    hour_rule_ref,
    why_of,
    worth,
)
from pointsbank.ledger.queries import open_day

__all__ = ["Door", "ScanAnswer", "check_in", "check_out", "find", "note_refusal", "worth_until"]

_ATTENDANCE = table_of(Attendance).c
REFUSALS: dict[type[Refused], Verdict] = {
    NotBegun: Verdict.NOT_BEGUN,
    EventOver: Verdict.OVER,
    EventCancelled: Verdict.CANCELLED,
    NotCheckedIn: Verdict.NOT_CHECKED_IN,
}
"""What of the refusals at the door is kept as a scan."""
_GONE = (Verdict.ALREADY_IN, Verdict.CHECKED_OUT, Verdict.OFFER_RETURN)
_DONE = (Verdict.ALREADY_IN, Verdict.OFFER_CHECK_OUT, Verdict.CHECKED_OUT)


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
    device: str = "",
) -> ScanAnswer:
    """Let a member in at an event, as of ``claimed_at``, when she scanned.

    Without ``member_id`` the actor checks in herself; for another an organiser does. ``device`` is
    the random word of her browser. A repeat, of the key or of the scan, is an answer. Refuses, in
    order: CodeUnknown, KeyReused, NotAVolunteer, Forbidden (another's), EventCancelled, EventOver,
    NotBegun.
    """
    who = actor.member_id if member_id is None else member_id
    door = find(session, code=code, member_id=who, key=key, hold=True)
    member = _admit(actor, door, who, way, key_is_for=Verdict.CHECKED_IN)
    verdict = window(door.occasion, door.stay, door.terms, claimed_at, pairs=door.pairs)
    if door.key_verdict or verdict in _DONE:
        return _told_again(door, member)
    if verdict not in (Verdict.CHECK_IN, Verdict.OFFER_RETURN):
        raise _refusal(verdict, door)
    scan = _scan(
        actor,
        door,
        Verdict.CHECKED_IN,
        scanned_at=claimed_at,
        received_at=at,
        member_id=member,
        way=way,
        key=key,
        device_mark=device_mark(door.event_id, device),
    )
    if door.credits is not None:  # there are scans of hers already
        return _by_fold(session, actor, door, verdict, scan)
    connection = session.connection()
    entered = _ENTER.run(connection, _entered(door, member, way, claimed_at))
    if not entered:  # her other tap was faster
        return _told_again(find(session, code=code, member_id=member), member)
    _NOTE_SCAN.run(connection, scan)
    return ScanAnswer(
        Verdict.CHECKED_IN, False, door.event_id, door.title, member, entered[0][0],
        AttendanceState.PRESENT, claimed_at,
    )  # fmt: skip


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
    device: str = "",
) -> ScanAnswer:
    """Let a member leave as of ``claimed_at``; credit her hours where the hour rule says so.

    Within the rule's ``repeat_minutes`` and after check-out it only answers. Refuses, in order:
    CodeUnknown, KeyReused, NotAVolunteer, Forbidden (another's), EventCancelled, EventOver,
    NotBegun, NotCheckedIn, EventOver (its period is closed); then as the ledger does.
    """
    who = actor.member_id if member_id is None else member_id
    door = find(session, code=code, member_id=who, key=key, hold=True)
    member = _admit(actor, door, who, way, key_is_for=Verdict.CHECKED_OUT)
    verdict = window(door.occasion, door.stay, door.terms, claimed_at, pairs=door.pairs)
    if door.key_verdict or verdict in _GONE:
        return _told_again(door, member)
    if verdict is Verdict.CHECK_IN:
        raise NotCheckedIn
    if verdict is not Verdict.OFFER_CHECK_OUT:
        raise _refusal(verdict, door)
    scan = _scan(
        actor,
        door,
        Verdict.CHECKED_OUT,
        scanned_at=claimed_at,
        received_at=at,
        member_id=member,
        way=way,
        key=key,
        device_mark=device_mark(door.event_id, device),
    )
    facts = queries.facts_of(session, door.event_id, [member])[member]
    folded = fold([*facts, _fact(scan)], door.occasion, door.terms)
    at_once = door.terms.credit_of(*folded.ways) is Credit.AT_CHECK_OUT
    if at_once and _period_is_closed(session, door, at):
        raise EventOver(title=door.title, ends_at=door.occasion.ends_at)
    if door.credits or len(facts) > 1:
        return _by_fold(session, actor, door, verdict, scan)
    connection, left = session.connection(), _left(session, door, folded, scan)
    if not _LEAVE.run(connection, left):  # her other tap was faster
        return _told_again(find(session, code=code, member_id=member), member)
    _NOTE_SCAN.run(connection, scan)
    if left["state"] is AttendanceState.CREDITED:
        credit(session, actor, [_service(door, folded.ways[0], member, left["minutes"])], at=at)
    return ScanAnswer(
        Verdict.CHECKED_OUT, False, door.event_id, door.title, member, left["attendance"],
        left["state"], left["checked_in_at"], left["checked_out_at"], left["minutes"],
    )  # fmt: skip


def note_refusal(
    session: Session,
    actor: Actor,
    refused: Refused,
    *,
    kind: ScanKind,
    code: str,
    claimed_at: datetime,
    at: datetime,
    member_id: int | None = None,
    way: Way = Way.STATIC,
    **_: Any,
) -> None:
    """Keep a scan that ``check_in`` or ``check_out`` refused; one that came after the event's or
    its period's close goes to review. A key of its own, for the same wish may be granted later.
    """
    who = actor.member_id if member_id is None else member_id
    door = find(session, code=code, member_id=who)
    reason = None
    if isinstance(refused, EventOver) and fits(door.occasion, door.terms, claimed_at):
        if door.occasion.state is EventState.CLOSED:
            reason = LateReason.AFTER_CLOSE
        elif _period_is_closed(session, door, at):
            reason = LateReason.PERIOD_CLOSED
    row = Scan(
        event_id=door.event_id, member_id=who, way=way, kind=kind,
        verdict=Verdict.IN_REVIEW if reason else REFUSALS[type(refused)], scanned_at=claimed_at,
        received_at=at, by_kind=actor.kind, by_id=actor.id,
        key=f"refused:{secrets.token_urlsafe(12)}", post_id=door.post_id,
    )  # fmt: skip
    session.add(row)
    session.flush()
    if reason:
        session.add(LateScan(scan_id=row.id or 0, event_id=door.event_id, reason=reason))


def _period_is_closed(session: Session, door: Door, at: datetime) -> bool:
    on = door.venue.on
    return open_day(session, on, clock.local_day(at)) != on


def _admit(actor: Actor, door: Door, who: int | None, way: Way, *, key_is_for: Verdict) -> int:
    """The member that is scanned, once the key and the actor's right are looked at in order."""
    if door.key_verdict not in (None, key_is_for):
        raise KeyReused
    if who is None:
        raise NotAVolunteer
    if who != actor.member_id or way not in OWN_WAYS:
        actor.require(*ORGANISERS, org_id=door.org_id)
    return who


def _refusal(verdict: Verdict, door: Door) -> Refused:
    if verdict is Verdict.CANCELLED:
        return EventCancelled(title=door.title, reason=door.cancel_reason)
    if verdict is Verdict.OVER:
        return EventOver(title=door.title, ends_at=door.occasion.ends_at)
    return NotBegun(title=door.title, starts_at=door.occasion.starts_at)


def _told_again(door: Door, member_id: int) -> ScanAnswer:
    """The answer to a repeat: what stands."""
    return _answer(door, member_id, Verdict.ALREADY_IN, repeated=True)


def _answer(door: Door, member_id: int, inside: Verdict, *, repeated: bool) -> ScanAnswer:
    assert door.stay and door.attendance_id and door.attendance_state  # noqa: S101, PT018
    assert door.checked_in_at  # noqa: S101 - who has an attendance came
    out_at = door.stay.checked_out_at
    return ScanAnswer(
        Verdict.CHECKED_OUT if out_at else inside, repeated, door.event_id, door.title,
        member_id, door.attendance_id, door.attendance_state, door.checked_in_at, out_at,
        door.minutes,
    )  # fmt: skip


def _by_fold(
    session: Session, actor: Actor, door: Door, verdict: Verdict, scan: dict[str, Any]
) -> ScanAnswer:
    """Write a scan where there are others already: all of them together tell what is so."""
    member, key, at = scan["member_id"], scan["key"], scan["scanned_at"]
    session.execute(  # the event is shared with others' scans: her own attendance is what to hold
        select(_ATTENDANCE.id)
        .where(_ATTENDANCE.event_id == door.event_id, _ATTENDANCE.member_id == member)
        .with_for_update()
    )
    door = find(session, code=door.code, member_id=member, key=key)
    now = window(door.occasion, door.stay, door.terms, at, pairs=door.pairs)
    if door.key_verdict or now is not verdict:  # her other tap was faster
        return _told_again(door, member)
    told = refold(
        session, actor, door.venue, [member], fresh={member: [_fact(scan)]}, at=scan["received_at"]
    )
    if told.refused:
        raise PointsSpent
    _NOTE_SCAN.run(session.connection(), scan)
    door = find(session, code=door.code, member_id=member)
    return _answer(door, member, Verdict.CHECKED_IN, repeated=False)


def _fact(scan: dict[str, Any]) -> ScanFact:
    return ScanFact(
        scan["scanned_at"], scan["key"], scan["kind"], scan["way"],
        by=(scan["by_kind"], scan["by_id"]),
    )  # fmt: skip


def _scan(actor: Actor, door: Door, verdict: Verdict, **given: Any) -> dict[str, Any]:
    """The row of an accepted scan."""
    return {
        "event_id": door.event_id,
        "verdict": verdict,
        "kind": ScanKind.IN if verdict is Verdict.CHECKED_IN else ScanKind.OUT,
        "by_kind": actor.kind,
        "by_id": actor.id,
        "post_id": door.post_id,
        **given,
    }


def _entered(door: Door, member_id: int, way: Way, claimed_at: datetime) -> dict[str, Any]:
    """The attendance after a check-in."""
    return {
        "event_id": door.event_id,
        "member_id": member_id,
        "way": way,
        "state": AttendanceState.PRESENT,
        "checked_in_at": claimed_at,
        "hour_rule_id": door.hour_rule_id,
    }


def _left(session: Session, door: Door, folded: Folded, scan: dict[str, Any]) -> dict[str, Any]:
    """The attendance after a check-out that ends the only stay, and what it is worth."""
    assert folded.stay  # noqa: S101 - the door let her in
    minutes, cuts = worth(
        folded.pairs, door.occasion.starts_at, door.occasion.ends_at, door.terms,
        counted_today=_counted_today(session, door, scan["member_id"]),
    )  # fmt: skip
    rule = door.terms.credit_of(*folded.ways)
    state = state_after_check_out(minutes, rule)
    credited = state is AttendanceState.CREDITED
    return {
        "attendance": door.attendance_id,
        "checked_in_at": folded.stay.checked_in_at,
        "checked_out_at": folded.stay.checked_out_at,
        "credit": rule,
        "minutes": minutes,
        "held_minutes": held_minutes(cuts),
        "why": why_of(cuts),
        "state": state,
        "credited_at": scan["received_at"] if credited else None,
        "credits": int(credited),
    }


def _counted_today(session: Session, door: Door, member_id: int) -> int:
    """What her other activities of the day count; not asked where the rule has no tiers."""
    if door.terms.day_minutes == MOST_MINUTES:
        return 0
    on = clock.local_day(door.occasion.starts_at)
    found = queries.counted_today(session, [member_id], on, but_event_id=door.event_id)
    return found.get(member_id, 0)


def _service(door: Door, way: Way, member_id: int, minutes: int) -> Service:
    assert door.attendance_id  # noqa: S101 - the door let her in
    return Service(
        door.attendance_id, member_id, minutes, way, door.org_id, door.kind,
        clock.local_day(door.occasion.starts_at), hour_rule_ref(door.hour_rule_id),
    )  # fmt: skip


_ENTERED = ("event_id", "member_id", "way", "state", "checked_in_at", "hour_rule_id")
_ENTER = Prepared(
    text(
        f"INSERT INTO attendance ({', '.join(_ENTERED)},"  # noqa: S608 - our own names
        " pairs, held_minutes, credits, why)"
        f" VALUES (:{', :'.join(_ENTERED)}, 1, 0, 0, '[]')"
        " ON CONFLICT (event_id, member_id) DO NOTHING RETURNING id"
    )
    .bindparams(*(bindparam(name, type_=_ATTENDANCE[name].type) for name in _ENTERED))
    .columns(id=BigInteger)
)
"""Gives the new row's id, or no row where the member is in already."""
_NOTE_SCAN = Prepared(
    insert(table_of(Scan)).inline(),
    *("event_id", "member_id", "way", "kind", "verdict", "scanned_at", "received_at"),
    *("by_kind", "by_id", "key", "device_mark", "post_id"),
)
_LEAVE = Prepared(
    update(table_of(Attendance))
    .where(
        _ATTENDANCE.id == bindparam("attendance"),
        or_(  # her shift may be over
            _ATTENDANCE.state == AttendanceState.PRESENT,
            _ATTENDANCE.state == AttendanceState.UNSETTLED,
        ),
    )
    .returning(_ATTENDANCE.id),
    *("checked_in_at", "checked_out_at", "credit", "minutes", "held_minutes", "why", "state"),
    *("credited_at", "credits"),
)
