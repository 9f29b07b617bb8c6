"""Where a correction of spent points leaves a debt, exchanging waits until it is repaid."""

import re
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM
from pointsbank.core.database import Database
from pointsbank.exchange import operations
from pointsbank.exchange.rules import InDebt, TooFewPoints, Wish
from pointsbank.ledger import operations as ledger
from pointsbank.ledger.rules import DEFAULT_UNITS, MORALITY, SpentReversal
from pointsbank.members import operations as members
from tests.community import sign_in, submit
from tests.exchange.shop import Shop, give, open_shop

OWED = next(unit for unit in DEFAULT_UNITS if unit.code == MORALITY)


@pytest.fixture
def shop(bank: Database) -> Shop:
    """王桂芳 spent 100 of her 120 points, which then were corrected."""
    terms = replace(OWED, spent_reversal=SpentReversal.DEBT)
    with bank.transaction() as session:
        ledger.declare_unit(session, SYSTEM, unit=terms, at=clock.now())
        shop = open_shop(session)
    redeem(bank, shop, Wish(shop.rice, 2), key="first")
    with bank.transaction() as session:
        ledger.reverse(
            session, SYSTEM, transfer_ids=[1], key="undo", reason="correction",
            effective_on=clock.today(), at=clock.now(),
        )  # fmt: skip
    return shop


def redeem(bank: Database, shop: Shop, *lines: Wish, key: str) -> None:
    with bank.transaction() as session:
        operations.redeem(
            session, shop.people.clerk, org_id=shop.org, member_id=shop.people.wang,
            lines=lines, key=key, at=clock.now(),
        )  # fmt: skip


def test_redemption_waits_until_later_earnings_have_repaid_the_debt(
    bank: Database, shop: Shop
) -> None:
    soap = Wish(shop.soap, 1)
    with pytest.raises(InDebt) as told:
        redeem(bank, shop, soap, key="second")
    assert told.value.facts == {"debt": 100}
    redeem(bank, shop, Wish(shop.badge, 1), key="of other points")
    with bank.transaction() as session:
        give(session, shop.people.wang, 102)
    with pytest.raises(TooFewPoints):
        redeem(bank, shop, soap, key="third")
    with bank.transaction() as session:
        give(session, shop.people.wang, 3)
    redeem(bank, shop, soap, key="fourth")


def test_the_counter_and_her_own_page_tell_of_the_debt(
    bank: Database, shop: Shop, client: FlaskClient
) -> None:
    with bank.transaction() as session:
        card = members.issue_card(session, SYSTEM, member_id=shop.people.wang, at=clock.now())
    clerk = sign_in(client, shop.people.clerk)
    found = submit(clerk, "/counter/lookups", code=card.digits, org_id=shop.org)
    page = clerk.get(found.location).text
    assert "还欠 100 分：有积分花掉以后被更正了" in page
    key = re.search(r'name="key" value="([^"]+)"', page)
    assert key
    refused = submit(clerk, found.location, key=key[1], goods_id=[shop.soap], quantity=[1])
    assert refused.status_code == 409
    assert "没有扣分，也没有出库" in refused.text
    assert "还欠 100 分" in sign_in(client, shop.people.volunteer).get("/me").text
