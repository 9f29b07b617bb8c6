"""Points that end otherwise than by their day: who leaves a scheme or the register has no use for
them, and the book says so by a transfer.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import Row, and_, or_, select

from pointsbank.core.actor import Actor
from pointsbank.core.database import Session
from pointsbank.ledger.book import open_book
from pointsbank.ledger.columns import among
from pointsbank.ledger.models import TABLES
from pointsbank.ledger.posting import apply_all
from pointsbank.ledger.rules import AccountRef, OwnerKind, Posting, SystemKind, system_account

_account, _unit = TABLES["account"], TABLES["unit"]


def give_up(
    session: Session,
    actor: Actor,
    *,
    member_ids: Iterable[int],
    key: str,
    reason: str,
    origin_kind: str,
    origin_id: int,
    effective_on: date,
    at: datetime,
    unit: str | None = None,
    household_ids: Iterable[int] = (),
) -> dict[str, int]:
    """Post what these members and households could spend as expired, of one unit or of all; how
    much of each.

    What is held stays held, and a debt stays a debt. Refuses ``PeriodClosed``. Each posting's key
    is ``key:account``.
    """
    open_book(session).units()  # takes its place in the sealer's queue
    owners = {OwnerKind.MEMBER: member_ids, OwnerKind.HOUSEHOLD: household_ids}
    lost = [row for row in _accounts(session, owners, unit) if row[4] > 0]
    postings = [
        Posting(
            key=f"{key}:{account_id}",
            source=AccountRef(OwnerKind(kind), owner_id, code),
            destination=system_account(code, SystemKind.EXPIRED),
            amount=amount,
            effective_on=effective_on,
            reason=reason,
            origin_kind=origin_kind,
            origin_id=origin_id,
        )
        for account_id, kind, owner_id, code, amount in lost
    ]
    apply_all(session, actor, postings, at)
    given_up: Counter[str] = Counter()
    for *_, code, amount in lost:
        given_up[code] += amount
    return dict(given_up)


def _accounts(
    session: Session, owners: Mapping[OwnerKind, Iterable[int]], unit: str | None
) -> Sequence[Row[int, str, int, str, int]]:
    """Id, owner, unit and what could be spent, of the owners' accounts, locked."""
    theirs = (
        and_(_account.c.owner_kind == kind, among(_account.c.owner_id, ids))
        for kind, ids in owners.items()
    )
    return session.execute(
        select(
            *_account.c["id", "owner_kind", "owner_id"],
            _unit.c.code,
            _account.c.balance - _account.c.held,
        )
        .join(_unit, _unit.c.id == _account.c.unit_id)
        .where(
            or_(*theirs),
            _account.c.kind == "balance",
            _unit.c.spendable,
            *((_unit.c.code == unit,) if unit else ()),
        )
        .order_by(_account.c.id)
        .with_for_update(of=_account, key_share=True)
    ).all()
