"""The language of organisations: lines, kinds, what may sit under what, what a change may be."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from pointsbank.core.errors import Conflict, Invalid, NotFound, say

MOST_NAME_CHARACTERS = 80
MOST_KIND_CHARACTERS = 40
MOST_REGION_DIGITS = 12
MOST_CREDIT_CODE_CHARACTERS = 30
MOST_ADDRESS_CHARACTERS = 200
MOST_CONTACT_CHARACTERS = 50
MOST_LISTED = 1_000


class Line(StrEnum):
    """Which tree an organisation belongs to. All lines hang on the territory tree in the end."""

    TERRITORY = "territory"
    PARTY = "party"
    TEAM = "team"
    EMPLOYER = "employer"
    PARTNER = "partner"


LINE_NAMES = {
    Line.TERRITORY: say("区域"),
    Line.PARTY: say("党组织"),
    Line.TEAM: say("志愿服务队"),
    Line.EMPLOYER: say("机关单位"),
    Line.PARTNER: say("共建组织"),
}


class Verb(StrEnum):
    """What may be done to an organisation; each has its day."""

    FOUNDED = "founded"
    RENAMED = "renamed"
    MOVED = "moved"
    MERGED = "merged"
    SPLIT = "split"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of organisation; a smaller level stands higher in its line."""

    code: str
    line: Line
    level: int
    name: str

    @property
    def is_home(self) -> bool:
        """Whether a member may reside there: a community, or what lies below one."""
        return self.line is Line.TERRITORY and self.level >= COMMUNITY_LEVEL


CITY, COUNTY, STREET, COMMUNITY = "city", "county", "street", "community"
GRID, ESTATE, BUILDING_GROUP, BUILDING = "grid", "estate", "building_group", "building"
MODEL_HOUSEHOLD = "model_household"
PARTY_COMMITTEE, PARTY_BRANCH = "party_committee", "party_branch"
STATION, TEAM, EMPLOYER = "station", "team", "employer"

COMMUNITY_LEVEL = 40

KINDS = (
    Kind(CITY, Line.TERRITORY, 10, say("市")),
    Kind(COUNTY, Line.TERRITORY, 20, say("县（市、区）")),
    Kind(STREET, Line.TERRITORY, 30, say("街道（乡镇）")),
    Kind(COMMUNITY, Line.TERRITORY, COMMUNITY_LEVEL, say("社区（村）")),
    Kind(GRID, Line.TERRITORY, 50, say("网格")),
    Kind(ESTATE, Line.TERRITORY, 50, say("小区")),
    Kind(BUILDING_GROUP, Line.TERRITORY, 60, say("楼栋组")),
    Kind(BUILDING, Line.TERRITORY, 70, say("楼栋")),
    Kind(MODEL_HOUSEHOLD, Line.TERRITORY, 80, say("党员中心户")),
    Kind("party_work_committee", Line.PARTY, 10, say("党工委")),
    Kind(PARTY_COMMITTEE, Line.PARTY, 20, say("党委")),
    Kind("party_general_branch", Line.PARTY, 30, say("党总支")),
    Kind(PARTY_BRANCH, Line.PARTY, 40, say("党支部")),
    Kind("party_group", Line.PARTY, 50, say("党小组")),
    Kind(STATION, Line.TEAM, 10, say("志愿服务站")),
    Kind(TEAM, Line.TEAM, 20, say("志愿服务队")),
    Kind("team_group", Line.TEAM, 30, say("志愿服务小组")),
    Kind(EMPLOYER, Line.EMPLOYER, 10, say("机关企事业单位")),
    Kind("department", Line.EMPLOYER, 20, say("内设机构")),
    Kind("alliance_unit", Line.PARTNER, 10, say("党建联盟单位")),
    Kind("social_organisation", Line.PARTNER, 10, say("社区社会组织")),
    Kind("merchant_partner", Line.PARTNER, 10, say("红色合伙人")),
    Kind("deputies_body", Line.PARTNER, 10, say("两代表一委员")),
)
"""The kinds that a new bank starts with: the five-level organisation 五级组织架构 of Baicheng, the
party and employer lines, and those who stand beside them."""


@dataclass(frozen=True, slots=True)
class NewOrganisation:
    """A row of ``found_many``: its parent is an id or the index of an earlier row."""

    kind: str
    name: str
    on: date
    parent_id: int | None = None
    parent_row: int | None = None
    region_code: str = ""
    credit_code: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """A line of a list of organisations to be founded."""

    name: str
    credit_code: str


@dataclass(frozen=True, slots=True)
class Tie:
    """What still hangs on an organisation, of one sort, by a feature's ``organisation.py``.

    ``label`` is Chinese; what ``follows`` goes along to a successor, the rest must end before.
    """

    label: str
    count: int
    follows: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """A change that was checked, and what it will do: ``below`` open organisations go with it.

    ``renames``: (id, new name) of organisations that meet their name where they come to.
    """

    verb: Verb
    org_id: int
    name: str
    on: date
    from_id: int | None = None
    to_id: int | None = None
    from_name: str = ""
    to_name: str = ""
    below: int = 0
    moving: tuple[int, ...] = ()
    renames: tuple[tuple[int, str], ...] = ()
    ties: tuple[Tie, ...] = ()


class NoSuchOrganisation(NotFound):
    sentence = say("没有这个组织。")


class NoSuchKind(NotFound):
    sentence = say("没有“%(kind)s”这种组织类别。")


class NameEmpty(Invalid):
    sentence = say("组织名称不能为空，且不超过 %(most)s 个字。")


class ListEmpty(Invalid):
    sentence = say("名单是空的，请每行写一个组织。")


class ListTooLong(Invalid):
    sentence = say("一次最多办理 %(most)s 个，请分几次。")


class ListLineInvalid(Invalid):
    sentence = say(
        "第 %(line)s 行“%(text)s”看不懂：先写名称，不超过 %(most)s 个字；"
        "有信用代码的，用逗号隔开写在后面。"
    )


class RegionCodeInvalid(Invalid):
    """GB/T 2260 and its extension: only the shape is looked at, as codes are given anew."""

    sentence = say("行政区划代码应为 6 位、9 位或 12 位数字。")


class ContactPhoneInvalid(Invalid):
    sentence = say("联系电话应为 5 至 20 位数字，可带区号横线。")


class KindInvalid(Invalid):
    sentence = say("类别代码用小写字母、数字和下划线，2 至 30 个，以字母开头。")


class KindTaken(Conflict):
    sentence = say("类别代码“%(code)s”已用于“%(name)s”，请换一个。")


class CannotSitUnder(Invalid):
    sentence = say("%(kind)s不能设在%(parent_kind)s之下。")


class CannotSitUnderItself(Invalid):
    sentence = say("组织不能划到自己或自己的下级之下。")


class AlreadyThere(Conflict):
    sentence = say("“%(name)s”已经在“%(parent)s”之下，不用再划转。")


class SameName(Conflict):
    sentence = say("新名称与现名相同，不用再改。")


class CannotMerge(Invalid):
    sentence = say("只能并入同类的另一个组织。")


class NotItsChild(Invalid):
    sentence = say("划出的只能是它直接的下级组织，且没有撤销。")


class OrganisationClosed(Conflict):
    sentence = say("这个组织已于 %(closed_on)s 撤销，请另选组织。")


class DayToCome(Invalid):
    sentence = say("日期不能晚于今天（%(today)s），请到那一天再来办理。")


class BeforeFounding(Invalid):
    sentence = say("“%(name)s”于 %(opened_on)s 成立，日期不能更早。")


class BeforeLastChange(Conflict):
    sentence = say("这一部分组织在 %(changed_on)s 有过变动，日期不能更早。")


class NameTaken(Conflict):
    sentence = say("同一上级之下已有同类组织“%(name)s”。")


class StillHasChildren(Conflict):
    sentence = say("还有 %(count)s 个下级组织没有撤销，请先划转、合并或撤销它们。")


class StillInUse(Conflict):
    """Somebody or something belongs to it yet; facts: ``what``, ``count``."""

    sentence = say("这个组织还有%(what)s（%(count)s），请先办完再来。")


class KeyReused(Conflict):
    sentence = say("同一次提交已用于另一项组织变动，请刷新页面后重试。")


def may_sit_under(child: Kind, parent: Kind) -> bool:
    """Whether an organisation of one kind may have one of the other as its parent.

    Within a line only a higher level; every other line may also hang on any territory, and a
    unit may have party branches and teams of its own. So nothing ever stands below its own kind.
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


def read_list(text: str) -> list[Listed]:
    """The organisations of a list, one a line: the name, and after a comma or a tabulator (as a
    spreadsheet's columns are pasted) the unified credit code. Empty lines count for nothing.

    Refuses: ListEmpty, ListTooLong, ListLineInvalid.
    """
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if not lines:
        raise ListEmpty
    if len(lines) > MOST_LISTED:
        raise ListTooLong(most=MOST_LISTED)
    found = []
    for number, line in lines:
        name, code, *more = [*(part.strip() for part in re.split("[\t,，]", line)), ""]
        fits = 0 < len(name) <= MOST_NAME_CHARACTERS and len(code) <= MOST_CREDIT_CODE_CHARACTERS
        if not fits or any(more):
            raise ListLineInvalid(line=number, text=line.strip()[:20], most=MOST_NAME_CHARACTERS)
        found.append(Listed(name, code))
    return found


def check_region_code(code: str) -> str:
    """Six digits down to the county, nine for a street, twelve for a community; or none."""
    bare = code.strip()
    if bare and not re.fullmatch(r"[0-9]{6}([0-9]{3}([0-9]{3})?)?", bare):
        raise RegionCodeInvalid
    return bare


def check_open(closed_on: date | None) -> None:
    """Nothing begins at an organisation that was closed. Refuses: OrganisationClosed."""
    if closed_on is not None:
        raise OrganisationClosed(closed_on=closed_on)


def check_kind(code: str, name: str) -> str:
    """The name of a new kind without blanks. Refuses: KindInvalid, NameEmpty."""
    if not re.fullmatch(r"[a-z][a-z0-9_]{1,29}", code):
        raise KindInvalid
    bare = name.strip()
    if not 0 < len(bare) <= MOST_KIND_CHARACTERS:
        raise NameEmpty(most=MOST_KIND_CHARACTERS)
    return bare


_WIDE = {ord("０") + n: str(n) for n in range(10)} | {ord("Ａ") + n: chr(65 + n) for n in range(26)}
_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def credit_code_written(code: str) -> str:
    """A unified credit code as it is kept: capitals, half width, no blanks."""
    return "".join(code.split()).upper().translate(_WIDE)


def credit_code_doubtful(code: str) -> bool:
    """Whether a code is not one by GB 32100 (18 characters, the last a check). Codes in use fail
    it, so this warns and never refuses."""
    if not code:
        return False
    if len(code) != 18 or any(char not in _CREDIT_ALPHABET for char in code):
        return True
    values = [_CREDIT_ALPHABET.index(char) for char in code]
    weighed = sum(value * pow(3, place, 31) for place, value in enumerate(values[:17]))
    return (31 - weighed % 31) % 31 != values[17]


def check_contact_phone(phone: str) -> str:
    """Digits with hyphens, from a mobile or a desk; or nothing."""
    bare = "".join(phone.split()).translate(_WIDE).replace("—", "-")
    if bare and not re.fullmatch(r"\+?[0-9][0-9-]{3,18}[0-9]", bare):
        raise ContactPhoneInvalid
    return bare


def masked_contact_phone(phone: str) -> str:
    """138****1234, 043****678: the middle is hidden, of a short number more than half."""
    shown = 4 if len(phone) >= 11 else 2
    return f"{phone[: shown - 1]}****{phone[-shown:]}" if phone else ""


def check_day(
    on: date, *, today: date, name: str, opened_on: date, changed_on: date | None = None
) -> None:
    """Whether a change may be dated so. Refuses: DayToCome, BeforeFounding, BeforeLastChange."""
    if on > today:
        raise DayToCome(today=today)
    if on < opened_on:
        raise BeforeFounding(name=name, opened_on=opened_on)
    if changed_on is not None and on < changed_on:
        raise BeforeLastChange(changed_on=changed_on)


def names_in_successor(
    origin: str, coming: Mapping[int, tuple[str, str]], there: Collection[tuple[str, str]]
) -> tuple[tuple[int, str], ...]:
    """New names of those who come (id: kind and name) and meet their own where they come to.

    Every community has a 第一网格: it becomes 光明社区第一网格. Refuses: NameTaken, NameEmpty (that
    name is taken too, or too long).
    """
    taken = set(there)
    renames = []
    for org_id, (kind, name) in coming.items():
        if (kind, name) in taken:
            longer = check_name(f"{origin}{name}")
            if (kind, longer) in taken or (kind, longer) in coming.values():
                raise NameTaken(name=longer)
            renames.append((org_id, longer))
    return tuple(renames)


def waves(rows: Sequence[NewOrganisation]) -> list[list[int]]:
    """Row numbers in the order of founding: each wave needs only parents from earlier waves."""
    depth: list[int] = []
    for row in rows:
        depth.append(0 if row.parent_row is None else depth[row.parent_row] + 1)
    found: list[list[int]] = [[] for _ in range(max(depth, default=-1) + 1)]
    for index, wave in enumerate(depth):
        found[wave].append(index)
    return found
