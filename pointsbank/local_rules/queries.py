"""Which local rules there are, and which decide for an organisation on a day."""

import importlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.util import find_spec
from itertools import pairwise
from typing import TypeVar

from sqlalchemy import Select, select
from sqlmodel import Session, col

from pointsbank.core.resources import features
from pointsbank.local_rules.models import LocalRule
from pointsbank.local_rules.rules import NoSuchRuleKind, RuleKind, Terms, deciding, standing
from pointsbank.orgs.models import Organisation, OrganisationReach
from pointsbank.orgs.queries import among, organisations

R = TypeVar("R", bound=LocalRule)


@cache
def rule_kinds() -> tuple[RuleKind, ...]:
    """Every feature's kinds of local rules, in the order in which people read them."""
    names = [f"pointsbank.{feature}.local_rules" for feature in features()]
    found = [
        kind for name in names if find_spec(name) for kind in importlib.import_module(name).KINDS
    ]
    return tuple(sorted(found, key=lambda kind: kind.place))


def rule_kind(path: str, part: str = "") -> RuleKind:
    """The kind of this word in addresses that has this part. Refuses: NoSuchRuleKind."""
    for kind in rule_kinds():
        if kind.path == path and part in kind.standing:
            return kind
    raise NoSuchRuleKind


def bearing(
    session: Session, table: type[R], org_ids: Iterable[int] | Select[int], until: date = date.max
) -> dict[int, list[R]]:
    """The standing versions begun by a day that bear on organisations: the nearest adopter's first,
    and of its the newest first; which decide, ``deciding`` says. Organisations on which none bears
    are left out.
    """
    reach = OrganisationReach
    asked = (
        col(reach.organisation_id).in_(org_ids)
        if isinstance(org_ids, Select)
        else among(reach.organisation_id, org_ids)
    )
    rows = session.execute(
        select(col(reach.organisation_id), table)
        .join(table, col(table.org_id) == col(reach.ancestor_id))
        .where(asked, col(table.from_on) <= until)
        .order_by(col(reach.organisation_id), col(reach.depth), col(table.from_on).desc())
    )
    found: dict[int, list[R]] = {}
    for org_id, rule in rows:
        found.setdefault(org_id, []).append(rule)
    return {org_id: versions for org_id in found if (versions := standing(found[org_id]))}


def rules_in_force(
    session: Session, table: type[R], wanted: Iterable[tuple[int, date]]
) -> dict[tuple[int, date], dict[str, R]]:
    """For many organisations and days the version of each part that decides, in one statement."""
    places = list(wanted)
    last = max((on for _, on in places), default=date.min)
    versions = bearing(session, table, {org_id for org_id, _ in places}, last)
    return {(org_id, on): deciding(versions.get(org_id, ()), on) for org_id, on in places}


def rule_in_force(
    session: Session, table: type[R], org_id: int, on: date, part: str = ""
) -> R | None:
    """The version that decides for an organisation on a day; none: the standing rule does."""
    return rules_in_force(session, table, [(org_id, on)])[org_id, on].get(part)


def own_versions(session: Session, table: type[R], org_id: int, part: str = "") -> list[R]:
    """What an organisation adopted itself and did not take back, the newest first."""
    return standing(written_versions(session, table, org_id, part))


def written_versions(session: Session, table: type[R], org_id: int, part: str = "") -> list[R]:
    """All rows of an organisation's, those taken back and those that say so too; newest first."""
    wanted = select(table).where(col(table.org_id) == org_id)
    if table.PART:
        wanted = wanted.where(col(getattr(table, table.PART)) == part)
    return list(session.execute(wanted.order_by(col(table.version).desc())).scalars())


def version_from(
    session: Session, kind: RuleKind, part: str, org_id: int, from_on: date
) -> LocalRule:
    """The version that an organisation adopted from a day on."""
    own: list[LocalRule] = own_versions(session, kind.table, org_id, part)
    return next(version for version in own if version.from_on == from_on)


def versions_of(session: Session, kind: RuleKind, org_id: int) -> list[LocalRule]:
    """What an organisation adopted itself of a kind, each part's, the newest first."""
    return [
        version for part in kind.standing
        for version in own_versions(session, kind.table, org_id, part)
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Coming:
    """What will decide here from a day on: an adopter's version, or (none) the standing rule."""

    on: date
    rule: LocalRule | None
    adopter: Organisation | None
    terms: Terms


@dataclass(frozen=True, slots=True)
class Holding:
    """A rule as it stands for an organisation: what decides (none: the standing rule) and whose it
    is, what is decided for later and will decide here, and what was adopted here.
    """

    kind: RuleKind
    part: str
    rule: LocalRule | None
    adopter: Organisation | None
    later: list[Coming]
    own: list[LocalRule]

    @property
    def terms(self) -> Terms:
        return _terms(self.kind, self.part, self.rule)

    @property
    def has_own(self) -> bool:
        """Whether the organisation goes by what it adopted itself, now or when that begins."""
        return bool(self.own) and not self.own[0].as_above


def _terms(kind: RuleKind, part: str, rule: LocalRule | None) -> Terms:
    return rule.terms if rule else kind.standing[part]


def holdings(session: Session, org_id: int, on: date) -> list[Holding]:
    """Every kind and part of rule as it stands for an organisation on a day."""
    return [held for kind in rule_kinds() for held in holdings_of(session, kind, org_id, on)]


def holdings_of(session: Session, kind: RuleKind, org_id: int, on: date) -> list[Holding]:
    """Each part of one kind as it stands for an organisation on a day."""
    versions: list[LocalRule] = bearing(session, kind.table, [org_id]).get(org_id, [])
    adopters = organisations(session, {version.org_id for version in versions})
    found = []
    for part in kind.standing:
        mine = [version for version in versions if version.part == part]
        rule = deciding(mine, on).get(part)
        days = sorted({version.from_on for version in mine if version.from_on > on})
        coming = [(day, deciding(mine, day).get(part)) for day in days]
        later = [
            Coming(day, after, adopters[after.org_id] if after else None, _terms(kind, part, after))
            for (_, before), (day, after) in pairwise([(on, rule), *coming])
            if after is not before
        ]
        own = [version for version in mine if version.org_id == org_id]
        adopter = adopters[rule.org_id] if rule else None
        found.append(Holding(kind, part, rule, adopter, later, own))
    return found


def holding(session: Session, kind: RuleKind, part: str, org_id: int, on: date) -> Holding:
    """One rule as it stands for an organisation on a day."""
    return next(held for held in holdings_of(session, kind, org_id, on) if held.part == part)
