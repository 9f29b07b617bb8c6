"""Masks, phone numbers, check digits, volunteer numbers."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


def test_check_digits_are_those_of_the_standard() -> None:
    # ISO 7064's own example for MOD 97-10.
    assert rules.with_check_digits("794") == "79444"


@given(st.integers(0, 10**18 - 1))
def test_check_digits_catch_every_wrong_digit_and_swap(number: int) -> None:
    good = rules.with_check_digits(f"{number:018d}")
    assert rules.check_digits_hold(good)
    for place in range(20):
        other = str((int(good[place]) + 1) % 10)
        assert not rules.check_digits_hold(good[:place] + other + good[place + 1 :])
    for place in range(19):
        swapped = good[:place] + good[place + 1] + good[place] + good[place + 2 :]
        assert swapped == good or not rules.check_digits_hold(swapped)


@pytest.mark.parametrize("digits", ["", "1" * 19, "１" * 20, "a" * 20])
def test_what_is_not_twenty_digits_is_no_code(digits: str) -> None:
    assert not rules.check_digits_hold(digits)


def test_cards_begin_with_one_to_eight() -> None:
    draw = random.Random(1).randrange
    for _ in range(100):
        digits = rules.card_digits(draw)
        assert rules.check_digits_hold(digits)
        assert digits[0] in "12345678"
        assert not rules.is_phone_code(digits)


def test_a_volunteer_number_tells_only_year_and_serial() -> None:
    assert rules.member_number(2026, 123) == "2026000123"
    assert rules.member_number(2026, 1_000_000) == "20261000000"
