"""Takes in what devices and organisers scan: many at once, each accepted or refused by itself."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select
from sqlmodel import Session, col

from pointsbank.access.operations import check_guesses, note_guess
from pointsbank.attendance import queries
from pointsbank.attendance.folding import Venue, refold, venue_of
from pointsbank.attendance.models import LateScan, Scan, ScanReason
from pointsbank.attendance.passes import is_pass, member_of_pass
from pointsbank.attendance.rules import (
    COUNTED,
    EventOver,
    LateReason,
    NothingToUndo,
    PointsSpent,
    ScanFact,
    ScanKind,
    ScanNotFound,
    Verdict,
    clock_moved,
    fits,
    offset_of,
)
from pointsbank.core import clock
from pointsbank.core.actor import Actor
from pointsbank.events.models import Event
from pointsbank.events.operations import held
from pointsbank.events.rules import EventState
from pointsbank.hours.rules import Way
from pointsbank.ledger.queries import open_day
from pointsbank.members.queries import Holder, check_digits_hold, holders
from pointsbank.members.rules import CardLost, CodeExpired, CodeInvalid, MemberLeft, folded_digits

GUESSES_A_BATCH = 20
_REFUSED = {
    CodeInvalid: Verdict.CODE_INVALID,
    CodeExpired: Verdict.CODE_EXPIRED,
    CardLost: Verdict.CARD_LOST,
    MemberLeft: Verdict.MEMBER_LEFT,
}


@dataclass(frozen=True, slots=True)
class Sent:
    """A scan as a device tells it; either ``code`` or ``member_id``. ``scanned_at`` is by its own
    clock, ``offset_ms`` what that was last measured to be behind the server's.
    """

    id: str
    scanned_at: datetime
    kind: ScanKind = ScanKind.AUTO
    way: Way = Way.ORGANISER
    code: str = ""
    member_id: int | None = None
    offset_ms: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a scan; ``repeated`` when it had been sent before. ``verdict`` is None for
    what was not looked at: it is to be sent again later.
    """

    id: str
    verdict: Verdict | None
    repeated: bool = False
    member_id: int | None = None
    since: datetime | None = None


@dataclass(slots=True)
class _Arrival:
    """A scan on its way into the table."""

    sent: Sent
    at: datetime
    by: tuple[str, int]
    member_id: int | None = None
    verdict: Verdict | None = None
    late: LateReason | None = None
    since: datetime | None = None

    @property
    def fact(self) -> ScanFact:
        return ScanFact(self.at, self.sent.id, self.sent.kind, self.sent.way, by=self.by)


@dataclass(slots=True)
class _Basket:
    """The fresh scans of a batch; ``guesses`` counts well-formed codes of nobody."""

    arrivals: list[_Arrival] = field(default_factory=list)
    guesses: int = 0


def take_scans(
    session: Session,
    actor: Actor,
    *,
    event_id: int,
    sent_at: datetime,
    scans: Sequence[Sent],
    at: datetime,
    also_on_roster: frozenset[int] = frozenset(),
) -> list[Taken]:
    """Take in a batch of scans of one event, in a constant number of statements.

    ``sent_at`` is the device's clock now. Every scan is kept, refused ones too, but for those that
    were sent before, which are answered as then, and those after too many codes of nobody. Refuses
    the whole, in order: EventNotFound, Forbidden, TooManyGuesses. ``also_on_roster``: members whom
    the caller knows by more than their ids.
    """
    event = held(session, actor, event_id)
    check_guesses(session, actor, at=at)
    known = queries.scans_by_key(session, event_id, [scan.id for scan in scans])
    fresh: dict[str, Sent] = {}
    for scan in scans:
        if scan.id not in known:
            fresh.setdefault(scan.id, scan)
    venue = venue_of(session, event)
    by = (actor.kind, actor.id)
    arrivals = [
        _Arrival(one, min(at, one.scanned_at + offset_of(one.offset_ms, sent_at, at)), by)
        for one in fresh.values()
    ]
    basket = _read(session, event, arrivals, also_on_roster)
    for _ in range(min(basket.guesses, GUESSES_A_BATCH)):
        note_guess(session, actor, at=at)
    _judge(session, venue, basket.arrivals, sent_at, at)
    _fold(session, actor, venue, basket.arrivals, at)
    _keep(session, actor, event_id, basket.arrivals, at)
    told = {one.sent.id: _taken(one) for one in basket.arrivals}
    return _in_order(scans, known, told)


def _in_order(scans: Iterable[Sent], known: dict[str, Scan], told: dict[str, Taken]) -> list[Taken]:
    answers = []
    seen: set[str] = set()
    for scan in scans:
        if scan.id in known:
            answers.append(_as_then(known[scan.id]))
        elif scan.id in told:
            answers.append(replace(told[scan.id], repeated=scan.id in seen))
        else:
            answers.append(Taken(scan.id, None))
        seen.add(scan.id)
    return answers


def _as_then(scan: Scan) -> Taken:
    return Taken(scan.key, scan.verdict, True, scan.member_id, scan.since)


def _taken(one: _Arrival) -> Taken:
    return Taken(one.sent.id, one.verdict, False, one.member_id, one.since)


def _read(
    session: Session, event: Event, asked: Sequence[_Arrival], also: frozenset[int]
) -> _Basket:
    """Whose each scan is; after too many guesses no more are read."""
    basket = _Basket()
    found = _holders(session, event, asked)
    ticked = [one.sent.member_id for one in asked if one.sent.member_id is not None]
    tickable = also | queries.tickable(session, event, ticked)
    for one in asked:
        if basket.guesses >= GUESSES_A_BATCH:
            break
        basket.arrivals.append(one)
        if one.sent.member_id is not None:
            one.member_id = one.sent.member_id if one.sent.member_id in tickable else None
            one.verdict = None if one.member_id else Verdict.NOT_ON_ROSTER
            continue
        holder = found[one.sent.id]
        one.member_id = holder.member.id if holder.member else None
        if holder.refused is not None:
            one.verdict = next(
                v for kind, v in _REFUSED.items() if isinstance(holder.refused, kind)
            )
            one.since = _since(holder)
        if one.verdict is Verdict.CODE_INVALID and check_digits_hold(folded_digits(one.sent.code)):
            basket.guesses += 1
    return basket


def _since(holder: Holder) -> datetime | None:
    """The day that a refusal names, as an instant."""
    facts = holder.refused.facts if holder.refused else {}
    on = facts.get("lost_on") or facts.get("left_on")
    return clock.day_start(on) if on else None


def _holders(session: Session, event: Event, asked: Iterable[_Arrival]) -> dict[str, Holder]:
    """The holder of each code, by the scan's id. A phone's code that was read offline may seem a
    step too new, by what its device's clock was off.
    """
    ours: dict[str, int] = {}
    others: list[tuple[str, str, datetime]] = []
    for one in asked:
        bare = folded_digits(one.sent.code)
        if one.sent.member_id is not None:
            continue
        if is_pass(bare):
            ours[one.sent.id] = member_of_pass(event.id, bare)
        else:
            others.append((one.sent.id, bare, one.at))
    people = queries.people(session, ours.values())
    found = {
        scan_id: people.get(member_id, Holder(None, CodeInvalid()))
        for scan_id, member_id in ours.items()
    }
    for leeway in (timedelta(), timedelta(minutes=1)):
        read = holders(session, [(bare, at + leeway) for _, bare, at in others])
        found |= {one[0]: holder for one, holder in zip(others, read, strict=True)}
        others = [one for one in others if _seems_too_new(found[one[0]], one[1])]
        if not others:
            break
    return found


def _seems_too_new(holder: Holder, bare: str) -> bool:
    return isinstance(holder.refused, CodeInvalid) and bare.startswith("9") and len(bare) == 20


def _judge(
    session: Session, venue: Venue, arrivals: Iterable[_Arrival], sent_at: datetime, at: datetime
) -> None:
    """Refuse what the event's times and state do not allow; set aside what came too late."""
    occasion, dated = venue.occasion, open_day(session, venue.on, clock.local_day(at))
    for one in arrivals:
        if one.verdict is not None:
            continue
        if occasion.state is EventState.CANCELLED:
            one.verdict = Verdict.CANCELLED
        elif occasion.state in (EventState.DRAFT, EventState.PUBLISHED):
            one.verdict = Verdict.NOT_BEGUN
        elif not fits(occasion, venue.terms, one.at):
            early = one.at < occasion.starts_at
            one.verdict = Verdict.NOT_BEGUN if early else Verdict.OVER
        elif occasion.state is EventState.CLOSED:
            one.late = LateReason.AFTER_CLOSE
        elif dated != venue.on:
            one.late = LateReason.PERIOD_CLOSED
        elif clock_moved(one.sent.offset_ms, sent_at, at):
            one.late = LateReason.CLOCK_MOVED
        if one.late:
            one.verdict = Verdict.IN_REVIEW


def _fold(
    session: Session, actor: Actor, venue: Venue, arrivals: Iterable[_Arrival], at: datetime
) -> None:
    """Let those that count work on their members' attendances; each gets its verdict of that."""
    counting = [one for one in arrivals if one.verdict is None]
    fresh: dict[int, list[ScanFact]] = {}
    for one in counting:
        fresh.setdefault(one.member_id or 0, []).append(one.fact)
    if not fresh:
        return
    found = refold(session, actor, venue, fresh, fresh=fresh, at=at)
    for one in counting:
        member_id = one.member_id or 0
        if member_id in found.refused:
            one.verdict, one.late = Verdict.IN_REVIEW, LateReason.POINTS_SPENT
        else:
            told = found.folded[member_id].told[one.sent.id]
            one.verdict, one.since = told.verdict, told.since


def _keep(
    session: Session, actor: Actor, event_id: int, arrivals: Sequence[_Arrival], at: datetime
) -> None:
    rows = [_row(one, actor, event_id, at) for one in arrivals]
    run = session.connection().execute
    if not rows:
        return
    run(insert(Scan), rows)
    aside = {one.sent.id: one for one in arrivals if one.late or one.sent.reason}
    if not aside:
        return
    ids = run(
        select(col(Scan.key), col(Scan.id)).where(
            col(Scan.event_id) == event_id,
            col(Scan.key).in_(aside),
            col(Scan.device_at).is_not(None),
        )
    ).all()
    late = [
        {"scan_id": scan_id, "event_id": event_id, "reason": aside[key].late}
        for key, scan_id in ids
        if aside[key].late
    ]
    reasons = [
        {"scan_id": scan_id, "reason": aside[key].sent.reason}
        for key, scan_id in ids
        if aside[key].sent.reason
    ]
    for table, given in ((LateScan, late), (ScanReason, reasons)):
        if given:
            run(insert(table), given)


def _row(one: _Arrival, actor: Actor, event_id: int, at: datetime) -> dict[str, Any]:
    return {
        "event_id": event_id,
        "member_id": one.member_id,
        "way": one.sent.way,
        "kind": one.sent.kind,
        "verdict": one.verdict,
        "scanned_at": one.at,
        "received_at": at,
        "by_kind": actor.kind,
        "by_id": actor.id,
        "key": one.sent.id,
        "device_at": one.sent.scanned_at,
        "offset_ms": one.sent.offset_ms,
        "since": one.since,
    }


def undo_scan(
    session: Session, actor: Actor, *, event_id: int, scan_id: str, at: datetime
) -> Taken:
    """Withdraw a scan by a further one. Withdrawn already is an answer.

    Refuses, in order: EventNotFound, Forbidden, ScanNotFound, EventOver (the event or its period is
    closed: the settlement decides), NothingToUndo (it counted for nothing), PointsSpent.
    """
    event = held(session, actor, event_id)
    scan = queries.scans_by_key(session, event_id, [scan_id]).get(scan_id)
    if scan is None or scan.member_id is None:
        raise ScanNotFound
    member_id, venue = scan.member_id, venue_of(session, event)
    facts = queries.facts_of(session, event_id, [member_id]).get(member_id, [])
    if any(fact.undoes == scan_id for fact in facts):
        return Taken(scan_id, Verdict.UNDONE, True, member_id)
    closed = open_day(session, venue.on, clock.local_day(at)) != venue.on
    if closed or event.state is not EventState.OPEN:
        raise EventOver(title=event.title, ends_at=event.ends_at)
    if scan.verdict not in COUNTED:
        raise NothingToUndo
    withdrawal = ScanFact(at, f"undo:{scan_id}", ScanKind.UNDO, scan.way, scan_id)
    found = refold(session, actor, venue, [member_id], fresh={member_id: [withdrawal]}, at=at)
    if found.refused:
        raise PointsSpent
    row = Scan(
        event_id=event_id, member_id=member_id, way=scan.way, kind=ScanKind.UNDO,
        verdict=Verdict.UNDONE, scanned_at=at, received_at=at, by_kind=actor.kind, by_id=actor.id,
        key=withdrawal.id, undoes=scan_id,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return Taken(scan_id, Verdict.UNDONE, False, member_id)
