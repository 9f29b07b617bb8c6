"""What people look up about organisations: roll-ups at any depth, of any day, are one query."""

from collections import Counter
from collections.abc import Collection, Iterable
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, func, or_, select, union_all
from sqlmodel import Session, col

from pointsbank.core.actor import Actor, Role
from pointsbank.core.encryption import unseal
from pointsbank.orgs.models import (
    FormerName,
    FormerReach,
    Organisation,
    OrganisationChange,
    OrganisationKind,
    OrganisationReach,
)
from pointsbank.orgs.rules import Kind, NoSuchOrganisation


def among(column: Any, ids: Iterable[int]) -> ColumnElement[bool]:
    """Whether a column of ids holds one of these. Written into the statement, so that a city's
    worth of ids does not run into the databases' limits of bound values."""
    values = sorted(set(ids))
    return col(column).in_(bindparam(None, values, expanding=True, literal_execute=True))


def home_kinds(session: Session) -> frozenset[str]:
    """The codes of the kinds in which a member may reside, a town's own included."""
    return frozenset(code for code, kind in kinds(session).items() if kind.is_home)


def hold_tree(session: Session) -> None:
    """Until the transaction ends no organisation is moved, merged, split or closed: for who is
    about to belong to one, or to belong to it no more. It comes before every other lock.
    """
    if session.get_bind().dialect.name == "postgresql":  # SQLite has one writer
        roots = select(col(Organisation.id)).where(col(Organisation.parent_id).is_(None))
        session.execute(roots.order_by(col(Organisation.id)).with_for_update(read=True)).all()


def kinds(session: Session) -> dict[str, Kind]:
    """Every kind of organisation by its code, line by line from high to low."""
    rows = session.execute(
        select(OrganisationKind).order_by(
            col(OrganisationKind.line), col(OrganisationKind.level), col(OrganisationKind.code)
        )
    ).scalars()
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


def _pairs(where: Any, on: date | None) -> Select[int, int]:
    """Ancestor and organisation as they stand today, or stood at the end of a day.

    ``where`` gives the condition on whichever of the two tables is asked.
    """
    today = select(
        col(OrganisationReach.ancestor_id), col(OrganisationReach.organisation_id)
    ).where(where(OrganisationReach))
    if on is None:
        return today
    former = select(col(FormerReach.ancestor_id), col(FormerReach.organisation_id)).where(
        where(FormerReach), col(FormerReach.from_on) <= on, col(FormerReach.until_on) >= on
    )
    both = union_all(today.where(col(OrganisationReach.from_on) <= on), former).subquery("reach")
    return select(both.c.ancestor_id, both.c.organisation_id)


def below(
    session: Session, org_ids: Collection[int], on: date | None = None
) -> dict[int, frozenset[int]]:
    """For each organisation the ids of itself and everything below it, today or on a day."""
    reach: dict[int, set[int]] = {org_id: set() for org_id in org_ids}
    pairs = _pairs(lambda table: among(table.ancestor_id, reach), on)
    for ancestor_id, organisation_id in session.execute(pairs):
        reach[ancestor_id].add(organisation_id)
    return {org_id: frozenset(ids) for org_id, ids in reach.items()}


def ids_below(org_ids: Iterable[int], on: date | None = None) -> Select[int]:
    """These organisations and everything below, today or on a day: for ``column.in_(…)``."""
    wanted = list(org_ids)
    pairs = _pairs(lambda table: among(table.ancestor_id, wanted), on)
    return pairs.with_only_columns(pairs.selected_columns.organisation_id)


def ancestors(session: Session, org_id: int, on: date | None = None) -> list[Organisation]:
    """The organisation itself, then its parent, and so on to the root, today or on a day."""
    return ancestors_of(session, [org_id], on)[org_id]


def ancestors_of(
    session: Session, org_ids: Iterable[int], on: date | None = None
) -> dict[int, list[Organisation]]:
    """For each organisation itself and its ancestors, nearest first."""
    wanted = set(org_ids)
    lines: dict[int, list[Organisation]] = {org_id: [] for org_id in wanted}
    pairs = _lines(wanted, on).subquery("line")
    rows = session.execute(
        select(pairs.c.organisation_id, Organisation)
        .join(Organisation, col(Organisation.id) == pairs.c.ancestor_id)
        .order_by(pairs.c.organisation_id, pairs.c.depth)
    )
    for organisation_id, above in rows:
        lines[organisation_id].append(above)
    return lines


def _lines(org_ids: Collection[int], on: date | None) -> Any:
    reach, former = OrganisationReach, FormerReach
    today = select(col(reach.ancestor_id), col(reach.organisation_id), col(reach.depth)).where(
        among(reach.organisation_id, org_ids)
    )
    if on is None:
        return today
    before = select(col(former.ancestor_id), col(former.organisation_id), col(former.depth)).where(
        among(former.organisation_id, org_ids),
        col(former.from_on) <= on,
        col(former.until_on) >= on,
    )
    return union_all(today.where(col(reach.from_on) <= on), before)


def children(session: Session, org_id: int, on: date | None = None) -> list[Organisation]:
    """The organisations directly under this one, today or on a day, in the order of founding."""
    wanted = select(Organisation).order_by(col(Organisation.id))
    if on is None:
        wanted = wanted.where(col(Organisation.parent_id) == org_id)
    else:
        ids = _pairs(lambda t: (col(t.ancestor_id) == org_id) & (col(t.depth) == 1), on)
        wanted = wanted.where(
            col(Organisation.id).in_(ids.with_only_columns(ids.selected_columns.organisation_id))
        )
    return list(session.execute(wanted).scalars())


def names_on(session: Session, org_ids: Iterable[int], on: date) -> dict[int, str]:
    """What those of the organisations were called on a day that are called otherwise now."""
    found = session.execute(
        select(col(FormerName.organisation_id), col(FormerName.name)).where(
            among(FormerName.organisation_id, org_ids),
            col(FormerName.from_on) <= on,
            col(FormerName.until_on) >= on,
        )
    )
    return {row.organisation_id: row.name for row in found}


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


def changed_on(session: Session, org_ids: Collection[int]) -> date | None:
    """The last day on which one of these organisations, or one above it, moved, or something left
    it. A change of the tree dated earlier would have to rewrite what was written since; what was
    founded below, or came, may be younger."""
    left = select(func.max(col(FormerReach.until_on))).where(
        among(FormerReach.ancestor_id, org_ids)
    )
    last_on = session.execute(left).scalar()
    days = [_moved_on(session, org_ids), last_on + timedelta(days=1) if last_on else None]
    return max((day for day in days if day is not None), default=None)


def line_changed_on(session: Session, org_id: int) -> date | None:
    """The last day on which the organisation or one above it moved."""
    return _moved_on(session, [org_id])


def _moved_on(session: Session, org_ids: Collection[int]) -> date | None:
    reach = OrganisationReach
    return session.execute(
        select(func.max(col(reach.from_on)))
        .join(Organisation, col(Organisation.id) == col(reach.organisation_id))
        .where(among(reach.organisation_id, org_ids))
        .where(col(reach.from_on) > col(Organisation.opened_on))
    ).scalar()


def names_since(session: Session, org_ids: Iterable[int]) -> dict[int, date]:
    """From when on each of these organisations has its name."""
    known = organisations(session, org_ids)
    last = session.execute(
        select(col(FormerName.organisation_id), func.max(col(FormerName.until_on)))
        .where(among(FormerName.organisation_id, known))
        .group_by(col(FormerName.organisation_id))
    )
    since = {org_id: org.opened_on for org_id, org in known.items()}
    since.update({row[0]: row[1] + timedelta(days=1) for row in last})
    return since


def told_apart(rows: Iterable[Any]) -> list[tuple[int, str]]:
    """Ids and names of rows (id, name, name of the parent): of several of one name the parent tells
    which.
    """
    listed = [tuple(row) for row in rows]
    counted = Counter(name for _, name, _ in listed)
    return [
        (org_id, f"{name}（{parent}）" if counted[name] > 1 and parent else name)
        for org_id, name, parent in listed
    ]


def open_children(session: Session, org_id: int) -> list[Organisation]:
    return [child for child in children(session, org_id) if child.closed_on is None]


def open_below(session: Session, org_ids: Collection[int]) -> dict[int, int]:
    """How many organisations that are not closed lie below each of these, itself not counted."""
    found = session.execute(
        select(col(OrganisationReach.ancestor_id), func.count())
        .join(Organisation, col(Organisation.id) == col(OrganisationReach.organisation_id))
        .where(
            among(OrganisationReach.ancestor_id, org_ids),
            col(OrganisationReach.depth) > 0,
            col(Organisation.closed_on).is_(None),
        )
        .group_by(col(OrganisationReach.ancestor_id))
    )
    counted = {row[0]: row[1] for row in found}
    return {org_id: counted.get(org_id, 0) for org_id in org_ids}


def is_name_taken(
    session: Session, *, parent_id: int | None, kind: str, name: str, but: int | None = None
) -> bool:
    """Whether another open organisation of this kind under this parent is called so."""
    wanted = select(col(Organisation.id)).where(
        col(Organisation.parent_id) == parent_id,
        col(Organisation.kind) == kind,
        col(Organisation.name) == name,
        col(Organisation.closed_on).is_(None),
        col(Organisation.id) != (but or 0),
    )
    return session.execute(wanted.limit(1)).first() is not None


def contact_name(org: Organisation) -> str:
    return unseal(org.contact_name_sealed) if org.contact_name_sealed else ""


def contact_phone(org: Organisation) -> str:
    """In full: to be shown only masked, or by ``operations.show_contact``."""
    return unseal(org.contact_phone_sealed) if org.contact_phone_sealed else ""


def changes_of(session: Session, org_id: int, most: int = 100) -> list[OrganisationChange]:
    """What was done to an organisation, and what came to it or left it, the newest first."""
    change = OrganisationChange
    wanted = (
        select(change)
        .where(
            or_(
                col(change.organisation_id) == org_id,
                col(change.from_id) == org_id,
                col(change.to_id) == org_id,
            )
        )
        .order_by(col(change.effective_on).desc(), col(change.id).desc())
        .limit(most)
    )
    return list(session.execute(wanted).scalars())


def change_by_key(session: Session, key: str) -> OrganisationChange | None:
    wanted = select(OrganisationChange).where(col(OrganisationChange.key) == key)
    return session.execute(wanted).scalar_one_or_none()
