"""Founds the example's organisations."""

from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice

from sqlmodel import Session

from pointsbank.core.actor import SYSTEM
from pointsbank.demo import places
from pointsbank.demo.shape import Shape
from pointsbank.orgs import operations as orgs
from pointsbank.orgs import rules as kinds
from pointsbank.orgs.rules import NewOrganisation

SINCE = date(2016, 1, 1)


@dataclass(frozen=True, slots=True)
class Community:
    """A community's ids: ``homes`` are its building groups."""

    id: int
    name: str
    street_id: int
    homes: tuple[int, ...]
    branch_id: int
    team_ids: tuple[int, ...]
    station_id: int


@dataclass(frozen=True, slots=True)
class Employer:
    id: int
    branch_id: int


@dataclass(frozen=True, slots=True)
class Territory:
    """Everything that was founded, by kind."""

    city_id: int
    street_ids: tuple[int, ...]
    communities: tuple[Community, ...]
    employers: tuple[Employer, ...]


class _Rows:
    """The rows to found, each by its number, which later rows name as their parent's."""

    def __init__(self) -> None:
        self.rows: list[NewOrganisation] = []

    def add(self, kind: str, name: str, parent: int | None = None, region_code: str = "") -> int:
        self.rows.append(
            NewOrganisation(kind, name, SINCE, parent_row=parent, region_code=region_code)
        )
        return len(self.rows) - 1


def found_territory(session: Session, shape: Shape, *, at: datetime) -> Territory:
    """City, counties, streets, communities with grids, groups, branch, teams, station; units."""
    rows = _Rows()
    city = rows.add(kinds.CITY, places.CITY, region_code=places.CITY_CODE)
    counties = [
        rows.add(kinds.COUNTY, name, city, code) for name, code in places.COUNTIES[: shape.counties]
    ]
    streets = [
        rows.add(kinds.STREET, name, counties[n * shape.counties // shape.streets])
        for n, name in enumerate(places.STREETS[: shape.streets])
    ]
    communities = [
        _community(rows, name, streets[n * shape.streets // shape.communities], shape)
        for n, name in enumerate(places.COMMUNITIES[: shape.communities])
    ]
    employers = [_employer(rows, name, city) for name in employer_names(shape)]
    ids = orgs.found_many(session, SYSTEM, rows.rows, at=at)
    return Territory(
        city_id=ids[city],
        street_ids=tuple(ids[street] for street in streets),
        communities=tuple(_with_ids(community, ids) for community in communities),
        employers=tuple(Employer(ids[e.id], ids[e.branch_id]) for e in employers),
    )


def _community(rows: _Rows, name: str, street: int, shape: Shape) -> Community:
    community = rows.add(kinds.COMMUNITY, name, street)
    homes = []
    for grid_number in range(shape.grids_each):
        grid = rows.add(kinds.GRID, f"第{places.NUMERALS[grid_number]}网格", community)
        first = grid_number * shape.groups_each + 1
        homes += [
            rows.add(kinds.BUILDING_GROUP, f"{number}号楼组", grid)
            for number in range(first, first + shape.groups_each)
        ]
    branch = rows.add(kinds.PARTY_BRANCH, f"{name}党支部", community)
    teams = [rows.add(kinds.TEAM, team, community) for team in places.TEAMS[: shape.teams_each]]
    station = rows.add(kinds.STATION, f"{name}志愿服务站", community)
    return Community(community, name, street, tuple(homes), branch, tuple(teams), station)


def _employer(rows: _Rows, name: str, city: int) -> Employer:
    employer = rows.add(kinds.EMPLOYER, name, city)
    return Employer(employer, rows.add(kinds.PARTY_BRANCH, f"{name}党支部", employer))


def _with_ids(community: Community, ids: list[int]) -> Community:
    return Community(
        ids[community.id],
        community.name,
        ids[community.street_id],
        tuple(ids[home] for home in community.homes),
        ids[community.branch_id],
        tuple(ids[team] for team in community.team_ids),
        ids[community.station_id],
    )


def employer_names(shape: Shape) -> list[str]:
    """So many units: bureaus and firms of city and counties, then schools."""
    owners = [places.CITY, *(name for name, _ in places.COUNTIES[: shape.counties])]
    bodies = (f"{owner}{body}" for body in places.BODIES for owner in owners)
    schools = (
        f"{owner}第{number}{kind}"
        for number in range(1, places.SCHOOLS_OF_A_KIND + 1)
        for kind in places.SCHOOLS
        for owner in owners
    )
    names = [*bodies, *schools]
    return list(islice(names, shape.employers))
