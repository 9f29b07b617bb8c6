"""Pages of settlement: my hours and why, an event's missed check-outs, what waits for a word."""

from datetime import datetime
from functools import partial
from typing import Any

from flask import flash, redirect, render_template, request
from flask_babel import gettext
from werkzeug.wrappers import Response

from pointsbank.attendance.rules import ATTENDANCE_NAMES
from pointsbank.core import bank, clock
from pointsbank.core.actor import Role
from pointsbank.core.database import snapshot, transaction
from pointsbank.core.errors import Refused, say
from pointsbank.earning.rules import Reason
from pointsbank.events.queries import event as event_seen
from pointsbank.events.rules import ORGANISERS, EventState
from pointsbank.hours.rules import CUT_SENTENCES, WAY_NAMES, Cut
from pointsbank.settlement import operations, queries, rating_pages
from pointsbank.settlement.findings import findings
from pointsbank.settlement.rules import (
    APPROVERS,
    CHANGE_NAMES,
    FINDING_NAMES,
    MOST_IMAGES,
    OBJECTION_NAMES,
    REVIEWERS,
    SETTLERS,
    SUPPLEMENT_NAMES,
    TIER_NAMES,
    AnswerState,
    activity_minutes,
)
from pointsbank.settlement.schemas import (
    CorrectionRequest,
    HeldApprovalRequest,
    ObjectionAnswerForm,
    ObjectionForm,
    PageQuery,
    ReviewRequest,
    SettlementForm,
    SupplementAnswerRequest,
    SupplementForm,
)
from pointsbank.transfers.queries import whom
from pointsbank.web import PageBlueprint, actor, allow, form, query
from pointsbank.web.forms import Page, carried_out, form_page
from pointsbank.web.navigation import Link
from pointsbank.web.uploads import takes_file

pages = PageBlueprint("settlement", __name__)
pages.register_blueprint(rating_pages.pages)
NAVIGATION = (
    Link("/me/hours", say("我的时长"), 2, frozenset({Role.VOLUNTEER})),
    Link("/reviews", say("时长审核"), 32, frozenset({*SETTLERS, *APPROVERS})),
)


@pages.context_processor
def _names() -> dict[str, object]:
    return {
        "attendance_names": ATTENDANCE_NAMES,
        "objection_names": OBJECTION_NAMES,
        "supplement_names": SUPPLEMENT_NAMES,
        "change_names": CHANGE_NAMES,
        "tier_names": TIER_NAMES,
        "finding_names": FINDING_NAMES,
        "reason_of": _reason,
        "way_names": WAY_NAMES,
    }


def _reason(cut: Cut) -> Reason:
    return Reason(CUT_SENTENCES[cut.kind], {"minutes": cut.minutes})


@pages.get("/me/hours")
@allow(Role.VOLUNTEER)
def my_hours() -> str:
    asked, mine = query(PageQuery), actor().member_id or 0
    with snapshot() as session:
        return render_template(
            "settlement/my_hours.html",
            hours=queries.my_hours(session, mine, **asked),
            supplements=queries.supplements_of(session, mine),
            total=(total := queries.count_of_hours(session, mine)),
            page=asked["page"],
            pages=-(-total // queries.PAGE),
        )


@pages.get("/hours/<int:attendance_id>")
@allow(Role.VOLUNTEER, *SETTLERS, Role.OFFICIAL)
def hour_file(attendance_id: int) -> Page:
    return _file_page(attendance_id)


def _file_page(attendance_id: int, refused: Refused | None = None) -> Page:
    with snapshot() as session:
        found = queries.file_of(session, actor(), attendance_id)
    org_id = found.event.org_id
    waiting = [one for one in found.objections if one.state is AnswerState.OPEN]
    closed = found.event.state is EventState.CLOSED
    over = closed or found.attendance.checked_out_at
    return form_page(
        "settlement/hour_file.html",
        refused,
        found=found,
        waiting=waiting[0] if waiting else None,
        most=activity_minutes(found.event.starts_at, found.event.ends_at),
        may_object=found.is_own and over and not waiting,
        may_answer=bool(waiting) and not found.is_own and actor().may(*SETTLERS, org_id=org_id),
        may_correct=closed and not found.is_own and actor().may(*REVIEWERS, org_id=org_id),
    )


@pages.post("/hours/<int:attendance_id>/objections")
@allow(Role.VOLUNTEER)
def object_to(attendance_id: int) -> Response | Page:
    told = gettext("异议已提交，答复会显示在这里。")
    return _on_file(operations.object_to, ObjectionForm, attendance_id, told)


@pages.post("/hours/<int:attendance_id>/correction")
@allow(*REVIEWERS)
def correct(attendance_id: int) -> Response | Page:
    told = gettext("时长已更正，积分随之增减。")
    return _on_file(operations.correct, CorrectionRequest, attendance_id, told)


@pages.post("/hours/<int:attendance_id>/answer/<int:objection_id>")
@allow(*SETTLERS)
def answer_objection(attendance_id: int, objection_id: int) -> Response | Page:
    return carried_out(
        operations.answer_objection, ObjectionAnswerForm, objection_id=objection_id,
        then=f"/hours/{attendance_id}", told=gettext("已答复。"),
        again=partial(_file_page, attendance_id),
    )  # fmt: skip


def _on_file(verb: Any, schema: Any, attendance_id: int, told: str) -> Response | Page:
    """A verb on one attendance, asked for on its page."""
    return carried_out(
        verb, schema, attendance_id=attendance_id, then=f"/hours/{attendance_id}", told=told,
        again=partial(_file_page, attendance_id),
    )  # fmt: skip


@pages.get("/events/<int:event_id>/settlement")
@allow(*SETTLERS)
def settlement(event_id: int) -> Page:
    return _settlement_page(event_id)


def _settlement_page(event_id: int, refused: Refused | None = None) -> Page:
    with snapshot() as session:
        event = event_seen(session, actor(), event_id)
        actor().require(*SETTLERS, org_id=event.org_id)
        rows = queries.unsettled(session, event)
    return form_page(
        "settlement/settlement.html",
        refused,
        event=event,
        rows=rows,
        mine=actor().member_id,
        most=activity_minutes(event.starts_at, event.ends_at),
    )


@pages.post("/events/<int:event_id>/settlement")
@allow(*SETTLERS)
def settle(event_id: int) -> Response | Page:
    people = len(request.form.getlist("attendance_id"))
    told = gettext("已核定 %(people)s 人。", people=people)
    return carried_out(
        operations.settle, SettlementForm, event_id=event_id,
        then=f"/events/{event_id}/settlement", told=told,
        again=partial(_settlement_page, event_id),
    )  # fmt: skip


@pages.get("/events/<int:event_id>/supplements/new")
@allow(Role.VOLUNTEER, *ORGANISERS)
def new_supplement(event_id: int) -> Page:
    return _supplement_form(event_id)


def _supplement_form(event_id: int, refused: Refused | None = None) -> Page:
    with snapshot() as session:
        event = event_seen(session, actor(), event_id)
    return form_page(
        "settlement/new_supplement.html",
        refused,
        event=event,
        for_others=actor().may(*ORGANISERS, org_id=event.org_id),
        for_self=actor().member_id is not None,
        begins=_field_time(event.starts_at),
        ends=_field_time(event.ends_at),
        most_images=MOST_IMAGES,
        kept_days=bank.settings().evidence_days,
    )


def _field_time(instant: datetime) -> str:
    """As an input of a time holds it."""
    return clock.local(instant).strftime("%Y-%m-%dT%H:%M")


@pages.post("/events/<int:event_id>/supplements")
@takes_file("evidence_bytes")
@allow(Role.VOLUNTEER, *ORGANISERS)
def ask_supplement(event_id: int) -> Response | Page:
    try:
        asked = form(SupplementForm)
        number, name = asked.pop("number"), asked.pop("name")
        images = [found for file in request.files.getlist("images") if (found := file.read())]
        with transaction() as session:
            made = operations.ask_supplement(
                session, actor(), event_id=event_id,
                member_id=whom(session, actor(), number, name), images=images, **asked,
                at=clock.now(),
            )  # fmt: skip
    except Refused as refused:
        return _supplement_form(event_id, refused)
    flash(gettext("补录申请已提交，等待审核。"), "success")
    return redirect(f"/supplements/{made.id}", 303)


@pages.get("/supplements/<int:supplement_id>")
@allow(Role.VOLUNTEER, *SETTLERS, Role.OFFICIAL)
def supplement(supplement_id: int) -> Page:
    return _supplement_page(supplement_id)


@pages.post("/supplements/<int:supplement_id>/evidence")
@allow(Role.VOLUNTEER, *SETTLERS)
def look_at_evidence(supplement_id: int) -> Page:
    """The pictures; the look is written into the trail."""
    with transaction() as session:
        images = operations.look_at_evidence(
            session, actor(), supplement_id=supplement_id, at=clock.now()
        )
    return _supplement_page(supplement_id, images=images)


@pages.post("/supplements/<int:supplement_id>/answer")
@allow(*REVIEWERS)
def answer_supplement(supplement_id: int) -> Response | Page:
    return carried_out(
        operations.answer_supplement, SupplementAnswerRequest, supplement_id=supplement_id,
        then="/reviews", told=gettext("已答复。"), again=partial(_supplement_page, supplement_id),
    )  # fmt: skip


def _supplement_page(
    supplement_id: int, refused: Refused | None = None, images: list[str] | None = None
) -> Page:
    with snapshot() as session:
        found, event, name = queries.supplement_seen_by(session, actor(), supplement_id)
        may_look = queries.may_look(session, actor(), found, event)
    asked_by = (found.asked_by_kind, found.asked_by_id)
    return form_page(
        "settlement/supplement.html",
        refused,
        one=found,
        event=event,
        name=name,
        images=images,
        may_look=may_look,
        kept_days=bank.settings().evidence_days,
        may_answer=found.state is AnswerState.OPEN
        and asked_by != (actor().kind, actor().id)
        and found.member_id != actor().member_id
        and actor().may(*REVIEWERS, org_id=event.org_id),
    )


@pages.get("/reviews")
@allow(*SETTLERS, *APPROVERS)
def reviews() -> Page:
    return _reviews_page()


def _reviews_page(refused: Refused | None = None) -> Page:
    with snapshot() as session:
        return form_page(
            "settlement/reviews.html",
            refused,
            objections=queries.open_objections(session, actor()),
            supplements=queries.open_supplements(session, actor()),
            held=queries.held_for(session, actor()),
            findings=findings(session, actor(), clock.now()),
        )


@pages.post("/hours/<int:attendance_id>/approval")
@allow(*APPROVERS)
def approve_held(attendance_id: int) -> Response | Page:
    return _said(operations.approve_held, HeldApprovalRequest, attendance_id=attendance_id)


@pages.post("/reviews/words")
@allow(*REVIEWERS)
def review() -> Response | Page:
    return _said(operations.review, ReviewRequest)


def _said(verb: Any, schema: Any, **whose: int) -> Response | Page:
    """A word from the list of what waits."""
    return carried_out(
        verb, schema, then="/reviews", told=gettext("已答复。"), again=_reviews_page, **whose
    )
