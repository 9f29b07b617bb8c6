"""A small tree for the tests of organisations, and people with a role in it."""

from dataclasses import dataclass
from datetime import date

from sqlmodel import Session

from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM, Actor, Grant, Role
from pointsbank.orgs import operations, queries
from pointsbank.orgs.rules import NewOrganisation

DAY = date(2020, 1, 1)


@dataclass(frozen=True)
class Tree:
    city: int
    street: int
    community: int
    grid: int
    beside: int
    branch: int
    employer: int
    team: int


def grow(session: Session) -> Tree:
    rows = [
        NewOrganisation("city", "白城市", DAY, region_code="220800"),
        NewOrganisation("street", "明仁街道", DAY, parent_row=0),
        NewOrganisation("community", "幸福社区", DAY, parent_row=1),
        NewOrganisation("grid", "第一网格", DAY, parent_row=2),
        NewOrganisation("community", "光明社区", DAY, parent_row=1),
        NewOrganisation("party_branch", "幸福社区党支部", DAY, parent_row=2),
        NewOrganisation("employer", "市水务局", DAY, parent_row=0),
        NewOrganisation("team", "红马甲志愿服务队", DAY, parent_row=2),
    ]
    return Tree(*operations.found_many(session, SYSTEM, rows, at=clock.now()))


def staff(session: Session, role: Role, org_id: int) -> Actor:
    """A person who holds one role for an organisation and everything below."""
    return Actor(
        kind="user", id=7, grants=(Grant(role, org_id, queries.below(session, [org_id])[org_id]),)
    )
