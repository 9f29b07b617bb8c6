"""Balances, statements and totals: what people look up."""

from calendar import monthrange
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import event

from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM, Actor
from pointsbank.core.database import Database, snapshot, transaction
from pointsbank.ledger import journal, operations, queries, spans
from pointsbank.ledger.periods import balance_as_of
from pointsbank.ledger.queries import StatementEntry
from pointsbank.ledger.rules import (
    MINUTES,
    MORALITY,
    PARTY,
    AccountRef,
    Posting,
    SystemKind,
    household_account,
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
    reversed_,
    sealed,
    spends,
)


@pytest.fixture(autouse=True)
def _units(bank: Database) -> None:
    declare(bank)


def asked(query: Any, *given: Any, **more: Any) -> Any:
    with snapshot() as session:
        return query(session, *given, **more)


def page(who: AccountRef = ANA, **more: Any) -> list[StatementEntry]:
    return asked(queries.statement, who, **more)


def test_balances_are_given_for_every_unit() -> None:
    posted(earns("a"), earns("b", member_account(1, MINUTES), 90))
    assert asked(queries.balances, 1) == {MINUTES: 90, MORALITY: 100, PARTY: 0}
    assert asked(queries.balances, 77) == {MINUTES: 0, MORALITY: 0, PARTY: 0}
    assert asked(queries.balances_of, [1, 2], MORALITY) == {1: 100, 2: 0}
    assert asked(queries.balances_of, [], MORALITY) == {}
    assert asked(queries.account, member_account(9, MORALITY)).balance == 0


def test_a_households_balance_is_not_its_members() -> None:
    posted(earns("a", household_account(1, MORALITY)))
    assert asked(queries.balances, 1)[MORALITY] == 0
    assert list(asked(queries.totals_by_member, since=TODAY, until=TODAY)) == []


def test_a_statement_is_newest_first_with_running_balances() -> None:
    posted(
        earns("a", rule="points_rule:3", origin_kind="attendance", origin_id=4),
        spends("b", amount=30),
        earns("c", amount=5),
    )
    figures = [(e.id, e.amount, e.balance) for e in page()]
    assert figures == [(3, 5, 75), (2, -30, 70), (1, 100, 100)]
    first = page()[-1]
    assert (first.system_kind, first.category, first.rule) == ("issued", "patrol", "points_rule:3")
    assert (first.origin_kind, first.origin_id, first.reason) == ("attendance", 4, "service")
    assert (first.effective_on, first.recorded_at) == (TODAY, clock.now())


def test_a_statement_is_read_page_by_page() -> None:
    posted(*(earns(f"e{n}", amount=n + 1) for n in range(7)), earns("other", BEN))
    pages = [page(most=3)]
    while len(pages[-1]) == 3:
        pages.append(page(most=3, before=pages[-1][-1].id))
    assert [[e.amount for e in one] for one in pages] == [[7, 6, 5], [4, 3, 2], [1]]
    assert page(before=8) == []  # another account's entry


def test_a_statement_of_a_period_is_what_is_dated_there_however_it_was_booked() -> None:
    june, july = date(2026, 6, 30), date(2026, 7, 1)
    posted(
        earns("a", amount=10, effective_on=june),
        earns("b", amount=20, effective_on=july),
        spends("c", amount=5, effective_on=date(2026, 7, 31)),
        earns("d", amount=40, effective_on=date(2026, 8, 1)),
        earns("late", amount=3, effective_on=june),
        earns("other", BEN, effective_on=july),
    )
    dated = {"since": july, "until": date(2026, 7, 31)}
    assert [(e.id, e.balance) for e in page(**dated)] == [(3, 25), (2, 30)]
    assert [e.id for e in page(since=july)] == [4, 3, 2]
    assert [e.id for e in page(until=june)] == [5, 1]
    assert page(since=date(2026, 9, 1)) == []
    first = page(**dated, most=1)
    assert [e.id for e in first + page(**dated, most=1, before=first[-1].id)] == [3, 2]


def test_a_periods_figures_add_up_and_a_reversal_counts_against_what_it_takes_back() -> None:
    def figures(**dated: date | None) -> tuple[int, ...]:
        found = asked(queries.period_figures, ANA, **{"since": None, "until": None} | dated)
        return found.opening, found.came, found.went, found.closing

    may, june, july = date(2026, 5, 31), date(2026, 6, 30), date(2026, 7, 31)
    assert figures() == (0, 0, 0, 0)
    posted(
        earns("a", amount=10, effective_on=may),
        earns("b", amount=20, effective_on=june),
        spends("c", amount=5, effective_on=june),
        earns("late", amount=3, effective_on=may),
        earns("other", BEN, effective_on=june),
    )
    reversed_(2, 3, effective_on=july)
    assert figures(since=june, until=june) == (13, 20, 5, 28)
    assert figures(since=july) == (28, -20, -5, 13)
    assert figures(until=june) == (0, 33, 5, 28)
    assert figures() == (0, 13, 0, 13)
    with transaction() as session:
        operations.close_period(session, SYSTEM, until=may, at=clock.now())
    assert figures(since=june, until=june) == (13, 20, 5, 28)


def test_a_statement_says_who_made_each_entry() -> None:
    with transaction() as session:
        operations.post(session, Actor("user", 7), [earns("a")], at=clock.now())
    posted(spends("b"))
    assert [(e.actor_kind, e.actor_id) for e in page()] == [("system", 0), ("user", 7)]


def test_a_reversed_entry_says_by_what_and_how_much() -> None:
    posted(earns("e"), spends("s"))
    posted(earns("p", amount=30, source=REDEEMED, reverses=2))
    reversed_(2)
    back, part, spent, _ = page()
    assert (spent.reversed_by, spent.reversed_amount) == (back.id, 100)
    assert (back.reverses, back.amount, part.amount) == (2, 70, 30)


def test_an_account_that_never_was_has_an_empty_statement() -> None:
    assert page(member_account(5, MORALITY)) == []
    assert page(member_account(5, "gold")) == []


def test_totals_net_reversals_by_contra_account() -> None:
    other = system_account(MORALITY, SystemKind.ISSUED, "environment")
    posted(
        earns("a"),
        earns("b", amount=20, source=other),
        earns("c", member_account(1, MINUTES), 60),
        earns("d", amount=7, effective_on=date(2025, 12, 31)),
        spends("e", amount=30),
        spends("f", amount=10),
        earns("g", BEN, 1),
        replace(earns("h", BEN, 5), source=ANA),
    )
    reversed_(6)
    found = asked(lambda s: list(queries.totals_by_member(s, since=date(2026, 1, 1), until=TODAY)))
    assert found == [
        (1, MINUTES, "issued", "patrol", 60),
        (1, MORALITY, "issued", "environment", 20),
        (1, MORALITY, "issued", "patrol", 100),
        (1, MORALITY, "redeemed", "", -30),
        (2, MORALITY, "issued", "patrol", 1),
    ]
    assert found[0].net_amount == 60


def test_transfers_are_found_by_what_they_came_from() -> None:
    posted(earns("a", origin_kind="attendance", origin_id=4), earns("b"))
    (found,) = asked(queries.transfers_of, "attendance", 4)
    assert (found.key, found.unit, found.amount, found.left) == ("a", MORALITY, 100, 100)
    assert asked(queries.transfers_of, "", 0) == []


@pytest.mark.parametrize("looks", [1, 2, 64])
def test_the_balance_of_a_past_day_follows_effective_dates(
    monkeypatch: pytest.MonkeyPatch, looks: int
) -> None:
    monkeypatch.setattr(spans, "_LOOKS", looks)
    days = [date(2026, 8, 31), date(2026, 9, 1), date(2026, 9, 30), date(2026, 10, 7), TODAY]
    posted(*(earns(f"e{n}", amount=10**n, effective_on=day) for n, day in enumerate(days)))

    def seen(who: AccountRef) -> list[int]:
        return [asked(balance_as_of, who, day) for day in [date(2026, 1, 1), *days]]

    expected = [0, 1, 11, 111, 1111, 11111]
    assert seen(ANA) == expected
    for until in (date(2026, 8, 31), date(2026, 9, 30)):
        with transaction() as session:
            operations.close_period(session, SYSTEM, until=until, at=clock.now())
        assert seen(ANA) == expected  # some dated later had been recorded before the close
    assert seen(ISSUED) == [-amount for amount in expected]
    assert asked(balance_as_of, BEN, TODAY) == 0


def test_of_a_long_account_a_past_month_is_found_among_its_entries() -> None:
    months = [date(2025 + month // 12, month % 12 + 1, 1) for month in range(22)]
    ends = [monthrange(day.year, day.month)[1] for day in months]
    for day, end in zip(months, ends, strict=True):
        batch = [
            earns(f"{day}:{n}", amount=1 + n % 3, effective_on=day.replace(day=1 + n % end))
            for n in range(300)
        ]
        posted(*batch, spends(f"{day}:s", amount=5, effective_on=day))
        with transaction() as session:
            operations.close_period(session, SYSTEM, until=day.replace(day=end), at=clock.now())
    assert asked(balance_as_of, ANA, date(2025, 6, 30)) == 6 * (600 - 5)
    figures = asked(queries.period_figures, ANA, since=date(2025, 7, 1), until=date(2025, 7, 31))
    assert (figures.opening, figures.came, figures.went) == (6 * 595, 600, 5)
    page = asked(queries.statement, ANA, since=date(2025, 7, 1), until=date(2025, 7, 31), most=400)
    assert (len(page), page[0].id - page[-1].id) == (301, 300)


def test_a_period_of_one_account_never_reads_the_books_other_entries(bank: Database) -> None:
    posted(*(earns(f"b{n}", BEN) for n in range(400)), earns("a"))
    asked_of_the_database: list[tuple[str, Any]] = []

    def heard(_c: Any, _cursor: Any, statement: str, given: Any, *_rest: Any) -> None:
        asked_of_the_database.append((statement, given))

    with snapshot() as session:
        connection = session.connection()
        event.listen(connection, "before_cursor_execute", heard)
        queries.statement(session, ANA, since=TODAY, until=TODAY, before=1)
        queries.period_figures(session, ANA, since=TODAY, until=TODAY)
        event.remove(connection, "before_cursor_execute", heard)
        explain = "EXPLAIN QUERY PLAN " if bank.dialect == "sqlite" else "EXPLAIN "
        if bank.dialect == "postgresql":
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        plans = [
            str(connection.exec_driver_sql(explain + statement, given).all())
            for statement, given in asked_of_the_database
            if "FROM transfer" in statement
        ]
    assert len(plans) >= 2
    for plan in plans:
        assert "ix_transfer_effective_on" not in plan
        assert "uq_transfer_destination" in plan


def test_the_journal_counts_what_is_sealed_and_what_is_not() -> None:
    assert asked(journal.transfer_count) == 0
    posted(earns("a"), earns("b", BEN, 5))
    sealed()
    posted(spends("c", amount=1))
    assert asked(journal.transfer_count) == 3
    assert asked(journal.unsealed_count) == 1
    figures = {one.unit: one for one in asked(journal.unit_figures)}
    assert (figures[MORALITY].account_count, figures[MORALITY].balance) == (2, 104)
    assert (figures[PARTY].account_count, figures[PARTY].balance) == (0, 0)


def test_seals_are_listed_newest_first() -> None:
    posted(*(earns(f"e{n}") for n in range(3)))
    runs = [sealed(most=1) for _ in range(3)]
    assert [one.id for one in asked(journal.seals, most=2)] == [3, 2]
    (oldest,) = asked(journal.seals, before=2)
    assert oldest.digest == runs[0].digest


def test_a_postings_sides_are_told_apart() -> None:
    posted(earns("a"), Posting("z", ISSUED, REDEEMED, 3, TODAY, "correction"))
    system, member = asked(journal.transfers)
    assert (system.source.balance, system.destination.balance) == (None, None)
    assert (member.destination.owner_id, member.destination.balance) == (1, 100)
