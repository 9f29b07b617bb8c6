"""What people look up in the book: balances, statements, totals, transfers, seals."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from pointsbank.core.database import Session
from pointsbank.ledger.rules import AccountRef


@dataclass(frozen=True, slots=True)
class StatementEntry:
    """One transfer as its account sees it: ``amount`` is signed, ``balance`` is right after it."""

    id: int
    amount: int
    balance: int
    effective_on: date
    recorded_at: datetime
    reason: str
    system_kind: str
    category: str
    origin_kind: str
    origin_id: int
    rule: str
    reverses: int | None
    reversed_by: int | None


@dataclass(frozen=True, slots=True)
class MemberTotal:
    """What came to a member, less what went, between her and one kind of system account."""

    member_id: int
    unit: str
    system_kind: str
    category: str
    net_amount: int


@dataclass(frozen=True, slots=True)
class OriginTransfer:
    """A transfer by the thing that it came from. ``left`` is what of it is not reversed."""

    id: int
    key: str
    unit: str
    amount: int
    left: int
    reverses: int | None
    effective_on: date


def balances(session: Session, member_id: int) -> dict[str, int]:
    """A member's balance by unit code; a unit in which she never had a transfer is 0."""
    raise NotImplementedError


def balances_of(session: Session, member_ids: Sequence[int], unit: str) -> dict[int, int]:
    """Balances of many members in one unit; those without an account are 0."""
    raise NotImplementedError


def statement(
    session: Session, ref: AccountRef, *, before: int | None = None, most: int = 20
) -> list[StatementEntry]:
    """A page of an account's entries, newest first; ``before`` is the last page's last entry's id."""
    raise NotImplementedError


def totals_by_member(session: Session, *, since: date, until: date) -> Iterator[MemberTotal]:
    """Sums by member, unit and contra account for ``since <= effective_on <= until``, both included.

    Reversals are netted, in the period that they are dated into.
    """
    raise NotImplementedError


def transfers_of(session: Session, origin_kind: str, origin_id: int) -> list[OriginTransfer]:
    """Every transfer that came from this thing, oldest first, reversals included."""
    raise NotImplementedError
