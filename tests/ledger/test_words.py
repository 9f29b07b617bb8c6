"""The book's words for other features' codes are those features' own."""

import re
from pathlib import Path

import pointsbank
from pointsbank.attendance import stories as attendances
from pointsbank.earning.rules import DEED_CATEGORIES
from pointsbank.exchange import stories as redemptions
from pointsbank.ledger.rules import REASON_NAMES
from pointsbank.ledger.words import CATEGORY_NAMES, ORIGIN_NAMES, RULE_NAMES, numbered
from pointsbank.passbook.rules import PROVENANCE_NAMES

PACKAGE = Path(pointsbank.__file__).parent


def test_every_category_that_features_write_has_their_word() -> None:
    assert {**PROVENANCE_NAMES, **DEED_CATEGORIES} == CATEGORY_NAMES


def written(*patterns: str) -> set[str]:
    """What the program's files say in so many words."""
    files = [path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py")]
    return {word for said in files for pattern in patterns for word in re.findall(pattern, said)}


def test_every_origin_that_features_write_has_a_word() -> None:
    found = written(r'origin_kind="([a-z_]+)"', r'origin=\("([a-z_]+)"')
    assert {"membership_transfer", "departure", "member"} <= found
    assert {attendances.ORIGIN, redemptions.ORIGIN} | found == set(ORIGIN_NAMES)


def test_every_reason_that_features_write_has_a_word() -> None:
    found = written(r'\breason="([a-z_]+)"')
    assert {"service", "redemption", "expiry", "moved_away"} <= found
    assert found <= set(REASON_NAMES)


def test_a_code_is_said_in_words_and_an_unknown_one_stands_as_it_is() -> None:
    assert numbered(RULE_NAMES, "points_rule:3", str) == "积分规则 #3"
    assert numbered(CATEGORY_NAMES, "patrol", str) == "治安巡逻"
    assert numbered(RULE_NAMES, "new_rule:3", str) == "new_rule #3"
    assert numbered(RULE_NAMES, "", str) == ""
