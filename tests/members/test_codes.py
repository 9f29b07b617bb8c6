"""The digits on a member's phone."""

import random
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsbank.core.database import Database
from pointsbank.members import codes
from pointsbank.members.codes import card_digits, with_check_digits
from pointsbank.members.rules import CodeExpired, CodeInvalid
from tests.conftest import NOW


@pytest.mark.usefixtures("bank")
class TestPhoneCodes:
    def test_a_code_names_its_member_for_three_minutes(self) -> None:
        code = codes.phone_code(42, NOW)
        assert len(code) == 20
        for minutes in range(3):
            at = NOW + timedelta(minutes=minutes)
            assert codes.member_of_phone_code(code, at) == 42

    def test_an_older_code_says_how_old_it_is(self) -> None:
        code = codes.phone_code(42, NOW)
        with pytest.raises(CodeExpired) as refusal:
            codes.member_of_phone_code(code, NOW + timedelta(minutes=7))
        assert refusal.value.facts == {"minutes": 7}

    def test_a_code_of_the_future_is_not_known(self) -> None:
        with pytest.raises((CodeInvalid, CodeExpired)):
            codes.member_of_phone_code(codes.phone_code(42, NOW + timedelta(minutes=1)), NOW)

    def test_a_code_for_another_member_cannot_be_made_from_ones_own(self) -> None:
        own = codes.phone_code(42, NOW)
        forged = with_check_digits(f"9{43:08d}{own[9:18]}")
        with pytest.raises(CodeInvalid):
            codes.member_of_phone_code(forged, NOW)

    @pytest.mark.parametrize("digits", ["9" * 20, "", card_digits(lambda n: n - 1)])
    def test_other_digits_are_not_phone_codes(self, digits: str) -> None:
        with pytest.raises(CodeInvalid):
            codes.member_of_phone_code(digits, NOW)

    def test_the_page_knows_when_to_fetch_the_next(self) -> None:
        assert codes.seconds_left(NOW) == 60
        assert codes.seconds_left(NOW + timedelta(seconds=59)) == 1


def test_another_banks_code_is_not_known_here(bank: Database) -> None:
    from pointsbank.core import encryption

    code = codes.phone_code(42, NOW)
    encryption.use_secret(b"another bank's secret of 32 byte")
    with pytest.raises(CodeInvalid):
        codes.member_of_phone_code(code, NOW)


def test_check_digits_are_those_of_the_standard() -> None:
    # ISO 7064's own example for MOD 97-10.
    assert codes.with_check_digits("794") == "79444"


@given(st.integers(0, 10**18 - 1))
def test_check_digits_catch_every_wrong_digit_and_swap(number: int) -> None:
    good = codes.with_check_digits(f"{number:018d}")
    assert codes.check_digits_hold(good)
    for place in range(20):
        other = str((int(good[place]) + 1) % 10)
        assert not codes.check_digits_hold(good[:place] + other + good[place + 1 :])
    for place in range(19):
        swapped = good[:place] + good[place + 1] + good[place] + good[place + 2 :]
        assert swapped == good or not codes.check_digits_hold(swapped)


@pytest.mark.parametrize("digits", ["", "1" * 19, "１" * 20, "a" * 20])
def test_what_is_not_twenty_digits_is_no_code(digits: str) -> None:
    assert not codes.check_digits_hold(digits)


def test_cards_begin_with_one_to_eight() -> None:
    draw = random.Random(1).randrange
    for _ in range(100):
        digits = codes.card_digits(draw)
        assert codes.check_digits_hold(digits)
        assert digits[0] in "12345678"
        assert not codes.is_phone_code(digits)
