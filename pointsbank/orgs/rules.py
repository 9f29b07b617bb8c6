"""The language of organisations: lines, kinds, what may sit under what."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from pointsbank.core.errors import Conflict, Invalid, NotFound, say


class Line(StrEnum):
    """Which tree an organisation belongs to. All lines hang on the territory tree in the end."""

    TERRITORY = "territory"
    PARTY = "party"
    TEAM = "team"
    EMPLOYER = "employer"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of organisation; a smaller level stands higher in its line."""

    code: str
    line: Line
    level: int
    name: str


CITY, COUNTY, STREET, COMMUNITY = "city", "county", "street", "community"
GRID, BUILDING_GROUP = "grid", "building_group"
PARTY_COMMITTEE, PARTY_BRANCH = "party_committee", "party_branch"
TEAM, EMPLOYER = "team", "employer"

KINDS = (
    Kind(CITY, Line.TERRITORY, 10, say("市")),
    Kind(COUNTY, Line.TERRITORY, 20, say("县（市、区）")),
    Kind(STREET, Line.TERRITORY, 30, say("街道（乡镇）")),
    Kind(COMMUNITY, Line.TERRITORY, 40, say("社区（村）")),
    Kind(GRID, Line.TERRITORY, 50, say("网格")),
    Kind(BUILDING_GROUP, Line.TERRITORY, 60, say("楼栋组")),
    Kind(PARTY_COMMITTEE, Line.PARTY, 10, say("党（工）委")),
    Kind(PARTY_BRANCH, Line.PARTY, 20, say("党支部")),
    Kind(TEAM, Line.TEAM, 10, say("志愿服务队")),
    Kind(EMPLOYER, Line.EMPLOYER, 10, say("机关企事业单位")),
)
"""The kinds that a new bank starts with: the five-level organisation 五级组织架构 of Baicheng."""

HOMES = frozenset({COMMUNITY, GRID, BUILDING_GROUP})
"""The kinds in which a member may reside."""


@dataclass(frozen=True, slots=True)
class NewOrganisation:
    """A row of ``found_many``: its parent is an id or the index of an earlier row."""

    kind: str
    name: str
    on: date
    parent_id: int | None = None
    parent_row: int | None = None
    region_code: str = ""


class NoSuchOrganisation(NotFound):
    sentence = say("没有这个组织。")


class NoSuchKind(NotFound):
    sentence = say("没有“%(kind)s”这种组织类别。")


class NameEmpty(Invalid):
    sentence = say("组织名称不能为空，且不超过 %(most)s 个字。")


class CannotSitUnder(Invalid):
    sentence = say("%(kind)s不能设在%(parent_kind)s之下。")


class OrganisationClosed(Conflict):
    sentence = say("这个组织已于 %(closed_on)s 撤销，请另选组织。")


class NameTaken(Conflict):
    sentence = say("同一上级之下已有同类组织“%(name)s”。")


MOST_NAME_CHARACTERS = 80


def may_sit_under(child: Kind, parent: Kind) -> bool:
    """Whether an organisation of one kind may have one of the other as its parent.

    Within a line only a higher level; every other line may also hang on any territory, and a
    unit may have party branches and teams of its own.
    """
    if child.line == parent.line:
        return child.level > parent.level
    if parent.line is Line.EMPLOYER:
        return child.line in (Line.PARTY, Line.TEAM)
    return parent.line is Line.TERRITORY


def check_name(name: str) -> str:
    """The name without surrounding blanks, or ``NameEmpty``."""
    bare = name.strip()
    if not 0 < len(bare) <= MOST_NAME_CHARACTERS:
        raise NameEmpty(most=MOST_NAME_CHARACTERS)
    return bare


def waves(rows: Sequence[NewOrganisation]) -> list[list[int]]:
    """Row numbers in the order of founding: each wave needs only parents from earlier waves."""
    depth: list[int] = []
    for row in rows:
        depth.append(0 if row.parent_row is None else depth[row.parent_row] + 1)
    found: list[list[int]] = [[] for _ in range(max(depth, default=-1) + 1)]
    for index, wave in enumerate(depth):
        found[wave].append(index)
    return found
