"""What people do with organisations: found them, one or a whole tree at once."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select, tuple_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from pointsbank.core import audit
from pointsbank.core.actor import Actor, Role
from pointsbank.core.database import table_of
from pointsbank.core.errors import Forbidden
from pointsbank.orgs import queries
from pointsbank.orgs.models import Organisation, OrganisationKind, OrganisationReach
from pointsbank.orgs.rules import (
    KINDS,
    CannotSitUnder,
    Kind,
    NameTaken,
    NewOrganisation,
    NoSuchKind,
    NoSuchOrganisation,
    OrganisationClosed,
    check_name,
    may_sit_under,
    waves,
)

FOUNDERS = (Role.SECRETARY, Role.ADMINISTRATOR)
_table = table_of(Organisation)


def lay_in_kinds(session: Session) -> dict[str, Kind]:
    """Give a bank without kinds of organisation those of ``rules.KINDS``; answer its kinds."""
    known = queries.kinds(session)
    if known:
        return known
    session.execute(
        insert(OrganisationKind),
        [{"code": k.code, "line": k.line, "level": k.level, "name": k.name} for k in KINDS],
    )
    return {kind.code: kind for kind in KINDS}


def found(
    session: Session,
    actor: Actor,
    *,
    parent_id: int | None,
    kind: str,
    name: str,
    on: date,
    at: datetime,
    region_code: str = "",
) -> Organisation:
    """Found one organisation. Refuses as ``found_many``."""
    row = NewOrganisation(kind, name, on, parent_id=parent_id, region_code=region_code)
    return queries.organisation(session, found_many(session, actor, [row], at=at)[0])


def found_many(
    session: Session, actor: Actor, rows: Sequence[NewOrganisation], *, at: datetime
) -> list[int]:
    """Found organisations, parents before children, all or none; ids in the order of the rows.

    Refuses: NoSuchKind, NoSuchOrganisation (a parent), Forbidden (secretary or administrator of
    each parent; the system alone founds a root), NameEmpty, CannotSitUnder, OrganisationClosed,
    NameTaken.
    """
    kinds = lay_in_kinds(session)
    for row in rows:
        if row.kind not in kinds:
            raise NoSuchKind(kind=row.kind)
    parents = queries.organisations(session, (r.parent_id for r in rows if r.parent_id is not None))
    for row in rows:
        if row.parent_id is not None and row.parent_id not in parents:
            raise NoSuchOrganisation
    for row in rows:
        if row.parent_row is None:
            _check_may_found(actor, row)
    names = [check_name(row.name) for row in rows]
    for row in rows:
        _check_place(row, rows, parents, kinds)
    _check_names_free(session, rows, names)

    ids = [0] * len(rows)
    for wave in waves(rows):
        values = [_values(rows[i], names[i], kinds, ids) for i in wave]
        for i, org_id in zip(wave, _insert_wave(session, values), strict=True):
            ids[i] = org_id
    if ids:
        audit.record(
            session, actor, "orgs.found", ("organisation", ids[0]), at=at,
            org_id=ids[0], kind=rows[0].kind, on=rows[0].on, count=len(rows),
        )  # fmt: skip
    return ids


def _values(
    row: NewOrganisation, name: str, kinds: dict[str, Kind], ids: Sequence[int]
) -> dict[str, Any]:
    return {
        "parent_id": row.parent_id if row.parent_row is None else ids[row.parent_row],
        "line": kinds[row.kind].line,
        "kind": row.kind,
        "name": name,
        "region_code": row.region_code,
        "opened_on": row.on,
    }


def _check_may_found(actor: Actor, row: NewOrganisation) -> None:
    if row.parent_id is not None:
        actor.require(*FOUNDERS, org_id=row.parent_id)
    elif actor.kind != "system":
        raise Forbidden


def _check_place(
    row: NewOrganisation,
    rows: Sequence[NewOrganisation],
    parents: dict[int, Organisation],
    kinds: dict[str, Kind],
) -> None:
    if row.parent_row is not None:
        parent_kind = kinds[rows[row.parent_row].kind]
    elif row.parent_id is not None:
        parent_kind = kinds[parents[row.parent_id].kind]
    else:
        return
    if not may_sit_under(kinds[row.kind], parent_kind):
        raise CannotSitUnder(kind=kinds[row.kind].name, parent_kind=parent_kind.name)
    closed_on = parents[row.parent_id].closed_on if row.parent_id is not None else None
    if closed_on is not None and closed_on < row.on:
        raise OrganisationClosed(closed_on=closed_on)


def _check_names_free(
    session: Session, rows: Sequence[NewOrganisation], names: Sequence[str]
) -> None:
    """No two open organisations of one kind and name under one parent."""
    seen = set()
    for row, name in zip(rows, names, strict=True):
        place = (row.parent_id, row.parent_row, row.kind, name)
        if place in seen:
            raise NameTaken(name=name)
        seen.add(place)
    wanted = [(p, k, n) for p, by_row, k, n in seen if by_row is None and p is not None]
    place_columns = (col(Organisation.parent_id), col(Organisation.kind), col(Organisation.name))
    taken = session.execute(
        select(col(Organisation.name)).where(
            tuple_(*place_columns).in_(wanted), col(Organisation.closed_on).is_(None)
        )
    ).first()
    if taken is not None:
        raise NameTaken(name=taken.name)


def _insert_wave(session: Session, values: list[dict[str, Any]]) -> list[int]:
    """Insert organisations whose parents exist, and their rows in the closure."""
    returning = insert(_table).returning(_table.c.id, sort_by_parameter_order=True)
    founded = list(session.connection().execute(returning, values).scalars())
    itself = [{"ancestor_id": o, "organisation_id": o, "depth": 0} for o in founded]
    session.connection().execute(insert(OrganisationReach), itself)
    parents_ancestors: Any = aliased(OrganisationReach)
    above = (
        select(parents_ancestors.ancestor_id, col(Organisation.id), parents_ancestors.depth + 1)
        .join(Organisation, col(Organisation.parent_id) == parents_ancestors.organisation_id)
        .where(queries.among(Organisation.id, founded))
    )
    columns = ["ancestor_id", "organisation_id", "depth"]
    session.execute(insert(OrganisationReach).from_select(columns, above))
    return founded
