"""My security: sessions listed and ended, two steps to sign in, authenticators on pages."""

import re
from datetime import timedelta

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from pointsbank.access import operations, queries, rules
from pointsbank.access.models import User
from pointsbank.access.rules import Entry, Origin
from pointsbank.core import bank, clock
from pointsbank.core.database import snapshot, transaction
from tests.access.doing import actor_of, done, refused
from tests.access.test_authenticators import enrol
from tests.community import PIN, STAFF_PASSWORD, Community, sign_in, submit


def open_for(user_id: int, agent: str = "Chrome · Windows") -> str:
    origin = Origin("10.0.0.7", agent)
    return str(done(operations.open_session, user_id=user_id, origin=origin).token)


def test_one_sees_where_one_is_signed_in_and_ends_it(
    client: FlaskClient, community: Community
) -> None:
    stolen = open_for(community.clerk.id)
    sign_in(client, community.clerk)
    page = client.get("/security").text
    assert "Chrome · Windows" in page
    assert "10.0.0.7" in page
    assert page.count("本机") == 1
    [address] = re.findall(r'action="(/security/sessions/\d+/end)"', page)
    assert submit(client, address).status_code == 303
    assert actor_of(stolen) is None
    assert "Chrome · Windows" not in client.get("/security").text
    assert submit(client, address).status_code == 404


def test_nobody_ends_another_s_session(community: Community) -> None:
    open_for(community.clerk.id)
    with snapshot() as session:
        [found] = queries.sessions_of(session, community.clerk.id, at=clock.now())
    asked = {"session_id": found.id}
    assert refused(operations.end_session, community.secretary, **asked) is rules.NoSuchSession
    assert refused(operations.end_session, community.clerk, session_id=99) is rules.NoSuchSession


def test_all_others_end_at_once_and_one_s_own_stays(
    client: FlaskClient, community: Community
) -> None:
    others = [open_for(community.clerk.id) for _ in range(3)]
    someone = open_for(community.secretary.id)
    sign_in(client, community.clerk)
    submit(client, "/security/sessions/end")
    assert [actor_of(token) for token in others] == [None] * 3
    assert actor_of(someone) is not None
    assert client.get("/security").status_code == 200


@pytest.mark.parametrize(
    ("agent", "label"),
    [
        ("Mozilla/5.0 (Linux; Android 13) Chrome/110 MicroMessenger/8.0", "微信 · Android"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/120.0 Safari/537.36 Edg/120", "Edge · Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17) Version/17 Safari/604", "Safari · iPhone"),
        ("curl/8.1", "curl"),
        ("", ""),
        ("x\x00" * 100, "x" * 60),
    ],
)
def test_a_browser_is_called_as_its_user_calls_it(agent: str, label: str) -> None:
    assert rules.agent_label(agent) == label


def test_signing_in_takes_two_steps(
    client: FlaskClient, community_with_passwords: Community
) -> None:
    secret, codes = enrol(community_with_passwords.clerk)
    form = {"name": "clerk", "password": STAFF_PASSWORD, "next": "/counter"}
    page = submit(client, "/sign-in", **form)
    assert page.status_code == 200
    assert "session_token" not in page.headers.get("Set-Cookie", "")
    half_way = re.search(r'name="half_way" value="([^"]+)"', page.text)
    assert half_way
    step = {"half_way": half_way[1], "next": "/counter"}
    assert submit(client, "/sign-in/code", **step, code="000000").status_code == 401
    assert submit(client, "/sign-in/code", **step, code="").status_code == 422
    assert submit(client, "/sign-in/code", half_way="x", code=codes[0]).status_code == 401
    with clock.frozen(clock.now() + timedelta(minutes=6)):
        late = submit(client, "/sign-in/code", **step, code=codes[0])
        assert "登录已超时" in late.text
    with clock.frozen(clock.now() + timedelta(seconds=60)):
        code = pyotp.TOTP(secret).at(clock.now())
        answer = submit(client, "/sign-in/code", **step, code=code)
        assert (answer.status_code, answer.location) == (303, "/counter")
        assert client.get("/security").status_code == 200


def test_half_a_sign_in_dies_with_the_password(
    client: FlaskClient, community_with_passwords: Community
) -> None:
    _, codes = enrol(community_with_passwords.clerk)
    page = submit(client, "/sign-in", name="clerk", password=STAFF_PASSWORD)
    half_way = re.search(r'name="half_way" value="([^"]+)"', page.text)
    assert half_way
    with transaction() as session:
        session.execute(update(User).values(password_hash="another"))
    answer = submit(client, "/sign-in/code", half_way=half_way[1], code=codes[0])
    assert answer.status_code == 401


def test_the_api_takes_both_in_one(
    client: FlaskClient, community_with_passwords: Community
) -> None:
    _, codes = enrol(community_with_passwords.clerk)
    body = {"name": "clerk", "password": STAFF_PASSWORD}
    answer = client.post("/api/v1/sessions", json=body)
    assert (answer.status_code, answer.json["code"]) == (401, "code_needed")
    answer = client.post("/api/v1/sessions", json={**body, "code": "111111"})
    assert (answer.status_code, answer.json["code"]) == (401, "wrong_code")
    assert client.post("/api/v1/sessions", json={**body, "code": codes[0]}).status_code == 201


def test_an_administrator_enrols_on_her_first_visit(
    app: Flask, client: FlaskClient, community_with_passwords: Community
) -> None:
    assert bank.settings().administrators_use_totp
    form = {"name": "administrator", "password": STAFF_PASSWORD, "next": "/members"}
    answer = submit(client, "/sign-in", **form)
    assert answer.location == "/security?next=%2Fmembers"
    assert "管理员必须使用动态口令" in client.get("/security").text
    assert client.get("/members").status_code == 403
    assert submit(client, "/security/authenticator").location == "/security/authenticator"
    page = client.get("/security/authenticator").text
    [shown] = re.findall(r'<p class="code-digits digits">(.*?)</p>', page)
    secret = "".join(re.findall(r"[A-Z2-7]+", re.sub("<[^>]+>", " ", shown)))
    wrong = submit(client, "/security/authenticator/confirmation", code="000000")
    assert wrong.status_code == 401
    code = pyotp.TOTP(secret).at(clock.now())
    answer = submit(client, "/security/authenticator/confirmation", code=code)
    assert len(re.findall(r"<li>[a-z0-9]{4}-[a-z0-9]{4}-[a-z0-9]{4}</li>", answer.text)) == 10
    assert client.get("/members").status_code == 200
    assert "管理员必须使用动态口令，不能停用" in client.get("/security").text
    refusal = submit(client, "/security/authenticator/removal", password=STAFF_PASSWORD, code=code)
    assert refusal.status_code == 409


def test_others_may_give_the_second_factor_up(
    client: FlaskClient, community_with_passwords: Community
) -> None:
    _, codes = enrol(community_with_passwords.clerk)
    sign_in(client, community_with_passwords.clerk)
    asked = {"password": "x", "code": codes[0]}
    assert submit(client, "/security/authenticator/removal", **asked).status_code == 401
    asked["password"] = STAFF_PASSWORD
    assert submit(client, "/security/authenticator/removal", **asked).status_code == 303
    assert "动态口令已停用" in client.get("/security").text
    assert submit(client, "/security/authenticator/removal", **asked).status_code == 404


def test_a_password_changed_on_a_shared_device_stays_on_it(
    community_with_passwords: Community,
) -> None:
    from tests.access.doing import proof_of
    from tests.devices.tablet import paired_counter

    place = community_with_passwords
    device, _ = paired_counter(place)
    opened = done(
        operations.open_device_session, user_id=place.volunteer.id, entry=Entry.CARD,
        device_id=device.id, org_id=device.org_id, origin=Origin(), idle_minutes=5,
        lasting=timedelta(minutes=15),
    )  # fmt: skip
    proof = proof_of("13800000001", PIN)
    again = done(
        operations.change_password, proof, password="730195", address="", token=opened.token
    )
    assert (again.expires_at, again.idle_minutes) == (opened.expires_at, 5)
    with snapshot() as session:
        row = queries.session_of_token(session, again.token)
    assert row is not None
    assert (row.device_id, row.entry) == (device.id, Entry.CARD)
