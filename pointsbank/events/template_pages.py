"""Pages of templates: what there is, a new event from one, an event kept as one."""

import secrets
from datetime import timedelta
from typing import Any

from flask import flash, redirect, render_template, request
from flask_babel import gettext
from werkzeug.wrappers import Response

from pointsbank.core import clock
from pointsbank.core.database import snapshot, transaction
from pointsbank.core.errors import Conflict, Invalid, Refused
from pointsbank.earning.rules import DEED_CATEGORIES
from pointsbank.events import operations, outlines, queries
from pointsbank.events.presets import PRESET_NAMES, PRESETS
from pointsbank.events.rules import ORGANISERS
from pointsbank.events.schemas import FromTemplateForm, TemplateQuery, TemplateRequest
from pointsbank.web import PageBlueprint, actor, allow, form, query
from pointsbank.web.errors import sentence_of, status_of
from pointsbank.web.formats import input_time

pages = PageBlueprint("templates", __name__)
pages.context_processor(lambda: {"kind_names": DEED_CATEGORIES})
Page = tuple[str, int]


@pages.get("/events/templates")
@allow(*ORGANISERS)
def templates() -> str:
    with snapshot() as session:
        own = queries.templates(session, actor())
    presets = [(name, gettext(PRESET_NAMES[name]), one) for name, one in PRESETS.items()]
    return render_template("events/templates.html", own=own, presets=presets)


@pages.get("/events/from-template")
@allow(*ORGANISERS)
def begin() -> Page:
    tomorrow = clock.local(clock.now() + timedelta(days=1)).replace(hour=9, minute=0)
    likely = {"starts_at": input_time(tomorrow), "key": secrets.token_urlsafe(12)}
    return _page(query(TemplateQuery), likely)


@pages.post("/events/from-template")
@allow(*ORGANISERS)
def plan_from() -> Response | Page:
    typed = request.form.to_dict()
    try:
        asked = form(FromTemplateForm)
        with transaction() as session:
            outline = outlines.chosen(session, actor(), asked)
            event = operations.plan_from(session, actor(), outline=outline, **asked, at=clock.now())
    except (Invalid, Conflict) as refused:
        return _page(_named(typed), typed, refused)
    flash(gettext("活动已存为草稿，核对无误后请发布。"), "success")
    return redirect(f"/events/{event.id}", 303)


def _named(typed: dict[str, str]) -> dict[str, Any]:
    """Which template a form that was refused was of."""
    number = typed.get("template_id", "")
    if number.isascii() and number.isdigit() and len(number) <= 18:
        return {"template_id": int(number)}
    return {"preset": typed.get("preset", "")}


def _page(named: dict[str, Any], typed: dict[str, Any], refused: Refused | None = None) -> Page:
    with snapshot() as session:
        outline = outlines.chosen(session, actor(), dict(named))
        places = [(row[0], row[1]) for row in queries.places_for_events(session, actor())]
    page = render_template(
        "events/from_template.html",
        outline=outline,
        named=named,
        asked=typed,
        places=places,
        errors=refused.fields if isinstance(refused, Invalid) else {},
        sentence=sentence_of(refused) if refused else "",
    )
    return page, status_of(refused) if refused else 200


@pages.post("/events/<int:event_id>/templates")
@allow(*ORGANISERS)
def save(event_id: int) -> Response:
    asked = form(TemplateRequest)
    with transaction() as session:
        operations.save_template(session, actor(), event_id=event_id, **asked, at=clock.now())
    flash(gettext("已存为模板。"), "success")
    return redirect("/events/templates", 303)


@pages.post("/event-templates/<int:template_id>/putting-away")
@allow(*ORGANISERS)
def put_away(template_id: int) -> Response:
    with transaction() as session:
        operations.put_away_template(session, actor(), template_id=template_id, at=clock.now())
    flash(gettext("模板已收起，不再列出。"), "success")
    return redirect("/events/templates", 303)
