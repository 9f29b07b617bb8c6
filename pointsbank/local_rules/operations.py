"""Adopting a local rule, taking it back, going by the one above again: alike for every kind."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import select
from sqlmodel import Session, col

from pointsbank.core import audit, clock
from pointsbank.core.actor import Actor, Role
from pointsbank.core.database import table_of
from pointsbank.local_rules.models import LocalRule
from pointsbank.local_rules.queries import own_versions, written_versions
from pointsbank.local_rules.rules import (
    LaterRuleStands,
    NoSuchVersion,
    NothingOwn,
    RuleBackdated,
    RuleKind,
    VersionBegun,
)
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
    own = _own(session, table, org_id, part)
    for version in own:
        if version.from_on == from_on and version.terms == terms and not version.as_above:
            return version
    _check_may(session, actor, org_id, by)
    _check_next(actor, own, from_on, at)
    check()

    before = own[0].terms if own and not own[0].as_above else {}
    number = _next_number(session, table, org_id, part) or after + 1
    rule = _written(
        session, table, {**terms, **_named(table, part)}, org_id=org_id, version=number,
        from_on=from_on,
    )  # fmt: skip
    audit.record(
        session, actor, table.adoption(), (str(table_of(table).name), rule.id), at=at,
        org_id=org_id, **_named(table, part), version=rule.version, from_on=from_on,
        before={name: before[name] for name in before if before[name] != terms[name]},
        after={name: terms[name] for name in terms if before.get(name, ...) != terms[name]},
    )  # fmt: skip
    return rule


def follow_above(
    session: Session,
    actor: Actor,
    kind: RuleKind,
    *,
    org_id: int,
    from_on: date,
    at: datetime,
    part: str = "",
) -> LocalRule:
    """From a day on an organisation goes by the rule above it again, the highest by the standing
    rule; for it and all below that have none of their own.

    The same for that day already is an answer. Refuses, in order: NoSuchOrganisation, Forbidden
    (who adopts this kind), OrganisationClosed, NothingOwn, RuleBackdated (before today, unless the
    system does it), LaterRuleStands.
    """
    own: list[LocalRule] = _own(session, kind.table, org_id, part)
    if own and own[0].as_above and own[0].from_on == from_on:
        return own[0]
    _check_may(session, actor, org_id, kind.adopters)
    if not own or own[0].as_above:
        raise NothingOwn
    _check_next(actor, own, from_on, at)
    said = {"as_above": True}
    return _step(
        session, actor, kind, of=own[0], verb="follow_above", from_on=from_on, at=at, **said
    )


def recall(
    session: Session,
    actor: Actor,
    kind: RuleKind,
    *,
    org_id: int,
    version: int,
    at: datetime,
    part: str = "",
) -> LocalRule:
    """Take back an organisation's version that has not begun: what held before it goes on. The
    version stays written, and that it was taken back.

    Taken back already is an answer. Refuses, in order: NoSuchOrganisation, Forbidden (who adopts
    this kind), OrganisationClosed, NoSuchVersion, VersionBegun.
    """
    own: list[LocalRule] = _own(session, kind.table, org_id, part)
    written: list[LocalRule] = written_versions(session, kind.table, org_id, part)
    for one in written:
        if one.recalls == version:
            return one
    _check_may(session, actor, org_id, kind.adopters)
    found = next((one for one in own if one.version == version), None)
    if found is None:
        raise NoSuchVersion
    if found.from_on <= clock.local_day(at):
        raise VersionBegun(version=version, from_on=found.from_on)
    on, said = found.from_on, {"recalls": version}
    return _step(session, actor, kind, of=found, verb="recall", from_on=on, at=at, **said)


def _own(session: Session, table: type[R], org_id: int, part: str) -> list[R]:
    """The organisation's standing versions, to which nobody else adds until the transaction ends.

    Two who adopt at once do so one after the other.
    """
    session.execute(
        select(col(Organisation.id))
        .where(col(Organisation.id) == org_id)
        .with_for_update(key_share=True)
    )
    return own_versions(session, table, org_id, part)


def _check_may(session: Session, actor: Actor, org_id: int, by: tuple[Role, ...]) -> None:
    org = organisation(session, org_id)
    actor.require(*by, org_id=org_id)
    check_open(org.closed_on)


def _check_next(actor: Actor, own: Sequence[LocalRule], from_on: date, at: datetime) -> None:
    today = clock.local_day(at)
    if actor.kind != "system" and from_on < today:
        raise RuleBackdated(today=today)
    if own and from_on <= own[0].from_on:
        raise LaterRuleStands(version=own[0].version, from_on=own[0].from_on)


def _next_number(session: Session, table: type[R], org_id: int, part: str) -> int:
    """One more than the last of an organisation's; 0: it has none."""
    written = written_versions(session, table, org_id, part)
    return written[0].version + 1 if written else 0


def _named(table: type[LocalRule], part: str) -> dict[str, Any]:
    return {table.PART: part} if table.PART else {}


def _written(session: Session, table: type[R], terms: Mapping[str, Any], **columns: Any) -> R:
    rule = table(**columns, **terms)
    session.add(rule)
    session.flush()
    return rule


def _step(
    session: Session,
    actor: Actor,
    kind: RuleKind,
    *,
    of: LocalRule,
    verb: str,
    from_on: date,
    at: datetime,
    **said: Any,
) -> LocalRule:
    """A row that says what became of a version, with its terms."""
    table: type[LocalRule] = kind.table
    named = _named(table, of.part)
    rule = _written(
        session, table, {**of.terms, **named}, org_id=of.org_id, from_on=from_on,
        version=_next_number(session, table, of.org_id, of.part), **said,
    )  # fmt: skip
    audit.record(
        session, actor, f"local_rules.{verb}", (kind.subject, rule.id), at=at, org_id=of.org_id,
        **named, version=rule.version, from_on=from_on, **said,
    )  # fmt: skip
    return rule
