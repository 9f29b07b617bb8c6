"""Which points rules decide for an organisation."""

from collections.abc import Iterable
from datetime import date

from sqlalchemy import select
from sqlmodel import Session, col

from pointsbank.earning.models import PointsRuleRow
from pointsbank.earning.rules import PointsRule
from pointsbank.local_rules.queries import rules_in_force


def points_rules_in_force(session: Session, org_id: int, on: date) -> list[PointsRule]:
    """The rule of each unit that decides on a day: the nearest ancestor's, itself first."""
    return points_rules_of(session, [(org_id, on)])[org_id, on]


def points_rules_of(
    session: Session, wanted: Iterable[tuple[int, date]]
) -> dict[tuple[int, date], list[PointsRule]]:
    """``points_rules_in_force`` for many organisations and days in one statement."""
    found = rules_in_force(session, PointsRuleRow, wanted)
    return {place: [row.frozen() for row in rows.values()] for place, rows in found.items()}


def points_rules(session: Session, rule_ids: Iterable[int]) -> dict[int, PointsRule]:
    """Rules by number: what a ledger entry's ``points_rule:…`` names."""
    wanted = select(PointsRuleRow).where(col(PointsRuleRow.id).in_(set(rule_ids)))
    return {row.id: row.frozen() for row in session.execute(wanted).scalars()}
