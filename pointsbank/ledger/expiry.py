"""Points that lapse, first in first out, once: see ``lapses``."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from pointsbank.core.actor import Actor
from pointsbank.core.database import Session
from pointsbank.ledger.book import open_book
from pointsbank.ledger.columns import among
from pointsbank.ledger.lapses import LAPSES, good, named
from pointsbank.ledger.models import TABLES
from pointsbank.ledger.posting import apply_all
from pointsbank.ledger.rules import MOST_AMOUNT, Posting, SystemKind, system_account

_account = TABLES["account"]
_transfer = TABLES["transfer"]
_unit = TABLES["unit"]


@dataclass(frozen=True, slots=True)
class ExpiryRun:
    """One run over some accounts: the last of them, 0 at the end, and how many lost points."""

    last_account_id: int
    account_count: int


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
    wanted = wanted.where(LAPSES, _account.c.id > after_account_id)
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
    live = session.execute(good(_transfer.c.expires_on >= on, ids))
    still_good = {row[0]: row[1] for row in live}
    postings = [
        Posting(
            key=f"expiry:{row[0]}:{row[3]}",
            source=named(row[5:], row[4]),
            destination=system_account(row[4], SystemKind.EXPIRED),
            amount=min(row[1] - row[2] - still_good.get(row[0], 0), MOST_AMOUNT),
            effective_on=on,
            reason="expiry",
        )
        for row in rows
        if row[1] - row[2] > still_good.get(row[0], 0)
    ]
    apply_all(session, actor, postings, at)
    return ExpiryRun(ids[-1], len(postings))
