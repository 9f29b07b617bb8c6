"""Pages of attendance: the live list at an event, and what a scanned poster opens."""

import hashlib
import secrets
import unicodedata
from datetime import datetime, timedelta
from typing import Any

from flask import flash, redirect, render_template, request
from flask_babel import gettext
from werkzeug.wrappers import Response

from pointsbank.access.entrance import reading_codes
from pointsbank.attendance import (
    claims,
    door,
    door_pages,
    operations,
    queries,
    rotating,
    scanner_pages,
    sheet_pages,
)
from pointsbank.attendance.entrance import keeping_refusals
from pointsbank.attendance.event import WATCHERS
from pointsbank.attendance.operations import Sent
from pointsbank.attendance.results import results
from pointsbank.attendance.rules import (
    ATTENDANCE_NAMES,
    CodeUnknown,
    RotatingInvalid,
    ScanKind,
    Verdict,
    window,
)
from pointsbank.attendance.schemas import (
    ClaimForm,
    DigitsForm,
    DoorForm,
    ScannedQuery,
    TypedQuery,
)
from pointsbank.attendance.words import reasons
from pointsbank.core import bank, clock
from pointsbank.core.actor import Scope
from pointsbank.core.database import Session, snapshot, transaction
from pointsbank.core.errors import Refused
from pointsbank.earning.rules import why_clipped
from pointsbank.events.queries import event as event_seen
from pointsbank.events.rules import CONFIRMERS, ORGANISERS, STATE_NAMES, EventState
from pointsbank.hours.rules import Way
from pointsbank.ledger.queries import transfers_of
from pointsbank.ledger.rules import DEFAULT_UNITS
from pointsbank.members.rules import folded_digits
from pointsbank.signups.queries import expected
from pointsbank.web import (
    ANYONE,
    SIGNED_IN,
    PageBlueprint,
    actor,
    allow,
    form,
    query,
    wants_fragment,
)
from pointsbank.web.access import visitor
from pointsbank.web.errors import sentence_of, status_of

_MARK = "door_mark"
_MARKED_FOR = timedelta(days=1)
pages = PageBlueprint("attendance", __name__)
pages.register_blueprint(door_pages.pages)
pages.register_blueprint(sheet_pages.pages)
pages.register_blueprint(scanner_pages.pages)


@pages.context_processor
def _words() -> dict[str, Any]:
    return {
        "state_names": STATE_NAMES,
        "attendance_names": ATTENDANCE_NAMES,
        "reasons": reasons,
        "unit_names": {unit.code: unit.name for unit in DEFAULT_UNITS},
        "why_clipped": why_clipped,
    }


@pages.post("/events/<int:event_id>/closing")
@allow(*ORGANISERS)
def close_event(event_id: int) -> Response:
    try:
        with transaction() as session:
            operations.close_event(session, actor(), event_id=event_id, at=clock.now())
        flash(gettext("活动已结束。"), "success")
    except Refused as refused:
        if status_of(refused) != 409:
            raise
        flash(sentence_of(refused), "error")
    return redirect(f"/events/{event_id}", 303)


@pages.post("/events/<int:event_id>/confirmations")
@allow(*CONFIRMERS)
def confirm(event_id: int) -> Response:
    with transaction() as session:
        done = operations.confirm(session, actor(), event_id=event_id, at=clock.now())
    told = gettext("已确认 %(people)s 人，时长和积分已入账。", people=done.people)
    flash(told if done.people else gettext("没有待确认的时长。"), "success")
    return redirect(f"/events/{event_id}/attendance", 303)


@pages.get("/events/<int:event_id>/attendance")
@allow(*WATCHERS, Scope.AT_DOOR)
def attendance(event_id: int) -> str:
    """Who is here, live: the page asks for its middle again every few seconds."""
    with snapshot() as session:
        found = event_seen(session, actor(), event_id)
        actor().require(*WATCHERS, org_id=found.org_id)
        return render_template(
            "attendance/_attendance.html" if wants_fragment() else "attendance/attendance.html",
            event=found,
            counts=queries.counts(session, event_id),
            expected=expected(session, event_id),
            rows=(rows := queries.attendances(session, event_id)),
            posts=queries.posts_scanned(session, event_id, [row[0].member_id for row in rows]),
            may_run=actor().may(*ORGANISERS, org_id=found.org_id),
            may_confirm=actor().kind == "user" and actor().may(*CONFIRMERS, org_id=found.org_id),
            key=secrets.token_urlsafe(9),
        )


@pages.post("/events/<int:event_id>/scans")
@allow(*ORGANISERS, Scope.AT_DOOR)
def let_in(event_id: int) -> Response:
    """The organiser's own scan of somebody's card or phone code, typed or by a USB scanner."""
    try:
        asked, now = form(DoorForm), clock.now()
        with transaction() as session:
            [taken] = operations.take_scans(
                session, actor(), event_id=event_id, sent_at=now, scans=[_sent(asked, now)], at=now
            )
            [told] = results(session, event_id, [taken])
        door_pages.tell(event_id, told)
    except Refused as refused:
        if status_of(refused) == 403:
            raise
        flash(sentence_of(refused), "error")
    return redirect(f"/events/{event_id}/attendance", 303)


def _sent(asked: dict[str, Any], now: datetime) -> Sent:
    """The page's scan. Its id follows from all that was asked, for a page brought back by the
    browser holds its key still.
    """
    kind = ScanKind.OUT if asked["leaving"] else ScanKind.IN
    code = folded_digits(asked["member_code"])
    made = hashlib.sha256(f"{asked['key']} {kind} {code}".encode()).hexdigest()
    return Sent(made[:32], now, kind, code=code, offset_ms=0)


@pages.get("/c")
@allow(ANYONE)
def enter_code() -> Response | tuple[str, int]:
    """Where a poster's code is typed by who cannot scan it; the same as if she had."""
    typed = query(TypedQuery).get("code", "")
    code = "".join(unicodedata.normalize("NFKC", typed).split())
    refused = None
    if code:
        try:
            with snapshot() as session:
                return redirect(f"/c/{door.find(session, code=code, member_id=None).scanned}", 303)
        except CodeUnknown as unknown:
            refused = unknown
    page = render_template(
        "attendance/enter_code.html", typed=typed, sentence=sentence_of(refused) if refused else ""
    )
    return page, status_of(refused) if refused else 200


@pages.get("/c/<code>")
@allow(ANYONE)
def scanned(code: str) -> Response | str:
    """What the poster's code opens, or the screen's. Reading it changes nothing: its form checks in
    by itself. A rotating code is looked at here, before anybody signs in.
    """
    asked, now, person = query(ScannedQuery), clock.now(), visitor()
    claim, at = _claimed(code, asked, now)
    with snapshot() as session:
        met = door.find(session, code=code, member_id=person.member_id if person else None)
        if person is None and met.occasion.state is EventState.OPEN:
            return redirect(f"/sign-in?next=/c/{met.scanned}?claim={claim}", 303)
        verdict = window(met.occasion, met.stay, met.terms, at, pairs=met.pairs)
        return _answer_page(session, met, verdict, claim=claim, done=asked.get("done"))


def _claimed(code: str, asked: dict[str, str], now: datetime) -> tuple[str, datetime]:
    """The claim of a scan with its instant: the one that is brought along, or a fresh one."""
    code = code.strip().upper()
    if "claim" in asked:
        return asked["claim"], claims.read(asked["claim"], code, at=now).claimed_at
    if "r" not in asked:
        return claims.sign(code, at=now), now
    rotating.check(code, asked["r"], now)
    return claims.sign(code, at=now, way=Way.ROTATING), now


@pages.post("/c/<code>/digits")
@allow(SIGNED_IN)
def typed(code: str) -> Response:
    """The digits that the screen at the event shows, typed by who cannot scan."""
    code, now = code.strip().upper(), clock.now()
    shown = folded_digits(form(DigitsForm)["digits"])
    with reading_codes(actor()):
        if not shown.isdecimal():
            raise RotatingInvalid
        rotating.check(code, shown, now)
    return redirect(f"/c/{code}?claim={claims.sign(code, at=now, way=Way.ROTATING)}", 303)


def _answer_page(session: Session, met: door.Door, verdict: Verdict, **given: Any) -> str:
    """The answer to a scan fills the screen: what, since when, what now."""
    person = visitor()
    entries = transfers_of(session, "attendance", met.attendance_id) if met.attendance_id else []
    return render_template(
        "attendance/scanned.html",
        met=met,
        verdict=verdict.value,
        volunteer=bool(person and person.member_id),
        may_run=bool(person and person.may(*ORGANISERS, org_id=met.org_id)),
        why=queries.why(session, met.attendance_id),
        clips=queries.clips(session, [met.attendance_id])[met.attendance_id],
        counts=door.worth_until(session, met, person.member_id if person else None, clock.now()),
        earned={entry.unit: entry.left for entry in entries if entry.left},
        **given,
    )


@pages.post("/c/<code>/check-in")
@allow(SIGNED_IN)
def check_in(code: str) -> Response:
    return _scan(operations.check_in, code, ScanKind.IN)


@pages.post("/c/<code>/check-out")
@allow(SIGNED_IN)
def check_out(code: str) -> Response:
    return _scan(operations.check_out, code, ScanKind.OUT)


def _scan(verb: Any, code: str, kind: ScanKind) -> Response:
    """Write the scan that the claim stands for; the page that follows says what is so now."""
    now = clock.now()
    claim = claims.read(form(ClaimForm)["claim"], code, at=now)
    device = request.cookies.get(_MARK) or secrets.token_urlsafe(16)
    scan = {
        "code": code,
        "claimed_at": claim.claimed_at,
        "key": f"{kind}:{claim.key}",
        "way": claim.way,
        "device": device,
    }
    with keeping_refusals(actor(), kind, now) as kept, transaction() as session:
        kept.update(scan)
        verb(session, actor(), **scan, at=now)
    response = redirect(f"/c/{code}?done={kind}", 303)
    _mark_browser(response, device)
    return response


def _mark_browser(response: Response, device: str) -> None:
    """Let this browser be known for a day: whether one phone checks in many people."""
    if _MARK not in request.cookies:
        secure = bank.settings().public_url.startswith("https://")
        response.set_cookie(
            _MARK, device, max_age=_MARKED_FOR, secure=secure, httponly=True, samesite="Lax",
            path="/c/",
        )  # fmt: skip
