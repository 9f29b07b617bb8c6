"""Signing in and out, changing a password and reading the trail, as a browser does."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from pointsbank.access import operations
from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM
from pointsbank.core.database import transaction
from tests.community import PIN, STAFF_PASSWORD, Community, sign_in, submit

WRONG = "账号或密码不对"


def test_a_volunteer_signs_in_and_goes_where_she_was_going(
    client: FlaskClient, community_with_passwords: Community
) -> None:
    page = client.get("/sign-in?next=/c/AC4679").text
    assert '<input type="hidden" name="next" value="/c/AC4679">' in page
    answer = submit(client, "/sign-in", name="13800000001", password=PIN, next="/c/AC4679")
    assert (answer.status_code, answer.location) == (303, "/c/AC4679")
    assert client.get("/api/v1/me").json["member_id"] == community_with_passwords.wang  # type: ignore[index]


@pytest.mark.parametrize(
    "elsewhere", ["//evil.example", "https://evil.example", "/\\evil.example", ""]
)
def test_signing_in_never_leads_to_another_site(
    client: FlaskClient, community_with_passwords: Community, elsewhere: str
) -> None:
    answer = submit(client, "/sign-in", name="clerk", password=STAFF_PASSWORD, next=elsewhere)
    assert (answer.status_code, answer.location) == (303, "/")
    assert client.get("/sign-in", query_string={"next": elsewhere}).location == "/"


def test_who_is_signed_in_already_goes_on(client: FlaskClient, community: Community) -> None:
    sign_in(client, community.clerk)
    answer = client.get("/sign-in?next=/counter")
    assert (answer.status_code, answer.location) == (303, "/counter")


@pytest.mark.parametrize(("name", "password"), [("nobody", "x"), ("13800000001", "000000")])
def test_a_wrong_sign_in_is_told_in_one_sentence(
    client: FlaskClient, community_with_passwords: Community, name: str, password: str
) -> None:
    answer = submit(client, "/sign-in", name=name, password=password, next="/me")
    assert answer.status_code == 401
    assert WRONG in answer.text
    assert f'value="{name}"' in answer.text
    assert password not in answer.text.replace(name, "") or password == "x"
    assert 'name="next" value="/me"' in answer.text
    assert "session_token" not in answer.headers.get("Set-Cookie", "")


def test_after_five_failures_the_page_says_until_when(
    client: FlaskClient, community_with_passwords: Community
) -> None:
    for _ in range(5):
        assert submit(client, "/sign-in", name="clerk", password="x").status_code == 401
    answer = submit(client, "/sign-in", name="clerk", password=STAFF_PASSWORD)
    assert answer.status_code == 409
    assert "请在 09:12 以后再试" in answer.text


@pytest.mark.parametrize(
    "fields",
    [
        {}, {"name": "clerk"}, {"name": "", "password": "x"}, {"name": "x" * 65, "password": "x"},
        {"name": "clerk", "password": "x" * 129}, {"name": "a\x00b", "password": "x"},
        {"name": "clerk", "password": "x", "admin": "1"},
    ],
)  # fmt: skip
def test_bad_input_marks_its_field(
    client: FlaskClient, community: Community, fields: dict[str, str]
) -> None:
    assert submit(client, "/sign-in", **fields).status_code == 422


def test_a_sign_in_from_another_site_is_refused(
    client: FlaskClient, community_with_passwords: Community
) -> None:
    form = {"name": "clerk", "password": STAFF_PASSWORD}
    assert client.post("/sign-in", data=form).status_code == 403


def test_signing_out_ends_the_session_on_the_server(
    client: FlaskClient, community: Community
) -> None:
    sign_in(client, community.clerk)
    cookie = client.get_cookie("session_token")
    assert cookie is not None
    answer = submit(client, "/sign-out")
    assert (answer.status_code, answer.location) == (303, "/sign-in")
    assert client.get_cookie("session_token") is None
    client.set_cookie("session_token", cookie.value)
    assert client.get("/password").location == "/sign-in?next=/password"
    assert submit(client, "/sign-out").status_code == 303


def test_staff_are_signed_out_after_thirty_idle_minutes(
    client: FlaskClient, community: Community
) -> None:
    sign_in(client, community.clerk)
    for minutes in (29, 58):
        with clock.frozen(clock.now() + timedelta(minutes=minutes)):
            assert client.get("/password").status_code == 200
    with clock.frozen(clock.now() + timedelta(minutes=89)):
        assert client.get("/password").status_code == 303


def test_a_volunteer_stays_signed_in(client: FlaskClient, community: Community) -> None:
    sign_in(client, community.volunteer)
    with clock.frozen(clock.now() + timedelta(days=89)):
        assert client.get("/password").status_code == 200


def test_a_first_password_leads_to_its_change_and_on(
    client: FlaskClient, community_with_passwords: Community
) -> None:
    user_id = community_with_passwords.volunteer.id
    with transaction() as session:
        operations.set_password(session, SYSTEM, user_id=user_id, password="730195", at=clock.now())
    answer = submit(client, "/sign-in", name="13800000001", password="730195", next="/events/1?a=b")
    assert answer.location == "/password?next=%2Fevents%2F1%3Fa%3Db"
    page = client.get(answer.location).text
    assert "您用的是初始密码" in page
    assert client.get("/sign-in?next=/me").location == "/password?next=%2Fme"
    assert "6 位数字，不要连续或重复" in page
    asked = {"current": "730195", "new": PIN, "again": PIN, "next": "/events/1?a=b"}
    answer = submit(client, "/password", **asked)
    assert (answer.status_code, answer.location) == (303, "/events/1?a=b")
    assert "密码已修改" in client.get("/password").text


@pytest.mark.parametrize(
    ("change", "status", "sentence"),
    [
        ({"current": "Wrong-123"}, 401, "原密码不对"),
        ({"new": "short", "again": "short"}, 422, "密码至少 8 位"),
        ({"new": PIN, "again": PIN}, 422, "密码至少 8 位"),
        ({"again": "Other-123"}, 422, "两次填写的新密码不一致"),
        ({"new": STAFF_PASSWORD, "again": STAFF_PASSWORD}, 422, "新密码不能与原密码相同"),
        ({"new": ""}, 422, "请填写密码"),
    ],
)
def test_a_password_that_cannot_be_taken_is_told_beside_its_field(
    client: FlaskClient,
    community_with_passwords: Community,
    change: dict[str, str],
    status: int,
    sentence: str,
) -> None:
    sign_in(client, community_with_passwords.clerk)
    asked = {"current": STAFF_PASSWORD, "new": "Guangming-9", "again": "Guangming-9"}
    answer = submit(client, "/password", **(asked | change))
    assert answer.status_code == status
    assert sentence in answer.text


def test_guessing_at_an_open_browser_locks_too(
    client: FlaskClient, community_with_passwords: Community
) -> None:
    sign_in(client, community_with_passwords.clerk)
    asked = {"current": "x", "new": "Guangming-9", "again": "Guangming-9"}
    for _ in range(5):
        assert submit(client, "/password", **asked).status_code == 401
    answer = submit(client, "/password", **(asked | {"current": STAFF_PASSWORD}))
    assert answer.status_code == 409
    assert "请在 09:12 以后再试" in answer.text


def test_the_auditor_reads_the_trail_in_words(client: FlaskClient, community: Community) -> None:
    sign_in(client, community.auditor)
    page = client.get("/audit").text
    assert "授予角色" in page
    assert "角色 监督员；开始日期 2020-01-01" in page
    assert "access." not in page.replace('value="access.', "")
    assert '<form method="post"' not in page.split("<main")[1]


def test_the_trail_is_paged_and_filtered_by_its_address(
    client: FlaskClient, community: Community
) -> None:
    sign_in(client, community.auditor)
    with transaction() as session:
        for number in range(60):
            operations.open_user(
                session, community.administrator, org_id=community.city, at=clock.now(),
                staff_name=f"user{number}", display_name="新人",
            )  # fmt: skip
    query = f"action=access.open_user&actor_id={community.administrator.id}&since=2026-11-21"
    page = client.get(f"/audit?{query}&until=2026-11-21&before=")
    assert page.text.count("<tr>") == 51
    older = page.text.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    second = client.get(older).text
    assert second.count("<tr>") == 11
    assert 'rel="prev"' in second
    assert "没有符合条件的记录" in client.get("/audit?since=2030-01-01").text


@pytest.mark.parametrize(
    "query",
    ["before=0", "before=x", "since=2026-02-30", "actor_id=-1", "who=1", "action=" + "x" * 65],
)
def test_a_bad_filter_is_refused(client: FlaskClient, community: Community, query: str) -> None:
    sign_in(client, community.auditor)
    assert client.get(f"/audit?{query}").status_code == 422


def test_only_auditors_read_the_trail(client: FlaskClient, community: Community) -> None:
    assert client.get("/audit").status_code == 303
    for person in (community.volunteer, community.secretary, community.administrator):
        sign_in(client, person)
        assert client.get("/audit").status_code == 403


def test_english_is_spoken_on_every_page(
    client: FlaskClient, community_with_passwords: Community
) -> None:
    client.set_cookie("language", "en")
    assert "Sign in" in client.get("/sign-in").text
    answer = submit(client, "/sign-in", name="nobody", password="x")
    assert "The name or the password is wrong" in answer.text
    sign_in(client, community_with_passwords.auditor)
    assert "Gave a role" in client.get("/audit").text
    assert "Change password" in client.get("/password").text
