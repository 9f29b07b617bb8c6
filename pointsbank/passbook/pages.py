"""My page: balances, star, code, activities, and where every point came from."""

from flask import redirect, render_template
from flask_babel import gettext
from werkzeug.wrappers import Response

from pointsbank.attendance.rules import ATTENDANCE_NAMES
from pointsbank.core import clock
from pointsbank.core.actor import Role
from pointsbank.core.database import snapshot
from pointsbank.core.errors import say
from pointsbank.core.qr import svg
from pointsbank.earning.rules import CAP_SENTENCES, DEED_CATEGORIES, why_clipped
from pointsbank.ledger.rules import DEFAULT_UNITS, REASON_NAMES
from pointsbank.passbook import queries
from pointsbank.passbook.rules import PERIOD_NAMES, PROVENANCE_NAMES, periods
from pointsbank.passbook.schemas import StatementQuery
from pointsbank.stars.rules import STAR_NAMES
from pointsbank.web import PageBlueprint, actor, allow, query, wants_fragment
from pointsbank.web.navigation import Link

pages = PageBlueprint("passbook", __name__)
NAVIGATION = (
    Link("/me", say("我的存折"), 0, frozenset({Role.VOLUNTEER})),
    Link("/me/local-rules", say("本地规则"), 48, frozenset({Role.VOLUNTEER, Role.SECRETARY})),
)


@pages.context_processor
def _names() -> dict[str, object]:
    return {
        "unit_names": {unit.code: unit.name for unit in DEFAULT_UNITS},
        "deed_names": DEED_CATEGORIES,
        "cap_sentences": CAP_SENTENCES,
        "why_clipped": why_clipped,
        "provenance_names": PROVENANCE_NAMES,
        "reason_names": REASON_NAMES,
        "attendance_names": ATTENDANCE_NAMES,
        "star_names": STAR_NAMES,
        "period_names": PERIOD_NAMES,
    }


@pages.get("/me")
@allow(Role.VOLUNTEER)
def me() -> str:
    with snapshot() as session:
        mine = queries.overview(session, actor().member_id or 0, clock.now())
    return render_template("passbook/me.html", mine=mine, drawing=_drawing(mine.code))


@pages.get("/me/code")
@allow(Role.VOLUNTEER)
def code() -> str:
    """The code alone: large on a page of its own, or the fragment that replaces itself."""
    with snapshot() as session:
        mine = queries.code(session, actor().member_id or 0, clock.now())
    template = "passbook/code_fragment.html" if wants_fragment() else "passbook/code.html"
    return render_template(template, code=mine, drawing=_drawing(mine))


def _drawing(mine: queries.Code) -> str:
    return svg(mine.digits, gettext("我的码，供工作人员扫描"))


@pages.get("/me/statement")
@allow(Role.VOLUNTEER)
def statement() -> str:
    asked = query(StatementQuery)
    with snapshot() as session:
        mine = queries.page(session, actor().member_id or 0, at=clock.now(), **asked)
    return render_template(
        "passbook/statement.html", mine=mine, asked=asked, periods=periods(clock.today())
    )


@pages.get("/me/local-rules")
@allow(Role.VOLUNTEER, Role.SECRETARY)
def local_rules() -> Response:
    """To the rules that hold where she lives, or for the first organisation of her office."""
    with snapshot() as session:
        org_id = queries.place_of_rules(session, actor())
    return redirect(f"/organisations/{org_id}/local-rules", 303)
