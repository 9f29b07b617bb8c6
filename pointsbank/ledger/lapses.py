"""What is about to lapse, and of whom. Spending always counts against what lapses first.

So no lots are kept: what of a balance has lapsed is the balance, less what is held, less what was
earned that is still good. A redemption taken back brings its points back as they were.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, union_all

from pointsbank.core import bank
from pointsbank.core.database import Session
from pointsbank.ledger.columns import among, total
from pointsbank.ledger.models import TABLES
from pointsbank.ledger.rules import AccountRef, ExpiryPolicy, OwnerKind

_account = TABLES["account"]
_transfer = TABLES["transfer"]
_unit = TABLES["unit"]

LAPSES = and_(
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
class NextLapse:
    """The next that somebody loses in a unit if nothing is spent: how much, after which day."""

    last_on: date
    amount: int


def told_until(on: date) -> date:
    """The last day of what people are told on this one."""
    return on + timedelta(days=bank.settings().expiry_notice_days)


def lapsing(session: Session, *, until: date) -> list[Lapsing]:
    """The notice list: every account that loses points at the end of a day or before."""
    still_good = good(_transfer.c.expires_on > until).subquery()
    amount = _account.c.balance - _account.c.held - func.coalesce(still_good.c.amount, 0)
    rows = session.execute(
        select(_unit.c.code, amount, *_account.c["owner_kind", "owner_id", "kind", "category"])
        .join(_unit, _unit.c.id == _account.c.unit_id)
        .outerjoin(still_good, still_good.c.account_id == _account.c.id)
        .where(LAPSES, amount > 0)
        .order_by(_account.c.id)
    )
    return [Lapsing(named(row[2:], row[0]), row[1]) for row in rows]


def next_lapses(
    session: Session, owner: OwnerKind, owner_ids: Iterable[int], *, on: date, until: date
) -> dict[str, NextLapse]:
    """What these owners' accounts lose next, together, by unit, if that is until a day; what lapsed
    before ``on`` and is still there goes with the next run, so its day is ``on``.
    """
    accounts = session.execute(
        select(_account.c.id, _unit.c.code, _account.c.balance - _account.c.held)
        .join(_unit, _unit.c.id == _account.c.unit_id)
        .where(LAPSES, _account.c.owner_kind == owner, among(_account.c.owner_id, owner_ids))
        .order_by(_unit.c.id, _account.c.id)
    ).all()
    if not accounts:
        return {}
    lots: dict[int, list[tuple[date, int]]] = defaultdict(list)
    by_day = _lots(_transfer.c.expires_on >= on, [row[0] for row in accounts])
    for account_id, last_on, amount in session.execute(
        select(by_day.c.account_id, by_day.c.expires_on, total(by_day.c.amount))
        .group_by(by_day.c.account_id, by_day.c.expires_on)
        .order_by(by_day.c.account_id, by_day.c.expires_on)
    ):
        lots[account_id].append((last_on, amount))
    found: dict[str, list[NextLapse]] = defaultdict(list)
    for account_id, unit, available in accounts:
        found[unit].append(_first_left(lots[account_id], available, on))
    first = {unit: _first_of(lapses) for unit, lapses in found.items()}
    return {unit: lapse for unit, lapse in first.items() if lapse.last_on <= until}


def _first_of(lapses: list[NextLapse]) -> NextLapse:
    last_on = min(lapse.last_on for lapse in lapses)
    return NextLapse(last_on, sum(one.amount for one in lapses if one.last_on == last_on))


def _first_left(lots: list[tuple[date, int]], available: int, on: date) -> NextLapse:
    """The first lot of which anything is left: what is gone was taken from those before it."""
    gone = sum(amount for _, amount in lots) - available
    if gone < 0:  # more than is still good
        return NextLapse(on, -gone)
    while lots[0][1] <= gone:
        gone -= lots.pop(0)[1]
    return NextLapse(lots[0][0], lots[0][1] - gone)


def good(still: ColumnElement[bool], ids: Collection[int] = ()) -> Any:
    """What was earned and is still good, less what of it was reversed, by account."""
    lots = _lots(still, ids)
    return select(lots.c.account_id, total(lots.c.amount).label("amount")).group_by(
        lots.c.account_id
    )


def _lots(still: ColumnElement[bool], ids: Collection[int] = ()) -> Any:
    """What was earned and is still good, and below 0 what of it was reversed.

    A gift that is reversed is not earned by who gave it: she has her own back, as it was.
    """
    from_system = _transfer.c.source_version.is_(None)
    earned = and_(
        still,
        _transfer.c.destination_version.is_not(None),
        or_(_transfer.c.reverses.is_(None), from_system),
    )
    reversed_ = and_(
        still, _transfer.c.source_version.is_not(None), _transfer.c.reverses.is_not(None)
    )
    sides = []
    for sign, side, counted in ((1, "destination", earned), (-1, "source", reversed_)):
        account_id = _transfer.c[f"{side}_id"]
        found = select(
            account_id.label("account_id"),
            _transfer.c.expires_on,
            (sign * _transfer.c.amount).label("amount"),
        ).where(counted)
        sides.append(found.where(among(account_id, ids)) if ids else found)
    return union_all(*sides).subquery()


def named(whose: Any, unit: str) -> AccountRef:
    return AccountRef(OwnerKind(whose[0]), whose[1], unit, whose[2], whose[3])
