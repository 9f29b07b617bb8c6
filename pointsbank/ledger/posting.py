"""One way into the book: a batch is read, decided and written."""

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from pointsbank.core.actor import Actor
from pointsbank.core.database import Session
from pointsbank.core.errors import Refused
from pointsbank.ledger.batch import (
    Answer,
    Batch,
    Known,
    Original,
    Repeat,
    Standing,
    form_fault,
)
from pointsbank.ledger.book import Book, open_book
from pointsbank.ledger.caps import CapCount, CapPlace, capped_hash, places_of
from pointsbank.ledger.encoding import request_hash, text_hash
from pointsbank.ledger.rules import AccountRef, GroupRefused, NothingPosted, Posted, Posting


def apply(
    session: Session,
    actor: Actor,
    postings: Sequence[Posting],
    at: datetime,
    *,
    linked: bool,
    freed: Mapping[AccountRef, int] | None = None,
) -> list[Posted | NothingPosted | Refused]:
    """Read what the batch concerns, decide, write. ``freed`` is held for these postings."""
    if not postings:
        return []
    book = open_book(session)
    faults = [form_fault(posting) for posting in postings]
    salts = {p.key: os.urandom(16) for p in postings if p.text}
    found, hashes = book.look(
        _accounts(postings, faults),
        [posting.key for posting in postings],
        lambda: [(_hash(p), text_hash(salts[p.key], p.text) if p.text else None) for p in postings],
    )
    for ref, amount in (freed or {}).items():
        found.standings[ref].held -= amount
    reversed_ids = {p.reverses for p in postings if p.reverses is not None}
    originals = book.originals(reversed_ids) if reversed_ids else {}
    places = _places(postings, faults, found.standings)
    batch = Batch(
        recorded_at=as_text(at),
        actor_kind=actor.kind,
        actor_id=actor.id,
        units=found.units,
        closed_until=found.closed_until,
        standings=found.standings,
        known=found.known,
        originals=originals,
        caps=_caps(book, places, originals),
    )
    asked = list(zip(postings, *zip(*hashes, strict=True), faults, places, strict=True))
    answers = batch.decide(asked, linked=linked)
    return _write(book, batch, postings, answers, salts)


def _hash(posting: Posting) -> bytes:
    """Over all that a repeated key is compared by."""
    asked = request_hash(posting)
    return capped_hash(asked, posting.caps) if posting.caps else asked


def as_text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(" ", "microseconds")[:26]


def _accounts(postings: Sequence[Posting], faults: Sequence[str | None]) -> list[AccountRef]:
    """The accounts of those postings that a book could hold."""
    wanted: dict[AccountRef, None] = {}
    for posting, fault in zip(postings, faults, strict=True):
        if fault is None:
            wanted[posting.source] = wanted[posting.destination] = None
    return list(wanted)


def _places(
    postings: Sequence[Posting],
    faults: Sequence[str | None],
    standings: Mapping[AccountRef, Standing],
) -> list[Sequence[CapPlace]]:
    """Where the caps of each posting count that a book could hold."""
    return [
        places_of(posting, standings[posting.destination].id)
        if posting.caps and fault is None and posting.destination in standings
        else ()
        for posting, fault in zip(postings, faults, strict=True)
    ]


def _caps(
    book: Book, places: Sequence[Sequence[CapPlace]], originals: Mapping[int, Original]
) -> CapCount:
    """What is used of the caps that the batch concerns: their accounts are locked by now."""
    counting = [transfer_id for transfer_id, original in originals.items() if original.counts]
    capped = book.capped(counting) if counting else {}
    wanted = {place for each in places for place in each}
    wanted.update(place for each in capped.values() for place, _ in each)
    return CapCount(book.cap_uses(list(wanted)), capped) if wanted else CapCount()


def _write(
    book: Book,
    batch: Batch,
    postings: Sequence[Posting],
    answers: Sequence[Answer],
    salts: dict[str, bytes],
) -> list[Posted | NothingPosted | Refused]:
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
    if uses := batch.caps.uses:
        ids_of = [None if use.entry is None else ids[use.entry] for use in uses]
        book.write_cap_uses([(*use[:-1], id) for use, id in zip(uses, ids_of, strict=True)])

    told: list[Posted | NothingPosted | Refused] = []
    for posting, answer in zip(postings, answers, strict=True):
        match answer:
            case int():
                place, repeated = answer, False
            case Repeat():
                place, repeated = answer.place, True
            case None:
                told.append(NothingPosted(posting.key, repeated=False))
                continue
            case Known(id=None):
                told.append(NothingPosted(posting.key, repeated=True))
                continue
            case Known(id=int(id)):
                told.append(Posted(id, posting.key, *answer[2:], repeated=True))
                continue
            case Refused():
                told.append(answer)
                continue
        entry = entries[place]
        told.append(
            Posted(
                ids[place],
                entry.key,
                entry.amount,
                entry.source_balance,
                entry.destination_balance,
                repeated,
            )
        )
    return told


def apply_all(
    session: Session,
    actor: Actor,
    postings: Sequence[Posting],
    at: datetime,
    *,
    freed: Mapping[AccountRef, int] | None = None,
) -> list[Posted | NothingPosted]:
    """Apply all or none: raises the first refusal."""
    answers = apply(session, actor, postings, at, linked=True, freed=freed)
    posted = [answer for answer in answers if not isinstance(answer, Refused)]
    if len(posted) < len(answers):
        raise next(a for a in answers if isinstance(a, Refused) and not isinstance(a, GroupRefused))
    return posted
