"""The verbs of hours: adopt an hour rule, credit finished service, correct it."""

from datetime import date, datetime

from sqlalchemy import select
from sqlmodel import Session, col

from pointsbank.core import audit, clock
from pointsbank.core.actor import Actor, Role
from pointsbank.hours import queries
from pointsbank.hours.credit import Service, correct, credit
from pointsbank.hours.models import HourRuleRow
from pointsbank.hours.rules import HourRule, HourRuleBackdated, HourTerms, check_hour_terms
from pointsbank.orgs.models import Organisation
from pointsbank.orgs.queries import organisation

__all__ = ["Service", "adopt_hour_rule", "correct", "credit"]


def adopt_hour_rule(
    session: Session, actor: Actor, *, org_id: int, from_on: date, terms: HourTerms, at: datetime
) -> HourRule:
    """Put a new version of an organisation's hour rule into force from a day.

    A repeat with the same day and terms is an answer. Refuses, in order: NoSuchOrganisation,
    Forbidden (secretary), HourRuleBackdated (before today, unless the system does it, or not
    after the version before), HourTermsOutOfRange.
    """
    session.execute(  # one version at a time
        select(col(Organisation.id))
        .where(col(Organisation.id) == org_id)
        .with_for_update(key_share=True)
    )
    latest = queries.latest_hour_rule(session, org_id)
    if latest and (latest.from_on, latest.terms) == (from_on, terms):
        return latest
    organisation(session, org_id)
    actor.require(Role.SECRETARY, org_id=org_id)
    if actor.kind != "system" and from_on < clock.local_day(at):
        raise HourRuleBackdated(from_on=clock.local_day(at))
    if latest and from_on <= latest.from_on:
        raise HourRuleBackdated(from_on=latest.from_on)
    check_hour_terms(terms)
    row = HourRuleRow(
        org_id=org_id,
        version=latest.version + 1 if latest else 1,
        from_on=from_on,
        **{name: getattr(terms, name) for name in HourTerms.__slots__},
    )
    session.add(row)
    session.flush()
    rule = row.frozen()
    audit.record(
        session, actor, "hours.adopt_hour_rule", ("hour_rule", rule.id or 0), at=at,
        org_id=org_id, version=rule.version, from_on=from_on,
    )  # fmt: skip
    return rule
