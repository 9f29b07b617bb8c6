"""A year is counted by where people were at its end, whatever they are today."""

from datetime import date
from typing import Any

import pytest

from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM
from pointsbank.core.database import snapshot, transaction
from pointsbank.evaluation import queries
from pointsbank.members import operations as members
from pointsbank.members.rules import Leaving, PartyStatus
from pointsbank.orgs import operations as orgs
from tests.evaluation.registered import registered_since


def people(org_id: int, year: int) -> list[int]:
    with snapshot() as session:
        found = queries.evaluation(session, SYSTEM, org_id=org_id, year=year)
    return [person.line.member_id for person in found.people]


@pytest.fixture
def moved(year: Any) -> tuple[Any, int]:
    """Sun, in the register since 2020, is in another branch from 1 February 2026 on."""
    place = year.place
    with transaction() as session:
        other = orgs.found(
            session, SYSTEM, parent_id=place.employer, kind="party_branch", name="教育局党支部",
            on=date(2020, 1, 1), at=clock.now(),
        ).id  # fmt: skip
        registered_since(session, place.sun, date(2020, 1, 1))
        members.move_member(
            session, SYSTEM, member_id=place.sun, branch_id=other, on=date(2026, 2, 1),
            at=clock.now(),
        )  # fmt: skip
    return place, other


def test_last_year_has_last_years_branch(moved: tuple[Any, int]) -> None:
    place, other = moved
    assert place.sun in people(place.branch, 2025)
    assert place.sun not in people(place.branch, 2026)
    assert people(other, 2025) == []
    assert people(other, 2026) == [place.sun]


def test_a_line_names_the_places_of_its_year(moved: tuple[Any, int]) -> None:
    place, other = moved
    with snapshot() as session:
        for year, branch in ((2025, place.branch), (2026, other)):
            found = queries.evaluation(session, SYSTEM, org_id=place.community, year=year)
            (sun,) = (p.line for p in found.people if p.line.member_id == place.sun)
            assert (sun.branch_id, sun.residence_id) == (branch, place.grid)
            assert sun.party_status == PartyStatus.FULL


def test_last_year_has_last_years_residence(year: Any) -> None:
    place = year.place
    with transaction() as session:
        registered_since(session, place.wang, date(2020, 1, 1))
        members.move_member(
            session, SYSTEM, member_id=place.wang, residence_id=place.other_grid,
            on=date(2026, 1, 1), at=clock.now(),
        )  # fmt: skip
    assert place.wang in people(place.community, 2025)
    assert place.wang not in people(place.community, 2026)
    assert place.wang in people(place.other_community, 2026)


def test_last_year_has_last_years_party_status(year: Any) -> None:
    place = year.place
    with transaction() as session:
        registered_since(session, place.li, date(2020, 1, 1))
        members.change_party_status(
            session, SYSTEM, member_id=place.li, status=PartyStatus.NONE, on=date(2026, 1, 1),
            at=clock.now(),
        )  # fmt: skip
    assert place.li in people(place.branch, 2025)
    assert place.li not in people(place.branch, 2026)


def test_who_left_counts_where_she_was_in_her_last_year(year: Any) -> None:
    place = year.place
    with transaction() as session:
        registered_since(session, place.li, date(2020, 1, 1))
        members.leave(
            session, SYSTEM, member_id=place.li, leaving=Leaving.LEFT, on=date(2026, 5, 1),
            at=clock.now(),
        )  # fmt: skip
    assert place.li in people(place.branch, 2026)
    assert place.li in people(place.branch, 2025)
    assert place.li not in people(place.branch, 2027)
