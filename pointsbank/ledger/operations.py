"""The ledger's verbs. Nothing here is updated or deleted but the figures that accounts carry."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, delete, insert, select
from sqlmodel import col

from pointsbank.core import audit, clock
from pointsbank.core.actor import Actor
from pointsbank.core.database import Session
from pointsbank.core.errors import Forbidden, Refused
from pointsbank.ledger.book import open_book
from pointsbank.ledger.expiry import expire_points
from pointsbank.ledger.giving_up import give_up
from pointsbank.ledger.holds import capture, expire_holds, place_hold, release
from pointsbank.ledger.models import (
    Period,
    Seal,
    Transfer,
    TransferText,
    Verification,
)
from pointsbank.ledger.periods import first_later, last_period, write_sheet
from pointsbank.ledger.posting import apply, apply_all, as_text
from pointsbank.ledger.queries import reversible
from pointsbank.ledger.reader import Reach, Reader, SealRow
from pointsbank.ledger.rules import (
    NothingPosted,
    PeriodClosed,
    PeriodNotOver,
    Posted,
    Posting,
    UnknownTransfer,
)
from pointsbank.ledger.seals import seal_run
from pointsbank.ledger.units import declare_default_units, declare_unit
from pointsbank.ledger.verify import Findings

__all__ = [
    "capture",
    "close_period",
    "declare_default_units",
    "declare_unit",
    "erase_texts",
    "expire_holds",
    "expire_points",
    "give_up",
    "place_hold",
    "post",
    "post_all",
    "record_verification",
    "release",
    "reverse",
    "seal_next",
]


def post(
    session: Session, actor: Actor, postings: Sequence[Posting], *, at: datetime
) -> list[Posted | NothingPosted | Refused]:
    """Apply each posting, or each group of them, by itself; answers stand in the postings' order.

    A posting is answered, in this order: its key is known with the same content (the first
    result again), ``KeyReused``, ``PostingMalformed``, ``UnknownUnit``, ``UnknownTransfer``,
    ``PeriodClosed``, ``NotReversible``, ``AlreadyReversed``, ``NotSpendable``,
    ``AmountOutOfRange``, ``MoreThanLeft``, ``CapReached``; then what its caps leave of the amount
    is what is posted (nothing: ``NothingPosted``) and what ``InsufficientBalance`` looks at; in a
    group whose other posting is refused, ``GroupRefused``.
    """
    return apply(session, actor, postings, at, linked=False)


def post_all(
    session: Session, actor: Actor, postings: Sequence[Posting], *, at: datetime
) -> list[Posted | NothingPosted]:
    """Apply all or none: raises the first refusal, of those and in the order of ``post``."""
    return apply_all(session, actor, postings, at)


def erase_texts(session: Session, *, origin_kind: str, origin_ids: Select[Any]) -> None:
    """Delete the texts beside what came from these things; the book keeps their salted hashes."""
    hers = select(col(Transfer.id)).where(
        col(Transfer.origin_kind) == origin_kind, col(Transfer.origin_id).in_(origin_ids)
    )
    session.execute(delete(TransferText).where(col(TransferText.transfer_id).in_(hers)))


def seal_next(
    session: Session, actor: Actor, *, at: datetime, most: int = 10_000
) -> SealRow | None:
    """Seal the next run of at most so many transfers; None if nothing is unsealed.

    For the program itself; others are ``Forbidden``.
    """
    if actor.kind != "system":
        raise Forbidden
    book, reader = open_book(session), Reader(session)
    book.take_seal()
    before = reader.last_seal()
    reach = Reach(*book.settled())
    until = reader.last_of_run(before.last_transfer_id if before else 0, reach.transfer_id, most)
    if not until:
        return None
    seal = seal_run(reader, before, reach, sealed_at=as_text(at), until=until)
    session.execute(insert(Seal).values({**asdict(seal), "sealed_at": at}))
    return seal


def record_verification(
    session: Session, actor: Actor, *, findings: Findings, at: datetime
) -> None:
    """Write down what a reading of the book found; where it held, the next may begin there.

    For the program itself; others are ``Forbidden``.
    """
    if actor.kind != "system":
        raise Forbidden
    reach, fault = findings.reach, findings.fault
    session.execute(
        insert(Verification).values(
            since_seal_id=findings.since.seal_id if findings.since else 0,
            seal_id=findings.seals,
            digest=findings.digest,
            last_unit_id=reach.unit_id,
            last_account_id=reach.account_id,
            last_transfer_id=reach.transfer_id,
            period_id=findings.period_id,
            transfer_count=findings.transfers,
            verified_at=at,
            fault=fault.what if fault else "",
            fault_table=fault.table if fault else "",
            fault_row_id=fault.row_id if fault else 0,
        )
    )


def close_period(session: Session, actor: Actor, *, until: date, at: datetime) -> int:
    """Close every day until ``until``, with a balance sheet of each account; answers its id.

    Nothing is dated there any more; corrections go into the open period and refer back.
    Refuses: ``Forbidden`` but to the program itself, ``PeriodClosed`` where a later day is closed
    already, ``PeriodNotOver``. Closed until the same day: that period again.
    """
    if actor.kind != "system":
        raise Forbidden
    open_book(session).close_doors()
    before = last_period(session)
    if before[1] == until:
        return before[0]
    if before[1] > until:
        raise PeriodClosed(until=before[1])
    if until >= clock.local_day(at):
        raise PeriodNotOver(until=until)
    last_id = open_book(session).settled()[2]
    closed = insert(Period).values(
        until_on=until,
        first_later_id=first_later(session, until, last_id),
        last_transfer_id=last_id,
        closed_at=at,
        actor_kind=actor.kind,
        actor_id=actor.id,
    )
    period_id: int = session.execute(closed.returning(col(Period.id))).scalar_one()
    write_sheet(session, period_id, before, until)
    audit.record(session, actor, "ledger.close_period", ("period", period_id), at=at, until=until)
    return period_id


def reverse(
    session: Session,
    actor: Actor,
    *,
    transfer_ids: Sequence[int],
    key: str,
    reason: str,
    effective_on: date,
    at: datetime,
    text: str = "",
) -> list[Posted]:
    """Reverse what is left of each transfer, all or none, in the order given.

    Refuses like ``post``: ``KeyReused``, ``UnknownTransfer``, ``PeriodClosed``,
    ``NotReversible``, ``AlreadyReversed``, ``InsufficientBalance`` where what was earned is spent
    and the unit refuses that. Each reversal's key is ``key:transfer_id``.
    """
    keys = {f"{key}:{transfer_id}": transfer_id for transfer_id in transfer_ids}
    rows = reversible(session, transfer_ids, key)
    postings = []
    for name, transfer_id in keys.items():
        if transfer_id not in rows:
            raise UnknownTransfer(transfer_id=transfer_id)
        original = rows[transfer_id]
        postings.append(
            Posting(
                key=name,
                source=original.destination,
                destination=original.source,
                amount=max(original.left, 1),  # 1 of nothing left: refused as already reversed
                effective_on=effective_on,
                reason=reason,
                origin_kind=original.origin_kind,
                origin_id=original.origin_id,
                rule=original.rule,
                text=text,
                reverses=transfer_id,
            )
        )
    answers = post_all(session, actor, postings, at=at)
    return [answer for answer in answers if isinstance(answer, Posted)]  # all: none had caps
