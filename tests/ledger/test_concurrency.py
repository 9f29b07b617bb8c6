"""Many at once, on both databases: exactly one wins, and the sums hold."""

import multiprocessing
import threading
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from pointsbank.core import bank as bank_module
from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM
from pointsbank.core.database import Database, snapshot, transaction
from pointsbank.core.errors import Refused
from pointsbank.ledger import operations, queries
from pointsbank.ledger.rules import (
    OverCap,
    Posting,
    SystemKind,
    member_account,
    system_account,
)
from pointsbank.ledger.verify import verify
from tests.ledger.accounts import (
    ANA,
    BEN,
    ISSUED,
    TODAY,
    capped,
    declare,
    earns,
    posted,
    posted_all,
    reversed_,
    sealed,
    spends,
)
from tests.ledger.sharing import MOST, THREADS, TURNS, use_up

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


def test_a_cap_is_used_up_by_many_and_no_more() -> None:
    def earn(n: int) -> list[Any]:
        days = (date(2026, 11, 21), date(2026, 11, 30), date(2026, 12, 1))
        return [
            posted(capped(f"{n}:{turn}", 7, most=100, effective_on=days[turn % 3]))[0]
            for turn in range(12)
        ]

    answers = together(*(lambda n=n: earn(n) for n in range(MANY)))
    amounts = Counter(one.amount for each in answers for one in each)
    assert amounts == {7: 28, 2: 2, 0: 12 * MANY - 30}  # 14 times 7 and 2 in each month
    assert balance() == 200
    assert together(*(lambda n=n: earn(n) for n in range(MANY))) == [
        [one._replace(repeated=True) for one in each] for each in answers
    ]
    assert holds()


def test_a_cap_is_used_up_by_several_processes_and_no_more() -> None:
    settings, children = bank_module.settings(), multiprocessing.get_context("forkserver")
    lines = []
    for number in range(3):
        ours, theirs = children.Pipe()
        given = (settings.data, settings.database_url, number, theirs)
        child = children.Process(target=use_up, args=given)
        child.start()
        lines.append((child, ours))
    for _, line in lines:
        assert line.recv() == "ready"
    for _, line in lines:
        line.send("go")
    amounts = [amount for _, line in lines for amount in line.recv()]
    for child, _ in lines:
        child.join()
    full, rest = divmod(MOST, 7)
    assert Counter(amounts) == {7: full, rest: 1, 0: 3 * THREADS * TURNS - full - 1}
    assert sum(amounts) == balance() == MOST
    assert holds()


def test_the_last_room_under_a_cap_is_given_once() -> None:
    posted(capped("before", 90, most=100))
    answers = together(
        *(
            lambda n=n: posted_all(capped(f"e{n}", 6, most=100, over=OverCap.REFUSE))
            for n in range(MANY)
        )
    )
    assert names(answers) == {"done": 1, "CapReached": MANY - 1}
    assert balance() == 96


def test_room_that_a_reversal_gives_back_is_given_once() -> None:
    posted(capped("before", 100, most=100))
    answers = together(
        lambda: reversed_(1),
        *(lambda n=n: posted(capped(f"e{n}", 70, most=100))[0].amount for n in range(MANY)),
    )
    assert sum(answers[1:]) == balance() <= 100
    assert posted(capped("rest", 100, most=100))[0].amount == 100 - sum(answers[1:])
    assert holds()


def test_one_key_clipped_to_nothing_at_the_same_moment_is_one_answer() -> None:
    posted(capped("before", 100, most=100))
    answers = together(*(lambda: posted(capped("e", 7, most=100))[0] for _ in range(MANY)))
    assert sorted(one.repeated for one in answers) == [False] + [True] * (MANY - 1)
    assert holds()


def test_one_key_clipped_to_nothing_for_different_people_is_a_conflict() -> None:
    everyone = [member_account(n, ANA.unit) for n in range(1, MANY + 1)]
    posted(*(capped(f"b{n}", 100, most=100, destination=who) for n, who in enumerate(everyone)))
    answers = together(
        *(lambda who=who: posted_all(capped("e", 7, most=100, destination=who)) for who in everyone)
    )
    assert names(answers) == {"done": 1, "KeyReused": MANY - 1}
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
