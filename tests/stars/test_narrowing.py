"""The register narrowed to a star: who is listed stands there, by either window and ladder."""

from collections.abc import Iterator
from datetime import date

import community
import pytest
from community import Community, sign_in
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlmodel import col

from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM
from pointsbank.core.database import Database, Session, transaction
from pointsbank.members import search
from pointsbank.members.models import Member
from pointsbank.members.search import Filters, listed
from pointsbank.persons import operations as persons
from pointsbank.stars.operations import adopt_star_ladder
from pointsbank.stars.queries import few_at, standing_at, standings
from pointsbank.stars.rules import NATIONAL, Level, Window, minutes_of
from tests.stars.test_queries import TODAY, by_the_year, serve


@pytest.fixture
def place(bank: Database) -> Community:
    with transaction() as session:
        place = community.build(session)
        serve(session, place.wang, 120, date(2024, 5, 1))
        serve(session, place.wang, 199, date(2026, 5, 1))
        serve(session, place.li, 300, date(2026, 5, 1))
        serve(session, place.zhou, 1_500, date(2026, 5, 1))
        serve(session, place.chen, 99, date(2026, 5, 1))
        return place


@pytest.fixture
def session(place: Community) -> Iterator[Session]:
    with transaction() as opened:
        yield opened


def agree(session: Session, on: date = TODAY) -> dict[int, int]:
    """Member to star as the list narrows, held against where each one stands."""
    everybody = select(col(Member.id)).where(col(Member.merged_into_id).is_(None))
    found = {
        member_id: star
        for star in range(8)
        for member_id in session.execute(
            select(col(Member.id)).where(standing_at(session, star, on))
        ).scalars()
    }
    stand = {member_id: where.star for member_id, where in standings(session, everybody, on)}
    assert found == stand
    for star in range(8):
        few = few_at(session, star, on, most=100)
        if few is not None:
            assert {one for one in found if found[one] == star} <= set(few)
    return found


def test_a_star_lasts_to_the_minute_before_the_next() -> None:
    assert minutes_of(0, NATIONAL) == (None, 6_000)
    assert minutes_of(1, NATIONAL) == (6_000, 18_000)
    assert minutes_of(5, NATIONAL) == (90_000, None)
    assert minutes_of(6, NATIONAL) is None


def test_the_list_and_the_standings_agree(session: Session, place: Community) -> None:
    stars = agree(session)
    assert {stars[place.wang], stars[place.chen], stars[place.zhou]} == {0, 2, 5}
    by_the_year(session, place.community)
    assert agree(session)[place.wang] == 1
    adopt_star_ladder(
        session, SYSTEM, org_id=place.other_community, from_on=TODAY,
        levels=(Level(1, 2_000),), window=Window.LIFETIME, at=clock.now(),
    )  # fmt: skip
    assert agree(session)[place.zhou] == 0
    assert agree(session, date(2026, 4, 30))[place.wang] == 1


def test_hours_of_merged_records_count_for_the_kept_one(session: Session, place: Community) -> None:
    persons.merge(
        session, SYSTEM, kept_id=place.chen, other_id=place.wang, key="one-person", at=clock.now()
    )
    assert agree(session)[place.chen] == 2


@pytest.mark.parametrize(("few", "one_by_one"), [(2_000, 6_000), (1, 6_000), (1, 1), (3, 3)])
def test_the_list_is_narrowed_within_reach_and_by_other_filters(
    session: Session, place: Community, monkeypatch: pytest.MonkeyPatch, few: int, one_by_one: int
) -> None:
    """Whether those in question are few, or those of the star, or neither."""
    monkeypatch.setattr(search, "FEW", few)
    monkeypatch.setattr(search, "FEW_ONE_BY_ONE", one_by_one)

    def found(actor: str, **filters: int) -> set[int]:
        wanted = Filters(**filters, on=TODAY)
        return {m.id for m in listed(session, getattr(place, actor), filters=wanted).members}

    assert found("secretary", stars=2) == {place.wang, place.li}
    assert found("official", stars=2, residence_id=place.other_community) == set()
    assert found("official", stars=5) == {place.zhou}
    assert found("secretary", stars=5) == set()
    assert found("clerk", stars=2) == set(), "hours are not a clerk's to see"


def test_hours_dated_later_do_not_count_yet_and_a_year_counts_by_itself(
    session: Session, place: Community
) -> None:
    serve(session, place.sun, 400, date(2026, 12, 24))
    assert agree(session)[place.sun] == 0
    assert few_at(session, 2, TODAY, most=100) is None
    assert agree(session, date(2026, 12, 31))[place.sun] == 2
    by_the_year(session, place.city)
    persons.merge(
        session, SYSTEM, kept_id=place.zhao, other_id=place.sun, key="one-person", at=clock.now()
    )
    assert agree(session, date(2026, 12, 31))[place.zhao] == 2
    assert few_at(session, 7, TODAY, most=100) == []


def test_the_star_stays_in_the_address(client: FlaskClient, place: Community) -> None:
    sign_in(client, place.secretary)
    page = client.get("/members?stars=2").text
    assert "王桂芳" in page
    assert "陈玉兰" not in page
    assert '<option value="2" selected>' in page
    none = client.get("/members?stars=0").text
    assert "陈玉兰" in none
    assert "王桂芳" not in none
    assert 'name="stars" value="0"' in none
    assert client.get("/members?stars=10").status_code == 422
    answer = client.get("/api/v1/members?stars=2").json
    assert [found["id"] for found in answer["members"]] == [place.wang, place.li]
    sign_in(client, place.clerk)
    assert 'name="stars"' not in client.get("/members").text
