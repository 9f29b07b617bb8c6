"""Many processes at once on one database file and on one server: exactly one wins, and the sums
hold. What threads do to each other is in ``test_concurrency``.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from conftest import without

from pointsbank.core import bank as bank_module
from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM
from pointsbank.core.database import Database, snapshot, transaction
from pointsbank.ledger import operations, queries
from pointsbank.ledger.rules import Posting, member_account
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
from tests.ledger.racing import Racers, captured, expired, released

PROCESSES = 4
MANY = 12  # tasks: three threads in each
ROUNDS = 8


@pytest.fixture
def racers(bank: Database) -> Iterator[Racers]:
    if not getattr(bank, "safe_to_share", True):
        without("an SQLite that processes may share (3.51.3)")
    declare(bank)
    with Racers(bank_module.settings(), PROCESSES) as started:
        yield started
    with snapshot() as session:
        assert verify(session).fault is None


def names(answers: list[Any]) -> Counter[str]:
    return Counter(one if isinstance(one, str) else "done" for one in answers)


def balance(who: Any = ANA) -> int:
    with snapshot() as session:
        return queries.account(session, who).balance


def test_the_last_points_are_spent_once(racers: Racers) -> None:
    for turn in range(ROUNDS):
        who = member_account(100 + turn, ANA.unit)
        posted(earns(f"e{turn}", who))
        answers = racers.together(
            *(partial(posted_all, spends(f"s{turn}.{n}", who, 60)) for n in range(MANY))
        )
        assert names(answers) == {"done": 1, "InsufficientBalance": MANY - 1}
        assert balance(who) == 40


def test_one_key_is_applied_once(racers: Racers) -> None:
    for turn in range(ROUNDS):
        answers = racers.together(*(partial(posted_all, earns(f"e{turn}")) for _ in range(MANY)))
        assert sorted(one[0].repeated for one in answers) == [False] + [True] * (MANY - 1)
        assert len({one[0].id for one in answers}) == 1
        assert balance() == 100 * (turn + 1)


def test_one_key_for_different_things_is_a_conflict(racers: Racers) -> None:
    for turn in range(ROUNDS):
        answers = racers.together(
            *(
                partial(posted_all, earns(f"e{turn}", member_account(n + 1, ANA.unit)))
                for n in range(MANY)
            )
        )
        assert names(answers) == {"done": 1, "KeyReused": MANY - 1}


def test_one_earning_is_reversed_once(racers: Racers) -> None:
    for turn in range(ROUNDS):
        (earned,) = posted(earns(f"e{turn}"))
        answers = racers.together(
            *(partial(reversed_, earned.id, key=f"r{turn}.{n}") for n in range(MANY))
        )
        assert names(answers) == {"done": 1, "AlreadyReversed": MANY - 1}
        assert balance() == 0


def test_parts_of_one_earning_are_reversed_until_nothing_is_left(racers: Racers) -> None:
    (earned,) = posted(earns("e", amount=5))
    parts = [
        Posting(f"r{n}", ANA, ISSUED, 1, TODAY, "correction", reverses=earned.id)
        for n in range(MANY)
    ]
    answers = racers.together(*(partial(posted_all, part) for part in parts))
    assert names(answers) == {"done": 5, "AlreadyReversed": MANY - 5}
    assert balance() == 0


def test_a_hold_is_captured_released_or_runs_out_but_only_one_of_these(racers: Racers) -> None:
    at = clock.now()
    late = at + timedelta(hours=2)
    for turn in range(ROUNDS):
        who = member_account(100 + turn, ANA.unit)
        posted(earns(f"e{turn}", who))
        with transaction() as session:
            hold = operations.place_hold(
                session, SYSTEM, wanted=spends(f"h{turn}", who),
                expires_at=at + timedelta(hours=1), at=at,
            )  # fmt: skip
        one_each = (
            partial(captured, hold.id, at), partial(expired, late), partial(released, hold.id, at),
        )  # fmt: skip
        answers = racers.together(*one_each * (MANY // 3))
        captures, expiries, releases = (answers[place::3] for place in range(3))
        ways = [
            any(not isinstance(one, str) for one in captures),
            any(one == 1 for one in expiries),
            any(one is None for one in releases),
        ]
        assert ways.count(True) == 1, answers
        assert balance(who) == (0 if ways[0] else 100)
        with snapshot() as session:
            assert queries.account(session, who).held == 0


def test_new_accounts_are_opened_once(racers: Racers) -> None:
    everyone = [member_account(number, ANA.unit) for number in range(1, 30)]
    answers = racers.together(
        *(
            partial(
                posted_all,
                *(earns(f"{n}:{who.owner_id}", who, 1) for who in everyone[:: 1 if n % 2 else -1]),
            )
            for n in range(MANY)
        )
    )
    assert names(answers) == {"done": MANY}
    assert {balance(who) for who in everyone} == {MANY}


def test_transfers_to_and_fro_neither_lock_up_nor_lose_anything(racers: Racers) -> None:
    posted(earns("a", ANA, 1000), earns("b", BEN, 1000))
    for turn in range(ROUNDS):
        ways = [(ANA, BEN) if n % 2 else (BEN, ANA) for n in range(MANY)]
        racers.together(
            *(
                partial(
                    posted_all,
                    Posting(f"m{n}:{turn}", here, there, 1, TODAY, "correction"),
                    earns(f"e{n}:{turn}", there, 1),
                )
                for n, (here, there) in enumerate(ways)
            )
        )
    assert balance(ANA) + balance(BEN) == 2000 + MANY * ROUNDS


def test_seals_are_made_while_others_post(racers: Racers) -> None:
    for turn in range(ROUNDS):
        posts = [
            partial(posted_all, *(earns(f"{turn}.{n}.{k}", amount=1) for k in range(5)))
            for n in range(MANY)
        ]
        racers.together(*posts, partial(sealed, 7), partial(sealed, 11), partial(sealed, 13))
    while sealed():
        pass
    with snapshot() as session:
        found = verify(session)
    assert (found.fault, found.transfers, found.tail) == (None, 5 * MANY * ROUNDS, 0)
