"""Many at once, on both databases: exactly one wins, and the sums hold."""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM
from pointsbank.core.database import Database, snapshot, transaction
from pointsbank.core.errors import Refused
from pointsbank.ledger import operations, queries
from pointsbank.ledger.rules import Posting, SystemKind, member_account, system_account
from pointsbank.ledger.verify import verify
from tests.ledger.accounts import (
    ANA,
    BEN,
    ISSUED,
    TODAY,
    declare,
    earns,
    posted,
    posted_all,
    reversed_,
    sealed,
    spends,
)

MANY = 8


@pytest.fixture(autouse=True)
def _units(bank: Database) -> None:
    declare(bank)


def together(*tasks: Callable[[], Any]) -> list[Any]:
    """What each answers when all begin at once; of a refusal its name."""
    gate = threading.Barrier(len(tasks))
    answers: list[Any] = [None] * len(tasks)

    def run(place: int) -> None:
        gate.wait()
        try:
            answers[place] = tasks[place]()
        except Refused as refusal:
            answers[place] = type(refusal).__name__

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(tasks))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def names(answers: list[Any]) -> Counter[str]:
    return Counter(one if isinstance(one, str) else "done" for one in answers)


def holds() -> bool:
    with snapshot() as session:
        return verify(session).fault is None


def balance(who: Any = ANA) -> int:
    with snapshot() as session:
        return queries.account(session, who).balance


def test_the_last_points_are_spent_once() -> None:
    posted(earns("e"))
    answers = together(*(lambda n=n: posted_all(spends(f"s{n}", amount=60)) for n in range(MANY)))
    assert names(answers) == {"done": 1, "InsufficientBalance": MANY - 1}
    assert balance() == 40
    assert holds()


def test_one_key_at_the_same_moment_is_applied_once() -> None:
    answers = together(*(lambda: posted_all(earns("e")) for _ in range(MANY)))
    assert sorted(one[0].repeated for one in answers) == [False] + [True] * (MANY - 1)
    assert len({one[0].id for one in answers}) == 1
    assert balance() == 100


def test_one_key_for_different_things_at_the_same_moment_is_a_conflict() -> None:
    answers = together(
        *(lambda n=n: posted_all(earns("e", member_account(n, ANA.unit))) for n in range(MANY))
    )
    assert names(answers) == {"done": 1, "KeyReused": MANY - 1}
    assert holds()


def test_one_earning_is_reversed_once() -> None:
    posted(earns("e"), earns("more"))
    answers = together(*(lambda n=n: reversed_(1, key=f"r{n}") for n in range(MANY)))
    assert names(answers) == {"done": 1, "AlreadyReversed": MANY - 1}
    assert balance() == 100


def test_a_hold_is_captured_or_runs_out_but_not_both() -> None:
    at = clock.now()
    for round_ in range(5):
        posted(earns(f"e{round_}"))
        with transaction() as session:
            hold = operations.place_hold(
                session,
                SYSTEM,
                wanted=spends(f"h{round_}"),
                expires_at=at + timedelta(hours=1),
                at=at,
            )

        def capture(hold_id: int = hold.id) -> Any:
            with transaction() as session:
                return operations.capture(
                    session, SYSTEM, hold_id=hold_id, effective_on=TODAY, at=at
                )

        def expire() -> int:
            with transaction() as session:
                return operations.expire_holds(session, SYSTEM, at=at + timedelta(hours=2))

        answers = together(capture, expire, capture, expire)
        won = [one for one in answers if not isinstance(one, str) and one != 0]
        assert len(won) in (1, 2)  # both captures, one of them a repeat, or one expiry
        assert balance() in (0, 100)
        if balance():
            posted(spends(f"s{round_}"))
    assert holds()


def test_new_accounts_are_opened_once_by_many() -> None:
    everyone = [member_account(number, ANA.unit) for number in range(1, 30)]

    def earn(n: int) -> Any:
        order = everyone if n % 2 else everyone[::-1]
        return posted_all(*(earns(f"{n}:{who.owner_id}", who, 1) for who in order))

    answers = together(*(lambda n=n: earn(n) for n in range(MANY)))
    assert names(answers) == {"done": MANY}
    assert {balance(who) for who in everyone} == {MANY}
    assert holds()


def test_transfers_to_and_fro_neither_lock_up_nor_lose_anything() -> None:
    posted(earns("a", ANA, 1000), earns("b", BEN, 1000))

    def move(n: int) -> None:
        here, there = (ANA, BEN) if n % 2 else (BEN, ANA)
        for turn in range(10):
            posted_all(
                Posting(f"m{n}:{turn}", here, there, 1, TODAY, "correction"),
                earns(f"e{n}:{turn}", there, 1),
            )

    together(*(lambda n=n: move(n) for n in range(MANY)))
    assert balance(ANA) + balance(BEN) == 2000 + 10 * MANY
    assert holds()


def test_seals_are_made_while_others_post() -> None:
    stop = threading.Event()

    def seal() -> None:
        while not stop.is_set():
            sealed(most=7)

    def earn(n: int) -> None:
        for turn in range(20):
            posted(earns(f"{n}:{turn}", member_account(n + 1, ANA.unit), 1))
        if n == 0:
            stop.set()

    together(seal, *(lambda n=n: earn(n) for n in range(MANY)))
    while sealed():
        pass
    with snapshot() as session:
        found = verify(session)
    assert (found.fault, found.transfers, found.tail) == (None, 20 * MANY, 0)


def test_one_key_between_accounts_of_the_system_is_applied_once() -> None:
    expired = system_account(ANA.unit, SystemKind.EXPIRED)
    asked = Posting("z", ISSUED, expired, 3, TODAY, "correction")
    answers = together(*(lambda: posted_all(asked) for _ in range(MANY)))
    assert set(names(answers)) <= {"done", "KeyReused"}
    with snapshot() as session:
        assert len(queries.transfers_of(session, "", 0)) == 0
        assert verify(session).transfers == 1
