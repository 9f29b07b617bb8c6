"""Events with their posts and shifts under /api/v1."""

from dataclasses import asdict
from datetime import date
from typing import Any

from pointsbank.core import clock
from pointsbank.core.actor import Scope
from pointsbank.core.database import Session, snapshot, transaction
from pointsbank.events import operations, outlines, queries, recruitment
from pointsbank.events.models import Event, EventSeries, EventTemplate, Post, Shift
from pointsbank.events.presets import PRESETS
from pointsbank.events.rules import ORGANISERS
from pointsbank.events.schemas import (
    CancellationRequest,
    CopyRequest,
    DatesView,
    EventChangeRequest,
    EventsQuery,
    EventsView,
    EventView,
    FromTemplateRequest,
    LaterRequest,
    ManyEventsView,
    NewShiftRequest,
    NoticeView,
    PlanRequest,
    PostRequest,
    PostsView,
    PostView,
    SeriesRequest,
    SeriesRuleRequest,
    SeriesView,
    ShiftRequest,
    ShiftView,
    TemplateRequest,
    TemplatesView,
    TemplateView,
)
from pointsbank.web import ANYONE, SIGNED_IN, ApiBlueprint, actor, allow

api = ApiBlueprint("events", __name__, url_prefix="")


@api.get("/events")
@api.arguments(EventsQuery, location="query")
@api.response(200, EventsView)
@allow(SIGNED_IN, Scope.READ_EVENTS)
def events(asked: dict[str, Any]) -> dict[str, Any]:
    """The events of one's area: what is open or coming, soonest first; or past, latest first."""
    with snapshot() as session:
        if asked["when"] == "coming":
            rows = queries.coming_events(session, actor(), at=clock.now())
            return {"events": [row[0] for row in rows], "next_before": None}
        rows = queries.past_events(session, actor(), at=clock.now(), before=asked.get("before"))
        found = [row[0] for row in rows]
        more = len(found) == queries.PAGE
        return {"events": found, "next_before": found[-1].id if more else None}


@api.post("/events")
@api.arguments(PlanRequest)
@api.response(201, EventView)
@allow(*ORGANISERS)
def plan(asked: dict[str, Any]) -> Event:
    """Draft an event."""
    with transaction() as session:
        return operations.plan(session, actor(), **asked, at=clock.now())


@api.get("/events/<int:event_id>")
@api.response(200, EventView)
@allow(SIGNED_IN, Scope.READ_EVENTS)
def event(event_id: int) -> Event:
    """One event; a draft is known to its organisers only."""
    with snapshot() as session:
        return queries.event(session, actor(), event_id)


@api.put("/events/<int:event_id>")
@api.arguments(EventChangeRequest)
@api.response(200, EventView)
@allow(*ORGANISERS)
def change(asked: dict[str, Any], event_id: int) -> Event:
    """Say something else of an event; what is not given becomes empty."""
    with transaction() as session:
        return operations.change(session, actor(), event_id=event_id, **asked, at=clock.now())


@api.post("/events/<int:event_id>/copies")
@api.arguments(CopyRequest)
@api.response(201, EventView)
@allow(*ORGANISERS)
def copy(asked: dict[str, Any], event_id: int) -> Event:
    """Draft an event like this one at another time, with its posts and shifts."""
    with transaction() as session:
        return operations.copy(session, actor(), event_id=event_id, **asked, at=clock.now())


@api.put("/events/<int:event_id>/and-later")
@api.arguments(EventChangeRequest)
@api.response(200, ManyEventsView)
@allow(*ORGANISERS)
def change_from(asked: dict[str, Any], event_id: int) -> dict[str, Any]:
    """Say it of an event and of the later ones of its series at the same time of the day."""
    with transaction() as session:
        changed = operations.change_from(
            session, actor(), event_id=event_id, **asked, at=clock.now()
        )
    return {"events": changed}


@api.post("/events/<int:event_id>/series")
@api.arguments(SeriesRequest)
@api.response(201, SeriesView)
@allow(*ORGANISERS)
def repeat(asked: dict[str, Any], event_id: int) -> dict[str, Any]:
    """Make a series of an event: events like it at the rule's times, as drafts or known at once."""
    with transaction() as session:
        made = operations.repeat(session, actor(), event_id=event_id, **asked, at=clock.now())
        return _series(session, made)


@api.post("/event-series/dates")
@api.arguments(SeriesRuleRequest)
@api.response(200, DatesView)
@allow(*ORGANISERS)
def dates(asked: dict[str, Any]) -> dict[str, Any]:
    """When the events of such a series would begin; nothing is made."""
    return {"starts_at": operations.dates(asked["rule"])}


@api.get("/event-series/<int:series_id>")
@api.response(200, SeriesView)
@allow(*ORGANISERS)
def series(series_id: int) -> dict[str, Any]:
    """A series with its events, for those who organise there."""
    with snapshot() as session:
        return _series(session, queries.series(session, actor(), series_id))


@api.post("/event-series/<int:series_id>/publication")
@api.response(200, ManyEventsView)
@allow(*ORGANISERS)
def publish_series(series_id: int) -> dict[str, Any]:
    """Make the drafts of a series known; those that became so."""
    with transaction() as session:
        made = operations.publish_series(session, actor(), series_id=series_id, at=clock.now())
    return {"events": made}


@api.post("/event-series/<int:series_id>/ending")
@api.arguments(CancellationRequest)
@api.response(200, ManyEventsView)
@allow(*ORGANISERS)
def end_series(asked: dict[str, Any], series_id: int) -> dict[str, Any]:
    """Call off what is still to come of a series; those events."""
    with transaction() as session:
        ended = operations.end_series(
            session, actor(), series_id=series_id, **asked, at=clock.now()
        )
    return {"events": ended}


def _series(session: Session, found: EventSeries) -> dict[str, Any]:
    days = [date.fromisoformat(day) for day in found.but]
    return {
        **found.model_dump(), "but": days, "events": queries.events_of_series(session, found.id),
    }  # fmt: skip


@api.get("/events/<int:event_id>/posts")
@api.response(200, PostsView)
@allow(SIGNED_IN, Scope.READ_EVENTS)
def posts(event_id: int) -> dict[str, Any]:
    """An event's posts and shifts; shifts without a post are of the whole event."""
    with snapshot() as session:
        queries.event(session, actor(), event_id)
        return {
            "posts": queries.posts_of(session, event_id),
            "shifts": queries.shifts_of(session, event_id),
        }


@api.post("/events/<int:event_id>/posts")
@api.arguments(PostRequest)
@api.response(201, PostView)
@allow(*ORGANISERS)
def add_post(asked: dict[str, Any], event_id: int) -> Post:
    """Add a post. A second one of the same name is refused, the same once more only answered."""
    with transaction() as session:
        return operations.add_post(session, actor(), event_id=event_id, **asked, at=clock.now())


@api.post("/events/<int:event_id>/posts/and-later")
@api.arguments(LaterRequest)
@api.response(200, ManyEventsView)
@allow(*ORGANISERS)
def arrange_later(asked: dict[str, Any], event_id: int) -> dict[str, Any]:
    """Let later events of the series at the same time of the day have these posts and shifts; those
    that changed.
    """
    with transaction() as session:
        changed = operations.arrange_later(
            session, actor(), event_id=event_id, **asked, at=clock.now()
        )
    return {"events": changed}


@api.put("/posts/<int:post_id>")
@api.arguments(PostRequest)
@api.response(200, PostView)
@allow(*ORGANISERS)
def change_post(asked: dict[str, Any], post_id: int) -> Post:
    """Say something else of a post; what is not given becomes empty."""
    with transaction() as session:
        return operations.change_post(session, actor(), post_id=post_id, **asked, at=clock.now())


@api.post("/posts/<int:post_id>/removal")
@api.response(204)
@allow(*ORGANISERS)
def remove_post(post_id: int) -> None:
    """Take a post with its shifts from a draft."""
    with transaction() as session:
        operations.remove_post(session, actor(), post_id=post_id, at=clock.now())


@api.post("/events/<int:event_id>/shifts")
@api.arguments(NewShiftRequest)
@api.response(201, ShiftView)
@allow(*ORGANISERS)
def add_shift(asked: dict[str, Any], event_id: int) -> Shift:
    """Add a shift to a post or to the whole event, within its time."""
    with transaction() as session:
        return operations.add_shift(session, actor(), event_id=event_id, **asked, at=clock.now())


@api.put("/shifts/<int:shift_id>")
@api.arguments(ShiftRequest)
@api.response(200, ShiftView)
@allow(*ORGANISERS)
def change_shift(asked: dict[str, Any], shift_id: int) -> Shift:
    """Move a shift, or say how many it takes."""
    with transaction() as session:
        return operations.change_shift(session, actor(), shift_id=shift_id, **asked, at=clock.now())


@api.post("/shifts/<int:shift_id>/removal")
@api.response(204)
@allow(*ORGANISERS)
def remove_shift(shift_id: int) -> None:
    """Take a shift from a draft."""
    with transaction() as session:
        operations.remove_shift(session, actor(), shift_id=shift_id, at=clock.now())


@api.post("/events/<int:event_id>/publication")
@api.response(200, EventView)
@allow(*ORGANISERS)
def publish(event_id: int) -> Event:
    """Make a draft known."""
    with transaction() as session:
        return operations.publish(session, actor(), event_id=event_id, at=clock.now())


@api.post("/events/<int:event_id>/opening")
@api.response(200, EventView)
@allow(*ORGANISERS)
def open_event(event_id: int) -> Event:
    """Begin check-in."""
    with transaction() as session:
        return operations.open_event(session, actor(), event_id=event_id, at=clock.now())


@api.post("/events/<int:event_id>/cancellation")
@api.arguments(CancellationRequest)
@api.response(200, EventView)
@allow(*ORGANISERS)
def cancel(asked: dict[str, Any], event_id: int) -> Event:
    """Call an event off before anybody came."""
    with transaction() as session:
        return operations.cancel(session, actor(), event_id=event_id, **asked, at=clock.now())


@api.get("/event-templates")
@api.response(200, TemplatesView)
@allow(*ORGANISERS)
def templates() -> dict[str, Any]:
    """The templates of one's organisations, and the program's presets."""
    with snapshot() as session:
        own = [row[0] for row in queries.templates(session, actor())]
    return {"templates": own, "presets": {name: asdict(PRESETS[name]) for name in PRESETS}}


@api.post("/events/<int:event_id>/templates")
@api.arguments(TemplateRequest)
@api.response(201, TemplateView)
@allow(*ORGANISERS)
def save_template(asked: dict[str, Any], event_id: int) -> EventTemplate:
    """Keep an event as a template of its organisation, without its times and names."""
    with transaction() as session:
        return operations.save_template(
            session, actor(), event_id=event_id, **asked, at=clock.now()
        )


@api.post("/event-templates/<int:template_id>/putting-away")
@api.response(204)
@allow(*ORGANISERS)
def put_away_template(template_id: int) -> None:
    """Offer a template no longer."""
    with transaction() as session:
        operations.put_away_template(session, actor(), template_id=template_id, at=clock.now())


@api.post("/events/from-template")
@api.arguments(FromTemplateRequest)
@api.response(201, EventView)
@allow(*ORGANISERS)
def plan_from(asked: dict[str, Any]) -> Event:
    """Draft an event from a template of one's own or a preset."""
    with transaction() as session:
        outline = outlines.chosen(session, actor(), asked)
        return operations.plan_from(session, actor(), outline=outline, **asked, at=clock.now())


@api.get("/recruitment-notices/<int:org_id>/<month>")
@api.response(200, NoticeView)
@allow(ANYONE)
def recruitment_notice(org_id: int, month: str) -> recruitment.Notice:
    """What a community and everything below it holds in a month, written 2026-12; public."""
    with snapshot() as session:
        return recruitment.notice(session, org_id, recruitment.month_of(month), at=clock.now())
