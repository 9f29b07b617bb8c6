"""Two clerks at once: the last points and the last bag of rice are handed over once."""

import threading
from collections.abc import Callable, Sequence

from pointsbank.core import clock
from pointsbank.core.database import Database, Session
from pointsbank.core.errors import Refused
from pointsbank.exchange import operations, queries
from pointsbank.exchange.rules import OutOfStock, Settled, TooFewPoints
from pointsbank.ledger import queries as ledger
from pointsbank.ledger.rules import MORALITY
from tests.exchange.shop import Shop, give

Outcome = Settled | Refused


def at_once(bank: Database, bodies: Sequence[Callable[[Session], Settled]]) -> list[Outcome]:
    """Run the bodies in transactions that begin together; what each gave or was refused with."""
    start = threading.Barrier(len(bodies))
    outcomes: list[Outcome | None] = [None] * len(bodies)

    def run(place: int) -> None:
        start.wait()
        try:
            with bank.transaction() as session:
                outcomes[place] = bodies[place](session)
        except Refused as refused:
            outcomes[place] = refused

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(bodies))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return [outcome for outcome in outcomes if outcome is not None]


def redemption(shop: Shop, member_id: int, key: str, **lines: int) -> Callable[[Session], Settled]:
    def body(session: Session) -> Settled:
        return operations.redeem(
            session, shop.people.clerk, org_id=shop.org, member_id=member_id,
            lines=shop.basket(**lines), key=key, at=clock.now(),
        )  # fmt: skip

    return body


def sorted_out(outcomes: list[Outcome]) -> tuple[list[Settled], list[Refused]]:
    settled = [outcome for outcome in outcomes if isinstance(outcome, Settled)]
    return settled, [outcome for outcome in outcomes if isinstance(outcome, Refused)]


def test_the_last_points_are_spent_once(bank: Database, shop: Shop):
    wang = shop.people.wang  # 120 points, two bags of rice at most
    bodies = [redemption(shop, wang, f"clerk-{n}", rice=2) for n in range(6)]
    settled, refused = sorted_out(at_once(bank, bodies))
    assert len(settled) == 1
    assert [type(refusal) for refusal in refused] == [TooFewPoints] * 5
    with bank.snapshot() as session:
        assert ledger.balances(session, wang)[MORALITY] == 20
        assert queries.goods(session, shop.rice).stock == 8


def test_the_last_bag_of_rice_is_handed_over_once(bank: Database, shop: Shop):
    people = shop.people
    with bank.transaction() as session:
        for member_id in (people.li, people.zhao, people.sun):
            give(session, member_id, 500)
        operations.redeem(
            session, people.clerk, org_id=shop.org, member_id=people.li,
            lines=shop.basket(rice=9), key="before", at=clock.now(),
        )  # fmt: skip
    who = (people.wang, people.li, people.zhao, people.sun)
    bodies = [redemption(shop, member_id, f"for-{member_id}", rice=1) for member_id in who]
    settled, refused = sorted_out(at_once(bank, bodies))
    assert [type(refusal) for refusal in refused] == [OutOfStock] * 3
    assert len(settled) == 1
    with bank.snapshot() as session:
        assert queries.goods(session, shop.rice).stock == 0


def test_a_double_tap_is_one_redemption(bank: Database, shop: Shop):
    wang = shop.people.wang
    settled, refused = sorted_out(at_once(bank, [redemption(shop, wang, "same-key", rice=1)] * 4))
    assert refused == []
    assert len({outcome.redemption_id for outcome in settled}) == 1
    assert sorted(outcome.repeated for outcome in settled) == [False, True, True, True]
    with bank.snapshot() as session:
        assert ledger.balances(session, wang)[MORALITY] == 70


def test_baskets_that_cross_do_not_wait_for_each_other_for_ever(bank: Database, shop: Shop):
    people = shop.people
    with bank.transaction() as session:
        give(session, people.li, 500)
    bodies = [
        redemption(shop, people.wang if n % 2 else people.li, f"n-{n}", rice=1, soap=n % 2)
        for n in range(8)
    ]
    settled, refused = sorted_out(at_once(bank, bodies))
    assert len(settled) + len(refused) == 8
    numbers = [outcome.number for outcome in settled]
    assert len(set(numbers)) == len(numbers)
    with bank.snapshot() as session:
        assert queries.goods(session, shop.rice).stock == 10 - len(settled)


def test_one_of_two_undos_takes_back(bank: Database, shop: Shop):
    with bank.transaction() as session:
        made = redemption(shop, shop.people.wang, "to-undo", rice=1)(session)

    def undo(session: Session) -> Settled:
        return operations.take_back(
            session, shop.people.clerk, redemption_id=made.redemption_id, reason="拿错了",
            at=clock.now(),
        )  # fmt: skip

    settled, refused = sorted_out(at_once(bank, [undo] * 4))
    assert (len(settled), refused) == (4, [])
    assert sorted(outcome.repeated for outcome in settled) == [False, True, True, True]
    with bank.snapshot() as session:
        assert ledger.balances(session, shop.people.wang)[MORALITY] == 120
        assert queries.goods(session, shop.rice).stock == 10
