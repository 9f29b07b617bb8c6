"""One member over the wire."""

import pytest
from flask.testing import FlaskClient

from pointsbank.core.database import Database, transaction
from tests.community import Community, build, sign_in


@pytest.fixture
def community(bank: Database) -> Community:
    with transaction() as session:
        return build(session)


def test_staff_see_a_member_with_her_phone_masked(
    client: FlaskClient, community: Community
) -> None:
    sign_in(client, community.secretary)
    answer = client.get(f"/api/v1/members/{community.li}")
    assert answer.status_code == 200
    assert answer.json["name"] == "李建国"
    assert answer.json["phone"] == "138****0002"
    assert answer.json["party_status"] == "full"
    assert "13800000002" not in answer.get_data(as_text=True)
    assert not [name for name in answer.json if "digest" in name or "sealed" in name]


def test_a_clerk_does_not_see_party_status(client: FlaskClient, community: Community) -> None:
    sign_in(client, community.clerk)
    assert client.get(f"/api/v1/members/{community.li}").json["party_status"] is None
    assert client.get(f"/api/v1/members/{community.chen}").json["phone"] == ""


def test_a_member_beside_is_not_found(client: FlaskClient, community: Community) -> None:
    sign_in(client, community.stranger)
    answer = client.get(f"/api/v1/members/{community.wang}")
    assert (answer.status_code, answer.json["code"]) == (404, "no_such_member")
    assert client.get("/api/v1/members/999999").status_code == 404


def test_volunteers_and_auditors_have_no_register(
    client: FlaskClient, community: Community
) -> None:
    for nobody in (community.volunteer, community.auditor):
        sign_in(client, nobody)
        assert client.get(f"/api/v1/members/{community.wang}").status_code == 403
