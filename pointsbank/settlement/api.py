"""Settlement as JSON, under /api/v1."""

from typing import Any

from pointsbank.core import clock
from pointsbank.core.actor import Role
from pointsbank.core.database import snapshot, transaction
from pointsbank.earning.rules import Reason
from pointsbank.events.queries import event as event_seen
from pointsbank.events.rules import ORGANISERS
from pointsbank.hours.rules import CUT_SENTENCES
from pointsbank.settlement import operations, queries, rated
from pointsbank.settlement.findings import Finding, findings
from pointsbank.settlement.models import Objection, Supplement
from pointsbank.settlement.rules import APPROVERS, REVIEWERS, SETTLERS, Ratings
from pointsbank.settlement.schemas import (
    CorrectionRequest,
    FindingView,
    HeldApprovalRequest,
    HourFileView,
    HoursView,
    ObjectionAnswerRequest,
    ObjectionRequest,
    ObjectionView,
    PageQuery,
    PaperRatingsForm,
    RatingsView,
    ReviewRequest,
    SettlementRequest,
    SettlementView,
    SupplementAnswerRequest,
    SupplementRequest,
    SupplementView,
    UnsettledView,
)
from pointsbank.transfers.queries import whom
from pointsbank.web import ApiBlueprint, actor, allow
from pointsbank.web.errors import sentence_of
from pointsbank.web.uploads import takes_file

api = ApiBlueprint("settlement", __name__, url_prefix="")


@api.get("/events/<int:event_id>/settlement")
@api.response(200, UnsettledView(many=True))
@allow(*SETTLERS)
def unsettled(event_id: int) -> list[queries.Unsettled]:
    """Who never checked out at an event, with suggested minutes."""
    with snapshot() as session:
        found = event_seen(session, actor(), event_id)
        actor().require(*SETTLERS, org_id=found.org_id)
        return queries.unsettled(session, found)


@api.post("/events/<int:event_id>/settlement")
@api.arguments(SettlementRequest)
@api.response(200, SettlementView)
@allow(*SETTLERS)
def settle(asked: dict[str, Any], event_id: int) -> dict[str, int]:
    """Let those who never checked out count so many minutes each; all are credited at once."""
    minutes = {one["attendance_id"]: one["minutes"] for one in asked["settled"]}
    with transaction() as session:
        people = operations.settle(
            session, actor(), event_id=event_id, minutes=minutes, key=asked["key"], at=clock.now()
        )
    return {"people": people}


@api.get("/me/hours")
@api.arguments(PageQuery, location="query")
@api.response(200, HoursView(many=True))
@allow(Role.VOLUNTEER)
def my_hours(asked: dict[str, int]) -> list[dict[str, Any]]:
    """What each of one's attendances counts and why not more, the newest first."""
    with snapshot() as session:
        found = queries.my_hours(session, actor().member_id or 0, **asked)
    return [_hours(one) for one in found]


def _hours(one: queries.Hours | queries.File) -> dict[str, Any]:
    why = [Reason(CUT_SENTENCES[cut.kind], {"minutes": cut.minutes}) for cut in one.cuts]
    return {
        **one.attendance.model_dump(),
        "attendance_id": one.attendance.id,
        "title": one.event.title,
        "why": [sentence_of(reason) for reason in why],
    }


@api.get("/hours/<int:attendance_id>")
@api.response(200, HourFileView)
@allow(Role.VOLUNTEER, *SETTLERS, Role.OFFICIAL)
def hour_file(attendance_id: int) -> dict[str, Any]:
    """All there is about one attendance's hours."""
    with snapshot() as session:
        return _file(queries.file_of(session, actor(), attendance_id))


def _file(found: queries.File) -> dict[str, Any]:
    return {
        **_hours(found),
        "ratings": found.ratings,
        "rule_version": found.rule.version,
        "objections": found.objections,
        "changes": found.changes,
    }


@api.post("/hours/<int:attendance_id>/correction")
@api.arguments(CorrectionRequest)
@api.response(200, HourFileView)
@allow(*REVIEWERS)
def correct(asked: dict[str, Any], attendance_id: int) -> dict[str, Any]:
    """Set what an attendance counts; what was credited is corrected by reversing entries."""
    with transaction() as session:
        operations.correct(session, actor(), attendance_id=attendance_id, **asked, at=clock.now())
        return _file(queries.file_of(session, actor(), attendance_id))


@api.post("/hours/<int:attendance_id>/approval")
@api.arguments(HeldApprovalRequest)
@api.response(200, SettlementView)
@allow(*APPROVERS)
def approve_held(asked: dict[str, Any], attendance_id: int) -> dict[str, int]:
    """Answer for the minutes that a day's tier held."""
    with transaction() as session:
        operations.approve_held(
            session, actor(), attendance_id=attendance_id, **asked, at=clock.now()
        )
    return {"people": 1}


@api.post("/hours/<int:attendance_id>/objections")
@api.arguments(ObjectionRequest)
@api.response(201, ObjectionView)
@allow(Role.VOLUNTEER)
def object_to(asked: dict[str, Any], attendance_id: int) -> Objection:
    """Object to what one of one's own attendances counts."""
    with transaction() as session:
        return operations.object_to(
            session, actor(), attendance_id=attendance_id, **asked, at=clock.now()
        )


@api.post("/objections/<int:objection_id>/answer")
@api.arguments(ObjectionAnswerRequest)
@api.response(200, ObjectionView)
@allow(*SETTLERS)
def answer_objection(asked: dict[str, Any], objection_id: int) -> Objection:
    """Grant an objection with other minutes, or keep to what was counted."""
    with transaction() as session:
        return operations.answer_objection(
            session, actor(), objection_id=objection_id, **asked, at=clock.now()
        )


@api.post("/events/<int:event_id>/supplements")
@takes_file("evidence_bytes")
@api.arguments(SupplementRequest)
@api.response(201, SupplementView)
@allow(Role.VOLUNTEER, *ORGANISERS)
def ask_supplement(asked: dict[str, Any], event_id: int) -> Supplement:
    """Ask that a stay be recorded that no scan tells of: one's own, or as organiser another's."""
    number, name = asked.pop("number"), asked.pop("name")
    with transaction() as session:
        member_id = whom(session, actor(), number, name)
        return operations.ask_supplement(
            session, actor(), event_id=event_id, member_id=member_id, **asked, at=clock.now()
        )


@api.get("/findings")
@api.response(200, FindingView(many=True))
@allow(*REVIEWERS)
def review_list() -> list[Finding]:
    """What is unlikely about recent hours, and waits for a word."""
    with snapshot() as session:
        return findings(session, actor(), clock.now())


@api.post("/findings/words")
@api.arguments(ReviewRequest)
@api.response(200, FindingView)
@allow(*REVIEWERS)
def review(asked: dict[str, Any]) -> Finding:
    """Take something off the review list with a word."""
    with transaction() as session:
        return operations.review(session, actor(), **asked, at=clock.now())


@api.get("/events/<int:event_id>/ratings")
@api.response(200, RatingsView)
@allow(*SETTLERS)
def ratings(event_id: int) -> Ratings:
    """What those served said of an event."""
    with snapshot() as session:
        found = event_seen(session, actor(), event_id)
        actor().require(*SETTLERS, org_id=found.org_id)
        return rated.ratings(session, event_id)


@api.put("/events/<int:event_id>/ratings")
@api.arguments(PaperRatingsForm)
@api.response(200, RatingsView)
@allow(*SETTLERS)
def enter_ratings(asked: dict[str, Any], event_id: int) -> Ratings:
    """How many gave which marks on paper; entered again, the new numbers stand."""
    with transaction() as session:
        operations.enter_paper_ratings(session, actor(), event_id=event_id, **asked, at=clock.now())
        return rated.ratings(session, event_id)


@api.post("/supplements/<int:supplement_id>/answer")
@api.arguments(SupplementAnswerRequest)
@api.response(200, SupplementView)
@allow(*REVIEWERS)
def answer_supplement(asked: dict[str, Any], supplement_id: int) -> Supplement:
    """Credit a supplement or refuse it, with a reason."""
    with transaction() as session:
        return operations.answer_supplement(
            session, actor(), supplement_id=supplement_id, **asked, at=clock.now()
        )
