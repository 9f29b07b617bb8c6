"""Whoever is about to lose points is told on her page, so many days ahead as is set."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from community import Community, build, sign_in, submit
from flask.testing import FlaskClient

from pointsbank.core import bank as bank_module
from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM
from pointsbank.core.database import Database, transaction
from pointsbank.ledger import operations as ledger
from pointsbank.ledger.rules import (
    DEFAULT_UNITS,
    MORALITY,
    ExpiryPolicy,
    household_account,
    member_account,
)
from pointsbank.members import operations as members
from tests.joint import household
from tests.ledger.accounts import earns, posted, spends

DAYS_LEFT = (date(2026, 12, 31) - date(2026, 11, 21)).days


@pytest.fixture
def people(bank: Database) -> Community:
    """Points lapse with the year."""
    morality = next(unit for unit in DEFAULT_UNITS if unit.code == MORALITY)
    terms = replace(morality, expiry=ExpiryPolicy.END_OF_YEAR)
    with transaction() as session:
        ledger.declare_unit(session, SYSTEM, unit=terms, at=clock.now())
        return build(session)


def told(client: FlaskClient, people: Community) -> str:
    return sign_in(client, people.volunteer).get("/me").text


def test_she_is_told_so_many_days_ahead(
    people: Community, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    hers = member_account(people.wang, MORALITY)
    posted(earns("a", hers, 100), spends("s", hers, 30))
    for days, soon in ((DAYS_LEFT - 1, False), (DAYS_LEFT, True)):
        monkeypatch.setattr(bank_module.settings(), "expiry_notice_days", days)
        assert ("您有 70 分道德积分的有效期只到" in told(client, people)) is soon, days
    posted(spends("rest", hers, 70))
    assert "有效期只到" not in told(client, people)


def test_a_household_s_points_are_told_of_too(people: Community, client: FlaskClient) -> None:
    with transaction() as session:
        home = household(session, people.wang, people.li)
    posted(earns("a", household_account(home, MORALITY), 40))
    with clock.frozen(clock.now() + timedelta(days=DAYS_LEFT - 20)):
        assert "家庭账户有 40 分道德积分的有效期只到" in told(client, people)


def test_the_counter_sees_it_too(people: Community, client: FlaskClient) -> None:
    hers = member_account(people.wang, MORALITY)
    posted(earns("a", hers, 100), earns("b", hers, 5, effective_on=date(2027, 1, 1)))
    with transaction() as session:
        card = members.issue_card(session, SYSTEM, member_id=people.wang, at=clock.now())
    with clock.frozen(clock.now() + timedelta(days=DAYS_LEFT - 20)):
        clerk = sign_in(client, people.clerk)
        found = submit(clerk, "/counter/lookups", code=card.digits, org_id=people.community)
        assert "其中 100 分有效期到" in clerk.get(found.location).text
