"""The digits on a member's phone."""

from datetime import timedelta

import pytest

from pointsbank.core.database import Database
from pointsbank.members import codes
from pointsbank.members.rules import CodeExpired, CodeInvalid, card_digits, with_check_digits
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
