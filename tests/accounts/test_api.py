"""Accounts over JSON: the same operations as on the pages, for administrators of those below."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlmodel import col
from werkzeug.test import TestResponse

from pointsbank.core.audit import AuditEntry
from pointsbank.core.database import snapshot
from tests.access.test_authenticators import enrol
from tests.community import Community, csrf_token, sign_in


class Program:
    """An administrator's program."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self._headers = {"X-CSRFToken": csrf_token(client)}

    def post(self, path: str, **body: Any) -> TestResponse:
        given = {"json": body} if body else {}
        return self.client.post(f"/api/v1{path}", headers=self._headers, **given)

    def delete(self, path: str) -> TestResponse:
        return self.client.delete(f"/api/v1{path}", headers=self._headers)

    def get(self, path: str) -> Any:
        return self.client.get(f"/api/v1{path}").json


@pytest.fixture
def admin(client: FlaskClient, community: Community) -> Program:
    return Program(sign_in(client, community.administrator))


def sign_in_by(app: Flask, name: str, password: str) -> TestResponse:
    body = {"name": name, "password": password}
    return app.test_client().post("/api/v1/sessions", json=body)


def test_a_clerk_is_made_given_a_role_and_let_go(
    app: Flask, admin: Program, community: Community
) -> None:
    here = {"org_id": community.community}
    made = admin.post("/accounts", staff_name="qian", display_name="钱多多", **here)
    assert made.status_code == 201
    slip = made.json
    assert slip == {
        "user_id": slip["user_id"], "name": "钱多多", "staff_name": "qian", "phone": "",
        "password": slip["password"],
    }  # fmt: skip
    assert made.headers["Cache-Control"] == "no-store"
    again = admin.post("/accounts", staff_name="qian", display_name="钱多多", **here)
    assert (again.status_code, again.json["code"]) == (409, "staff_name_taken")
    opened = sign_in_by(app, "qian", slip["password"])
    assert opened.json["must_change"] is True

    path = f"/accounts/{slip['user_id']}"
    given = admin.post(f"{path}/roles", role="clerk", from_on="2026-11-21", until_on=None, **here)
    assert given.status_code == 201
    assert given.json == {
        "grant_id": given.json["grant_id"], "role": "clerk", **here, "org_name": "幸福社区",
        "from_on": "2026-11-21", "until_on": None,
    }  # fmt: skip
    told = admin.get(path)
    assert told["roles"] == [given.json]
    assert told["state"] == "first_password"
    over = admin.post(f"{path}/roles/{given.json['grant_id']}/withdrawal", last_on="2026-11-20")
    assert over.status_code == 204
    assert admin.get(path)["roles"] == []

    renewed = admin.post(f"{path}/password").json
    assert renewed["password"] != slip["password"]
    assert sign_in_by(app, "qian", slip["password"]).status_code == 401
    assert admin.post(f"{path}/disabling").status_code == 204
    assert admin.get(path)["state"] == "disabled"
    assert admin.post(f"{path}/disabling").json["code"] == "user_disabled"
    assert sign_in_by(app, "qian", renewed["password"]).status_code == 401
    assert admin.post(f"{path}/enabling").status_code == 204
    assert admin.get(path)["state"] == "no_password"
    assert sign_in_by(app, "qian", renewed["password"]).status_code == 401
    third = admin.post(f"{path}/password").json
    assert sign_in_by(app, "qian", third["password"]).status_code == 201


def test_the_list_goes_on_page_by_page(admin: Program, community: Community) -> None:
    whole = admin.get("/accounts")
    assert whole["next"] is None
    ids = [one["user_id"] for one in whole["accounts"]]
    assert community.clerk.id in ids
    assert community.volunteer.id not in ids, "members without a role are found by name only"
    after, seen = 0, []
    while after is not None:
        page = admin.get(f"/accounts?most=3&after={after}")
        seen += [one["user_id"] for one in page["accounts"]]
        after = page["next"]
    assert seen == ids
    clerks = admin.get(f"/accounts?role=clerk&org_id={community.community}")["accounts"]
    assert [one["user_id"] for one in clerks] == [community.clerk.id]


def test_a_name_is_posted(admin: Program, community: Community) -> None:
    found = admin.post("/accounts/searches", sought="王桂芳").json
    assert [one["user_id"] for one in found["accounts"]] == [community.volunteer.id]
    assert found["more"] is False


def test_a_lost_authenticator_is_taken_off(admin: Program, community: Community) -> None:
    path = f"/accounts/{community.clerk.id}/authenticator-reset"
    assert admin.post(path).json["code"] == "no_authenticator"
    enrol(community.clerk)
    assert admin.post(path).status_code == 204


def test_what_the_pages_refuse_is_refused(admin: Program, community: Community) -> None:
    mine = f"/accounts/{community.administrator.id}"
    assert admin.post(f"{mine}/password").json["code"] == "not_for_oneself"
    assert admin.post(f"{mine}/enabling").json["code"] == "not_for_oneself"
    auditor = f"/accounts/{community.auditor.id}"
    given = {"role": "administrator", "org_id": community.city, "from_on": "2026-11-21"}
    assert admin.post(f"{auditor}/roles", **given).json["code"] == "roles_conflict"
    assert admin.post(f"{auditor}/disabling").json["code"] == "auditor_protected"
    assert admin.post(f"/accounts/{community.clerk.id}/enabling").json["code"] == "user_enabled"
    assert admin.post("/accounts/99/roles", **given).status_code == 404
    assert admin.post("/accounts/99/roles/1/withdrawal", last_on="2026-11-20").status_code == 404


def test_the_pages_enable_too(admin: Program, community: Community) -> None:
    client, path = admin.client, f"/accounts/{community.clerk.id}"
    button = f'action="{path}/enabling"'
    assert button not in client.get(path).text
    admin.post(f"{path}/disabling")
    assert button in client.get(path).text
    answer = client.post(f"{path}/enabling", data={"csrf_token": csrf_token(client)})
    assert answer.location == path
    assert "请重设密码并打印" in client.get(path).text


def test_one_s_own_sessions_are_listed_and_ended(
    app: Flask, admin: Program, community: Community
) -> None:
    for _ in range(2):
        sign_in(app.test_client(), community.administrator)
    told = admin.get("/me/sessions")
    assert len(told["sessions"]) == 3
    others = [one["id"] for one in told["sessions"] if one["id"] != told["current"]]
    assert told["sessions"][0]["entry"] == "password"
    assert admin.delete(f"/me/sessions/{others[0]}").status_code == 204
    assert admin.delete(f"/me/sessions/{others[0]}").status_code == 404
    assert admin.delete("/me/sessions").status_code == 204
    assert [one["id"] for one in admin.get("/me/sessions")["sessions"]] == [told["current"]]


def test_where_an_account_is_signed_in_is_seen_and_ended_from_above(
    app: Flask, admin: Program, community: Community
) -> None:
    clerk = community.clerk
    phones = [sign_in(app.test_client(), clerk) for _ in range(3)]
    path = f"/accounts/{clerk.id}/sessions"
    listed = admin.get(path)
    assert len(listed) == 3
    assert set(listed[0]) == {"id", "entry", "opened_at", "expires_at", "agent", "device_id"}
    newest = listed[0]["id"]
    assert admin.delete(f"{path}/{newest}").status_code == 204
    again = admin.delete(f"{path}/{newest}")
    assert (again.status_code, again.json["code"]) == (404, "no_such_session")
    assert [phone.get("/api/v1/me").status_code for phone in phones] == [200, 200, 401]
    assert admin.delete(path).status_code == 204
    assert [phone.get("/api/v1/me").status_code for phone in phones] == [401] * 3
    assert admin.get(path) == []
    with snapshot() as session:
        wanted = select(AuditEntry).where(col(AuditEntry.action) == "access.end_their_sessions")
        noted = list(session.execute(wanted.order_by(col(AuditEntry.id))).scalars())
    assert [(one.subject_id, one.actor_id) for one in noted] == [
        (clerk.id, community.administrator.id)
    ] * 2


def test_nobody_ends_sessions_that_are_an_auditors_or_her_own(
    app: Flask, admin: Program, community: Community
) -> None:
    mine = community.administrator.id
    refused = {mine: 403, community.auditor.id: 403, 999_999: 404}
    for user_id, status in refused.items():
        path = f"/accounts/{user_id}/sessions"
        asked = (admin.client.get(f"/api/v1{path}"), admin.delete(path), admin.delete(f"{path}/1"))
        assert [answer.status_code for answer in asked] == [status] * 3, user_id
    page = admin.client.get(f"/accounts/{mine}").text
    assert "结束全部登录" not in page
