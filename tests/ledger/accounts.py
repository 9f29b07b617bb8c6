"""Short words for the ledger's tests: who, earns, spends."""

from datetime import date
from typing import Any

from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM
from pointsbank.core.database import Database, transaction
from pointsbank.ledger import operations
from pointsbank.ledger.rules import (
    MORALITY,
    Cap,
    CapWindow,
    OverCap,
    Posting,
    SystemKind,
    member_account,
    system_account,
)

TODAY = date(2026, 11, 21)
ISSUED = system_account(MORALITY, SystemKind.ISSUED, "patrol")
REDEEMED = system_account(MORALITY, SystemKind.REDEEMED)
ANA, BEN, EVE = (member_account(number, MORALITY) for number in (1, 2, 3))


def earns(key: str, who: Any = ANA, amount: int = 100, **more: Any) -> Posting:
    source = system_account(who.unit, SystemKind.ISSUED, "patrol")
    return Posting(
        **{
            "key": key,
            "source": source,
            "destination": who,
            "amount": amount,
            "effective_on": TODAY,
            "reason": "service",
        }
        | more
    )


def capped(
    key: str,
    amount: int,
    *caps: Cap,
    most: int = 50,
    window: CapWindow = CapWindow.MONTH,
    over: OverCap = OverCap.CLIP,
    **more: Any,
) -> Posting:
    """An earning under the caps given, or under one of name ``deeds``."""
    return earns(key, amount=amount, caps=caps or (Cap("deeds", window, most, over),), **more)


def spends(key: str, who: Any = ANA, amount: int = 100, **more: Any) -> Posting:
    destination = system_account(who.unit, SystemKind.REDEEMED)
    return Posting(
        **{
            "key": key,
            "source": who,
            "destination": destination,
            "amount": amount,
            "effective_on": TODAY,
            "reason": "redemption",
        }
        | more
    )


def declare(_bank: Database) -> None:
    with transaction() as session:
        operations.declare_default_units(session, SYSTEM, at=clock.now())


def posted(*postings: Posting) -> list[Any]:
    """What ``post`` answers, in a transaction of its own."""
    with transaction() as session:
        return operations.post(session, SYSTEM, postings, at=clock.now())


def posted_all(*postings: Posting) -> list[Any]:
    with transaction() as session:
        return operations.post_all(session, SYSTEM, postings, at=clock.now())


def reversed_(*transfer_ids: int, key: str = "undo", **more: Any) -> list[Any]:
    with transaction() as session:
        return operations.reverse(
            session,
            SYSTEM,
            **{
                "transfer_ids": transfer_ids,
                "key": key,
                "reason": "correction",
                "effective_on": TODAY,
                "at": clock.now(),
            }
            | more,
        )


def sealed(most: int = 10_000) -> Any:
    with transaction() as session:
        return operations.seal_next(session, SYSTEM, at=clock.now(), most=most)
