"""Points that lapse, first in first out: spending always counts against those that lapse first.

So no lots are kept: what of a balance has lapsed is the balance, less what is held, less what was
earned that is still good. A redemption taken back brings its points back as they were.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select, union_all

from pointsbank.core.actor import Actor
from pointsbank.core.database import Session
from pointsbank.ledger.book import open_book
from pointsbank.ledger.columns import among, total
from pointsbank.ledger.models import TABLES
from pointsbank.ledger.posting import apply_all
from pointsbank.ledger.rules import (
    MOST_AMOUNT,
    AccountRef,
    ExpiryPolicy,
    OwnerKind,
    Posting,
    SystemKind,
    system_account,
)

_account = TABLES["account"]
_transfer = TABLES["transfer"]
_unit = TABLES["unit"]

_LAPSES = and_(
    _unit.c.expiry != ExpiryPolicy.NEVER,
    _unit.c.spendable,
    _account.c.owner_kind != OwnerKind.SYSTEM,
    _account.c.balance > _account.c.held,
)


@dataclass(frozen=True, slots=True)
class Lapsing:
    """What an account loses if nothing of it is spent until a day."""

    account: AccountRef
    amount: int


@dataclass(frozen=True, slots=True)
class ExpiryRun:
    """One run over some accounts: the last of them, 0 at the end, and how many lost points."""

    last_account_id: int
    account_count: int


def lapsing(session: Session, *, until: date) -> list[Lapsing]:
    """The notice list: every account that loses points at the end of a day or before."""
    good = _good(_transfer.c.expires_on > until).subquery()
    amount = _account.c.balance - _account.c.held - func.coalesce(good.c.amount, 0)
    rows = session.execute(
        select(_unit.c.code, amount, *_account.c["owner_kind", "owner_id", "kind", "category"])
        .join(_unit, _unit.c.id == _account.c.unit_id)
        .outerjoin(good, good.c.account_id == _account.c.id)
        .where(_LAPSES, amount > 0)
        .order_by(_account.c.id)
    )
    return [Lapsing(_ref(row[2:], row[0]), row[1]) for row in rows]


def expire_points(
    session: Session,
    actor: Actor,
    *,
    on: date,
    at: datetime,
    after_account_id: int = 0,
    most: int = 1_000,
) -> ExpiryRun:
    """Post what has lapsed before a day, for the accounts after one; run twice, it lapses once.

    Refuses ``PeriodClosed`` where the day is closed.
    """
    open_book(session).units()  # takes its place in the sealer's queue
    wanted = select(_account.c.id).join(_unit, _unit.c.id == _account.c.unit_id)
    wanted = wanted.where(_LAPSES, _account.c.id > after_account_id)
    ids = list(session.execute(wanted.order_by(_account.c.id).limit(most)).scalars())
    if not ids:
        return ExpiryRun(0, 0)
    rows = session.execute(
        select(
            *_account.c["id", "balance", "held", "version"],
            _unit.c.code,
            *_account.c["owner_kind", "owner_id", "kind", "category"],
        )
        .join(_unit, _unit.c.id == _account.c.unit_id)
        .where(among(_account.c.id, ids))
        .order_by(_account.c.id)
        .with_for_update(of=_account, key_share=True)
    ).all()
    live = session.execute(_good(_transfer.c.expires_on >= on, ids))
    good = {row[0]: row[1] for row in live}
    postings = [
        Posting(
            key=f"expiry:{row[0]}:{row[3]}",
            source=_ref(row[5:], row[4]),
            destination=system_account(row[4], SystemKind.EXPIRED),
            amount=min(row[1] - row[2] - good.get(row[0], 0), MOST_AMOUNT),
            effective_on=on,
            reason="expiry",
        )
        for row in rows
        if row[1] - row[2] > good.get(row[0], 0)
    ]
    apply_all(session, actor, postings, at)
    return ExpiryRun(ids[-1], len(postings))


def _good(still: ColumnElement[bool], ids: Collection[int] = ()) -> Any:
    """What was earned and is still good, less what of it was reversed, by account."""
    earned = and_(still, _transfer.c.destination_version.is_not(None))
    reversed_ = and_(
        still, _transfer.c.source_version.is_not(None), _transfer.c.reverses.is_not(None)
    )
    sides = []
    for sign, side, counted in ((1, "destination", earned), (-1, "source", reversed_)):
        account_id = _transfer.c[f"{side}_id"]
        found = select(
            account_id.label("account_id"), (sign * _transfer.c.amount).label("amount")
        ).where(counted)
        sides.append(found.where(among(account_id, ids)) if ids else found)
    both = union_all(*sides).subquery()
    return select(both.c.account_id, total(both.c.amount).label("amount")).group_by(
        both.c.account_id
    )


def _ref(whose: Any, unit: str) -> AccountRef:
    return AccountRef(OwnerKind(whose[0]), whose[1], unit, whose[2], whose[3])
