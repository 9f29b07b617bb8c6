"""The tree over the wire, as far as the asker's reach goes."""

import pytest
from flask.testing import FlaskClient

from pointsbank.core.database import Database, transaction
from tests.community import Community, build, sign_in


@pytest.fixture
def community(bank: Database) -> Community:
    with transaction() as session:
        return build(session)


def test_an_official_sees_everything_below_and_nothing_beside(
    client: FlaskClient, community: Community
) -> None:
    sign_in(client, community.secretary)
    answer = client.get("/api/v1/organisations")
    assert answer.status_code == 200
    ids = {organisation["id"] for organisation in answer.json["organisations"]}
    assert community.grid in ids
    assert not ids & {community.street, community.other_community, community.other_grid}
    assert answer.json["next"] is None


def test_the_list_is_filtered_and_paged(client: FlaskClient, community: Community) -> None:
    sign_in(client, community.official)
    first = client.get("/api/v1/organisations?kind=community&most=1").json
    assert [o["name"] for o in first["organisations"]] == ["幸福社区"]
    rest = client.get(f"/api/v1/organisations?kind=community&after={first['next']}").json
    assert [o["name"] for o in rest["organisations"]] == ["光明社区"]
    children = client.get(f"/api/v1/organisations?parent_id={community.community}").json
    assert {o["kind"] for o in children["organisations"]} == {"grid", "party_branch", "team"}


def test_an_organisation_beside_is_not_found(client: FlaskClient, community: Community) -> None:
    sign_in(client, community.secretary)
    own = client.get(f"/api/v1/organisations/{community.community}")
    assert own.json["name"] == "幸福社区"
    assert own.json["line"] == "territory"
    beside = client.get(f"/api/v1/organisations/{community.other_community}")
    missing = client.get("/api/v1/organisations/999999")
    assert beside.status_code == missing.status_code == 404
    assert beside.json["code"] == missing.json["code"] == "no_such_organisation"


def test_a_volunteer_has_no_part_of_the_tree(client: FlaskClient, community: Community) -> None:
    assert client.get("/api/v1/organisations").status_code == 401
    sign_in(client, community.volunteer)
    assert client.get("/api/v1/organisations").status_code == 403


@pytest.mark.parametrize("query", ["most=0", "most=9999", "after=x", "parent_id=-1"])
def test_a_bad_question_is_refused(client: FlaskClient, community: Community, query: str) -> None:
    sign_in(client, community.secretary)
    assert client.get(f"/api/v1/organisations?{query}").status_code == 422
