"""What a good password is, how long a lockout lasts, where a sign-in may lead, who never meets."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsbank.access import rules
from pointsbank.access.rules import Period
from pointsbank.core.actor import Role

NOON = datetime(2026, 11, 21, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    "password",
    ["Xingfu-1", "xingfu-1", "XINGFU12-", "幸福Xingfu12", "a1!" * 42, "Ａｂｃ１２３７５"],
)
def test_a_password_of_eight_characters_and_three_classes_is_good_for_staff(password: str) -> None:
    assert rules.check_password(password, staff=True) == rules.folded(password)


@pytest.mark.parametrize("password", ["", "246813", "Xing-1", "xingfu12", "XINGFU12", "aA1" * 43])
def test_shorter_plainer_or_endless_passwords_are_refused_for_staff(password: str) -> None:
    with pytest.raises(rules.WeakPassword):
        rules.check_password(password, staff=True)


@pytest.mark.parametrize("password", ["246813", "２４６８１３", "Xingfu-1", "730195"])
def test_a_volunteer_may_use_six_digits_or_a_password(password: str) -> None:
    assert rules.check_password(password, staff=False) == rules.folded(password)


@pytest.mark.parametrize("pin", ["123456", "987654", "098765", "000000", "121212", "777778"])
def test_digits_that_run_or_repeat_are_no_pin(pin: str) -> None:
    with pytest.raises(rules.WeakPin):
        rules.check_password(pin, staff=False)


@pytest.mark.parametrize("password", ["24681", "2468135", "24681x", "xingfu12"])
def test_what_is_neither_pin_nor_password_is_refused_for_a_volunteer(password: str) -> None:
    with pytest.raises(rules.WeakPassword):
        rules.check_password(password, staff=False)


def test_digits_of_other_scripts_are_no_pin() -> None:
    assert rules.is_pin("246813")
    assert not rules.is_pin("٢٤٦٨١٣")


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        (" Wang.Fang ", "wang.fang"),
        ("王芳", "王芳"),
        ("ｗａｎｇ", "wang"),
        ("w1", "w1"),
        ("a-b_c", "a-b_c"),
    ],
)
def test_a_staff_name_is_kept_without_case_and_blanks(typed: str, stored: str) -> None:
    assert rules.check_staff_name(typed) == stored


@pytest.mark.parametrize("name", ["", "a", "13800000001", "1-2", "a b", "x" * 33, "<b>", "a\x00b"])
def test_a_staff_name_that_could_be_a_phone_number_or_markup_is_refused(name: str) -> None:
    with pytest.raises(rules.StaffNameInvalid):
        rules.check_staff_name(name)


def test_a_display_name_is_trimmed() -> None:
    assert rules.check_display_name(" 王芳 ") == "王芳"


@pytest.mark.parametrize("name", ["", "  ", "王" * 51, "王\n芳"])
def test_an_empty_or_endless_display_name_is_refused(name: str) -> None:
    with pytest.raises(rules.DisplayNameInvalid):
        rules.check_display_name(name)


@pytest.mark.parametrize(
    ("failures", "minutes"),
    [(0, None), (4, None), (5, 10), (6, 20), (7, 30), (8, 30), (500, 30)],
)
def test_a_lockout_begins_with_the_fifth_failure_and_grows(
    failures: int, minutes: int | None
) -> None:
    until = rules.locked_until(failures, NOON, most=5, minutes=10)
    assert until == (None if minutes is None else NOON + timedelta(minutes=minutes))


def test_without_failures_nothing_is_locked() -> None:
    assert rules.locked_until(0, None, most=0, minutes=10) is None


@pytest.mark.parametrize(
    "path", ["/", "/events/12?page=2&q=%E7%8E%8B", "/c/AC4679", "/活动", "/a/../b", "/" + "x" * 499]
)
def test_a_path_of_this_service_may_follow_a_sign_in(path: str) -> None:
    assert rules.local_path(path) == path


@pytest.mark.parametrize(
    "elsewhere",
    [
        "", "events", "//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil",
        "javascript:alert(1)", "/\tevil", "/\n/evil", " /events", "/" + "x" * 500,
    ],
)  # fmt: skip
def test_nothing_else_may_follow_it(elsewhere: str) -> None:
    assert rules.local_path(elsewhere) == "/"


@given(st.integers(0, 2**62))
def test_a_first_password_meets_the_rule_for_whom_it_is_meant(seed: int) -> None:
    state = [seed]

    def draw(below: int) -> int:
        state[0] = (state[0] * 6364136223846793005 + 1442695040888963407) % 2**64
        return (state[0] >> 33) % below

    staff = rules.first_password(draw, staff=True)
    assert rules.check_password(staff, staff=True) == staff
    pin = rules.first_password(draw, staff=False)
    assert rules.is_pin(rules.check_password(pin, staff=False))


def test_a_first_pin_that_is_too_easy_is_drawn_again() -> None:
    draws = iter([111111, 345678, 246813])
    assert rules.first_password(lambda _: next(draws), staff=False) == "246813"


FIRST, LAST = date(2026, 1, 1), date(2026, 6, 30)
EVE, NEXT = date(2025, 12, 31), date(2026, 7, 1)


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [
        (Period(FIRST, LAST), Period(FIRST, LAST), True),
        (Period(FIRST, LAST), Period(LAST), True),
        (Period(FIRST, LAST), Period(NEXT), False),
        (Period(FIRST), Period(EVE, EVE), False),
        (Period(FIRST), Period(EVE, FIRST), True),
        (Period(FIRST), Period(NEXT), True),
        (Period(FIRST, EVE), Period(EVE), False),
    ],
)
def test_periods_meet_when_they_share_a_day(one: Period, other: Period, meet: bool) -> None:
    assert one.overlaps(other) is meet
    assert other.overlaps(one) is meet


@pytest.mark.parametrize(
    ("period", "reaches"),
    [
        (Period(FIRST), True), (Period(NEXT), True), (Period(FIRST, LAST), True),
        (Period(FIRST, EVE), False), (Period(EVE, FIRST), False), (Period(NEXT, EVE), False),
    ],
)  # fmt: skip
def test_a_period_reaches_a_day_unless_it_ended_before(period: Period, reaches: bool) -> None:
    assert period.reaches(LAST) is reaches


@pytest.mark.parametrize(
    ("role", "held"), [(Role.ADMINISTRATOR, Role.AUDITOR), (Role.AUDITOR, Role.ADMINISTRATOR)]
)
def test_administrator_and_auditor_never_meet_in_one_person(role: Role, held: Role) -> None:
    with pytest.raises(rules.RolesConflict):
        rules.check_roles_meet(role, Period(FIRST), [(held, Period(LAST))])
    rules.check_roles_meet(role, Period(NEXT), [(held, Period(FIRST, LAST)), (role, Period(FIRST))])


def test_other_roles_may_meet() -> None:
    everything = [(role, Period(FIRST)) for role in Role]
    rules.check_roles_meet(Role.CLERK, Period(FIRST), everything)
