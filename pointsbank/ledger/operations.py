"""The ledger's verbs. Nothing here is updated or deleted but the figures that accounts carry."""

import os
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime

from sqlalchemy import insert, select
from sqlmodel import col

from pointsbank.core import audit, clock
from pointsbank.core.actor import Actor
from pointsbank.core.database import Session
from pointsbank.core.errors import Forbidden, Refused
from pointsbank.ledger.batch import Answer, Asked, Batch, Known, Repeat, UnitRow, form_fault
from pointsbank.ledger.book import Book, open_book
from pointsbank.ledger.encoding import request_hash, text_hash
from pointsbank.ledger.models import Period, Seal, Unit
from pointsbank.ledger.periods import last_period, write_sheet
from pointsbank.ledger.queries import reversible
from pointsbank.ledger.rules import (
    DEFAULT_UNITS,
    AccountRef,
    GroupRefused,
    PeriodClosed,
    PeriodNotOver,
    Posted,
    Posting,
    UnitDeclaration,
    UnitDeclared,
    UnknownTransfer,
)
from pointsbank.ledger.seals import Reach, Reader, SealRow, seal_run


def declare_default_units(session: Session, actor: Actor, *, at: datetime) -> None:
    """Declare minutes, morality and party points where they are not declared yet."""
    for unit in DEFAULT_UNITS:
        declare_unit(session, actor, unit=unit, at=at)


def declare_unit(session: Session, actor: Actor, *, unit: UnitDeclaration, at: datetime) -> None:
    """Declare a unit; its terms stand for ever. A repeat with the same terms is no change.

    Refuses ``UnitDeclared`` where the code stands for other terms.
    """
    open_book(session).units()  # takes its place in the sealer's queue
    terms = asdict(unit)
    columns = [col(getattr(Unit, name)) for name in terms]
    declared = session.execute(select(*columns).where(col(Unit.code) == unit.code)).first()
    if declared is None:
        session.execute(insert(Unit).values(declared_at=at, **terms))
    elif tuple(declared) != tuple(terms.values()):
        raise UnitDeclared(unit=unit.code)


def post(
    session: Session, actor: Actor, postings: Sequence[Posting], *, at: datetime
) -> list[Posted | Refused]:
    """Apply each posting, or each group of them, by itself; answers stand in the postings' order.

    A posting is answered, in this order: its key is known with the same content (the first
    result again), ``KeyReused``, ``PostingMalformed``, ``UnknownUnit``, ``UnknownTransfer``,
    ``PeriodClosed``, ``NotReversible``, ``AlreadyReversed``, ``NotSpendable``,
    ``AmountOutOfRange``, ``MoreThanLeft``, ``InsufficientBalance``; in a group whose other
    posting is refused, ``GroupRefused``.
    """
    return _post(session, actor, postings, at, linked=False)


def post_all(
    session: Session, actor: Actor, postings: Sequence[Posting], *, at: datetime
) -> list[Posted]:
    """Apply all or none: raises the first refusal, of those and in the order of ``post``."""
    answers = _post(session, actor, postings, at, linked=True)
    posted = [answer for answer in answers if isinstance(answer, Posted)]
    if len(posted) < len(answers):
        raise next(a for a in answers if isinstance(a, Refused) and not isinstance(a, GroupRefused))
    return posted


def seal_next(
    session: Session, actor: Actor, *, at: datetime, most: int = 10_000
) -> SealRow | None:
    """Seal the next run of at most so many transfers; None if nothing is unsealed.

    For the program itself; others are ``Forbidden``.
    """
    if actor.kind != "system":
        raise Forbidden
    book, reader = open_book(session), Reader(session)
    before = next(reader.seals(last=True), None)
    reach = Reach(*book.settled())
    until = reader.last_of_run(before.last_transfer_id if before else 0, reach.transfer_id, most)
    if not until:
        return None
    seal = seal_run(reader, before, reach, sealed_at=_as_text(at), until=until)
    session.execute(insert(Seal).values({**asdict(seal), "sealed_at": at}))
    return seal


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
    closed = insert(Period).values(
        until_on=until,
        last_transfer_id=open_book(session).settled()[2],
        closed_at=at,
        actor_kind=actor.kind,
        actor_id=actor.id,
    )
    period_id: int = session.execute(closed.returning(col(Period.id))).scalar_one()
    write_sheet(session, period_id, before, until)
    audit.record(session, actor, "ledger.close_period", ("period", period_id), at=at, until=until)
    return period_id


def _post(
    session: Session, actor: Actor, postings: Sequence[Posting], at: datetime, *, linked: bool
) -> list[Posted | Refused]:
    if not postings:
        return []
    book = open_book(session)
    units, closed_until = book.units()
    faults = [form_fault(posting) for posting in postings]
    wanted = _accounts(postings, faults, units)
    standings = book.standings(wanted) if wanted else {}
    reversed_ids = {p.reverses for p in postings if p.reverses is not None}
    batch = Batch(
        recorded_at=_as_text(at),
        actor_kind=actor.kind,
        actor_id=actor.id,
        units=units,
        closed_until=closed_until,
        standings=standings,
        known=book.known([posting.key for posting in postings]),
        originals=book.originals(reversed_ids) if reversed_ids else {},
    )
    salts = {p.key: os.urandom(16) for p in postings if p.text}
    answers = batch.decide(
        [
            Asked(p, request_hash(p), text_hash(salts[p.key], p.text) if p.text else None, fault)
            for p, fault in zip(postings, faults, strict=True)
        ],
        linked=linked,
    )
    return _write(book, batch, postings, answers, salts)


def _as_text(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def _accounts(
    postings: Sequence[Posting], faults: Sequence[str | None], units: dict[str, UnitRow]
) -> list[tuple[AccountRef, int]]:
    """The accounts of those postings that a book could hold, each with its unit's id."""
    wanted: dict[AccountRef, int] = {}
    for posting, fault in zip(postings, faults, strict=True):
        unit = units.get(posting.source.unit)
        if unit is not None and fault is None:
            wanted[posting.source] = wanted[posting.destination] = unit.id
    return list(wanted.items())


def _write(
    book: Book,
    batch: Batch,
    postings: Sequence[Posting],
    answers: Sequence[Answer],
    salts: dict[str, bytes],
) -> list[Posted | Refused]:
    entries = batch.entries
    ids: list[int] = []
    if entries:
        moved = {s.id: s for pair in batch.touched for s in pair if s.tracked}
        ids = book.write(entries, list(moved.values()))
        texts = [
            (ids[answer], salts[posting.key], posting.text)
            for posting, answer in zip(postings, answers, strict=True)
            if isinstance(answer, int) and posting.text
        ]
        if texts:
            book.write_texts(texts)

    def posted(place: int, *, repeated: bool) -> Posted:
        entry = entries[place]
        return Posted(
            ids[place],
            entry.key,
            entry.amount,
            entry.source_balance,
            entry.destination_balance,
            repeated,
        )

    told: list[Posted | Refused] = []
    for posting, answer in zip(postings, answers, strict=True):
        match answer:
            case int():
                told.append(posted(answer, repeated=False))
            case Repeat(place):
                told.append(posted(place, repeated=True))
            case Known():
                told.append(Posted(answer.id, posting.key, *answer[2:], repeated=True))
            case refusal:
                told.append(refusal)
    return told


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
    return post_all(session, actor, postings, at=at)
