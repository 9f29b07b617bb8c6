"""What may sit under what, and names."""

from datetime import date

import pytest

from pointsbank.orgs import rules
from pointsbank.orgs.rules import (
    KINDS,
    NameEmpty,
    NewOrganisation,
    check_name,
    may_sit_under,
    waves,
)

BY_CODE = {kind.code: kind for kind in KINDS}
DAY = date(2026, 1, 1)


@pytest.mark.parametrize(
    ("child", "parent", "may"),
    [
        ("county", "city", True),
        ("grid", "community", True),
        ("community", "grid", False),
        ("street", "street", False),
        ("party_branch", "party_committee", True),
        ("party_committee", "party_branch", False),
        ("party_branch", "community", True),
        ("team", "grid", True),
        ("employer", "city", True),
        ("grid", "party_branch", False),
        ("team", "employer", True),
        ("party_branch", "employer", True),
        ("grid", "employer", False),
        ("estate", "community", True),
        ("estate", "grid", False),
        ("building", "estate", True),
        ("building", "building_group", True),
        ("model_household", "building", True),
        ("party_committee", "party_work_committee", True),
        ("party_group", "party_branch", True),
        ("team", "station", True),
        ("department", "employer", True),
        ("merchant_partner", "community", True),
        ("deputies_body", "street", True),
        ("alliance_unit", "party_branch", False),
        ("social_organisation", "alliance_unit", False),
    ],
)
def test_kinds_sit_under_higher_levels_of_their_line_or_under_territory(
    child: str, parent: str, may: bool
) -> None:
    assert may_sit_under(BY_CODE[child], BY_CODE[parent]) is may


def test_every_home_is_a_kind_of_the_territory() -> None:
    assert {
        "community", "grid", "estate", "building_group", "building", "model_household",
    } == {kind.code for kind in rules.KINDS if kind.is_home}  # fmt: skip


def test_nothing_may_sit_under_its_own_kind() -> None:
    assert not any(may_sit_under(kind, kind) for kind in KINDS)
    assert len({kind.code for kind in KINDS}) == len(KINDS)


def test_a_name_loses_its_blanks() -> None:
    assert check_name(" 幸福社区　") == "幸福社区"


@pytest.mark.parametrize("name", ["", "   ", "社" * 81])
def test_a_name_is_neither_empty_nor_endless(name: str) -> None:
    with pytest.raises(NameEmpty):
        check_name(name)


def test_parents_are_founded_before_children() -> None:
    rows = [
        NewOrganisation("city", "白城市", DAY),
        NewOrganisation("county", "洮北区", DAY, parent_row=0),
        NewOrganisation("county", "洮南市", DAY, parent_row=0),
        NewOrganisation("street", "明仁街道", DAY, parent_row=1),
    ]
    assert waves(rows) == [[0], [1, 2], [3]]
    assert waves([]) == []


@pytest.mark.parametrize("code", ["", "220800", "220802001", " 220802001005 "])
def test_a_region_code_has_six_nine_or_twelve_digits(code: str) -> None:
    assert rules.check_region_code(code) == code.strip()


@pytest.mark.parametrize(
    "code", ["22080", "2208021", "22080200100", "2208020010055", "２２０８００"]
)
def test_any_other_region_code_is_refused(code: str) -> None:
    with pytest.raises(rules.RegionCodeInvalid):
        rules.check_region_code(code)


@pytest.mark.parametrize(
    ("code", "doubtful"),
    [
        ("", False),
        ("91350200MA2YJ1XR9G", False),  # field-notes: valid by GB 32100
        ("91350200MA2YJ1XR9H", True),
        ("91350200MA2YJ1XR9", True),
        ("91350200MA2YJ1XR9I", True),  # no I, O, S, V, Z in the alphabet
        ("19350200MA2YJ1XR9G", True),
    ],
)
def test_a_credit_code_is_doubted_by_its_check_digit(code: str, doubtful: bool) -> None:
    assert rules.credit_code_doubtful(code) is doubtful


def test_a_credit_code_is_kept_in_capitals_of_half_width() -> None:
    assert rules.credit_code_written(" ９1350200ma2yj1xr9Ｇ ") == "91350200MA2YJ1XR9G"


@pytest.mark.parametrize(
    ("typed", "kept", "shown"),
    [
        ("", "", ""),
        ("138 0000 0001", "13800000001", "138****0001"),
        ("0436—3211234", "0436-3211234", "043****1234"),
        ("3211234", "3211234", "3****34"),
        ("１２３４５", "12345", "1****45"),
    ],
)
def test_a_contact_number_is_of_a_mobile_or_a_desk_and_masked(
    typed: str, kept: str, shown: str
) -> None:
    assert rules.check_contact_phone(typed) == kept
    assert rules.masked_contact_phone(kept) == shown


@pytest.mark.parametrize("typed", ["call me", "1234", "1" * 21, "-12345"])
def test_what_is_no_number_is_refused(typed: str) -> None:
    with pytest.raises(rules.ContactPhoneInvalid):
        rules.check_contact_phone(typed)


@pytest.mark.parametrize("code", ["", "Hamlet", "9lives", "a", "a" * 31, "自然屯"])
def test_a_kinds_code_is_plain(code: str) -> None:
    with pytest.raises(rules.KindInvalid):
        rules.check_kind(code, "自然屯")


@pytest.mark.parametrize("name", [" ", "屯" * 41])
def test_a_kinds_name_is_neither_empty_nor_endless(name: str) -> None:
    with pytest.raises(NameEmpty):
        rules.check_kind("hamlet", name)


def test_a_change_is_dated_between_founding_or_the_last_change_and_today() -> None:
    asked = {"today": date(2026, 6, 1), "name": "幸福社区", "opened_on": DAY}
    rules.check_day(date(2026, 6, 1), **asked, changed_on=date(2026, 6, 1))
    for on, fault in (
        (date(2026, 6, 2), rules.DayToCome),
        (date(2025, 12, 31), rules.BeforeFounding),
        (date(2026, 3, 1), rules.BeforeLastChange),
    ):
        with pytest.raises(fault):
            rules.check_day(on, **asked, changed_on=date(2026, 4, 1))


def test_a_child_whose_name_is_taken_gets_the_old_parents_before_it() -> None:
    coming = {1: ("grid", "第一网格"), 2: ("grid", "第二网格"), 3: ("team", "第一网格")}
    there = [("grid", "第一网格"), ("party_branch", "第二网格")]
    renames = rules.names_in_successor("光明社区", coming, there)
    assert renames == ((1, "光明社区第一网格"),)


@pytest.mark.parametrize(
    ("coming", "there"),
    [
        ({1: ("grid", "一")}, [("grid", "一"), ("grid", "光明一")]),
        ({1: ("grid", "一"), 2: ("grid", "光明一")}, [("grid", "一")]),
    ],
)
def test_a_name_that_is_taken_twice_is_refused(
    coming: dict[int, tuple[str, str]], there: list[tuple[str, str]]
) -> None:
    with pytest.raises(rules.NameTaken):
        rules.names_in_successor("光明", coming, there)
