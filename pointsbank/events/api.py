"""Events, check-ins and check-outs, attendances and hour rules under /api/v1."""

from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import Any

from flask_babel import gettext

from pointsbank.access.entrance import reading_codes
from pointsbank.core import clock
from pointsbank.core.actor import Role, Scope
from pointsbank.core.database import Session, snapshot, transaction
from pointsbank.events import claims, operations, queries
from pointsbank.events.models import Event
from pointsbank.events.operations import Confirmation, ScanAnswer
from pointsbank.events.rules import CONFIRMERS, ORGANISERS, HourRule, Way
from pointsbank.events.schemas import (
    AttendancesView,
    CancellationRequest,
    ConfirmationView,
    EventsQuery,
    EventsView,
    EventView,
    HourRuleQuery,
    HourRuleRequest,
    HourRuleView,
    PlanRequest,
    ScanRequest,
    ScanView,
)
from pointsbank.events.words import clip_reason, reasons
from pointsbank.ledger.queries import Clip
from pointsbank.members.queries import member_by_code
from pointsbank.orgs.queries import organisation
from pointsbank.web import SIGNED_IN, ApiBlueprint, actor, allow
from pointsbank.web.errors import sentence_of

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


@api.post("/events/<int:event_id>/closing")
@api.response(200, EventView)
@allow(*ORGANISERS)
def close_event(event_id: int) -> Event:
    """End an event; who never checked out stands to be settled."""
    with transaction() as session:
        return operations.close_event(session, actor(), event_id=event_id, at=clock.now())


@api.post("/events/<int:event_id>/cancellation")
@api.arguments(CancellationRequest)
@api.response(200, EventView)
@allow(*ORGANISERS)
def cancel(asked: dict[str, Any], event_id: int) -> Event:
    """Call an event off before anybody came."""
    with transaction() as session:
        return operations.cancel(session, actor(), event_id=event_id, **asked, at=clock.now())


@api.post("/events/<int:event_id>/confirmations")
@api.response(200, ConfirmationView)
@allow(*CONFIRMERS)
def confirm(event_id: int) -> Confirmation:
    """Credit everybody whose hours wait for confirmation."""
    with transaction() as session:
        return operations.confirm(session, actor(), event_id=event_id, at=clock.now())


@api.get("/events/<int:event_id>/attendances")
@api.response(200, AttendancesView)
@allow(*CONFIRMERS, Role.OFFICIAL, Scope.READ_EVENTS)
def attendances(event_id: int) -> dict[str, Any]:
    """Who came, the last first, and how many are in which state."""
    with snapshot() as session:
        found = queries.event(session, actor(), event_id)
        actor().require(*CONFIRMERS, Role.OFFICIAL, org_id=found.org_id)
        rows = queries.attendances(session, event_id)
        clips = queries.clips(session, [row[0].id for row in rows])
        return {
            "counts": queries.counts(session, event_id),
            "attendances": [_seen(row[0], row[1], clips[row[0].id]) for row in rows],
        }


def _seen(attendance: Any, name: str, clips: list[Clip]) -> dict[str, Any]:
    why = reasons(attendance.why, gettext)
    told = [sentence_of(clip_reason(clip)) for clip in clips]
    return {**attendance.model_dump(), "name": name, "why": why, "clips": told}


@api.post("/check-ins")
@api.arguments(ScanRequest)
@api.response(201, ScanView)
@allow(Role.VOLUNTEER, *ORGANISERS)
def check_in(asked: dict[str, str]) -> ScanAnswer:
    """Check in at an event: oneself, or as its organiser somebody with a card or phone code."""
    now = clock.now()
    with _reading(asked), transaction() as session:
        return operations.check_in(session, actor(), **_scan(session, asked, now), at=now)


@api.post("/check-outs")
@api.arguments(ScanRequest)
@api.response(201, ScanView)
@allow(Role.VOLUNTEER, *ORGANISERS)
def check_out(asked: dict[str, str]) -> ScanAnswer:
    """Check out; minutes and points are credited now or later, as the hour rule says."""
    now = clock.now()
    with _reading(asked), transaction() as session:
        return operations.check_out(session, actor(), **_scan(session, asked, now), at=now)


def _reading(asked: dict[str, str]) -> AbstractContextManager[None]:
    """Another's code may be a guess; one's own scan reads none."""
    return reading_codes(actor()) if "member_code" in asked else nullcontext()


def _scan(session: Session, asked: dict[str, str], now: datetime) -> dict[str, Any]:
    """The operation's keywords: whose scan, when, under which key."""
    scan: dict[str, Any] = {"code": asked["code"], "claimed_at": now, "key": asked.get("key")}
    if "claim" in asked:
        claim = claims.read(asked["claim"], asked["code"], at=now)
        scan |= {"claimed_at": claim.claimed_at, "key": claim.key}
    if "member_code" in asked:
        member = member_by_code(session, asked["member_code"], now)
        scan |= {"member_id": member.id, "way": Way.ORGANISER}
    return scan


@api.get("/hour-rules")
@api.arguments(HourRuleQuery, location="query")
@api.response(200, HourRuleView)
@allow(SIGNED_IN)
def hour_rule(asked: dict[str, Any]) -> HourRule:
    """The hour rule that decides for an organisation on a day."""
    with snapshot() as session:
        org = organisation(session, asked["org_id"])
        return queries.hour_rule_in_force(session, org.id, asked.get("on") or clock.today())


@api.post("/hour-rules")
@api.arguments(HourRuleRequest)
@api.response(201, HourRuleView)
@allow(Role.SECRETARY)
def adopt_hour_rule(asked: dict[str, Any]) -> HourRule:
    """Put a new version of an organisation's hour rule into force from a day."""
    with transaction() as session:
        return operations.adopt_hour_rule(session, actor(), **asked, at=clock.now())
