"""The year's evaluations, their sheets and seals, and an organisation's roll-up, as pages."""

import io
import secrets
from typing import Any

from flask import redirect, render_template, send_file
from flask_babel import gettext
from werkzeug.wrappers import Response

from pointsbank.core import clock
from pointsbank.core.actor import Role
from pointsbank.core.database import snapshot, transaction
from pointsbank.core.errors import Refused, say
from pointsbank.evaluation import operations, queries
from pointsbank.evaluation.reference import reference_sheet, told_column, told_name, told_status
from pointsbank.evaluation.roll_ups import compared, measures, roll_up
from pointsbank.evaluation.rules import REFERENCE_ONLY, RELATION_NAMES
from pointsbank.evaluation.schemas import (
    ListQuery,
    OrgForm,
    RollUpPageQuery,
    SealForm,
    SheetQuery,
)
from pointsbank.evaluation.sheet import FILE_TYPES, write_csv, write_xlsx
from pointsbank.orgs import queries as orgs
from pointsbank.orgs.rules import LINE_NAMES
from pointsbank.web import PageBlueprint, actor, allow, form, query
from pointsbank.web.errors import sentence_of, status_of
from pointsbank.web.navigation import Link

pages = PageBlueprint("evaluation", __name__)

READERS = (Role.SECRETARY, Role.OFFICIAL)
NAVIGATION = (
    Link("/organisations", say("组织概况"), 15, frozenset({Role.OFFICIAL})),
    Link("/evaluations", say("年度评议"), 60, frozenset(READERS)),
)
YEAR = "/evaluations/<int(min=2000, max=2199):year>"
YEARS_LISTED = 3
PEOPLE_A_PAGE = 100
ORGANISATIONS_A_PAGE = 30


@pages.get("/evaluations")
@allow(*READERS)
def evaluations() -> str:
    """The organisations in reach by the last years, with what is sealed."""
    asked = query(ListQuery)
    years = [clock.today().year - back for back in range(YEARS_LISTED)]
    with snapshot() as session:
        found, most = queries.listed(session, actor(), most=ORGANISATIONS_A_PAGE, **asked)
        seals = queries.seals_of(session, [org.id for org in found])
        kinds = orgs.kinds(session)
        parents = orgs.organisations(session, [org.parent_id for org in found if org.parent_id])
    return render_template(
        "evaluation/evaluations.html",
        years=years, organisations=found, kinds=kinds, parents=parents, seals=seals, pages=most,
        **asked,
    )  # fmt: skip


@pages.get(YEAR)
@allow(*READERS)
def evaluation(year: int) -> str:
    """One year of an organisation's people."""
    asked = query(SheetQuery)
    with snapshot() as session:
        found = queries.evaluation(session, actor(), org_id=asked["org"], year=year)
    people = queries.ordered(found, asked["sort"])
    shown, most = queries.page_of(people, asked["page"], PEOPLE_A_PAGE)
    return _page(
        "evaluation/evaluation.html",
        found=found, people=shown, pages=most, page=asked["page"], sort=asked["sort"],
        may_seal=actor().may(Role.SECRETARY, org_id=found.org_id),
    )  # fmt: skip


@pages.post(f"{YEAR}.<any(xlsx, csv):file_type>")
@allow(*READERS)
def export(year: int, file_type: str) -> Response:
    """The sheet as a file. A form and not a link: taking personal data away is written down, and a
    GET never writes."""
    asked = form(OrgForm)
    at = clock.now()
    with transaction() as session:
        operations.record_export(
            session, actor(), org_id=asked["org"], year=year, file_type=file_type, at=at
        )
    with snapshot() as session:
        found = queries.evaluation(session, actor(), org_id=asked["org"], year=year)
    sheet = reference_sheet(found, gettext, at=at)
    file = io.BytesIO()
    (write_xlsx if file_type == "xlsx" else write_csv)(file, sheet)
    file.seek(0)
    return send_file(file, FILE_TYPES[file_type], True, f"{sheet.title}.{file_type}")


@pages.get(f"{YEAR}/seal")
@allow(Role.SECRETARY)
def before_seal(year: int) -> str:
    """What sealing means, before it is done."""
    return _seal_page(year, query(OrgForm)["org"], secrets.token_urlsafe(16))


@pages.post(f"{YEAR}/seal")
@allow(Role.SECRETARY)
def seal(year: int) -> Response | tuple[str, int]:
    asked = form(SealForm)
    try:
        with transaction() as session:
            operations.seal_year(
                session, actor(), org_id=asked["org"], year=year, key=asked["key"], at=clock.now()
            )
    except Refused as refused:
        page = _seal_page(year, asked["org"], asked["key"], sentence_of(refused))
        return page, status_of(refused)
    return redirect(f"/evaluations/{year}?org={asked['org']}", 303)


def _seal_page(year: int, org_id: int, key: str, refusal: str = "") -> str:
    with snapshot() as session:
        found = queries.evaluation(session, actor(), org_id=org_id, year=year)
        rule = queries.rule_in_force(session, org_id, clock.today())
    return _page(
        "evaluation/seal.html",
        found=found, key=key, refusal=refusal,
        seal_from=rule.seal_from(year), early=clock.today() < rule.seal_from(year),
    )  # fmt: skip


@pages.get("/organisations")
@allow(*READERS)
def topmost() -> Response:
    """The roll-up of the organisation with most below it that this person answers for."""
    held = [grant for grant in actor().grants if grant.role in READERS]
    widest = max(held, key=lambda grant: (len(grant.reach), -grant.org_id))
    return redirect(f"/organisations/{widest.org_id}", 303)


@pages.get("/organisations/<int:org_id>")
@allow(*READERS)
def organisation(org_id: int) -> str:
    """An organisation with everything below it, and its children beside one another."""
    asked = query(RollUpPageQuery)
    year = asked.get("year", clock.today().year)
    with snapshot() as session:
        found = roll_up(session, actor(), org_id=org_id, year=year, line=asked.get("line"))
    return _page(
        "evaluation/organisation.html",
        found=found, year=year, this_year=clock.today().year, by=asked["by"],
        rows=compared(found, asked["by"]), measures=measures(found.units),
        reach=actor().reach(*READERS),
    )  # fmt: skip


def _page(template: str, **context: Any) -> str:
    return render_template(
        template,
        **context,
        note=REFERENCE_ONLY,
        relations=RELATION_NAMES,
        lines=LINE_NAMES,
        told_column=lambda column: told_column(column, gettext),
        told_status=lambda status: told_status(status, gettext),
        told_name=lambda name: told_name(name, gettext),
    )
