"""Rows understood: what is wrong, what is doubtful, and what the register would take."""

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pointsbank.enrolment.headings import Column
from pointsbank.enrolment.rows import Places, Row, Terms, day_of, understood
from pointsbank.enrolment.rules import Trouble
from pointsbank.members.rules import (
    DocumentKind,
    PartyStatus,
    RegistrationRule,
    Sex,
    checked,
)
from tests.enrolment.sheets import id_number

HERE, THERE, GRID, GROUP, EMPLOYER, BRANCH, FAR_BRANCH, TEAM = range(1, 9)
PLACES = Places(
    only=None,
    communities={"幸福社区": [HERE], "光明社区": [THERE], "重名社区": [HERE, THERE]},
    inside={
        (HERE, "grid", "第一网格"): [GRID], (GRID, "building_group", "1号楼"): [GROUP],
        (HERE, "estate", "锦绣小区"): [21], (21, "building", "3号楼"): [22],
        (HERE, "grid", "同名"): [23], (HERE, "estate", "同名"): [24],
    },
    employers={"教育局": [(EMPLOYER, None)], "超市": [(11, None), (12, None)]},
    branches={"第一支部": [(BRANCH, HERE), (FAR_BRANCH, THERE)]},
    teams={"红马甲队": [(TEAM, HERE)], "一、二队": [(TEAM, HERE)]},
)  # fmt: skip
TODAY = date(2026, 11, 21)
TERMS = Terms(TODAY, {HERE: RegistrationRule(least_age=14)}, {"理发", "驾驶"})
GOOD = {Column.NAME: "王桂芳", Column.PHONE: "13800000001", Column.COMMUNITY: "幸福社区"}


def row(**cells: str) -> Row:
    said = {**GOOD, **{Column(name): text for name, text in cells.items()}}
    return understood(said, PLACES, TERMS)


def troubles(found: Row) -> tuple[list[str], list[str]]:
    return [f.trouble.value for f in found.problems], [f.trouble.value for f in found.doubts]


def test_a_whole_row_becomes_a_member() -> None:
    found = row(
        document="34052419800101001x", sex="男", grid="第一网格", building_group="1号楼",
        employer="教育局", branch="第一支部", party_status="中共党员", joined_party_on="2011.7",
        former_number="ZY001", team="红马甲队", skills="理发、驾驶", available="周末",
        registered_on="2020-03-05", birth_on="1980年1月1日",
    )  # fmt: skip
    assert troubles(found) == ([], [])
    member = found.member
    assert (member.residence_id, member.employer_id, member.branch_id) == (GROUP, EMPLOYER, BRANCH)
    assert (member.birth_on, member.sex) == (date(1980, 1, 1), Sex.MALE)
    assert member.document is not None
    assert member.document.number == "34052419800101001X"
    assert (member.party_status, member.joined_party_on) == (PartyStatus.FULL, date(2011, 7, 1))
    assert (member.team_ids, member.skills, member.available) == ((TEAM,), ("理发", "驾驶"), "周末")
    assert (member.registered_on, found.former_number) == (date(2020, 3, 5), "ZY001")


@pytest.mark.parametrize(
    ("cells", "trouble"),
    [
        ({"name": " "}, "name"),
        ({"phone": "138"}, "phone"),
        ({"document": "34052419800101001"}, "document"),
        ({"document": "3.4052419800101e+17"}, "document_rounded"),
        ({"birth_on": "去年"}, "birth_on"),
        ({"birth_on": "1980-05"}, "birth_on"),
        ({"birth_on": "1880-05-01"}, "birth_on"),
        ({"birth_on": "2027-01-01"}, "birth_on"),
        ({"birth_on": "2026-02-30"}, "birth_on"),
        ({"phone": ""}, "untellable"),
        ({"birth_on": "2015-01-01"}, "too_young"),
        ({"birth_on": "2010-01-01"}, "guardian"),
        ({"birth_on": "2010-01-01", "guardian_name": "王强"}, "guardian"),
        ({"community": "没有社区"}, "no_community"),
        ({"community": "重名社区"}, "no_community"),
        ({"community": ""}, "no_community"),
        ({"available": "x" * 201}, "text_too_long"),
        ({"former_number": "x" * 41}, "text_too_long"),
    ],
)
def test_what_cannot_be_registered_says_why(cells: dict[str, str], trouble: str) -> None:
    assert troubles(row(**cells))[0] == [trouble]


@pytest.mark.parametrize(
    ("cells", "trouble"),
    [
        ({"sex": "？"}, "sex"),
        ({"document": "34052419800101001X", "sex": "女"}, "sex_differs"),
        ({"document": "34052419800101001X", "birth_on": "1980-01-02"}, "birth_differs"),
        ({"document": "34052419800101001X", "birth_on": "1980-02"}, "birth_differs"),
        ({"joined_party_on": "某天", "party_status": "党员"}, "date"),
        ({"joined_party_on": "2030-01-01", "party_status": "党员"}, "date"),
        ({"joined_party_on": "2011-01-01"}, "joined_without_party"),
        ({"party_status": "其他"}, "party_status"),
        ({"grid": "第九网格"}, "no_grid"),
        ({"grid": "同名"}, "no_grid"),
        ({"building_group": "9号楼"}, "no_building_group"),
        ({"employer": "没有单位"}, "no_employer"),
        ({"employer": "超市"}, "no_employer"),
        ({"branch": "没有支部"}, "no_branch"),
        ({"team": "没有队"}, "no_team"),
        ({"skills": "理发，飞行"}, "no_skill"),
        ({"birth_on": "2008-01-01", "registered_on": "2015-01-01"}, "registered_differs"),
        ({"registered_on": "某天"}, "date"),
    ],
)
def test_what_is_doubtful_is_left_out_and_said(cells: dict[str, str], trouble: str) -> None:
    found = row(**cells)
    assert troubles(found) == ([], [trouble])
    checked(found.member, on=TODAY, rule=RegistrationRule(), skills=TERMS.skills)


def test_an_estate_and_its_buildings_are_homes_too() -> None:
    found = row(grid="锦绣小区", building_group="3号楼")
    assert (troubles(found), found.member.residence_id) == (([], []), 22)


def test_a_month_of_birth_is_enough_beside_a_document() -> None:
    found = row(document="34052419800101001X", birth_on="1980-01")
    assert (troubles(found), found.member.birth_on) == (([], []), date(1980, 1, 1))


def test_a_minor_comes_with_her_guardian() -> None:
    found = row(
        birth_on="2010-01-01", guardian_name="王强", guardian_phone="13900000009",
        guardian_relation="父亲",
    )  # fmt: skip
    assert found.member.guardian is not None
    assert found.member.guardian.name == "王强"


def test_a_row_of_one_communitys_import_needs_no_community() -> None:
    places = Places(HERE, {}, {}, {}, {}, {})
    said = {Column.NAME: "王桂芳", Column.PHONE: "13800000001"}
    assert understood(said, places, TERMS).member.residence_id == HERE


def test_a_community_may_go_without_its_last_word_and_a_team_have_a_comma_in_its_name() -> None:
    found = row(community="幸福", team="一、二队")
    assert (found.community_id, found.member.team_ids) == (HERE, (TEAM,))


@pytest.mark.parametrize(
    ("number", "typed", "kind"),
    [
        ("34052419800101001X", "", DocumentKind.ID_CARD),
        ("810000198001010011", "", DocumentKind.RESIDENCE_PERMIT),
        ("ABC123456789012", "", DocumentKind.FOREIGNER_CARD),
        ("E12345678", "", DocumentKind.PASSPORT),
        ("E12345678", "护照", DocumentKind.PASSPORT),
        ("军1234567", "军官证", DocumentKind.OTHER),
    ],
)
def test_a_documents_kind_is_named_or_seen(number: str, typed: str, kind: DocumentKind) -> None:
    document = row(document=number, document_kind=typed).member.document
    assert document is not None or kind is DocumentKind.RESIDENCE_PERMIT
    assert document is None or document.kind is kind


@pytest.mark.parametrize(
    ("text", "day", "exact"),
    [
        ("1980-1-31", date(1980, 1, 31), True),
        ("1980/01/31 00:00", date(1980, 1, 31), True),
        ("1980年1月31日", date(1980, 1, 31), True),
        ("19800131", date(1980, 1, 31), True),
        ("1980.07", date(1980, 7, 1), False),
        ("1980年7月", date(1980, 7, 1), False),
        ("198007", date(1980, 7, 1), False),
        ("29251", date(1980, 1, 31), True),
        ("1980", None, False),
        ("1980-13-01", None, False),
        ("", None, False),
    ],
)
def test_days_are_read_as_people_write_them(text: str, day: date | None, exact: bool) -> None:
    assert day_of(text) == (day, exact)


CELLS = st.one_of(
    st.text(max_size=12),
    st.sampled_from([
        "幸福社区", "第一网格", "王桂芳", "13800000001", "女", "男", "党员", "2011-07",
        "1980-01-31", "2010-05-05", "2026-11-22", "理发", "红马甲队", "34052419800101001X",
        id_number(5), "E12345678",
    ]),
    st.integers(10_000, 60_000).map(str),
)  # fmt: skip


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(list(Column)), CELLS), st.booleans())
def test_whatever_a_row_says_what_has_no_problem_is_taken_by_the_register(
    cells: dict[Column, str], whole: bool
) -> None:
    found = understood({**cells, **(GOOD if whole else {})}, PLACES, TERMS)
    if not found.problems:
        on = found.member.registered_on or TODAY
        checked(found.member, on=on, rule=TERMS.rules[HERE], skills=TERMS.skills)
    assert all(finding.sentence for finding in (*found.problems, *found.doubts))
    assert set(Trouble) >= {finding.trouble for finding in found.doubts}
