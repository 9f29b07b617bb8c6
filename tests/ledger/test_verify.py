"""``verify`` finds whatever was changed behind the program's back, and names it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import Connection

from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM
from pointsbank.core.database import Database, protection, snapshot, transaction
from pointsbank.core.sqlite import driver
from pointsbank.ledger import operations
from pointsbank.ledger.encoding import ACCOUNT, TRANSFER, UNIT, Layout
from pointsbank.ledger.models import TABLES
from pointsbank.ledger.rules import MINUTES, member_account
from pointsbank.ledger.verify import Findings, verify
from tests.ledger.accounts import (
    ANA,
    BEN,
    declare,
    earns,
    posted,
    reversed_,
    sealed,
    spends,
)


@pytest.fixture
def book(bank: Database) -> Database:
    """Nine transfers, of which the first seven are sealed in two runs."""
    declare(bank)
    posted(
        earns("a", ANA, text="巡逻"),
        earns("b", BEN, 50, rule="points_rule:1", origin_kind="attendance", origin_id=4),
        earns("c", member_account(1, MINUTES), 90),
        spends("d", ANA, 30, origin_kind="redemption", origin_id=1),
    )
    sealed()
    reversed_(4, key="r")
    posted(spends("e", BEN, 20), earns("f", ANA, 5))
    sealed()
    posted(earns("g", ANA, 3), spends("h", ANA, 1))
    return bank


def verified(**more: Any) -> Findings:
    with snapshot() as session:
        return verify(session, **more)


def counted(found: Findings) -> tuple[Any, ...]:
    """Transfers read, accounts, the last seal, the unsealed tail, the fault."""
    return found.transfers, found.accounts, found.seals, found.tail, found.fault


def fault() -> tuple[str, str, int] | None:
    found = verified().fault
    return found and (found.what, found.table, found.row_id)


@contextmanager
def unprotected(bank: Database, *tables: str) -> Iterator[Connection]:
    """What somebody with the database's own password can do: no triggers, no foreign keys."""
    if bank.dialect == "postgresql":
        with bank.administer() as connection:
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
            yield connection
        return
    engine = create_engine(bank.engine.url, module=driver())
    with engine.begin() as connection:
        for table in tables:
            for verb in ("update", "delete"):
                connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {table}_no_{verb}")
        yield connection
        for table in tables:
            for statement in protection(table, "sqlite"):
                connection.exec_driver_sql(statement)
    engine.dispose()


def test_a_book_as_it_was_written_holds(book: Database) -> None:
    assert counted(verified()) == (9, 6, 2, 2, None)


def test_an_empty_book_holds(bank: Database) -> None:
    assert counted(verified()) == (0, 0, 0, 0, None)


NEW = {
    "id": "70", "unit_id": "3", "source_id": "60", "destination_id": "60", "amount": "amount + 1",
    "actor_id": "8", "origin_id": "99", "source_balance": "coalesce(source_balance, 0) + 1",
    "source_version": "coalesce(source_version, 0) + 9", "reverses": "1",
    "destination_balance": "coalesce(destination_balance, 0) + 1",
    "destination_version": "coalesce(destination_version, 0) + 9",
    "key": "key || 'x'", "actor_kind": "'user'", "reason": "'opening'", "origin_kind": "'claim'",
    "rule": "'points_rule:2'", "effective_on": "'2026-11-20'", "expires_on": "'2026-12-31'",
    "recorded_at": "'2026-11-21 01:02:00.000001'",
    "floor": "-1", "expiry_months": "1", "spendable": "{no}", "code": "'x'", "name": "'x'",
    "expiry": "'end_of_year'", "spent_reversal": "'debt'",
    "declared_at": "'2026-11-21 01:02:00.000001'",
    "owner_id": "77", "owner_kind": "'household'", "kind": "'savings'", "category": "'other'",
}  # fmt: skip
BYTES = {"sqlite": "x'00112233'", "postgresql": "'\\x00112233'::bytea"}


@pytest.mark.parametrize(("layout", "row_id"), [(UNIT, 1), (ACCOUNT, 3), (TRANSFER, 2)])
def test_a_change_of_any_column_of_a_sealed_row_is_found_and_named(
    book: Database, layout: Layout, row_id: int
) -> None:
    table = layout.table
    for column in layout.columns:
        value = NEW.get(column, BYTES[book.dialect])
        value = value.format(no="1" if book.dialect == "sqlite" else "true")
        if book.dialect == "postgresql" and column == "recorded_at":
            value += "::timestamptz + interval '1 day'"
        with changed(book, table, column, value, row_id):
            what = "missing" if column == "id" else "changed"
            assert fault() == (what, table, row_id), column
    assert fault() is None


@contextmanager
def changed(bank: Database, table: str, column: str, value: str, row_id: int) -> Iterator[None]:
    """One column of one row says something else for a while."""
    with unprotected(bank, table) as raw:
        old = raw.execute(text(f"SELECT {column} FROM {table} WHERE id = {row_id}")).scalar()
        raw.execute(text(f"UPDATE {table} SET {column} = {value} WHERE id = {row_id}"))
    yield
    with unprotected(bank, table) as raw:
        here = value if column == "id" else row_id
        change = text(f"UPDATE {table} SET {column} = :old WHERE id = {here}")
        raw.execute(change, {"old": old})


@pytest.mark.parametrize("column", ["expires_on", "text_hash", "reverses"])
def test_nothing_and_emptiness_are_told_apart(book: Database, column: str) -> None:
    emptiness = {
        "expires_on": "''" if book.dialect == "sqlite" else "'0001-01-01'",
        "text_hash": "x''" if book.dialect == "sqlite" else "''::bytea",
        "reverses": "0",
    }
    with changed(book, "transfer", column, emptiness[column], 2):
        assert fault() == ("changed", "transfer", 2)


@pytest.mark.only("sqlite")
def test_bytes_that_are_no_text_are_named(book: Database) -> None:
    with changed(book, "transfer", "rule", "CAST(x'ff' AS TEXT)", 2):
        assert fault() == ("changed", "transfer", 2)


def test_a_letter_moved_to_the_next_column_is_named(book: Database) -> None:
    with unprotected(book, "transfer") as raw:
        raw.execute(text("UPDATE transfer SET actor_kind = 'systems', reason = 'ervice'"))
    assert fault() == ("changed", "transfer", 1)


def test_a_change_is_named_wherever_it_lies_in_its_block(
    bank: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pointsbank.ledger.reader.BLOCK_ROWS", 2)
    declare(bank)
    posted(*(earns(f"e{n}") for n in range(7)))
    for most in (3, 1, 3):
        sealed(most)
    assert fault() is None
    for row_id in range(1, 8):
        with changed(bank, "transfer", "origin_id", "9", row_id):
            assert fault() == ("changed", "transfer", row_id)


@pytest.mark.parametrize("row_id", [0, -1, -(2**63)])
def test_a_row_before_all_others_is_named(book: Database, row_id: int) -> None:
    with unprotected(book, "transfer") as raw:
        raw.execute(text(f"UPDATE transfer SET id = {row_id} WHERE id = 9"))
    assert fault() == ("added", "transfer", row_id)


def test_a_row_may_stand_at_the_very_end(book: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pointsbank.ledger.reader.BLOCK_ROWS", 1)
    with unprotected(book, "transfer", "seal") as raw:
        raw.execute(text("DELETE FROM seal"))
        raw.execute(text(f"UPDATE transfer SET id = {2**63 - 1} WHERE id = 9"))
    assert counted(verified()) == (9, 6, 0, 9, None)


def test_the_sealed_columns_are_all_columns(book: Database) -> None:
    for layout, not_sealed in (
        (UNIT, set()),
        (ACCOUNT, {"balance", "held", "version"}),
        (TRANSFER, set()),
    ):
        assert {*layout.columns} | not_sealed == set(TABLES[layout.table].c.keys())


def test_a_change_of_any_column_of_a_seal_is_found(book: Database) -> None:
    for column, value in {
        "first_transfer_id": "2", "last_transfer_id": "3", "transfer_count": "9",
        "last_account_id": "4", "account_count": "9", "last_unit_id": "2", "unit_count": "9",
        "sealed_at": "'2026-11-21 01:02:00.000001'", "previous": "", "digest": "", "marks": "",
        "id": "9",
    }.items():  # fmt: skip
        with changed(book, "seal", column, value or BYTES[book.dialect], 1):
            found = fault()
            assert found is not None, column
            if column in {"first_transfer_id", "sealed_at", "previous", "digest", "marks"}:
                assert found == ("changed", "seal", 1), column
    assert fault() is None


def test_a_removed_row_is_named(book: Database) -> None:
    with unprotected(book, "transfer") as raw:
        raw.execute(text("DELETE FROM transfer WHERE id = 3"))
    assert fault() == ("missing", "transfer", 3)


def test_an_added_row_is_named(book: Database) -> None:
    with unprotected(book, "transfer") as raw:
        raw.execute(text("UPDATE transfer SET id = 0 WHERE id = 9"))
        raw.execute(text("UPDATE transfer SET id = id + 100 WHERE id > 6"))
        raw.execute(text("UPDATE transfer SET id = 107 - 100 WHERE id = 108"))
        raw.execute(text("UPDATE transfer SET id = 6 + 100 WHERE id = 0"))
    assert fault() == ("changed", "transfer", 7)


def test_a_row_put_between_sealed_rows_is_named(book: Database) -> None:
    posted(earns("late"))
    with unprotected(book, "transfer", "seal") as raw:
        raw.execute(text("UPDATE transfer SET id = 5000 WHERE id = 10"))
        raw.execute(text("UPDATE seal SET last_transfer_id = 5000 WHERE id = 2"))
    assert fault() == ("added", "transfer", 8)


def test_swapped_rows_are_named(book: Database) -> None:
    with unprotected(book, "transfer") as raw:
        for old, new in ((1, 100), (2, 1), (100, 2)):
            raw.execute(text(f"UPDATE transfer SET id = {new} WHERE id = {old}"))
    assert fault() == ("changed", "transfer", 1)


def test_a_removed_last_seal_is_found_by_the_notice(book: Database) -> None:
    with snapshot() as session:
        digest = session.execute(text("SELECT digest FROM seal WHERE id = 2")).scalar_one()
    assert verified(published={2: digest}).fault is None
    with unprotected(book, "seal") as raw:
        raw.execute(text("DELETE FROM seal WHERE id = 2"))
    assert verified().fault is None
    assert verified(published={2: digest}).fault.what == "seal"


def test_a_book_sealed_anew_is_found_by_the_notice(book: Database) -> None:
    with snapshot() as session:
        digest = session.execute(text("SELECT digest FROM seal WHERE id = 1")).scalar_one()
    with unprotected(book, "seal", "transfer") as raw:
        raw.execute(text("UPDATE transfer SET rule = 'mine' WHERE id = 2"))
        raw.execute(text("DELETE FROM seal"))
    sealed()
    assert verified().fault is None
    assert verified(published={1: digest}).fault.what == "seal"


def test_the_unsealed_tail_is_held_to_the_balances(book: Database) -> None:
    with unprotected(book, "transfer") as raw:
        raw.execute(text("UPDATE transfer SET amount = 4 WHERE id = 8"))
    assert fault() == ("balance", "transfer", 8)


@pytest.mark.parametrize("change", ["balance = 1000", "version = 9", "held = 5"])
def test_an_account_that_says_something_else_is_named(book: Database, change: str) -> None:
    with unprotected(book) as raw:
        raw.execute(text(f"UPDATE account SET {change} WHERE id = 2"))
    assert fault() == ("balance", "account", 2)


def test_a_transfer_below_the_floor_is_named_where_all_figures_agree(book: Database) -> None:
    with unprotected(book, "transfer") as raw:
        below = "amount = 200, source_balance = source_balance - 199"
        raw.execute(text(f"UPDATE transfer SET {below} WHERE id = 9"))
        raw.execute(text("UPDATE account SET balance = balance - 199 WHERE id = 2"))
    assert fault() == ("floor", "transfer", 9)
    with unprotected(book, "unit", "seal") as raw:  # sealed anew, as its terms are
        raw.execute(text("UPDATE unit SET floor = -92 WHERE code = 'morality'"))
        raw.execute(text("DELETE FROM seal"))
    assert fault() is None


def test_more_held_than_there_is_is_named(book: Database) -> None:
    at = clock.now()
    with transaction() as session:
        hold = operations.place_hold(
            session, SYSTEM, wanted=spends("h", ANA, 5), expires_at=at + timedelta(1), at=at
        )
    with unprotected(book, "hold") as raw:
        raw.execute(text(f"UPDATE hold SET amount = 500 WHERE id = {hold.id}"))
        raw.execute(text("UPDATE account SET held = 500 WHERE id = 2"))
    assert fault() == ("floor", "account", 2)


def test_a_transfer_in_another_unit_than_its_accounts_is_named(book: Database) -> None:
    with unprotected(book, "transfer") as raw:
        raw.execute(text("UPDATE transfer SET unit_id = 3 WHERE id = 9"))
    assert fault() == ("unit", "transfer", 9)


@pytest.mark.parametrize("wrong", ["reverses = 8", "reverses = 5"])
def test_a_reversal_of_what_it_may_not_is_named(book: Database, wrong: str) -> None:
    with unprotected(book, "transfer") as raw:
        raw.execute(text(f"UPDATE transfer SET {wrong} WHERE id = 9"))
    assert fault() == ("reversal", "transfer", 9)


def test_more_reversed_than_there_was_is_named(book: Database) -> None:
    with unprotected(book, "transfer") as raw:
        raw.execute(text("UPDATE transfer SET reverses = 8 WHERE id = 9"))
        raw.execute(
            text(
                "UPDATE transfer SET destination_id ="
                " (SELECT source_id FROM transfer WHERE id = 8) WHERE id = 9"
            )
        )
    assert fault() is None
    with unprotected(book, "transfer") as raw:
        raw.execute(text("UPDATE transfer SET reverses = 7 WHERE id = 9"))
    assert fault() is None  # of 5, 1 is reversed
    with unprotected(book, "transfer") as raw:
        raw.execute(text("UPDATE transfer SET reverses = 8 WHERE id = 9"))
        raw.execute(
            text("UPDATE transfer SET amount = 4, source_balance = source_balance - 3 WHERE id = 9")
        )
        raw.execute(text("UPDATE account SET balance = balance - 3 WHERE id = 2"))
    assert fault() == ("reversal", "transfer", 8)


def test_a_changed_text_is_named_and_an_erased_one_is_not(book: Database) -> None:
    with unprotected(book) as raw:
        raw.execute(text("UPDATE transfer_text SET text = '没巡逻'"))
    assert fault() == ("text", "transfer_text", 1)
    with unprotected(book) as raw:
        raw.execute(text("DELETE FROM transfer_text"))
    assert fault() is None


def test_a_closed_period_keeps_its_balances_and_takes_nothing_more(book: Database) -> None:
    posted(earns("old", ANA, 9, effective_on=date(2026, 9, 1)))
    with transaction() as session:
        for until in (date(2026, 9, 30), date(2026, 10, 31)):
            operations.close_period(session, SYSTEM, until=until, at=clock.now())
    assert fault() is None
    with unprotected(book, "period_balance") as raw:
        raw.execute(
            text("UPDATE period_balance SET balance = 10 WHERE period_id = 2 AND balance = 9")
        )
    assert fault() == ("sheet", "period", 2)
    with unprotected(book, "period_balance", "period") as raw:
        raw.execute(text("UPDATE period_balance SET balance = 9 WHERE balance = 10"))
        raw.execute(text("UPDATE period SET last_transfer_id = 9 WHERE id = 2"))
    assert fault() == ("period", "transfer", 10)
    with unprotected(book, "period") as raw:
        raw.execute(text("UPDATE period SET last_transfer_id = 10, first_later_id = 9"))
    assert fault() == ("period", "transfer", 1)


def test_a_fault_says_what_it_is_in_a_sentence(book: Database) -> None:
    with unprotected(book, "transfer") as raw:
        raw.execute(text("UPDATE transfer SET rule = 'mine' WHERE id = 2"))
    assert verified().fault.sentence == "transfer 第 2 行在封存后被改动。"


def test_progress_is_told_as_it_reads(bank: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    declare(bank)
    monkeypatch.setattr("pointsbank.ledger.reader.BLOCK_ROWS", 2)
    posted(*(earns(f"e{n}") for n in range(5)))
    told: list[int] = []
    verified(progress=told.append)
    assert told == [2, 4, 5]
