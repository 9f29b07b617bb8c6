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


@dataclass(frozen=True)
class Two:
    """Two streets of a city; two communities in the first, each with a 第一网格."""

    city: int
    street: int
    other: int
    community: int
    beside: int
    grid: int
    grid_beside: int
    group: int
    branch: int


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


def grow_two(session: Session) -> Two:
    rows = [
        NewOrganisation("city", "松原市", DAY),
        NewOrganisation("street", "明仁街道", DAY, parent_row=0),
        NewOrganisation("street", "海明街道", DAY, parent_row=0),
        NewOrganisation("community", "幸福社区", DAY, parent_row=1),
        NewOrganisation("community", "光明社区", DAY, parent_row=1),
        NewOrganisation("grid", "第一网格", DAY, parent_row=3),
        NewOrganisation("grid", "第一网格", DAY, parent_row=4),
        NewOrganisation("building_group", "1号楼", DAY, parent_row=5),
        NewOrganisation("party_branch", "幸福社区党支部", DAY, parent_row=3),
    ]
    return Two(*operations.found_many(session, SYSTEM, rows, at=clock.now()))


def staff(session: Session, role: Role, org_id: int, *more: int) -> Actor:
    """A person who holds one role for organisations and everything below."""
    below = queries.below(session, [org_id, *more])
    grants = tuple(Grant(role, one, below[one]) for one in (org_id, *more))
    return Actor(kind="user", id=7, grants=grants)
