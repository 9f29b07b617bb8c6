"""An account's statement: its entries, newest first, and what came and went in a period."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import case, func, select, union_all

from pointsbank.core.database import Session
from pointsbank.ledger.columns import is_account, total
from pointsbank.ledger.models import TABLES
from pointsbank.ledger.periods import balance_as_of
from pointsbank.ledger.rules import AccountRef
from pointsbank.ledger.spans import span

_account = TABLES["account"]
_transfer = TABLES["transfer"]
_SIDES = ((-1, "source", "destination"), (1, "destination", "source"))


@dataclass(frozen=True, slots=True)
class StatementEntry:
    """One transfer as its account sees it: ``amount`` is signed, ``balance`` is right after it.

    ``system_kind`` and ``category`` are those of the other side; ``reversed_by`` is the last
    reversal and ``reversed_amount`` what has been reversed of it so far.
    """

    id: int
    amount: int
    balance: int
    effective_on: date
    recorded_at: datetime
    reason: str
    actor_kind: str
    actor_id: int
    system_kind: str
    category: str
    origin_kind: str
    origin_id: int
    rule: str
    reverses: int | None
    reversed_by: int | None
    reversed_amount: int


@dataclass(frozen=True, slots=True)
class PeriodFigures:
    """What an account held before and after a period, and what came and went, by effective dates.

    A reversal counts against the side that it takes back: opening + came − went = closing.
    """

    opening: int
    came: int
    went: int
    closing: int


def statement(
    session: Session,
    ref: AccountRef,
    *,
    since: date | None = None,
    until: date | None = None,
    before: int | None = None,
    most: int = 20,
) -> list[StatementEntry]:
    """A page of an account's entries, newest first; ``before`` is the last entry seen.

    Constant time, however long the account and the book. With ``since`` and ``until``, both
    included, only what is dated there. Of a system account, which carries no balance, there is no
    statement: see ``transfers``.
    """
    account_id = session.execute(select(_account.c.id).where(is_account(ref))).scalar()
    if account_id is None:
        return []
    own, sides = span(session, account_id, since, until), []
    for sign, mine, across in _SIDES:
        version = _transfer.c[f"{mine}_version"]
        side = select(
            _transfer.c.id,
            version.label("version"),
            (sign * _transfer.c.amount).label("amount"),
            _transfer.c[f"{mine}_balance"].label("balance"),
            _transfer.c[f"{across}_id"].label("other_id"),
        ).where(*own.entries(mine))
        if before is not None:
            side = side.where(version < _version_at(account_id, before))
        sides.append(select(side.order_by(version.desc()).limit(most).subquery()))
    page = union_all(*sides).subquery()
    other, reversal = _account.alias("other"), _transfer.alias("reversal")
    rows = session.execute(
        select(
            page.c.id,
            page.c.amount,
            page.c.balance,
            *_transfer.c["effective_on", "recorded_at", "reason", "actor_kind", "actor_id"],
            other.c.kind,
            other.c.category,
            *_transfer.c["origin_kind", "origin_id", "rule", "reverses"],
            select(func.max(reversal.c.id))
            .where(reversal.c.reverses == page.c.id)
            .scalar_subquery(),
            select(total(reversal.c.amount))
            .where(reversal.c.reverses == page.c.id)
            .scalar_subquery(),
        )
        .join_from(page, _transfer, _transfer.c.id == page.c.id)
        .join(other, other.c.id == page.c.other_id)
        .order_by(page.c.version.desc())
        .limit(most)
    )
    return [StatementEntry(*row) for row in rows]


def period_figures(
    session: Session, ref: AccountRef, *, since: date | None, until: date | None
) -> PeriodFigures:
    """An account's figures in a period, both days included; without one of them, to that end.

    Reads a balance sheet and the account's own entries, never others'.
    """
    account_id = session.execute(select(_account.c.id).where(is_account(ref))).scalar()
    if account_id is None:
        return PeriodFigures(0, 0, 0, 0)
    own = span(session, account_id, since, until)
    reverses, amount = _transfer.c.reverses.is_not(None), _transfer.c.amount
    sides = []
    for mine, plain, taken_back in (("destination", "came", "went"), ("source", "went", "came")):
        counted = {
            plain: case((reverses, 0), else_=amount),
            taken_back: case((reverses, -amount), else_=0),
        }
        sides.append(
            select(counted["came"].label("came"), counted["went"].label("went")).where(
                *own.entries(mine)
            )
        )
    moved = union_all(*sides).subquery()
    came, went = session.execute(select(total(moved.c.came), total(moved.c.went))).one()
    opening = balance_as_of(session, ref, since - timedelta(days=1)) if since else 0
    return PeriodFigures(opening, came, went, opening + came - went)


def _version_at(account_id: int, transfer_id: int) -> Any:
    """The account's version right after a transfer; NULL if that is not one of its own."""
    seen = _transfer.alias("seen")
    return union_all(
        select(seen.c.source_version).where(
            seen.c.id == transfer_id, seen.c.source_id == account_id
        ),
        select(seen.c.destination_version).where(
            seen.c.id == transfer_id, seen.c.destination_id == account_id
        ),
    ).scalar_subquery()
