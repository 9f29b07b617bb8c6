"""The tree over the wire, as far as the asker's reach goes."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from pointsbank.core.database import Database, transaction
from tests.community import Community, build, csrf_token, sign_in


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


def posted(client: FlaskClient, path: str, status: int, **body: Any) -> Any:
    asked = {"on": "2026-11-01", "key": f"key {body}"[:60], **body}
    headers = {"X-CSRFToken": csrf_token(client)}
    answer = client.post(f"/api/v1/organisations{path}", json=asked, headers=headers)
    assert answer.status_code == status, answer.json
    return answer.json


def test_the_tree_is_changed_over_the_wire(client: FlaskClient, community: Community) -> None:
    sign_in(client, community.administrator)
    here = f"/{community.community}"
    street = posted(
        client, "", 201, parent_id=community.county, kind="street", name="海明街道", on="2020-01-01"
    )
    assert posted(client, f"{here}/renaming", 200, name="幸福里社区")["name"] == "幸福里社区"
    moved = posted(client, f"{here}/move", 200, parent_id=street["id"])
    assert moved["parent_id"] == street["id"]
    new = posted(client, f"{here}/split", 201, name="育才社区", child_ids=[community.grid])
    merged = posted(client, f"/{new['id']}/merger", 200, successor_id=community.community)
    assert (merged["closed_on"], merged["successor_id"]) == ("2026-11-01", community.community)
    again = posted(client, "", 201, parent_id=street["id"], kind="team", name="巡逻队")
    assert posted(client, f"/{again['id']}/closing", 200)["closed_on"] == "2026-11-01"
    told = client.get(f"/api/v1/organisations{here}/changes").json["changes"]
    assert {change["verb"] for change in told} == {"renamed", "moved", "split", "merged"}
    assert told[-1]["on"] == "2026-11-01"


def test_details_and_kinds_are_kept_over_the_wire(
    client: FlaskClient, community: Community
) -> None:
    sign_in(client, community.administrator)
    headers = {"X-CSRFToken": csrf_token(client)}
    body = {
        "region_code": "", "credit_code": "91350200MA2YJ1XR9A", "address": "", "contact_name": "",
        "contact_phone": "13800000001",
    }  # fmt: skip
    path = f"/api/v1/organisations/{community.employer}"
    kept = client.put(f"{path}/details", json=body, headers=headers)
    assert kept.json["credit_code_doubtful"]
    assert "13800000001" not in client.get(path).text
    kind = {"code": "hamlet", "line": "territory", "level": 55, "name": "自然屯"}
    kinds = "/api/v1/organisation-kinds"
    assert client.post(kinds, json=kind, headers=headers).status_code == 201
    assert kind in client.get(kinds).json["kinds"]


def test_changes_of_an_organisation_beside_are_not_found(
    client: FlaskClient, community: Community
) -> None:
    sign_in(client, community.secretary)
    path = f"/api/v1/organisations/{community.other_community}/changes"
    assert client.get(path).status_code == 404
