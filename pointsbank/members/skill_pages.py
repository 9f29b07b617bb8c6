"""The skills that people may have: the program's list, and what a town adds to it."""

from flask import flash, redirect, render_template, request
from flask_babel import gettext
from werkzeug.wrappers import Response

from pointsbank.core import clock
from pointsbank.core.database import snapshot, transaction
from pointsbank.core.errors import Invalid
from pointsbank.members import operations, queries
from pointsbank.members.rules import SKILLS
from pointsbank.members.schemas import SkillRequest
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
    """One more, asked for by an organisation and there for the whole bank."""
    try:
        asked = form(SkillRequest)
        with transaction() as session:
            operations.add_skill(session, actor(), **asked, at=clock.now())
    except Invalid as refused:
        return _page(refused)
    flash(gettext("已增加“%(name)s”。", name=asked["name"]), "success")
    return redirect("/skills", 303)


def _page(refused: Invalid | None) -> Page:
    with snapshot() as session:
        known = queries.skills(session)
    page = render_template(
        "members/skills.html", own=known[len(SKILLS) :], standing=SKILLS,
        org_id=min(queries.held_by(actor(), *operations.REGISTRARS)),
        typed=request.form.get("name", ""), errors=refused.fields if refused else {},
        refused=sentence_of(refused) if refused else "",
    )  # fmt: skip
    return page, status_of(refused) if refused else 200
