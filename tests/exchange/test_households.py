"""A household's points at the counter: who may spend them, what is drawn first, what comes back."""

from collections.abc import Iterator

import pytest
from community import sign_in, submit
from flask.testing import FlaskClient
from sqlalchemy import update
from sqlmodel import col

from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM
from pointsbank.core.database import Database, Session, transaction
from pointsbank.exchange import customers, operations, queries
from pointsbank.exchange.rules import Basket, Settled, TooFewPoints, drawn, spendable
from pointsbank.ledger import queries as ledger
from pointsbank.ledger.rules import MORALITY, AccountRef, household_account, member_account
from pointsbank.ledger.verify import verify
from pointsbank.members import operations as members
from pointsbank.members.models import Member
from pointsbank.members.queries import households_of_nobody_else
from pointsbank.members.rules import Leaving
from tests.exchange.shop import POINTS, Shop
from tests.joint import give_at_home, household

HERS, HOME = member_account(1, MORALITY), household_account(1, MORALITY)


@pytest.fixture
def session(shop: Shop) -> Iterator[Session]:
    with transaction() as opened:
        yield opened


@pytest.fixture
def home(session: Session, shop: Shop) -> int:
    """王桂芳, its head, and 李建国; eighty points in its account."""
    home = household(session, shop.people.wang, shop.people.li)
    give_at_home(session, home, 80)
    return home


def redeem(session: Session, shop: Shop, member_id: int, key: str, **wanted: int) -> Settled:
    return operations.redeem(
        session, shop.people.clerk, org_id=shop.org, member_id=member_id,
        lines=shop.basket(**wanted), key=key, at=clock.now(),
    )  # fmt: skip


def at_home(session: Session, home: int) -> int:
    return ledger.household_balances(session, home)[MORALITY]


def born(session: Session, member_id: int, years_ago: int, days: int = 0) -> None:
    today = clock.today()
    birth = today.replace(year=today.year - years_ago, day=today.day + days)
    session.execute(update(Member).where(col(Member.id) == member_id).values(birth_on=birth))
    session.expire_all()


@pytest.mark.parametrize(
    ("purse", "can_spend", "takes"),
    [
        ({HERS: 30, HOME: 50}, 80, ((HERS, 30), (HOME, 30))),
        ({HOME: 50}, 50, ((HOME, 50),)),
        ({HERS: -10, HOME: 50}, 50, ((HOME, 50),)),
        ({HERS: 40, HOME: -10}, 40, ((HERS, 40),)),
        ({HERS: -10}, -10, ()),
        ({}, 0, ()),
    ],
)
def test_ones_own_points_go_first_and_a_debt_is_its_owners_only(
    purse: dict[AccountRef, int], can_spend: int, takes: tuple[tuple[AccountRef, int], ...]
) -> None:
    assert spendable(purse) == can_spend
    assert drawn(purse, max(0, min(can_spend, 60))) == takes


def test_every_adult_of_the_household_spends_its_points(
    session: Session, shop: Shop, home: int
) -> None:
    settled = redeem(session, shop, shop.people.li, "k1-aaaa", rice=1)
    assert (settled.total_points, settled.balance_points) == (50, 30)
    assert at_home(session, home) == 30
    settled = redeem(session, shop, shop.people.wang, "k2-aaaa", rice=2)
    assert settled.balance_points == POINTS + 30 - 100
    assert ledger.balances(session, shop.people.wang)[MORALITY] == POINTS - 100
    settled = redeem(session, shop, shop.people.wang, "k3-aaaa", rice=1)
    assert (settled.balance_points, at_home(session, home)) == (0, 0)
    with pytest.raises(TooFewPoints):
        redeem(session, shop, shop.people.li, "k4-aaaa", soap=1)
    assert verify(session).fault is None


def test_a_batch_does_not_spend_a_households_points_twice(
    session: Session, shop: Shop, home: int
) -> None:
    people, at = shop.people, clock.now()
    wishes = tuple(shop.basket(rice=1))
    baskets = [
        Basket(f"batch-{member_id}", shop.org, member_id, wishes, at)
        for member_id in (people.li, people.wang, people.li)
    ]
    first, second, third = operations.redeem_many(session, people.clerk, baskets, at=at)
    assert isinstance(first, Settled)
    assert isinstance(second, Settled)
    assert isinstance(third, TooFewPoints)
    assert third.facts["has"] == 30


@pytest.mark.parametrize(("years", "days", "can"), [(18, 0, True), (18, 1, False)])
def test_a_minor_spends_her_own_points_only(
    session: Session, shop: Shop, home: int, years: int, days: int, can: bool
) -> None:
    born(session, shop.people.li, years, days)
    assert bool(queries.customer(session, shop.people.li, clock.now()).household) is can
    if can:
        redeem(session, shop, shop.people.li, "k1-aaaa", rice=1)
    else:
        with pytest.raises(TooFewPoints) as refused:
            redeem(session, shop, shop.people.li, "k1-aaaa", rice=1)
        assert refused.value.facts["has"] == 0


def test_who_left_the_household_spends_nothing_of_it_and_takes_nothing_along(
    session: Session, shop: Shop, home: int
) -> None:
    leave = {"household_id": home, "on": clock.today(), "at": clock.now()}
    members.leave_household(session, SYSTEM, member_id=shop.people.li, **leave)
    assert at_home(session, home) == 80
    assert queries.customer(session, shop.people.li, clock.now()).household == {}
    members.leave_household(session, SYSTEM, member_id=shop.people.wang, **leave)
    spendable = queries.customer(session, shop.people.wang, clock.now()).spendable
    assert spendable[MORALITY] == POINTS + 80, "what is left is its last head's"
    redeem(session, shop, shop.people.wang, "k1-aaaa", rice=3)
    assert at_home(session, home) == POINTS + 80 - 150


def test_what_is_taken_back_goes_back_where_it_came_from(
    session: Session, shop: Shop, home: int
) -> None:
    people = shop.people
    made = redeem(session, shop, people.wang, "k1-aaaa", rice=3)
    assert at_home(session, home) == 50
    undone = operations.take_back(
        session, people.clerk, redemption_id=made.redemption_id, reason="拿错了", at=clock.now()
    )
    assert undone.balance_points == POINTS + 80
    assert ledger.balances(session, people.wang)[MORALITY] == POINTS
    assert at_home(session, home) == 80


def test_points_of_a_household_that_somebody_left_the_register_alone_with_can_be_given_up(
    session: Session, shop: Shop, home: int
) -> None:
    people = shop.people
    assert households_of_nobody_else(session, people.wang) == []
    members.leave(
        session, SYSTEM, member_id=people.wang, leaving=Leaving.DIED, on=clock.today(),
        at=clock.now(),
    )  # fmt: skip
    assert households_of_nobody_else(session, people.li) == [home]


def test_the_counter_shows_both_and_counts_them_together(
    bank: Database, shop: Shop, client: FlaskClient
) -> None:
    with transaction() as session:
        home = household(session, shop.people.wang, shop.people.li)
        give_at_home(session, home, 80)
    sign_in(client, shop.people.clerk)
    token = customers.known_as(shop.people.li, shop.org, at=clock.now())
    page = client.get(f"/counter/customers/{token}").text
    assert "家庭账户" in page
    assert 'data-has="80"' in page
    done = submit(
        client, f"/counter/customers/{token}", key="at-the-counter",
        goods_id=[str(shop.rice)], quantity=["1"],
    )  # fmt: skip
    assert done.status_code == 303
    assert ">30<" in client.get(done.location).text.replace(" ", "")
