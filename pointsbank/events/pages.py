"""Pages of events: list, form, event, poster."""

import secrets
from datetime import timedelta
from typing import Any

from flask import flash, redirect, render_template, request
from flask_babel import gettext
from werkzeug.wrappers import Response

from pointsbank.core import clock, qr
from pointsbank.core.database import snapshot, transaction
from pointsbank.core.errors import Invalid, Refused, say
from pointsbank.earning.rules import DEED_CATEGORIES
from pointsbank.events import operations, parts, posters, queries
from pointsbank.events.models import Event
from pointsbank.events.rules import ORGANISERS, STATE_NAMES
from pointsbank.events.schemas import CancellationRequest, EventsQuery, PlanForm
from pointsbank.orgs.queries import organisation
from pointsbank.web import SIGNED_IN, PageBlueprint, actor, allow, form, query
from pointsbank.web.errors import sentence_of, status_of
from pointsbank.web.navigation import Link

pages = PageBlueprint("events", __name__)

NAVIGATION = (Link("/events", say("活动"), 20),)
Page = tuple[str, int]


@pages.context_processor
def _words() -> dict[str, Any]:
    return {
        "kind_names": DEED_CATEGORIES,
        "state_names": STATE_NAMES,
    }


@pages.get("/events")
@allow(SIGNED_IN)
def events() -> str:
    asked, now = query(EventsQuery), clock.now()
    with snapshot() as session:
        coming = queries.coming_events(session, actor(), at=now)
        past = queries.past_events(session, actor(), at=now, before=asked.get("before"))
        marks = parts.marks_of(session, actor(), [row[0] for row in (*coming, *past)])
    return render_template(
        "events/events.html",
        coming=coming,
        past=past,
        paged="before" in asked,
        more=len(past) == queries.PAGE,
        marks=marks,
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
            parts=parts.parts_of(session, person, found, clock.now()),
            may_run=person.may(*ORGANISERS, org_id=found.org_id),
        )


@pages.post("/events/<int:event_id>/publication")
@allow(*ORGANISERS)
def publish(event_id: int) -> Response:
    return _step(operations.publish, event_id, gettext("活动已发布，可以打印海报了。"))


@pages.post("/events/<int:event_id>/opening")
@allow(*ORGANISERS)
def open_event(event_id: int) -> Response:
    return _step(operations.open_event, event_id, gettext("已开始签到。"))


@pages.post("/events/<int:event_id>/cancellation")
@allow(*ORGANISERS)
def cancel(event_id: int) -> Response:
    asked = form(CancellationRequest)
    return _step(operations.cancel, event_id, gettext("活动已取消。"), **asked)


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
