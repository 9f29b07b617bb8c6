"""Pages of events: list, form, event, its steps; posts and posters have files of their own."""

import secrets
from datetime import timedelta
from typing import Any

from flask import flash, redirect, render_template, request
from flask_babel import gettext
from werkzeug.wrappers import Response

from pointsbank.core import clock
from pointsbank.core.database import Session, snapshot, transaction
from pointsbank.core.errors import Conflict, Invalid, Refused, say
from pointsbank.earning.rules import DEED_CATEGORIES
from pointsbank.events import (
    operations,
    parts,
    post_pages,
    poster_pages,
    queries,
    series_pages,
    template_pages,
)
from pointsbank.events.content import content_of
from pointsbank.events.models import Event
from pointsbank.events.rules import CHANGED_NAMES, ORGANISERS, STATE_NAMES, lacking
from pointsbank.events.schemas import (
    CancellationRequest,
    ChangeForm,
    CopyRequest,
    EventsQuery,
    PlanForm,
)
from pointsbank.members.queries import skills
from pointsbank.orgs.queries import organisation
from pointsbank.web import SIGNED_IN, PageBlueprint, actor, allow, form, query
from pointsbank.web.errors import sentence_of, status_of
from pointsbank.web.formats import input_time
from pointsbank.web.navigation import Link

pages = PageBlueprint("events", __name__)
pages.register_blueprint(post_pages.pages)
pages.register_blueprint(poster_pages.pages)
pages.register_blueprint(series_pages.pages)
pages.register_blueprint(template_pages.pages)

NAVIGATION = (Link("/events", say("活动"), 20),)
Page = tuple[str, int]


@pages.context_processor
def _words() -> dict[str, Any]:
    return {
        "kind_names": DEED_CATEGORIES,
        "state_names": STATE_NAMES,
        "field_names": CHANGED_NAMES,
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
        signs_up=actor().member_id is not None,
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


def _new_page(typed: dict[str, Any], refused: Refused | None) -> Page:
    """The form, empty or with what was typed and what was wrong with it."""
    with snapshot() as session:
        places = [(row[0], row[1]) for row in queries.places_for_events(session, actor())]
        page = render_template(
            "events/new.html", asked=typed, places=places, **_choices(session), **_said(refused)
        )
    return page, status_of(refused) if refused else 200


def _choices(session: Session) -> dict[str, Any]:
    """What the form of an event offers."""
    return {
        "kinds": [(str(kind), gettext(name)) for kind, name in DEED_CATEGORIES.items()],
        "houses": [(row[0], row[1]) for row in queries.houses(session, actor())],
        "skills": [(name, gettext(name)) for name in skills(session)],
    }


def _said(refused: Refused | None) -> dict[str, Any]:
    return {
        "errors": refused.fields if isinstance(refused, Invalid) else {},
        "sentence": sentence_of(refused) if refused else "",
    }


@pages.get("/events/<int:event_id>/edit")
@allow(*ORGANISERS)
def edit(event_id: int) -> Page:
    return _edit_page(event_id, {}, None)


@pages.post("/events/<int:event_id>")
@allow(*ORGANISERS)
def change(event_id: int) -> Response | Page:
    try:
        asked = form(ChangeForm)
        verb = operations.change_from if asked.pop("scope") == "later" else operations.change
        with transaction() as session:
            verb(session, actor(), event_id=event_id, **asked, at=clock.now())
    except (Invalid, Conflict) as refused:
        return _edit_page(event_id, request.form.to_dict(), refused)
    flash(gettext("已保存。"), "success")
    return redirect(f"/events/{event_id}", 303)


def _edit_page(event_id: int, typed: dict[str, str], refused: Refused | None) -> Page:
    with snapshot() as session:
        found = queries.event(session, actor(), event_id)
        actor().require(*ORGANISERS, org_id=found.org_id)
        said: dict[str, Any] = {**content_of(found)}
        for name in ("starts_at", "ends_at"):
            said[name] = input_time(said[name])
        choices = _choices(session)
        if (said["place_id"], said["place"]) in choices["houses"]:
            said["place"] = ""
        page = render_template(
            "events/edit.html", event=found, asked=typed or said, **choices, **_said(refused)
        )
    return page, status_of(refused) if refused else 200


@pages.get("/events/<int:event_id>/copy")
@allow(*ORGANISERS)
def begin_copy(event_id: int) -> Page:
    return _copy_page(event_id, {"key": secrets.token_urlsafe(12)}, None)


@pages.post("/events/<int:event_id>/copies")
@allow(*ORGANISERS)
def copy(event_id: int) -> Response | Page:
    try:
        asked = form(CopyRequest)
        with transaction() as session:
            made = operations.copy(session, actor(), event_id=event_id, **asked, at=clock.now())
    except (Invalid, Conflict) as refused:
        return _copy_page(event_id, request.form.to_dict(), refused)
    flash(gettext("活动已存为草稿，核对无误后请发布。"), "success")
    return redirect(f"/events/{made.id}", 303)


def _copy_page(event_id: int, typed: dict[str, str], refused: Refused | None) -> Page:
    with snapshot() as session:
        found = queries.event(session, actor(), event_id)
        actor().require(*ORGANISERS, org_id=found.org_id)
    then = clock.local(max(found.starts_at, clock.now()) + timedelta(days=7))
    begins = clock.local(found.starts_at)
    asked = {"starts_at": f"{then:%Y-%m-%d}T{begins:%H:%M}", **typed}
    page = render_template("events/copy.html", event=found, asked=asked, **_said(refused))
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
            signs_up=person.member_id is not None,
            may_run=person.may(*ORGANISERS, org_id=found.org_id),
            **_told(session, found),
        )


def _told(session: Session, found: Event) -> dict[str, Any]:
    """What an event says of itself, and what its record still lacks."""
    said = content_of(found)
    return {
        "said": said,
        "template_key": secrets.token_urlsafe(12),
        "lacking": [gettext(name) for name in lacking(said)],
        "changes": queries.changes_of(session, found.id),
        "posts": queries.posts_of(session, found.id),
        "shifts": queries.shifts_of(session, found.id),
        "taken": parts.taken_of(session, [found.id])[found.id],
    }


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
