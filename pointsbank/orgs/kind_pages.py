"""The kinds of organisation: the program's, and what a town adds to them."""

from collections.abc import Mapping

from flask import flash, redirect, render_template, request
from flask_babel import gettext
from werkzeug.wrappers import Response

from pointsbank.core import clock
from pointsbank.core.actor import Role
from pointsbank.core.database import snapshot, transaction
from pointsbank.core.errors import Invalid, Refused
from pointsbank.orgs import listing, operations, queries
from pointsbank.orgs.rules import LINE_NAMES
from pointsbank.orgs.schemas import KindRequest
from pointsbank.web import PageBlueprint, actor, allow, form
from pointsbank.web.errors import sentence_of, status_of

pages = PageBlueprint("organisation_kinds", __name__)
Page = tuple[str, int]


@pages.get("/organisations/kinds")
@allow(Role.ADMINISTRATOR)
def kinds() -> Page:
    return _kinds_page({}, None)


@pages.post("/organisations/kinds")
@allow(Role.ADMINISTRATOR)
def add_kind() -> Response | Page:
    try:
        asked = form(KindRequest)
        with transaction() as session:
            kind = operations.add_kind(session, actor(), **asked, at=clock.now())
    except Refused as refused:
        return _kinds_page(request.form.to_dict(), refused)
    flash(gettext("已新增类别“%(name)s”。", name=kind.name), "success")
    return redirect("/organisations/kinds", 303)


def _kinds_page(asked: Mapping[str, str], refused: Refused | None) -> Page:
    with snapshot() as session:
        found = listing.in_order(queries.kinds(session).values())
        at_the_top = any(node.org.parent_id is None for node in listing.tops(session, actor()))
    page = render_template(
        "orgs/kinds.html",
        kinds=found,
        lines=LINE_NAMES,
        asked=asked,
        may_add=at_the_top,
        errors=refused.fields if isinstance(refused, Invalid) else {},
        sentence=sentence_of(refused) if refused else "",
    )
    return page, status_of(refused) if refused else 200
