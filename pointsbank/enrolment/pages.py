"""Registration by oneself and its approval, and enrolment at a desk."""

import secrets
from typing import Any

from flask import redirect, render_template, request
from flask_babel import gettext
from werkzeug.wrappers import Response

from pointsbank.core import clock
from pointsbank.core.actor import Actor
from pointsbank.core.database import Session, snapshot, transaction
from pointsbank.core.errors import Invalid, Refused, say
from pointsbank.enrolment import import_pages, operations, queries, report_pages, slips
from pointsbank.enrolment.applicants import person_of, typed_so_far
from pointsbank.enrolment.rows import day_of
from pointsbank.enrolment.rules import (
    APPLICATION_NAMES,
    IMPORTERS,
    RECEIVERS,
    ApplicationState,
    SimilarMember,
)
from pointsbank.enrolment.schemas import (
    AlikeForm,
    ApplicationForm,
    ApplicationRefusalRequest,
    ApplicationsQuery,
    ApprovalForm,
    CodeForm,
    DeskQuery,
    EnrolmentForm,
)
from pointsbank.members import queries as members
from pointsbank.members.rules import (
    CONSENT_NAMES,
    DOCUMENT_NAMES,
    PARTY_STATUS_NAMES,
    SEX_NAMES,
    Consent,
    NewMember,
    document_tail,
    masked_document,
    masked_phone,
)
from pointsbank.orgs.queries import organisation, organisations
from pointsbank.orgs.rules import EMPLOYER, PARTY_BRANCH
from pointsbank.web import ANYONE, PageBlueprint, actor, allow, form, query
from pointsbank.web.errors import sentence_of, status_of
from pointsbank.web.navigation import Link

pages = PageBlueprint("enrolment", __name__)
pages.register_blueprint(import_pages.pages)
pages.register_blueprint(report_pages.pages)
NAVIGATION = (
    Link("/enrolments", say("成员登记"), 47, frozenset(RECEIVERS)),
    *report_pages.NAVIGATION,
)
Page = tuple[str, int]


@pages.app_context_processor
def _tabs() -> dict[str, Any]:
    return {"enrolment_tabs": _enrolment_tabs}


def _enrolment_tabs(here: str) -> list[dict[str, Any]]:
    """The places of enrolment that this person may go to."""
    with snapshot() as session:
        waiting = queries.count_pending(session, actor())
    tabs = [
        ("/enrolments", gettext("窗口登记"), None),
        ("/enrolments/applications", gettext("登记申请"), waiting or None),
    ]
    if actor().reach(*IMPORTERS):
        tabs.append(("/enrolments/imports", gettext("名册导入"), None))
    return [
        {"url": url, "label": label, "active": url == here, "count": count}
        for url, label, count in tabs
    ]


@pages.get("/register")
@allow(ANYONE)
def registration() -> Page:
    return _registration({}, None)


@pages.get("/register/<int:org_id>")
@allow(ANYONE)
def registration_at(org_id: int) -> Page:
    """What a community's poster leads to."""
    with snapshot() as session:
        queries.check_open_community(session, org_id)
    return _registration({"org_id": str(org_id)}, None)


@pages.post("/register")
@allow(ANYONE)
def apply() -> Page:
    """The answer is the same whether or not this phone is registered already."""
    try:
        asked = form(ApplicationForm)
        key, person = asked.pop("key"), _applicant(asked)
        with transaction() as session:
            code = operations.apply(session, _visitor(), person=person, key=key, at=clock.now())
    except Refused as refused:
        return _registration(request.form.to_dict(), refused)
    return render_template("enrolment/applied.html", code=code), 201


def _applicant(asked: dict[str, Any]) -> NewMember:
    consents = tuple(asked.pop("consents"))
    return person_of(residence_id=asked.pop("org_id"), consents=consents, **asked)


def _visitor() -> Actor:
    return Actor(kind="visitor", id=0, address=request.remote_addr or "")


def _registration(typed: dict[str, str], refused: Refused | None) -> Page:
    """The form, empty or with what was typed and what was wrong with it."""
    with snapshot() as session:
        versions = members.text_versions(session, clock.today())
        consents = [
            (kind, version, members.consent_text(session, kind, version))
            for kind, version in versions.items()
        ]
        page = render_template(
            "enrolment/register.html",
            typed={"key": secrets.token_urlsafe(16)} | typed,
            given=request.form.getlist("consents"),
            chosen_skills=request.form.getlist("skills"),
            places=queries.open_communities(session),
            consents=consents,
            consent_names=CONSENT_NAMES,
            required=Consent.REGISTRATION,
            skills=members.skills(session),
            **_said(refused),
        )
    return page, status_of(refused) if refused else 200


def _said(refused: Refused | None) -> dict[str, Any]:
    """What is wrong with a form, in general and by field; and what the fields offer."""
    return {
        "errors": refused.fields if isinstance(refused, Invalid) else {},
        "sentence": sentence_of(refused) if refused else "",
        "similar": isinstance(refused, SimilarMember),
        "sexes": [(str(sex), gettext(name)) for sex, name in SEX_NAMES.items()],
    }


@pages.get("/register/status")
@allow(ANYONE)
def status_form() -> str:
    return render_template("enrolment/status.html", found=None, code="", sentence="")


@pages.post("/register/status")
@allow(ANYONE)
def status() -> Page:
    """The code is posted: an address would keep it in histories."""
    code = ""
    try:
        code = form(CodeForm)["code"]
        with snapshot() as session:
            found = queries.application_by_code(session, code)
            place = organisation(session, found.org_id).name
    except Refused as refused:
        sentence = sentence_of(refused)
        page = render_template("enrolment/status.html", found=None, code=code, sentence=sentence)
        return page, status_of(refused)
    return render_template(
        "enrolment/status.html", found=found, place=place, code="", sentence="",
        names=APPLICATION_NAMES,
    ), 200  # fmt: skip


@pages.get("/enrolments/applications")
@allow(*RECEIVERS)
def applications() -> str:
    state = query(ApplicationsQuery)["state"]
    with snapshot() as session:
        found = queries.applications(session, actor(), state=state)
        names = organisations(session, (one.org_id for one in found))
        members_by_id = members.members(session, (one.member_id for one in found if one.member_id))
        people = [queries.applicant(one) if one.content_sealed else None for one in found]
        return render_template(
            "enrolment/applications.html",
            state=state.value,
            rows=list(zip(found, people, strict=True)),
            names=names,
            members=members_by_id,
            states=APPLICATION_NAMES,
            posters=queries.community_choices(session, actor(), *RECEIVERS),
        )


@pages.get("/enrolments/poster/<int:org_id>.pdf")
@allow(*RECEIVERS)
def poster(org_id: int) -> Response:
    """The poster that leads to the form of a community."""
    with snapshot() as session:
        place = organisation(session, org_id)
    actor().require(*RECEIVERS, org_id=org_id)
    content = slips.poster(place.name, org_id)
    headers = {"Content-Disposition": 'inline; filename="poster.pdf"'}
    return Response(content, mimetype="application/pdf", headers=headers)


ONE = "/enrolments/applications/<int:application_id>"


@pages.get(ONE)
@allow(*RECEIVERS)
def application(application_id: int) -> Page:
    return _application(application_id, None)


def _application(application_id: int, refused: Refused | None, phone: str = "") -> Page:
    with snapshot() as session:
        found = queries.application(session, actor(), application_id)
        person = queries.applicant(found) if found.content_sealed else None
        page = render_template(
            "enrolment/application.html",
            found=found,
            person=person,
            document=_masked(person),
            kinds=DOCUMENT_NAMES,
            phone=phone or (masked_phone(person.phone) if person else ""),
            shown=bool(phone),
            place=organisation(session, found.org_id).name,
            homes=queries.homes_in_reach(session, actor(), found.org_id),
            alike=_alike(session, person) if person else [],
            member=members.member(session, found.member_id) if found.member_id else None,
            sex_names=SEX_NAMES,
            consent_names=CONSENT_NAMES,
            states=APPLICATION_NAMES,
            pending=found.state is ApplicationState.PENDING,
            **_said(refused),
        )
    return page, status_of(refused) if refused else 200


def _masked(person: NewMember | None) -> str:
    document = person.document if person else None
    return masked_document(document_tail(document.number)) if document else ""


_ALIKE = {"document": say("证件号码相同"), "phone": say("手机号相同"), "birth": say("同名、同生日")}


def _alike(session: Session, person: NewMember) -> list[dict[str, Any]]:
    """Who may be the same person; those out of the reader's reach without name or place."""
    found = queries.alike(session, person)
    homes = members.homes(session, (like.member for like in found))
    return [
        {
            "seen": members.may_see(actor(), like.member, *RECEIVERS),
            "member": like.member,
            "home": homes[like.member.residence_id],
            "why": "、".join(gettext(_ALIKE[by]) for by in like.by),
        }
        for like in found
    ]


@pages.post(f"{ONE}/contact")
@allow(*RECEIVERS)
def contact(application_id: int) -> Page:
    with transaction() as session:
        phone = operations.show_contact(
            session, actor(), application_id=application_id, at=clock.now()
        )
    return _application(application_id, None, phone)


@pages.post(f"{ONE}/approval")
@allow(*RECEIVERS)
def approve(application_id: int) -> Page:
    try:
        asked = form(ApprovalForm)
        with transaction() as session:
            done = operations.approve(
                session, actor(), application_id=application_id, **asked, at=clock.now()
            )
    except Refused as refused:
        return _application(application_id, refused)
    return _opened(done), 201


@pages.post(f"{ONE}/first-password")
@allow(*RECEIVERS)
def renew_password(application_id: int) -> Page:
    with transaction() as session:
        done = operations.renew_password(
            session, actor(), application_id=application_id, at=clock.now()
        )
    return _opened(done), 201


def _opened(done: operations.Enrolled) -> str:
    """The slip with the first password: shown once, to be printed and handed over."""
    with snapshot() as session:
        member = members.member(session, done.member.id)
        return render_template(
            "enrolment/opened.html",
            member=member,
            phone=members.shown_phone(member),
            home=members.homes(session, [member])[member.residence_id],
            password=done.password,
        )


@pages.post(f"{ONE}/refusal")
@allow(*RECEIVERS)
def refuse(application_id: int) -> Response | Page:
    try:
        asked = form(ApplicationRefusalRequest)
        with transaction() as session:
            operations.refuse(
                session, actor(), application_id=application_id, **asked, at=clock.now()
            )
    except Refused as refused:
        return _application(application_id, refused)
    return redirect("/enrolments/applications", 303)


@pages.get("/enrolments")
@allow(*RECEIVERS)
def desk() -> Page:
    return _desk({"residence_id": str(query(DeskQuery).get("residence_id", ""))}, None)


@pages.post("/enrolments")
@allow(*RECEIVERS)
def enrol() -> Response | Page:
    try:
        asked = form(EnrolmentForm)
        residence_id = asked["residence_id"]
        with transaction() as session:
            operations.enrol(session, actor(), **enrolment_of(session, asked), at=clock.now())
    except Refused as refused:
        return _desk(request.form.to_dict(), refused)
    return redirect(f"/enrolments?residence_id={residence_id}", 303)


def enrolment_of(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """What ``operations.enrol`` takes: unit and branch are named, and have to be known."""
    rest = {name: asked.pop(name) for name in ("key", "although_similar")}
    ids: dict[str, Any] = {}
    unknown: dict[str, list[str]] = {}
    for name, kind in (("employer", EMPLOYER), ("branch", PARTY_BRANCH)):
        if typed := asked.pop(name):
            org_id = queries.org_named(session, kind, typed, near=asked["residence_id"])
            if org_id is None:
                unknown[name] = [gettext("没有找到这个名称，请从提示中选择，或留空。")]
            ids[f"{name}_id"] = org_id
    if unknown:
        raise Invalid(unknown)
    consents = (Consent.REGISTRATION,) if asked.pop("consented") else ()
    return {"person": person_of(**asked, **ids, consents=consents), **rest}


def _desk(typed: dict[str, str], refused: Refused | None) -> Page:
    with snapshot() as session:
        lately = queries.lately_enrolled(session, actor())
        page = render_template(
            "enrolment/desk.html",
            typed={"party_status": "none"}
            | typed
            | ({} if typed.get("key") else {"key": secrets.token_urlsafe(12)}),
            homes=queries.homes_in_reach(session, actor()),
            employers=queries.names_of(session, EMPLOYER),
            branches=queries.names_of(session, PARTY_BRANCH),
            skills=members.skills(session),
            chosen_skills=request.form.getlist("skills"),
            lately=lately,
            residences=members.homes(session, (row.member for row in lately)),
            party=[(str(status), gettext(name)) for status, name in PARTY_STATUS_NAMES.items()],
            **_said(refused),
        )
    return page, status_of(refused) if refused else 200


@pages.post("/enrolments/duplicates")
@allow(*RECEIVERS)
def duplicates() -> str:
    """Who is registered already and may be the person that is being typed."""
    asked = form(AlikeForm)
    born, exact = day_of(asked["birth_on"])
    person = typed_so_far(
        name=asked["name"], phone=asked["phone"], number=asked["document_number"],
        birth_on=born if exact else None,
    )  # fmt: skip
    with snapshot() as session:
        return render_template("enrolment/part_alike.html", alike=_alike(session, person))
