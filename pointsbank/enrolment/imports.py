"""A workbook brought in, and what is decided about it: check it, apply it, undo it, give it up."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlmodel import Session, col

from pointsbank.core import audit
from pointsbank.core.actor import Actor
from pointsbank.core.encryption import digest, seal
from pointsbank.enrolment.chunks import (
    Head,
    head_opened,
    head_sealed,
    sealed,
)
from pointsbank.enrolment.headings import Column, check_columns, guess, heading_row
from pointsbank.enrolment.models import ImportChunk, MemberImport
from pointsbank.enrolment.rules import (
    CHUNK_ROWS,
    IMPORTERS,
    STATE_NAMES,
    ContentRemoved,
    ImportNotThere,
    ImportState,
    KeyReused,
    NoSuchImport,
    NotACommunity,
)
from pointsbank.enrolment.workbook import Book, WorkbookEmpty
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
    earlier = _earlier(session, key)
    if earlier is not None:
        told = (earlier.begun_by, earlier.org_id, earlier.content_digest)
        if told != (actor.id, org_id, content_digest):
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
    found = MemberImport(
        key=key, org_id=org_id, content_digest=content_digest, file_sealed=seal(file_name[:100]),
        head_sealed=head_sealed(head), columns=[str(c) for c in guess(head.headings)],
        state=ImportState.UPLOADED, chunk_count=-(-len(rows) // CHUNK_ROWS),
        row_count=sum(map(bool, rows)), begun_by=actor.id, begun_at=at, moved_at=at,
    )  # fmt: skip
    session.add(found)
    session.flush()
    _keep_rows(session, found.id, rows, top + 2)
    audit.record(
        session, actor, "enrolment.import_begun", ("import", found.id), at=at,
        org_id=org_id, rows=found.row_count,
    )  # fmt: skip
    return found


def _keep_rows(
    session: Session, import_id: int, rows: Sequence[Sequence[str]], first_row: int
) -> None:
    session.connection().execute(
        insert(ImportChunk),
        [
            {
                "import_id": import_id,
                "number": number,
                "first_row": first_row + start,
                "rows_sealed": sealed(rows[start : start + CHUNK_ROWS]),
            }
            for number, start in enumerate(range(0, len(rows), CHUNK_ROWS))
        ],
    )


def _earlier(session: Session, key: str) -> MemberImport | None:
    found: MemberImport | None = session.execute(
        select(MemberImport).where(col(MemberImport.key) == key)
    ).scalar()
    return found


def check(
    session: Session, actor: Actor, *, import_id: int, columns: Sequence[Column], at: datetime
) -> MemberImport:
    """Begin the dry run with these columns: it counts, and writes nothing to the register.

    Refuses: NoSuchImport, Forbidden, ImportNotThere (neither uploaded nor checked),
    ContentRemoved, ColumnsMiscounted, ColumnTwice, ColumnMissing, NothingTells.
    """
    found = locked(session, actor, import_id)
    _require(found, ImportState.UPLOADED, ImportState.CHECKING, ImportState.CHECKED)
    if found.head_sealed is None:
        raise ContentRemoved
    check_columns(columns, head_opened(found.head_sealed).width)
    found.columns = [str(column) for column in columns]
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
    found = locked(session, actor, import_id)
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
    found = locked(session, actor, import_id)
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
    found = locked(session, actor, import_id)
    if found.state is ImportState.DISCARDED:
        return found
    _require(found, ImportState.UPLOADED, ImportState.CHECKING, ImportState.CHECKED)
    audit.record(
        session, actor, "enrolment.import_discarded", ("import", found.id), at=at,
        org_id=found.org_id,
    )  # fmt: skip
    _forget(session, [found.id])
    return _go(session, found, ImportState.DISCARDED, at)


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


def locked(session: Session, actor: Actor, import_id: int) -> MemberImport:
    """The import, which no other transaction may step until this one ends."""
    wanted = select(MemberImport).where(col(MemberImport.id) == import_id).with_for_update()
    found: MemberImport | None = session.execute(wanted).scalar()
    if found is None or (found.org_id not in actor.reach(*IMPORTERS) and actor.kind != "system"):
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


def give_back(session: Session, actor: Actor, *, import_id: int, at: datetime) -> MemberImport:
    """Note that somebody takes the workbook with its findings out of the house.

    Refuses: NoSuchImport, ContentRemoved, ImportNotThere (not judged yet).
    """
    found = locked(session, actor, import_id)
    if found.head_sealed is None:
        raise ContentRemoved
    if found.state in (ImportState.UPLOADED, ImportState.CHECKING):
        raise ImportNotThere(state=STATE_NAMES[found.state])
    audit.record(
        session, actor, "enrolment.import_given_back", ("import", found.id), at=at,
        org_id=found.org_id, rows=found.row_count,
    )  # fmt: skip
    return found
