"""The tree of organisations, an organisation's page, and the forms that change the tree.

A form is asked for by GET; filled in, still by GET, it says what will happen; posted, it happens.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, render_template, request
from flask_babel import gettext
from werkzeug.wrappers import Response

from pointsbank.core import clock
from pointsbank.core.actor import Role
from pointsbank.core.database import Session, snapshot, transaction
from pointsbank.core.errors import Invalid, Refused, say
from pointsbank.orgs import kind_pages, list_pages, listing, operations, plans, queries
from pointsbank.orgs.models import Organisation, OrganisationChange
from pointsbank.orgs.plans import FOUNDERS
from pointsbank.orgs.rules import (
    LINE_NAMES,
    Kind,
    Plan,
    Verb,
    masked_contact_phone,
)
from pointsbank.orgs.schemas import (
    ClosingRequest,
    DetailsForm,
    FoundForm,
    MergerRequest,
    MoveRequest,
    RenamingRequest,
    SplitRequest,
    TreeQuery,
)
from pointsbank.orgs.words import (
    DONE,
    ELSEWHERE,
    FOLLOWS,
    OWN_HISTORY,
    PEOPLE,
    PREVIEWS,
    RENAMES,
    ROLES_END,
    STAYS,
    TITLES,
)
from pointsbank.web import PageBlueprint, actor, allow, form, query, wants_fragment
from pointsbank.web.errors import sentence_of, status_of
from pointsbank.web.formats import day
from pointsbank.web.navigation import Link
from pointsbank.web.schemas import Request

pages = PageBlueprint("organisations", __name__)
for _room in (kind_pages, list_pages):
    pages.register_blueprint(_room.pages)

STAFF = frozenset(Role) - {Role.VOLUNTEER}
NAVIGATION = (
    Link(
        "/organisations/tree",
        say("组织架构"),
        45,
        frozenset({Role.SECRETARY, Role.OFFICIAL, Role.ADMINISTRATOR}),
    ),
)
ONE = "/organisations/<int:org_id>"
CHANGE = f"{ONE}/<any(founding, renaming, move, merger, split, closing):change>"
FOUND_A_PAGE = 50
Page = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Change:
    """A change as its form has it: what is asked, how it is checked, and how it is done."""

    verb: Verb
    schema: type[Request]
    plan: Callable[..., Plan]
    do: Callable[..., Organisation]


def _found(session: Session, who: Any, *, org_id: int, **asked: Any) -> Organisation:
    return operations.found(session, who, parent_id=org_id, **asked)


def _plan_split(session: Session, who: Any, *, region_code: str, **asked: Any) -> Plan:
    return plans.plan_split(session, who, **asked)


CHANGES = {
    "founding": Change(Verb.FOUNDED, FoundForm, operations.plan_found, _found),
    "renaming": Change(Verb.RENAMED, RenamingRequest, plans.plan_rename, operations.rename),
    "move": Change(Verb.MOVED, MoveRequest, plans.plan_move, operations.move),
    "merger": Change(Verb.MERGED, MergerRequest, plans.plan_merge, operations.merge),
    "split": Change(Verb.SPLIT, SplitRequest, _plan_split, operations.split),
    "closing": Change(Verb.CLOSED, ClosingRequest, plans.plan_close, operations.close),
}


@pages.get("/organisations/tree")
@allow(*STAFF)
def tree() -> str:
    """The tree, opened one level at a time; or what is sought in it, as a list."""
    asked = query(TreeQuery)
    with snapshot() as session:
        if asked["q"] or asked["kind"]:
            return _list(session, asked)
        if "under" in asked:
            queries.reached_by(session, actor(), asked["under"])
            return _children(session, asked["under"], closed=bool(asked["closed"]))
        return _tops(session, asked)


def _tops(session: Session, asked: Mapping[str, Any]) -> str:
    tops = listing.tops(session, actor())
    closed = bool(asked["closed"])
    opened = {node.org.id: listing.branches(session, node.org.id, closed=closed) for node in tops}
    kinds = _kinds(session)
    return render_template(
        "orgs/tree.html", tops=tops, opened=opened, kinds=kinds, asked=asked, found=None
    )


def _kinds(session: Session) -> dict[str, Kind]:
    return {kind.code: kind for kind in listing.in_order(queries.kinds(session).values())}


def _children(session: Session, org_id: int, *, closed: bool) -> str:
    """What is under one: a part for the tree that is open, a page for who has no script."""
    branches = listing.branches(session, org_id, closed=closed)
    if wants_fragment():
        return render_template(
            "orgs/_branches.html", branches=branches, org_id=org_id, closed=closed
        )
    org = queries.organisation(session, org_id)
    return render_template(
        "orgs/tree.html",
        tops=[listing.Node(org, sum(branch.total for branch in branches))],
        opened={org_id: branches},
        kinds=_kinds(session),
        asked={"q": "", "kind": "", "closed": int(closed), "under": org_id},
        found=None,
    )


def _list(session: Session, asked: dict[str, Any]) -> str:
    found, total = listing.sought(
        session, actor(), q=asked["q"], kind=asked["kind"], under=asked.get("under"),
        closed=bool(asked["closed"]), page=asked["page"], size=FOUND_A_PAGE,
    )  # fmt: skip
    return render_template(
        "orgs/tree.html",
        tops=[],
        opened={},
        kinds=_kinds(session),
        asked=asked,
        found=found,
        total=total,
        pages=max(1, -(-total // FOUND_A_PAGE)),
    )


@pages.get(f"{ONE}/details")
@allow(*STAFF)
def details(org_id: int) -> str:
    with snapshot() as session:
        return _details(session, org_id)


@pages.post(f"{ONE}/contact")
@allow(*operations.CONTACT_READERS)
def contact(org_id: int) -> str:
    """The contact's number in full. A form, for the look is written down and a GET never writes."""
    with transaction() as session:
        queries.reached_by(session, actor(), org_id)
        phone = operations.show_contact(session, actor(), org_id=org_id, at=clock.now())
        return _details(session, org_id, phone=phone)


def _details(session: Session, org_id: int, phone: str = "") -> str:
    org = queries.reached_by(session, actor(), org_id)
    lines = queries.ancestors(session, org_id)
    changes = queries.changes_of(session, org_id)
    mentioned = {org.successor_id or 0}
    for change in changes:
        mentioned |= {change.organisation_id, change.from_id or 0, change.to_id or 0}
    named = queries.organisations(session, mentioned)
    names = {one.id: one.name for one in named.values()}
    may = actor().may
    return render_template(
        "orgs/details.html",
        org=org,
        kinds=queries.kinds(session),
        line_names=LINE_NAMES,
        above=list(reversed(lines[1:])),
        branches=listing.branches(session, org_id, closed=True),
        history=[_told(change, org_id, names) for change in changes],
        names=names,
        contact_name=queries.contact_name(org),
        phone=phone or masked_contact_phone(queries.contact_phone(org)),
        phone_hidden=bool(org.contact_phone_sealed) and not phone,
        reach=frozenset().union(*(grant.reach for grant in actor().grants)),
        may_change=may(*FOUNDERS, org_id=org.parent_id or org_id),
        may_found=may(*FOUNDERS, org_id=org_id),
        may_look=may(*operations.CONTACT_READERS, org_id=org_id),
        people=PEOPLE.get(org.line),
        may_list=may(*STAFF - {Role.AUDITOR}, org_id=org_id),
        may_keep=may(Role.ADMINISTRATOR, org_id=org_id),
    )


def _told(change: OrganisationChange, org_id: int, names: Mapping[int, str]) -> tuple[Any, str]:
    """The day of a change, and how it is told on the page of this organisation."""
    if change.organisation_id == org_id:
        sentence = OWN_HISTORY[change.verb]
    else:
        sentence = ELSEWHERE["to" if change.to_id == org_id else "from", change.verb]
    facts = {
        "name": names[change.organisation_id],
        "from": names.get(change.from_id or 0, ""),
        "to": names.get(change.to_id or 0, ""),
        "before": change.name_before,
        "after": change.name_after,
    }
    return change.effective_on, gettext(sentence) % facts


@pages.get(f"{ONE}/details/edit")
@allow(*operations.KEEPERS)
def edit(org_id: int) -> Page:
    with snapshot() as session:
        org = queries.reached_by(session, actor(), org_id)
        asked = {
            "region_code": org.region_code,
            "credit_code": org.credit_code,
            "address": org.address,
            "contact_name": queries.contact_name(org),
        }
    return _edit_page(org_id, asked, None)


@pages.post(f"{ONE}/details")
@allow(*operations.KEEPERS)
def describe(org_id: int) -> Response | Page:
    try:
        asked = form(DetailsForm)
        with transaction() as session:
            queries.reached_by(session, actor(), org_id)
            operations.describe(session, actor(), org_id=org_id, **asked, at=clock.now())
    except Refused as refused:
        return _edit_page(org_id, request.form.to_dict(), refused)
    flash(gettext("组织信息已保存。"), "success")
    return redirect(f"/organisations/{org_id}/details", 303)


def _edit_page(org_id: int, asked: Mapping[str, str], refused: Refused | None) -> Page:
    with snapshot() as session:
        org = queries.reached_by(session, actor(), org_id)
        page = render_template(
            "orgs/edit.html",
            org=org,
            asked=asked,
            phone=masked_contact_phone(queries.contact_phone(org)),
            **_faults(refused),
        )
    return page, status_of(refused) if refused else 200


@pages.get(CHANGE)
@allow(*FOUNDERS)
def prepare(org_id: int, change: str) -> Page:
    """The form of a change; once it is filled in, what will happen."""
    if "key" not in request.args:
        return _change_page(org_id, change)
    wanted = CHANGES[change]
    try:
        asked = query(wanted.schema)
        del asked["key"]
        with snapshot() as session:
            queries.reached_by(session, actor(), org_id)
            plan = wanted.plan(session, actor(), org_id=org_id, today=clock.today(), **asked)
    except Refused as refused:
        return _change_page(org_id, change, refused)
    return _change_page(org_id, change, plan=plan)


@pages.post(CHANGE)
@allow(*FOUNDERS)
def carry_out(org_id: int, change: str) -> Response | Page:
    wanted = CHANGES[change]
    try:
        with transaction() as session:
            queries.reached_by(session, actor(), org_id)
            asked = form(wanted.schema)
            org = wanted.do(session, actor(), org_id=org_id, **asked, at=clock.now())
    except Refused as refused:
        return _change_page(org_id, change, refused)
    flash(gettext(DONE[wanted.verb]) % {"name": org.name}, "success")
    return redirect(f"/organisations/{org.id}/details", 303)


def _change_page(
    org_id: int, change: str, refused: Refused | None = None, plan: Plan | None = None
) -> Page:
    """The form with what was typed and what was wrong with it; or, instead, what will happen."""
    typed = request.values
    with snapshot() as session:
        org = queries.reached_by(session, actor(), org_id)
        page = render_template(
            "orgs/change.html",
            org=org,
            change=change,
            title=TITLES[CHANGES[change].verb],
            key=typed.get("key") or secrets.token_urlsafe(12),
            asked={"on": clock.today().isoformat(), **typed.to_dict()},
            chosen=typed.getlist("child_ids"),
            told=_foretold(plan) if plan else [],
            today=clock.today(),
            **_options(session, org, change, typed.get("q", "")[:80]),
            **_faults(refused),
        )
    return page, status_of(refused) if refused else 200


def _options(session: Session, org: Organisation, change: str, q: str) -> dict[str, Any]:
    """What the form lets one choose from."""
    if change == "founding":
        return {"kinds": listing.kinds_under(session, org)}
    if change == "split":
        return {"children": queries.open_children(session, org.id)}
    if change in ("move", "merger"):
        choose = listing.new_parents if change == "move" else listing.successors
        found = choose(session, actor(), org, actor().reach(*FOUNDERS), q)
        return {"candidates": found, "more": len(found) == listing.MOST_CANDIDATES, "q": q}
    return {}


def _foretold(plan: Plan) -> list[str]:
    facts = {
        "on": day(plan.on),
        "name": gettext(plan.name) if plan.verb is Verb.FOUNDED else plan.name,
        "from": plan.from_name,
        "to": plan.to_name,
        "below": plan.below,
    }
    told = [gettext(PREVIEWS[plan.verb]) % facts]
    if plan.ties:
        what = gettext("、").join(f"{gettext(tie.label)} {tie.count}" for tie in plan.ties)
        goes = STAYS if plan.verb is Verb.SPLIT else FOLLOWS
        told.append(gettext(goes) % {**facts, "what": what})
    if plan.renames:
        names = gettext("、").join(name for _, name in plan.renames)
        told.append(gettext(RENAMES) % {"names": names})
    if plan.verb in (Verb.MERGED, Verb.CLOSED):
        told.append(gettext(ROLES_END) % facts)
    return told


def _faults(refused: Refused | None) -> dict[str, Any]:
    return {
        "errors": refused.fields if isinstance(refused, Invalid) else {},
        "sentence": sentence_of(refused) if refused else "",
    }
