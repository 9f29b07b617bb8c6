"""Where a person stands in what was brought in and not registered: workbooks, applications."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import delete, select
from sqlmodel import Session, col

from pointsbank.core.encryption import unseal
from pointsbank.enrolment import matching
from pointsbank.enrolment.applicants import applicant_opened
from pointsbank.enrolment.chunks import opened, sealed
from pointsbank.enrolment.models import Application, ImportChunk
from pointsbank.enrolment.rows import day_of
from pointsbank.enrolment.rules import ApplicationState
from pointsbank.members.models import Member
from pointsbank.members.rules import folded_digits
from pointsbank.orgs.queries import among


@dataclass(frozen=True, slots=True)
class Trace:
    """What tells a person in somebody's file: her name, her numbers, her birth date."""

    name: str
    numbers: frozenset[str]
    birth_on: date | None

    def row_without_her(self, row: Sequence[str]) -> list[str] | None:
        """The row as it may stay, empty where it is hers; none where it says nothing of her.

        It is hers by her name beside a number or birth date of hers; in another's row (her child's,
        whose guardian she is) only her numbers go.
        """
        cells = [_folded(cell) for cell in row]
        here = [cell in self.numbers for cell in cells]
        if self.name in cells and (any(here) or self._birth_in(row)):
            return []
        if not any(here):
            return None
        return ["" if is_hers else cell for cell, is_hers in zip(row, here, strict=True)]

    def _birth_in(self, row: Sequence[str]) -> bool:
        days = (day_of(unicodedata.normalize("NFKC", cell).strip())[0] for cell in row)
        return self.birth_on is not None and self.birth_on in days

    def is_of(self, application: Application) -> bool:
        """Whether she wrote this application, that nobody has decided."""
        if application.content_sealed is None:
            return False
        person = applicant_opened(application.content_sealed)
        number = person.document.number if person.document else ""
        return number in self.numbers or (
            _folded(person.name) == self.name
            and (person.phone in self.numbers or person.birth_on == self.birth_on is not None)
        )


def trace_of(member: Member) -> Trace:
    """Of a member who is not erased yet."""
    held = (member.phone_sealed, member.document_sealed)
    numbers = frozenset(_folded(unseal(number)) for number in held if number)
    return Trace(_folded(member.name), numbers, member.birth_on)


def remove(session: Session, member: Member) -> None:
    """Take a person out of all that was uploaded and has not gone by its term, whether or not it
    registered her, and her undecided applications.

    Every chunk of rows that is kept is opened: about 15 ms for a thousand rows.
    """
    trace = trace_of(member)
    chunks = select(ImportChunk).where(col(ImportChunk.rows_sealed).is_not(None))
    for chunk in session.execute(chunks.execution_options(yield_per=10)).scalars():
        _remove_from(chunk, trace, member)
        session.add(chunk)
    session.flush()
    pending = select(Application).where(col(Application.state) == ApplicationState.PENDING)
    hers = [one.id for one in session.execute(pending).scalars() if trace.is_of(one)]
    session.execute(delete(Application).where(among(Application.id, hers)))


def _remove_from(chunk: ImportChunk, trace: Trace, member: Member) -> None:
    rows = opened(chunk.rows_sealed or b"")
    without = [trace.row_without_her(row) for row in rows]
    if any(row is not None for row in without):
        kept = [old if new is None else new for old, new in zip(rows, without, strict=True)]
        chunk.rows_sealed = sealed(kept)
    chunk.keys = matching.forgotten(chunk.keys, member)


def _folded(text: str) -> str:
    """Letters and digits as they were meant: half width, capitals, no blanks or hyphens."""
    return folded_digits(unicodedata.normalize("NFKC", text)).upper()
