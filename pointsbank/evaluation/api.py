"""Evaluations and roll-ups as JSON. The sheet as a file is the page's: see ``pages.export``."""

from typing import Any

from flask_babel import gettext

from pointsbank.core import clock
from pointsbank.core.actor import Role, Scope
from pointsbank.core.database import snapshot, transaction
from pointsbank.evaluation import operations, queries
from pointsbank.evaluation.roll_ups import RollUp, roll_up
from pointsbank.evaluation.rules import REFERENCE_ONLY
from pointsbank.evaluation.schemas import (
    EvaluationQuery,
    EvaluationView,
    RollUpQuery,
    RollUpView,
    SealRequest,
    SealView,
)
from pointsbank.web import ApiBlueprint, actor, allow

api = ApiBlueprint("evaluation", __name__)

_YEAR = "/evaluations/<int(min=2000, max=2199):year>"
_READERS = (Role.SECRETARY, Role.OFFICIAL)


@api.get(_YEAR)
@api.arguments(EvaluationQuery, location="query")
@api.response(200, EvaluationView)
@allow(*_READERS, Scope.READ_EVALUATIONS)
def evaluation(asked: dict[str, Any], year: int) -> dict[str, Any]:
    """A year of an organisation's people, a page at a time in the order of their numbers."""
    with snapshot() as session:
        found = queries.evaluation(session, actor(), org_id=asked["org_id"], year=year)
    return _view(found, asked["page"], asked["most"])


def _view(found: queries.Evaluation, page: int, most: int) -> dict[str, Any]:
    people, pages = queries.page_of(found.people, page, most)
    names = [column.name for column in found.columns]
    sums = zip(names, found.sums, strict=True)
    return {
        "org_id": found.org_id,
        "org_name": found.org_name,
        "year": found.year,
        "relation": found.relation,
        "note": gettext(REFERENCE_ONLY),
        "seal": found.seal,
        "seal_holds": found.seal_holds if found.seal else None,
        "columns": found.columns,
        "sums": {name: total for name, total in sums if total is not None},
        "people": [_person(person, names) for person in people],
        "page": page,
        "pages": pages,
        "total": len(found.people),
    }


def _person(person: queries.Person, names: list[str]) -> dict[str, Any]:
    return {
        "member_id": person.line.member_id,
        "number": person.number,
        "name": person.name,
        "party_status": person.line.party_status,
        "figures": dict(zip(names, person.line.figures, strict=True)),
    }


@api.post(f"{_YEAR}/seal")
@api.arguments(SealRequest)
@api.response(201, SealView)
@allow(Role.SECRETARY)
def seal_year(asked: dict[str, Any], year: int) -> queries.Seal:
    """Fix the year of an organisation for ever."""
    with transaction() as session:
        return operations.seal_year(session, actor(), year=year, **asked, at=clock.now())


@api.get("/organisations/<int:org_id>/roll-up")
@api.arguments(RollUpQuery, location="query")
@api.response(200, RollUpView)
@allow(*_READERS, Scope.READ_ORGANISATIONS)
def organisation_roll_up(asked: dict[str, Any], org_id: int) -> RollUp:
    """An organisation and its children, each with everything below it, added up for a year."""
    wanted = {"year": clock.today().year, **asked}
    with snapshot() as session:
        return roll_up(session, actor(), org_id=org_id, **wanted)
