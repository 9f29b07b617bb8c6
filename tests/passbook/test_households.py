"""Points that a rule credits to the household: on which day, under which cap, who reads them."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from community import Community, sign_in
from flask.testing import FlaskClient

from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM
from pointsbank.core.database import Session, transaction
from pointsbank.earning.rules import Audience, Credited
from pointsbank.exchange import operations as exchange
from pointsbank.exchange.rules import Wish
from pointsbank.hours.credit import Service, postings_for
from pointsbank.hours.rules import Way
from pointsbank.ledger import queries as ledger
from pointsbank.ledger.rules import MINUTES, MORALITY, PARTY, CapWindow, OwnerKind
from pointsbank.members import operations as members
from pointsbank.members.rules import Leaving
from tests.joint import FOUNDED, credit_households, give_at_home, household, serve_today
from tests.passbook.test_pages import text_of


@pytest.fixture
def session(newcomers: Community) -> Iterator[Session]:
    with transaction() as opened:
        yield opened


def credited(session: Session, place: Community, member_id: int, on: date) -> dict[str, OwnerKind]:
    """Whose account each unit of two hours' service on a day goes to."""
    service = Service(
        attendance_id=1, member_id=member_id, minutes=120, way=Way.ROSTER, org_id=place.community,
        category="patrol", on=on, hour_rule="",
    )  # fmt: skip
    return {
        one.destination.unit: one.destination.owner_kind for one in postings_for(session, [service])
    }


def test_points_go_to_the_household_of_the_day_and_minutes_never(
    session: Session, newcomers: Community
) -> None:
    place, day = newcomers, timedelta(days=1)
    credit_households(session, place.community)
    members.found_household(
        session, SYSTEM, head_id=place.li, on=FOUNDED, at=clock.now(), member_ids=[place.wang]
    )
    joint = {MINUTES: OwnerKind.MEMBER, MORALITY: OwnerKind.HOUSEHOLD}
    assert credited(session, place, place.wang, FOUNDED) == joint
    assert credited(session, place, place.li, FOUNDED) == joint | {PARTY: OwnerKind.MEMBER}
    own = {MINUTES: OwnerKind.MEMBER, MORALITY: OwnerKind.MEMBER}
    assert credited(session, place, place.wang, FOUNDED - day) == own, "not founded, rule before"
    assert credited(session, place, place.chen, FOUNDED) == own, "in no household"


def test_a_household_that_has_ended_gets_nothing_more(
    session: Session, newcomers: Community
) -> None:
    place = newcomers
    credit_households(session, place.community)
    home = household(session, place.wang, place.chen)
    leave = {"household_id": home, "on": FOUNDED, "at": clock.now()}
    members.leave_household(session, SYSTEM, member_id=place.chen, **leave)
    assert credited(session, place, place.chen, FOUNDED)[MORALITY] is OwnerKind.HOUSEHOLD
    assert credited(session, place, place.chen, FOUNDED + timedelta(1))[MORALITY] is (
        OwnerKind.MEMBER
    )
    members.leave(
        session, SYSTEM, member_id=place.wang, leaving=Leaving.LEFT, on=FOUNDED, at=clock.now()
    )
    assert credited(session, place, place.chen, FOUNDED)[MORALITY] is OwnerKind.MEMBER


def test_the_cap_is_the_households(session: Session, newcomers: Community) -> None:
    place = newcomers
    credit_households(session, place.community, caps={CapWindow.DAY: 25})
    home = household(session, place.wang, place.li)
    serve_today(session, place, place.wang, place.li, minutes=120)
    assert ledger.household_balances(session, home)[MORALITY] == 25
    assert ledger.balances(session, place.wang) == {MINUTES: 120, MORALITY: 0, PARTY: 0}
    assert ledger.balances(session, place.li) == {MINUTES: 120, MORALITY: 0, PARTY: 4}


def test_a_party_rule_beside_stays_each_ones_own(session: Session, newcomers: Community) -> None:
    place = newcomers
    credit_households(session, place.community, audience=Audience.PARTY)
    household(session, place.wang, place.li)
    assert MORALITY not in credited(session, place, place.wang, FOUNDED)
    assert credited(session, place, place.li, FOUNDED)[PARTY] is OwnerKind.MEMBER
    assert Credited("member") is Credited.MEMBER


@pytest.fixture
def home(newcomers: Community) -> int:
    """王桂芳 and 李建国 served an hour each; she took soap for fifteen of their twenty points."""
    place, at = newcomers, clock.now()
    with transaction() as session:
        credit_households(session, place.community)
        home = household(session, place.wang, place.li)
        serve_today(session, place, place.wang, place.li)
        soap = exchange.add_goods(
            session, SYSTEM, org_id=place.community, name="肥皂", unit_name="块",
            price_points=15, at=at,
        )  # fmt: skip
        exchange.stock_in(session, SYSTEM, goods_id=soap.goods_id, quantity=3, key="soap", at=at)
        exchange.redeem(
            session, SYSTEM, org_id=place.community, member_id=place.wang,
            lines=[Wish(soap.goods_id, 1)], key="first-soap", at=at,
        )  # fmt: skip
    return home


def test_her_page_shows_her_own_and_her_households_points(
    client: FlaskClient, newcomers: Community, home: int
) -> None:
    page = text_of(sign_in(client, newcomers.volunteer), "/me")
    assert "道德积分 0 分" in page
    assert "家庭账户" in page
    assert "道德积分 5 分" in page
    assert "李建国 · 道德积分" in page


def test_the_households_statement_says_whose_doing_each_entry_was(
    client: FlaskClient, newcomers: Community, home: int
) -> None:
    sign_in(client, newcomers.volunteer)
    page = text_of(client, "/me/statement?whose=household")
    for told in ("楼栋巡逻", "李建国", "王桂芳", "肥皂 ×1", "，记入家庭账户", "余 5"):
        assert told in page
    own = text_of(client, "/me/statement")
    assert "楼栋巡逻" not in own
    span = text_of(client, "/me/statement?whose=household&since=2026-11-01&until=2026-11-30")
    assert "期末 5 分" in span
    lines = client.get("/api/v1/me/statement?whose=household").json["lines"]
    assert [(line["amount"], line["relative"]) for line in lines] == [
        (-15, "王桂芳"), (10, "李建国"), (10, "王桂芳"),
    ]  # fmt: skip
    assert [bool(line["story"]["url"]) for line in lines] == [True, False, True]
    assert client.get("/api/v1/me/balances").json["household"] == {"morality": 5}


def test_who_is_no_longer_in_the_household_is_not_named_there(
    client: FlaskClient, newcomers: Community, home: int
) -> None:
    with transaction() as session:
        members.leave_household(
            session, SYSTEM, household_id=home, member_id=newcomers.li, on=FOUNDED, at=clock.now()
        )
    sign_in(client, newcomers.volunteer)
    page = text_of(client, "/me/statement?whose=household")
    assert "李建国" not in page
    assert "已不在家庭中的成员" in page


def test_who_is_in_no_household_sees_no_account_of_one(
    client: FlaskClient, newcomers: Community
) -> None:
    sign_in(client, newcomers.volunteer)
    assert "家庭账户" not in text_of(client, "/me")
    assert client.get("/api/v1/me/balances").json["household"] == {}
    assert client.get("/api/v1/me/statement?whose=household").json["lines"] == []
    assert client.get("/me/statement?whose=household").status_code == 200


def test_staff_see_the_account_on_the_households_page(
    client: FlaskClient, newcomers: Community, home: int
) -> None:
    sign_in(client, newcomers.secretary)
    page = text_of(client, f"/households/{home}")
    for told in ("家庭账户", "道德积分 5 分", "楼栋巡逻", "李建国 ·"):
        assert told in page
    assert "家庭账户 5 分" in text_of(client, f"/members/{newcomers.li}").replace(
        "5 分 家庭账户", "家庭账户 5 分"
    )
    with transaction() as session:
        empty = household(session, newcomers.chen)
    assert "家庭账户 道德积分" not in text_of(client, f"/households/{empty}")
    give = transaction()
    with give as session:
        give_at_home(session, empty, 4)
    assert "道德积分 4 分" in text_of(client, f"/households/{empty}")
