"""Sessions, one's own person and the trail over JSON."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from pointsbank.access import jobs
from pointsbank.access.models import SignInSession
from pointsbank.core import clock
from pointsbank.core.database import snapshot
from tests.community import PIN, STAFF_PASSWORD, Community, csrf_token, sign_in


def post(client: FlaskClient, name: str, password: str):  # type: ignore[no-untyped-def]
    return client.post("/api/v1/sessions", json={"name": name, "password": password})


def test_a_session_comes_as_a_cookie_and_as_a_token(
    client: FlaskClient, community_with_passwords: Community
) -> None:
    answer = post(client, "clerk", STAFF_PASSWORD)
    assert answer.status_code == 201
    assert answer.json == {
        "token": answer.json["token"],
        "expires_at": "2026-11-22T09:02:00+08:00",
        "idle_minutes": 30,
        "must_change": False,
        "must_enrol": False,
    }
    by_cookie = client.get("/api/v1/me").json
    client.delete_cookie("session_token")
    bearer = {"Authorization": f"Bearer {answer.json['token']}"}
    assert client.get("/api/v1/me", headers=bearer).json == by_cookie
    assert by_cookie == {
        "user_id": community_with_passwords.clerk.id,
        "member_id": None,
        "name": "测试clerk",
        "grants": [{"role": "clerk", "org_id": community_with_passwords.community}],
    }


@pytest.mark.parametrize(("name", "password"), [("nobody", "x"), ("13800000001", "000000")])
def test_a_wrong_sign_in_is_one_problem(
    client: FlaskClient, community_with_passwords: Community, name: str, password: str
) -> None:
    answer = post(client, name, password)
    assert answer.status_code == 401
    assert answer.mimetype == "application/problem+json"
    assert answer.json["code"] == "wrong_password"


def test_a_lockout_is_a_problem_that_says_until_when(
    client: FlaskClient, community_with_passwords: Community
) -> None:
    for _ in range(5):
        post(client, "13800000001", "000000")
    answer = post(client, "13800000001", PIN)
    assert (answer.status_code, answer.json["code"]) == (409, "locked_out")
    assert "09:12" in answer.json["title"]


@pytest.mark.parametrize(
    "body",
    [{}, {"name": "clerk"}, {"name": 1, "password": "x"}, {"name": "c", "password": "x", "a": 1}],
)
def test_bad_input_is_refused(
    client: FlaskClient, community: Community, body: dict[str, object]
) -> None:
    assert client.post("/api/v1/sessions", json=body).status_code == 422


def test_a_body_that_is_not_json_is_refused(client: FlaskClient, community: Community) -> None:
    assert client.post("/api/v1/sessions", data="name=clerk").status_code in {400, 415, 422}


def test_deleting_the_session_ends_it(client: FlaskClient, community: Community) -> None:
    sign_in(client, community.clerk)
    assert client.delete("/api/v1/sessions/current").status_code == 403
    header = {"X-CSRFToken": csrf_token(client)}
    assert client.delete("/api/v1/sessions/current", headers=header).status_code == 204
    assert client.get("/api/v1/me").status_code == 401


def test_a_password_is_changed_over_the_api(
    client: FlaskClient, community_with_passwords: Community
) -> None:
    token = post(client, "clerk", STAFF_PASSWORD).json["token"]
    bearer = {"Authorization": f"Bearer {token}"}
    body = {"current": STAFF_PASSWORD, "new": "Guangming-9"}
    answer = client.put("/api/v1/me/password", json=body, headers=bearer)
    assert answer.status_code == 201
    assert client.get("/api/v1/me", headers=bearer).status_code == 401
    assert post(client, "clerk", "Guangming-9").status_code == 201


def test_the_trail_is_read_page_by_page(client: FlaskClient, community: Community) -> None:
    sign_in(client, community.auditor)
    first = client.get("/api/v1/audit-entries?action=access.grant_role").json
    assert first is not None
    assert {entry["action"] for entry in first["entries"]} == {"access.grant_role"}
    assert first["next_before"] is None
    assert first["entries"][0]["facts"]["role"] == "official"


def test_only_auditors_read_it(client: FlaskClient, community: Community) -> None:
    assert client.get("/api/v1/audit-entries").status_code == 401
    sign_in(client, community.secretary)
    assert client.get("/api/v1/audit-entries").status_code == 403


def test_at_night_what_is_over_is_forgotten(client: FlaskClient, community: Community) -> None:
    sign_in(client, community.clerk)
    [job] = jobs.JOBS
    job.run(clock.now() + timedelta(days=91))
    with snapshot() as session:
        assert session.execute(select(SignInSession)).first() is None
