"""An import goes on: checked, applied or undone, one chunk of rows a step.

Each step is one transaction, and the import's own row says which comes next: whoever asks for a
step, from whichever process and after whatever stop, does the next one and no other.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import delete, insert, select
from sqlmodel import Session, col

from pointsbank.core import audit, clock
from pointsbank.core.actor import Actor
from pointsbank.core.courtesy import giving_way
from pointsbank.core.database import table_of
from pointsbank.enrolment import batches, matching
from pointsbank.enrolment.chunks import cells, judgements_sealed, opened
from pointsbank.enrolment.headings import Column
from pointsbank.enrolment.imports import locked
from pointsbank.enrolment.models import ImportChunk, ImportedMember, MemberImport
from pointsbank.enrolment.rows import Row, Terms, understood
from pointsbank.enrolment.rules import (
    UNDER_WAY,
    ContentRemoved,
    ImportState,
    Judgement,
    Verdict,
)
from pointsbank.members import operations as members
from pointsbank.members import queries as member_queries
from pointsbank.members.rules import Consent, ConsentWay
from pointsbank.orgs import queries as orgs


@dataclass(frozen=True, slots=True)
class _Step:
    """What every part of a step needs."""

    session: Session
    actor: Actor
    found: MemberImport
    chunk: ImportChunk
    at: datetime


@giving_way()
def step(session: Session, actor: Actor, *, import_id: int, at: datetime) -> MemberImport:
    """Do the next chunk of what is under way; where nothing is, answer how it stands.

    Refuses: NoSuchImport, Forbidden, ContentRemoved.
    """
    found = locked(session, actor, import_id)
    if found.state not in UNDER_WAY:
        return found
    chunk = session.get_one(ImportChunk, (import_id, found.next_chunk))
    doing = _Step(session, actor, found, chunk, at)
    if found.state is ImportState.UNDOING:
        _undo(doing)
    elif chunk.rows_sealed is None:
        raise ContentRemoved
    else:
        _judge(doing, opened(chunk.rows_sealed))
    found.next_chunk += 1
    found.moved_at = at
    if found.next_chunk == found.chunk_count:
        _finish(doing)
    session.add_all([found, chunk])
    session.flush()
    return found


_THEN = {
    ImportState.CHECKING: ImportState.CHECKED,
    ImportState.APPLYING: ImportState.APPLIED,
    ImportState.UNDOING: ImportState.UNDONE,
}


def _finish(doing: _Step) -> None:
    found = doing.found
    found.state = _THEN[found.state]
    if found.state is ImportState.APPLIED:
        audit.record(
            doing.session, doing.actor, "enrolment.import_applied", ("import", found.id),
            at=doing.at, org_id=found.org_id, count=found.registered_count,
        )  # fmt: skip


def _judge(doing: _Step, said: list[list[str]]) -> None:
    """Judge the rows anew, by the register of now, and register the good ones if that is asked."""
    found, chunk = doing.found, doing.chunk
    applying = found.state is ImportState.APPLYING
    takes = {Verdict.NEW, Verdict.DOUBTFUL} if found.takes_doubtful else {Verdict.NEW}
    rows = [(row, matching.keys_of(row)) if row else None for row in _understood(doing, said)]
    known = matching.registered(doing.session, [row for row in rows if row])
    for earlier in [] if applying else _earlier_keys(doing):
        known.remember(earlier)

    judgements, remembered = [], []
    enrolled: list[tuple[int, Row]] = []
    for number, present in enumerate(rows, start=chunk.first_row):
        if present is None:
            judgements.append(Judgement(Verdict.EMPTY))
            continue
        judgement = matching.judged(*present, known)
        judgements.append(judgement)
        if judgement.verdict in (Verdict.NEW, Verdict.DOUBTFUL):
            remembered.append(matching.remembered(known, *present, number))
        if judgement.verdict in takes:
            enrolled.append((number, present[0]))
    if applying:
        _register(doing, enrolled)
    chunk.keys = b"".join(remembered)
    chunk.findings_sealed = judgements_sealed(judgements)
    verdicts = [judgement.verdict for judgement in judgements]
    chunk.new_count, chunk.known_count, chunk.doubtful_count, chunk.bad_count = (
        verdicts.count(v) for v in (Verdict.NEW, Verdict.KNOWN, Verdict.DOUBTFUL, Verdict.BAD)
    )


def _understood(doing: _Step, said: list[list[str]]) -> list[Row | None]:
    """Each row; none where it is empty."""
    session, found, on = doing.session, doing.found, clock.local_day(doing.at)
    places = batches.places(session, found.org_id)
    communities = {org_id for ids in places.communities.values() for org_id in ids}
    rules = member_queries.registration_rules(session, communities, on)
    terms = Terms(on, rules, frozenset(member_queries.skills(session)))
    columns = [Column(column) for column in found.columns]
    read = (cells(row, columns) for row in said)
    return [understood(row, places, terms) if row else None for row in read]


def _earlier_keys(doing: _Step) -> list[bytes]:
    wanted = (
        select(col(ImportChunk.keys))
        .where(
            col(ImportChunk.import_id) == doing.found.id,
            col(ImportChunk.number) < doing.chunk.number,
        )
        .order_by(col(ImportChunk.number))
    )
    return list(doing.session.execute(wanted).scalars())


def _register(doing: _Step, enrolled: Sequence[tuple[int, Row]]) -> None:
    """Register the rows, and keep who came by which."""
    consents = (Consent.REGISTRATION,) if doing.found.consented else ()
    new = [
        replace(row.member, consents=consents, consent_way=ConsentWay.PAPER) for _, row in enrolled
    ]
    ids = members.register_many(doing.session, doing.actor, new, at=doing.at)
    if ids:
        doing.session.connection().execute(
            insert(table_of(ImportedMember)),
            [
                {
                    "member_id": member_id,
                    "import_id": doing.found.id,
                    "chunk": doing.chunk.number,
                    "row": number,
                    "former_number": row.former_number,
                }
                for member_id, (number, row) in zip(ids, enrolled, strict=True)
            ],
        )
    doing.found.registered_count += len(ids)


def _undo(doing: _Step) -> None:
    """Take back those of the chunk to whom nothing has happened; the others stay, and are listed.

    Where nobody was registered, as after a stop half-way, there is nothing to do.
    """
    mine = (
        col(ImportedMember.import_id) == doing.found.id,
        col(ImportedMember.chunk) == doing.chunk.number,
    )
    wanted = select(col(ImportedMember.member_id)).where(*mine)
    ids = list(doing.session.execute(wanted).scalars())
    stay = batches.touched(doing.session, ids)
    gone = [member_id for member_id in ids if member_id not in stay]
    doing.session.execute(
        delete(table_of(ImportedMember)).where(*mine, orgs.among(ImportedMember.member_id, gone))
    )
    members.unregister_many(doing.session, doing.actor, member_ids=gone, at=doing.at)
    doing.found.kept_count += len(stay)
