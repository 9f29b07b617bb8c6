"""The counter's pages without script and as htmx asks for them."""

import re
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM
from pointsbank.core.database import Database
from pointsbank.exchange import queries
from pointsbank.ledger import queries as ledger
from pointsbank.members import operations as members
from tests.community import sign_in, submit
from tests.conftest import NOW
from tests.exchange.shop import POINTS, Shop


@pytest.fixture
def card(bank: Database, shop: Shop) -> str:
    with bank.transaction() as session:
        issued = members.issue_card(session, SYSTEM, member_id=shop.people.wang, at=clock.now())
        return issued.digits


@pytest.fixture
def clerk(client: FlaskClient, shop: Shop) -> FlaskClient:
    return sign_in(client, shop.people.clerk)


def text(response: TestResponse) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.get_data(as_text=True)).split())


def look_up(clerk: FlaskClient, shop: Shop, code: str) -> TestResponse:
    return submit(clerk, "/counter/lookups", code=code, org_id=shop.org)


def key_of(page: TestResponse) -> str:
    found = re.search(r'name="key" value="([^"]+)"', page.get_data(as_text=True))
    assert found
    return found[1]


def take(clerk: FlaskClient, shop: Shop, url: str, key: str, **wanted: int) -> TestResponse:
    goods = {name: getattr(shop, name) for name in ("soap", "badge", "rice")}
    return submit(
        clerk,
        url,
        key=key,
        goods_id=list(goods.values()),
        quantity=[wanted.get(name, 0) for name in goods],
    )


def test_a_card_is_scanned_goods_are_chosen_and_handed_over(
    bank: Database, shop: Shop, clerk: FlaskClient, card: str
):
    assert "扫卡或扫手机码" in text(clerk.get("/counter"))
    found = look_up(clerk, shop, card)
    assert found.status_code == 303
    assert card not in found.location
    page = clerk.get(found.location)
    for told in ("王桂芳", "手机尾号 0001", "120 分", "大米", "50 分/袋", "库存 10 袋"):
        assert told in text(page), told
    done = take(clerk, shop, found.location, key_of(page), rice=1, soap=2)
    assert done.status_code == 303
    success = clerk.get(done.location)
    for told in ("兑换成功", "王桂芳", "60 分", "2026-1121-0001", "肥皂 ×2", "撤销", "下一位"):
        assert told in text(success), told
    with bank.snapshot() as session:
        assert ledger.balances(session, shop.people.wang)["morality"] == 60
        assert queries.goods(session, shop.rice).stock == 9


def test_a_double_tap_is_one_redemption(bank: Database, shop: Shop, clerk: FlaskClient, card: str):
    url = look_up(clerk, shop, card).location
    key = key_of(clerk.get(url))
    first, second = (take(clerk, shop, url, key, rice=1) for _ in range(2))
    assert first.location == second.location
    with bank.snapshot() as session:
        assert queries.goods(session, shop.rice).stock == 9


def test_undo_stands_on_the_success_screen(
    bank: Database, shop: Shop, clerk: FlaskClient, card: str
):
    url = look_up(clerk, shop, card).location
    done = take(clerk, shop, url, key_of(clerk.get(url)), rice=1)
    page = clerk.get(done.location).get_data(as_text=True)
    action = re.search(r'action="(/counter/redemptions/\d+/reversal)"', page)
    assert action
    undone = submit(clerk, action[1], reason="兑换点当场撤销")
    assert undone.location == done.location
    told = text(clerk.get(undone.location))
    assert "已撤销" in told
    assert "撤销这次兑换" not in told
    with bank.snapshot() as session:
        assert ledger.balances(session, shop.people.wang)["morality"] == POINTS


@pytest.mark.parametrize(
    ("wanted", "status", "sentence"),
    [
        ({"rice": 3}, 409, "积分不够：现有 120 分，需要 150 分，还差 30 分。"),
        ({"soap": 4}, 409, "肥皂只剩 3 块，不够 4 块。"),
        ({"soap": 1, "badge": 1}, 422, "所选商品使用不同种类的积分，请分两次兑换。"),
        ({}, 422, "请至少选择一件商品。"),
        ({"soap": 5000}, 422, "填写的内容有误"),
    ],
)
def test_a_refusal_is_a_red_sentence_and_keeps_the_basket(
    bank: Database, shop: Shop, clerk: FlaskClient, card: str, wanted: dict[str, int], status: int,
    sentence: str,
):  # fmt: skip
    url = look_up(clerk, shop, card).location
    refused = take(clerk, shop, url, key_of(clerk.get(url)), **wanted)
    assert refused.status_code == status
    assert sentence in text(refused)
    assert 'data-result="red"' in refused.get_data(as_text=True)
    if status == 409:
        assert f'value="{max(wanted.values())}"' in refused.get_data(as_text=True)
    with bank.snapshot() as session:
        assert ledger.balances(session, shop.people.wang)["morality"] == POINTS
        assert queries.goods(session, shop.soap).stock == 3


def test_quantities_go_with_goods_one_to_one(shop: Shop, clerk: FlaskClient, card: str):
    url = look_up(clerk, shop, card).location
    refused = submit(
        clerk, url, key=key_of(clerk.get(url)), goods_id=[shop.rice, shop.soap], quantity=[1]
    )
    assert refused.status_code == 422


def test_a_wrong_code_is_red_and_its_digits_stay_unsaid(shop: Shop, clerk: FlaskClient):
    refused = look_up(clerk, shop, "12345678901234567890")
    assert refused.status_code == 404
    assert "不认识这个码" in text(refused)
    assert "12345678901234567890" not in refused.get_data(as_text=True)


def test_an_old_or_altered_basket_asks_for_another_scan(shop: Shop, clerk: FlaskClient, card: str):
    url = look_up(clerk, shop, card).location
    assert clerk.get(f"{url}x").status_code == 422
    key = key_of(clerk.get(url))
    with clock.frozen(NOW + timedelta(minutes=16)):
        for answer in (clerk.get(url), take(clerk, shop, url, key, rice=1)):
            assert answer.status_code == 422
            assert "请重新扫码" in text(answer)


def test_htmx_gets_the_part_alone(shop: Shop, clerk: FlaskClient, card: str):
    url = look_up(clerk, shop, card).location
    part = clerk.get(url, headers={"HX-Request": "true"}).get_data(as_text=True)
    assert "<html" not in part
    assert "data-basket" in part


def test_a_receipt_can_be_printed_and_undone_where_allowed(
    shop: Shop, clerk: FlaskClient, card: str
):
    url = look_up(clerk, shop, card).location
    done = take(clerk, shop, url, key_of(clerk.get(url)), rice=1)
    receipt = f"/counter/redemptions/{done.location.rsplit('=')[-1]}"
    page = clerk.get(receipt)
    for told in ("2026-1121-0001", "王桂芳", "大米", "1 袋", "领取人签字", "撤销这次兑换"):
        assert told in text(page), told
    mine = sign_in(clerk, shop.people.volunteer).get(receipt)
    assert mine.status_code == 200
    assert "撤销这次兑换" not in text(mine)
    assert sign_in(clerk, shop.people.stranger).get(receipt).status_code == 403


def test_a_secretary_undoes_from_the_receipt(shop: Shop, clerk: FlaskClient, card: str):
    url = look_up(clerk, shop, card).location
    done = take(clerk, shop, url, key_of(clerk.get(url)), rice=1)
    receipt = f"/counter/redemptions/{done.location.rsplit('=')[-1]}"
    with clock.frozen(NOW + timedelta(days=1)):
        late = submit(
            sign_in(clerk, shop.people.clerk), f"{receipt}/reversal", reason="第二天才发现"
        )
        assert late.status_code == 403
        assert "请由社区书记办理" in text(late)
        secretary = sign_in(clerk, shop.people.secretary)
        undone = submit(secretary, f"{receipt}/reversal", reason="第二天才发现")
        assert undone.location == receipt
        assert "积分已退回" in text(secretary.get(receipt))


def test_the_day_s_sheet_sums_by_goods(shop: Shop, clerk: FlaskClient, card: str):
    assert "这一天没有兑换" in text(clerk.get("/counter/day"))
    url = look_up(clerk, shop, card).location
    take(clerk, shop, url, key_of(clerk.get(url)), rice=1, soap=2)
    told = text(clerk.get(f"/counter/day?org_id={shop.org}&on=2026-11-21"))
    for sum_of in ("2026-11-21 兑换清单", "大米 1 袋 50", "肥皂 2 块 10", "2026-1121-0001"):
        assert sum_of in told, sum_of
    assert clerk.get("/counter/day?on=tomorrow").status_code == 422


def test_goods_are_added_stocked_and_withdrawn(bank: Database, shop: Shop, clerk: FlaskClient):
    salt: dict[str, Any] = {
        "org_id": shop.org, "name": "食盐", "unit_name": "袋", "price_points": 2,
        "unit": "morality",
    }  # fmt: skip
    added = submit(clerk, "/goods", **salt)
    assert added.status_code == 303
    page = clerk.get(added.location)
    assert "食盐" in text(page)
    with bank.snapshot() as session:
        [number] = [o.goods_id for o in queries.goods_of(session, shop.org) if o.name == "食盐"]
    delivery = {"org_id": shop.org, "quantity": 7, "key": "delivery-one"}
    for _ in range(2):
        stocked = submit(clerk, f"/goods/{number}/stock-movements", **delivery)
        assert stocked.status_code == 303
    assert "7 袋" in text(clerk.get(stocked.location))
    assert submit(clerk, f"/goods/{number}/withdrawal").status_code == 303
    assert "已下架" in text(clerk.get("/goods"))


def test_wrong_goods_and_deliveries_are_told_on_the_page(shop: Shop, clerk: FlaskClient):
    wrong = submit(
        clerk, "/goods", org_id=shop.org, name="食盐", unit_name="袋", price_points=0,
        unit="morality",
    )  # fmt: skip
    assert wrong.status_code == 422
    assert "请填写 1 到 1000000 之间的整数。" in text(wrong)
    assert 'value="食盐"' in wrong.get_data(as_text=True)
    taken = submit(
        clerk, "/goods", org_id=shop.org, name="大米", unit_name="袋", price_points=1,
        unit="morality",
    )  # fmt: skip
    assert taken.status_code == 409
    assert "这个兑换点已有“大米”" in text(taken)
    delivery = submit(
        clerk, f"/goods/{shop.rice}/stock-movements", org_id=shop.org, quantity="many",
        key="delivery-two",
    )  # fmt: skip
    assert delivery.status_code == 422


def test_a_counter_without_goods_says_where_to_add_them(
    bank: Database, shop: Shop, clerk: FlaskClient, card: str
):
    for goods_id in (shop.rice, shop.soap, shop.badge):
        submit(clerk, f"/goods/{goods_id}/withdrawal")
    page = clerk.get(look_up(clerk, shop, card).location)
    assert "这个兑换点还没有商品" in text(page)


@pytest.mark.parametrize("who", ["volunteer", "organiser", "auditor"])
def test_the_counter_is_for_clerks(client: FlaskClient, shop: Shop, who: str):
    visitor = sign_in(client, getattr(shop.people, who))
    for url in ("/counter", "/counter/day", "/goods"):
        assert visitor.get(url).status_code == 403, url


def test_a_clerk_does_not_see_the_next_counter(shop: Shop, clerk: FlaskClient):
    for url in ("/counter", "/counter/day", "/goods"):
        assert clerk.get(f"{url}?org_id={shop.people.other_community}").status_code == 403, url


def test_the_counter_speaks_english(shop: Shop, clerk: FlaskClient, card: str):
    clerk.set_cookie("language", "en")
    page = text(clerk.get(look_up(clerk, shop, card).location))
    assert "Confirm" in page
    assert "10 袋 in stock" in page
