"""What people look up about organisations: roll-ups at any depth are one query."""

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, select
from sqlmodel import Session, col

from pointsbank.core.actor import Actor, Role
from pointsbank.orgs.models import Organisation, OrganisationKind, OrganisationReach
from pointsbank.orgs.rules import Kind, NoSuchOrganisation


def among(column: Any, ids: Iterable[int]) -> ColumnElement[bool]:
    """Whether a column of ids holds one of these. Written into the statement, so that a city's
    worth of ids does not run into the databases' limits of bound values."""
    values = sorted(set(ids))
    return col(column).in_(bindparam(None, values, expanding=True, literal_execute=True))


def kinds(session: Session) -> dict[str, Kind]:
    """Every kind of organisation by its code."""
    rows = session.execute(select(OrganisationKind)).scalars()
    return {row.code: Kind(row.code, row.line, row.level, row.name) for row in rows}


def organisation(session: Session, org_id: int) -> Organisation:
    """The organisation, or ``NoSuchOrganisation``."""
    found = session.get(Organisation, org_id)
    if found is None:
        raise NoSuchOrganisation
    return found


def organisations(session: Session, org_ids: Iterable[int]) -> dict[int, Organisation]:
    """Those of the organisations that exist, by id."""
    wanted = select(Organisation).where(among(Organisation.id, org_ids))
    return {org.id: org for org in session.execute(wanted).scalars()}


def below(session: Session, org_ids: Collection[int]) -> dict[int, frozenset[int]]:
    """For each organisation the ids of itself and everything below it."""
    reach: dict[int, set[int]] = {org_id: set() for org_id in org_ids}
    pairs = select(
        col(OrganisationReach.ancestor_id), col(OrganisationReach.organisation_id)
    ).where(among(OrganisationReach.ancestor_id, reach))
    for ancestor_id, organisation_id in session.execute(pairs):
        reach[ancestor_id].add(organisation_id)
    return {org_id: frozenset(ids) for org_id, ids in reach.items()}


def ids_below(org_ids: Iterable[int]) -> Select[int]:
    """These organisations and everything below: for ``column.in_(ids_below(…))``."""
    return select(col(OrganisationReach.organisation_id)).where(
        among(OrganisationReach.ancestor_id, org_ids)
    )


def ancestors(session: Session, org_id: int) -> list[Organisation]:
    """The organisation itself, then its parent, and so on to the root."""
    return ancestors_of(session, [org_id])[org_id]


def ancestors_of(session: Session, org_ids: Iterable[int]) -> dict[int, list[Organisation]]:
    """For each organisation itself and its ancestors, nearest first."""
    wanted = set(org_ids)
    lines: dict[int, list[Organisation]] = {org_id: [] for org_id in wanted}
    rows = session.execute(
        select(col(OrganisationReach.organisation_id), Organisation)
        .join(Organisation, col(Organisation.id) == col(OrganisationReach.ancestor_id))
        .where(among(OrganisationReach.organisation_id, wanted))
        .order_by(col(OrganisationReach.organisation_id), col(OrganisationReach.depth))
    )
    for organisation_id, above in rows:
        lines[organisation_id].append(above)
    return lines


def children(session: Session, org_id: int) -> list[Organisation]:
    """The organisations directly under this one, in the order of founding."""
    wanted = (
        select(Organisation)
        .where(col(Organisation.parent_id) == org_id)
        .order_by(col(Organisation.id))
    )
    return list(session.execute(wanted).scalars())


def of_kind(session: Session, kind: str, under: Iterable[int]) -> list[Organisation]:
    """The organisations of one kind below (or among) these, in the order of founding."""
    wanted = (
        select(Organisation)
        .where(col(Organisation.kind) == kind, col(Organisation.id).in_(ids_below(under)))
        .order_by(col(Organisation.id))
    )
    return list(session.execute(wanted).scalars())


def reached_by(session: Session, actor: Actor, org_id: int) -> Organisation:
    """The organisation, for one who holds any role there; else ``NoSuchOrganisation``."""
    if org_id not in actor.reach(*Role):
        raise NoSuchOrganisation
    return organisation(session, org_id)


def page_of_reach(
    session: Session,
    actor: Actor,
    *,
    after: int,
    most: int,
    parent_id: int | None = None,
    kind: str | None = None,
) -> list[Organisation]:
    """The organisations in which this actor holds a role, by id from ``after`` on."""
    reach = ids_below(grant.org_id for grant in actor.grants)
    wanted = select(Organisation).where(col(Organisation.id).in_(reach))
    if parent_id is not None:
        wanted = wanted.where(col(Organisation.parent_id) == parent_id)
    if kind is not None:
        wanted = wanted.where(col(Organisation.kind) == kind)
    wanted = wanted.where(col(Organisation.id) > after).order_by(col(Organisation.id)).limit(most)
    return list(session.execute(wanted).scalars())
