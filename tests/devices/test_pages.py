"""Devices and machines over the wire: what a paired browser and a token are let see."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM, Scope
from pointsbank.core.database import transaction
from pointsbank.devices import operations
from pointsbank.events import operations as events
from pointsbank.members.operations import issue_card
from pointsbank.web.sessions import DEVICE_COOKIE
from tests.access.doing import done
from tests.community import PIN, STAFF_PASSWORD, Community, sign_in, submit
from tests.devices.tablet import paired, paired_counter
from tests.devices.test_operations import open_event


@pytest.fixture
def tablet(app: Flask, community_with_passwords: Community) -> FlaskClient:
    """The counter's tablet, on which nobody is signed in."""
    _, token = paired_counter(community_with_passwords)
    client = app.test_client()
    client.set_cookie(DEVICE_COOKIE, token)
    return client


def tapped(client: FlaskClient, url: str, **fields: object) -> TestResponse:
    """Post from the device's own page."""
    page = client.get("/device").text
    token = re.search(r'name="csrf-token" content="([^"]+)"', page)
    assert token
    return client.post(url, data={"csrf_token": token[1], **fields})


def test_a_tablet_is_paired_by_a_code_on_a_colleague_s_screen(
    app: Flask, client: FlaskClient, community: Community
) -> None:
    sign_in(client, community.secretary)
    page = client.get("/devices").text
    key = re.search(r'name="key" value="([^"]+)"', page)
    assert key
    form = {
        "scope": "at_counter", "org_id": community.community, "name": "兑换点平板", "key": key[1],
    }  # fmt: skip
    answer = submit(client, "/devices/pairings", **form)
    again = submit(client, "/devices/pairings", **form)
    assert answer.location == again.location
    shown = client.get(answer.location).text
    code = "".join(re.findall(r"<span>([A-Z0-9]+)</span>", shown.split("code-digits")[1][:300]))
    assert len(code) == 10
    assert "兑换点平板 · 幸福社区" in shown
    part = client.get(answer.location, headers={"HX-Request": "true"}).text
    assert "<html" not in part

    new = app.test_client()
    asked = new.get(f"/pair/{code}")
    assert "确认配对这台设备" in asked.text
    assert new.get("/device").location == "/pair"
    done_ = submit(new, "/pair", code=code)
    assert (done_.status_code, done_.location) == (303, "/device")
    assert "HttpOnly" in done_.headers["Set-Cookie"]
    assert "SameSite=Lax" in done_.headers["Set-Cookie"]
    assert "工作人员登录" in new.get("/device").text
    assert "配对成功" in client.get(answer.location).text
    assert submit(app.test_client(), "/pair", code=code).status_code == 409
    assert app.test_client().get(f"/pair/{code}").status_code == 404


def test_what_is_wrong_with_an_invitation_is_told_on_the_page(
    client: FlaskClient, community: Community
) -> None:
    sign_in(client, community.secretary)
    form = {"scope": "at_door", "event_id": 99, "name": "入口", "key": "k"}
    assert submit(client, "/devices/pairings", **form).status_code in {404, 422}
    form = {"scope": "at_counter", "org_id": community.community, "name": "", "key": "k"}
    answer = submit(client, "/devices/pairings", **form)
    assert answer.status_code == 422
    assert "请填写此项" in answer.text
    assert submit(client, "/pair", code="AAAAAAAAAA").status_code == 404
    assert client.get("/pair").status_code == 200


def test_a_bare_tablet_sees_nothing_but_its_own_page(tablet: FlaskClient) -> None:
    assert tablet.get("/").location == "/device"
    for path in ("/counter", "/members", "/me", "/events", "/security", "/devices", "/password"):
        assert tablet.get(path).location == "/device", path
    for path in ("/api/v1/me", "/api/v1/events", "/api/v1/organisations"):
        assert tablet.get(path).status_code == 401, path
    assert tapped(tablet, "/counter/lookups", code="1", org_id=1).location == "/device"
    assert tapped(tablet, "/device/heartbeat").status_code == 204


def test_a_member_sees_her_passbook_on_the_tablet_and_leaves_it(
    tablet: FlaskClient, community_with_passwords: Community
) -> None:
    place = community_with_passwords
    with transaction() as session:
        card = issue_card(session, SYSTEM, member_id=place.wang, at=clock.now())
    wrong = tapped(tablet, "/device/card-sign-ins", card=card.digits, pin="111222")
    assert wrong.status_code == 401
    assert "卡号或密码不对" in wrong.text
    answer = tapped(tablet, "/device/card-sign-ins", card=card.digits, pin=PIN)
    assert (answer.status_code, answer.location) == (303, "/me")
    assert "Max-Age" not in answer.headers["Set-Cookie"]
    assert "王桂芳" in tablet.get("/me").text
    assert submit(tablet, "/sign-out").location == "/device"
    assert tablet.get("/me").location == "/device"


def test_the_passbook_closes_by_itself_when_she_walks_away(
    tablet: FlaskClient, community_with_passwords: Community
) -> None:
    with transaction() as session:
        card = issue_card(session, SYSTEM, member_id=community_with_passwords.wang, at=clock.now())
    tapped(tablet, "/device/card-sign-ins", card=card.digits, pin=PIN)
    with clock.frozen(clock.now() + timedelta(minutes=6)):
        assert tablet.get("/me").location == "/device"


def test_a_clerk_takes_her_place_by_a_short_pin(
    app: Flask, tablet: FlaskClient, community_with_passwords: Community
) -> None:
    place = community_with_passwords
    own = sign_in(app.test_client(), place.clerk)
    assert own.get("/counter-pin").status_code == 200
    wrong = submit(own, "/counter-pin", password="x", pin="730195")
    assert wrong.status_code == 401
    weak = submit(own, "/counter-pin", password=STAFF_PASSWORD, pin="123456")
    assert weak.status_code == 422
    good = submit(own, "/counter-pin", password=STAFF_PASSWORD, pin="730195")
    assert good.location == "/security"
    assert tapped(tablet, "/device/staff-sign-ins", name="clerk", pin="000000").status_code == 401
    answer = tapped(tablet, "/device/staff-sign-ins", name="clerk", pin="730195")
    assert answer.location == "/counter"
    assert "积分兑换" in tablet.get("/counter").text
    assert tablet.get("/members").status_code == 403 or "王桂芳" in tablet.get("/members").text
    assert tablet.get("/security").status_code == 200


def test_a_revoked_tablet_is_a_browser_like_any_other(
    app: Flask, tablet: FlaskClient, community_with_passwords: Community
) -> None:
    staff = sign_in(app.test_client(), community_with_passwords.secretary)
    [address] = re.findall(r'action="(/devices/\d+/revocation)"', staff.get("/devices").text)
    assert submit(staff, address).location == "/devices"
    answer = tablet.get("/device")
    assert answer.location == "/pair"
    assert "已停用" in staff.get("/devices").text


def test_a_tablet_at_a_door_has_its_own_event_and_no_other(
    app: Flask, community: Community
) -> None:
    mine, other = open_event(community), open_event(community, key="other")
    with transaction() as session:
        for event in (mine, other):
            events.open_event(session, SYSTEM, event_id=event, at=clock.now())
        card = issue_card(session, SYSTEM, member_id=community.li, at=clock.now()).digits
    _, token = paired(
        community.organiser, org_id=community.community, name="入口", scope=Scope.AT_DOOR,
        event_id=mine, key="door",
    )  # fmt: skip
    door = app.test_client()
    door.set_cookie(DEVICE_COOKIE, token)
    assert door.get("/device").location == f"/events/{mine}/scanner"
    page = door.get(f"/events/{mine}/attendance")
    assert page.status_code == 200
    csrf = re.search(r'name="csrf-token" content="([^"]+)"', page.text)
    assert csrf
    form = {"csrf_token": csrf[1], "member_code": card, "leaving": "false", "key": "a-key-1"}
    assert door.post(f"/events/{mine}/scans", data=form).status_code == 303
    assert "李建国" in door.get(f"/events/{mine}/attendance").text
    for path in (f"/events/{other}/attendance", f"/events/{mine}", "/events", "/members"):
        assert door.get(path).status_code == 303, path
    assert door.post(f"/events/{other}/scans", data=form).status_code == 303
    assert (
        "李建国"
        not in sign_in(app.test_client(), community.organiser)
        .get(f"/events/{other}/attendance")
        .text
    )
    assert "/device/heartbeat" in page.text
    assert f'href="/events/{mine}/names#walk-ins"' in page.text
    form = {"csrf_token": csrf[1], "name": "王姨", "phone": "13900000009", "key": "walk-1"}
    assert door.post(f"/events/{mine}/walk-ins", data=form).status_code == 303
    names = door.get(f"/events/{mine}/names").text
    assert "王姨" in names
    assert "/match" not in names  # who she is, an organiser says
    assert door.post("/device/heartbeat", data={"csrf_token": csrf[1]}).status_code == 204
    assert "/confirmations" not in door.get(f"/events/{mine}/attendance").text
    assert door.post(f"/events/{mine}/confirmations", data=form).status_code in {303, 403}


def test_a_machine_reads_what_its_scopes_name_and_writes_nothing(
    app: Flask, client: FlaskClient, community: Community
) -> None:
    event = open_event(community)
    sign_in(client, community.administrator)
    assert client.get("/machines").status_code == 200
    form = {
        "org_id": community.community, "name": "大屏", "scopes": ["read_events"],
        "expires_on": "2026-12-31",
    }  # fmt: skip
    assert submit(client, "/machines", **{**form, "scopes": []}).status_code == 422
    page = submit(client, "/machines", **form)
    token = re.search(r'<code class="token">(machine\.[\w-]+)</code>', page.text)
    assert token
    assert token[1] not in client.get("/machines").text
    bearer = {"headers": {"Authorization": f"Bearer {token[1]}"}}
    machine = app.test_client()
    assert machine.get(f"/api/v1/events/{event}", **bearer).status_code == 200
    assert machine.get("/api/v1/events", **bearer).status_code == 200
    assert machine.get(f"/api/v1/events/{event}/attendances", **bearer).status_code == 200
    for path in (
        "/api/v1/me", "/api/v1/organisations", f"/api/v1/members/{community.wang}", "/events",
        f"/api/v1/evaluations/2026?org_id={community.community}", "/security", "/audit",
    ):  # fmt: skip
        assert machine.get(path, **bearer).status_code == 403, path
    for path in (f"/api/v1/events/{event}/opening", "/api/v1/events", "/api/v1/redemptions"):
        assert machine.post(path, json={}, **bearer).status_code == 403, path
    [address] = re.findall(r'action="(/machines/\d+/revocation)"', client.get("/machines").text)
    assert submit(client, address).status_code == 303
    assert machine.get("/api/v1/events", **bearer).status_code == 401


def test_a_machine_of_one_community_reads_nothing_of_its_neighbour(
    app: Flask, community: Community
) -> None:
    elsewhere = open_event(community, community.other_community, "elsewhere")
    made = {
        "org_id": community.community, "name": "大屏", "expires_on": clock.today(),
        "scopes": [Scope.READ_EVENTS, Scope.READ_EVALUATIONS, Scope.READ_ORGANISATIONS],
    }  # fmt: skip
    made["expires_on"] = clock.today() + timedelta(days=9)
    _, token = done(operations.issue_machine, community.administrator, **made)
    bearer = {"headers": {"Authorization": f"Bearer {token}"}}
    machine = app.test_client()
    assert machine.get(f"/api/v1/organisations/{community.community}", **bearer).status_code == 200
    for path in (
        f"/api/v1/events/{elsewhere}/attendances",
        f"/api/v1/organisations/{community.other_community}",
        f"/api/v1/evaluations/2026?org_id={community.other_community}",
        f"/api/v1/organisations/{community.street}/roll-up",
    ):
        assert machine.get(path, **bearer).status_code in {403, 404}, path


def test_a_card_s_guess_counts_against_its_account(
    tablet: FlaskClient, community_with_passwords: Community
) -> None:
    with transaction() as session:
        card = issue_card(session, SYSTEM, member_id=community_with_passwords.wang, at=clock.now())
    for _ in range(5):
        tapped(tablet, "/device/card-sign-ins", card=card.digits, pin="111222")
    answer = tapped(tablet, "/device/card-sign-ins", card=card.digits, pin=PIN)
    assert (answer.status_code, "已暂停登录" in answer.text) == (409, True)


def test_a_form_from_another_site_does_not_move_the_tablet(tablet: FlaskClient) -> None:
    assert tablet.post("/device/heartbeat").status_code == 403


def test_only_those_who_may_pair_see_an_invitation(
    client: FlaskClient, community: Community
) -> None:
    paired_counter(community)
    sign_in(client, community.stranger)
    assert client.get("/devices/pairings/1").status_code == 404
    assert "revocation" not in client.get("/devices").text
    sign_in(client, community.organiser)
    assert client.get("/devices/pairings/1").status_code == 404
