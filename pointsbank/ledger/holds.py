"""Holds: an amount reserved at once, captured in full or part, released, or run out; each once."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import and_, bindparam, delete, func, insert, not_, or_, select, update

from pointsbank.core.actor import Actor
from pointsbank.core.database import Session
from pointsbank.ledger.batch import Standing, UnitRow, form_fault
from pointsbank.ledger.book import open_book
from pointsbank.ledger.columns import among, total
from pointsbank.ledger.encoding import request_hash
from pointsbank.ledger.models import TABLES
from pointsbank.ledger.posting import apply_all
from pointsbank.ledger.rules import (
    MOST_AMOUNT,
    AccountRef,
    AmountOutOfRange,
    Held,
    HoldOutcome,
    HoldOver,
    HoldResolved,
    InsufficientBalance,
    KeyReused,
    NotSpendable,
    OwnerKind,
    Posted,
    Posting,
    PostingMalformed,
    UnknownHold,
    UnknownUnit,
)

_hold = TABLES["hold"]
_open = TABLES["open_hold"]
_resolution = TABLES["hold_resolution"]
_account = TABLES["account"]
_unit = TABLES["unit"]
_transfer = TABLES["transfer"]


class _Hold(NamedTuple):
    """A hold with its two accounts."""

    id: int
    amount: int
    expires_at: datetime
    source: AccountRef
    source_id: int
    destination: AccountRef
    reason: str
    origin_kind: str
    origin_id: int
    rule: str


def place_hold(
    session: Session, actor: Actor, *, wanted: Posting, expires_at: datetime, at: datetime
) -> Held:
    """Reserve what a posting will need, until an instant; it counts at once against the balance.

    Refuses, in this order: the key again with the same content (the first answer, as it stands
    now), ``KeyReused``, ``PostingMalformed``, ``UnknownUnit``, ``HoldOver`` where it would have
    run out already, ``NotSpendable``, ``AmountOutOfRange``, ``InsufficientBalance``.
    """
    book = open_book(session)
    units, _ = book.units()
    unit = units.get(wanted.source.unit)
    fault = form_fault(wanted)
    if wanted.source.owner_kind is OwnerKind.SYSTEM or wanted.reverses is not None:
        fault = fault or "accounts"
    if wanted.caps:  # a hold is for what is spent; caps bind what is got
        fault = fault or "caps"
    standings: dict[AccountRef, Standing] = {}
    if unit is not None and fault is None:
        standings = book.standings([wanted.source, wanted.destination])
    if (known := _by_key(session, wanted)) is not None:
        return known
    if fault is not None:
        raise PostingMalformed(what=fault)
    if unit is None:
        raise UnknownUnit(unit=wanted.source.unit)
    if expires_at <= at:
        raise HoldOver(hold_id=0, since=expires_at)
    source, destination = standings[wanted.source], standings[wanted.destination]
    available = _check_available(unit, wanted, source)
    placed = insert(_hold).values(
        key=wanted.key,
        request_hash=request_hash(wanted),
        source_id=source.id,
        destination_id=destination.id,
        amount=wanted.amount,
        placed_at=at,
        expires_at=expires_at,
        actor_kind=actor.kind,
        actor_id=actor.id,
        reason=wanted.reason,
        origin_kind=wanted.origin_kind,
        origin_id=wanted.origin_id,
        rule=wanted.rule,
    )
    hold_id: int = session.execute(placed.returning(_hold.c.id)).scalar_one()
    session.execute(insert(_open).values(hold_id=hold_id, expires_at=expires_at))
    _change_held(session, {source.id: wanted.amount})
    return Held(hold_id, wanted.amount, available - wanted.amount, repeated=False)


def _by_key(session: Session, wanted: Posting) -> Held | None:
    row = session.execute(
        select(
            *_hold.c["id", "amount", "request_hash"], *_account.c["balance", "held"], _unit.c.floor
        )
        .join(_account, _account.c.id == _hold.c.source_id)
        .join(_unit, _unit.c.id == _account.c.unit_id)
        .where(_hold.c.key == wanted.key)
    ).first()
    if row is None:
        return None
    if row[2] != request_hash(wanted):
        raise KeyReused
    return Held(row[0], row[1], row[3] - row[4] - row[5], repeated=True)


def _check_available(unit: UnitRow, wanted: Posting, source: Standing) -> int:
    if not unit.spendable:
        raise NotSpendable(unit=unit.code)
    if not 1 <= wanted.amount <= MOST_AMOUNT:
        raise AmountOutOfRange(most=MOST_AMOUNT)
    available = source.balance - source.held - unit.floor
    if wanted.amount > available:
        raise InsufficientBalance(needed=wanted.amount, available=max(available, 0))
    return available


def capture(
    session: Session,
    actor: Actor,
    *,
    hold_id: int,
    effective_on: date,
    at: datetime,
    amount: int | None = None,
) -> Posted:
    """Post what was held, or part of it; the rest is let go.

    Refuses, in this order: captured already with the same amount (the first answer again),
    ``UnknownHold``, ``HoldResolved``, ``HoldOver``, ``AmountOutOfRange`` for more than was held,
    and as ``post``: ``PeriodClosed``; ``InsufficientBalance`` only where a debt has come between.
    """
    hold = _locked(session, hold_id)
    wanted = hold.amount if amount is None else amount
    resolved = _resolved(session, hold_id)
    if resolved is not None:
        if resolved[:2] != (HoldOutcome.CAPTURED, wanted):
            raise HoldResolved(hold_id=hold_id, since=resolved[2])
    elif hold.expires_at <= at:
        raise HoldOver(hold_id=hold_id, since=hold.expires_at)
    if not 1 <= wanted <= hold.amount:
        raise AmountOutOfRange(most=hold.amount)
    posting = Posting(
        key=f"hold:{hold_id}",
        source=hold.source,
        destination=hold.destination,
        amount=wanted,
        effective_on=effective_on,
        reason=hold.reason,
        origin_kind=hold.origin_kind,
        origin_id=hold.origin_id,
        rule=hold.rule,
    )
    freed = {} if resolved else {hold.source: hold.amount}
    (posted,) = apply_all(session, actor, [posting], at, freed=freed)
    assert isinstance(posted, Posted)  # noqa: S101 - it has no caps
    if resolved is None:
        _resolve(
            session,
            actor,
            [hold],
            HoldOutcome.CAPTURED,
            at=at,
            amount=wanted,
            transfer_id=posted.id,
        )
    return posted


def release(session: Session, actor: Actor, *, hold_id: int, at: datetime) -> None:
    """Let a hold go. A repeat is no change. Refuses ``UnknownHold``, ``HoldResolved``."""
    hold = _locked(session, hold_id)
    resolved = _resolved(session, hold_id)
    if resolved is None:
        _resolve(session, actor, [hold], HoldOutcome.RELEASED, at=at)
    elif resolved[0] != HoldOutcome.RELEASED:
        raise HoldResolved(hold_id=hold_id, since=resolved[2])


def expire_holds(session: Session, actor: Actor, *, at: datetime, most: int = 1_000) -> int:
    """Let go of at most so many holds that have run out; answers how many. A repeat finds none."""
    over = (
        select(_open.c.hold_id)
        .where(_open.c.expires_at <= at)
        .order_by(_open.c.hold_id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    ids = list(session.execute(over).scalars())
    if ids:
        _resolve(session, actor, _holds(session, ids), HoldOutcome.EXPIRED, at=at)
    return len(ids)


def _locked(session: Session, hold_id: int) -> _Hold:
    """The hold; nobody else resolves it until the end of this transaction."""
    session.execute(select(_open.c.hold_id).where(_open.c.hold_id == hold_id).with_for_update())
    found = _holds(session, [hold_id])
    if not found:
        raise UnknownHold(hold_id=hold_id)
    return found[0]


def _holds(session: Session, ids: Iterable[int]) -> list[_Hold]:
    source, destination = _account.alias("source"), _account.alias("destination")
    whose = ("owner_kind", "owner_id", "kind", "category")
    rows = session.execute(
        select(
            *_hold.c["id", "amount", "expires_at", "source_id"],
            *_hold.c["reason", "origin_kind", "origin_id", "rule"],
            _unit.c.code,
            *source.c[whose],
            *destination.c[whose],
        )
        .join(source, source.c.id == _hold.c.source_id)
        .join(destination, destination.c.id == _hold.c.destination_id)
        .join(_unit, _unit.c.id == source.c.unit_id)
        .where(among(_hold.c.id, ids))
        .order_by(_hold.c.id)
    )
    return [
        _Hold(
            row[0],
            row[1],
            row[2],
            _ref(row[9:13], row[8]),
            row[3],
            _ref(row[13:], row[8]),
            *row[4:8],
        )
        for row in rows
    ]


def _ref(whose: Any, unit: str) -> AccountRef:
    return AccountRef(OwnerKind(whose[0]), whose[1], unit, whose[2], whose[3])


def _resolved(session: Session, hold_id: int) -> tuple[HoldOutcome, int, datetime] | None:
    row = session.execute(
        select(_resolution.c.outcome, _resolution.c.amount, _resolution.c.resolved_at).where(
            _resolution.c.hold_id == hold_id
        )
    ).first()
    return (HoldOutcome(row[0]), row[1], row[2]) if row else None


def _resolve(
    session: Session,
    actor: Actor,
    holds: list[_Hold],
    outcome: HoldOutcome,
    *,
    at: datetime,
    amount: int = 0,
    transfer_id: int | None = None,
) -> None:
    freed: dict[int, int] = {}
    for hold in holds:
        freed[hold.source_id] = freed.get(hold.source_id, 0) - hold.amount
    if outcome is not HoldOutcome.CAPTURED:  # a capture has locked its accounts already
        locked = select(_account.c.id).where(among(_account.c.id, freed))
        session.execute(locked.order_by(_account.c.id).with_for_update(key_share=True))
    ended = {
        "outcome": outcome,
        "amount": amount,
        "transfer_id": transfer_id,
        "resolved_at": at,
        "actor_kind": actor.kind,
        "actor_id": actor.id,
    }
    session.execute(insert(_resolution), [{"hold_id": hold.id, **ended} for hold in holds])
    session.execute(delete(_open).where(among(_open.c.hold_id, [hold.id for hold in holds])))
    _change_held(session, freed)


def _change_held(session: Session, changes: dict[int, int]) -> None:
    session.execute(
        update(_account)
        .where(_account.c.id == bindparam("account_id"))
        .values(held=_account.c.held + bindparam("change")),
        [{"account_id": key, "change": change} for key, change in sorted(changes.items())],
    )


def wrong_hold(session: Session) -> tuple[str, int] | None:
    """The first account whose held is not the sum of its open holds, or hold resolved wrongly."""
    held = (
        select(_hold.c.source_id, total(_hold.c.amount).label("held"))
        .join(_open, _open.c.hold_id == _hold.c.id)
        .group_by(_hold.c.source_id)
        .subquery()
    )
    wrong_account = (
        select(_account.c.id)
        .outerjoin(held, held.c.source_id == _account.c.id)
        .where(_account.c.held != func.coalesce(held.c.held, 0))
    )
    ended, captured = _resolution.c.hold_id, _resolution.c.outcome == HoldOutcome.CAPTURED
    as_held = and_(
        _transfer.c.amount == _resolution.c.amount,
        _transfer.c.source_id == _hold.c.source_id,
        _transfer.c.destination_id == _hold.c.destination_id,
        _resolution.c.amount <= _hold.c.amount,
    )
    wrong_resolution = (
        select(_hold.c.id)
        .outerjoin(_resolution, ended == _hold.c.id)
        .outerjoin(_open, _open.c.hold_id == _hold.c.id)
        .outerjoin(_transfer, _transfer.c.id == _resolution.c.transfer_id)
        .where(
            or_(
                and_(ended.is_(None), _open.c.hold_id.is_(None)),
                and_(ended.is_not(None), _open.c.hold_id.is_not(None)),
                and_(captured, or_(_transfer.c.id.is_(None), not_(as_held))),
                and_(not_(captured), or_(_transfer.c.id.is_not(None), _resolution.c.amount != 0)),
            )
        )
    )
    for table, wrong in (("account", wrong_account), ("hold", wrong_resolution)):
        found = session.execute(wrong.order_by(wrong.selected_columns[0]).limit(1)).scalar()
        if found is not None:
            return table, found
    return None
