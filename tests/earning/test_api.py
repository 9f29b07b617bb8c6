"""What service is worth, over JSON."""

import pytest
from community import Community, build, sign_in
from flask.testing import FlaskClient

from pointsbank.core.database import Database, transaction


@pytest.fixture
def place(bank: Database) -> Community:
    with transaction() as session:
        return build(session)


def test_the_rules_that_decide_for_an_organisation(client: FlaskClient, place: Community) -> None:
    sign_in(client, place.volunteer)
    answer = client.get(f"/api/v1/points-rules?org_id={place.grid}&on=2026-03-05")
    assert answer.status_code == 200
    morality, party = answer.json
    assert morality == {
        "id": morality["id"], "org_id": place.city, "unit": "morality", "version": 1,
        "from_on": "2020-01-01", "points_per_hour": 10, "by_category": {},
        "each_time": {}, "most_minutes_an_activity": None, "caps": {"day": 80}, "over_cap": "clip",
        "audience": "all", "rounding": "down", "credited": "member", "as_above": False,
    }  # fmt: skip
    assert (party["unit"], party["audience"]) == ("party", "party")


def test_without_a_day_today_decides_and_before_the_rules_nothing_did(
    client: FlaskClient, place: Community
) -> None:
    sign_in(client, place.volunteer)
    assert len(client.get(f"/api/v1/points-rules?org_id={place.grid}").json) == 2
    before = client.get(f"/api/v1/points-rules?org_id={place.grid}&on=2019-12-31").json
    assert [(rule["id"], rule["points_per_hour"]) for rule in before] == [(None, 0), (None, 0)]


def test_what_is_not_of_the_form_is_refused(client: FlaskClient, place: Community) -> None:
    sign_in(client, place.volunteer)
    for asked in ("", "org_id=0", "org_id=x", f"org_id={place.grid}&on=2026-02-30"):
        assert client.get(f"/api/v1/points-rules?{asked}").status_code == 422
    assert client.get("/api/v1/points-rules?org_id=999999").status_code == 404


def test_a_person_who_is_not_signed_in_is_asked_to(client: FlaskClient, place: Community) -> None:
    assert client.get(f"/api/v1/points-rules?org_id={place.grid}").status_code == 401
