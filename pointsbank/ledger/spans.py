"""An account's own entries of a span of days, found without reading its others.

Closed periods say between which transfers of the book the span lies; an account's entries are
numbered densely by their versions, so that a few looks find which of them those transfers are.
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, select, union_all

from pointsbank.core.database import Session
from pointsbank.ledger.columns import unindexed
from pointsbank.ledger.models import TABLES

_account = TABLES["account"]
_period = TABLES["period"]
_transfer = TABLES["transfer"]
_LOOKS = 64  # in one statement


@dataclass(frozen=True, slots=True)
class Span:
    """From a day until another, both included; the account's versions above one until another."""

    account_id: int
    since: date | None
    until: date | None
    above: int = 0
    last: int | None = None

    def entries(self, side: str) -> list[ColumnElement[bool]]:
        """The conditions on transfers whose ``source`` or ``destination`` the account is."""
        version = _transfer.c[f"{side}_version"]
        day = unindexed(_transfer.c.effective_on)  # by it, others' transfers would be read
        return [
            _transfer.c[f"{side}_id"] == self.account_id,
            version > self.above,
            *([version <= self.last] if self.last is not None else []),
            *([day >= self.since] if self.since else []),
            *([day <= self.until] if self.until else []),
        ]


def span(session: Session, account_id: int, since: date | None, until: date | None) -> Span:
    """The span of an account that carries a balance; without a day, to that end."""
    before = last = None
    if since is not None:
        over = select(_period.c.first_later_id - 1).where(_period.c.until_on < since)
        before = session.execute(over.order_by(_period.c.until_on.desc()).limit(1)).scalar()
    if until is not None:
        closed = select(_period.c.last_transfer_id).where(_period.c.until_on >= until)
        last = session.execute(closed.order_by(_period.c.until_on).limit(1)).scalar()
    bounds = {id for id in (before, last) if id is not None}
    versions = _versions(session, account_id, bounds) if bounds else {}
    return Span(account_id, since, until, versions.get(before, 0), versions.get(last))


def _versions(
    session: Session, account_id: int, transfer_ids: Iterable[int]
) -> dict[int | None, int]:
    """How many entries the account had when the book was at each of these transfers."""
    counted = select(_account.c.version).where(_account.c.id == account_id)
    version = session.execute(counted).scalar_one()
    bounds = dict.fromkeys(transfer_ids, (0, version + 1))  # a version that was, one yet to come
    while any(high - low > 1 for low, high in bounds.values()):
        looks = {id: [low, *_between(low, high), high] for id, (low, high) in bounds.items()}
        asked = {look for between in looks.values() for look in between[1:-1]}
        made_by = _ids(session, account_id, sorted(asked))
        for id, between in looks.items():
            place = bisect_right(between, id, 1, len(between) - 1, key=made_by.__getitem__)
            bounds[id] = (between[place - 1], between[place])
    return {id: low for id, (low, _) in bounds.items()}


def _between(low: int, high: int) -> range:
    step = -(-(high - low) // (_LOOKS + 1))
    return range(low + step, high, step)


def _ids(session: Session, account_id: int, versions: list[int]) -> dict[int, int]:
    """The transfer that made each of these versions of the account."""
    sides = (
        select(_transfer.c[f"{side}_version"], _transfer.c.id).where(
            _transfer.c[f"{side}_id"] == account_id, _transfer.c[f"{side}_version"].in_(versions)
        )
        for side in ("source", "destination")
    )
    return {row[0]: row[1] for row in session.execute(union_all(*sides))}
