"""My consents: what a member agreed to, in which words, withdrawn as easily as given (PIPL 15)."""

from typing import Any

from flask import redirect, render_template
from werkzeug.wrappers import Response

from pointsbank.core import clock
from pointsbank.core.actor import Role
from pointsbank.core.database import snapshot, transaction
from pointsbank.core.errors import Conflict
from pointsbank.members import operations, profile
from pointsbank.members.rules import CONSENT_NAMES, CONSENT_WAY_NAMES, ConsentWay
from pointsbank.members.schemas import WithdrawalForm
from pointsbank.web import PageBlueprint, actor, allow, form
from pointsbank.web.errors import sentence_of, status_of

pages = PageBlueprint("own_consents", __name__)
Page = tuple[str, int]


@pages.get("/me/consents")
@allow(Role.VOLUNTEER)
def consents() -> Page:
    return _page(None)


@pages.post("/me/consents")
@allow(Role.VOLUNTEER)
def give() -> Response | Page:
    return _done(operations.give_consent, way=ConsentWay.ONLINE)


@pages.post("/me/consents/withdrawal")
@allow(Role.VOLUNTEER)
def withdraw() -> Response | Page:
    return _done(operations.withdraw_consent)


def _done(verb: Any, **given: Any) -> Response | Page:
    """What her form asks for; a refusal stands above the list."""
    asked = form(WithdrawalForm)
    member_id = actor().member_id or 0
    try:
        with transaction() as session:
            verb(session, actor(), member_id=member_id, **asked, **given, at=clock.now())
    except Conflict as refused:
        return _page(refused)
    return redirect("/me/consents", 303)


def _page(refused: Conflict | None) -> Page:
    with snapshot() as session:
        asked, given = profile.own_consents(session, actor().member_id or 0, clock.today())
    page = render_template(
        "members/consents.html", asked=asked, given=given, names=CONSENT_NAMES,
        ways=CONSENT_WAY_NAMES, refused=sentence_of(refused) if refused else "",
    )  # fmt: skip
    return page, status_of(refused) if refused else 200
