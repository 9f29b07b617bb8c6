"""One way into the book: a batch is read, decided and written."""

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from pointsbank.core.actor import Actor
from pointsbank.core.database import Session
from pointsbank.core.errors import Refused
from pointsbank.ledger.batch import Answer, Asked, Batch, Known, Repeat, UnitRow, form_fault
from pointsbank.ledger.book import Book, open_book
from pointsbank.ledger.encoding import request_hash, text_hash
from pointsbank.ledger.rules import AccountRef, GroupRefused, Posted, Posting


def apply(
    session: Session,
    actor: Actor,
    postings: Sequence[Posting],
    at: datetime,
    *,
    linked: bool,
    freed: Mapping[AccountRef, int] | None = None,
) -> list[Posted | Refused]:
    """Read what the batch concerns, decide, write. ``freed`` is held for these postings."""
    if not postings:
        return []
    book = open_book(session)
    units, closed_until = book.units()
    faults = [form_fault(posting) for posting in postings]
    wanted = _accounts(postings, faults, units)
    standings = book.standings(wanted) if wanted else {}
    for ref, amount in (freed or {}).items():
        standings[ref].held -= amount
    reversed_ids = {p.reverses for p in postings if p.reverses is not None}
    batch = Batch(
        recorded_at=as_text(at),
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


def as_text(at: datetime) -> str:
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


def apply_all(
    session: Session,
    actor: Actor,
    postings: Sequence[Posting],
    at: datetime,
    *,
    freed: Mapping[AccountRef, int] | None = None,
) -> list[Posted]:
    """Apply all or none: raises the first refusal."""
    answers = apply(session, actor, postings, at, linked=True, freed=freed)
    posted = [answer for answer in answers if isinstance(answer, Posted)]
    if len(posted) < len(answers):
        raise next(a for a in answers if isinstance(a, Refused) and not isinstance(a, GroupRefused))
    return posted
