"""Pages of events: list, form, event, poster, live attendance; and what a scanned poster opens."""

import secrets
from datetime import timedelta
from typing import Any

from flask import flash, redirect, render_template, request
from flask_babel import gettext
from werkzeug.wrappers import Response

from pointsbank.access.entrance import reading_codes
from pointsbank.core import clock, qr
from pointsbank.core.actor import Role, Scope
from pointsbank.core.database import Session, snapshot, transaction
from pointsbank.core.errors import Invalid, Refused, say
from pointsbank.earning.rules import DEED_CATEGORIES
from pointsbank.events import claims, door, operations, posters, queries
from pointsbank.events.models import Event
from pointsbank.events.rules import (
    ATTENDANCE_NAMES,
    CONFIRMERS,
    ORGANISERS,
    STATE_NAMES,
    EventState,
    Verdict,
    Way,
    window,
)
from pointsbank.events.schemas import (
    CancellationRequest,
    ClaimForm,
    DoorForm,
    EventsQuery,
    PlanForm,
    ScannedQuery,
)
from pointsbank.events.words import clip_reason, reasons
from pointsbank.ledger.queries import transfers_of
from pointsbank.ledger.rules import DEFAULT_UNITS
from pointsbank.members.queries import member_by_code
from pointsbank.orgs.queries import organisation
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
from pointsbank.web.navigation import Link

pages = PageBlueprint("events", __name__)

NAVIGATION = (Link("/events", say("活动"), 20),)
WATCHERS = (*CONFIRMERS, Role.OFFICIAL)
Page = tuple[str, int]


@pages.context_processor
def _words() -> dict[str, Any]:
    return {
        "kind_names": DEED_CATEGORIES,
        "state_names": STATE_NAMES,
        "attendance_names": ATTENDANCE_NAMES,
        "reasons": lambda why: reasons(why, gettext),
        "unit_names": {unit.code: unit.name for unit in DEFAULT_UNITS},
        "clip_text": lambda clip: sentence_of(clip_reason(clip)),
    }


@pages.get("/events")
@allow(SIGNED_IN)
def events() -> str:
    asked, now = query(EventsQuery), clock.now()
    with snapshot() as session:
        coming = queries.coming_events(session, actor(), at=now)
        past = queries.past_events(session, actor(), at=now, before=asked.get("before"))
        waiting = queries.waiting(session, [*coming, *past], actor().reach(*CONFIRMERS))
    return render_template(
        "events/events.html",
        coming=coming,
        past=past,
        paged="before" in asked,
        more=len(past) == queries.PAGE,
        waiting=waiting,
        may_plan=bool(actor().reach(*ORGANISERS)),
    )


@pages.get("/events/new")
@allow(*ORGANISERS)
def new() -> Page:
    hour = clock.local(clock.now() + timedelta(hours=1)).replace(minute=0)
    typed = {
        "key": secrets.token_urlsafe(12),
        "starts_at": f"{hour:%Y-%m-%dT%H:%M}",
        "ends_at": f"{hour + timedelta(hours=2):%Y-%m-%dT%H:%M}",
    }
    return _new_page(typed, None)


@pages.post("/events")
@allow(*ORGANISERS)
def plan() -> Response | Page:
    try:
        asked = form(PlanForm)
        with transaction() as session:
            event = operations.plan(session, actor(), **asked, at=clock.now())
    except Refused as refused:
        return _new_page(request.form.to_dict(), refused)
    flash(gettext("活动已存为草稿，核对无误后请发布。"), "success")
    return redirect(f"/events/{event.id}", 303)


def _new_page(typed: dict[str, str], refused: Refused | None) -> Page:
    """The form, empty or with what was typed and what was wrong with it."""
    with snapshot() as session:
        places = [(row[0], row[1]) for row in queries.places_for_events(session, actor())]
    page = render_template(
        "events/new.html",
        asked=typed,
        places=places,
        kinds=[(str(kind), gettext(name)) for kind, name in DEED_CATEGORIES.items()],
        errors=refused.fields if isinstance(refused, Invalid) else {},
        sentence=sentence_of(refused) if refused else "",
    )
    return page, status_of(refused) if refused else 200


@pages.get("/events/<int:event_id>")
@allow(SIGNED_IN)
def event(event_id: int) -> str:
    person = actor()
    with snapshot() as session:
        found = queries.event(session, person, event_id)
        return render_template(
            "events/event.html",
            event=found,
            organisation=organisation(session, found.org_id),
            rule=queries.hour_rule_for(session, found),
            **_mine(session, event_id),
            counts=queries.counts(session, event_id),
            may_run=person.may(*ORGANISERS, org_id=found.org_id),
            may_watch=person.may(*WATCHERS, org_id=found.org_id),
            over=found.ends_at <= clock.now(),
        )


def _mine(session: Session, event_id: int) -> dict[str, Any]:
    """The person's own attendance, and what caps took of its points."""
    mine = queries.attendance_of(session, event_id, actor().member_id)
    return {"mine": mine, "clips": queries.clips(session, [mine.id])[mine.id] if mine else []}


@pages.post("/events/<int:event_id>/publication")
@allow(*ORGANISERS)
def publish(event_id: int) -> Response:
    return _step(operations.publish, event_id, gettext("活动已发布，可以打印海报了。"))


@pages.post("/events/<int:event_id>/opening")
@allow(*ORGANISERS)
def open_event(event_id: int) -> Response:
    return _step(operations.open_event, event_id, gettext("已开始签到。"))


@pages.post("/events/<int:event_id>/closing")
@allow(*ORGANISERS)
def close_event(event_id: int) -> Response:
    return _step(operations.close_event, event_id, gettext("活动已结束。"))


@pages.post("/events/<int:event_id>/cancellation")
@allow(*ORGANISERS)
def cancel(event_id: int) -> Response:
    asked = form(CancellationRequest)
    return _step(operations.cancel, event_id, gettext("活动已取消。"), **asked)


@pages.post("/events/<int:event_id>/confirmations")
@allow(*CONFIRMERS)
def confirm(event_id: int) -> Response:
    with transaction() as session:
        done = operations.confirm(session, actor(), event_id=event_id, at=clock.now())
    told = gettext("已确认 %(people)s 人，时长和积分已入账。", people=done.people)
    flash(told if done.people else gettext("没有待确认的时长。"), "success")
    return redirect(f"/events/{event_id}/attendance", 303)


def _step(verb: Any, event_id: int, told: str, **asked: Any) -> Response:
    """One step of an event's life; a step that cannot be taken says why on the event's page."""
    try:
        with transaction() as session:
            verb(session, actor(), event_id=event_id, **asked, at=clock.now())
        flash(told, "success")
    except Refused as refused:
        if status_of(refused) != 409:
            raise
        flash(sentence_of(refused), "error")
    return redirect(f"/events/{event_id}", 303)


@pages.get("/events/<int:event_id>/poster")
@allow(*ORGANISERS)
def poster(event_id: int) -> str:
    found, organisation_name = _for_printing(event_id)
    return render_template(
        "events/poster.html",
        event=found,
        organisation_name_on_poster=organisation_name,
        address=posters.address(found),
        times=posters.times(found),
        drawing=qr.svg(posters.address(found), gettext("签到二维码")),
        is_local=posters.is_local(),
    )


@pages.get("/events/<int:event_id>/poster.pdf")
@allow(*ORGANISERS)
def poster_pdf(event_id: int) -> Response:
    found, organisation_name = _for_printing(event_id)
    headers = {"Content-Disposition": f'inline; filename="poster-{found.code}.pdf"'}
    content = posters.pdf(found, organisation_name)
    return Response(content, mimetype="application/pdf", headers=headers)


def _for_printing(event_id: int) -> tuple[Event, str]:
    with snapshot() as session:
        found = queries.event(session, actor(), event_id)
        actor().require(*ORGANISERS, org_id=found.org_id)
        return found, organisation(session, found.org_id).name


@pages.get("/events/<int:event_id>/attendance")
@allow(*WATCHERS, Scope.AT_DOOR)
def attendance(event_id: int) -> str:
    """Who is here, live: the page asks for its middle again every few seconds."""
    with snapshot() as session:
        found = queries.event(session, actor(), event_id)
        actor().require(*WATCHERS, org_id=found.org_id)
        return render_template(
            "events/_attendance.html" if wants_fragment() else "events/attendance.html",
            event=found,
            counts=queries.counts(session, event_id),
            rows=queries.attendances(session, event_id),
            may_run=actor().may(*ORGANISERS, org_id=found.org_id),
            may_confirm=actor().may(*CONFIRMERS, org_id=found.org_id),
            key=secrets.token_urlsafe(9),
        )


@pages.post("/events/<int:event_id>/scans")
@allow(*ORGANISERS, Scope.AT_DOOR)
def let_in(event_id: int) -> Response:
    """The organiser's own scan of somebody's card or phone code, typed or by a USB scanner."""
    try:
        asked = form(DoorForm)
        who, answer = _scan_of_other(event_id, **asked)
        flash(_told(who, answer), "warning" if answer.repeated else "success")
    except Refused as refused:
        if status_of(refused) == 403:
            raise
        flash(sentence_of(refused), "error")
    return redirect(f"/events/{event_id}/attendance", 303)


def _scan_of_other(
    event_id: int, member_code: str, leaving: bool, key: str
) -> tuple[str, door.ScanAnswer]:
    now = clock.now()
    verb: Any = operations.check_out if leaving else operations.check_in
    with reading_codes(actor()), transaction() as session:
        code = queries.event(session, actor(), event_id).code
        person = member_by_code(session, member_code, now)
        answer = verb(
            session, actor(), code=code, claimed_at=now, key=key, at=now,
            member_id=person.id, way=Way.ORGANISER,
        )  # fmt: skip
        return person.name, answer


def _told(who: str, answer: door.ScanAnswer) -> str:
    since = clock.local(answer.checked_in_at).strftime("%H:%M")
    sentence = {
        (Verdict.CHECKED_IN, False): gettext("%(name)s 签到成功。"),
        (Verdict.CHECKED_OUT, False): gettext("%(name)s 签退成功。"),
        (Verdict.ALREADY_IN, True): gettext("%(name)s 已于 %(since)s 签到。"),
        (Verdict.CHECKED_OUT, True): gettext("%(name)s 已经签退。"),
    }[answer.verdict, answer.repeated]
    return str(sentence % {"name": who, "since": since})


@pages.get("/c/<code>")
@allow(ANYONE)
def scanned(code: str) -> Response | str:
    """What the poster's code opens. Reading it changes nothing: its form checks in by itself."""
    asked, now, person = query(ScannedQuery), clock.now(), visitor()
    at = claims.read(asked["claim"], code, at=now).claimed_at if "claim" in asked else now
    with snapshot() as session:
        met = door.find(session, code=code, member_id=person.member_id if person else None)
        claim = asked.get("claim") or claims.sign(met.code, at=now)
        if person is None and met.occasion.state is EventState.OPEN:
            return redirect(f"/sign-in?next=/c/{met.code}?claim={claim}", 303)
        verdict = window(met.occasion, met.stay, met.terms, at)
        return _answer_page(session, met, verdict, claim=claim, done=asked.get("done"))


def _answer_page(session: Session, met: door.Door, verdict: Verdict, **given: Any) -> str:
    """The answer to a scan fills the screen: what, since when, what now."""
    person = visitor()
    entries = transfers_of(session, "attendance", met.attendance_id) if met.attendance_id else []
    return render_template(
        "events/scanned.html",
        met=met,
        verdict=verdict.value,
        volunteer=bool(person and person.member_id),
        may_run=bool(person and person.may(*ORGANISERS, org_id=met.org_id)),
        why=queries.why(session, met.attendance_id),
        clips=queries.clips(session, [met.attendance_id])[met.attendance_id],
        counts=door.worth_until(met, clock.now()),
        earned={entry.unit: entry.left for entry in entries if entry.left},
        **given,
    )


@pages.post("/c/<code>/check-in")
@allow(SIGNED_IN)
def check_in(code: str) -> Response:
    return _scan(operations.check_in, code, "in")


@pages.post("/c/<code>/check-out")
@allow(SIGNED_IN)
def check_out(code: str) -> Response:
    return _scan(operations.check_out, code, "out")


def _scan(verb: Any, code: str, done: str) -> Response:
    """Write the scan that the claim stands for; the page that follows says what is so now."""
    now = clock.now()
    claim = claims.read(form(ClaimForm)["claim"], code, at=now)
    scan = {"code": code, "claimed_at": claim.claimed_at, "key": f"{done}:{claim.key}"}
    with transaction() as session:
        verb(session, actor(), **scan, at=now)
    return redirect(f"/c/{code}?done={done}", 303)
