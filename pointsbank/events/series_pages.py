"""Pages of series: the rule with its dates before anything is made, and what a series holds."""

import secrets
from datetime import timedelta
from typing import Any

from flask import flash, redirect, render_template, request
from flask_babel import gettext
from werkzeug.wrappers import Response

from pointsbank.core import clock
from pointsbank.core.database import snapshot, transaction
from pointsbank.core.errors import Conflict, Invalid, Refused, say
from pointsbank.events import operations, queries
from pointsbank.events.models import Event
from pointsbank.events.rules import ORGANISERS, STATE_NAMES, EventState
from pointsbank.events.schemas import CancellationRequest, SeriesForm, SeriesQuery
from pointsbank.orgs.queries import organisation
from pointsbank.web import PageBlueprint, actor, allow, form, query
from pointsbank.web.errors import sentence_of, status_of

pages = PageBlueprint("series", __name__)
Page = tuple[str, int]
WEEKDAYS = {
    1: say("周一"), 2: say("周二"), 3: say("周三"), 4: say("周四"), 5: say("周五"), 6: say("周六"),
    7: say("周日"),
}  # fmt: skip
TIMES_OF_DAY = 3


@pages.context_processor
def _words() -> dict[str, Any]:
    return {"weekday_names": WEEKDAYS, "state_names": STATE_NAMES}


@pages.get("/events/<int:event_id>/series")
@allow(*ORGANISERS)
def begin(event_id: int) -> Page:
    """The rule; once it is asked for, with the dates that it gives."""
    found = _of_actor(event_id)
    if not request.args:
        return _rule_page(found, _likely(found))
    typed = _typed(request.args)
    try:
        asked = query(SeriesQuery)
        return _rule_page(found, typed, dates=operations.dates(asked["rule"]))
    except Invalid as refused:
        return _rule_page(found, typed, refused=refused)


def _likely(event: Event) -> dict[str, Any]:
    """Once a week as the event is, for three months."""
    begins = clock.local(event.starts_at)
    return {
        "weekdays": [str(begins.isoweekday())],
        "begins": [f"{begins:%H:%M}"],
        "from_on": str(begins.date()),
        "until_on": str(begins.date() + timedelta(days=90)),
    }


@pages.post("/events/<int:event_id>/series")
@allow(*ORGANISERS)
def repeat(event_id: int) -> Response | Page:
    try:
        asked = form(SeriesForm)
        with transaction() as session:
            made = operations.repeat(session, actor(), event_id=event_id, **asked, at=clock.now())
    except (Invalid, Conflict) as refused:
        return _rule_page(_of_actor(event_id), _typed(request.form), refused=refused)
    flash(gettext("系列活动已经建好。"), "success")
    return redirect(f"/event-series/{made.id}", 303)


def _of_actor(event_id: int) -> Event:
    with snapshot() as session:
        found = queries.event(session, actor(), event_id)
        actor().require(*ORGANISERS, org_id=found.org_id)
        return found


def _typed(given: Any) -> dict[str, Any]:
    lists = ("weekdays", "begins")
    return {**given.to_dict(), **{name: given.getlist(name) for name in lists}}


def _rule_page(
    event: Event,
    typed: dict[str, Any],
    *,
    dates: Any = (),
    refused: Refused | None = None,
) -> Page:
    boxes = [*typed["begins"], *[""] * TIMES_OF_DAY][: max(TIMES_OF_DAY, len(typed["begins"]))]
    page = render_template(
        "events/series_new.html",
        event=event,
        asked={"key": secrets.token_urlsafe(12), **typed, "begins": boxes},
        dates=dates,
        errors=_by_box(refused.fields) if isinstance(refused, Invalid) else {},
        sentence=sentence_of(refused) if refused else "",
    )
    return page, status_of(refused) if refused else 200


def _by_box(fields: dict[str, list[str]]) -> dict[str, list[str]]:
    """What is wrong with one of several, said once at the box that holds them all."""
    return {name.partition(".")[0]: told for name, told in fields.items()}


@pages.get("/event-series/<int:series_id>")
@allow(*ORGANISERS)
def series(series_id: int) -> str:
    with snapshot() as session:
        found = queries.series(session, actor(), series_id)
        events = queries.events_of_series(session, series_id)
        return render_template(
            "events/series.html",
            series=found,
            events=events,
            organisation=organisation(session, found.org_id),
            drafts=sum(
                event.state is EventState.DRAFT and event.starts_at >= clock.now()
                for event in events
            ),
        )


@pages.post("/event-series/<int:series_id>/publication")
@allow(*ORGANISERS)
def publish(series_id: int) -> Response:
    return _step(operations.publish_series, series_id, gettext("已发布 %(count)s 场。"))


@pages.post("/event-series/<int:series_id>/ending")
@allow(*ORGANISERS)
def end(series_id: int) -> Response:
    asked = form(CancellationRequest)
    return _step(
        operations.end_series, series_id, gettext("系列已结束，取消了 %(count)s 场。"), **asked
    )


def _step(verb: Any, series_id: int, told: str, **asked: Any) -> Response:
    try:
        with transaction() as session:
            events = verb(session, actor(), series_id=series_id, **asked, at=clock.now())
        flash(told % {"count": len(events)}, "success")
    except Conflict as refused:
        flash(sentence_of(refused), "error")
    return redirect(f"/event-series/{series_id}", 303)
