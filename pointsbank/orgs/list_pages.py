"""Founding organisations by a list: a county's units, a community's grids, a grid's buildings."""

from collections.abc import Mapping

from flask import flash, redirect, render_template, request
from flask_babel import gettext
from werkzeug.wrappers import Response

from pointsbank.core import clock
from pointsbank.core.database import snapshot, transaction
from pointsbank.core.errors import Invalid, Refused
from pointsbank.orgs import listing, operations, queries
from pointsbank.orgs.operations import FOUNDERS, ListPlan
from pointsbank.orgs.schemas import FoundListForm
from pointsbank.web import PageBlueprint, actor, allow, form
from pointsbank.web.errors import sentence_of, status_of

pages = PageBlueprint("organisation_lists", __name__)
HERE = "/organisations/<int:org_id>/founding-list"
Page = tuple[str, int]


@pages.get(HERE)
@allow(*FOUNDERS)
def prepare(org_id: int) -> Page:
    return _page(org_id, {"on": clock.today().isoformat()})


@pages.post(f"{HERE}/preview")
@allow(*FOUNDERS)
def preview(org_id: int) -> Page:
    """What the list will do. A form, for a list is too long for an address."""
    try:
        asked, today = form(FoundListForm), clock.today()
        with snapshot() as session:
            queries.reached_by(session, actor(), org_id)
            plan = operations.plan_list(session, actor(), org_id=org_id, **asked, today=today)
    except Refused as refused:
        return _page(org_id, request.form, refused=refused)
    return _page(org_id, request.form, plan=plan)


@pages.post(HERE)
@allow(*FOUNDERS)
def found_list(org_id: int) -> Response | Page:
    try:
        asked, now = form(FoundListForm), clock.now()
        with transaction() as session:
            queries.reached_by(session, actor(), org_id)
            done = operations.found_list(session, actor(), org_id=org_id, **asked, at=now)
    except Refused as refused:
        return _page(org_id, request.form, refused=refused)
    flash(gettext("已新设 %(count)s 个下级组织。", count=len(done.fresh)), "success")
    return redirect(f"/organisations/{org_id}/details", 303)


def _page(
    org_id: int,
    typed: Mapping[str, str],
    *,
    plan: ListPlan | None = None,
    refused: Refused | None = None,
) -> Page:
    with snapshot() as session:
        org = queries.reached_by(session, actor(), org_id)
        page = render_template(
            "orgs/founding_list.html",
            org=org,
            kinds=listing.kinds_under(session, org),
            typed=typed,
            plan=plan,
            today=clock.today(),
            errors=refused.fields if isinstance(refused, Invalid) else {},
            sentence=sentence_of(refused) if refused else "",
        )
    return page, status_of(refused) if refused else 200
