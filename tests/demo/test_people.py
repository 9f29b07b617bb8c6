"""Who lives in the example."""

from datetime import date
from random import Random

import pytest

from pointsbank.core import typefaces
from pointsbank.demo import names, places, tree
from pointsbank.demo.activities import ACTIVITIES
from pointsbank.demo.history import draw_happenings
from pointsbank.demo.people import Person, draw_people, person_name
from pointsbank.demo.shape import SHAPES
from pointsbank.demo.tree import Community, Employer, Territory
from pointsbank.earning.rules import DeedCategory
from pointsbank.members.rules import IN_THE_PARTY, PartyStatus, check_name, check_phone

TODAY = date(2026, 11, 21)
COMMUNITY = Community(5, "幸福社区", 3, (11, 12), 8, (9, 10), 7)


def drawn(seed: int = 1, people: int = 2_000) -> list[Person]:
    territory = Territory(1, (3,), (COMMUNITY,), (Employer(20, 21), Employer(22, 23)))
    return draw_people(Random(seed), territory, people=people, in_service=500, today=TODAY)


def test_the_same_seed_draws_the_same_people() -> None:
    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)


def test_people_have_names_phones_and_days_that_can_be() -> None:
    phones = [person.row.phone for person in drawn() if person.row.phone]
    assert len(phones) == len(set(phones))
    for person in drawn():
        assert check_name(person.row.name) == person.row.name
        assert not person.row.phone or check_phone(person.row.phone) == person.row.phone
        assert date(2018, 3, 5) <= person.registered_on <= TODAY
        assert 0 <= person.hours_before <= 1_700


def test_they_come_in_the_order_of_registration_and_the_known_one_first() -> None:
    people = drawn()
    assert people[0].row.name == "王桂芳"
    assert [p.registered_on for p in people] == sorted(p.registered_on for p in people)


def test_members_in_service_belong_to_the_branch_at_work() -> None:
    in_service = [person.row for person in drawn() if person.row.employer_id]
    assert len(in_service) == 500
    assert all(row.branch_id in (21, 23) for row in in_service)
    assert all(row.party_status in IN_THE_PARTY for row in in_service)


def test_some_are_old_without_a_phone_and_some_party_members_of_the_community() -> None:
    rows = [person.row for person in drawn()]
    assert 10 < sum(not row.phone for row in rows) < 200
    assert 10 < sum(row.branch_id == COMMUNITY.branch_id for row in rows) < 300
    assert any(row.party_status is PartyStatus.APPLICANT for row in rows)


def test_names_follow_their_frequency_and_some_are_rare() -> None:
    rng = Random(1)
    found = [person_name(rng, 1978) for _ in range(20_000)]
    wang = sum(name.startswith("王") for name in found) / len(found)
    assert 0.06 < wang < 0.12
    assert any(set(name) & set(names.RARE) for name in found)
    assert any(name.startswith(("欧阳", "司马", "上官", "诸葛")) for name in found)


def test_every_character_can_be_printed() -> None:
    texts = [*names.SURNAMES, names.RARE, *names.WOMEN.values(), *names.MEN.values()]
    texts += [*places.COMMUNITIES, *places.STREETS, *places.BODIES, *places.TEAMS]
    assert typefaces.unprintable("".join(texts)) == []


@pytest.mark.parametrize("size", SHAPES)
def test_there_are_enough_names_for_every_place(size: str) -> None:
    shape = SHAPES[size]
    employers = tree.employer_names(shape)
    assert len(set(employers)) == len(employers) == shape.employers
    assert len(set(places.COMMUNITIES)) >= shape.communities
    assert len(places.STREETS) >= shape.streets


def test_every_class_of_deed_is_done() -> None:
    assert {a.kind for a in ACTIVITIES} == set(DeedCategory) - {DeedCategory.OTHER}


def test_snow_is_cleared_in_winter_and_every_day_lies_in_the_year() -> None:
    first = date(2025, 11, 22)
    past = draw_happenings(Random(1), [COMMUNITY], count=2_000, goers=12, first=first)
    assert all(first <= h.on <= date(2026, 11, 20) for h in past)
    assert {h.on.month for h in past if "雪" in h.activity.title} <= {11, 12, 1, 2, 3}
    assert [h.on for h in past] == sorted(h.on for h in past)
