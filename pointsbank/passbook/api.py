"""GET /api/v1/me/…: a person's own balances and statement."""

from typing import Any

from pointsbank.core import clock
from pointsbank.core.actor import Role
from pointsbank.core.database import snapshot
from pointsbank.ledger.queries import balances
from pointsbank.members.queries import ids_of_person
from pointsbank.passbook import queries
from pointsbank.passbook.schemas import BalancesView, CodeView, StatementQuery, StatementView
from pointsbank.stars.queries import standing
from pointsbank.web import ApiBlueprint, actor, allow

api = ApiBlueprint("passbook", __name__, url_prefix="/me")


@api.get("/code")
@api.response(200, CodeView)
@allow(Role.VOLUNTEER)
def my_code() -> queries.Code:
    """What her phone shows at the counter or the door now."""
    with snapshot() as session:
        return queries.code(session, actor().member_id or 0, clock.now())


@api.get("/balances")
@api.response(200, BalancesView)
@allow(Role.VOLUNTEER)
def my_balances() -> dict[str, Any]:
    """What she has in each unit, and how far the next star is."""
    member_id = actor().member_id or 0
    with snapshot() as session:
        return {
            "balances": balances(session, *ids_of_person(session, member_id)),
            "household": queries.household_balances(session, member_id),
            "standing": standing(session, member_id, clock.today()),
        }


@api.get("/statement")
@api.arguments(StatementQuery, location="query")
@api.response(200, StatementView)
@allow(Role.VOLUNTEER)
def my_statement(asked: dict[str, Any]) -> dict[str, Any]:
    """Her entries, or her household's, in one unit, newest first, each with who made it and where
    it came from.
    """
    with snapshot() as session:
        member_id = actor().member_id or 0
        found, further = queries.lines(session, member_id, **asked)
        refs = queries.accounts(session, member_id, asked["unit"], asked["whose"])
        span = {name: asked.get(name) for name in ("since", "until")}
        figures = queries.period_figures_of(session, refs, **span)
        return {"period": figures, "lines": found, "next_before": further}
