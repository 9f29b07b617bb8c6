"""Adopting a local rule: the steps that are the same for every kind."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import select
from sqlmodel import Session, col

from pointsbank.core import audit, clock
from pointsbank.core.actor import Actor, Role
from pointsbank.core.database import table_of
from pointsbank.local_rules.models import LocalRule
from pointsbank.local_rules.queries import own_versions
from pointsbank.local_rules.rules import LaterRuleStands, RuleBackdated
from pointsbank.orgs.models import Organisation
from pointsbank.orgs.queries import organisation
from pointsbank.orgs.rules import check_open

R = TypeVar("R", bound=LocalRule)


def adopt(
    session: Session,
    actor: Actor,
    table: type[R],
    *,
    org_id: int,
    from_on: date,
    terms: Mapping[str, Any],
    at: datetime,
    part: str = "",
    by: tuple[Role, ...] = (Role.SECRETARY,),
    after: int = 0,
    check: Callable[[], None] = lambda: None,
) -> R:
    """Put a new version of a rule into force from a day, for an organisation and all below it that
    have none of their own; it ends the organisation's version before on the eve.

    A version of that day with these terms is the answer to a repeat. Refuses, in order:
    NoSuchOrganisation, Forbidden (``by``), OrganisationClosed, RuleBackdated (before today, unless
    the system does it), LaterRuleStands, then as ``check`` does. ``after``: the standing rule's
    version.
    """
    session.execute(
        select(col(Organisation.id))
        .where(col(Organisation.id) == org_id)
        .with_for_update(key_share=True)
    )
    own = own_versions(session, table, org_id, part)
    for version in own:
        if version.from_on == from_on and version.terms == terms:
            return version
    org = organisation(session, org_id)
    actor.require(*by, org_id=org_id)
    check_open(org.closed_on)
    today = clock.local_day(at)
    if actor.kind != "system" and from_on < today:
        raise RuleBackdated(today=today)
    if own and from_on <= own[0].from_on:
        raise LaterRuleStands(version=own[0].version, from_on=own[0].from_on)
    check()

    before = own[0].terms if own else {}
    named: dict[str, Any] = {table.PART: part} if table.PART else {}
    rule = table(
        org_id=org_id, version=own[0].version + 1 if own else after + 1, from_on=from_on,
        **named, **terms,
    )  # fmt: skip
    session.add(rule)
    session.flush()
    audit.record(
        session, actor, table.adoption(), (str(table_of(table).name), rule.id), at=at,
        org_id=org_id, **named, version=rule.version, from_on=from_on,
        before={name: before[name] for name in before if before[name] != terms[name]},
        after={name: terms[name] for name in terms if before.get(name, ...) != terms[name]},
    )  # fmt: skip
    return rule
