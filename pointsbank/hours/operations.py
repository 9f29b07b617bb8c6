"""The verbs of hours: adopt an hour rule, credit finished service, correct it."""

from dataclasses import asdict
from datetime import date, datetime

from sqlmodel import Session

from pointsbank.core.actor import Actor
from pointsbank.hours.credit import Service, correct, credit
from pointsbank.hours.models import HourRuleRow
from pointsbank.hours.rules import HourRule, HourTerms, check_hour_terms
from pointsbank.local_rules.operations import adopt

__all__ = ["Service", "adopt_hour_rule", "correct", "credit"]


def adopt_hour_rule(
    session: Session, actor: Actor, *, org_id: int, from_on: date, terms: HourTerms, at: datetime
) -> HourRule:
    """Put a new version of an organisation's hour rule into force from a day.

    Refuses as ``local_rules.adopt``, then HourTermsOutOfRange.
    """
    return adopt(
        session, actor, HourRuleRow, org_id=org_id, from_on=from_on, terms=asdict(terms), at=at,
        check=lambda: check_hour_terms(terms),
    ).frozen()  # fmt: skip
