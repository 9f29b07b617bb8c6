"""What is looked up about hour rules."""

from collections.abc import Iterable, Sequence
from datetime import date

from sqlalchemy import select
from sqlmodel import Session, col

from pointsbank.hours.models import HourRuleRow
from pointsbank.hours.rules import STANDING_RULE, HourRule
from pointsbank.orgs import queries as orgs
from pointsbank.orgs.models import OrganisationReach


def hour_rule_in_force(session: Session, org_id: int, on: date) -> HourRule:
    """The rule that decides for an organisation on a day.

    The nearest above it (or its own) that has one; where nobody adopted any, the standing rule.
    """
    return hour_rules_in_force(session, [(org_id, on)])[org_id, on]


def hour_rules_in_force(
    session: Session, wanted: Sequence[tuple[int, date]]
) -> dict[tuple[int, date], HourRule]:
    """``hour_rule_in_force`` for many organisations and days in one statement."""
    above: dict[int, list[HourRule]] = {org_id: [] for org_id, _ in wanted}
    rows = session.execute(
        select(col(OrganisationReach.organisation_id), HourRuleRow)
        .join(HourRuleRow, col(HourRuleRow.org_id) == col(OrganisationReach.ancestor_id))
        .where(orgs.among(OrganisationReach.organisation_id, above))
        .order_by(col(OrganisationReach.depth), col(HourRuleRow.from_on).desc())
    )
    for org_id, rule in rows:
        above[org_id].append(rule.frozen())
    return {
        (org_id, on): next((rule for rule in above[org_id] if rule.from_on <= on), STANDING_RULE)
        for org_id, on in wanted
    }


def hour_rule(session: Session, rule_id: int | None) -> HourRule:
    """A rule by the number that an event or attendance names; None is the standing rule."""
    return STANDING_RULE if rule_id is None else session.get_one(HourRuleRow, rule_id).frozen()


def hour_rules(session: Session, rule_ids: Iterable[int]) -> dict[int, HourRule]:
    """Rules by number: what a ledger entry's ``hour_rule:…`` names."""
    wanted = select(HourRuleRow).where(col(HourRuleRow.id).in_(set(rule_ids)))
    return {row.id: row.frozen() for row in session.execute(wanted).scalars()}


def latest_hour_rule(session: Session, org_id: int) -> HourRule | None:
    """The newest version of an organisation's own rule."""
    row = session.execute(
        select(HourRuleRow)
        .where(col(HourRuleRow.org_id) == org_id)
        .order_by(col(HourRuleRow.version).desc())
        .limit(1)
    ).scalar_one_or_none()
    return row.frozen() if row else None
