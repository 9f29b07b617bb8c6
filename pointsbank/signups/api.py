"""Sign-ups under /api/v1: one's own, others', a team's; and an event's list."""

from typing import Any

from pointsbank.access.entrance import reading_codes
from pointsbank.core import clock
from pointsbank.core.actor import Role
from pointsbank.core.database import snapshot, transaction
from pointsbank.events.queries import event as event_seen
from pointsbank.events.rules import ORGANISERS
from pointsbank.signups import mine, operations, queries
from pointsbank.signups.models import SignUp
from pointsbank.signups.operations import Asked
from pointsbank.signups.rules import SIGNERS
from pointsbank.signups.schemas import (
    AllMineView,
    EventSignUpsView,
    MineQuery,
    OtherRequest,
    SignUpView,
    SignUpWithdrawalRequest,
    SpotRequest,
    TeamAnswersView,
    TeamRequest,
    TermsRequest,
)
from pointsbank.signups.shown import shown_spots
from pointsbank.web import SIGNED_IN, ApiBlueprint, actor, allow

api = ApiBlueprint("signups", __name__, url_prefix="")


@api.get("/sign-ups")
@api.arguments(MineQuery, location="query")
@api.response(200, AllMineView)
@allow(Role.VOLUNTEER)
def sign_ups(asked: dict[str, Any]) -> dict[str, Any]:
    """What one has signed up for: to come, and past."""
    me, now = actor().member_id or 0, clock.now()
    with snapshot() as session:
        past = mine.past(session, me, now, **asked)
        more = len(past) == mine.PAGE
        return {
            "coming": mine.coming(session, me, now),
            "past": past,
            "next_before": past[-1].sign_up.id if more else None,
        }


@api.get("/events/<int:event_id>/sign-ups")
@api.response(200, EventSignUpsView)
@allow(SIGNED_IN)
def of_event(event_id: int) -> dict[str, Any]:
    """What may be signed up for, and what is left of it; who has, for the event's organisers."""
    with snapshot() as session:
        found = event_seen(session, actor(), event_id)
        own = {one.sign_up.spot for one in mine.at_event(session, event_id, actor().member_id)}
        runs = actor().may(*ORGANISERS, org_id=found.org_id)
        return {
            "spots": shown_spots(session, queries.offer(session, found), own, clock.now()),
            "expected": queries.expected(session, event_id),
            "sign_ups": queries.listed(session, event_id) if runs else [],
        }


@api.post("/events/<int:event_id>/sign-ups")
@api.arguments(SpotRequest)
@api.response(201, SignUpView)
@allow(*SIGNERS)
def sign_up(asked: dict[str, Any], event_id: int) -> SignUp | None:
    """Sign up oneself."""
    with transaction() as session:
        wish = Asked(event_id, **asked)
        return operations.sign_up(session, actor(), asked=wish, at=clock.now()).sign_up


@api.post("/events/<int:event_id>/companion-sign-ups")
@api.arguments(OtherRequest)
@api.response(201, SignUpView)
@allow(*SIGNERS)
def sign_up_other(asked: dict[str, Any], event_id: int) -> SignUp | None:
    """Sign up somebody of one's household, or as an organiser whoever's card is shown."""
    member_id, code = asked.pop("member_id", 0), asked.pop("member_code", "")
    now = clock.now()
    with reading_codes(actor()), transaction() as session:
        who, shown = queries.member_meant(session, actor(), member_id, code, at=now)
        return operations.sign_up_other(
            session, actor(), member_id=who, asked=Asked(event_id, **asked), at=now, shown=shown
        ).sign_up


@api.post("/events/<int:event_id>/team-sign-ups")
@api.arguments(TeamRequest)
@api.response(201, TeamAnswersView)
@allow(*ORGANISERS)
def sign_up_team(asked: dict[str, Any], event_id: int) -> dict[str, Any]:
    """Sign up members of a team as its captain; of who may not the answer says why."""
    member_ids = asked.pop("member_ids")
    with transaction() as session:
        wish = Asked(event_id, **asked)
        answers = operations.sign_up_team(
            session, actor(), member_ids=member_ids, asked=wish, at=clock.now()
        )
        return {"answers": answers}


@api.post("/sign-ups/<int:sign_up_id>/withdrawal")
@api.arguments(SignUpWithdrawalRequest)
@api.response(200, SignUpView)
@allow(*SIGNERS)
def withdraw(asked: dict[str, Any], sign_up_id: int) -> SignUp:
    """Take a sign-up back; who waits moves up."""
    with transaction() as session:
        return operations.withdraw(session, actor(), sign_up_id=sign_up_id, **asked, at=clock.now())


@api.put("/events/<int:event_id>/sign-up-terms")
@api.arguments(TermsRequest)
@api.response(204)
@allow(*ORGANISERS)
def set_terms(asked: dict[str, Any], event_id: int) -> None:
    """Say until when people sign up, and what only party members do."""
    with transaction() as session:
        operations.set_terms(session, actor(), event_id=event_id, **asked, at=clock.now())
