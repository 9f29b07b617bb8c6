"""Changes of the tree, checked and not yet done: what the preview says and the verb then does.

Each refuses in the order that its docstring gives; after the last refusal nothing can fail.
"""

from collections.abc import Collection, Sequence
from datetime import date

from sqlmodel import Session

from pointsbank.core.actor import Actor, Role
from pointsbank.core.errors import Forbidden
from pointsbank.orgs import queries
from pointsbank.orgs.models import Organisation
from pointsbank.orgs.rules import (
    AlreadyThere,
    BeforeLastChange,
    CannotMerge,
    CannotSitUnder,
    CannotSitUnderItself,
    NameTaken,
    NotItsChild,
    Plan,
    SameName,
    StillHasChildren,
    Verb,
    check_day,
    check_name,
    check_open,
    may_sit_under,
    names_in_successor,
)
from pointsbank.orgs.ties import check_free, ties_of

FOUNDERS = (Role.SECRETARY, Role.ADMINISTRATOR)
"""Who changes what stands below an organisation of theirs."""


def plan_rename(
    session: Session, actor: Actor, *, org_id: int, name: str, on: date, today: date
) -> Plan:
    """Refuses: NoSuchOrganisation, Forbidden (secretary or administrator of its parent; of a root,
    its own), NameEmpty, OrganisationClosed, SameName, DayToCome, BeforeFounding, BeforeLastChange
    (of its name), NameTaken."""
    org = _changeable(session, actor, org_id)
    new = check_name(name)
    _check_open(org)
    if new == org.name:
        raise SameName
    _check_day(org, on, today, queries.names_since(session, [org.id])[org.id])
    _check_name_free(session, org, org.parent_id, new)
    return Plan(Verb.RENAMED, org.id, org.name, on, to_name=new)


def plan_move(
    session: Session, actor: Actor, *, org_id: int, parent_id: int, on: date, today: date
) -> Plan:
    """Refuses: NoSuchOrganisation (either), Forbidden (secretary or administrator of its parent and
    of the new one), OrganisationClosed (either), CannotSitUnderItself, CannotSitUnder,
    AlreadyThere, DayToCome, BeforeFounding (either), BeforeLastChange, NameTaken."""
    org, parent = _changeable(session, actor, org_id), queries.organisation(session, parent_id)
    actor.require(*FOUNDERS, org_id=parent.id)
    _check_open(org, parent)
    if org.id in {above.id for above in queries.ancestors(session, parent.id)}:
        raise CannotSitUnderItself
    kinds = queries.kinds(session)
    if org.parent_id is None or not may_sit_under(kinds[org.kind], kinds[parent.kind]):
        raise CannotSitUnder(kind=kinds[org.kind].name, parent_kind=kinds[parent.kind].name)
    if org.parent_id == parent.id:
        raise AlreadyThere(name=org.name, parent=parent.name)
    _check_day(org, on, today)
    _check_day(parent, on, today)
    _check_unchanged(session, [org.id], parent.id, on)
    _check_name_free(session, org, parent.id, org.name)
    return Plan(
        Verb.MOVED, org.id, org.name, on,
        from_id=org.parent_id, from_name=queries.organisation(session, org.parent_id).name,
        to_id=parent.id, to_name=parent.name, moving=(org.id,),
        below=queries.open_below(session, [org.id])[org.id],
    )  # fmt: skip


def plan_merge(
    session: Session, actor: Actor, *, org_id: int, successor_id: int, on: date, today: date
) -> Plan:
    """Refuses: NoSuchOrganisation (either), Forbidden (secretary or administrator of both parents),
    OrganisationClosed (either), CannotMerge (itself, or of another kind), DayToCome, BeforeFounding
    (either), BeforeLastChange, StillInUse (by what does not follow to a successor), NameTaken or
    NameEmpty (a child's name there, even with the old parent's before it)."""
    org, successor = _changeable(session, actor, org_id), _changeable(session, actor, successor_id)
    _check_open(org, successor)
    if org.id == successor.id or org.kind != successor.kind:
        raise CannotMerge
    _check_day(org, on, today)
    _check_day(successor, on, today)
    coming = queries.open_children(session, org.id)
    _check_unchanged(session, [org.id, *(child.id for child in coming)], successor.id, on)
    ties = ties_of(session, org.id)
    check_free(ties, merging=True)
    there = {(child.kind, child.name) for child in queries.open_children(session, successor.id)}
    come = {child.id: (child.kind, child.name) for child in coming}
    return Plan(
        Verb.MERGED, org.id, org.name, on,
        from_id=org.parent_id, to_id=successor.id, to_name=successor.name,
        below=queries.open_below(session, [org.id])[org.id],
        moving=tuple(come), renames=names_in_successor(org.name, come, there), ties=ties,
    )  # fmt: skip


def plan_split(
    session: Session,
    actor: Actor,
    *,
    org_id: int,
    name: str,
    child_ids: Collection[int],
    on: date,
    today: date,
) -> Plan:
    """Refuses: NoSuchOrganisation, Forbidden (secretary or administrator of its parent; a root is
    not split), NameEmpty, OrganisationClosed, NotItsChild, DayToCome, BeforeFounding,
    BeforeLastChange, NameTaken."""
    org = _changeable(session, actor, org_id)
    if org.parent_id is None:
        raise Forbidden
    new = check_name(name)
    _check_open(org)
    leaving = {child.id for child in queries.open_children(session, org.id)} & set(child_ids)
    if leaving != set(child_ids):
        raise NotItsChild
    _check_day(org, on, today)
    _check_unchanged(session, sorted(leaving), org.id, on)
    _check_name_free(session, org, org.parent_id, new)
    counted = queries.open_below(session, leaving)
    return Plan(
        Verb.SPLIT, org.id, org.name, on,
        from_id=org.parent_id, to_name=new,
        below=len(leaving) + sum(counted.values()), moving=tuple(sorted(leaving)),
        ties=ties_of(session, org.id),
    )  # fmt: skip


def plan_close(session: Session, actor: Actor, *, org_id: int, on: date, today: date) -> Plan:
    """Refuses: NoSuchOrganisation, Forbidden (secretary or administrator of its parent; of a root,
    its own), OrganisationClosed, DayToCome, BeforeFounding, BeforeLastChange (also of what was
    closed below it), StillHasChildren, StillInUse."""
    org = _changeable(session, actor, org_id)
    _check_open(org)
    children = queries.children(session, org.id)
    gone = [child.closed_on for child in children if child.closed_on is not None]
    _check_day(org, on, today, max(gone, default=None))
    _check_unchanged(session, [org.id], org.id, on)
    if len(children) > len(gone):
        raise StillHasChildren(count=len(children) - len(gone))
    ties = ties_of(session, org.id)
    check_free(ties, merging=False)
    return Plan(Verb.CLOSED, org.id, org.name, on, from_id=org.parent_id, ties=ties)


def _changeable(session: Session, actor: Actor, org_id: int) -> Organisation:
    """An organisation that this actor may change: by a role for what it stands under."""
    org = queries.organisation(session, org_id)
    actor.require(*FOUNDERS, org_id=org.parent_id or org.id)
    return org


def _check_open(*orgs: Organisation) -> None:
    for org in orgs:
        check_open(org.closed_on)


def _check_day(org: Organisation, on: date, today: date, changed_on: date | None = None) -> None:
    check_day(on, today=today, name=org.name, opened_on=org.opened_on, changed_on=changed_on)


def _check_unchanged(session: Session, moving: Sequence[int], to_id: int, on: date) -> None:
    """What moves, and the line to which it comes, must stand since that day as they stand now."""
    changed_on = queries.changed_on(session, moving)
    line_on = queries.line_changed_on(session, to_id)
    last = max((day for day in (changed_on, line_on) if day is not None), default=None)
    if last is not None and on < last:
        raise BeforeLastChange(changed_on=last)


def _check_name_free(session: Session, org: Organisation, parent_id: int | None, name: str) -> None:
    """No other open organisation of this kind has the name under that parent."""
    if queries.is_name_taken(session, parent_id=parent_id, kind=org.kind, name=name, but=org.id):
        raise NameTaken(name=name)
