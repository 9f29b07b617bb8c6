"""Redeeming, stocking in, taking back: refusals in their order, effects, repeats."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM, Actor
from pointsbank.core.audit import AuditEntry
from pointsbank.core.database import Database, Session
from pointsbank.core.errors import Forbidden, Refused
from pointsbank.exchange import operations, queries, receipts
from pointsbank.exchange.models import Goods, Redemption, StockMovement
from pointsbank.exchange.rules import (
    AlreadyTakenBack,
    Basket,
    EmptyBasket,
    GoodsExist,
    GoodsNotHere,
    GoodsWithdrawn,
    KeyTaken,
    MixedUnits,
    NoSuchGoods,
    NoSuchRedemption,
    OutOfStock,
    RedemptionState,
    Settled,
    TakeBackTooLate,
    TooFewPoints,
    TooMuchStock,
    Wish,
    WrongDelivery,
    WrongPrice,
    WrongQuantity,
)
from pointsbank.ledger import queries as ledger
from pointsbank.ledger.rules import MINUTES, MORALITY, UnknownUnit
from pointsbank.members.models import Member
from pointsbank.members.rules import MemberLeft, NoSuchMember
from pointsbank.orgs.rules import NoSuchOrganisation
from tests.exchange.shop import PARTY_POINTS, POINTS, Shop, give

KEY = "a-key-of-a-page"


def redeem(session: Session, shop: Shop, lines: list[Wish], **other: Any) -> Settled:
    asked = {
        "org_id": shop.org, "member_id": shop.people.wang, "lines": lines, "key": KEY,
        "at": clock.now(),
    } | other  # fmt: skip
    actor: Actor = asked.pop("actor", shop.people.clerk)
    return operations.redeem(session, actor, **asked)


def points(session: Session, member_id: int) -> int:
    return ledger.balances(session, member_id).get(MORALITY, 0)


def stock(session: Session, goods_id: int) -> int:
    on_shelf = queries.goods(session, goods_id).stock
    moved = session.execute(
        select(func.sum(StockMovement.quantity)).where(StockMovement.goods_id == goods_id)
    ).scalar_one()
    assert on_shelf == moved, "stock is the sum of its movements"
    return on_shelf


def audited(session: Session) -> list[str]:
    return list(session.execute(select(AuditEntry.action).order_by(AuditEntry.id)).scalars())


def test_points_stock_and_receipt_move_together(bank: Database, shop: Shop):
    with bank.transaction() as session:
        before = audited(session)
        settled = redeem(session, shop, shop.basket(rice=1, soap=2))
    with bank.snapshot() as session:
        assert settled == Settled(settled.redemption_id, "2026-1121-0001", MORALITY, 60, 60)
        assert points(session, shop.people.wang) == POINTS - 60
        assert (stock(session, shop.rice), stock(session, shop.soap)) == (9, 1)
        receipt = receipts.receipt(session, settled.redemption_id)
        assert [(line.name, line.quantity, line.points) for line in receipt.lines] == [
            ("大米", 1, 50), ("肥皂", 2, 10),
        ]  # fmt: skip
        assert (receipt.org_name, receipt.member_name) == ("幸福社区", "王桂芳")
        assert (receipt.total_points, receipt.balance_points) == (60, 60)
        assert audited(session)[len(before) :] == ["exchange.redeem"]
        [transfer] = ledger.transfers_of(session, "redemption", settled.redemption_id)
        assert (transfer.amount, transfer.unit) == (60, MORALITY)


def test_minutes_are_not_touched(bank: Database, shop: Shop):
    with bank.transaction() as session:
        give(session, shop.people.wang, 600, unit=MINUTES)
        redeem(session, shop, shop.basket(rice=2))
        assert ledger.balances(session, shop.people.wang)[MINUTES] == 600


def test_party_goods_are_paid_in_party_points(bank: Database, shop: Shop):
    with bank.transaction() as session:
        settled = redeem(session, shop, shop.basket(badge=2))
        balances = ledger.balances(session, shop.people.wang)
    assert (balances["party"], balances[MORALITY]) == (PARTY_POINTS - 20, POINTS)
    assert settled.unit == "party"


def test_a_repeat_is_the_first_answer_again(bank: Database, shop: Shop):
    with bank.transaction() as session:
        first = redeem(session, shop, shop.basket(rice=1, soap=1))
        redeem(session, shop, shop.basket(soap=1), key="another-key")
        before = audited(session)
        again = redeem(session, shop, [*shop.basket(soap=1), Wish(shop.rice, 1)])
        assert again == replace(first, repeated=True)
        assert points(session, shop.people.wang) == POINTS - 60
        assert (stock(session, shop.rice), stock(session, shop.soap)) == (9, 1)
        assert audited(session) == before


@pytest.mark.parametrize("change", ["lines", "member", "counter"])
def test_the_same_key_with_other_content_is_a_conflict(bank: Database, shop: Shop, change: str):
    other: dict[str, Any] = {
        "lines": {"lines": shop.basket(rice=2)},
        "member": {"member_id": shop.people.li, "lines": shop.basket(rice=1)},
        "counter": {"org_id": shop.people.other_community, "lines": shop.basket(rice=1)},
    }[change]
    with bank.transaction() as session:
        redeem(session, shop, shop.basket(rice=1))
        with pytest.raises(KeyTaken):
            redeem(session, shop, **other)


def test_a_hopeless_redemption_is_refused_fault_by_fault(bank: Database, shop: Shop):
    people = shop.people
    with bank.transaction() as session:
        redeem(session, shop, shop.basket(soap=1), key="used")
        operations.withdraw_goods(session, people.clerk, goods_id=shop.badge, at=clock.now())
        give(session, people.li, 40)
        session.execute(update(Member).where(Member.id == people.li).values(left_on=clock.today()))
        towel = operations.add_goods(
            session, people.clerk, org_id=shop.org, name="毛巾", unit_name="条", price_points=1,
            unit="party", at=clock.now(),
        ).goods_id  # fmt: skip
        nobody, nothing = 999_999, Wish(999_999, 1)
        asked: dict[str, Any] = {
            "actor": people.stranger, "key": "used", "member_id": nobody, "lines": [],
        }  # fmt: skip
        steps: list[tuple[type[Refused], dict[str, Any]]] = [
            (KeyTaken, {}),
            (EmptyBasket, {"key": "fresh"}),
            (WrongQuantity, {"lines": [Wish(shop.rice, 1000)]}),
            (NoSuchMember, {"lines": [nothing]}),
            (NoSuchGoods, {"member_id": people.li}),
            (GoodsNotHere, {"lines": [Wish(shop.oil_elsewhere, 1)]}),
            (Forbidden, {"lines": [Wish(shop.rice, 11), Wish(shop.badge, 1)]}),
            (MemberLeft, {"actor": people.clerk}),
            (GoodsWithdrawn, {"member_id": people.zhou}),
            (MixedUnits, {"lines": [Wish(shop.rice, 11), Wish(towel, 1)]}),
            (OutOfStock, {"lines": [Wish(shop.rice, 11)]}),
            (TooFewPoints, {"lines": [Wish(shop.rice, 1)]}),
        ]
        before = session.execute(select(func.count()).select_from(Redemption)).scalar_one()
        for refusal, mended in steps:
            asked |= mended
            with pytest.raises(refusal):
                redeem(session, shop, **asked)
        assert session.execute(select(func.count()).select_from(Redemption)).scalar_one() == before
        redeem(session, shop, **asked | {"member_id": people.wang})


def test_what_is_refused_leaves_nothing_behind(bank: Database, shop: Shop):
    with pytest.raises(TooFewPoints) as refused, bank.transaction() as session:
        redeem(session, shop, shop.basket(rice=3))
    assert refused.value.facts == {"has": POINTS, "needed": 150, "short": 30}
    with bank.snapshot() as session:
        assert points(session, shop.people.wang) == POINTS
        assert stock(session, shop.rice) == 10
        assert session.execute(select(func.count()).select_from(Redemption)).scalar_one() == 0


def test_receipt_numbers_count_by_counter_and_day(bank: Database, shop: Shop):
    with bank.transaction() as session:
        give(session, shop.people.zhou, 100)
        one = redeem(session, shop, shop.basket(soap=1), key="k1")
        two = redeem(session, shop, shop.basket(soap=1), key="k2")
        elsewhere = redeem(
            session, shop, [Wish(shop.oil_elsewhere, 1)], key="k3", actor=shop.people.stranger,
            org_id=shop.people.other_community, member_id=shop.people.zhou,
        )  # fmt: skip
        tomorrow = redeem(
            session, shop, shop.basket(soap=1), key="k4", at=clock.now() + timedelta(days=1)
        )
    numbers = [settled.number for settled in (one, two, elsewhere, tomorrow)]
    assert numbers == ["2026-1121-0001", "2026-1121-0002", "2026-1121-0001", "2026-1122-0001"]


def test_a_batch_settles_each_basket_by_itself_and_in_order(bank: Database, shop: Shop):
    people, at = shop.people, clock.now()
    wishes = [
        ("k1", people.wang, shop.basket(rice=1)),
        ("k2", people.li, shop.basket(soap=1)),  # no points
        ("k3", people.wang, shop.basket(rice=2)),  # 70 left, 100 needed
        ("k4", people.wang, shop.basket(soap=2)),
        ("k5", people.wang, shop.basket(soap=2)),  # one left
        ("k6", people.wang, shop.basket(rice=1)),
    ]
    baskets = [Basket(key, shop.org, who, tuple(lines), at) for key, who, lines in wishes]
    with bank.transaction() as session:
        outcomes = operations.redeem_many(session, SYSTEM, baskets, at=at)
        again = operations.redeem_many(session, SYSTEM, baskets[:1], at=at)
    told = [o.number if isinstance(o, Settled) else type(o) for o in outcomes]
    assert told == [
        "2026-1121-0001", TooFewPoints, TooFewPoints, "2026-1121-0002", OutOfStock,
        "2026-1121-0003",
    ]  # fmt: skip
    assert [o.balance_points for o in outcomes if isinstance(o, Settled)] == [70, 60, 10]
    assert again == [replace(outcomes[0], repeated=True)]  # type: ignore[type-var]
    with bank.snapshot() as session:
        assert (stock(session, shop.rice), stock(session, shop.soap)) == (8, 1)
        assert points(session, people.wang) == 10


def test_a_batch_of_nothing_but_refusals_writes_nothing(bank: Database, shop: Shop):
    at = clock.now()
    basket = Basket("k1", shop.org, shop.people.li, tuple(shop.basket(rice=1)), at)
    with bank.transaction() as session:
        [refused] = operations.redeem_many(session, SYSTEM, [basket], at=at)
        assert isinstance(refused, TooFewPoints)
        assert operations.redeem_many(session, SYSTEM, [], at=at) == []


def test_goods_taken_back_give_points_and_stock_back(bank: Database, shop: Shop):
    with bank.transaction() as session:
        settled = redeem(session, shop, shop.basket(rice=1, soap=2))
        undone = operations.take_back(
            session, shop.people.clerk, redemption_id=settled.redemption_id, reason="拿错了",
            at=clock.now(),
        )  # fmt: skip
    assert undone == replace(settled, balance_points=POINTS)
    with bank.snapshot() as session:
        assert points(session, shop.people.wang) == POINTS
        assert (stock(session, shop.rice), stock(session, shop.soap)) == (10, 3)
        receipt = receipts.receipt(session, settled.redemption_id)
        assert (receipt.state, receipt.taken_back_at) == (RedemptionState.TAKEN_BACK, clock.now())
        kinds = session.execute(select(StockMovement.kind).order_by(StockMovement.id)).scalars()
        assert [kind.value for kind in kinds][-4:] == ["redeemed"] * 2 + ["taken_back"] * 2
        assert audited(session)[-1] == "exchange.take_back"


def test_taking_back_is_refused_fault_by_fault_and_repeated_for_the_same_reason(
    bank: Database, shop: Shop
):
    people, tomorrow = shop.people, clock.now() + timedelta(days=1)

    def take_back(session: Session, actor: Actor, number: int, reason: str, at: Any) -> Settled:
        return operations.take_back(
            session, actor, redemption_id=number, reason=reason, at=at
        )  # fmt: skip

    with bank.transaction() as session:
        made = redeem(session, shop, shop.basket(rice=1)).redemption_id
        with pytest.raises(NoSuchRedemption):
            take_back(session, people.stranger, 999_999, "拿错了", tomorrow)
        with pytest.raises(Forbidden) as forbidden:
            take_back(session, people.stranger, made, "拿错了", tomorrow)
        assert type(forbidden.value) is Forbidden
        with pytest.raises(TakeBackTooLate) as late:
            take_back(session, people.clerk, made, "拿错了", tomorrow)
        assert late.value.facts == {"on": clock.today()}
        first = take_back(session, people.secretary, made, "拿错了", tomorrow)
        with pytest.raises(AlreadyTakenBack) as already:
            take_back(session, people.secretary, made, "又一次", tomorrow)
        assert already.value.facts == {"since": tomorrow}
        again = take_back(session, people.secretary, made, "拿错了", tomorrow)
        assert again == replace(first, repeated=True)
        assert points(session, people.wang) == POINTS


def test_an_undo_button_is_shown_to_whom_it_would_obey(bank: Database, shop: Shop):
    people, now = shop.people, clock.now()
    tomorrow = now + timedelta(days=1)
    with bank.transaction() as session:
        made = redeem(session, shop, shop.basket(rice=1)).redemption_id
        receipt = receipts.receipt(session, made)
        may = [
            operations.may_take_back(who, receipt, at=at)
            for who in (people.clerk, people.secretary, people.stranger, people.volunteer)
            for at in (now, tomorrow)
        ]
        operations.take_back(session, people.clerk, redemption_id=made, reason="错", at=now)
        undone = receipts.receipt(session, made)
    assert may == [True, False, True, True, False, False, False, False]
    assert not operations.may_take_back(people.clerk, undone, at=now)


def test_a_delivery_is_put_on_the_shelf_once(bank: Database, shop: Shop):
    def deliver(session: Session, quantity: int) -> int:
        return operations.stock_in(
            session, shop.people.clerk, goods_id=shop.rice, quantity=quantity, key="lorry",
            at=clock.now(),
        ).stock  # fmt: skip

    with bank.transaction() as session:
        assert deliver(session, 20) == 30
        assert deliver(session, 20) == 30
        assert stock(session, shop.rice) == 30
        with pytest.raises(KeyTaken):
            deliver(session, 21)
        assert audited(session)[-1] == "exchange.stock_in"


def test_a_hopeless_delivery_is_refused_fault_by_fault(bank: Database, shop: Shop):
    people = shop.people
    with bank.transaction() as session:
        operations.withdraw_goods(session, people.clerk, goods_id=shop.soap, at=clock.now())
        asked: dict[str, Any] = {
            "actor": people.stranger, "goods_id": 999_999, "quantity": 0,
            "key": f"first-{shop.rice}",
        }  # fmt: skip
        steps: list[tuple[type[Refused], dict[str, Any]]] = [
            (KeyTaken, {}),
            (NoSuchGoods, {"key": "lorry"}),
            (Forbidden, {"goods_id": shop.soap}),
            (GoodsWithdrawn, {"actor": people.clerk}),
            (WrongDelivery, {"goods_id": shop.rice}),
            (TooMuchStock, {"quantity": 1_000_000}),
        ]
        for refusal, mended in steps:
            asked |= mended
            given = dict(asked)
            with pytest.raises(refusal):
                operations.stock_in(session, given.pop("actor"), **given, at=clock.now())
        assert stock(session, shop.rice) == 10


def test_goods_are_added_once_by_their_name(bank: Database, shop: Shop):
    salt: dict[str, Any] = {
        "org_id": shop.org, "name": "食盐", "unit_name": "袋", "price_points": 2, "at": clock.now(),
    }  # fmt: skip
    with bank.transaction() as session:
        first = operations.add_goods(session, shop.people.secretary, **salt)
        assert (first.stock, first.unit) == (0, MORALITY)
        assert operations.add_goods(session, shop.people.clerk, **salt) == first
        with pytest.raises(GoodsExist):
            operations.add_goods(session, shop.people.clerk, **salt | {"price_points": 3})
        names = [offer.name for offer in queries.goods_of(session, shop.org)]
    assert names == ["食盐", "肥皂", "徽章", "大米"]


def test_hopeless_goods_are_refused_fault_by_fault(bank: Database, shop: Shop):
    asked: dict[str, Any] = {
        "actor": shop.people.stranger, "org_id": shop.org, "name": "大米", "unit_name": "袋",
        "price_points": 0, "unit": MINUTES,
    }  # fmt: skip
    steps: list[tuple[type[Refused], dict[str, Any]]] = [
        (GoodsExist, {}),
        (NoSuchOrganisation, {"org_id": 999_999}),
        (UnknownUnit, {"org_id": shop.org, "name": "食盐"}),
        (Forbidden, {"unit": MORALITY}),
        (WrongPrice, {"actor": shop.people.secretary}),
    ]
    with bank.transaction() as session:
        for refusal, mended in steps:
            asked |= mended
            given = dict(asked)
            with pytest.raises(refusal):
                operations.add_goods(session, given.pop("actor"), **given, at=clock.now())
        assert session.execute(select(func.count()).select_from(Goods)).scalar_one() == 4


def test_withdrawn_goods_are_offered_no_longer(bank: Database, shop: Shop):
    people, now = shop.people, clock.now()

    def withdraw(session: Session, actor: Actor, goods_id: int, days: int = 0) -> Any:
        at = now + timedelta(days=days)
        return operations.withdraw_goods(session, actor, goods_id=goods_id, at=at).withdrawn_at

    with bank.transaction() as session:
        with pytest.raises(NoSuchGoods):
            withdraw(session, people.stranger, 999_999)
        with pytest.raises(Forbidden):
            withdraw(session, people.stranger, shop.soap)
        assert withdraw(session, people.clerk, shop.soap) == now
        assert withdraw(session, people.clerk, shop.soap, days=1) == now
        offered = [offer.name for offer in queries.goods_of(session, shop.org)]
        ever = [offer.name for offer in queries.goods_of(session, shop.org, withdrawn=True)]
    assert offered == ["徽章", "大米"]
    assert ever == ["徽章", "大米", "肥皂"]
