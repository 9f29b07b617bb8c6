"""The ledger's verbs: what they refuse, in order, and what they leave in the book."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM
from pointsbank.core.database import Database, snapshot, transaction
from pointsbank.core.errors import Refused
from pointsbank.ledger import operations, queries
from pointsbank.ledger.rules import (
    LONGEST_KEY,
    MINUTES,
    MORALITY,
    MOST_AMOUNT,
    PARTY,
    AccountRef,
    AlreadyReversed,
    AmountOutOfRange,
    Cap,
    CapReached,
    CapWindow,
    ExpiryPolicy,
    GroupRefused,
    InsufficientBalance,
    KeyReused,
    MoreThanLeft,
    NotReversible,
    NotSpendable,
    OverCap,
    PeriodClosed,
    Posted,
    Posting,
    PostingMalformed,
    SpentReversal,
    SystemKind,
    UnitDeclaration,
    UnknownTransfer,
    UnknownUnit,
    member_account,
    system_account,
)
from tests.ledger.accounts import (
    ANA,
    BEN,
    ISSUED,
    REDEEMED,
    TODAY,
    declare,
    earns,
    posted,
    posted_all,
    reversed_,
    spends,
)


@pytest.fixture(autouse=True)
def _units(bank: Database) -> None:
    declare(bank)


def balance(who: AccountRef = ANA) -> int:
    with snapshot() as session:
        return queries.account(session, who).balance


def rows() -> int:
    with snapshot() as session:
        return int(session.execute(text("SELECT count(*) FROM transfer")).scalar_one())


def declared(unit: UnitDeclaration) -> None:
    with transaction() as session:
        operations.declare_unit(session, SYSTEM, unit=unit, at=clock.now())


def close(until: date) -> int:
    with transaction() as session:
        return operations.close_period(session, SYSTEM, until=until, at=clock.now())


def test_an_earning_and_a_redemption_move_the_balance() -> None:
    earned, spent = posted(earns("e", amount=100), spends("s", amount=30))
    assert (earned.source_balance, earned.destination_balance) == (None, 100)
    assert (spent.source_balance, spent.destination_balance) == (70, None)
    assert not earned.repeated
    assert balance() == 70


def test_a_repeat_is_an_answer() -> None:
    (first,) = posted(earns("e"))
    posted(spends("s", amount=60))
    assert posted(earns("e")) == [first._replace(repeated=True)]
    assert balance() == 40


def test_a_repeat_inside_one_batch_is_an_answer() -> None:
    first, again = posted(earns("e"), earns("e"))
    assert again == first._replace(repeated=True)
    assert balance() == 100


def test_a_key_with_other_content_is_a_conflict() -> None:
    posted(earns("e"))
    first, second = posted(earns("n"), earns("n", amount=1))
    assert isinstance(first, Posted)
    assert isinstance(second, KeyReused)
    for other in (
        earns("e", amount=99),
        earns("e", BEN),
        earns("e", effective_on=TODAY - timedelta(days=1)),
        earns("e", reason="opening"),
        earns("e", origin_kind="attendance"),
        earns("e", origin_id=1),
        earns("e", rule="points_rule:1"),
        earns("e", source=system_account(MORALITY, SystemKind.ISSUED, "environment")),
        earns("e", reverses=1),
        earns("e", amount=2**70),
    ):
        assert isinstance(posted(other)[0], KeyReused), other


def test_free_text_is_no_part_of_what_a_repeat_is_compared_by() -> None:
    posted(earns("e", text="扫楼道"))
    assert posted(earns("e", text="打扫楼道"))[0].repeated
    with snapshot() as session:
        assert session.execute(text("SELECT text FROM transfer_text")).scalars().all() == ["扫楼道"]


def test_a_hopeless_posting_is_refused_fault_by_fault() -> None:
    """The order that ``post`` documents, mended one fault at a time."""
    minutes, system = member_account(1, MINUTES), system_account(MINUTES, SystemKind.REDEEMED)
    yesterday = TODAY - timedelta(days=1)
    posted(earns("taken"), earns("m", minutes, 50), earns("points", ANA, 100))
    reversed_(2, key="back")
    close(yesterday)

    asked = spends(
        "taken",
        minutes,
        amount=0,
        effective_on=yesterday,
        rule="x" * 50,
        source=member_account(1, "gold"),
        destination=system_account("gold", SystemKind.REDEEMED),
        reverses=99,
    )

    def refused(kind: type[Refused], **mended: Any) -> Posting:
        nonlocal asked
        assert type(posted(asked)[0]) is kind, asked
        asked = replace(asked, **mended)
        return asked

    before = rows()
    refused(KeyReused, key="new")
    refused(PostingMalformed, rule="")
    refused(UnknownUnit, source=minutes, destination=system)
    refused(UnknownTransfer, reverses=4)
    refused(PeriodClosed, effective_on=TODAY)
    refused(PostingMalformed, source=ISSUED_MINUTES, destination=minutes)  # not the same accounts
    refused(NotReversible, reverses=2, source=minutes, destination=ISSUED_MINUTES)
    refused(AlreadyReversed, reverses=None, destination=system)
    refused(NotSpendable, source=ANA, destination=REDEEMED)
    refused(AmountOutOfRange, amount=101, reverses=3, destination=ISSUED, source=ANA)
    gifts = Cap("gifts", CapWindow.DAY, 99, OverCap.REFUSE)
    refused(MoreThanLeft, amount=100, reverses=None, destination=BEN, caps=(gifts,))
    assert rows() == before
    posted(spends("drain", ANA, 150))
    refused(CapReached, caps=(replace(gifts, most=100),))
    refused(InsufficientBalance, amount=50)
    assert isinstance(posted(asked)[0], Posted)
    assert balance() == 0


ISSUED_MINUTES = system_account(MINUTES, SystemKind.ISSUED, "patrol")


def test_what_no_book_could_hold_is_refused() -> None:
    for asked in (
        earns("k", source=ANA),
        earns("k", source=system_account(PARTY, SystemKind.ISSUED)),
        earns(""),
        earns("k" * (LONGEST_KEY + 1)),
        earns("k", reason=""),
        earns("k", reason="r" * 41),
        earns("k", text="字" * 2001),
        earns("k", origin_id=-1),
        earns("k", origin_id=2**63),
        earns("k", destination=member_account(2**64, MORALITY)),
    ):
        assert isinstance(posted(asked)[0], PostingMalformed), asked
    assert isinstance(posted(earns("k", amount=MOST_AMOUNT + 1))[0], AmountOutOfRange)
    assert rows() == 0


def test_words_are_kept_to_the_letter() -> None:
    words = ('a"b', "a\\b", "\\", '"', "{a,b}", "NULL", "null", "a'b;--", "%s :x", "𬌗𠮷", " a ")
    posted(*(earns(word, reason=word, text=word, rule=word, origin_kind=word) for word in words))
    with snapshot() as session:
        kept = session.execute(
            text(
                "SELECT key, reason, rule, origin_kind, x.text FROM transfer t"
                " JOIN transfer_text x ON x.transfer_id = t.id ORDER BY t.id"
            )
        ).all()
    assert [set(row) for row in kept] == [{word} for word in words]
    again = posted(*(earns(word, reason=word, rule=word, origin_kind=word) for word in words))
    assert [one.repeated for one in again] == [True] * len(words)


def test_one_refusal_leaves_the_others_of_a_batch() -> None:
    answers = posted(earns("a"), spends("b", BEN), spends("c", amount=101), spends("d"))
    assert [type(one) for one in answers] == [
        Posted,
        InsufficientBalance,
        InsufficientBalance,
        Posted,
    ]
    assert (balance(), balance(BEN)) == (0, 0)
    assert answers[2].facts == {"needed": 101, "available": 100}


def test_a_group_is_applied_whole_or_not_at_all() -> None:
    answers = posted(
        earns("a", group=1),
        earns("b", BEN, 5),
        spends("c", BEN, 50, group=1),
        spends("d", amount=1, group=2),
        earns("e", amount=7, group=3),
        spends("f", amount=7, group=3),
    )
    assert [type(one) for one in answers] == [
        GroupRefused,
        Posted,
        InsufficientBalance,
        InsufficientBalance,
        Posted,
        Posted,
    ]
    assert (balance(), balance(BEN)) == (0, 5)
    assert [type(one) for one in posted(earns("a"), spends("g", amount=100))] == [Posted, Posted]


def test_a_refused_group_gives_back_what_it_had_reversed() -> None:
    posted(earns("e"))
    answers = posted(
        spends("r1", destination=ISSUED, reverses=1, group=1),
        spends("x", BEN, group=1),
        spends("r2", destination=ISSUED, reverses=1),
    )
    assert [type(one) for one in answers] == [GroupRefused, InsufficientBalance, Posted]


def test_a_group_moves_between_members() -> None:
    posted(earns("e"))
    moved = replace(earns("m", BEN, 40, reason="correction"), source=ANA)
    (answer, lost) = posted(replace(moved, group=1), spends("s", BEN, 41, group=1))
    assert isinstance(answer, GroupRefused)
    assert isinstance(lost, InsufficientBalance)
    assert (balance(), balance(BEN)) == (100, 0)
    (answer,) = posted(moved)
    assert (answer.source_balance, answer.destination_balance) == (60, 40)


def test_all_or_none_raises_the_first_refusal() -> None:
    with pytest.raises(InsufficientBalance):
        posted_all(earns("a"), spends("b", BEN), spends("c", amount=500))
    assert rows() == 0
    assert [one.amount for one in posted_all(earns("a"), spends("b", amount=60))] == [100, 60]


def test_nothing_asked_is_nothing_done() -> None:
    assert posted() == []


def test_a_reversal_gives_back_what_is_left_once() -> None:
    posted(earns("e"), spends("s", amount=40, origin_kind="redemption", origin_id=5))
    (first,) = reversed_(2, text="退货")
    assert (first.key, first.amount, first.destination_balance) == ("undo:2", 40, 100)
    assert reversed_(2) == [first._replace(repeated=True)]
    with pytest.raises(AlreadyReversed):
        reversed_(2, key="again")
    with pytest.raises(NotReversible):
        reversed_(3, key="again")
    with pytest.raises(UnknownTransfer):
        reversed_(9)
    with snapshot() as session:
        entries = queries.transfers_of(session, "redemption", 5)
    assert [(one.id, one.left, one.reverses) for one in entries] == [(2, 0, None), (3, 40, 2)]


def test_part_of_a_transfer_is_reversed_and_never_more_than_is_left() -> None:
    posted(earns("e"), spends("s"))
    back = earns("p1", amount=30, source=REDEEMED, reverses=2)
    assert isinstance(posted(back)[0], Posted)
    (over,) = posted(replace(back, key="p2", amount=71))
    assert isinstance(over, MoreThanLeft)
    assert over.facts == {"transfer_id": 2, "left": 70}
    (rest,) = reversed_(2)
    assert rest.amount == 70
    assert isinstance(posted(replace(back, key="p3", amount=1))[0], AlreadyReversed)
    assert balance() == 100


def test_a_spent_earning_is_not_reversed_where_the_unit_refuses_that() -> None:
    posted(earns("e"), spends("s", amount=1))
    with pytest.raises(InsufficientBalance):
        reversed_(1)


def test_a_spent_earning_leaves_a_debt_where_the_unit_allows_it() -> None:
    declared(UnitDeclaration("green", "绿色积分", True, spent_reversal=SpentReversal.DEBT))
    who = member_account(1, "green")
    posted(earns("e", who), spends("s", who, 80))
    (undone,) = reversed_(1)
    assert undone.source_balance == -80
    (refused,) = posted(spends("more", who, 1))
    assert refused.facts == {"needed": 1, "available": 0}
    posted(earns("repays", who, 90))
    assert balance(who) == 10


def test_hours_are_adjusted_and_reversed_but_never_spent() -> None:
    hours = member_account(1, MINUTES)
    posted(earns("e", hours, 120))
    assert isinstance(posted(spends("s", hours, 10))[0], NotSpendable)
    adjusted = spends("a", hours, 20, destination=system_account(MINUTES, SystemKind.ADJUSTED))
    assert isinstance(posted(adjusted)[0], Posted)
    assert balance(hours) == 100


def test_two_reversals_or_none() -> None:
    posted(earns("a"), earns("b", BEN), spends("c", BEN, 1))
    with pytest.raises(InsufficientBalance):
        reversed_(1, 2)
    assert (balance(), balance(BEN)) == (100, 99)


def test_points_that_lapse_say_when() -> None:
    declared(UnitDeclaration("green", "绿色", True, expiry=ExpiryPolicy.END_OF_NEXT_YEAR))
    who, lost = member_account(1, "green"), system_account("green", SystemKind.EXPIRED)
    posted(
        earns("e", who, effective_on=date(2025, 3, 1)),
        spends("s", who, 10),
        spends("x", who, 20, destination=lost, reason="expiry"),
    )
    reversed_(2, key="u")
    reversed_(3, key="u")
    with snapshot() as session:
        found = session.execute(text("SELECT CAST(expires_on AS TEXT) FROM transfer ORDER BY id"))
        # earned; spent; lapsed; the redemption comes back as it was; what lapsed lapses anew
        assert found.scalars().all() == ["2026-12-31", None, None, None, "2027-12-31"]
    reversed_(1, key="u")
    with snapshot() as session:
        found = session.execute(text("SELECT CAST(expires_on AS TEXT) FROM transfer WHERE id = 6"))
        assert found.scalar_one() == "2026-12-31"
