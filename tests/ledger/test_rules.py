"""The ledger's rules, by tables of values."""

from datetime import UTC, date, datetime

import pytest

from pointsbank.ledger.notice import SealLine, SealLineUnreadable
from pointsbank.ledger.rules import (
    MINUTES,
    AccountRef,
    CapWindow,
    ExpiryPolicy,
    OwnerKind,
    SystemKind,
    expires_on,
    household_account,
    member_account,
    system_account,
    window_start,
)


@pytest.mark.parametrize(
    ("policy", "months", "earned", "lapses"),
    [
        (ExpiryPolicy.NEVER, 0, "2026-03-05", None),
        (ExpiryPolicy.END_OF_YEAR, 0, "2026-03-05", "2026-12-31"),
        (ExpiryPolicy.END_OF_YEAR, 0, "2026-12-31", "2026-12-31"),
        (ExpiryPolicy.END_OF_NEXT_YEAR, 0, "2026-01-01", "2027-12-31"),
        (ExpiryPolicy.MONTHS, 1, "2026-01-15", "2026-02-28"),
        (ExpiryPolicy.MONTHS, 1, "2028-01-31", "2028-02-29"),
        (ExpiryPolicy.MONTHS, 3, "2026-10-01", "2027-01-31"),
        (ExpiryPolicy.MONTHS, 12, "2026-12-31", "2027-12-31"),
        (ExpiryPolicy.MONTHS, 0, "2026-06-01", "2026-06-30"),
    ],
)
def test_points_lapse_at_the_end_of_a_year_or_month(
    policy: ExpiryPolicy, months: int, earned: str, lapses: str | None
) -> None:
    expected = date.fromisoformat(lapses) if lapses else None
    assert expires_on(policy, months, date.fromisoformat(earned)) == expected


@pytest.mark.parametrize(
    ("window", "day", "starts"),
    [
        (CapWindow.DAY, "2026-11-21", "2026-11-21"),
        (CapWindow.WEEK, "2026-11-16", "2026-11-16"),  # a Monday
        (CapWindow.WEEK, "2026-11-22", "2026-11-16"),  # the Sunday after it
        (CapWindow.WEEK, "2026-12-31", "2026-12-28"),
        (CapWindow.WEEK, "2027-01-03", "2026-12-28"),  # one week, in both years
        (CapWindow.WEEK, "2027-01-04", "2027-01-04"),
        (CapWindow.WEEK, "0001-01-01", "0001-01-01"),
        (CapWindow.MONTH, "2028-02-29", "2028-02-01"),
        (CapWindow.MONTH, "2026-12-31", "2026-12-01"),
        (CapWindow.QUARTER, "2026-01-01", "2026-01-01"),
        (CapWindow.QUARTER, "2026-03-31", "2026-01-01"),
        (CapWindow.QUARTER, "2026-04-01", "2026-04-01"),
        (CapWindow.QUARTER, "2026-12-31", "2026-10-01"),
        (CapWindow.YEAR, "2026-12-31", "2026-01-01"),
        (CapWindow.YEAR, "2027-01-01", "2027-01-01"),
    ],
)
def test_a_cap_s_window_begins_on_its_first_day(window: CapWindow, day: str, starts: str) -> None:
    assert window_start(window, date.fromisoformat(day)) == date.fromisoformat(starts)


def test_an_account_is_named_by_its_owner() -> None:
    assert member_account(7, MINUTES) == AccountRef(OwnerKind.MEMBER, 7, MINUTES, "balance", "")
    assert household_account(7, MINUTES).owner_kind is OwnerKind.HOUSEHOLD
    issued = system_account(MINUTES, SystemKind.ISSUED, "scanned")
    assert issued == AccountRef(OwnerKind.SYSTEM, 0, MINUTES, "issued", "scanned")


def test_a_seal_line_is_read_back_as_it_was_printed() -> None:
    line = SealLine(12, 4321, datetime(2026, 11, 21, 1, 2, tzinfo=UTC), bytes(range(32)))
    printed = f"pointsbank-seal 12 4321 2026-11-21T01:02:00Z {bytes(range(32)).hex()}"
    assert str(line) == printed
    assert SealLine.read(f" {printed}\n") == line


@pytest.mark.parametrize(
    "line",
    [
        "",
        "pointsbank-seal 12 4321 2026-11-21T01:02:00Z",
        "pointsbank-seal 12 4321 yesterday " + "0" * 64,
        "pointsbank-seal x 4321 2026-11-21T01:02:00Z " + "0" * 64,
        "pointsbank-seal 12 4321 2026-11-21T01:02:00Z " + "0" * 63,
    ],
)
def test_half_a_seal_line_is_refused(line: str) -> None:
    with pytest.raises(SealLineUnreadable):
        SealLine.read(line)
