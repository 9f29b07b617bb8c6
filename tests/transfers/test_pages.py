"""The inbox and the buttons of one transfer, for each side; and the same by the API."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from pointsbank.core.database import transaction
from pointsbank.members import queries as member_queries
from pointsbank.transfers import queries
from pointsbank.transfers.rules import Step
from tests.community import csrf_token, sign_in, submit
from tests.transfers.conftest import Stage
from tests.transfers.test_operations import adopt

API = "/api/v1/membership-transfers"


@pytest.fixture
def stranger(stage: Stage, client: FlaskClient) -> FlaskClient:
    """The secretary of 光明社区."""
    return sign_in(client, stage.people.stranger)


def test_a_member_asks_on_her_page_and_is_told_where_it_stands(
    stage: Stage, client: FlaskClient
) -> None:
    sign_in(client, stage.people.volunteer)
    assert "还没有关系转接" in client.get("/transfers").text
    page = client.get("/transfers/new?q=光明").text
    assert "光明社区第一网格" in page
    assert 'name="number"' not in page
    answer = submit(
        client, "/transfers", way="mine", relation="residence", q="光明",
        to_org_id=stage.people.other_grid, note="搬家", key="from-the-page",
    )  # fmt: skip
    assert answer.status_code == 303
    told = client.get(answer.location).text
    assert "待转入方接收" in told
    assert "撤回申请" in told
    assert "/acceptance" not in told
    assert "光明社区第一网格" in client.get("/transfers?box=mine").text


def test_the_receiving_secretary_finds_it_in_her_inbox_and_accepts(
    stage: Stage, stranger: FlaskClient
) -> None:
    adopt(stage.people.community)
    asked = stage.ask()
    assert "王桂芳" in stranger.get("/transfers").text
    page = stranger.get(f"/transfers/{asked.id}").text
    assert "接收时剩余的道德积分清零" in page
    assert submit(stranger, f"/transfers/{asked.id}/acceptance", key="accept-01").status_code == 303
    assert "已转入" in stranger.get(f"/transfers/{asked.id}").text
    with transaction() as session:
        assert (
            member_queries.member(session, stage.people.wang).residence_id
            == stage.people.other_grid
        )


def test_who_asks_for_a_stranger_must_know_number_and_name(
    stage: Stage, stranger: FlaskClient
) -> None:
    asked = {
        "way": "in", "relation": "residence", "to_org_id": stage.people.other_grid,
        "key": "from-the-page",
    }  # fmt: skip
    page = stranger.get("/transfers/new?way=in").text
    assert "光明社区第一网格" in page
    assert "幸福社区第一网格" not in page
    wrong = submit(stranger, "/transfers", **asked, number="2026000001", name="王芳")
    assert wrong.status_code == 404
    assert "没有这位成员" in wrong.text
    right = submit(stranger, "/transfers", **asked, number="2026000001", name="王桂芳")
    assert right.status_code == 303
    nobody = submit(stranger, "/transfers", **asked | {"key": "another-key"})
    assert nobody.status_code == 404  # she is in no register herself


def test_a_refusal_needs_its_reason_and_says_it(stage: Stage, stranger: FlaskClient) -> None:
    asked = stage.ask()
    url = f"/transfers/{asked.id}"
    assert submit(stranger, f"{url}/refusal", key="refuse-01", reason="").status_code == 422
    assert submit(stranger, f"{url}/refusal", key="refuse-01", reason="不住这里").status_code == 303
    assert "不住这里" in stranger.get(url).text
    again = submit(stranger, f"{url}/acceptance", key="accept-01")
    assert again.status_code == 409
    assert "已于" in again.text


def test_nobody_else_may_know_of_it(stage: Stage, client: FlaskClient) -> None:
    asked = stage.ask()
    sign_in(client, stage.people.other_volunteer)
    assert client.get(f"/transfers/{asked.id}").status_code == 404
    assert submit(client, f"/transfers/{asked.id}/withdrawal", key="withdraw-1").status_code == 404


def test_the_buttons_are_those_that_would_work(stage: Stage) -> None:
    people = stage.people

    def may(actor: Any, transfer_id: int) -> set[Step]:
        with transaction() as session:
            found = queries.transfer(session, transfer_id)
            steps = queries.steps_of(session, transfer_id)
            return set(queries.steps_open_to(actor, found, steps))

    mine = stage.ask()
    assert may(people.volunteer, mine.id) == {Step.WITHDRAWN}
    assert may(people.secretary, mine.id) == set()
    assert may(stage.receiver, mine.id) == {Step.ACCEPTED, Step.REFUSED}
    theirs = stage.ask(stage.receiver, member_id=people.li)
    assert may(stage.receiver, theirs.id) == {Step.CONSENTED_ON_PAPER, Step.WITHDRAWN}
    assert may(people.secretary, theirs.id) == {Step.CONSENTED_ON_PAPER}
    ours = stage.ask(people.secretary, member_id=people.zhao)
    assert may(people.secretary, ours.id) == {Step.CONSENTED_ON_PAPER, Step.WITHDRAWN}
    assert may(people.clerk, ours.id) == set()


def test_the_api_does_the_same(stage: Stage, stranger: FlaskClient) -> None:
    headers = {"X-CSRFToken": csrf_token(stranger)}
    made = stranger.post(
        API, headers=headers,
        json={
            "number": "2026000005", "name": "陈玉兰", "relation": "residence",
            "to_org_id": stage.people.other_grid, "key": "by-the-api",
        },
    )  # fmt: skip
    assert made.status_code == 201, made.json
    assert made.json["state"] == "awaiting_consent"
    url = f"{API}/{made.json['id']}"
    assert (
        stranger.post(f"{url}/acceptance", json={"key": "a-key-01"}, headers=headers).json["code"]
        == "consent_missing"
    )
    consented = stranger.post(f"{url}/consent", json={"key": "a-key-02"}, headers=headers)
    assert consented.json["state"] == "awaiting_acceptance"
    refused = stranger.post(
        f"{url}/refusal", json={"key": "a-key-03", "reason": "重复"}, headers=headers
    )
    assert refused.json["reason"] == "重复"
    assert (
        stranger.post(f"{url}/withdrawal", json={"key": "a-key-04"}, headers=headers).json["code"]
        == "transfer_settled"
    )
    listed = stranger.get(f"{API}?box=incoming").json
    assert (listed["total"], listed["waiting"]) == (1, 0)
    assert stranger.get(url).json["member_name"] == "陈玉兰"


def test_it_is_begun_on_her_page_and_stands_there_afterwards(
    stage: Stage, client: FlaskClient
) -> None:
    sign_in(client, stage.people.secretary)
    her = f"/members/{stage.people.wang}"
    way = f"/transfers/new?way=out&amp;member_id={stage.people.wang}"
    assert f'href="{way}"' in client.get(her).text
    page = client.get(f"/transfers/new?way=out&member_id={stage.people.wang}&q=光明").text
    for typed in ('value="2026000001"', 'value="王桂芳"'):
        assert typed in page
    answer = submit(
        client, "/transfers", way="out", relation="residence", q="光明", number="2026000001",
        name="王桂芳", to_org_id=stage.people.other_grid, key="from-her-page",
    )  # fmt: skip
    assert answer.status_code == 303
    page = client.get(her).text
    assert "幸福社区第一网格" in page
    assert "→ 光明社区第一网格" in page
    assert f'href="{answer.location}"' in page
    sign_in(client, stage.people.stranger)
    other = client.get(f"/transfers/new?way=out&member_id={stage.people.wang}&q=光明")
    assert (other.status_code, "王桂芳" in other.text) == (404, False)
