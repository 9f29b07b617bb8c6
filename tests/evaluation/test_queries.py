"""Whose year is counted, what stands in which column, what a roll-up adds up."""

from datetime import date
from typing import Any

import pytest

from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM, Actor
from pointsbank.core.database import Database, snapshot, transaction
from pointsbank.earning.rules import DeedCategory
from pointsbank.evaluation import queries
from pointsbank.evaluation.queries import Evaluation
from pointsbank.evaluation.roll_ups import compared, figure_of, measures, roll_up
from pointsbank.evaluation.rules import NoSuchEvaluation
from pointsbank.hours.rules import Way
from pointsbank.ledger import operations as ledger
from pointsbank.ledger.queries import transfers_of
from pointsbank.ledger.rules import Posting, SystemKind, member_account, system_account
from pointsbank.members.models import Member
from pointsbank.members.rules import Relation
from pointsbank.orgs.rules import Line
from tests.evaluation.registered import registered_since
from tests.statements import noting


def counted(actor: Actor, org_id: int, year: int = 2026) -> Evaluation:
    with snapshot() as session:
        return queries.evaluation(session, actor, org_id=org_id, year=year)


def line_of(found: Evaluation, member_id: int) -> dict[str, int]:
    names = [column.name for column in found.columns]
    person = next(one for one in found.people if one.line.member_id == member_id)
    return dict(zip(names, person.line.figures, strict=True))


def members_of(found: Evaluation) -> list[int]:
    return [person.line.member_id for person in found.people]


def test_a_branch_is_its_party_members(year: Any) -> None:
    found = counted(year.place.secretary, year.place.branch)
    assert found.relation is Relation.BRANCH
    assert members_of(found) == [year.place.li, year.place.zhao, year.place.sun]


def test_a_community_is_everybody_who_lives_there(year: Any) -> None:
    place = year.place
    found = counted(place.secretary, place.community)
    assert found.relation is Relation.RESIDENCE
    assert members_of(found) == [place.wang, place.li, place.zhao, place.sun, place.chen]


def test_a_unit_is_those_who_work_there_and_a_team_those_in_it(year: Any) -> None:
    place = year.place
    assert members_of(counted(SYSTEM, place.employer)) == [place.sun]
    assert members_of(counted(SYSTEM, place.team)) == [place.wang, place.li]


def test_the_street_sees_both_communities(year: Any) -> None:
    assert len(counted(year.place.official, year.place.street).people) == 6


def test_hours_points_and_star_stand_in_their_columns(year: Any) -> None:
    found = counted(year.place.secretary, year.place.branch)
    li = line_of(found, year.place.li)
    assert li["hours"] == 750
    assert li["earned.morality"] == 75 + 50
    assert li["earned.morality.environment"] == 75
    assert li["earned.morality.patrol"] == 50
    assert li["earned.party"] == 25
    assert li["star"] == 0
    assert line_of(found, year.place.sun) == dict.fromkeys(li, 0)


def test_activities_are_counted(year: Any) -> None:
    found = counted(year.place.secretary, year.place.branch)
    assert line_of(found, year.place.li)["activities"] == 2


def test_what_was_exchanged_stands_apart_and_takes_no_hours(year: Any) -> None:
    wang = line_of(counted(year.place.secretary, year.place.community), year.place.wang)
    assert (wang["hours"], wang["earned.morality"], wang["redeemed"]) == (180, 30, 15)


def test_no_wishes_column_until_a_feature_counts_wishes(year: Any) -> None:
    names = [column.name for column in counted(year.place.secretary, year.place.branch).columns]
    assert "wishes" not in names


def test_each_year_by_itself(year: Any) -> None:
    with transaction() as session:
        registered_since(session, year.place.li, date(2020, 1, 1))
    before = counted(year.place.secretary, year.place.branch, 2025)
    assert members_of(before) == [year.place.li]
    assert line_of(before, year.place.li)["hours"] == 60


def test_hours_entered_later_are_shown_apart(year: Any) -> None:
    names = [column.name for column in counted(year.place.secretary, year.place.branch).columns]
    assert "hours.supplemented" not in names
    year.serve(year.place.sun, 90, way=Way.IMPORTED)
    sun = line_of(counted(year.place.secretary, year.place.branch), year.place.sun)
    assert (sun["hours"], sun["hours.supplemented"]) == (90, 90)


def test_a_correction_takes_back_what_it_corrects(year: Any) -> None:
    place = year.place
    before = counted(place.secretary, place.branch)
    with transaction() as session:
        (attendance_id,) = (
            session.connection()
            .exec_driver_sql(f"SELECT id FROM attendance WHERE member_id = {place.zhao}")
            .one()
        )
        posted = transfers_of(session, "attendance", attendance_id)
        ledger.reverse(
            session, place.secretary, transfer_ids=[one.id for one in posted], key="mend",
            reason="correction", effective_on=clock.today(), at=clock.now(),
        )  # fmt: skip
    assert line_of(before, place.zhao)["hours"] == 120
    after = line_of(counted(place.secretary, place.branch), place.zhao)
    assert {name: after[name] for name in ("hours", "earned.morality", "earned.party")} == {
        "hours": 0, "earned.morality": 0, "earned.party": 0,
    }  # fmt: skip


def test_adjusted_and_expired_points_get_columns_of_their_own(year: Any) -> None:
    li = member_account(year.place.li, "party")
    adjusted = system_account("party", SystemKind.ADJUSTED)
    expired = system_account("party", SystemKind.EXPIRED)
    postings = [
        Posting("a", adjusted, li, 7, clock.today(), "correction"),
        Posting("e", li, expired, 5, clock.today(), "expiry"),
    ]
    with transaction() as session:
        ledger.post_all(session, SYSTEM, postings, at=clock.now())
    line = line_of(counted(year.place.secretary, year.place.branch), year.place.li)
    assert (line["adjusted.party"], line["expired.party"], line["earned.party"]) == (7, 5, 25)


def test_what_was_carried_over_is_no_service_of_the_year(year: Any) -> None:
    place = year.place
    carried = Posting(
        "carried", system_account("minutes", SystemKind.ISSUED, "imported"),
        member_account(place.li, "minutes"), 60_000, date(2026, 1, 1), "opening",
    )  # fmt: skip
    with transaction() as session:
        (posted,) = ledger.post_all(session, SYSTEM, [carried], at=clock.now())
    line = line_of(counted(place.secretary, place.branch), place.li)
    assert (line["hours"], line["star"]) == (750, 4)
    with transaction() as session:
        ledger.reverse(
            session, SYSTEM, transfer_ids=[posted.id], key="mend", reason="correction",
            effective_on=clock.today(), at=clock.now(),
        )  # fmt: skip
    line = line_of(counted(place.secretary, place.branch), place.li)
    assert (line["hours"], line["star"]) == (750, 0)


def test_sums_add_the_columns_up_but_not_the_stars(year: Any) -> None:
    found = counted(year.place.secretary, year.place.branch)
    sums = dict(zip([column.name for column in found.columns], found.sums, strict=True))
    assert (sums["hours"], sums["star"], sums["earned.party"]) == (870, None, 29)


@pytest.mark.parametrize(
    ("registered", "left", "counts"),
    [
        ("2026-12-31", None, True),
        ("2027-01-01", None, False),
        ("2020-01-01", "2026-01-01", True),
        ("2020-01-01", "2025-12-31", False),
    ],
)
def test_whoever_was_registered_on_a_day_of_the_year_counts(
    year: Any, registered: str, left: str | None, counts: bool
) -> None:
    with transaction() as session:
        sun = session.get(Member, year.place.sun)
        assert sun is not None
        sun.registered_on = date.fromisoformat(registered)
        sun.left_on = date.fromisoformat(left) if left else None
        session.add(sun)
    found = members_of(counted(year.place.secretary, year.place.branch))
    assert (year.place.sun in found) is counts


def test_what_lies_outside_the_reach_answers_like_nothing_at_all(year: Any) -> None:
    place = year.place
    for org_id in (place.other_community, place.street, 999_999):
        with pytest.raises(NoSuchEvaluation) as refused:
            counted(place.secretary, org_id)
        assert refused.value.facts == {}
    for actor in (place.volunteer, place.clerk, place.organiser, place.auditor):
        with pytest.raises(NoSuchEvaluation):
            counted(actor, place.community)


def test_people_are_sorted_by_a_column_and_then_by_number(year: Any) -> None:
    place = year.place
    found = counted(place.secretary, place.branch)
    ids = [person.line.member_id for person in queries.ordered(found, "-hours")]
    assert ids == [place.li, place.zhao, place.sun]
    ids = [person.line.member_id for person in queries.ordered(found, "hours")]
    assert ids == [place.sun, place.zhao, place.li]
    assert queries.ordered(found, "nonsense") == found.people


def test_pages_cut_the_people(year: Any) -> None:
    people = counted(year.place.secretary, year.place.community).people
    assert queries.page_of(people, 1, 2) == (people[:2], 3)
    assert queries.page_of(people, 3, 2) == (people[4:], 3)
    assert queries.page_of(people, 9, 2) == ((), 3)
    assert queries.page_of((), 1, 2) == ((), 1)


def test_the_roll_up_adds_up_what_lies_below(year: Any) -> None:
    place = year.place
    with snapshot() as session:
        found = roll_up(session, place.official, org_id=place.street, year=2026)
    whole = found.whole
    assert (whole.members, whole.minutes, whole.events, whole.redemptions) == (6, 1110, 5, 1)
    assert whole.points_in == {"morality": 185, "party": 29}
    assert whole.points_out == {"morality": 15}
    assert [(child.name, child.members, child.minutes) for child in found.children] == [
        ("幸福社区", 5, 1050),
        ("光明社区", 1, 60),
    ]


def test_the_roll_up_goes_up_only_as_far_as_the_reach(year: Any) -> None:
    place = year.place
    with snapshot() as session:
        below = roll_up(session, place.official, org_id=place.community, year=2026)
        top = roll_up(session, place.official, org_id=place.street, year=2026)
        with pytest.raises(NoSuchEvaluation):
            roll_up(session, place.official, org_id=place.county, year=2026)
        with pytest.raises(NoSuchEvaluation):
            roll_up(session, place.secretary, org_id=place.other_community, year=2026)
    assert [org.id for org in below.above] == [place.street]
    assert top.above == ()


def test_children_of_each_line_are_counted_by_their_own_relation(year: Any) -> None:
    place = year.place
    with snapshot() as session:
        found = roll_up(
            session, place.secretary, org_id=place.community, year=2026, line=Line.PARTY
        )
        ends = roll_up(session, place.secretary, org_id=place.building_group, year=2026)
    assert found.lines == (Line.TERRITORY, Line.PARTY, Line.TEAM)
    assert [(child.name, child.members, child.minutes) for child in found.children] == [
        ("幸福社区党支部", 3, 870)
    ]
    assert (ends.lines, ends.line, ends.children) == ((), None, ())


def test_a_line_without_children_gives_way_to_the_first(year: Any) -> None:
    with snapshot() as session:
        found = roll_up(
            session, year.place.official, org_id=year.place.street, year=2026, line=Line.EMPLOYER
        )
    assert found.line is Line.TERRITORY


def test_an_organisation_founded_later_is_not_compared(year: Any) -> None:
    with snapshot() as session:
        found = roll_up(session, year.place.official, org_id=year.place.street, year=2019)
    assert found.children == ()


def test_children_are_compared_by_any_measure(year: Any) -> None:
    with snapshot() as session:
        found = roll_up(session, year.place.official, org_id=year.place.street, year=2026)
    rows = compared(found, "members")
    assert [(row.sums.name, row.share) for row in rows] == [("幸福社区", 100), ("光明社区", 20)]
    names = [measure.name for measure in measures(found.units)]
    assert rows[0].figures == tuple(figure_of(rows[0].sums, name) for name in names)
    assert [row.share for row in compared(found, "nonsense")] == [100, 5]
    assert [row.share for row in compared(found, "out.party")] == [0, 0]


def test_the_list_holds_what_is_in_reach_party_organisations_first(year: Any) -> None:
    place = year.place
    with snapshot() as session:
        found, pages = queries.listed(session, place.secretary, q="", page=1, most=20)
        named, _ = queries.listed(session, place.secretary, q="网格", page=1, most=20)
        second, many = queries.listed(session, place.secretary, q="", page=2, most=2)
        none, _ = queries.listed(session, place.volunteer, q="", page=1, most=20)
        odd, _ = queries.listed(session, place.secretary, q="%", page=1, most=20)
    ids = [org.id for org in found]
    assert ids[0] == place.branch
    assert set(ids) == {place.branch, place.community, place.grid, place.building_group, place.team}
    assert pages == 1
    assert [org.id for org in named] == [place.grid]
    assert ([org.id for org in second], many) == (ids[2:4], 3)
    assert (none, odd) == ([], [])


def test_statements_do_not_grow_with_the_people(year: Any, bank: Database) -> None:
    readers = getattr(bank, "_readers", bank.engine)  # SQLite reads on connections of its own

    def statements(org_id: int) -> int:
        with noting(readers) as seen:
            counted(SYSTEM, org_id)
        return len(seen)

    few = statements(year.place.employer)
    assert statements(year.place.city) <= few + 2
    assert few < 20


def test_kinds_of_deed_have_names(year: Any) -> None:
    labels = [column.label for column in counted(year.place.secretary, year.place.branch).columns]
    assert f"道德积分·{'环境整治'}" in labels
    assert DeedCategory.ENVIRONMENT == "environment"
