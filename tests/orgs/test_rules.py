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
    ],
)
def test_kinds_sit_under_higher_levels_of_their_line_or_under_territory(
    child: str, parent: str, may: bool
) -> None:
    assert may_sit_under(BY_CODE[child], BY_CODE[parent]) is may


def test_every_home_is_a_kind_of_the_territory() -> None:
    assert all(BY_CODE[code].line is rules.Line.TERRITORY for code in rules.HOMES)


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
