"""What the counter looks up: the day's sheet, places, stories and a year's figures."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM, Role
from pointsbank.core.database import Database
from pointsbank.core.errors import Forbidden
from pointsbank.exchange import figures, operations, queries, receipts, stories
from pointsbank.exchange.queries import Place
from pointsbank.exchange.receipts import GoodsOfDay
from pointsbank.exchange.rules import NoSuchGoods, NoSuchRedemption
from pointsbank.members import operations as members
from pointsbank.members.models import Member
from tests.exchange.shop import Shop, give
from tests.exchange.test_two_clerks import redemption


def test_a_code_says_who_stands_there_and_what_she_has(bank: Database, shop: Shop):
    with bank.transaction() as session:
        card = members.issue_card(session, SYSTEM, member_id=shop.people.wang, at=clock.now())
        found = queries.customer_by_code(
            session, shop.people.clerk, org_id=shop.org, digits=card.digits, at=clock.now()
        )
    assert (found.name, found.phone_tail, found.member_id) == ("王桂芳", "0001", shop.people.wang)
    assert (found.balances["morality"], found.balances["party"]) == (120, 30)


def test_a_day_s_sheet_sums_what_was_handed_over_and_kept(bank: Database, shop: Shop):
    people, now = shop.people, clock.now()
    with bank.transaction() as session:
        give(session, people.li, 100)
        redemption(shop, people.wang, "k1-aaaa", rice=1, soap=1)(session)
        redemption(shop, people.li, "k2-aaaa", rice=1)(session)
        redemption(shop, people.wang, "k3-aaaa", badge=2)(session)
        undone = redemption(shop, people.wang, "k4-aaaa", soap=2)(session)
        operations.take_back(
            session, people.clerk, redemption_id=undone.redemption_id, reason="错", at=now
        )
        sheet = receipts.day_sheet(session, shop.org, clock.today())
        tomorrow = receipts.day_sheet(session, shop.org, clock.today() + timedelta(days=1))
    assert [receipt.number[-4:] for receipt in sheet.receipts] == ["0001", "0002", "0003", "0004"]
    assert set(sheet.goods) == {
        GoodsOfDay("大米", "袋", "morality", 2, 100),
        GoodsOfDay("肥皂", "块", "morality", 1, 5),
        GoodsOfDay("徽章", "枚", "party", 2, 20),
    }
    assert sheet.points == {"morality": 105, "party": 20}
    assert (tomorrow.receipts, tomorrow.goods, tomorrow.points) == ((), (), {})


def test_a_receipt_is_for_the_member_her_counter_and_those_above(bank: Database, shop: Shop):
    people = shop.people
    with bank.transaction() as session:
        made = redemption(shop, people.wang, "k1-aaaa", rice=1)(session).redemption_id
        for actor in (people.volunteer, people.clerk, people.secretary, people.official):
            assert receipts.receipt_for(session, actor, made).id == made
        for actor in (people.other_volunteer, people.stranger, people.organiser):
            with pytest.raises(Forbidden):
                receipts.receipt_for(session, actor, made)
        with pytest.raises(NoSuchRedemption):
            receipts.receipt(session, 999_999)
        with pytest.raises(NoSuchGoods):
            queries.goods(session, 999_999)


def test_a_clerk_stands_at_her_counter_and_no_other(bank: Database, shop: Shop):
    people = shop.people
    with bank.snapshot() as session:
        here = Place(shop.org, "幸福社区", ((shop.org, "幸福社区"),))
        assert queries.place(session, people.clerk, None, Role.CLERK) == here
        assert queries.place(session, people.clerk, shop.org, Role.CLERK) == here
        with pytest.raises(Forbidden):
            queries.place(session, people.clerk, people.other_community, Role.CLERK)
        street = queries.place(session, people.official, None, Role.OFFICIAL)
    names = [name for _, name in street.counters]
    assert names == ["幸福社区", "光明社区", "明仁街道"], "with goods first, then the street itself"


def test_a_story_tells_goods_counter_and_receipt(bank: Database, shop: Shop):
    with bank.transaction() as session:
        made = redemption(shop, shop.people.wang, "k1-aaaa", rice=1, soap=2)(session).redemption_id
        told = stories.stories(session, [made, 999_999])
        assert stories.stories(session, []) == {}
    assert list(told) == [made]
    assert told[made].title == "大米 ×1、肥皂 ×2"
    assert told[made].detail == "幸福社区 · 2026-1121-0001"
    assert told[made].url == f"/counter/redemptions/{made}"


def test_a_year_s_figure_is_net_of_what_was_taken_back(bank: Database, shop: Shop):
    people, now = shop.people, clock.now()
    with bank.transaction() as session:
        give(session, people.zhou, 100)
        redemption(shop, people.wang, "k1-aaaa", rice=1)(session)
        redemption(shop, people.wang, "k2-aaaa", badge=1)(session)
        redemption(shop, people.zhou, "k3-aaaa", soap=1)(session)
        undone = redemption(shop, people.wang, "k4-aaaa", soap=1)(session)
        operations.take_back(
            session, people.clerk, redemption_id=undone.redemption_id, reason="错", at=now
        )
        everyone = select(Member.id)
        told = sorted(figures.member_figures(session, year=2026, scope=everyone))
        one = everyone.where(Member.id == people.zhou)
        assert list(figures.member_figures(session, year=2026, scope=one)) == [
            (people.zhou, "redeemed", 5)
        ]
        assert list(figures.member_figures(session, year=2025, scope=everyone)) == []
    assert told == [(people.wang, "redeemed", 60), (people.zhou, "redeemed", 5)]
