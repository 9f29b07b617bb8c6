"""Duplicates, leaving, the two steps of an erasure and everything about me, as pages and by API."""

import json
import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from pointsbank.access import operations as access
from pointsbank.access.models import User
from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM
from pointsbank.core.database import snapshot, transaction
from pointsbank.members import operations as members
from pointsbank.members import queries as member_queries
from pointsbank.members.rules import Leaving
from tests.community import PIN, csrf_token, sign_in, submit
from tests.persons.conftest import BORN, Twice


@pytest.fixture
def secretary(twice: Twice, client: FlaskClient) -> FlaskClient:
    with transaction() as session:
        wang = member_queries.member(session, twice.kept)
        members.change_member(
            session, SYSTEM, member_id=wang.id, version=wang.version, birth_on=BORN, at=clock.now()
        )
    return sign_in(client, twice.shop.people.secretary)


def test_duplicates_are_compared_joined_and_parted_on_the_pages(
    twice: Twice, secretary: FlaskClient
) -> None:
    listed = secretary.get("/duplicates").text
    assert "姓名和出生日期相同" in listed
    compared = secretary.get(f"/duplicates/{twice.kept}/{twice.other}").text
    assert "138****0001" in compared
    assert "13800000001" not in compared
    fields = {"kept_id": twice.kept, "other_id": twice.other, "key": "from-the-page"}
    assert submit(secretary, "/merges", **fields).location == "/duplicates"
    page = secretary.get("/duplicates").text
    assert "没有发现重复登记" in page
    assert "/merges/1/undo" in page
    again = submit(secretary, "/merges", **fields | {"key": "another-key"})
    assert again.status_code == 409
    assert "已于" in again.text
    assert submit(secretary, "/merges/1/undo").location == "/duplicates"
    assert "姓名和出生日期相同" in secretary.get("/duplicates").text


def test_who_cannot_reach_a_record_does_not_learn_of_it(twice: Twice, client: FlaskClient) -> None:
    sign_in(client, twice.shop.people.stranger)
    for url in (
        f"/duplicates/{twice.kept}/{twice.other}",
        f"/members/{twice.kept}/departure",
    ):
        assert client.get(url).status_code == 404


def test_leaving_is_recorded_with_day_and_reason(twice: Twice, secretary: FlaskClient) -> None:
    url = f"/members/{twice.kept}/departure"
    assert "剩余积分保留" in secretary.get(url).text
    fields = {"leaving": "left", "on": "2999-01-01", "reason": "搬走", "key": "from-the-page"}
    assert submit(secretary, url, **fields).status_code == 422
    fields["on"] = clock.today().isoformat()
    future = submit(secretary, url, **fields | {"on": "2026-12-31"})
    assert future.status_code == 422
    assert "不能晚于今天" in future.text
    assert submit(secretary, url, **fields).location == "/members"
    with snapshot() as session:
        assert member_queries.member(session, twice.kept).leaving is Leaving.LEFT


def test_a_member_leaves_by_herself(twice: Twice, client: FlaskClient) -> None:
    sign_in(client, twice.shop.people.volunteer)
    assert "退出后不能再登录" in client.get("/me/departure").text
    long = submit(client, "/me/departure", reason="长" * 201, key="from-the-page")
    assert long.status_code == 422
    assert submit(client, "/me/departure", reason="", key="from-the-page").location == "/sign-in"
    assert client.get("/me").status_code == 303  # to the sign-in


def test_an_erasure_is_asked_twice_and_tells_what_goes(twice: Twice, client: FlaskClient) -> None:
    sign_in(client, twice.shop.people.administrator)
    url = f"/members/{twice.kept}/erasure"
    assert f'href="{url}"' in client.get(f"/members/{twice.kept}").text
    first = client.get(url).text
    assert "删除以后不能恢复" in first
    assert "120" in first
    asked = {"asked": "in_person", "asked_on": clock.today().isoformat()}
    assert submit(client, f"{url}-questions", **asked | {"asked": "no"}).status_code == 422
    second = submit(client, f"{url}-questions", **asked)
    assert second.status_code == 200
    token = re.search(r'name="question" value="([^"]+)"', second.text)
    assert token
    wrong = submit(client, url, question=token[1], number="2026000009", key="from-the-page")
    assert wrong.status_code == 422
    assert "编号不符" in wrong.text
    forged = submit(client, url, question="x" + token[1], number="2026000001", key="from-the-page")
    assert forged.status_code == 422
    other = submit(
        client, f"/members/{twice.other}/erasure", question=token[1], number="1", key="another-1"
    )
    assert other.status_code == 422
    right = submit(client, url, question=token[1], number="2026000001", key="from-the-page")
    assert right.location == "/members"
    with snapshot() as session:
        assert member_queries.member(session, twice.kept).name == "已注销成员"


@pytest.fixture
def herself(twice: Twice, client: FlaskClient) -> FlaskClient:
    with transaction() as session:
        user = twice.shop.people.volunteer.id
        access.set_password(session, SYSTEM, user_id=user, password=PIN, at=clock.now())
        session.execute(update(User).where(User.id == user).values(must_change=False))
    return sign_in(client, twice.shop.people.volunteer)


def test_everything_about_her_is_one_file_after_her_password(
    twice: Twice, herself: FlaskClient
) -> None:
    assert "关于我的全部数据" in herself.get("/me").text
    wrong = submit(herself, "/me/data", password="135791")
    assert wrong.status_code == 401
    assert "13800000001" not in wrong.text
    answer = submit(herself, "/me/data", password=PIN)
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "13800000001" in answer.text
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', answer.text)
    assert found
    sections = {part["heading"]: part["rows"] for part in json.loads(found[1])}
    assert sections["登记信息"][0]["姓名"] == "王桂芳"
    assert sections["账户"]


def test_the_api_does_the_same(twice: Twice, herself: FlaskClient) -> None:
    def post(client: FlaskClient, url: str, **body: object) -> tuple[int, dict[str, object]]:
        headers = {"X-CSRFToken": csrf_token(client)}
        answer = client.post(f"/api/v1{url}", json=body or None, headers=headers)
        return answer.status_code, answer.json

    status, sections = post(herself, "/me/data", password=PIN)
    assert status == 200
    assert sections[0]["heading"] == "登记信息"
    assert post(herself, "/me/data", password="135791")[1]["code"] == "wrong_password"
    client = sign_in(herself, twice.shop.people.secretary)
    assert client.get("/api/v1/duplicates").json == {"pairs": [], "total": 0}
    status, merged = post(
        client, "/merges", kept_id=twice.kept, other_id=twice.other, key="by-the-api"
    )
    assert (status, merged["undone_at"]) == (201, None)
    assert post(client, f"/merges/{merged['id']}/undo")[1]["undone_at"]
    status, gone = post(
        client, f"/members/{twice.other}/departure", leaving="died",
        on=clock.today().isoformat(), key="by-the-api",
    )  # fmt: skip
    assert (status, gone["leaving"]) == (201, "died")
    client = sign_in(herself, twice.shop.people.administrator)
    base = f"/members/{twice.kept}"
    status, question = post(
        client, f"{base}/erasure-questions", asked="in_writing",
        asked_on=clock.today().isoformat(),
    )  # fmt: skip
    assert (status, question["points"]) == (200, {"morality": 120, "party": 30})
    status, erased = post(
        client, f"{base}/erasure", question=question["question"], number=question["number"],
        key="by-the-api",
    )  # fmt: skip
    assert (status, erased["points_given_up"]) == (201, {"morality": 120, "party": 30})


def test_two_records_whose_names_differ_are_compared_by_their_numbers(
    twice: Twice, secretary: FlaskClient, client: FlaskClient
) -> None:
    with transaction() as session:
        numbers = {
            name: member_queries.member(session, member_id).number
            for name, member_id in (
                ("one", twice.kept),
                ("two", twice.shop.people.li),
                ("far", twice.shop.people.zhou),
            )
        }
    url = "/duplicates/comparisons"
    assert f'action="{url}"' in secretary.get("/duplicates").text
    found = submit(secretary, url, one=f" {numbers['one']}", two=numbers["two"])
    assert found.location == f"/duplicates/{twice.kept}/{twice.shop.people.li}"
    assert "李建国" in secretary.get(found.location).text
    same = submit(secretary, url, one=numbers["one"], two=numbers["one"])
    assert (same.status_code, "请选择两份不同的登记" in same.text) == (422, True)
    for number in (numbers["far"], "2020999999"):
        unknown = submit(secretary, url, one=numbers["one"], two=number)
        assert (unknown.status_code, "没有这位成员" in unknown.text) == (404, True)
    assert submit(secretary, url, one="", two="").status_code == 422
