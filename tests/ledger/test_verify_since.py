"""``verify`` from the last verification on: what it reads, what it finds, what it cannot find."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM, Actor
from pointsbank.core.database import Database, snapshot, transaction
from pointsbank.core.errors import Forbidden
from pointsbank.ledger import operations
from pointsbank.ledger.encoding import TRANSFER
from pointsbank.ledger.rules import MINUTES, MORALITY, member_account
from pointsbank.ledger.verify import Findings, last_verified, verify
from tests.ledger.accounts import ANA, BEN, EVE, declare, earns, posted, reversed_, sealed, spends
from tests.ledger.test_verify import BYTES, NEW, changed, counted, fault, unprotected, verified

NEWCOMER = member_account(4, MORALITY)


@pytest.fixture
def book(bank: Database) -> Database:
    """Six transfers, sealed in two runs and verified; two more sealed; the last two are not."""
    declare(bank)
    posted(earns("1", ANA), earns("2", BEN, 50), earns("3", member_account(1, MINUTES), 90))
    sealed()
    posted(spends("4", ANA, 30), earns("5", EVE, 10, text="巡逻"), earns("6", BEN, 1))
    sealed()
    assert recorded(verified()).fault is None
    reversed_(4, key="7")
    posted(spends("8", BEN, 20))
    sealed()
    posted(earns("9", NEWCOMER, 3, text="值班"), spends("10", ANA, 1))
    return bank


def recorded(findings: Findings) -> Findings:
    with transaction() as session:
        operations.record_verification(session, SYSTEM, findings=findings, at=clock.now())
    return findings


def since_last(**more: Any) -> Findings:
    with snapshot() as session:
        since = last_verified(session)
        assert since is not None
        return verify(session, since=since, **more)


def later_fault() -> tuple[str, str, int] | None:
    found = since_last().fault
    return found and (found.what, found.table, found.row_id)


def tampered(bank: Database, *statements: str) -> None:
    tables = ("transfer", "seal", "unit", "period_balance", "period", "verification")
    with unprotected(bank, *tables) as raw:
        for statement in statements:
            raw.execute(text(statement))


def test_only_what_came_after_is_read(book: Database) -> None:
    told: list[int] = []
    found = since_last(progress=told.append)
    assert counted(found) == (4, 8, 3, 2, None)
    assert found.since is not None
    assert found.since.seal_id == 2
    assert told[-1] == 4
    assert counted(verified()) == (10, 8, 3, 2, None)


def test_rows_read_do_not_grow_with_what_was_verified(book: Database) -> None:
    posted(*(earns(f"more{n}", EVE, 1) for n in range(300)))
    sealed()
    assert recorded(since_last()).transfers == 304
    posted(earns("last", EVE, 1))
    assert since_last().transfers == 1


def test_a_change_of_any_column_after_that_seal_is_found_and_named(book: Database) -> None:
    for column in TRANSFER.columns:
        value = NEW.get(column, BYTES[book.dialect])
        if book.dialect == "postgresql" and column == "recorded_at":
            value += "::timestamptz + interval '1 day'"
        with changed(book, "transfer", column, value, 8):
            what = "missing" if column == "id" else "changed"
            assert later_fault() == (what, "transfer", 8), column
    assert later_fault() is None


def test_a_row_taken_out_after_that_seal_is_named(book: Database) -> None:
    tampered(book, "DELETE FROM transfer WHERE id = 7")
    assert later_fault() == ("missing", "transfer", 7)


def test_the_tail_goes_on_from_what_was_verified(book: Database) -> None:
    tampered(book, "UPDATE transfer SET source_balance = 98 WHERE id = 10")
    assert later_fault() == ("balance", "transfer", 10)


def test_a_change_before_that_seal_is_not_claimed_to_be_found(book: Database) -> None:
    tampered(
        book,
        "UPDATE transfer SET rule = 'mine' WHERE id = 2",
        "UPDATE transfer_text SET text = '没巡逻' WHERE transfer_id = 5",
    )
    assert later_fault() is None
    assert fault() == ("changed", "transfer", 2)


def test_the_last_transfer_before_is_what_an_account_goes_on_from(book: Database) -> None:
    tampered(book, "UPDATE transfer SET destination_balance = 52 WHERE id = 6")
    assert later_fault() == ("balance", "transfer", 8)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE account SET balance = 1000 WHERE owner_id = 3",
        "UPDATE account SET version = 9 WHERE owner_id = 3",
        "UPDATE transfer SET destination_balance = 1000 WHERE id = 5",
        "DELETE FROM transfer WHERE id = 5",
    ],
)
def test_an_account_not_touched_since_stands_as_its_last_transfer_left_it(
    book: Database, change: str
) -> None:
    tampered(book, "DELETE FROM transfer_text", change)
    what, table, _ = later_fault() or ("", "", 0)
    assert (what, table) == ("balance", "account")


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ("UPDATE seal SET digest = (SELECT digest FROM seal WHERE id = 1) WHERE id = 2", "changed"),
        ("UPDATE seal SET last_transfer_id = 8 WHERE id = 2", "changed"),
        ("DELETE FROM seal WHERE id = 2", "missing"),
    ],
)
def test_the_seal_that_was_verified_stands_as_it_was(
    book: Database, change: str, what: str
) -> None:
    tampered(book, change)
    assert later_fault() == (what, "seal", 2)


def test_a_book_sealed_anew_is_found(book: Database) -> None:
    tampered(book, "UPDATE transfer SET rule = 'mine' WHERE id = 2", "DELETE FROM seal")
    while sealed(most=3):
        pass
    assert fault() is None
    assert later_fault() == ("changed", "seal", 2)


def test_later_reversals_are_held_to_what_they_reverse(book: Database) -> None:
    tampered(book, "UPDATE transfer SET reverses = 2 WHERE id = 10")
    assert later_fault() == ("reversal", "transfer", 10)


def test_more_reversed_since_than_there_was_is_named(book: Database) -> None:
    tampered(
        book,
        "UPDATE transfer SET reverses = 6 WHERE id = 10",
        "UPDATE transfer SET source_id = o.destination_id, destination_id = o.source_id,"
        " amount = 2, source_balance = 29, source_version = 4"
        " FROM (SELECT * FROM transfer WHERE id = 6) o WHERE transfer.id = 10",
        "UPDATE account SET balance = 29, version = 4 WHERE owner_id = 2",
        "UPDATE account SET balance = balance + 1, version = version - 1"
        " WHERE owner_id = 1 AND unit_id = 2",
    )
    assert later_fault() == ("reversal", "transfer", 6)


def test_a_later_text_is_held_to_its_hash(book: Database) -> None:
    tampered(book, "UPDATE transfer_text SET text = '没值班' WHERE transfer_id = 9")
    assert later_fault() == ("text", "transfer_text", 9)


def test_periods_closed_since_are_held_to_the_book(book: Database) -> None:
    at = clock.now() + timedelta(days=60)
    for until in (date(2026, 10, 31), date(2026, 11, 30)):
        with transaction() as session:
            operations.close_period(session, SYSTEM, until=until, at=at)
        recorded(since_last()) if until.month == 10 else None
    assert later_fault() is None
    wrong = (
        "UPDATE period_balance SET balance = balance + 1 WHERE period_id = {} AND account_id = 2"
    )
    tampered(book, wrong.format(2))
    assert later_fault() == ("sheet", "period", 2)
    tampered(book, wrong.replace("+", "-").format(2))
    posted(earns("late", ANA, effective_on=date(2026, 12, 1)))
    tampered(book, "UPDATE transfer SET effective_on = '2026-11-30' WHERE id = 11")
    assert later_fault() == ("period", "transfer", 11)


def test_a_reading_that_holds_is_where_the_next_begins(book: Database) -> None:
    recorded(since_last())
    assert counted(since_last()) == (2, 8, 3, 2, None)


def test_after_a_fault_the_whole_book_is_read_until_it_holds(book: Database) -> None:
    with changed(book, "transfer", "rule", "'mine'", 2):
        recorded(verified())
    with snapshot() as session:
        assert last_verified(session) is None
    recorded(verified())
    assert since_last().transfers == 2


def test_a_book_without_seals_is_no_place_to_begin(bank: Database) -> None:
    declare(bank)
    posted(earns("1"))
    recorded(verified())
    with snapshot() as session:
        assert last_verified(session) is None


def test_a_notice_of_an_earlier_seal_is_compared_with_what_is_stored(book: Database) -> None:
    with snapshot() as session:
        digests = dict(session.execute(text("SELECT id, digest FROM seal")).all())
    assert since_last(published=digests).fault is None
    found = since_last(published={1: digests[2]}).fault
    assert found is not None
    assert (found.what, found.table, found.row_id) == ("seal", "seal", 1)


def test_only_the_program_itself_writes_down_what_was_verified(book: Database) -> None:
    with pytest.raises(Forbidden), transaction() as session:
        operations.record_verification(
            session, Actor("user", 1), findings=verified(), at=clock.now()
        )
