"""Whatever way a session's token comes, staff's ends after thirty idle minutes."""

import json
from base64 import urlsafe_b64decode
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from pointsbank.access import operations, queries
from pointsbank.access.rules import Entry, Origin
from pointsbank.core import clock
from pointsbank.core.database import Database, Unavailable, snapshot
from tests.access.doing import done
from tests.community import Community, sign_in
from tests.devices.tablet import paired_counter


def status_of(client: FlaskClient, token: str, minutes: float = 0, path: str = "/me") -> int:
    with clock.frozen(clock.now() + timedelta(minutes=minutes)):
        answer = client.get(f"/api/v1{path}", headers={"Authorization": f"Bearer {token}"})
    return answer.status_code


def opened(community: Community) -> str:
    return str(done(operations.open_session, user_id=community.clerk.id).token)


def seen(token: str) -> object:
    with snapshot() as session:
        found = queries.session_of_token(session, token)
    assert found is not None
    return found.seen_at


def test_a_bearer_s_session_ends_when_idle(client: FlaskClient, community: Community) -> None:
    token = opened(community)
    assert status_of(client, token, 30) == 200
    assert status_of(client, token, 60) == 200, "it was used in between"
    assert status_of(client, token, 90.5) == 401
    assert status_of(client, token, 90.6) == 401, "that it came late did not wake it"


def test_what_is_refused_is_use_as_well(client: FlaskClient, community: Community) -> None:
    token = opened(community)
    assert status_of(client, token, 29, "/audit-entries") == 403
    assert status_of(client, token, 58) == 200


def test_its_coming_is_noted_once_a_minute(client: FlaskClient, community: Community) -> None:
    token = opened(community)
    assert status_of(client, token, 0.5) == 200
    assert seen(token) is None
    for minutes in (1, 1.5):
        assert status_of(client, token, minutes) == 200
        assert seen(token) == clock.now() + timedelta(minutes=1)


def test_a_volunteer_s_bearer_lasts_and_is_not_noted(
    client: FlaskClient, community: Community
) -> None:
    token = str(done(operations.open_session, user_id=community.volunteer.id).token)
    assert status_of(client, token, 60 * 24 * 89) == 200
    assert seen(token) is None


def test_what_a_cookie_holds_is_no_way_round_its_age(
    client: FlaskClient, community: Community
) -> None:
    """The cookie's envelope is signed, not secret: who has it can read the token inside."""
    sign_in(client, community.clerk)
    cookie = client.get_cookie("session_token")
    assert cookie is not None
    part = cookie.value.split(".")[0]
    token = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))[1]["token"]
    client.delete_cookie("session_token")
    assert status_of(client, token, 29) == 200
    assert status_of(client, token, 60) == 401


def test_a_token_without_its_mark_is_another_token(
    client: FlaskClient, community: Community
) -> None:
    token = opened(community)
    assert status_of(client, token.removeprefix("idle.")) == 401
    assert status_of(client, "idle.nobody's") == 401


def test_a_shared_device_s_short_session_ends_so_too(
    client: FlaskClient, community: Community
) -> None:
    device, _ = paired_counter(community)
    token = done(
        operations.open_device_session, user_id=community.clerk.id, entry=Entry.COUNTER_PIN,
        device_id=device.id, org_id=device.org_id, origin=Origin(), idle_minutes=5,
        lasting=timedelta(hours=12),
    ).token  # fmt: skip
    assert status_of(client, token, 5) == 200
    assert status_of(client, token, 10.5) == 401


def test_an_answer_stands_though_its_use_could_not_be_noted(
    client: FlaskClient, community: Community, monkeypatch: pytest.MonkeyPatch, bank: Database
) -> None:
    token = opened(community)

    def silent() -> None:
        raise Unavailable

    monkeypatch.setattr(bank, "transaction", silent)
    assert status_of(client, token, 2) == 200
