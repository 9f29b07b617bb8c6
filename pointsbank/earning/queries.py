"""Which points rules decide for an organisation."""

from collections.abc import Iterable
from datetime import date

from sqlalchemy import select
from sqlmodel import Session, col

from pointsbank.earning.models import PointsRuleRow
from pointsbank.earning.rules import PointsRule, in_force
from pointsbank.orgs.models import OrganisationReach

_FIELDS = tuple(getattr(PointsRuleRow, name) for name in PointsRule.__dataclass_fields__)


def points_rules_in_force(session: Session, org_id: int, on: date) -> list[PointsRule]:
    """The rule of each unit that decides on a day: the nearest ancestor's, itself first."""
    return in_force(points_rules_of(session, [org_id])[org_id], on)


def points_rules_of(session: Session, org_ids: Iterable[int]) -> dict[int, list[PointsRule]]:
    """All versions that bear on each organisation, nearest first: for batches, see ``in_force``."""
    rules: dict[int, list[PointsRule]] = {org_id: [] for org_id in org_ids}
    rows = session.execute(
        select(col(OrganisationReach.organisation_id), *_FIELDS)
        .join(PointsRuleRow, col(PointsRuleRow.org_id) == col(OrganisationReach.ancestor_id))
        .where(col(OrganisationReach.organisation_id).in_(rules))
        .order_by(
            col(OrganisationReach.organisation_id),
            col(OrganisationReach.depth),
            col(PointsRuleRow.unit),
            col(PointsRuleRow.version),
        )
    )
    for organisation_id, *fields in rows:
        rules[organisation_id].append(PointsRule(*fields))
    return rules


def points_rules(session: Session, rule_ids: Iterable[int]) -> dict[int, PointsRule]:
    """Rules by number: what a ledger entry's ``points_rule:…`` names."""
    rows = session.execute(select(*_FIELDS).where(col(PointsRuleRow.id).in_(set(rule_ids))))
    return {rule.id: rule for rule in (PointsRule(*row) for row in rows)}


def latest_points_rule(session: Session, org_id: int, unit: str) -> PointsRule | None:
    """The newest version of an organisation's own rule."""
    row = session.execute(
        select(*_FIELDS)
        .where(col(PointsRuleRow.org_id) == org_id, col(PointsRuleRow.unit) == unit)
        .order_by(col(PointsRuleRow.version).desc())
        .limit(1)
    ).one_or_none()
    return PointsRule(*row) if row else None
