"""What is looked up about hour rules."""

from collections.abc import Iterable
from datetime import date

from sqlalchemy import select
from sqlmodel import Session, col

from pointsbank.hours.models import HourRuleRow
from pointsbank.hours.rules import STANDING_RULE, HourRule
from pointsbank.local_rules.queries import rules_in_force


def hour_rule_in_force(session: Session, org_id: int, on: date) -> HourRule:
    """The rule that decides for an organisation on a day.

    The nearest above it (or its own) that has one; where nobody adopted any, the standing rule.
    """
    return hour_rules_in_force(session, [(org_id, on)])[org_id, on]


def hour_rules_in_force(
    session: Session, wanted: Iterable[tuple[int, date]]
) -> dict[tuple[int, date], HourRule]:
    """``hour_rule_in_force`` for many organisations and days in one statement."""
    return {
        place: found[""].frozen() if found else STANDING_RULE
        for place, found in rules_in_force(session, HourRuleRow, wanted).items()
    }


def hour_rule(session: Session, rule_id: int | None) -> HourRule:
    """A rule by the number that an event or attendance names; None is the standing rule."""
    return STANDING_RULE if rule_id is None else session.get_one(HourRuleRow, rule_id).frozen()


def hour_rules(session: Session, rule_ids: Iterable[int]) -> dict[int, HourRule]:
    """Rules by number: what a ledger entry's ``hour_rule:…`` names."""
    wanted = select(HourRuleRow).where(col(HourRuleRow.id).in_(set(rule_ids)))
    return {row.id: row.frozen() for row in session.execute(wanted).scalars()}
