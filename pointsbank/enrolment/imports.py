"""A workbook brought into the register: checked, applied and undone, one chunk of rows a step.

Each step is one transaction, and the import's own row says which comes next: whoever asks for a
step, from whichever process and after whatever stop, does the next one and no other.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import delete, insert, select, update
from sqlmodel import Session, col

from pointsbank.core import audit, clock
from pointsbank.core.actor import Actor
from pointsbank.core.database import table_of
from pointsbank.core.encryption import digest, seal
from pointsbank.enrolment import matching, queries
from pointsbank.enrolment.chunks import (
    Head,
    cells,
    head_opened,
    head_sealed,
    judgements_sealed,
    opened,
    sealed,
)
from pointsbank.enrolment.headings import Column, guess, heading_row
from pointsbank.enrolment.models import ImportChunk, ImportedMember, MemberImport
from pointsbank.enrolment.rows import Row, Terms, understood
from pointsbank.enrolment.rules import (
    CHUNK_ROWS,
    IMPORTERS,
    STATE_NAMES,
    UNDER_WAY,
    ContentRemoved,
    ImportNotThere,
    ImportState,
    Judgement,
    KeyReused,
    NoSuchImport,
    NotACommunity,
    Verdict,
    check_columns,
)
from pointsbank.enrolment.workbook import Book, WorkbookEmpty
from pointsbank.members import operations as members
from pointsbank.members import queries as member_queries
from pointsbank.members.rules import Consent, ConsentWay
from pointsbank.orgs import queries as orgs
from pointsbank.orgs.rules import COMMUNITY, Line


def begin(
    session: Session,
    actor: Actor,
    *,
    org_id: int,
    book: Book,
    content: bytes,
    file_name: str,
    key: str,
    at: datetime,
) -> MemberImport:
    """Take a workbook in for a community, or for all communities below an organisation.

    Its rows are kept sealed; nothing is registered. Refuses: KeyReused, NoSuchOrganisation,
    Forbidden (secretary, administrator), NotACommunity (a grid, a branch …), WorkbookEmpty.
    """
    content_digest = digest(content.hex(), "workbook")
    earlier = session.execute(select(MemberImport).where(col(MemberImport.key) == key)).scalar()
    if earlier is not None:
        if (earlier.begun_by, earlier.org_id, earlier.content_digest) != (
            actor.id, org_id, content_digest,
        ):  # fmt: skip
            raise KeyReused
        return earlier
    place = orgs.organisation(session, org_id)
    actor.require(*IMPORTERS, org_id=org_id)
    level = orgs.kinds(session)[COMMUNITY].level
    if place.line is not Line.TERRITORY or orgs.kinds(session)[place.kind].level > level:
        raise NotACommunity
    top, _ = heading_row(book.rows)
    rows = book.rows[top + 1 :]
    if not any(rows):
        raise WorkbookEmpty

    head = Head(book.sheet, book.others, book.rows[: top + 1], max(map(len, book.rows)))
    starts = range(0, len(rows), CHUNK_ROWS)
    found = MemberImport(
        key=key, org_id=org_id, content_digest=content_digest, file_sealed=seal(file_name[:100]),
        head_sealed=head_sealed(head), columns=guess(head.headings), state=ImportState.UPLOADED,
        chunk_count=len(starts), row_count=sum(map(bool, rows)), begun_by=actor.id, begun_at=at,
        moved_at=at,
    )  # fmt: skip
    session.add(found)
    session.flush()
    session.connection().execute(
        insert(ImportChunk),
        [
            {
                "import_id": found.id,
                "number": number,
                "first_row": top + 2 + start,
                "rows_sealed": sealed(rows[start : start + CHUNK_ROWS]),
            }
            for number, start in enumerate(starts)
        ],
    )
    audit.record(
        session, actor, "enrolment.import_begun", ("import", found.id), at=at,
        org_id=org_id, rows=found.row_count,
    )  # fmt: skip
    return found


def check(
    session: Session, actor: Actor, *, import_id: int, columns: Sequence[Column], at: datetime
) -> MemberImport:
    """Begin the dry run with these columns: it counts, and writes nothing to the register.

    Refuses: NoSuchImport, Forbidden, ImportNotThere (neither uploaded nor checked),
    ContentRemoved, ColumnsMiscounted, ColumnTwice, ColumnMissing, NothingTells.
    """
    found = _locked(session, actor, import_id)
    _require(found, ImportState.UPLOADED, ImportState.CHECKING, ImportState.CHECKED)
    if found.head_sealed is None:
        raise ContentRemoved
    check_columns(columns, head_opened(found.head_sealed).width)
    found.columns = list(columns)
    return _go(session, found, ImportState.CHECKING, at)


def apply(
    session: Session,
    actor: Actor,
    *,
    import_id: int,
    takes_doubtful: bool,
    consented: bool,
    at: datetime,
) -> MemberImport:
    """Begin to register those whom the dry run found new; ``takes_doubtful``: the doubtful too.

    ``consented``: these people have agreed on paper, which the community keeps. Refuses:
    NoSuchImport, Forbidden, ImportNotThere (not checked), ContentRemoved. One that is under way
    or done is an answer.
    """
    found = _locked(session, actor, import_id)
    if found.state in (ImportState.APPLYING, ImportState.APPLIED):
        return found
    _require(found, ImportState.CHECKED)
    if found.head_sealed is None:
        raise ContentRemoved
    found.takes_doubtful, found.consented = takes_doubtful, consented
    return _go(session, found, ImportState.APPLYING, at)


def undo(session: Session, actor: Actor, *, import_id: int, at: datetime) -> MemberImport:
    """Begin to take back whom this import registered and to whom nothing has happened since.

    Also of an import that stopped half-way. Refuses: NoSuchImport, Forbidden, ImportNotThere
    (nothing was applied). One that is under way or done is an answer.
    """
    found = _locked(session, actor, import_id)
    if found.state in (ImportState.UNDOING, ImportState.UNDONE):
        return found
    _require(found, ImportState.APPLYING, ImportState.APPLIED)
    audit.record(
        session, actor, "enrolment.import_undone", ("import", found.id), at=at,
        org_id=found.org_id, count=found.registered_count,
    )  # fmt: skip
    return _go(session, found, ImportState.UNDOING, at)


def discard(session: Session, actor: Actor, *, import_id: int, at: datetime) -> MemberImport:
    """Give an import up before it is applied: what was uploaded goes at once.

    Refuses: NoSuchImport, Forbidden, ImportNotThere (applied).
    """
    found = _locked(session, actor, import_id)
    if found.state is ImportState.DISCARDED:
        return found
    _require(found, ImportState.UPLOADED, ImportState.CHECKING, ImportState.CHECKED)
    audit.record(
        session, actor, "enrolment.import_discarded", ("import", found.id), at=at,
        org_id=found.org_id,
    )  # fmt: skip
    _forget(session, [found.id])
    return _go(session, found, ImportState.DISCARDED, at)


def step(session: Session, actor: Actor, *, import_id: int, at: datetime) -> MemberImport:
    """Do the next chunk of what is under way; where nothing is, answer how it stands.

    Refuses: NoSuchImport, Forbidden, ContentRemoved.
    """
    found = _locked(session, actor, import_id)
    if found.state not in UNDER_WAY:
        return found
    chunk = session.get_one(ImportChunk, (import_id, found.next_chunk))
    if found.state is ImportState.UNDOING:
        _undo_chunk(session, actor, found, chunk, at)
    elif chunk.rows_sealed is None:
        raise ContentRemoved
    else:
        _judge_chunk(session, actor, found, chunk, chunk.rows_sealed, at)
    found.next_chunk += 1
    found.moved_at = at
    if found.next_chunk == found.chunk_count:
        _finish(session, actor, found, at)
    session.add_all([found, chunk])
    session.flush()
    return found


_THEN = {
    ImportState.CHECKING: ImportState.CHECKED,
    ImportState.APPLYING: ImportState.APPLIED,
    ImportState.UNDOING: ImportState.UNDONE,
}


def _finish(session: Session, actor: Actor, found: MemberImport, at: datetime) -> None:
    found.state = _THEN[found.state]
    if found.state is ImportState.APPLIED:
        audit.record(
            session, actor, "enrolment.import_applied", ("import", found.id), at=at,
            org_id=found.org_id, count=found.registered_count,
        )  # fmt: skip


def _judge_chunk(
    session: Session,
    actor: Actor,
    found: MemberImport,
    chunk: ImportChunk,
    rows_sealed: bytes,
    at: datetime,
) -> None:
    """Judge the rows anew, by the register of now, and register the good ones if that is asked."""
    rows = _understood(session, found, opened(rows_sealed), at)
    keys = [matching.keys_of(row) if row else None for row in rows]
    present = [(row, key) for row, key in zip(rows, keys, strict=True) if row and key]
    known = matching.registered(session, present)
    applying = found.state is ImportState.APPLYING
    if not applying:
        for earlier in _earlier_keys(session, chunk):
            known.remember(earlier)
    judgements, packed = [], []
    enrolled: list[tuple[int, Row]] = []
    takes = {Verdict.NEW, *({Verdict.DOUBTFUL} if found.takes_doubtful else ())}
    for number, (row, key) in enumerate(zip(rows, keys, strict=True), start=chunk.first_row):
        if row is None or key is None:
            judgements.append(Judgement(Verdict.EMPTY))
            continue
        judgement = matching.judged(row, key, known)
        judgements.append(judgement)
        if judgement.verdict in (Verdict.NEW, Verdict.DOUBTFUL):
            packed.append(matching.remembered(known, row, key, number))
        if judgement.verdict in takes:
            enrolled.append((number, row))
    if applying:
        _register(session, actor, found, chunk, enrolled, at)
    chunk.keys = b"" if applying else b"".join(packed)
    chunk.findings_sealed = judgements_sealed(judgements)
    verdicts = [judgement.verdict for judgement in judgements]
    chunk.new_count, chunk.known_count, chunk.doubtful_count, chunk.bad_count = (
        verdicts.count(v) for v in (Verdict.NEW, Verdict.KNOWN, Verdict.DOUBTFUL, Verdict.BAD)
    )


def _understood(
    session: Session, found: MemberImport, rows: list[list[str]], at: datetime
) -> list[Row | None]:
    places = queries.places(session, found.org_id)
    on = clock.local_day(at)
    communities = {org_id for ids in places.communities.values() for org_id in ids}
    rules = member_queries.registration_rules(session, communities, on)
    terms = Terms(on, rules, frozenset(member_queries.skills(session)))
    columns = [Column(column) for column in found.columns]
    return [understood(said, places, terms) if (said := cells(row, columns)) else None
            for row in rows]  # fmt: skip


def _earlier_keys(session: Session, chunk: ImportChunk) -> list[bytes]:
    wanted = (
        select(col(ImportChunk.keys))
        .where(
            col(ImportChunk.import_id) == chunk.import_id, col(ImportChunk.number) < chunk.number
        )
        .order_by(col(ImportChunk.number))
    )
    return list(session.execute(wanted).scalars())


def _register(
    session: Session,
    actor: Actor,
    found: MemberImport,
    chunk: ImportChunk,
    enrolled: Sequence[tuple[int, Row]],
    at: datetime,
) -> None:
    """Register the rows, and keep who came by which."""
    consents = (Consent.REGISTRATION,) if found.consented else ()
    new = [
        replace(row.member, consents=consents, consent_way=ConsentWay.PAPER)
        for _, row in enrolled
    ]
    ids = members.register_many(session, actor, new, at=at)
    if ids:
        session.connection().execute(
            insert(table_of(ImportedMember)),
            [
                {
                    "member_id": member_id,
                    "import_id": found.id,
                    "chunk": chunk.number,
                    "row": number,
                    "former_number": row.former_number,
                }
                for member_id, (number, row) in zip(ids, enrolled, strict=True)
            ],
        )
    found.registered_count += len(ids)


def _undo_chunk(
    session: Session, actor: Actor, found: MemberImport, chunk: ImportChunk, at: datetime
) -> None:
    """Take back those of the chunk to whom nothing has happened; the others stay, and are listed.

    Where nobody was registered, as after a stop half-way, there is nothing to do.
    """
    mine = (
        col(ImportedMember.import_id) == found.id,
        col(ImportedMember.chunk) == chunk.number,
    )
    ids = list(session.execute(select(col(ImportedMember.member_id)).where(*mine)).scalars())
    stay = queries.touched(session, ids)
    gone = [member_id for member_id in ids if member_id not in stay]
    session.execute(
        delete(ImportedMember).where(*mine, orgs.among(ImportedMember.member_id, gone))
    )
    members.unregister_many(session, actor, member_ids=gone, at=at)
    found.kept_count += len(stay)


def remove_content(session: Session, *, before: datetime) -> int:
    """Forget what was uploaded with imports begun before an instant; those not applied end.

    How many imports forgot something. For the job: it asks for no role.
    """
    wanted = select(col(MemberImport.id)).where(
        col(MemberImport.begun_at) < before, col(MemberImport.head_sealed).is_not(None)
    )
    ids = list(session.execute(wanted).scalars())
    _forget(session, ids)
    for ended, states in (
        (ImportState.APPLIED, (ImportState.APPLYING,)),
        (
            ImportState.DISCARDED,
            (ImportState.UPLOADED, ImportState.CHECKING, ImportState.CHECKED),
        ),
    ):
        session.execute(
            update(MemberImport)
            .where(orgs.among(MemberImport.id, ids), col(MemberImport.state).in_(states))
            .values(state=ended)
        )
    return len(ids)


def _forget(session: Session, ids: Sequence[int]) -> None:
    session.execute(
        update(MemberImport)
        .where(orgs.among(MemberImport.id, ids))
        .values(file_sealed=None, head_sealed=None)
    )
    session.execute(
        update(ImportChunk)
        .where(orgs.among(ImportChunk.import_id, ids))
        .values(rows_sealed=None, findings_sealed=None, keys=b"")
    )


def _locked(session: Session, actor: Actor, import_id: int) -> MemberImport:
    """The import, which no other transaction may step until this one ends."""
    wanted = select(MemberImport).where(col(MemberImport.id) == import_id).with_for_update()
    found: MemberImport | None = session.execute(wanted).scalar()
    if found is None or found.org_id not in actor.reach(*IMPORTERS) and actor.kind != "system":
        raise NoSuchImport
    return found


def _require(found: MemberImport, *states: ImportState) -> None:
    if found.state not in states:
        raise ImportNotThere(state=STATE_NAMES[found.state])


def _go(session: Session, found: MemberImport, state: ImportState, at: datetime) -> MemberImport:
    found.state, found.next_chunk, found.moved_at = state, 0, at
    session.add(found)
    session.flush()
    session.refresh(found)
    return found
