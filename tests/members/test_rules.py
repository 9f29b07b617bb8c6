"""Masks, phone numbers, check digits, volunteer numbers."""

import pytest

from pointsbank.members import rules
from pointsbank.members.rules import NameInvalid, PhoneInvalid


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("张三", "张*"),
        ("王桂芳", "王*芳"),
        ("欧阳春燕", "欧阳**"),
        ("欧阳锋", "欧阳*"),
        ("欧阳", "欧*"),
        ("王李桂芳", "王**芳"),
        ("㛃", "㛃*"),
        ("阿依古丽·买买提", "阿***·***"),
        ("", "*"),
    ],
)
def test_a_public_list_shows_masked_names(name: str, masked: str) -> None:
    assert rules.masked_name(name) == masked


def test_a_masked_phone_keeps_head_and_tail() -> None:
    assert rules.masked_phone("13812341234") == "138****1234"
    assert rules.masked_phone("") == ""


@pytest.mark.parametrize(
    "typed", ["13800000001", " 138 0000 0001", "１３８-００００-０００１", "+8613800000001"]
)
def test_a_phone_number_is_understood_however_it_is_typed(typed: str) -> None:
    assert rules.check_phone(typed) == "13800000001"


@pytest.mark.parametrize("typed", ["", "1380000000", "23800000001", "1380000000a", "138000000011"])
def test_what_is_no_phone_number_is_refused(typed: str) -> None:
    with pytest.raises(PhoneInvalid):
        rules.check_phone(typed)


@pytest.mark.parametrize("name", ["", "　", "王" * 51, "王\n芳", "王\u202e芳"])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(NameInvalid):
        rules.check_name(name)


@pytest.mark.parametrize("name", ["王㛃", "𠅤芳", "𬍛", "阿依古丽·买买提", "Anna Schmidt"])
def test_rare_characters_are_names(name: str) -> None:
    assert rules.check_name(f" {name} ") == name


def test_a_volunteer_number_tells_only_year_and_serial() -> None:
    assert rules.member_number(2026, 123) == "2026000123"
    assert rules.member_number(2026, 1_000_000) == "20261000000"
