"""Whom the register, or the workbook itself, already has: found by document, phone, or name with
birth date.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import select
from sqlmodel import Session, col

from pointsbank.core.encryption import digest
from pointsbank.enrolment.rows import Row
from pointsbank.enrolment.rules import Finding, Judgement, Trouble, Verdict
from pointsbank.members import queries as members
from pointsbank.members.models import Member
from pointsbank.orgs import queries as orgs
from pointsbank.orgs.rules import COMMUNITY

_SHORT = 16  # of a digest: enough to tell a million people apart
_REMEMBERED = struct.Struct(f">{_SHORT}s{_SHORT}s{_SHORT}s8sq?i")


@dataclass(frozen=True, slots=True)
class Person:
    """What is asked of somebody in the register, or (with ``row``) earlier in the workbook."""

    name: bytes
    community_id: int
    has_document: bool
    has_left: bool = False
    row: int = 0


@dataclass(frozen=True, slots=True)
class Keys:
    """What a row is found by: keyed digests, empty where it says nothing."""

    name: bytes
    document: bytes
    phone: bytes
    birth: bytes  # of name and birth date


@dataclass(slots=True)
class Known:
    """People by what they are found by."""

    by_document: dict[bytes, Person] = field(default_factory=dict)
    by_phone: dict[bytes, Person] = field(default_factory=dict)
    by_birth: dict[bytes, list[Person]] = field(default_factory=dict)

    def add(self, keys: Keys, person: Person) -> None:
        if keys.document:
            self.by_document.setdefault(keys.document[:_SHORT], person)
        if keys.phone:
            self.by_phone.setdefault(keys.phone[:_SHORT], person)
        if keys.birth:
            self.by_birth.setdefault(keys.birth[:_SHORT], []).append(person)

    def remember(self, packed: bytes) -> None:
        """Add the rows of an earlier chunk."""
        for (
            document,
            phone,
            birth,
            name,
            community_id,
            has_document,
            row,
        ) in _REMEMBERED.iter_unpack(packed):
            keys = Keys(name, *(key if any(key) else b"" for key in (document, phone, birth)))
            self.add(keys, Person(name, community_id, has_document, row=row))


def remembered(known: Known, row: Row, keys: Keys, number: int) -> bytes:
    """Add a row that is to be registered to those known, and what a later chunk remembers of it."""
    person = Person(keys.name, row.community_id, row.member.document is not None, row=number)
    known.add(keys, person)
    return _REMEMBERED.pack(
        keys.document[:_SHORT], keys.phone[:_SHORT], keys.birth[:_SHORT], person.name,
        person.community_id, person.has_document, person.row,
    )  # fmt: skip


def forgotten(packed: bytes, member: Member) -> bytes:
    """What a chunk remembers, without the rows that this person is found by."""
    born = _birth_key(member.name, member.birth_on) if member.birth_on else None
    hers = {
        key[:_SHORT] for key in (member.document_digest, member.phone_digest, born) if key
    }  # fmt: skip
    return b"".join(
        _REMEMBERED.pack(*row)
        for row in _REMEMBERED.iter_unpack(packed)
        if hers.isdisjoint(row[:3])
    )


def keys_of(row: Row) -> Keys:
    new = row.member
    return Keys(
        _name_key(new.name),
        members.document_digest(new.document) if new.document else b"",
        members.phone_digest(new.phone) if new.phone else b"",
        _birth_key(new.name, new.birth_on) if new.birth_on else b"",
    )


def _name_key(name: str) -> bytes:
    return digest(name, "name")[:8]


def _birth_key(name: str, day: date) -> bytes:
    return digest(f"{name}:{day.isoformat()}", "name and birth")


def registered(session: Session, rows: Sequence[tuple[Row, Keys]]) -> Known:
    """Who in the register has a document, a phone, or a name with birth date of these rows."""
    wanted = select(
        col(Member.name), col(Member.birth_on), col(Member.residence_id), col(Member.left_on),
        col(Member.document_digest), col(Member.phone_digest),
    )  # fmt: skip
    asked = (
        (Member.document_digest, {keys.document for _, keys in rows if keys.document}),
        (Member.phone_digest, {keys.phone for _, keys in rows if keys.phone}),
        (Member.name, {row.member.name for row, _ in rows if row.member.birth_on}),
    )
    found = [
        row
        for column, values in asked
        if values
        for row in session.execute(wanted.where(col(column).in_(values)))
    ]
    lines = orgs.ancestors_of(session, {row.residence_id for row in found})
    communities = {
        residence_id: next((place.id for place in line if place.kind == COMMUNITY), 0)
        for residence_id, line in lines.items()
    }
    known = Known()
    for row in found:
        name = _name_key(row.name)
        known.add(
            Keys(
                name,
                row.document_digest or b"",
                row.phone_digest or b"",
                _birth_key(row.name, row.birth_on) if row.birth_on else b"",
            ),
            Person(
                name,
                communities[row.residence_id],
                row.document_digest is not None,
                row.left_on is not None,
            ),
        )
    return known


def judged(row: Row, keys: Keys, known: Known) -> Judgement:
    """What becomes of a row, by what it says and by who is known already.

    In the order of certainty: a document, a phone, a name with birth date in one community.
    """
    if row.problems:
        return Judgement(Verdict.BAD, (*row.problems, *row.doubts))
    same = known.by_document.get(keys.document[:_SHORT])
    if same is not None:
        return _same(row, keys, same, by_phone=False)
    same = known.by_phone.get(keys.phone[:_SHORT])
    if same is not None:
        return _same(row, keys, same, by_phone=True)
    doubts = list(row.doubts)
    for person in known.by_birth.get(keys.birth[:_SHORT], ()):
        both_have_documents = person.has_document and bool(keys.document)
        if person.community_id != row.community_id:
            doubts.append(Finding(Trouble.LIVES_ELSEWHERE))
        elif not both_have_documents:
            return _same(row, keys, person, by_phone=False)
        else:
            doubts.append(Finding(Trouble.SAME_NAME_AND_BIRTH))
    unique = tuple({doubt.trouble: doubt for doubt in doubts}.values())
    return Judgement(Verdict.DOUBTFUL if unique else Verdict.NEW, unique)


def _same(row: Row, keys: Keys, person: Person, *, by_phone: bool) -> Judgement:
    """Of a row whose document or phone somebody has: herself, or somebody else."""
    bad: Finding | None = None
    if person.name != keys.name:
        bad = _of_another(person, by_phone=by_phone)
    elif person.has_left:
        bad = Finding(Trouble.HAS_LEFT)
    elif by_phone and person.has_document and row.member.document:
        bad = Finding(Trouble.DOCUMENT_DIFFERS)
    if bad is not None:
        return Judgement(Verdict.BAD, (bad,))
    if person.row:
        return Judgement(Verdict.KNOWN, (Finding(Trouble.SAME_AS_ROW, {"row": person.row}),))
    return Judgement(Verdict.KNOWN, (Finding(Trouble.REGISTERED),))


def _of_another(person: Person, *, by_phone: bool) -> Finding:
    if not by_phone:
        return Finding(Trouble.DOCUMENT_OF_ANOTHER)
    if person.row:
        return Finding(Trouble.SAME_PHONE_IN_ROW, {"row": person.row})
    return Finding(Trouble.PHONE_OF_ANOTHER)
