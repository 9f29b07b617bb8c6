"""The counter over JSON: goods, lookups, redemptions, reversals, and what bad input gets."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM, Actor
from pointsbank.core.database import Database, snapshot
from pointsbank.exchange import customers, queries
from pointsbank.ledger import queries as ledger
from pointsbank.members import operations as members
from tests.community import csrf_token, sign_in
from tests.exchange.shop import POINTS, Shop

API = "/api/v1"


def post(client: FlaskClient, url: str, body: Any) -> TestResponse:
    return client.post(API + url, json=body, headers={"X-CSRFToken": csrf_token(client)})


@pytest.fixture
def clerk(client: FlaskClient, shop: Shop) -> FlaskClient:
    return sign_in(client, shop.people.clerk)


def asked(shop: Shop, **other: Any) -> dict[str, Any]:
    return {
        "customer": customers.known_as(shop.people.wang, shop.org, at=clock.now()),
        "lines": [{"goods_id": shop.rice, "quantity": 1}, {"goods_id": shop.soap, "quantity": 2}],
        "key": "key-of-a-page",
    } | other


def test_a_redemption_is_made_read_and_reversed(bank: Database, shop: Shop, clerk: FlaskClient):
    made = post(clerk, "/redemptions", asked(shop))
    assert made.status_code == 201
    body = made.get_json()
    assert (body["number"], body["total_points"], body["balance_points"]) == (
        "2026-1121-0001", 60, 60,
    )  # fmt: skip
    assert body["lines"][1] == {
        "goods_id": shop.soap, "name": "肥皂", "unit_name": "块", "price_points": 5,
        "quantity": 2, "points": 10,
    }  # fmt: skip
    assert post(clerk, "/redemptions", asked(shop)).get_json() == body
    assert clerk.get(f"{API}/redemptions/{body['id']}").get_json() == body
    undone = post(clerk, f"/redemptions/{body['id']}/reversal", {"reason": "拿错了"})
    assert (undone.status_code, undone.get_json()["state"]) == (200, "taken_back")
    with bank.snapshot() as session:
        assert ledger.balances(session, shop.people.wang)["morality"] == POINTS


def test_a_code_is_looked_up(bank: Database, shop: Shop, clerk: FlaskClient):
    with bank.transaction() as session:
        card = members.issue_card(session, SYSTEM, member_id=shop.people.wang, at=clock.now())
    found = post(clerk, "/member-lookups", {"org_id": shop.org, "code": card.digits})
    assert found.status_code == 200
    body = found.get_json()
    assert (body["name"], body["phone_tail"], body["balances"]["morality"]) == (
        "王桂芳", "0001", POINTS,
    )  # fmt: skip
    unknown = post(clerk, "/member-lookups", {"org_id": shop.org, "code": "1" * 20})
    assert (unknown.status_code, unknown.get_json()["code"]) == (404, "code_invalid")


def test_goods_are_listed_added_and_stocked(shop: Shop, clerk: FlaskClient):
    added = post(
        clerk,
        "/goods",
        {"org_id": shop.org, "name": "食盐", "unit_name": "袋", "price_points": 2},
    )
    assert added.status_code == 201
    number = added.get_json()["id"]
    delivery = {"quantity": 20, "key": "lorry-of-friday"}
    for _ in range(2):
        stocked = post(clerk, f"/goods/{number}/stock-movements", delivery)
        assert (stocked.status_code, stocked.get_json()["stock"]) == (201, 20)
    listed = clerk.get(f"{API}/goods?org_id={shop.org}").get_json()
    assert [goods["name"] for goods in listed] == ["食盐", "肥皂", "徽章", "大米"]
    assert clerk.get(f"{API}/goods?org_id=999999").status_code == 404


def test_too_few_points_and_no_stock_are_sentences(bank: Database, shop: Shop, clerk: FlaskClient):
    dear = asked(shop, lines=[{"goods_id": shop.rice, "quantity": 3}])
    refused = post(clerk, "/redemptions", dear)
    assert refused.status_code == 409
    assert refused.mimetype == "application/problem+json"
    assert refused.get_json()["code"] == "too_few_points"
    assert refused.get_json()["title"] == "积分不够：现有 120 分，需要 150 分，还差 30 分。"
    many = asked(shop, lines=[{"goods_id": shop.soap, "quantity": 4}])
    assert post(clerk, "/redemptions", many).get_json()["title"] == "肥皂只剩 3 块，不够 4 块。"
    with bank.snapshot() as session:
        assert ledger.balances(session, shop.people.wang)["morality"] == POINTS
        assert queries.goods(session, shop.rice).stock == 10


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"customer": None}, "customer"),
        ({"customer": 7}, "customer"),
        ({"customer": "x" * 601}, "customer"),
        ({"member_id": 1}, "member_id"),
        ({"lines": "rice"}, "lines"),
        ({"lines": [{"goods_id": 1, "quantity": 0}]}, "lines.0.quantity"),
        ({"lines": [{"goods_id": 1, "quantity": 10**9}]}, "lines.0.quantity"),
        ({"lines": [{"goods_id": 1, "quantity": 1.5}]}, "lines.0.quantity"),
        ({"lines": [{"goods_id": 1, "quantity": 1}] * 51}, "lines"),
        ({"lines": [{"goods_id": 1, "quantity": 1, "price": 0}]}, "lines.0.price"),
        ({"key": "key"}, "key"),
        ({"key": "k" * 65}, "key"),
        ({"key": "null\x00byte"}, "key"),
        ({"discount": 100}, "discount"),
    ],
)
def test_bad_input_names_the_field(
    shop: Shop, clerk: FlaskClient, change: dict[str, Any], field: str
):
    refused = post(clerk, "/redemptions", asked(shop, **change))
    assert refused.status_code == 422
    assert list(refused.get_json()["errors"]) == [field]


def test_an_empty_basket_is_refused(shop: Shop, clerk: FlaskClient):
    refused = post(clerk, "/redemptions", asked(shop, lines=[]))
    assert (refused.status_code, refused.get_json()["code"]) == (422, "empty_basket")


def test_a_body_that_is_not_json_is_refused(shop: Shop, clerk: FlaskClient):
    headers = {"X-CSRFToken": csrf_token(clerk), "Content-Type": "application/json"}
    refused = clerk.post(f"{API}/redemptions", data="{", headers=headers)
    assert refused.status_code == 400
    assert refused.mimetype == "application/problem+json"


@pytest.mark.parametrize("who", ["volunteer", "organiser", "auditor", "secretary", "stranger"])
def test_only_a_clerk_of_the_counter_hands_over(client: FlaskClient, shop: Shop, who: str):
    actor: Actor = getattr(shop.people, who)
    refused = post(sign_in(client, actor), "/redemptions", asked(shop))
    assert refused.status_code == 403


def test_nobody_hands_over_without_signing_in(client: FlaskClient, shop: Shop):
    assert client.get(f"{API}/goods?org_id={shop.org}").status_code == 401


@pytest.mark.parametrize(
    ("who", "status"),
    [("volunteer", 200), ("other_volunteer", 403), ("official", 200), ("stranger", 403)],
)
def test_a_receipt_is_not_for_everyone(client: FlaskClient, shop: Shop, who: str, status: int):
    made = post(sign_in(client, shop.people.clerk), "/redemptions", asked(shop)).get_json()
    reader = sign_in(client, getattr(shop.people, who))
    assert reader.get(f"{API}/redemptions/{made['id']}").status_code == status
    assert reader.get(f"{API}/redemptions/999999").status_code == 404


def test_goods_are_handed_only_to_who_was_looked_up_here(shop: Shop, clerk: FlaskClient):
    elsewhere = customers.known_as(shop.people.wang, shop.people.other_community, at=clock.now())
    assert post(clerk, "/redemptions", asked(shop, customer=elsewhere)).status_code in {403, 404}
    forged = customers.known_as(shop.people.wang, shop.org, at=clock.now())[:-2] + "xx"
    assert post(clerk, "/redemptions", asked(shop, customer=forged)).status_code == 422
    left = customers.known_as(shop.people.wang, shop.org, at=clock.now() - customers.STAY * 2)
    assert post(clerk, "/redemptions", asked(shop, customer=left)).status_code == 422
    with snapshot() as session:
        assert ledger.balances(session, shop.people.wang)["morality"] == POINTS


def test_only_a_clerk_of_the_counter_looks_people_up(shop: Shop, client: FlaskClient):
    stranger = sign_in(client, shop.people.stranger)
    asked_for = {"org_id": shop.org, "code": "1" * 20}
    assert post(stranger, "/member-lookups", asked_for).get_json()["code"] == "forbidden"
