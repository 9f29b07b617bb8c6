"""/api/v1/organisations: the part of the tree in which the asker holds a role, and its changes."""

from typing import Any

from pointsbank.core import clock
from pointsbank.core.actor import Role, Scope
from pointsbank.core.database import snapshot, transaction
from pointsbank.orgs import operations, queries
from pointsbank.orgs.models import Organisation
from pointsbank.orgs.plans import FOUNDERS
from pointsbank.orgs.rules import Kind
from pointsbank.orgs.schemas import (
    ChangesView,
    ClosingRequest,
    DetailsRequest,
    FoundRequest,
    KindRequest,
    KindsView,
    KindView,
    MergerRequest,
    MoveRequest,
    OrganisationPage,
    OrganisationsQuery,
    OrganisationView,
    RenamingRequest,
    SplitRequest,
)
from pointsbank.web import ApiBlueprint, actor, allow

api = ApiBlueprint("organisations", __name__)
STAFF = frozenset(Role) - {Role.VOLUNTEER}
ONE = "/organisations/<int:org_id>"


@api.get("/organisations")
@api.arguments(OrganisationsQuery, location="query")
@api.response(200, OrganisationPage)
@allow(*STAFF, Scope.READ_ORGANISATIONS)
def organisations(asked: dict[str, Any]) -> dict[str, Any]:
    """The organisations within reach, a page at a time."""
    with snapshot() as session:
        found = queries.page_of_reach(session, actor(), **asked)
    return {"organisations": found, "next": found[-1].id if len(found) == asked["most"] else None}


@api.post("/organisations")
@api.arguments(FoundRequest)
@api.response(201, OrganisationView)
@allow(*FOUNDERS)
def found(asked: dict[str, Any]) -> Organisation:
    """Found an organisation under another."""
    with transaction() as session:
        return operations.found(session, actor(), **asked, at=clock.now())


@api.get(ONE)
@api.response(200, OrganisationView)
@allow(*STAFF, Scope.READ_ORGANISATIONS)
def organisation(org_id: int) -> Organisation:
    """One organisation within reach."""
    with snapshot() as session:
        return queries.reached_by(session, actor(), org_id)


@api.get(f"{ONE}/changes")
@api.response(200, ChangesView)
@allow(*STAFF)
def changes(org_id: int) -> dict[str, Any]:
    """What was done to it, came to it or left it; the newest first, the last hundred."""
    with snapshot() as session:
        queries.reached_by(session, actor(), org_id)
        return {"changes": queries.changes_of(session, org_id)}


@api.put(f"{ONE}/details")
@api.arguments(DetailsRequest)
@api.response(200, OrganisationView)
@allow(*operations.KEEPERS)
def describe(asked: dict[str, Any], org_id: int) -> Organisation:
    """Write down its codes, address and contact."""
    with transaction() as session:
        return operations.describe(session, actor(), org_id=org_id, **asked, at=clock.now())


@api.post(f"{ONE}/renaming")
@api.arguments(RenamingRequest)
@api.response(200, OrganisationView)
@allow(*FOUNDERS)
def rename(asked: dict[str, Any], org_id: int) -> Organisation:
    """Give it another name from a day on."""
    with transaction() as session:
        return operations.rename(session, actor(), org_id=org_id, **asked, at=clock.now())


@api.post(f"{ONE}/move")
@api.arguments(MoveRequest)
@api.response(200, OrganisationView)
@allow(*FOUNDERS)
def move(asked: dict[str, Any], org_id: int) -> Organisation:
    """Put it with everything below it under another from a day on."""
    with transaction() as session:
        return operations.move(session, actor(), org_id=org_id, **asked, at=clock.now())


@api.post(f"{ONE}/merger")
@api.arguments(MergerRequest)
@api.response(200, OrganisationView)
@allow(*FOUNDERS)
def merge(asked: dict[str, Any], org_id: int) -> Organisation:
    """Close it for another of its kind, to which its people and all below it go."""
    with transaction() as session:
        return operations.merge(session, actor(), org_id=org_id, **asked, at=clock.now())


@api.post(f"{ONE}/split")
@api.arguments(SplitRequest)
@api.response(201, OrganisationView)
@allow(*FOUNDERS)
def split(asked: dict[str, Any], org_id: int) -> Organisation:
    """Found one of its kind out of it; answers with the new one."""
    with transaction() as session:
        return operations.split(session, actor(), org_id=org_id, **asked, at=clock.now())


@api.post(f"{ONE}/closing")
@api.arguments(ClosingRequest)
@api.response(200, OrganisationView)
@allow(*FOUNDERS)
def close(asked: dict[str, Any], org_id: int) -> Organisation:
    """End it: nobody and nothing may belong to it any more."""
    with transaction() as session:
        return operations.close(session, actor(), org_id=org_id, **asked, at=clock.now())


@api.get("/organisation-kinds")
@api.response(200, KindsView)
@allow(*STAFF)
def kinds() -> dict[str, Any]:
    """Every kind that an organisation may be of."""
    with snapshot() as session:
        return {"kinds": list(queries.kinds(session).values())}


@api.post("/organisation-kinds")
@api.arguments(KindRequest)
@api.response(201, KindView)
@allow(Role.ADMINISTRATOR)
def add_kind(asked: dict[str, Any]) -> Kind:
    """Name a kind of one's own."""
    with transaction() as session:
        return operations.add_kind(session, actor(), **asked, at=clock.now())
