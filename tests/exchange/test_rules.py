"""Baskets, prices, receipt numbers: tables of values."""

from datetime import UTC, date, datetime

import pytest

from pointsbank.core.errors import Refused
from pointsbank.exchange import rules
from pointsbank.exchange.rules import (
    EmptyBasket,
    GoodsNotHere,
    GoodsWithdrawn,
    MixedUnits,
    NoSuchGoods,
    Offer,
    OutOfStock,
    TooFewPoints,
    TooMuchStock,
    Wish,
    WrongDelivery,
    WrongPrice,
    WrongQuantity,
)

RICE = Offer(1, 7, "大米", "袋", "morality", 50, 10)
SOAP = Offer(2, 7, "肥皂", "块", "morality", 5, 3)
BADGE = Offer(3, 7, "徽章", "枚", "party", 10, 5)
GONE = Offer(4, 7, "毛巾", "条", "morality", 8, 5, datetime(2026, 3, 5, 1, tzinfo=UTC))
SHELF = {offer.goods_id: offer for offer in (RICE, SOAP, BADGE, GONE)}


def test_wishes_for_the_same_goods_become_one_line_in_the_order_of_ids():
    wishes = [Wish(2, 1), Wish(1, 1), Wish(2, 2)]
    assert rules.merged(wishes) == (Wish(1, 1), Wish(2, 3))


def test_a_basket_costs_the_sum_of_its_lines():
    lines = rules.priced([Wish(1, 2), Wish(2, 3)], SHELF)
    assert [line.points for line in lines] == [100, 15]
    assert rules.total_points(lines) == 115


def test_goods_that_there_are_not_have_no_price():
    with pytest.raises(NoSuchGoods):
        rules.priced([Wish(99, 1)], SHELF)


@pytest.mark.parametrize(
    ("wishes", "refusal"),
    [
        ([], EmptyBasket),
        ([Wish(1, 0)], WrongQuantity),
        ([Wish(1, -1)], WrongQuantity),
        ([Wish(1, 1000)], WrongQuantity),
    ],
)
def test_a_basket_holds_something_and_not_too_much(wishes: list[Wish], refusal: type[Refused]):
    with pytest.raises(refusal):
        rules.check_form(wishes)


def test_an_ordinary_basket_is_of_the_right_form():
    rules.check_form([Wish(1, 1), Wish(2, 999)])


def test_goods_are_handed_over_at_their_own_counter():
    lines = rules.priced([Wish(1, 1)], SHELF)
    rules.check_at_counter(lines, 7)
    with pytest.raises(GoodsNotHere) as refused:
        rules.check_at_counter(lines, 8)
    assert refused.value.facts == {"goods": "大米"}


def test_goods_on_offer_are_paid_in_their_unit():
    assert rules.check_on_offer(rules.priced([Wish(1, 1), Wish(2, 1)], SHELF)) == "morality"


def test_withdrawn_goods_say_since_when():
    with pytest.raises(GoodsWithdrawn) as refused:
        rules.check_on_offer(rules.priced([Wish(4, 1)], SHELF))
    assert refused.value.facts == {"goods": "毛巾", "since": GONE.withdrawn_at}


def test_one_redemption_is_paid_in_one_kind_of_points():
    with pytest.raises(MixedUnits):
        rules.check_on_offer(rules.priced([Wish(1, 1), Wish(3, 1)], SHELF))


def test_the_shelf_gives_what_it_holds_and_says_what_is_left():
    lines = rules.priced([Wish(2, 3)], SHELF)
    rules.check_stock(lines, {2: 3})
    with pytest.raises(OutOfStock) as refused:
        rules.check_stock(lines, {2: 2})
    assert refused.value.facts == {"goods": "肥皂", "left": 2, "wanted": 3, "unit_name": "块"}


def test_too_few_points_say_how_many_are_missing():
    rules.check_points(needed=30, has=30)
    with pytest.raises(TooFewPoints) as refused:
        rules.check_points(needed=30, has=12)
    assert refused.value.facts == {"has": 12, "needed": 30, "short": 18}


@pytest.mark.parametrize(
    ("quantity", "refusal"),
    [(0, WrongDelivery), (-5, WrongDelivery), (1_000_001, WrongDelivery), (999_991, TooMuchStock)],
)
def test_a_delivery_is_at_least_one_and_fits_the_shelf(quantity: int, refusal: type[Refused]):
    with pytest.raises(refusal):
        rules.check_delivery(RICE, quantity)


def test_a_delivery_may_fill_the_shelf():
    rules.check_delivery(RICE, 999_990)


@pytest.mark.parametrize("price", [0, -1, 1_000_001])
def test_a_price_is_a_point_or_more(price: int):
    with pytest.raises(WrongPrice):
        rules.check_price(price)


def test_a_price_of_one_point_is_a_price():
    rules.check_price(1)


@pytest.mark.parametrize(
    ("day", "sequence", "number"),
    [
        (date(2026, 3, 12), 7, "2026-0312-0007"),
        (date(2026, 12, 1), 12345, "2026-1201-12345"),
    ],
)
def test_a_receipt_number_is_the_day_and_a_serial(day: date, sequence: int, number: str):
    assert rules.receipt_number(day, sequence) == number


def test_a_summary_names_goods_and_counts():
    assert rules.summary([("大米", 1), ("肥皂", 2)]) == "大米 ×1、肥皂 ×2"


@pytest.mark.parametrize(
    ("purse", "total", "taken"),
    [
        ({1: 30}, 20, ((1, 20),)),
        ({1: 30, 2: 50}, 40, ((1, 30), (2, 10))),
        ({1: 30, 2: 50}, 30, ((1, 30),)),
        ({1: -5, 2: 50}, 40, ((2, 40),)),
    ],
)
def test_a_persons_accounts_are_drawn_on_in_turn(
    purse: dict[int, int], total: int, taken: tuple[tuple[int, int], ...]
) -> None:
    assert rules.drawn(purse, total) == taken
