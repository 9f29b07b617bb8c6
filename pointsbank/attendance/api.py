"""Check-ins and check-outs, and an event's attendances, under /api/v1."""

import secrets
from datetime import datetime
from typing import Any

from flask_babel import gettext

from pointsbank.attendance import claims, operations, queries, roster, sheets, walkins
from pointsbank.attendance.entrance import keeping_refusals
from pointsbank.attendance.models import SignInSheet, WalkIn
from pointsbank.attendance.offline import with_code
from pointsbank.attendance.operations import Confirmation, ScanAnswer, Sent, Taken
from pointsbank.attendance.results import results
from pointsbank.attendance.rules import EnteredLine, ScanKind
from pointsbank.attendance.schemas import (
    AttendancesQuery,
    AttendancesView,
    BatchRequest,
    BatchView,
    ClockView,
    ConfirmationView,
    CountsView,
    EnteredLineView,
    MatchForm,
    NotedView,
    ReadScan,
    ResultView,
    RosterView,
    ScanRequest,
    ScanView,
    SheetEntryRequest,
    SheetFileView,
    SheetRequest,
    SheetView,
    TakenView,
    TicksRequest,
    TicksView,
    WalkInForm,
    WalkInView,
    read_sent,
)
from pointsbank.attendance.words import reasons
from pointsbank.core import audit, clock
from pointsbank.core.actor import Role, Scope
from pointsbank.core.database import Session, snapshot, transaction
from pointsbank.earning.rules import why_clipped
from pointsbank.events.models import Event
from pointsbank.events.queries import event as event_seen
from pointsbank.events.rules import CONFIRMERS, ORGANISERS
from pointsbank.ledger.rules import Clip
from pointsbank.signups.queries import expected
from pointsbank.web import ApiBlueprint, actor, allow
from pointsbank.web.errors import sentence_of

api = ApiBlueprint("attendances", __name__, url_prefix="")


@api.post("/events/<int:event_id>/closing")
@api.response(200, CountsView)
@allow(*ORGANISERS)
def close_event(event_id: int) -> queries.Counts:
    """End an event; who never checked out stands to be settled."""
    with transaction() as session:
        operations.close_event(session, actor(), event_id=event_id, at=clock.now())
        return queries.counts(session, event_id)


@api.post("/events/<int:event_id>/confirmations")
@api.response(200, ConfirmationView)
@allow(*CONFIRMERS)
def confirm(event_id: int) -> Confirmation:
    """Credit everybody whose hours wait for confirmation."""
    with transaction() as session:
        return operations.confirm(session, actor(), event_id=event_id, at=clock.now())


@api.get("/events/<int:event_id>/attendances")
@api.arguments(AttendancesQuery, location="query")
@api.response(200, AttendancesView)
@allow(*CONFIRMERS, Role.OFFICIAL, Scope.READ_EVENTS)
def attendances(asked: dict[str, Any], event_id: int) -> dict[str, Any]:
    """Who came, the last first, and how many are in which state."""
    with snapshot() as session:
        found = event_seen(session, actor(), event_id)
        actor().require(*CONFIRMERS, Role.OFFICIAL, org_id=found.org_id)
        rows = queries.attendances(session, event_id, **asked)
        clips = queries.clips(session, [row[0].id for row in rows])
        return {
            "counts": queries.counts(session, event_id),
            "attendances": [_seen(row[0], row[1], clips[row[0].id]) for row in rows],
            "next_before": rows[-1][0].id if len(rows) == queries.PAGE else None,
        }


def _seen(attendance: Any, name: str, clips: list[Clip]) -> dict[str, Any]:
    why = [sentence_of(reason) for reason in reasons(attendance.why)]
    told = [sentence_of(why_clipped(clip)) for clip in clips]
    return {**attendance.model_dump(), "name": name, "why": why, "clips": told}


@api.get("/events/<int:event_id>/clock")
@api.response(200, ClockView)
@allow(*ORGANISERS, Scope.AT_DOOR, Scope.SEND_SCANS)
def clock_of_server(event_id: int) -> dict[str, Any]:
    """The server's clock, by which a device measures its own; and how many came, of how many."""
    with snapshot() as session:
        _held(session, event_id)
        came = queries.counts(session, event_id).came
        return {"now": clock.now(), "came": came, "expected": expected(session, event_id)}


@api.get("/events/<int:event_id>/roster")
@api.response(200, RosterView)
@allow(*ORGANISERS, Scope.AT_DOOR, Scope.SEND_SCANS)
def event_roster(event_id: int) -> dict[str, Any]:
    """What a device needs to scan without network: each name sealed under her own code's digits."""
    now, salt = clock.now(), secrets.token_bytes(16)
    with snapshot() as session:
        found = _held(session, event_id)
        codes = roster.codes(session, found)
    return {
        "event": found, "salt": salt, "iterations": roster.rounds(len(codes)),
        "entries": roster.entries(codes, salt), "issued_at": now,
    }  # fmt: skip


@api.post("/events/<int:event_id>/roster-ticks")
@api.arguments(TicksRequest)
@api.response(200, TicksView)
@allow(*ORGANISERS, Scope.AT_DOOR)
def roster_ticks(asked: dict[str, str], event_id: int) -> dict[str, Any]:
    """The list for ticking names without network, sealed under a PIN chosen for this device."""
    with transaction() as session:
        found = _held(session, event_id)
        people = queries.on_roster(session, found, most=roster.MOST_PEOPLE)
        audit.record(
            session, actor(), "attendance.roster_ticks", ("event", event_id), at=clock.now(),
            org_id=found.org_id, count=len(people),
        )  # fmt: skip
    salt = secrets.token_bytes(16)
    sealed = roster.ticks(people, asked["pin"], salt)
    return {"salt": salt, "iterations": roster.ROUNDS, "sealed": sealed, "count": len(people)}


def _held(session: Session, event_id: int) -> Event:
    """The event, for who runs it."""
    found = event_seen(session, actor(), event_id)
    actor().require(*ORGANISERS, org_id=found.org_id)
    return found


@api.post("/events/<int:event_id>/scans")
@api.arguments(BatchRequest)
@api.response(200, BatchView)
@allow(*ORGANISERS, Scope.AT_DOOR, Scope.SEND_SCANS)
def take_scans(asked: dict[str, Any], event_id: int) -> dict[str, Any]:
    """Take in what was scanned at an event, each scan by itself; one sent again is answered as
    then. A result that is not final is to be sent again later. What a device kept without network
    comes with ``sealed`` in place of ``code``: sealed to the server's key.
    """
    now = clock.now()
    read = [read_sent(with_code(event_id, one)) for one in asked["scans"]]
    sent = [Sent(**one.fields) for one in read if not one.faults]
    with transaction() as session:
        taken = operations.take_scans(
            session, actor(), event_id=event_id, sent_at=asked["sent_at"], scans=sent, at=now
        )
        told = iter([_shown(one) for one in results(session, event_id, taken)])
    answers = [_malformed(one) if one.faults else next(told) for one in read]
    return {"received_at": now, "results": answers}


@api.post("/events/<int:event_id>/scans/<scan_id>/undo")
@api.response(200, ResultView)
@allow(*ORGANISERS, Scope.AT_DOOR, Scope.SEND_SCANS)
def undo_scan(event_id: int, scan_id: str) -> dict[str, Any]:
    """Withdraw a scan by a further one; both are kept."""
    with transaction() as session:
        taken = operations.undo_scan(
            session, actor(), event_id=event_id, scan_id=scan_id, at=clock.now()
        )
        return _shown(results(session, event_id, [taken])[0])


def _malformed(one: ReadScan) -> dict[str, Any]:
    """A scan that cannot be read: it is not kept, and not to be sent again."""
    return {
        "id": one.id, "verdict": "malformed", "tone": "red", "headline": gettext("格式有误。"),
        "now": "".join(one.faults), "name": None, "phone_tail": None, "since": None,
        "repeated": False, "attendance_id": None, "final": True, "undo": False,
    }  # fmt: skip


def _shown(result: dict[str, Any]) -> dict[str, Any]:
    told = {name: gettext(result[name]) for name in ("headline", "now") if result[name]}
    return result | told


@api.get("/events/<int:event_id>/sheets")
@api.response(200, SheetView(many=True))
@allow(*ORGANISERS)
def sheets_of_event(event_id: int) -> list[SignInSheet]:
    """The sign-in sheets that were printed for an event."""
    with snapshot() as session:
        _held(session, event_id)
        return sheets.sheets_of(session, event_id)


@api.post("/events/<int:event_id>/sheets")
@api.arguments(SheetRequest)
@api.response(201, SheetView)
@allow(*ORGANISERS)
def make_sheet(asked: dict[str, Any], event_id: int) -> SignInSheet:
    """Number a new sign-in sheet, to be printed from its page."""
    with transaction() as session:
        return operations.make_sheet(session, actor(), event_id=event_id, **asked, at=clock.now())


@api.get("/events/<int:event_id>/sheets/<int:number>")
@api.response(200, SheetFileView)
@allow(*ORGANISERS)
def sheet(event_id: int, number: int) -> dict[str, Any]:
    """A sign-in sheet with the names printed on it."""
    with snapshot() as session:
        _held(session, event_id)
        found = sheets.sheet_of(session, event_id, number)
        named = sheets.named_lines(session, found)
        lines = [
            {"line": line, "name": one.name, "phone_tail": one.phone_tail}
            for line, one in sorted(named.items())
        ]
        return found.model_dump() | {"named": lines}


@api.post("/events/<int:event_id>/sheets/<int:number>/entry")
@api.arguments(SheetEntryRequest)
@api.response(200, EnteredLineView(many=True))
@allow(*ORGANISERS)
def enter_sheet(asked: dict[str, Any], event_id: int, number: int) -> list[EnteredLine]:
    """Enter what people wrote on a sign-in sheet, once; lines of who did not come are left out."""
    with transaction() as session:
        return operations.enter_sheet(
            session, actor(), event_id=event_id, number=number, lines=asked["lines"],
            at=clock.now(),
        )  # fmt: skip


@api.get("/events/<int:event_id>/walk-ins")
@api.response(200, WalkInView(many=True))
@allow(*ORGANISERS, Scope.AT_DOOR)
def walk_ins(event_id: int) -> list[walkins.Unmatched]:
    """Who came without being registered, and is not matched to a member yet."""
    with snapshot() as session:
        _held(session, event_id)
        return walkins.unmatched(session, event_id)


@api.post("/events/<int:event_id>/walk-ins")
@api.arguments(WalkInForm)
@api.response(201, NotedView)
@allow(*ORGANISERS, Scope.AT_DOOR)
def note_walk_in(asked: dict[str, str], event_id: int) -> WalkIn:
    """Note somebody who comes now without being registered."""
    with transaction() as session:
        return operations.note_walk_in(session, actor(), event_id=event_id, **asked, at=clock.now())


@api.post("/walk-ins/<int:walk_in_id>/leaving")
@api.response(200, NotedView)
@allow(*ORGANISERS, Scope.AT_DOOR)
def walk_in_left(walk_in_id: int) -> WalkIn:
    """She leaves now."""
    with transaction() as session:
        return operations.walk_in_left(session, actor(), walk_in_id=walk_in_id, at=clock.now())


@api.post("/walk-ins/<int:walk_in_id>/match")
@api.arguments(MatchForm)
@api.response(200, TakenView(many=True))
@allow(*ORGANISERS)
def match_walk_in(asked: dict[str, str], walk_in_id: int) -> list[Taken]:
    """Let a walk-in be a member: her coming and her leaving count as ticks on the roster do."""
    with transaction() as session:
        return operations.match_walk_in(
            session, actor(), walk_in_id=walk_in_id, **asked, at=clock.now()
        )


@api.post("/walk-ins/<int:walk_in_id>/dismissal")
@api.response(204)
@allow(*ORGANISERS)
def dismiss_walk_in(walk_in_id: int) -> None:
    """Remove a walk-in's name and phone; nobody's hours hang on her."""
    with transaction() as session:
        operations.dismiss_walk_in(session, actor(), walk_in_id=walk_in_id, at=clock.now())


@api.post("/check-ins")
@api.arguments(ScanRequest)
@api.response(201, ScanView)
@allow(Role.VOLUNTEER, *ORGANISERS)
def check_in(asked: dict[str, str]) -> ScanAnswer:
    """Check in oneself at an event."""
    now = clock.now()
    with keeping_refusals(actor(), ScanKind.IN, now) as scan, transaction() as session:
        scan.update(_scan(asked, now))
        return operations.check_in(session, actor(), **scan, at=now)


@api.post("/check-outs")
@api.arguments(ScanRequest)
@api.response(201, ScanView)
@allow(Role.VOLUNTEER, *ORGANISERS)
def check_out(asked: dict[str, str]) -> ScanAnswer:
    """Check out; minutes and points are credited now or later, as the hour rule says."""
    now = clock.now()
    with keeping_refusals(actor(), ScanKind.OUT, now) as scan, transaction() as session:
        scan.update(_scan(asked, now))
        return operations.check_out(session, actor(), **scan, at=now)


def _scan(asked: dict[str, str], now: datetime) -> dict[str, Any]:
    """The operation's keywords: when, under which key, on which phone."""
    scan: dict[str, Any] = {**asked, "claimed_at": now}
    if "claim" in asked:
        claim = claims.read(scan.pop("claim"), asked["code"], at=now)
        scan |= {"claimed_at": claim.claimed_at, "key": claim.key, "way": claim.way}
    return scan
