"""The year of an organisation's people: counted from the book, or as it was sealed."""

import importlib
from array import array
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib.util import find_spec
from types import ModuleType
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, case, func, select
from sqlmodel import Session, col

from pointsbank.core.actor import Actor, Role
from pointsbank.core.courtesy import giving_way
from pointsbank.core.database import table_of
from pointsbank.core.resources import features
from pointsbank.earning.rules import DEED_CATEGORIES
from pointsbank.evaluation.models import EvaluationRuleVersion, SealedRow, SealedYear
from pointsbank.evaluation.people import people_of, place_of, status_of
from pointsbank.evaluation.rules import (
    NO_SEAL_BEFORE,
    Column,
    EvaluationRule,
    NoSuchEvaluation,
    PointsUnit,
    SealedFigures,
    columns_of_book,
    columns_of_total,
    in_order,
    relation_of,
    seal_digest,
)
from pointsbank.evaluation.totals import totals_by_member
from pointsbank.ledger.models import Unit
from pointsbank.local_rules import queries as local_rules
from pointsbank.members import queries as members
from pointsbank.members.models import Member
from pointsbank.members.rules import Relation
from pointsbank.orgs import queries as orgs
from pointsbank.orgs.models import Organisation, OrganisationKind
from pointsbank.orgs.rules import Line

READERS = (Role.SECRETARY, Role.OFFICIAL)
_LISTED = (Line.PARTY, Line.TERRITORY, Line.TEAM, Line.EMPLOYER, Line.PARTNER)


@dataclass(frozen=True, slots=True)
class Person:
    """One line of the sheet. Name and number are those of today, empty once they were erased."""

    position: int
    number: str
    name: str
    line: SealedFigures


@dataclass(frozen=True, slots=True)
class Seal:
    """What a sealed year shows of itself; ``digest`` in hexadecimal."""

    id: int
    org_id: int
    year: int
    sealed_at: datetime
    rows_count: int
    digest: str


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A year of an organisation's people, in the order of their numbers; no seal while open.

    ``seal_holds``: whether the sealed rows still give the seal's digest.
    """

    org_id: int
    org_name: str
    year: int
    relation: Relation
    columns: tuple[Column, ...]
    people: tuple[Person, ...]
    seal: Seal | None
    seal_holds: bool = True

    @property
    def sums(self) -> list[int | None]:
        """One sum a column, None where a sum means nothing."""
        figures = [person.line.figures for person in self.people]
        return [
            sum(line[place] for line in figures) if column.summed else None
            for place, column in enumerate(self.columns)
        ]


@giving_way()
def evaluation(session: Session, actor: Actor, *, org_id: int, year: int) -> Evaluation:
    """The year's evaluation: the sealed rows where it is sealed, else what the book says now.

    Refuses: NoSuchEvaluation, also for an organisation outside the actor's reach.
    """
    org = organisation_in_reach(session, actor, org_id)
    sealed = sealed_year(session, org_id, year)
    return as_sealed(session, org, sealed) if sealed else counted(session, org, year)


def page_of(people: Sequence[Person], page: int, most: int) -> tuple[Sequence[Person], int]:
    """One page of so many people, the first being 1, and how many pages there are."""
    return people[(page - 1) * most : page * most], max(1, -(-len(people) // most))


def ordered(found: Evaluation, sort: str) -> Sequence[Person]:
    """The people by a column, downwards after a hyphen; among equals by their numbers."""
    names = [column.name for column in found.columns]
    name = sort.removeprefix("-")
    if name not in names:
        return found.people
    place = names.index(name)
    sign = -1 if sort.startswith("-") else 1
    return sorted(found.people, key=lambda person: sign * person.line.figures[place])


def organisation_in_reach(session: Session, actor: Actor, org_id: int) -> Organisation:
    """An organisation whose people this actor may look at. Refuses: NoSuchEvaluation."""
    org = session.get(Organisation, org_id)
    if org is None or not actor.may(*READERS, org_id=org_id):
        raise NoSuchEvaluation
    return org


def counted(session: Session, org: Organisation, year: int) -> Evaluation:
    """The evaluation as of now, sealed or not: a constant number of statements."""
    relation = relation_of(org.line)
    scope = people_of(relation, org.id, year)
    found = session.execute(
        select(
            col(Member.id),
            col(Member.number),
            col(Member.name),
            place_of(Relation.RESIDENCE, year).label("residence_id"),
            place_of(Relation.BRANCH, year).label("branch_id"),
            place_of(Relation.EMPLOYER, year).label("employer_id"),
            status_of(year).label("party_status"),
        )
        .where(col(Member.id).in_(scope))
        .order_by(col(Member.number))
    ).all()
    columns, figures = _figures(session, scope, year, [row.id for row in found])
    people = tuple(
        Person(
            position,
            row.number,
            row.name,
            SealedFigures(
                row.id,
                row.residence_id,
                row.branch_id,
                row.employer_id,
                str(row.party_status),
                line,
            ),
        )
        for position, (row, line) in enumerate(zip(found, figures, strict=True))
    )
    return Evaluation(org.id, org.name, year, relation, columns, people, None)


def _figures(
    session: Session, scope: Select[int], year: int, member_ids: Sequence[int]
) -> tuple[tuple[Column, ...], Iterable[tuple[int, ...]]]:
    """The columns of a year and, for each member in order, her figures in them."""
    places = {member_id: place for place, member_id in enumerate(member_ids)}
    runs = [(scope, places)]
    joined = members.merged_into(session, scope)
    if joined:  # what was entered under a record merged into another is that one's
        merged = select(col(Member.id)).where(orgs.among(Member.id, joined))
        of_kept = {record: places[kept] for record, kept in joined.items() if kept in places}
        runs.append((merged, of_kept))
    zeros = bytes(8 * len(member_ids))
    tallies: defaultdict[str, array[int]] = defaultdict(lambda: array("q", zeros))
    for people, places_of in runs:
        for total in totals_by_member(session, scope=people, year=year):
            if total.whose not in places_of:
                continue  # registered since the statement before: READ COMMITTED sees her
            for name, sign in columns_of_total(total.unit, total.kind, total.category):
                tallies[name][places_of[total.whose]] += sign * total.net
    book = columns_of_book(points_units(session), tallies, DEED_CATEGORIES)
    own = {column.name for column in book}
    contributed = []
    for source in _figure_sources():
        contributed += [
            Column(f.name, f.label, f.unit) for f in source.FIGURES if f.name not in own
        ]
        for people, places_of in runs:
            for member_id, name, figure in source.member_figures(session, year=year, scope=people):
                if name not in own and member_id in places_of:
                    tallies[name][places_of[member_id]] += figure
    columns = in_order(book, contributed)
    return columns, zip(*(tallies[column.name] for column in columns), strict=True)


@cache
def _figure_sources() -> list[ModuleType]:
    """Every feature's ``figures.py``, found by its file name."""
    names = [f"pointsbank.{feature}.figures" for feature in features() if feature != "core"]
    return [importlib.import_module(name) for name in names if find_spec(name)]


def points_units(session: Session) -> list[PointsUnit]:
    found = session.execute(
        select(col(Unit.code), col(Unit.name)).where(col(Unit.spendable)).order_by(col(Unit.id))
    )
    return [PointsUnit(code, name) for code, name in found]


def sealed_year(session: Session, org_id: int, year: int) -> SealedYear | None:
    found = select(SealedYear).where(col(SealedYear.org_id) == org_id, col(SealedYear.year) == year)
    return session.execute(found).scalar_one_or_none()


def sealed_by_key(session: Session, key: str) -> SealedYear | None:
    return session.execute(
        select(SealedYear).where(col(SealedYear.key) == key)
    ).scalar_one_or_none()


def last_digest(session: Session, org_id: int) -> bytes:
    """The digest of the organisation's latest seal, of whatever year; zeros before its first."""
    found = (
        select(col(SealedYear.digest))
        .where(col(SealedYear.org_id) == org_id)
        .order_by(col(SealedYear.id).desc())
        .limit(1)
    )
    return session.execute(found).scalar() or NO_SEAL_BEFORE


def as_sealed(session: Session, org: Organisation, sealed: SealedYear) -> Evaluation:
    """The evaluation from its sealed rows; names and numbers are joined as they are today."""
    found = session.execute(
        select(table_of(SealedRow), col(Member.number), col(Member.name))
        .outerjoin(Member, col(Member.id) == col(SealedRow.member_id))
        .where(col(SealedRow.sealed_year_id) == sealed.id)
        .order_by(col(SealedRow.position))
    )
    people = tuple(
        Person(row.position, row.number or "", row.name or "", _line(row)) for row in found
    )
    columns = tuple(Column(*column) for column in sealed.columns)
    relation = Relation(sealed.relation)
    holds = sealed.digest == seal_digest(
        org_id=sealed.org_id,
        year=sealed.year,
        sealed_at=sealed.sealed_at,
        sealed_by=sealed.sealed_by,
        previous=sealed.previous_digest,
        columns=columns,
        rows=(person.line for person in people),
    )
    return Evaluation(
        org.id, org.name, sealed.year, relation, columns, people, seal_of(sealed), holds
    )


def seal_of(sealed: SealedYear) -> Seal:
    return Seal(
        sealed.id,
        sealed.org_id,
        sealed.year,
        sealed.sealed_at,
        sealed.rows_count,
        sealed.digest.hex(),
    )


def _line(row: Row[Any]) -> SealedFigures:
    return SealedFigures(
        row.member_id,
        row.residence_id,
        row.branch_id,
        row.employer_id,
        row.party_status,
        tuple(row.figures),
    )


def rule_in_force(session: Session, org_id: int, on: date) -> EvaluationRule:
    """The nearest organisation's rule above (itself first) in force on a day, else the default."""
    row = local_rules.rule_in_force(session, EvaluationRuleVersion, org_id, on)
    return row.frozen() if row else EvaluationRule()


def listed(
    session: Session, actor: Actor, *, q: str, page: int, most: int
) -> tuple[list[Organisation], int]:
    """A page of the organisations in reach whose name has ``q`` in it, and how many pages.

    Party organisations come first, then areas from high to low, teams and employers; closed ones
    stay, for their past years.
    """
    held = {grant.org_id for grant in actor.grants if grant.role in READERS}
    wanted: list[ColumnElement[bool]] = [col(Organisation.id).in_(orgs.ids_below(held))]
    if q:
        wanted.append(col(Organisation.name).contains(q, autoescape=True))
    count = session.execute(select(func.count()).select_from(Organisation).where(*wanted)).scalar()
    found = session.execute(
        select(Organisation)
        .join(OrganisationKind, col(OrganisationKind.code) == col(Organisation.kind))
        .where(*wanted)
        .order_by(
            case({line: place for place, line in enumerate(_LISTED)}, value=col(Organisation.line)),
            col(OrganisationKind.level),
            col(Organisation.id),
        )
        .limit(most)
        .offset((page - 1) * most)
    )
    return list(found.scalars()), max(1, -(-(count or 0) // most))


def seals_of(session: Session, org_ids: Sequence[int]) -> dict[tuple[int, int], Seal]:
    """What is sealed of these organisations, by organisation and year."""
    found = select(SealedYear).where(col(SealedYear.org_id).in_(org_ids))
    return {
        (sealed.org_id, sealed.year): seal_of(sealed) for sealed in session.execute(found).scalars()
    }
