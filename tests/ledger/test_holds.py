"""Holds count at once, resolve once and never overdraw."""

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
    MINUTES,
    AccountRef,
    AmountOutOfRange,
    Cap,
    CapWindow,
    Held,
    HoldOver,
    HoldResolved,
    InsufficientBalance,
    KeyReused,
    NotSpendable,
    PeriodClosed,
    Posted,
    Posting,
    PostingMalformed,
    SystemKind,
    UnknownHold,
    UnknownUnit,
    member_account,
    system_account,
)
from pointsbank.ledger.verify import verify
from tests.ledger.accounts import ANA, BEN, ISSUED, REDEEMED, TODAY, declare, earns, posted, spends
from tests.ledger.test_verify import unprotected

SOON = timedelta(days=3)


@pytest.fixture(autouse=True)
def _ana_has_100(bank: Database) -> None:
    declare(bank)
    posted(earns("e"))


def done(verb: Any, *, later: timedelta = timedelta(), **asked: Any) -> Any:
    with transaction() as session:
        return verb(session, SYSTEM, **asked, at=clock.now() + later)


def held(wanted: Posting, **more: Any) -> Held:
    return done(operations.place_hold, wanted=wanted, expires_at=clock.now() + SOON, **more)


def captured(hold_id: int = 1, **more: Any) -> Posted:
    return done(operations.capture, hold_id=hold_id, **{"effective_on": TODAY} | more)


def figures(who: AccountRef = ANA) -> tuple[int, int]:
    with snapshot() as session:
        found = queries.account(session, who)
    return found.balance, found.held


def fault() -> tuple[str, str, int] | None:
    with snapshot() as session:
        found = verify(session).fault
    return found and (found.what, found.table, found.row_id)


def test_a_hold_counts_at_once() -> None:
    assert held(spends("h", amount=80)) == Held(1, 80, 20, repeated=False)
    assert figures() == (100, 80)
    (refused,) = posted(spends("s", amount=21))
    assert refused.facts == {"needed": 21, "available": 20}
    with pytest.raises(InsufficientBalance):
        held(spends("h2", amount=21))
    assert fault() is None


def test_a_hold_is_captured_in_full_or_in_part() -> None:
    held(spends("h", amount=80, origin_kind="redemption", origin_id=3))
    held(spends("h2", amount=20))
    whole, part = captured(1), captured(2, amount=5)
    assert (whole.amount, part.amount) == (80, 5)
    assert figures() == (15, 0)
    with snapshot() as session:
        assert len(queries.transfers_of(session, "redemption", 3)) == 1
    assert fault() is None


def test_a_capture_again_is_an_answer() -> None:
    held(spends("h", amount=80))
    first = captured()
    assert captured() == first._replace(repeated=True)
    assert captured(amount=80) == first._replace(repeated=True)
    with pytest.raises(HoldResolved):
        captured(amount=79)


def test_a_hold_again_is_an_answer() -> None:
    held(spends("h", amount=80))
    assert held(spends("h", amount=80)) == Held(1, 80, 20, repeated=True)
    assert figures() == (100, 80)


def test_a_released_hold_can_be_spent_by_others() -> None:
    held(spends("h", amount=80))
    done(operations.release, hold_id=1)
    done(operations.release, hold_id=1)
    assert figures() == (100, 0)
    with pytest.raises(HoldResolved):
        captured()
    assert fault() is None


def test_holds_run_out_once() -> None:
    held(spends("h", amount=40))
    held(spends("h2", amount=40))
    captured(2)
    assert done(operations.expire_holds) == 0
    assert done(operations.expire_holds, later=SOON) == 1
    assert done(operations.expire_holds, later=SOON) == 0
    assert figures() == (60, 0)
    for verb in (operations.release,):
        with pytest.raises(HoldResolved):
            done(verb, hold_id=1)
    assert fault() is None


def test_several_holds_of_one_account_run_out_together() -> None:
    held(spends("h", amount=40))
    held(spends("h2", amount=40))
    assert done(operations.expire_holds, later=SOON) == 2
    assert figures() == (100, 0)


def test_what_is_held_bears_no_caps() -> None:
    given = spends("h", amount=40, destination=BEN)
    with pytest.raises(PostingMalformed):
        held(replace(given, caps=(Cap("gifts", CapWindow.DAY, 50),)))
    assert held(given).amount == 40


def test_a_hopeless_hold_is_refused_fault_by_fault() -> None:
    hours = member_account(1, MINUTES)
    held(spends("taken", amount=10))
    asked = spends(
        "taken", member_account(1, "gold"), 0, source=ISSUED, destination=ANA, reason="",
    )  # fmt: skip
    expires_at = clock.now()

    def refused(kind: type[Refused], **mended: Any) -> None:
        nonlocal asked
        with pytest.raises(kind) as found:
            done(operations.place_hold, wanted=asked, expires_at=expires_at)
        assert type(found.value) is kind
        asked = replace(asked, **mended)

    refused(KeyReused, key="new")
    refused(PostingMalformed, reason="redemption")
    refused(
        PostingMalformed,  # the system's accounts hold nothing back
        source=member_account(1, "gold"),
        destination=system_account("gold", SystemKind.REDEEMED),
    )
    refused(UnknownUnit, source=hours, destination=system_account(MINUTES, SystemKind.REDEEMED))
    refused(HoldOver)
    expires_at += SOON
    refused(NotSpendable, source=ANA, destination=REDEEMED)
    refused(AmountOutOfRange, amount=91)
    refused(InsufficientBalance, amount=90)
    assert held(asked).available == 0


def test_a_hopeless_capture_is_refused_fault_by_fault() -> None:
    held(spends("h", amount=80))
    held(spends("h2", amount=20))
    done(operations.release, hold_id=2)
    with transaction() as session:
        operations.close_period(session, SYSTEM, until=date(2026, 10, 31), at=clock.now())
    asked: dict[str, Any] = {
        "hold_id": 9, "amount": 81, "effective_on": date(2026, 10, 1), "later": SOON,
    }  # fmt: skip

    def refused(kind: type[Refused], **mended: Any) -> None:
        with pytest.raises(kind):
            captured(**asked)
        asked.update(mended)

    refused(UnknownHold, hold_id=2)
    refused(HoldResolved, hold_id=1)
    refused(HoldOver, later=timedelta())
    refused(AmountOutOfRange, amount=80)
    refused(PeriodClosed, effective_on=TODAY)
    assert captured(**asked).amount == 80


def test_a_hold_of_nobody_cannot_be_released() -> None:
    with pytest.raises(UnknownHold):
        done(operations.release, hold_id=1)


def test_holds_that_were_tampered_with_are_named(bank: Database) -> None:
    held(spends("h", amount=30))
    held(spends("h2", amount=20))
    captured(2)
    with snapshot() as session:
        ana = session.execute(text("SELECT id FROM account WHERE owner_id = 1")).scalar_one()
    for change, back, found in (
        ("UPDATE account SET held = 31 WHERE owner_id = 1",
         "UPDATE account SET held = 30 WHERE owner_id = 1", ("balance", "account", ana)),
        ("UPDATE hold_resolution SET outcome = 'released'",
         "UPDATE hold_resolution SET outcome = 'captured'", ("hold", "hold", 2)),
        ("UPDATE hold_resolution SET amount = 19", "UPDATE hold_resolution SET amount = 20",
         ("hold", "hold", 2)),
        ("UPDATE hold SET amount = 19 WHERE id = 2", "UPDATE hold SET amount = 20 WHERE id = 2",
         ("hold", "hold", 2)),
        ("DELETE FROM hold_resolution", "", ("hold", "hold", 2)),
    ):  # fmt: skip
        with unprotected(bank, "hold", "hold_resolution") as raw:
            raw.execute(text(change))
        assert fault() == found, change
        if back:
            with unprotected(bank, "hold", "hold_resolution") as raw:
                raw.execute(text(back))
