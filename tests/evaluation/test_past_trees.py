"""Last year's report keeps last year's tree, its names, and the places of its people."""

from datetime import date
from typing import Any

from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM
from pointsbank.core.database import snapshot, transaction
from pointsbank.evaluation.roll_ups import RollUp, roll_up
from pointsbank.orgs import operations as orgs
from tests.community import SINCE, sign_in

ON = date(2026, 6, 1)


def street(year: Any) -> int:
    with transaction() as session:
        return orgs.found(
            session, SYSTEM, parent_id=year.place.county, kind="street", name="海明街道", on=SINCE,
            at=clock.now(),
        ).id  # fmt: skip


def change(verb: Any, org_id: int, **asked: Any) -> None:
    with transaction() as session:
        verb(session, SYSTEM, org_id=org_id, on=ON, key=f"{verb}{org_id}", at=clock.now(), **asked)


def seen(org_id: int, of: int, actor: Any) -> RollUp:
    with snapshot() as session:
        return roll_up(session, actor, org_id=org_id, year=of)


def told(found: RollUp) -> dict[str, tuple[int, int, int]]:
    return {one.name: (one.members, one.minutes, one.events) for one in found.children}


def test_a_moved_community_counts_where_it_stood_when_the_year_ended(year: Any) -> None:
    other, old = street(year), year.place.street
    year.serve(year.place.li, 60, on=(2025, 12, 1))
    before = {of: told(seen(old, of, SYSTEM)) for of in (2025, 2026)}
    assert set(before[2025]) == {"幸福社区", "光明社区"}
    assert before[2025]["幸福社区"][2] == 2
    change(orgs.move, year.place.community, parent_id=other)

    assert told(seen(old, 2025, SYSTEM)) == before[2025]
    assert told(seen(other, 2025, SYSTEM)) == {}
    assert told(seen(old, 2026, SYSTEM)) == {"光明社区": before[2026]["光明社区"]}
    assert told(seen(other, 2026, SYSTEM)) == {"幸福社区": before[2026]["幸福社区"]}
    assert [one.name for one in seen(year.place.grid, 2025, SYSTEM).above] == [
        "白城市", "洮北区", "明仁街道", "幸福社区",
    ]  # fmt: skip


def test_the_official_of_the_old_street_sees_last_years_sum_and_no_way_in(
    year: Any, client: Any
) -> None:
    other = street(year)
    change(orgs.move, year.place.community, parent_id=other)
    sign_in(client, year.place.official)
    page = client.get(f"/organisations/{year.place.street}?year=2025").text
    assert "幸福社区" in page
    assert f"/organisations/{year.place.community}?" not in page
    assert f"/organisations/{year.place.other_community}?year=2025" in page
    assert client.get(f"/organisations/{year.place.community}?year=2025").status_code == 404


def test_a_merged_community_keeps_its_people_in_the_years_before(year: Any) -> None:
    place = year.place
    before = told(seen(place.street, 2025, SYSTEM))
    this_year = told(seen(place.street, 2026, SYSTEM))
    change(orgs.merge, place.other_community, successor_id=place.community)
    assert told(seen(place.street, 2025, SYSTEM)) == before
    after = told(seen(place.street, 2026, SYSTEM))
    people = [sum(row[0] for row in rows.values()) for rows in (this_year, after)]
    assert people[0] == people[1] == after["幸福社区"][0]
    assert after["光明社区"][0] == 0
    with clock.frozen(clock.now().replace(year=2027)):
        assert set(told(seen(place.street, 2027, SYSTEM))) == {"幸福社区"}


def test_a_renamed_community_is_called_as_it_was(year: Any) -> None:
    change(orgs.rename, year.place.community, name="幸福里社区")
    assert seen(year.place.community, 2025, SYSTEM).whole.name == "幸福社区"
    assert seen(year.place.community, 2026, SYSTEM).whole.name == "幸福里社区"
    assert "幸福社区" in told(seen(year.place.street, 2025, SYSTEM))


def test_the_sheet_of_a_past_year_lists_those_of_its_tree(year: Any) -> None:
    from pointsbank.evaluation.queries import evaluation

    other = street(year)
    with snapshot() as session:
        before = evaluation(session, SYSTEM, org_id=year.place.street, year=2025)
    change(orgs.move, year.place.community, parent_id=other)
    with snapshot() as session:
        after = evaluation(session, SYSTEM, org_id=year.place.street, year=2025)
        there = evaluation(session, SYSTEM, org_id=other, year=2025)
    assert after.people == before.people
    assert there.people == ()
