"""The door: what a scan meets there, and its two verbs. The hot path: few statements, no ORM."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, and_, bindparam, insert, select, text, update
from sqlmodel import Session

from pointsbank.attendance import queries
from pointsbank.attendance.models import Attendance, Scan
from pointsbank.attendance.rules import (
    AttendanceState,
    CodeUnknown,
    EventCancelled,
    EventOver,
    NotAVolunteer,
    NotBegun,
    NotCheckedIn,
    Occasion,
    ScanFact,
    Verdict,
    fold,
    state_after_check_out,
    window,
)  # fmt: skip
from pointsbank.core import clock
from pointsbank.core.actor import Actor
from pointsbank.core.database import table_of
from pointsbank.core.errors import Refused
from pointsbank.core.statements import Prepared
from pointsbank.earning.rules import DeedCategory
from pointsbank.events.models import Event
from pointsbank.events.rules import ORGANISERS, EventState, KeyReused
from pointsbank.hours.models import HourRuleRow
from pointsbank.hours.operations import Service, credit
from pointsbank.hours.rules import (
    MOST_MINUTES,
    STANDING_RULE,
    HourTerms,
    Stay,
    Way,
    held_minutes,
    hour_rule_ref,
    why_of,
    worth,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Door:
    """What a scan meets at an event: its times and rule, and the person's attendance so far."""

    event_id: int
    org_id: int
    title: str
    kind: DeedCategory
    place: str
    code: str
    cancel_reason: str
    hour_rule_id: int | None
    occasion: Occasion
    terms: HourTerms
    attendance_id: int | None
    attendance_state: AttendanceState | None
    stay: Stay | None
    minutes: int | None
    way: Way | None
    key_verdict: Verdict | None


_TERMS = HourTerms.__slots__
_STANDING = STANDING_RULE.terms
_EVENT = table_of(Event).c
_ATTENDANCE = table_of(Attendance).c
_SCAN = table_of(Scan).c
_RULE = table_of(HourRuleRow).c
_OF_EVENT = ("id", "org_id", "title", "kind", "place", "code", "cancel_reason", "hour_rule_id")
_OF_OCCASION = ("state", "starts_at", "ends_at")
_OF_ATTENDANCE = ("id", "state", "checked_in_at", "checked_out_at", "minutes", "way")
_DOOR = (
    select(
        *(_EVENT[name] for name in (*_OF_EVENT, *_OF_OCCASION)),
        *(_ATTENDANCE[name] for name in _OF_ATTENDANCE),
        _SCAN.verdict,
        *(_RULE[name] for name in _TERMS),
    )
    .select_from(table_of(Event))
    .outerjoin(table_of(HourRuleRow), _RULE.id == _EVENT.hour_rule_id)
    .outerjoin(
        table_of(Attendance),
        and_(
            _ATTENDANCE.event_id == _EVENT.id,
            _ATTENDANCE.member_id == bindparam("member_id"),
        ),
    )
    .outerjoin(
        table_of(Scan),
        and_(
            _SCAN.event_id == _EVENT.id,
            _SCAN.member_id == bindparam("member_id"),
            _SCAN.key == bindparam("key"),
        ),
    )
    .where(_EVENT.code == bindparam("code"), _EVENT.state != EventState.DRAFT)
)
_LOOK = Prepared(_DOOR)
_LOOK_AND_HOLD = Prepared(_DOOR.with_for_update(read=True, of=table_of(Event)))
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


def find(
    session: Session, *, code: str, member_id: int | None, key: str = "", hold: bool = False
) -> Door:
    """What this member's scan of this code meets, in one statement.

    ``hold`` keeps the event from being closed before the transaction ends. Refuses: CodeUnknown.
    """
    code = code.strip().upper()
    asked = {"code": code, "member_id": member_id, "key": key}
    rows = (_LOOK_AND_HOLD if hold else _LOOK).run(session.connection(), asked)
    if not rows:
        raise CodeUnknown(code=code[:12])
    [fields] = rows
    attendance_id, state, checked_in_at, checked_out_at, minutes, way, key_verdict = fields[11:18]
    values: list[Any] = [
        *fields[:8],
        Occasion(*fields[8:11]),
        _STANDING if fields[7] is None else HourTerms(*fields[18:]),
        attendance_id,
        state,
        None if attendance_id is None else Stay(checked_in_at, checked_out_at),
        minutes,
        way,
        key_verdict,
    ]
    return Door(*values)


def worth_until(met: Door, at: datetime) -> tuple[int, list[list[str | int]]]:
    """The minutes that a check-out now would count, and the reasons why not more."""
    if met.stay is None or met.stay.checked_out_at:
        return 0, []
    stay = Stay(met.stay.checked_in_at, at)
    minutes, cuts = worth([stay], met.occasion.starts_at, met.occasion.ends_at, met.terms)
    return minutes, why_of(cuts)


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
    """Let a member in at an event, as of ``claimed_at``, when she scanned.

    Without ``member_id`` the actor checks in herself; for another an organiser does. A repeat, of
    the key or of the scan, is an answer. Refuses, in order: CodeUnknown, KeyReused, NotAVolunteer,
    Forbidden (another's), EventCancelled, EventOver, NotBegun.
    """
    who = actor.member_id if member_id is None else member_id
    door = find(session, code=code, member_id=who, key=key, hold=True)
    member = _admit(actor, door, who, way, key_is_for=Verdict.CHECKED_IN)
    verdict = window(door.occasion, door.stay, door.terms, claimed_at)
    if door.key_verdict or verdict in _DONE:
        return _told_again(door, member)
    if verdict is not Verdict.CHECK_IN:
        raise _refusal(verdict, door)
    connection = session.connection()
    entered = _ENTER.run(connection, _entered(door, member, way, claimed_at))
    if not entered:  # her other tap was faster
        return _told_again(find(session, code=code, member_id=member), member)
    scan = _scan(
        actor,
        door,
        Verdict.CHECKED_IN,
        scanned_at=claimed_at,
        received_at=at,
        member_id=member,
        way=way,
        key=key,
    )
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
) -> ScanAnswer:
    """Let a member leave as of ``claimed_at``; credit her hours where the hour rule says so.

    Within the rule's ``repeat_minutes`` and after check-out it only answers. Refuses, in order:
    CodeUnknown, KeyReused, NotAVolunteer, Forbidden (another's), EventCancelled, EventOver,
    NotBegun, NotCheckedIn; then as the ledger does.
    """
    who = actor.member_id if member_id is None else member_id
    door = find(session, code=code, member_id=who, key=key, hold=True)
    member = _admit(actor, door, who, way, key_is_for=Verdict.CHECKED_OUT)
    verdict = window(door.occasion, door.stay, door.terms, claimed_at)
    if door.key_verdict or verdict in (Verdict.ALREADY_IN, Verdict.CHECKED_OUT):
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
    )
    connection, left = session.connection(), _left(session, door, scan)
    if not _LEAVE.run(connection, left):  # her other tap was faster
        return _told_again(find(session, code=code, member_id=member), member)
    _NOTE_SCAN.run(connection, scan)
    if left["state"] is AttendanceState.CREDITED:
        credit(session, actor, [_service(door, member, left["minutes"])], at=at)
    return ScanAnswer(
        Verdict.CHECKED_OUT, False, door.event_id, door.title, member, left["attendance"],
        left["state"], left["checked_in_at"], left["checked_out_at"], left["minutes"],
    )  # fmt: skip


def _admit(actor: Actor, door: Door, who: int | None, way: Way, *, key_is_for: Verdict) -> int:
    """The member that is scanned, once the key and the actor's right are looked at in order."""
    if door.key_verdict not in (None, key_is_for):
        raise KeyReused
    if who is None:
        raise NotAVolunteer
    if who != actor.member_id or way is not Way.STATIC:
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
    assert door.stay and door.attendance_id and door.attendance_state  # noqa: S101, PT018
    out_at = door.stay.checked_out_at
    return ScanAnswer(
        Verdict.CHECKED_OUT if out_at else Verdict.ALREADY_IN, True, door.event_id, door.title,
        member_id, door.attendance_id, door.attendance_state, door.stay.checked_in_at, out_at,
        door.minutes,
    )  # fmt: skip


def _scan(actor: Actor, door: Door, verdict: Verdict, **given: Any) -> dict[str, Any]:
    """The row of an accepted scan."""
    return {
        "event_id": door.event_id,
        "verdict": verdict,
        "by_kind": actor.kind,
        "by_id": actor.id,
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


def _left(session: Session, door: Door, scan: dict[str, Any]) -> dict[str, Any]:
    """The attendance after a check-out: the fold of all her scans, and what it is worth."""
    scans = queries.scans_of(session, door.event_id, scan["member_id"])
    stay = fold([*scans, ScanFact(scan["scanned_at"], scans[-1].id + 1, Verdict.CHECKED_OUT)])
    assert stay and door.way  # noqa: S101, PT018 - the door let her in
    minutes, cuts = worth(
        [stay], door.occasion.starts_at, door.occasion.ends_at, door.terms,
        counted_today=_counted_today(session, door, scan["member_id"]),
    )  # fmt: skip
    state = state_after_check_out(minutes, door.terms.credit_of(door.way, scan["way"]))
    return {
        "attendance": door.attendance_id,
        "checked_in_at": stay.checked_in_at,
        "checked_out_at": stay.checked_out_at,
        "minutes": minutes,
        "held_minutes": held_minutes(cuts),
        "why": why_of(cuts),
        "state": state,
        "credited_at": scan["received_at"] if state is AttendanceState.CREDITED else None,
    }


def _counted_today(session: Session, door: Door, member_id: int) -> int:
    """What her other activities of the day count; not asked where the rule has no tiers."""
    if door.terms.day_minutes == MOST_MINUTES:
        return 0
    on = clock.local_day(door.occasion.starts_at)
    found = queries.counted_today(session, [member_id], on, but_event_id=door.event_id)
    return found.get(member_id, 0)


def _service(door: Door, member_id: int, minutes: int) -> Service:
    assert door.attendance_id and door.way  # noqa: S101, PT018 - the door let her in
    return Service(
        door.attendance_id, member_id, minutes, door.way, door.org_id, door.kind,
        clock.local_day(door.occasion.starts_at), hour_rule_ref(door.hour_rule_id),
    )  # fmt: skip


_ENTERED = ("event_id", "member_id", "way", "state", "checked_in_at", "hour_rule_id")
_ENTER = Prepared(
    text(
        f"INSERT INTO attendance ({', '.join(_ENTERED)}, held_minutes, why)"  # noqa: S608 - ours
        f" VALUES (:{', :'.join(_ENTERED)}, 0, '[]')"
        " ON CONFLICT (event_id, member_id) DO NOTHING RETURNING id"
    )
    .bindparams(*(bindparam(name, type_=_ATTENDANCE[name].type) for name in _ENTERED))
    .columns(id=BigInteger)
)
"""Gives the new row's id, or no row where the member is in already."""
_NOTE_SCAN = Prepared(
    insert(table_of(Scan)).inline(),
    *("event_id", "member_id", "way", "verdict", "scanned_at", "received_at"),
    *("by_kind", "by_id", "key"),
)
_LEAVE = Prepared(
    update(table_of(Attendance))
    .where(
        _ATTENDANCE.id == bindparam("attendance"),
        _ATTENDANCE.state == AttendanceState.PRESENT,
    )
    .returning(_ATTENDANCE.id),
    *("checked_in_at", "checked_out_at", "minutes", "held_minutes", "why", "state", "credited_at"),
)
