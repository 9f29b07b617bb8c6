"""Members over the wire."""

import pytest
from flask.testing import FlaskClient

from pointsbank.core.database import Database, transaction
from tests.community import Community, build, csrf_token, sign_in


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


def test_the_register_is_paged_and_filtered(client: FlaskClient, community: Community) -> None:
    sign_in(client, community.secretary)
    first = client.get("/api/v1/members", query_string={"most": 3}).json
    further = client.get("/api/v1/members", query_string={"most": 3, "after": first["next"]}).json
    names = [one["name"] for one in (*first["members"], *further["members"])]
    assert names == ["王桂芳", "李建国", "赵晓梅", "孙立军", "陈玉兰"]
    assert further["next"] is None
    by_branch = {"branch_id": community.branch, "party_status": "probationary"}
    found = client.get("/api/v1/members", query_string=by_branch).json["members"]
    assert [one["name"] for one in found] == ["赵晓梅"]


def test_a_search_is_posted(client: FlaskClient, community: Community) -> None:
    sign_in(client, community.clerk)
    found = client.post(
        "/api/v1/members/searches", json={"sought": "ljg"}, headers=token(client)
    ).json
    assert [(one["name"], one["party_status"]) for one in found["members"]] == [("李建国", None)]
    assert found["more"] is False


def token(client: FlaskClient) -> dict[str, str]:
    return {"X-CSRFToken": csrf_token(client)}


def test_a_record_is_changed_moved_and_agreed_to(client: FlaskClient, community: Community) -> None:
    sign_in(client, community.secretary)
    url, head = f"/api/v1/members/{community.li}", token(client)
    changes = {"version": 1, "available": "周末", "skills": ["理发"]}
    changed = client.post(f"{url}/changes", json=changes, headers=head)
    assert (changed.status_code, changed.json["version"]) == (200, 2)
    again = client.post(f"{url}/changes", json=changes, headers=head)
    assert (again.status_code, again.json["code"]) == (409, "member_changed")
    move = {"residence_id": community.community, "branch_id": None, "on": "2026-11-21"}
    moved = client.post(f"{url}/moves", json=move, headers=head).json
    assert (moved["residence_id"], moved["branch_id"]) == (community.community, None)
    for path, status in (("consents", 204), ("consents/withdrawal", 204)):
        answer = client.post(f"{url}/{path}", json={"kind": "sharing"}, headers=head)
        assert answer.status_code == status
    gone = client.post(f"{url}/consents/withdrawal", json={"kind": "sharing"}, headers=head)
    assert (gone.status_code, gone.json["code"]) == (409, "no_such_consent")


def test_a_town_has_skills_of_its_own(client: FlaskClient, community: Community) -> None:
    sign_in(client, community.administrator)
    head = token(client)
    url = "/api/v1/members"
    added = client.post(
        f"{url}/skills", json={"org_id": community.community, "name": "剪纸"}, headers=head
    )
    assert added.json == client.get(f"{url}/skills").json
    assert "剪纸" in added.json["skills"]
