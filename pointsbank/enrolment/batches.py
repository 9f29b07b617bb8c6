"""What people look up about imports, and what an import looks up."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, or_, select, union
from sqlmodel import Session, col

from pointsbank.core.actor import Actor
from pointsbank.core.database import Table
from pointsbank.core.encryption import unseal
from pointsbank.enrolment.chunks import Head, head_opened, judgements_opened, opened
from pointsbank.enrolment.models import ImportChunk, ImportedMember, MemberImport
from pointsbank.enrolment.rows import Places
from pointsbank.enrolment.rules import (
    IMPORTERS,
    ContentRemoved,
    Judgement,
    NoSuchImport,
    Verdict,
)
from pointsbank.ledger.models import Account
from pointsbank.ledger.rules import OwnerKind
from pointsbank.members.models import Member
from pointsbank.orgs import queries as orgs
from pointsbank.orgs.models import Organisation, OrganisationReach
from pointsbank.orgs.rules import COMMUNITY, EMPLOYER, PARTY_BRANCH, TEAM

PAGE = 50
_FILLED_BY_REGISTRATION = {
    "affiliation", "imported_member", "member_consent", "member_guardian", "name_key",
    "party_standing",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Counts:
    """What the dry run, or at last the registration, found."""

    new: int
    known: int
    doubtful: int
    bad: int


@dataclass(frozen=True, slots=True)
class JudgedRow:
    """A row of a workbook with its number there, and what becomes of it."""

    number: int
    cells: Sequence[str]
    judgement: Judgement


def member_import(session: Session, actor: Actor, import_id: int) -> MemberImport:
    """The import, for those who may bring workbooks in there; else ``NoSuchImport``."""
    found = session.get(MemberImport, import_id)
    if found is None or not actor.may(*IMPORTERS, org_id=found.org_id):
        raise NoSuchImport
    return found


def imports(session: Session, actor: Actor, *, most: int = PAGE) -> list[MemberImport]:
    """The imports of the actor's organisations, the newest first."""
    reach = orgs.ids_below(g.org_id for g in actor.grants if g.role in IMPORTERS)
    wanted = select(MemberImport).where(col(MemberImport.org_id).in_(reach))
    wanted = wanted.order_by(col(MemberImport.id).desc()).limit(most)
    return list(session.execute(wanted).scalars())


def file_name(found: MemberImport) -> str:
    return unseal(found.file_sealed) if found.file_sealed else ""


def head(found: MemberImport) -> Head:
    """What stands down to the headings, or ``ContentRemoved``."""
    if found.head_sealed is None:
        raise ContentRemoved
    return head_opened(found.head_sealed)


def counts(session: Session, import_id: int) -> Counts:
    columns = (
        ImportChunk.new_count, ImportChunk.known_count, ImportChunk.doubtful_count,
        ImportChunk.bad_count,
    )  # fmt: skip
    wanted = select(*(func.coalesce(func.sum(col(column)), 0) for column in columns))
    row = session.execute(wanted.where(col(ImportChunk.import_id) == import_id)).one()
    return Counts(*(int(count) for count in row))


def sample(session: Session, import_id: int, most: int = 3) -> list[list[str]]:
    """The first rows that say something."""
    chunk = session.get_one(ImportChunk, (import_id, 0))
    rows = opened(chunk.rows_sealed) if chunk.rows_sealed else []
    return [row for row in rows if row][:most]


def judged_rows(session: Session, import_id: int) -> Iterator[JudgedRow]:
    """Every row of the workbook, one chunk in memory at a time. Refuses: ContentRemoved."""
    numbers = select(col(ImportChunk.number)).where(col(ImportChunk.import_id) == import_id)
    for number in session.execute(numbers.order_by(col(ImportChunk.number))).scalars().all():
        chunk = session.get_one(ImportChunk, (import_id, number))
        if chunk.rows_sealed is None:
            raise ContentRemoved
        judgements = judgements_opened(chunk.findings_sealed)
        for place, row in enumerate(opened(chunk.rows_sealed)):
            judgement = judgements[place] if judgements else Judgement(Verdict.EMPTY)
            yield JudgedRow(chunk.first_row + place, row, judgement)
        session.expunge(chunk)


def troubled_rows(session: Session, import_id: int, most: int = PAGE) -> list[JudgedRow]:
    """The first rows that are bad or doubtful."""
    wanted = (
        select(ImportChunk)
        .where(
            col(ImportChunk.import_id) == import_id,
            col(ImportChunk.bad_count) + col(ImportChunk.doubtful_count) > 0,
        )
        .order_by(col(ImportChunk.number))
        .limit(most)
    )
    found: list[JudgedRow] = []
    for chunk in session.execute(wanted).scalars():
        rows = opened(chunk.rows_sealed) if chunk.rows_sealed else []
        judgements = judgements_opened(chunk.findings_sealed)
        found += [
            JudgedRow(chunk.first_row + place, row, judgement)
            for place, (row, judgement) in enumerate(zip(rows, judgements, strict=False))
            if judgement.verdict in (Verdict.BAD, Verdict.DOUBTFUL)
        ]
        if len(found) >= most:
            break
    return found[:most]


def kept(session: Session, import_id: int, most: int = 200) -> list[Member]:
    """Whom an undone import left in the register, because something has happened to them."""
    wanted = (
        select(Member)
        .join(ImportedMember, col(ImportedMember.member_id) == col(Member.id))
        .where(col(ImportedMember.import_id) == import_id)
        .order_by(col(Member.id))
        .limit(most)
    )
    return list(session.execute(wanted).scalars())


def touched(session: Session, member_ids: Collection[int]) -> set[int]:
    """Those of the members to whom something has happened since they were registered: a row of
    any table names them (an attendance, a card, an account to sign in by …), the ledger holds an
    account of theirs, or their record was changed.
    """
    if not member_ids:
        return set()
    naming = [
        select(column.label("id")).where(orgs.among(column, member_ids))
        for table in Table.metadata.sorted_tables
        if table.name not in _FILLED_BY_REGISTRATION
        for column in table.columns
        if any(key.target_fullname == "member.id" for key in column.foreign_keys)
    ]
    owning = select(col(Account.owner_id)).where(
        col(Account.owner_kind) == OwnerKind.MEMBER, orgs.among(Account.owner_id, member_ids)
    )
    changed = select(col(Member.id)).where(
        orgs.among(Member.id, member_ids),
        or_(col(Member.version) > 1, col(Member.left_on).is_not(None)),
    )
    return set(session.execute(union(*naming, owning, changed)).scalars())


def places(session: Session, org_id: int) -> Places:
    """The organisations that rows of an import for ``org_id`` may name."""
    everything = session.execute(
        select(
            col(Organisation.id), col(Organisation.parent_id), col(Organisation.kind),
            col(Organisation.name), col(OrganisationReach.ancestor_id).is_not(None).label("below"),
        )
        .outerjoin(
            OrganisationReach,
            (col(OrganisationReach.organisation_id) == col(Organisation.id))
            & (col(OrganisationReach.ancestor_id) == org_id),
        )
        .where(col(Organisation.closed_on).is_(None))
        .order_by(col(Organisation.id))
    ).all()  # fmt: skip
    by_id = {row.id: row for row in everything}
    homes = orgs.home_kinds(session)

    def above(row: Any) -> Iterator[Any]:
        while (row := by_id.get(row.parent_id)) is not None:
            yield row

    def community_of(row: Any) -> int | None:
        return next((up.id for up in above(row) if up.kind == COMMUNITY), None)

    communities: dict[str, list[int]] = defaultdict(list)
    inside: dict[tuple[int, str, str], list[int]] = defaultdict(list)
    lines: dict[str, dict[str, list[tuple[int, int | None]]]] = {
        kind: defaultdict(list) for kind in (EMPLOYER, PARTY_BRANCH, TEAM)
    }
    for row in everything:
        if row.kind in lines:
            lines[row.kind][row.name].append((row.id, community_of(row)))
        elif row.below and row.kind == COMMUNITY:
            communities[row.name].append(row.id)
            for up in above(row):
                communities[f"{up.name}{row.name}"].append(row.id)
        elif row.below and row.kind in homes:
            for up in above(row):
                if up.kind in homes:
                    for name in {row.name, row.name.removeprefix(up.name)}:
                        inside[up.id, row.kind, name].append(row.id)
    only = org_id if by_id[org_id].kind == COMMUNITY else None
    return Places(only, communities, inside, lines[EMPLOYER], lines[PARTY_BRANCH], lines[TEAM])
