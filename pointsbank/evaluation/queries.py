"""The year of an organisation's people, counted or as sealed; what lies below an organisation."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from pointsbank.core.actor import Actor, Role
from pointsbank.core.database import Session
from pointsbank.evaluation.rules import Column, Relation

READERS = (Role.SECRETARY, Role.OFFICIAL)


@dataclass(frozen=True, slots=True)
class Person:
    """One line of the sheet: who, and one figure a column."""

    position: int
    member_id: int
    number: str
    name: str
    party_status: str
    figures: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Seal:
    id: int
    sealed_at: datetime
    digest: str
    rows_count: int


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A year of an organisation's ``count`` people. ``people`` can be gone through once."""

    org_id: int
    org_name: str
    year: int
    relation: Relation
    columns: tuple[Column, ...]
    count: int
    sums: tuple[int | None, ...]
    people: Iterator[Person]
    seal: Seal | None


def evaluation(session: Session, actor: Actor, *, org_id: int, year: int) -> Evaluation:
    """The year's evaluation, from the seal where there is one. Refuses: NoSuchEvaluation."""
    raise NotImplementedError
