"""What people do to the tree as it stands: rename, move, merge, split, close, each for a day.

Every one is written down in ``organisation_change`` and the audit trail; of past years the tree
stays as it was.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update
from sqlmodel import Session, col

from pointsbank.core import audit
from pointsbank.core.actor import Actor
from pointsbank.core.clock import local_day
from pointsbank.orgs import plans, queries, reach, ties
from pointsbank.orgs.models import FormerName, Organisation, OrganisationChange
from pointsbank.orgs.rules import KeyReused, Verb, check_region_code


def rename(
    session: Session, actor: Actor, *, org_id: int, name: str, on: date, key: str, at: datetime
) -> Organisation:
    """Give an organisation another name from a day on.

    Refuses: KeyReused, then as ``plans.plan_rename``.
    """
    lock_tree(session)
    asked = {"verb": Verb.RENAMED, "org_id": org_id, "name": name, "on": on.isoformat()}
    if answered(session, actor, key, asked) is None:
        plan = plans.plan_rename(
            session, actor, org_id=org_id, name=name, on=on, today=local_day(at)
        )
        _give_names(session, {org_id: plan.to_name}, on)
        write_change(
            session, actor, Verb.RENAMED, org_id, on=on, at=at,
            name_before=plan.name, name_after=plan.to_name, key=key, asked=asked,
        )  # fmt: skip
        _record(session, actor, Verb.RENAMED, org_id, at=at, on=on, name=plan.to_name)
    return queries.organisation(session, org_id)


def move(
    session: Session, actor: Actor, *, org_id: int, parent_id: int, on: date, key: str, at: datetime
) -> Organisation:
    """Put an organisation with everything below it under another parent from a day on.

    Refuses: KeyReused, then as ``plans.plan_move``.
    """
    lock_tree(session)
    asked = {"verb": Verb.MOVED, "org_id": org_id, "parent_id": parent_id, "on": on.isoformat()}
    if answered(session, actor, key, asked) is None:
        plan = plans.plan_move(
            session, actor, org_id=org_id, parent_id=parent_id, on=on, today=local_day(at)
        )
        _put_under(session, plan.moving, from_id=plan.from_id, to_id=parent_id, on=on)
        write_change(
            session, actor, Verb.MOVED, org_id, on=on, at=at,
            from_id=plan.from_id, to_id=parent_id, key=key, asked=asked,
        )  # fmt: skip
        _record(
            session, actor, Verb.MOVED, org_id, at=at, on=on, from_id=plan.from_id, to_id=parent_id
        )
    return queries.organisation(session, org_id)


def merge(
    session: Session,
    actor: Actor,
    *,
    org_id: int,
    successor_id: int,
    on: date,
    key: str,
    at: datetime,
) -> Organisation:
    """Close an organisation for another of its kind, to which its people and all below it go.

    A child whose name its new parent has already gets the old parent's before it. Roles held for
    the closed one reach nothing any more; for the successor they are granted anew. Refuses:
    KeyReused, then as ``plans.plan_merge``.
    """
    lock_tree(session, org_id)
    asked = {
        "verb": Verb.MERGED, "org_id": org_id, "successor_id": successor_id, "on": on.isoformat()
    }  # fmt: skip
    if answered(session, actor, key, asked) is None:
        plan = plans.plan_merge(
            session, actor, org_id=org_id, successor_id=successor_id, on=on, today=local_day(at)
        )
        _give_names(session, dict(plan.renames), on)
        _put_under(session, plan.moving, from_id=org_id, to_id=successor_id, on=on)
        ties.hand_over(session, actor, org_id=org_id, successor_id=successor_id, on=on, at=at)
        org = queries.organisation(session, org_id)
        org.closed_on, org.successor_id = on, successor_id
        session.add(org)
        session.flush()
        write_change(
            session, actor, Verb.MERGED, org_id, on=on, at=at,
            from_id=plan.from_id, to_id=successor_id, key=key, asked=asked,
        )  # fmt: skip
        _write_moves(session, actor, plan.moving, org_id, successor_id, on=on, at=at)
        _record(
            session, actor, Verb.MERGED, org_id, at=at, on=on, to_id=successor_id,
            moved=len(plan.moving), renamed=len(plan.renames),
        )  # fmt: skip
    return queries.organisation(session, org_id)


def split(
    session: Session,
    actor: Actor,
    *,
    org_id: int,
    name: str,
    child_ids: Collection[int] = (),
    region_code: str = "",
    on: date,
    key: str,
    at: datetime,
) -> Organisation:
    """Found, beside an organisation and out of it, one of its kind, to which some of its children
    go with all below them. What remains, remains; to split it into several, do it again. Answers
    with the new one. Refuses: KeyReused, RegionCodeInvalid, then as ``plans.plan_split``.
    """
    lock_tree(session)
    asked = {
        "verb": Verb.SPLIT, "org_id": org_id, "name": name, "child_ids": sorted(set(child_ids)),
        "region_code": region_code, "on": on.isoformat(),
    }  # fmt: skip
    before = answered(session, actor, key, asked)
    if before is not None:
        return queries.organisation(session, before.organisation_id)
    code = check_region_code(region_code)
    plan = plans.plan_split(
        session, actor, org_id=org_id, name=name, child_ids=child_ids, on=on, today=local_day(at)
    )
    org = queries.organisation(session, org_id)
    values = {
        "parent_id": plan.from_id, "line": org.line, "kind": org.kind, "name": plan.to_name,
        "region_code": code, "opened_on": on,
    }  # fmt: skip
    [new_id] = reach.place(session, [values])
    _put_under(session, plan.moving, from_id=org_id, to_id=new_id, on=on)
    write_change(
        session, actor, Verb.SPLIT, new_id, on=on, at=at, from_id=org_id, to_id=plan.from_id,
        name_after=plan.to_name, key=key, asked=asked,
    )  # fmt: skip
    _write_moves(session, actor, plan.moving, org_id, new_id, on=on, at=at)
    _record(session, actor, Verb.SPLIT, new_id, at=at, on=on, from_id=org_id, moved=plan.moving)
    return queries.organisation(session, new_id)


def close(
    session: Session, actor: Actor, *, org_id: int, on: date, key: str, at: datetime
) -> Organisation:
    """End an organisation to which nobody and nothing belongs any more; ``on`` is the first day
    without it. It stays in the tree for its past years; roles held for it reach nothing any more.

    Refuses: KeyReused, then as ``plans.plan_close``.
    """
    lock_tree(session, org_id)
    asked = {"verb": Verb.CLOSED, "org_id": org_id, "on": on.isoformat()}
    if answered(session, actor, key, asked) is None:
        plans.plan_close(session, actor, org_id=org_id, on=on, today=local_day(at))
        org = queries.organisation(session, org_id)
        org.closed_on = on
        session.add(org)
        session.flush()
        write_change(
            session, actor, Verb.CLOSED, org_id, on=on, at=at, from_id=org.parent_id,
            key=key, asked=asked,
        )  # fmt: skip
        _record(session, actor, Verb.CLOSED, org_id, at=at, on=on)
    return queries.organisation(session, org_id)


def lock_tree(session: Session, ending_id: int | None = None) -> list[int]:
    """Let one change of the tree be made after the other: the roots are its anchor. And let nobody
    come to belong to an organisation that is ending. The ids of the roots."""
    roots = select(col(Organisation.id)).where(col(Organisation.parent_id).is_(None))
    held = session.execute(
        roots.order_by(col(Organisation.id)).with_for_update(key_share=True)
    ).scalars()
    ids = list(held)
    if ending_id is not None:
        ending = select(col(Organisation.id)).where(col(Organisation.id) == ending_id)
        session.execute(ending.with_for_update())
    return ids


def answered(
    session: Session, actor: Actor, key: str | None, asked: dict[str, Any]
) -> OrganisationChange | None:
    """What the same request did before. Refuses: KeyReused."""
    before = None if key is None else queries.change_by_key(session, key)
    if before is not None and (before.asked, before.actor_id) != (asked, actor.id):
        raise KeyReused
    return before


def write_change(
    session: Session, actor: Actor, verb: Verb, org_id: int, *, on: date, at: datetime, **what: Any
) -> None:
    session.add(
        OrganisationChange(
            organisation_id=org_id, verb=verb, effective_on=on, at=at, actor_id=actor.id, **what
        )
    )
    session.flush()


def _write_moves(
    session: Session, actor: Actor, org_ids: Sequence[int], from_id: int, to_id: int, *,
    on: date, at: datetime,
) -> None:  # fmt: skip
    """The moves that a merger or a split brings with it."""
    rows = [
        {
            "organisation_id": org_id, "verb": Verb.MOVED, "effective_on": on, "at": at,
            "actor_id": actor.id, "from_id": from_id, "to_id": to_id, "asked": {},
        }
        for org_id in org_ids
    ]  # fmt: skip
    if rows:
        session.execute(insert(OrganisationChange), rows)


def _put_under(
    session: Session, org_ids: Sequence[int], *, from_id: int | None, to_id: int, on: date
) -> None:
    if not org_ids:
        return
    reach.move(session, org_ids, from_id=from_id, to_id=to_id, on=on)
    session.execute(
        update(Organisation)
        .where(col(Organisation.id).in_(org_ids))
        .values(parent_id=to_id)
        .execution_options(synchronize_session="fetch")
    )


def _give_names(session: Session, names: Mapping[int, str], on: date) -> None:
    """Call them so from a day on; a name given that same day leaves no trace."""
    if not names:
        return
    since = queries.names_since(session, names)
    for org in queries.organisations(session, names).values():
        if since[org.id] < on:
            session.add(
                FormerName(
                    organisation_id=org.id,
                    from_on=since[org.id],
                    until_on=on - timedelta(days=1),
                    name=org.name,
                )
            )
        org.name = names[org.id]
        session.add(org)
    session.flush()


def _record(
    session: Session, actor: Actor, verb: Verb, org_id: int, *, at: datetime, **facts: Any
) -> None:
    audit.record(
        session, actor, f"orgs.{_ACTIONS[verb]}", ("organisation", org_id), at=at, org_id=org_id,
        **facts,
    )  # fmt: skip


_ACTIONS = {
    Verb.RENAMED: "rename",
    Verb.MOVED: "move",
    Verb.MERGED: "merge",
    Verb.SPLIT: "split",
    Verb.CLOSED: "close",
}
