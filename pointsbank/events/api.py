"""Events, check-ins and check-outs, attendances and hour rules under /api/v1."""

from typing import Any

from pointsbank.core import clock
from pointsbank.core.actor import Scope
from pointsbank.core.database import snapshot, transaction
from pointsbank.events import operations, queries
from pointsbank.events.models import Event
from pointsbank.events.rules import ORGANISERS
from pointsbank.events.schemas import (
    CancellationRequest,
    EventsQuery,
    EventsView,
    EventView,
    PlanRequest,
)
from pointsbank.web import SIGNED_IN, ApiBlueprint, actor, allow

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
