"""GET /api/v1/organisations: the part of the tree in which the asker holds a role."""

from typing import Any

from pointsbank.core.actor import Role, Scope
from pointsbank.core.database import snapshot
from pointsbank.orgs import queries
from pointsbank.orgs.models import Organisation
from pointsbank.orgs.schemas import OrganisationPage, OrganisationsQuery, OrganisationView
from pointsbank.web import ApiBlueprint, actor, allow

api = ApiBlueprint("organisations", __name__, url_prefix="/organisations")
STAFF = frozenset(Role) - {Role.VOLUNTEER}


@api.get("")
@api.arguments(OrganisationsQuery, location="query")
@api.response(200, OrganisationPage)
@allow(*STAFF, Scope.READ_ORGANISATIONS)
def organisations(asked: dict[str, Any]) -> dict[str, Any]:
    """The organisations within reach, a page at a time."""
    with snapshot() as session:
        found = queries.page_of_reach(session, actor(), **asked)
    return {"organisations": found, "next": found[-1].id if len(found) == asked["most"] else None}


@api.get("/<int:org_id>")
@api.response(200, OrganisationView)
@allow(*STAFF, Scope.READ_ORGANISATIONS)
def organisation(org_id: int) -> Organisation:
    """One organisation within reach."""
    with snapshot() as session:
        return queries.reached_by(session, actor(), org_id)
