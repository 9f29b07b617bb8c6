"""What a workbook's column holds, guessed from its Chinese heading. Pure."""

import re
import unicodedata
from collections.abc import Sequence
from enum import StrEnum

from pointsbank.core.errors import say
from pointsbank.enrolment.rules import (
    ColumnMissing,
    ColumnsMiscounted,
    ColumnTwice,
    NothingTells,
)


class Column(StrEnum):
    """What a column of a workbook is read as."""

    IGNORED = "ignored"
    NAME = "name"
    PHONE = "phone"
    DOCUMENT = "document"
    DOCUMENT_KIND = "document_kind"
    SEX = "sex"
    BIRTH_ON = "birth_on"
    COMMUNITY = "community"
    GRID = "grid"
    BUILDING_GROUP = "building_group"
    EMPLOYER = "employer"
    BRANCH = "branch"
    PARTY_STATUS = "party_status"
    JOINED_PARTY_ON = "joined_party_on"
    FORMER_NUMBER = "former_number"
    TEAM = "team"
    SKILLS = "skills"
    AVAILABLE = "available"
    REGISTERED_ON = "registered_on"
    GUARDIAN_NAME = "guardian_name"
    GUARDIAN_PHONE = "guardian_phone"
    GUARDIAN_RELATION = "guardian_relation"


COLUMN_NAMES = {
    Column.IGNORED: say("不导入"),
    Column.NAME: say("姓名"),
    Column.PHONE: say("手机号"),
    Column.DOCUMENT: say("证件号码"),
    Column.DOCUMENT_KIND: say("证件类型"),
    Column.SEX: say("性别"),
    Column.BIRTH_ON: say("出生日期"),
    Column.COMMUNITY: say("社区"),
    Column.GRID: say("网格或小区"),
    Column.BUILDING_GROUP: say("楼栋组或楼栋"),
    Column.EMPLOYER: say("工作单位"),
    Column.BRANCH: say("党支部"),
    Column.PARTY_STATUS: say("政治面貌"),
    Column.JOINED_PARTY_ON: say("入党时间"),
    Column.FORMER_NUMBER: say("原志愿者编号"),
    Column.TEAM: say("志愿队"),
    Column.SKILLS: say("技能特长"),
    Column.AVAILABLE: say("可服务时间"),
    Column.REGISTERED_ON: say("登记日期"),
    Column.GUARDIAN_NAME: say("监护人姓名"),
    Column.GUARDIAN_PHONE: say("监护人电话"),
    Column.GUARDIAN_RELATION: say("与监护人关系"),
}

_EXACT = {
    Column.NAME: "姓名 名字 真实姓名 志愿者姓名 党员姓名 居民姓名 成员姓名",
    Column.PHONE: "手机号 手机号码 手机 联系电话 电话 电话号码 联系方式 移动电话 本人电话",
    Column.DOCUMENT: "身份证号 身份证号码 身份证 证件号 证件号码 公民身份号码 居民身份证号",
    Column.DOCUMENT_KIND: "证件类型 证件种类 证件类别",
    Column.SEX: "性别",
    Column.BIRTH_ON: "出生日期 出生年月 出生年月日 生日 出生时间",
    Column.COMMUNITY: "社区 所在社区 所属社区 居住社区 社区名称 村（社区） 村社区 居住地社区",
    Column.GRID: "网格 所在网格 所属网格 网格名称 小区 所在小区 居住小区 小区名称",
    Column.BUILDING_GROUP: "楼栋 楼栋组 楼号 所在楼栋",
    Column.EMPLOYER: "工作单位 单位 所在单位 单位名称 就业单位",
    Column.BRANCH: "党支部 所在党支部 所属党支部 支部 党支部名称 所在支部",
    Column.PARTY_STATUS: "政治面貌 党员类别 人员类别",
    Column.JOINED_PARTY_ON: "入党时间 入党日期 入党年月 加入党组织日期",
    Column.FORMER_NUMBER: "志愿者编号 义工号 志愿者号 注册编号 原志愿者编号",
    Column.TEAM: "志愿队 志愿服务队 所在志愿队 服务队 志愿者队伍 志愿服务队伍 所属队伍 所属团队",
    Column.SKILLS: "技能 特长 技能特长 专业技能 服务技能 个人特长 专长",
    Column.AVAILABLE: "可服务时间 服务时间 空闲时间 可参与时间",
    Column.REGISTERED_ON: "登记日期 注册时间 注册日期 登记时间 加入时间",
    Column.GUARDIAN_NAME: "监护人 监护人姓名",
    Column.GUARDIAN_PHONE: "监护人电话 监护人手机号 监护人手机 监护人联系电话 监护人联系方式",
    Column.GUARDIAN_RELATION: "与监护人关系 监护人关系 监护关系",
}
_BY_HEADING = {
    heading: column for column, headings in _EXACT.items() for heading in headings.split()
}
# What a heading that is none of those may hold; tried in this order.
_PARTS = (
    (("监护人", "电话"), Column.GUARDIAN_PHONE),
    (("监护人", "手机"), Column.GUARDIAN_PHONE),
    (("监护人", "关系"), Column.GUARDIAN_RELATION),
    (("监护人",), Column.GUARDIAN_NAME),
    (("网格员",), Column.IGNORED),
    (("身份证",), Column.DOCUMENT),
    (("证件", "号"), Column.DOCUMENT),
    (("手机",), Column.PHONE),
    (("出生",), Column.BIRTH_ON),
    (("政治面貌",), Column.PARTY_STATUS),
    (("入党",), Column.JOINED_PARTY_ON),
    (("支部",), Column.BRANCH),
    (("志愿", "编号"), Column.FORMER_NUMBER),
    (("服务队",), Column.TEAM),
    (("特长",), Column.SKILLS),
    (("技能",), Column.SKILLS),
    (("工作单位",), Column.EMPLOYER),
    (("网格",), Column.GRID),
    (("社区",), Column.COMMUNITY),
    (("姓名",), Column.NAME),
)
_NOISE = re.compile(r"[\s*＊:：_\-]|[(（\[【](?:必填|选填|文本|.{0,6}填写.*)[)）\]】]")
LOOKED_FOR = 20
"""Among how many first rows the headings are looked for: above them stand titles and notes."""


def guess(headings: Sequence[str]) -> list[Column]:
    """What each column holds; each kind once, and an exact heading before a likely one."""
    bare = [_bare(heading) for heading in headings]
    found = [Column.IGNORED] * len(bare)
    taken: set[Column] = set()
    for reading in (_BY_HEADING.get, _likely):
        for place, heading in enumerate(bare):
            column = reading(heading)
            if column and found[place] is Column.IGNORED and column not in taken:
                found[place] = column
                taken.add(column)
    return found


def heading_row(rows: Sequence[Sequence[str]]) -> tuple[int, int]:
    """The index of the row of headings and how many of them are known: 0 where none was found.

    It stands below merged titles and notes; where no row names a person, it is the first with
    three cells, so that its columns can be chosen by hand.
    """
    best, known = -1, 0
    for place, row in enumerate(rows[:LOOKED_FOR]):
        columns = {_BY_HEADING.get(_bare(cell)) for cell in row} - {None}
        if Column.NAME in columns and len(columns) > known:
            best, known = place, len(columns)
    if best >= 0:
        return best, known
    filled = (place for place, row in enumerate(rows[:LOOKED_FOR]) if sum(map(bool, row)) >= 3)
    return next(filled, 0), 0


def _likely(heading: str) -> Column | None:
    for parts, column in _PARTS:
        if all(part in heading for part in parts):
            return column
    return None


def _bare(heading: str) -> str:
    """The heading without blanks, stars and what says how to fill it in."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", heading)).replace("(社区)", "（社区）")


def check_columns(columns: Sequence[Column], width: int) -> None:
    """Refuses: ColumnsMiscounted, ColumnTwice, ColumnMissing (the name), NothingTells."""
    if len(columns) != width:
        raise ColumnsMiscounted
    chosen = [column for column in columns if column is not Column.IGNORED]
    for column in chosen:
        if chosen.count(column) > 1:
            raise ColumnTwice(column=COLUMN_NAMES[column])
    if Column.NAME not in chosen:
        raise ColumnMissing(column=COLUMN_NAMES[Column.NAME])
    if not {Column.PHONE, Column.DOCUMENT, Column.BIRTH_ON} & set(chosen):
        raise NothingTells
