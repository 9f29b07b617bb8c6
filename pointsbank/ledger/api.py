"""JSON: the book and its seals, for the auditor; read-only."""

from typing import Any

from pointsbank.core import bank
from pointsbank.core.actor import Role
from pointsbank.core.database import snapshot
from pointsbank.ledger import journal
from pointsbank.ledger.schemas import BookSealsView, SealsQuery, TransfersQuery, TransfersView
from pointsbank.web import ApiBlueprint, allow

PAGE = 50

api = ApiBlueprint("ledger", __name__, url_prefix="/ledger", description="账本 / the ledger")


@api.get("/transfers")
@api.arguments(TransfersQuery, location="query")
@api.response(200, TransfersView)
@allow(Role.AUDITOR)
def transfers(asked: dict[str, Any]) -> dict[str, Any]:
    """The book, newest first, 50 at a time; owners are numbers, never names."""
    with snapshot() as session:
        found = journal.transfers(session, **asked, most=PAGE + 1)
    return {"transfers": found[:PAGE], "next_before": next_before(found)}


@api.get("/seals")
@api.arguments(SealsQuery, location="query")
@api.response(200, BookSealsView)
@allow(Role.AUDITOR)
def seals(asked: dict[str, Any]) -> dict[str, Any]:
    """The seals, newest first, 50 at a time, and whether sealing keeps up with the book."""
    with snapshot() as session:
        found = journal.seals(session, **asked, most=PAGE + 1)
        unsealed_count = journal.unsealed_count(session)
    return {
        "seals": found[:PAGE],
        "next_before": next_before(found),
        "unsealed_count": unsealed_count,
        "sealing_behind": unsealed_count > bank.settings().unsealed_most,
    }


def next_before(found: list[Any]) -> int | None:
    """What to ask the next page with: the last entry of this one, if there is more."""
    return found[PAGE - 1].id if len(found) > PAGE else None
