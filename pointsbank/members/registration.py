"""Enrolling members, one or many: checked, numbered, with everything that they bring along."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any, Unpack

from sqlalchemy import delete, insert, select, text
from sqlmodel import Session

from pointsbank.core import audit, clock
from pointsbank.core.actor import Actor, Role
from pointsbank.core.database import table_of
from pointsbank.core.encryption import seal
from pointsbank.members import pinyin, queries
from pointsbank.members.models import (
    Affiliation,
    Member,
    MemberConsent,
    MemberGuardian,
    NameKey,
    PartyStanding,
)
from pointsbank.members.rules import (
    DocumentTaken,
    NewMember,
    NewMemberFacts,
    NoSuchMember,
    NotAHome,
    PartyStatus,
    PhoneTaken,
    Relation,
    WrongLine,
    checked,
    document_tail,
    member_number,
)
from pointsbank.orgs import queries as orgs
from pointsbank.orgs.models import Organisation
from pointsbank.orgs.rules import Kind, Line, NoSuchOrganisation, OrganisationClosed

REGISTRARS = (Role.SECRETARY, Role.ADMINISTRATOR)
CARD_STAFF = (Role.CLERK, *REGISTRARS)
_SLICE = 10_000
_members = table_of(Member)
_LINES = {
    Relation.BRANCH: Line.PARTY,
    Relation.EMPLOYER: Line.EMPLOYER,
    Relation.TEAM: Line.TEAM,
}


def register(
    session: Session,
    actor: Actor,
    *,
    name: str,
    residence_id: int,
    at: datetime,
    **facts: Unpack[NewMemberFacts],
) -> Member:
    """Enrol one member. Refuses as ``register_many``."""
    row = NewMember(name, residence_id, **facts)
    return queries.member(session, register_many(session, actor, [row], at=at)[0])


def register_many(
    session: Session, actor: Actor, rows: Sequence[NewMember], *, at: datetime
) -> list[int]:
    """Enrol members, all or none; their ids in the order of the rows.

    Refuses: NoSuchOrganisation, Forbidden (secretary or administrator of each residence), what
    ``rules.checked`` refuses by the rule in force where they live, NotAHome, WrongLine,
    OrganisationClosed, PhoneTaken, DocumentTaken.
    """
    orgs.hold_tree(session)
    known = orgs.organisations(session, (org_id for row in rows for org_id in _places(row)))
    if any(org_id not in known for row in rows for org_id in _places(row)):
        raise NoSuchOrganisation
    homes = {row.residence_id for row in rows}
    for residence_id in homes:
        actor.require(*REGISTRARS, org_id=residence_id)
    today = clock.local_day(at)
    local = queries.registration_rules(session, homes, today)
    skills, kinds = queries.skills(session), orgs.kinds(session)
    days = [row.registered_on or today for row in rows]
    good = [
        checked(row, on=day, rule=local[row.residence_id], skills=skills)
        for row, day in zip(rows, days, strict=True)
    ]
    for row in good:
        check_places(list(_ties(row)), known, kinds)
    found = [_findable(row) for row in good]
    check_free(session, phones=[f[0] for f in found], documents=[f[1] for f in found])
    if not rows:
        return []

    numbers = _numbers(session, [day.year for day in days])
    ids = _insert(
        session,
        [
            _values(row, day, next(numbers[day.year]), digests)
            for row, day, digests in zip(good, days, found, strict=True)
        ],
    )
    _bring_along(session, list(zip(ids, good, days, strict=True)), at)
    audit.record(
        session, actor, "members.registered", ("member", ids[0]), at=at,
        org_id=rows[0].residence_id, count=len(ids), last_id=ids[-1],
    )  # fmt: skip
    return ids


def check_places(
    ties: Sequence[tuple[Relation, int]], known: dict[int, Organisation], kinds: dict[str, Kind]
) -> None:
    """Refuses: NotAHome, WrongLine, OrganisationClosed."""
    for relation, org_id in ties:
        if relation is Relation.RESIDENCE and not kinds[known[org_id].kind].is_home:
            raise NotAHome
    for relation, org_id in ties:
        if relation is not Relation.RESIDENCE and known[org_id].line is not _LINES[relation]:
            raise WrongLine
    for _, org_id in ties:
        if (closed_on := known[org_id].closed_on) is not None:
            raise OrganisationClosed(closed_on=closed_on)


def check_free(
    session: Session,
    *,
    phones: Sequence[bytes | None] = (),
    documents: Sequence[bytes | None] = (),
    but: int = 0,
) -> None:
    """Nobody in the register (``but`` one), and no two of these, have one phone or document.

    Refuses: PhoneTaken, DocumentTaken.
    """
    given = [digest for digest in phones if digest is not None]
    if len(set(given)) < len(given) or queries.taken_phones(session, given, but=but):
        raise PhoneTaken
    given = [digest for digest in documents if digest is not None]
    if len(set(given)) < len(given) or queries.taken_documents(session, given, but=but):
        raise DocumentTaken


def name_keys(member_id: int, name: str) -> list[dict[str, Any]]:
    """The rows by which a name is found."""
    return [{"key": key, "member_id": member_id} for key in pinyin.keys(name)]


def _ties(row: NewMember) -> Iterator[tuple[Relation, int]]:
    yield Relation.RESIDENCE, row.residence_id
    if row.branch_id is not None:
        yield Relation.BRANCH, row.branch_id
    if row.employer_id is not None:
        yield Relation.EMPLOYER, row.employer_id
    for team_id in dict.fromkeys(row.team_ids):
        yield Relation.TEAM, team_id


def _places(row: NewMember) -> Iterator[int]:
    return (org_id for _, org_id in _ties(row))


Digests = tuple[bytes | None, bytes | None]


def _findable(row: NewMember) -> Digests:
    """By what the row's phone and document will be found."""
    return (
        queries.phone_digest(row.phone) if row.phone else None,
        queries.document_digest(row.document) if row.document else None,
    )


def _values(row: NewMember, day: date, number: str, digests: Digests) -> dict[str, Any]:
    document = row.document
    return {
        "number": number,
        "name": row.name,
        "sex": row.sex,
        "birth_on": row.birth_on,
        "phone_sealed": seal(row.phone) if row.phone else None,
        "phone_digest": digests[0],
        "phone_tail": row.phone[-4:],
        "document_kind": document.kind if document else None,
        "document_sealed": seal(document.number) if document else None,
        "document_digest": digests[1],
        "document_tail": document_tail(document.number) if document else "",
        "residence_id": row.residence_id,
        "branch_id": row.branch_id,
        "employer_id": row.employer_id,
        "party_status": row.party_status,
        "joined_party_on": row.joined_party_on,
        "skills": list(row.skills),
        "available": row.available,
        "registered_on": day,
        "version": 1,
    }


def _numbers(session: Session, years: Sequence[int]) -> dict[int, Iterator[str]]:
    """A fresh volunteer number for every year named; registrations of a year queue here."""
    numbers = {}
    for year in sorted(set(years)):
        wanted = years.count(year)
        last = session.execute(_TAKE_NUMBERS, {"year": year, "wanted": wanted}).scalar_one()
        serials = range(last - wanted + 1, last + 1)
        numbers[year] = iter([member_number(year, serial) for serial in serials])
    return numbers


_TAKE_NUMBERS = text(
    "INSERT INTO member_numbering (year, last) VALUES (:year, :wanted) "
    "ON CONFLICT (year) DO UPDATE SET last = member_numbering.last + excluded.last RETURNING last"
)


def _insert(session: Session, values: list[dict[str, Any]]) -> list[int]:
    """Their ids in the order of the rows, found by their numbers. Not RETURNING: with it SQLite
    looks for each new row in every table that refers to members.
    """
    session.connection().execute(insert(_members), values)
    ids: dict[str, int] = {}
    for start in range(0, len(values), _SLICE):
        numbers = [row["number"] for row in values[start : start + _SLICE]]
        found = select(_members.c.number, _members.c.id).where(_members.c.number.in_(numbers))
        ids.update((number, member_id) for number, member_id in session.execute(found))
    return [ids[row["number"]] for row in values]


def _in_order(keys: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """As the table is ordered: many keys at random would touch as many of its pages."""
    return sorted(keys, key=lambda row: (row["key"].encode(), row["member_id"]))


Enrolled = Sequence[tuple[int, NewMember, date]]


def _bring_along(session: Session, enrolled: Enrolled, at: datetime) -> None:
    """What stands in other tables: ways to find a name, ties, standing, guardian, consents."""
    versions = queries.text_versions(session, clock.local_day(at))
    rows: list[tuple[type[Any], list[dict[str, Any]]]] = [
        (
            NameKey,
            [key for member_id, row, _ in enrolled for key in name_keys(member_id, row.name)],
        ),
        (
            Affiliation,
            [
                {"member_id": member_id, "relation": relation, "org_id": org_id, "from_on": day}
                for member_id, row, day in enrolled
                for relation, org_id in _ties(row)
            ],
        ),
        (
            PartyStanding,
            [
                {"member_id": member_id, "from_on": day, "status": row.party_status}
                for member_id, row, day in enrolled
                if row.party_status is not PartyStatus.NONE
            ],
        ),
        (
            MemberGuardian,
            [
                {
                    "member_id": member_id,
                    "name": row.guardian.name,
                    "phone_sealed": seal(row.guardian.phone),
                    "relation": row.guardian.relation,
                    "consented_at": at,
                }
                for member_id, row, _ in enrolled
                if row.guardian
            ],
        ),
        (
            MemberConsent,
            [
                {
                    "member_id": member_id,
                    "kind": kind,
                    "text_version": versions[kind],
                    "way": row.consent_way,
                    "given_at": at,
                }
                for member_id, row, _ in enrolled
                for kind in dict.fromkeys(row.consents)
            ],
        ),
    ]
    for model, values in rows:
        if values:
            session.connection().execute(insert(table_of(model)), values)


def unregister_many(
    session: Session, actor: Actor, *, member_ids: Sequence[int], at: datetime
) -> None:
    """Take members out of the register as if they had never been enrolled; their numbers are not
    given again. Only for those whom no row but the register's own names: the caller has looked.

    Refuses: NoSuchMember, Forbidden (secretary or administrator of each residence).
    """
    orgs.hold_tree(session)
    gone = queries.members(session, member_ids)
    if any(member_id not in gone for member_id in member_ids):
        raise NoSuchMember
    for residence_id in {member.residence_id for member in gone.values()}:
        actor.require(*REGISTRARS, org_id=residence_id)
    if not gone:
        return

    for member in gone.values():
        session.expunge(member)
    for brought in (NameKey, Affiliation, PartyStanding, MemberGuardian, MemberConsent):
        table = table_of(brought)
        session.execute(delete(table).where(orgs.among(table.c.member_id, gone)))
    session.execute(delete(_members).where(orgs.among(_members.c.id, gone)))
    audit.record(
        session, actor, "members.unregistered", ("member", member_ids[0]), at=at,
        org_id=gone[member_ids[0]].residence_id, count=len(gone), last_id=member_ids[-1],
    )  # fmt: skip
