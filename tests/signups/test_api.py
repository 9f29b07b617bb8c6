"""Sign-ups as JSON."""

from typing import Any

import pytest
from community import csrf_token
from flask import Flask
from flask.testing import FlaskClient
from scene import Scene

from pointsbank.core import clock
from tests.signups.conftest import BEFORE
from tests.signups.test_pages import House


@pytest.fixture
def house(app: Flask) -> Any:
    with clock.frozen(Scene.at(BEFORE)):
        yield House(app)


def send(client: FlaskClient, path: str, verb: str = "POST", **body: Any) -> Any:
    headers = {"X-CSRFToken": csrf_token(client)}
    return client.open(f"/api/v1{path}", method=verb, json=body, headers=headers)


def test_one_signs_up_and_reads_it(house: House) -> None:
    c = house.community
    wang, page = house.browser(c.volunteer), f"/events/{house.event_id}/sign-ups"
    made = send(wang, page, key="hers-once")
    assert made.status_code == 201
    assert (made.json["state"], made.json["way"]) == ("signed_up", "self")
    told = wang.get(f"/api/v1{page}").json
    assert (told["expected"], told["sign_ups"]) == (1, [])
    [spot] = told["spots"]
    assert (spot["left"], spot["signed_up"], spot["mine"], spot["post"]) == (0, 1, True, None)
    mine = wang.get("/api/v1/sign-ups").json
    assert [one["title"] for one in mine["coming"]] == ["周末清洁家园"]
    assert (mine["past"], mine["next_before"]) == ([], None)
    gone = send(wang, f"/sign-ups/{made.json['id']}/withdrawal", reason="有事")
    assert gone.json["state"] == "withdrawn"
    assert len(wang.get("/api/v1/sign-ups").json["past"]) == 1


def test_an_organiser_signs_up_by_card_and_by_team_and_reads_names(house: House) -> None:
    c = house.community
    organiser, page = house.browser(c.organiser), f"/events/{house.event_id}"
    by_card = send(organiser, f"{page}/companion-sign-ups", member_code=house.card, key="card")
    assert by_card.json["way"] == "organiser"
    told = send(
        organiser, f"{page}/team-sign-ups", team_id=c.team, member_ids=[c.wang], key="team"
    ).json
    assert told["answers"] == [{"member_id": c.wang, "sign_up": None, "refused": "full"}]
    [listed] = organiser.get(f"/api/v1{page}/sign-ups").json["sign_ups"]
    assert (listed["name"], listed["phone_tail"]) == ("陈玉兰", "")
    terms = send(organiser, f"{page}/sign-up-terms", "PUT", party_only=True, party_post_ids=[])
    assert terms.status_code == 204
    refused = send(house.browser(c.volunteer), f"{page}/sign-ups", key="no-party", wait=True)
    assert (refused.status_code, refused.json["code"]) == (409, "party_members_only")
