"""Caps: what fits is posted, the rest is clipped, withheld or refused; and the book tells of it."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import text

from pointsbank.core.database import Database, snapshot
from pointsbank.core.wire import Wire
from pointsbank.ledger import posting as posting_room
from pointsbank.ledger import queries
from pointsbank.ledger.rules import (
    LONGEST_CODE,
    MOST_AMOUNT,
    WINDOW_NAMES,
    Cap,
    CapReached,
    CapWindow,
    GroupRefused,
    InsufficientBalance,
    KeyReused,
    NothingPosted,
    OverCap,
    Posted,
    PostingMalformed,
)
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
    spends,
)
from tests.ledger.test_verify import fault, unprotected

CLIP, WITHHOLD, REFUSE = OverCap.CLIP, OverCap.WITHHOLD, OverCap.REFUSE
MONTH = CapWindow.MONTH


@pytest.fixture(autouse=True)
def _units(bank: Database) -> None:
    declare(bank)


def balance(who: Any = ANA) -> int:
    with snapshot() as session:
        return queries.account(session, who).balance


def uses(columns: str = "key, most, used, asked, amount, transfer_id") -> list[tuple[Any, ...]]:
    with snapshot() as session:
        rows = session.execute(text(f"SELECT {columns} FROM cap_use ORDER BY id"))
        return [tuple(row) for row in rows]


def amounts(*answers: Any) -> list[Any]:
    """What each posting brought; of a refusal its kind."""
    return [type(one) if isinstance(one, Exception) else one.amount for one in answers]


def test_what_is_over_is_clipped_and_recorded() -> None:
    first, second = posted(capped("a", 47), capped("b", 8))
    assert (first.amount, second.amount, second.destination_balance) == (47, 3, 50)
    assert balance() == 50
    assert uses() == [("a", 50, 0, 47, 47, first.id), ("b", 50, 47, 8, 3, second.id)]
    assert fault() is None


def test_what_is_clipped_to_nothing_is_no_transfer_and_recorded() -> None:
    posted(capped("a", 50))
    assert posted(capped("b", 8)) == [NothingPosted("b", repeated=False)]
    assert (balance(), uses()[1:]) == (50, [("b", 50, 50, 8, 0, None)])
    assert amounts(*posted_all(capped("c", 1), earns("d", amount=5))) == [0, 5]
    assert fault() is None


def test_a_repeat_of_what_was_clipped_is_the_first_answer() -> None:
    part, nothing = posted(capped("a", 60), capped("b", 8))
    reversed_(part.id)  # there is room again: the answers stand
    assert posted(capped("a", 60), capped("b", 8)) == [
        part._replace(repeated=True),
        nothing._replace(repeated=True),
    ]
    assert balance() == 0


def test_a_repeat_inside_one_batch_of_what_was_clipped_to_nothing() -> None:
    answers = posted(capped("a", 60), capped("b", 8), capped("b", 8), capped("b", 9))
    assert answers[1:3] == [NothingPosted("b", False), NothingPosted("b", True)]
    assert isinstance(answers[3], KeyReused)
    assert len(uses()) == 2


def test_the_key_of_what_was_clipped_is_taken() -> None:
    posted(capped("a", 60), capped("b", 8))
    for key in ("a", "b"):
        for other in (
            capped(key, 9),
            capped(key, 8, most=51),
            capped(key, 8, window=CapWindow.YEAR),
            capped(key, 8, over=WITHHOLD),
            capped(key, 8, Cap("other", MONTH, 50)),
            capped(key, 8, Cap("deeds", MONTH, 2**70)),
            earns(key, amount=8),
        ):
            assert isinstance(posted(other)[0], KeyReused), other


def test_a_refusing_cap_says_the_most_the_window_and_what_is_used() -> None:
    posted(capped("a", 47))
    (refused,) = posted(capped("b", 8, over=REFUSE))
    assert isinstance(refused, CapReached)
    assert refused.facts == {"window": "当月", "most": 50, "used": 47, "asked": 8}
    assert (balance(), len(uses())) == (47, 1)
    reversed_(1)
    assert amounts(*posted(capped("b", 8, over=REFUSE), capped("c", 42, over=REFUSE))) == [8, 42]
    with pytest.raises(CapReached):
        posted_all(earns("d", BEN), capped("e", 1, over=REFUSE))
    assert balance(BEN) == 0


def test_a_withholding_cap_posts_all_or_nothing() -> None:
    answers = posted(*(capped(key, 20, over=WITHHOLD) for key in "abc"), capped("d", 10))
    assert amounts(*answers) == [20, 20, 0, 10]
    assert uses()[2] == ("c", 50, 40, 20, 0, None)


@pytest.mark.parametrize(
    ("caps", "asked", "got"),
    [
        ([(CapWindow.DAY, 30, CLIP), (MONTH, 20, CLIP)], 25, 20),
        ([(CapWindow.DAY, 10, CLIP), (MONTH, 20, REFUSE)], 25, 10),  # the tightest decides
        ([(CapWindow.DAY, 20, CLIP), (MONTH, 10, REFUSE)], 25, CapReached),
        ([(CapWindow.DAY, 20, CLIP), (MONTH, 20, WITHHOLD)], 25, 0),  # at a tie the strictest
        ([(CapWindow.DAY, 20, WITHHOLD), (MONTH, 20, REFUSE)], 25, CapReached),
        ([(CapWindow.DAY, 25, REFUSE), (MONTH, 25, REFUSE)], 25, 25),
        ([(CapWindow.DAY, 0, CLIP)], 1, 0),
    ],
)
def test_of_several_caps_the_tightest_decides(caps: Any, asked: int, got: Any) -> None:
    bears = tuple(Cap("deeds", *one) for one in caps)
    assert amounts(*posted(capped("a", asked, *bears))) == [got]
    assert len(uses()) == (0 if got is CapReached else len(bears))


WINDOWS = [  # its first day and its last, the days beside it
    (CapWindow.DAY, "2026-11-21", "2026-11-21", "2026-11-20", "2026-11-22"),
    (CapWindow.WEEK, "2026-12-28", "2027-01-03", "2026-12-27", "2027-01-04"),
    (CapWindow.MONTH, "2028-02-01", "2028-02-29", "2028-01-31", "2028-03-01"),
    (CapWindow.QUARTER, "2026-10-01", "2026-12-31", "2026-09-30", "2027-01-01"),
    (CapWindow.YEAR, "2026-01-01", "2026-12-31", "2025-12-31", "2027-01-01"),
]


@pytest.mark.parametrize(("over", "rest"), [(CLIP, 10), (WITHHOLD, 0), (REFUSE, CapReached)])
@pytest.mark.parametrize(("window", "first", "last", "before", "after"), WINDOWS)
def test_each_length_of_a_cap_counts_from_its_first_day_to_its_last(
    window: CapWindow, first: str, last: str, before: str, after: str, over: OverCap, rest: Any
) -> None:
    days = [date.fromisoformat(day) for day in (first, last, before, after)]
    answers = posted(
        *(
            capped(f"k{n}", 30, window=window, most=40, over=over, effective_on=day)
            for n, day in enumerate(days)
        )
    )
    assert amounts(*answers) == [30, rest, 30, 30]
    refused = [one for one in answers if isinstance(one, CapReached)]
    named = [WINDOW_NAMES[window]] if over is REFUSE else []
    assert [one.facts["window"] for one in refused] == named
    assert fault() is None


def test_days_and_months_are_counted_beside_each_other() -> None:
    caps = Cap("deeds", CapWindow.DAY, 30), Cap("deeds", MONTH, 50)
    days = [date(2026, 11, day) for day in (20, 20, 21, 21)] + [date(2026, 12, 1)]
    answers = posted(*(capped(f"k{n}", 20, *caps, effective_on=day) for n, day in enumerate(days)))
    assert amounts(*answers) == [20, 10, 20, 0, 20]
    assert fault() is None


def test_a_cap_counts_one_account_under_one_name() -> None:
    other = Cap("other", MONTH, 50)
    answers = posted(
        earns("free", amount=500), capped("a", 40), capped("b", 40, destination=BEN),
        capped("c", 40, other), capped("d", 40),
    )  # fmt: skip
    assert amounts(*answers) == [500, 40, 40, 40, 10]


def test_a_rule_s_new_version_goes_on_counting() -> None:
    posted(capped("a", 40, rule="points_rule:1"))
    assert amounts(*posted(capped("b", 40, most=60, rule="points_rule:2"))) == [20]
    assert amounts(*posted(capped("c", 40, most=30, rule="points_rule:3"))) == [0]
    assert uses("used, most")[-1] == (60, 30)
    assert fault() is None


def test_a_reversed_earning_gives_its_room_back() -> None:
    posted(capped("a", 30), capped("b", 20))
    assert amounts(*posted(capped("c", 5))) == [0]
    reversed_(1)
    assert amounts(*posted(capped("d", 40))) == [30]
    posted(spends("part", amount=12, destination=ISSUED, reverses=2))
    assert amounts(*posted(capped("e", 40))) == [12]
    assert fault() is None


def test_a_reversal_gives_room_back_to_its_own_batch() -> None:
    posted(capped("a", 30), capped("b", 20))
    answers = posted(
        capped("c", 9),
        spends("back", amount=25, destination=ISSUED, reverses=1),
        capped("d", 40),
    )
    assert amounts(*answers) == [0, 25, 25]
    far = capped("e", 40, effective_on=date(2026, 3, 1))
    assert amounts(*posted(far, spends("more", amount=5, destination=ISSUED, reverses=1))) == [
        40,
        5,
    ]
    assert amounts(*posted(capped("f", 40))) == [5]


def test_a_group_undone_gives_back_what_it_used_and_takes_back_what_it_freed() -> None:
    answers = posted(
        capped("a", 30, destination=BEN, group=1),
        spends("x", BEN, group=1),
        capped("a", 60, destination=BEN),
    )
    assert amounts(*answers) == [GroupRefused, InsufficientBalance, 50]
    posted(capped("b", 50))
    answers = posted(
        spends("back", amount=50, destination=ISSUED, reverses=2, group=1),
        capped("c", 30, group=1),
        capped("d", 30, group=1),
        capped("e", 30, group=1),
        spends("x", BEN, group=1),
        capped("e", 7),
    )
    assert amounts(*answers) == [*(GroupRefused,) * 4, InsufficientBalance, 0]
    assert uses()[2:] == [("e", 50, 50, 7, 0, None)]
    assert amounts(*posted(capped("c", 30, effective_on=date(2026, 12, 1), group=2))) == [30]
    assert fault() is None


def test_only_what_is_posted_has_to_be_there() -> None:
    posted(earns("e", amount=40))
    given = capped("m", 60, Cap("gifts", MONTH, 30), source=ANA, destination=BEN)
    assert amounts(*posted(given)) == [30]
    (lacking,) = posted(replace(given, key="n", caps=(Cap("gifts", MONTH, 50),)))
    assert lacking.facts == {"needed": 20, "available": 10}
    assert amounts(
        *posted(capped("o", 10, Cap("gifts", MONTH, 30), source=ANA, destination=BEN))
    ) == [0]


def test_caps_that_no_book_could_count_are_refused() -> None:
    good = Cap("deeds", MONTH, 50)
    posted(earns("e"))
    for asked in (
        replace(spends("k"), caps=(good,)),
        capped("k", 8, good, reverses=1),
        capped("k", 8, good, replace(good, most=40)),
        capped("k", 8, replace(good, name="")),
        capped("k", 8, replace(good, name="n" * (LONGEST_CODE + 1))),
        capped("k", 8, replace(good, most=-1)),
        capped("k", 8, replace(good, most=MOST_AMOUNT + 1)),
        capped("k", 8, replace(good, most=2**70)),
    ):
        assert isinstance(posted(asked)[0], PostingMalformed), asked
    assert uses() == []


def test_caps_cost_two_statements_whatever_the_batch_s_size_and_nobody_else_any(
    bank: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []

    class Counting:
        """The driver's cursor, noting each statement."""

        def __init__(self, cursor: Any) -> None:
            self._cursor = cursor

        def __getattr__(self, name: str) -> Any:
            run = getattr(self._cursor, name)
            if name not in {"execute", "executemany"}:
                return run
            return lambda *given: (made.append(name), run(*given))[1]

    def counted(session: Any) -> Any:
        book: Any = open_book(session)
        book._cursor = Counting(book._cursor)
        return book

    def sent(wire: Wire, *asked: Any) -> None:
        made.append("send")
        send(wire, *asked)

    if bank.dialect == "sqlite":
        open_book = posting_room.open_book
        monkeypatch.setattr(posting_room, "open_book", counted)
    else:
        send = Wire.send
        monkeypatch.setattr(Wire, "send", sent)

    def statements(*batch: Any) -> int:
        made.clear()
        posted(*batch)
        return len(made)

    posted(earns("open", amount=1))
    plain = 6 if bank.dialect == "sqlite" else 5
    more = 1 if bank.dialect == "sqlite" else 0  # all but the last are written at once
    assert statements(earns("one")) == plain
    assert statements(*(earns(f"p{n}") for n in range(50))) == plain + more
    assert statements(capped("two", 1)) == plain + 2
    assert statements(*(capped(f"c{n}", 1) for n in range(50))) == plain + more + 2
    free, bound = (spends(f"r{n}", amount=1, destination=ISSUED, reverses=n) for n in (2, 53))
    assert statements(free) == plain + 1
    assert statements(bound) == plain + 1 + 3
    assert uses("key, amount")[-1] == ("r53", -1)


def test_what_was_clipped_is_told_by_transfer_and_by_origin() -> None:
    bears = Cap("deeds", CapWindow.DAY, 45), Cap("deeds", MONTH, 50)
    yesterday = TODAY.replace(day=20)
    more = {"origin_kind": "attendance"}
    posted(
        capped("a", 10, *bears, effective_on=yesterday, origin_id=1, **more),
        capped("b", 44, *bears, origin_id=2, **more),
        capped("c", 9, *bears, origin_id=3, **more),
        capped("d", 9, *bears, origin_kind="claim", origin_id=3),
    )
    with snapshot() as session:
        by_transfer = queries.clips_of_transfers(session, [1, 2, 3])
        by_origin = queries.clips_of(session, "attendance", [1, 2, 3])
        assert queries.clips_of(session, "attendance", []) == {}
    part = queries.Clip("morality", MONTH, 50, 10, 44, 40, 2)
    assert by_transfer == {2: part}
    assert by_origin == {2: [part], 3: [queries.Clip("morality", MONTH, 50, 50, 9, 0, None)]}


@pytest.mark.parametrize(
    ("change", "row_id"),
    [
        ("amount = 29 WHERE id = 1", 1),
        ("key = 'x' WHERE id = 2", 2),
        ("account_id = account_id - 1 WHERE id = 2", 2),
        ("starts_on = '2026-12-01' WHERE id = 2", 2),
        ("request_hash = (SELECT request_hash FROM cap_use WHERE id = 2) WHERE id = 1", 1),
        ("key = 'a' WHERE id = 3", 3),
        ("used = 0 WHERE id = 2", 2),
        ("asked = 7, amount = 7, used = 43 WHERE id = 2", 2),
        ("starts_on = '2026-10-01' WHERE id = 1", 2),
    ],
)
def test_a_use_that_was_changed_is_found(bank: Database, change: str, row_id: int) -> None:
    posted(capped("a", 30), capped("b", 20), capped("c", 9))
    assert isinstance(posted(capped("d", 9))[0], NothingPosted)
    assert fault() is None
    with unprotected(bank, "cap_use") as raw:
        raw.execute(text(f"UPDATE cap_use SET {change}"))
    assert fault() == ("cap", "cap_use", row_id)


def test_room_that_was_given_back_is_told_and_missed(bank: Database) -> None:
    caps = Cap("deeds", CapWindow.DAY, 40), Cap("deeds", MONTH, 50)
    posted(capped("a", 30, *caps))
    reversed_(1)
    told = [("a", 40, 0, 30, 30, 1), ("a", 50, 0, 30, 30, 1)]
    back = [("undo:1", 40, 30, -30, -30, 2), ("undo:1", 50, 30, -30, -30, 2)]
    assert uses() == told + back
    with snapshot() as session:
        assert queries.clips_of_transfers(session, [1, 2]) == {}
    assert fault() is None
    for gone, row_id in (("id = 4", 2), ("id > 2", 1)):
        with unprotected(bank, "cap_use") as raw:
            raw.execute(text(f"DELETE FROM cap_use WHERE {gone}"))
        assert fault() == ("cap", "cap_use", row_id)


def test_what_was_answered_is_a_transfer_or_nothing() -> None:
    assert [type(one) for one in posted(capped("a", 60), capped("b", 8))] == [Posted, NothingPosted]
