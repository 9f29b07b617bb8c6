"""Report-ins 双报到: whom the community received, her slip, and the receipt's way back."""

import secrets
from typing import Any

from flask import redirect, render_template, request
from werkzeug.wrappers import Response

from pointsbank.core import clock
from pointsbank.core.database import Session, snapshot, transaction
from pointsbank.core.errors import Invalid, Refused, say
from pointsbank.enrolment import queries, report_ins, slips
from pointsbank.enrolment.models import ReportIn
from pointsbank.enrolment.rules import RECEIVERS, REPORT_READERS
from pointsbank.enrolment.schemas import (
    EndRequest,
    LookupForm,
    ReceiptRequest,
    ReportInForm,
    ReportInsQuery,
)
from pointsbank.members import queries as members
from pointsbank.members.rules import PARTY_STATUS_NAMES
from pointsbank.orgs.queries import organisations
from pointsbank.web import PageBlueprint, actor, allow, form, query
from pointsbank.web.errors import sentence_of, status_of
from pointsbank.web.navigation import Link

pages = PageBlueprint("report_ins", __name__)
NAVIGATION = (Link("/report-ins", say("双报到"), 48, frozenset(REPORT_READERS)),)
ONE = "/report-ins/<int:report_in_id>"
Page = tuple[str, int]


@pages.get("/report-ins")
@allow(*REPORT_READERS)
def listed() -> Page:
    return _list(query(ReportInsQuery), None)


def _list(asked: dict[str, Any], refused: Refused | None) -> Page:
    with snapshot() as session:
        found, total = queries.report_ins(session, actor(), **asked, size=queries.PAGE)
        page = render_template(
            "enrolment/report_ins.html",
            rows=found,
            names=_names(session, [row.report_in for row in found]),
            total=total,
            asked=asked,
            pages=-(-total // queries.PAGE),
            receives=bool(actor().reach(*RECEIVERS)),
            may_receive=lambda one: actor().may(*RECEIVERS, org_id=one.community_id),
            today=clock.today(),
            sentence=sentence_of(refused) if refused else "",
        )
    return page, status_of(refused) if refused else 200


def _names(session: Session, found: list[ReportIn]) -> dict[int | None, str]:
    ids = (i for r in found for i in (r.community_id, r.grid_id, r.employer_id, r.branch_id))
    return _called(session, *ids)


def _called(session: Session, *org_ids: int | None) -> dict[int | None, str]:
    found = organisations(session, (org_id for org_id in org_ids if org_id is not None))
    names: dict[int | None, str] = {org_id: org.name for org_id, org in found.items()}
    return names | {None: ""}


@pages.post("/report-ins/lookups")
@allow(*RECEIVERS)
def look_up() -> Response | Page:
    """Whom to receive: by phone, volunteer number or card; nothing of it stands in an address."""
    try:
        sought = form(LookupForm)["sought"]
        with snapshot() as session:
            member_id = queries.person_sought(session, actor(), sought).id
    except Refused as refused:
        return _list(ReportInsQuery().load({}), refused)
    return redirect(f"/report-ins/new/{member_id}", 303)


@pages.get("/report-ins/new/<int:member_id>")
@allow(*RECEIVERS)
def new(member_id: int) -> Page:
    typed = {"key": secrets.token_urlsafe(12), "on": clock.today().isoformat()}
    return _new(member_id, typed, None)


def _new(member_id: int, typed: dict[str, str], refused: Refused | None) -> Page:
    with snapshot() as session:
        person = members.member_seen_by(session, actor(), member_id)
        open_one = queries.open_report_in(session, member_id)
        reported = (open_one.community_id, open_one.employer_id) if open_one else (None, None)
        names = _called(session, person.employer_id, person.branch_id, *reported)
        community_id = queries.communities_of(session, [person.residence_id])[person.residence_id]
        page = render_template(
            "enrolment/report_in_new.html",
            person=person,
            names=names,
            home=members.homes(session, [person])[person.residence_id],
            grids=queries.grids_beside(session, person.residence_id),
            phone=members.shown_phone(person),
            party=PARTY_STATUS_NAMES,
            open_one=open_one,
            stands=reported == (community_id, person.employer_id),
            typed=typed,
            today=clock.today(),
            errors=refused.fields if isinstance(refused, Invalid) else {},
            sentence=sentence_of(refused) if refused else "",
        )
    return page, status_of(refused) if refused else 200


@pages.post("/report-ins")
@allow(*RECEIVERS)
def report_in() -> Response | Page:
    try:
        asked = form(ReportInForm)
        with transaction() as session:
            found = report_ins.report_in(session, actor(), **asked, at=clock.now())
            number = found.id
    except Refused as refused:
        member_id = request.form.get("member_id", "")
        if not member_id.isascii() or not member_id.isdigit() or len(member_id) > 18:
            raise
        return _new(int(member_id), request.form.to_dict(), refused)
    return redirect(f"/report-ins/{number}", 303)


@pages.get(ONE)
@allow(*REPORT_READERS)
def one(report_in_id: int) -> Page:
    return _one(report_in_id, None)


def _one(report_in_id: int, refused: Refused | None) -> Page:
    with snapshot() as session:
        found = queries.report_in(session, actor(), report_in_id)
        page = render_template(
            "enrolment/report_in.html",
            found=found,
            person=members.member(session, found.member_id),
            names=_names(session, [found]),
            may_receive=actor().may(*RECEIVERS, org_id=found.community_id),
            today=clock.today(),
            errors=refused.fields if isinstance(refused, Invalid) else {},
            sentence=sentence_of(refused) if refused else "",
        )
    return page, status_of(refused) if refused else 200


@pages.get(f"{ONE}/slip.pdf")
@allow(*REPORT_READERS)
def slip(report_in_id: int) -> Response:
    """The report slip and its receipt, to be stamped and cut."""
    with snapshot() as session:
        found = queries.report_in(session, actor(), report_in_id)
        person = members.member(session, found.member_id)
        names = _names(session, [found])
    content = slips.slip(
        number=found.number, name=person.name, volunteer_number=person.number,
        party_status=PARTY_STATUS_NAMES[person.party_status], unit=names[found.employer_id],
        branch=names[found.branch_id], community=names[found.community_id],
        grid=names[found.grid_id], duty=found.duty, reported_on=found.reported_on,
    )  # fmt: skip
    headers = {"Content-Disposition": f'inline; filename="{found.number}.pdf"'}
    return Response(content, mimetype="application/pdf", headers=headers)


@pages.post(f"{ONE}/receipt")
@allow(*RECEIVERS)
def return_receipt(report_in_id: int) -> Response | Page:
    return _done(report_in_id, report_ins.return_receipt, ReceiptRequest)


@pages.post(f"{ONE}/ending")
@allow(*RECEIVERS)
def end(report_in_id: int) -> Response | Page:
    return _done(report_in_id, report_ins.end_report_in, EndRequest)


def _done(report_in_id: int, verb: Any, schema: Any) -> Response | Page:
    try:
        asked = form(schema)
        with transaction() as session:
            verb(session, actor(), report_in_id=report_in_id, **asked, at=clock.now())
    except Refused as refused:
        return _one(report_in_id, refused)
    return redirect(f"/report-ins/{report_in_id}", 303)
