"""What people do with organisations: found them, one or a list, name a kind.

What else becomes of them is in ``changes``, what is written down of them in ``describing``.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select, tuple_
from sqlmodel import Session, col

from pointsbank.core import audit
from pointsbank.core.actor import Actor, Role
from pointsbank.core.clock import local_day
from pointsbank.core.errors import Forbidden
from pointsbank.orgs import queries, reach
from pointsbank.orgs.changes import (
    answered,
    close,
    lock_tree,
    merge,
    move,
    rename,
    split,
    write_change,
)
from pointsbank.orgs.describing import CONTACT_READERS, KEEPERS, describe, show_contact
from pointsbank.orgs.models import Organisation, OrganisationKind
from pointsbank.orgs.plans import FOUNDERS
from pointsbank.orgs.rules import (
    KINDS,
    BeforeFounding,
    CannotSitUnder,
    DayToCome,
    Kind,
    KindTaken,
    Line,
    Listed,
    NameTaken,
    NewOrganisation,
    NoSuchKind,
    NoSuchOrganisation,
    Plan,
    Verb,
    check_kind,
    check_name,
    check_open,
    check_region_code,
    credit_code_doubtful,
    credit_code_written,
    may_sit_under,
    read_list,
    waves,
)

__all__ = [
    "CONTACT_READERS", "FOUNDERS", "KEEPERS", "add_kind", "close", "describe", "found",
    "found_list", "found_many", "lay_in_kinds", "merge", "move", "plan_found", "plan_list",
    "rename", "show_contact", "split",
]  # fmt: skip


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


def add_kind(
    session: Session, actor: Actor, *, code: str, line: Line, level: int, name: str, at: datetime
) -> Kind:
    """Name a kind of one's own; the same once more is an answer.

    Refuses: Forbidden (administrator of an organisation above which there is none), KindInvalid,
    NameEmpty, KindTaken.
    """
    if not any(actor.may(Role.ADMINISTRATOR, org_id=root) for root in lock_tree(session)):
        raise Forbidden
    wanted = Kind(code, line, level, check_kind(code, name))
    there = lay_in_kinds(session).get(code)
    if there == wanted:
        return there
    if there is not None:
        raise KindTaken(code=code, name=there.name)
    session.add(OrganisationKind(code=code, line=line, level=level, name=wanted.name))
    session.flush()
    audit.record(
        session, actor, "orgs.add_kind", ("organisation_kind", 0), at=at,
        code=code, line=line.value, level=level,
    )  # fmt: skip
    return wanted


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
    key: str | None = None,
) -> Organisation:
    """Found one organisation; the same key answers with it again.

    Refuses: KeyReused, then as ``found_many``.
    """
    lock_tree(session)
    asked = {
        "verb": Verb.FOUNDED, "parent_id": parent_id, "kind": kind, "name": name,
        "on": on.isoformat(), "region_code": region_code,
    }  # fmt: skip
    before = answered(session, actor, key, asked)
    if before is not None:
        return queries.organisation(session, before.organisation_id)
    row = NewOrganisation(kind, name, on, parent_id=parent_id, region_code=region_code)
    org = queries.organisation(session, found_many(session, actor, [row], at=at)[0])
    write_change(
        session, actor, Verb.FOUNDED, org.id, on=on, at=at, to_id=parent_id, name_after=org.name,
        key=key, asked=asked,
    )  # fmt: skip
    return org


def plan_found(
    session: Session,
    actor: Actor,
    *,
    org_id: int,
    kind: str,
    name: str,
    on: date,
    today: date,
    region_code: str = "",
) -> Plan:
    """What founding one below an organisation will do. Refuses as ``found_many``."""
    row = NewOrganisation(kind, name, on, parent_id=org_id, region_code=region_code)
    checked = _checked(session, actor, [row], queries.kinds(session), today=today)
    parent = queries.organisation(session, org_id)
    return Plan(
        Verb.FOUNDED, org_id, checked.kinds[kind].name, on,
        from_id=org_id, from_name=parent.name, to_name=checked.names[0],
    )  # fmt: skip


def found_many(
    session: Session, actor: Actor, rows: Sequence[NewOrganisation], *, at: datetime
) -> list[int]:
    """Found organisations, parents before children, all or none; ids in the order of the rows.

    Refuses: NoSuchKind, NoSuchOrganisation (a parent), Forbidden (secretary or administrator of
    each parent; the system alone founds a root), NameEmpty, RegionCodeInvalid, CannotSitUnder,
    OrganisationClosed, DayToCome, BeforeFounding (of the parent), NameTaken.
    """
    lock_tree(session)
    checked = _checked(session, actor, rows, lay_in_kinds(session), today=local_day(at))
    ids = [0] * len(rows)
    for wave in waves(rows):
        values = [_values(rows[i], i, checked, ids) for i in wave]
        for i, org_id in zip(wave, reach.place(session, values), strict=True):
            ids[i] = org_id
    if ids:
        audit.record(
            session, actor, "orgs.found", ("organisation", ids[0]), at=at,
            org_id=ids[0], kind=rows[0].kind, on=rows[0].on, count=len(rows),
        )  # fmt: skip
    return ids


@dataclass(frozen=True, slots=True)
class ListPlan:
    """What becomes of a list: founded anew, standing there already, named more than once."""

    fresh: list[Listed]
    standing: list[str]
    repeated: list[str]

    @property
    def doubtful(self) -> list[str]:
        """Of the new ones, those whose credit code fails its check; it is kept all the same."""
        return [one.name for one in self.fresh if credit_code_doubtful(one.credit_code)]


def plan_list(
    session: Session, actor: Actor, *, org_id: int, kind: str, names: str, on: date, today: date
) -> ListPlan:
    """What founding all of a list below an organisation will do; see ``read_list``.

    Refuses: ListEmpty, ListTooLong, ListLineInvalid, NoSuchOrganisation, Forbidden, then as
    ``found_many``.
    """
    listed = read_list(names)
    queries.organisation(session, org_id)
    actor.require(*FOUNDERS, org_id=org_id)
    here = session.execute(
        select(col(Organisation.name)).where(
            col(Organisation.parent_id) == org_id,
            col(Organisation.kind) == kind,
            col(Organisation.closed_on).is_(None),
        )
    )
    standing, counted = set(here.scalars()), Counter(one.name for one in listed)
    fresh = {one.name: one for one in reversed(listed) if one.name not in standing}
    plan = ListPlan(
        [one for one in listed if fresh.get(one.name) is one],
        [name for name in counted if name in standing],
        [name for name, number in counted.items() if number > 1],
    )
    rows = _listed_rows(plan.fresh, org_id, kind, on)
    _checked(session, actor, rows, queries.kinds(session), today=today)
    return plan


def found_list(
    session: Session, actor: Actor, *, org_id: int, kind: str, names: str, on: date, at: datetime
) -> ListPlan:
    """Found what a list has and does not stand yet, all or none: a repeat founds nothing.

    Refuses as ``plan_list``.
    """
    lock_tree(session)
    plan = plan_list(
        session, actor, org_id=org_id, kind=kind, names=names, on=on, today=local_day(at)
    )
    found_many(session, actor, _listed_rows(plan.fresh, org_id, kind, on), at=at)
    return plan


def _listed_rows(
    listed: Sequence[Listed], org_id: int, kind: str, on: date
) -> list[NewOrganisation]:
    return [
        NewOrganisation(kind, one.name, on, parent_id=org_id, credit_code=one.credit_code)
        for one in listed
    ]


@dataclass(frozen=True, slots=True)
class _Checked:
    """Rows that may be founded: their names and codes as they will be kept."""

    kinds: dict[str, Kind]
    names: list[str]
    codes: list[str]


def _checked(
    session: Session,
    actor: Actor,
    rows: Sequence[NewOrganisation],
    kinds: dict[str, Kind],
    *,
    today: date,
) -> _Checked:
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
    codes = [check_region_code(row.region_code) for row in rows]
    for row in rows:
        _check_place(row, rows, parents, kinds)
    for row in rows:
        _check_day(row, rows, parents, today=today)
    _check_names_free(session, rows, names)
    return _Checked(kinds, names, codes)


def _values(
    row: NewOrganisation, index: int, checked: _Checked, ids: Sequence[int]
) -> dict[str, Any]:
    return {
        "parent_id": row.parent_id if row.parent_row is None else ids[row.parent_row],
        "line": checked.kinds[row.kind].line,
        "kind": row.kind,
        "name": checked.names[index],
        "region_code": checked.codes[index],
        "credit_code": credit_code_written(row.credit_code),
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
    parent = None if row.parent_id is None else parents[row.parent_id]
    if row.parent_row is not None:
        parent_kind = kinds[rows[row.parent_row].kind]
    elif parent is not None:
        parent_kind = kinds[parent.kind]
    else:
        return
    if not may_sit_under(kinds[row.kind], parent_kind):
        raise CannotSitUnder(kind=kinds[row.kind].name, parent_kind=parent_kind.name)
    check_open(parent.closed_on if parent is not None else None)


def _check_day(
    row: NewOrganisation,
    rows: Sequence[NewOrganisation],
    parents: dict[int, Organisation],
    *,
    today: date,
) -> None:
    if row.on > today:
        raise DayToCome(today=today)
    if row.parent_row is not None:
        name, opened_on = rows[row.parent_row].name, rows[row.parent_row].on
    elif row.parent_id is not None:
        name, opened_on = parents[row.parent_id].name, parents[row.parent_id].opened_on
    else:
        return
    if row.on < opened_on:
        raise BeforeFounding(name=name, opened_on=opened_on)


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
