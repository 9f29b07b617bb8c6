"""The skills that people may have: the program's list, and what a town adds to it."""

from flask import flash, redirect, render_template, request
from flask_babel import gettext
from werkzeug.wrappers import Response

from pointsbank.core import clock
from pointsbank.core.database import snapshot, transaction
from pointsbank.core.errors import Invalid
from pointsbank.members import operations, queries
from pointsbank.members.rules import SKILLS
from pointsbank.members.schemas import SkillForm
from pointsbank.web import PageBlueprint, actor, allow, form
from pointsbank.web.errors import sentence_of, status_of

pages = PageBlueprint("skills", __name__)
Page = tuple[str, int]


@pages.get("/skills")
@allow(*operations.REGISTRARS)
def skills() -> Page:
    return _page(None)


@pages.post("/skills")
@allow(*operations.REGISTRARS)
def add() -> Response | Page:
    """One more for the whole bank, asked for by the first organisation that she keeps."""
    try:
        name = form(SkillForm)["name"]
        org_id = min(queries.held_by(actor(), *operations.REGISTRARS))
        with transaction() as session:
            operations.add_skill(session, actor(), name=name, org_id=org_id, at=clock.now())
    except Invalid as refused:
        return _page(refused)
    flash(gettext("已增加“%(name)s”。", name=name), "success")
    return redirect("/skills", 303)


def _page(refused: Invalid | None) -> Page:
    with snapshot() as session:
        known = queries.skills(session)
    page = render_template(
        "members/skills.html", own=known[len(SKILLS) :], standing=SKILLS,
        typed=request.form.get("name", ""), errors=refused.fields if refused else {},
        refused=sentence_of(refused) if refused else "",
    )  # fmt: skip
    return page, status_of(refused) if refused else 200
