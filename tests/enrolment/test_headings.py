"""Columns guessed from what Chinese registers call them."""

import pytest

from pointsbank.enrolment.headings import Column, check_columns, guess, heading_row
from pointsbank.enrolment.rules import (
    ColumnMissing,
    ColumnsMiscounted,
    ColumnTwice,
    NothingTells,
)


@pytest.mark.parametrize(
    ("heading", "column"),
    [
        ("姓名", Column.NAME),
        ("姓 名*", Column.NAME),
        ("志愿者姓名（必填）", Column.NAME),
        ("手机号", Column.PHONE),
        ("联系电话", Column.PHONE),
        ("身份证号", Column.DOCUMENT),
        ("证件号码", Column.DOCUMENT),
        ("居民身份证号码", Column.DOCUMENT),
        ("证件类型", Column.DOCUMENT_KIND),
        ("性别", Column.SEX),
        ("出生日期", Column.BIRTH_ON),
        ("出生年月", Column.BIRTH_ON),
        ("社区", Column.COMMUNITY),
        ("所在社区", Column.COMMUNITY),
        ("村（社区）", Column.COMMUNITY),
        ("网格", Column.GRID),
        ("网格员", Column.IGNORED),
        ("工作单位", Column.EMPLOYER),
        ("党支部", Column.BRANCH),
        ("所属党支部名称", Column.BRANCH),
        ("政治面貌", Column.PARTY_STATUS),
        ("入党时间", Column.JOINED_PARTY_ON),
        ("志愿者编号", Column.FORMER_NUMBER),
        ("义工号*", Column.FORMER_NUMBER),
        ("志愿队", Column.TEAM),
        ("技能", Column.SKILLS),
        ("监护人联系电话", Column.GUARDIAN_PHONE),
        ("监护人", Column.GUARDIAN_NAME),
        ("与监护人的关系", Column.GUARDIAN_RELATION),
        ("序号", Column.IGNORED),
        ("备注", Column.IGNORED),
        ("", Column.IGNORED),
    ],
)
def test_a_heading_says_what_its_column_holds(heading: str, column: Column) -> None:
    assert guess([heading]) == [column]


def test_each_column_is_guessed_once_and_the_exact_heading_wins() -> None:
    assert guess(["联系人手机", "手机号", "手机"]) == [
        Column.IGNORED, Column.PHONE, Column.IGNORED,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([["姓名", "电话"], ["王桂芳", "138"]], (0, 2)),
        ([["某县志愿者名册"], [], ["制表人：李"], ["序号", "姓名", "手机"]], (3, 2)),
        ([["姓名"], ["姓名", "性别", "社区"]], (1, 3)),
        ([["a"], ["名", "话", "址"], ["王", "1", "2"]], (1, 0)),
        ([["a"]], (0, 0)),
    ],
)
def test_the_headings_are_found_below_titles(rows: list[list[str]], found: tuple[int, int]) -> None:
    assert heading_row(rows) == found


def test_columns_are_refused_in_order() -> None:
    name, phone, none = Column.NAME, Column.PHONE, Column.IGNORED
    with pytest.raises(ColumnsMiscounted):
        check_columns([phone, phone], 3)
    with pytest.raises(ColumnTwice):
        check_columns([phone, phone, none], 3)
    with pytest.raises(ColumnMissing):
        check_columns([none, none, none], 3)
    with pytest.raises(NothingTells):
        check_columns([name, none, none], 3)
    check_columns([name, phone, none], 3)
