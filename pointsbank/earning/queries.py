"""Which points rules decide for an organisation, and what a member has already earned on a day."""

from collections.abc import Iterable
from datetime import date

from sqlalchemy import Row, select
from sqlmodel import Session

from pointsbank.earning.models import PointsRuleRow
from pointsbank.earning.rules import Audience, PointsRule, Rounding, in_force
from pointsbank.orgs.models import OrganisationReach

_row = PointsRuleRow.__table__  # type: ignore[attr-defined]
_reach = OrganisationReach.__table__  # type: ignore[attr-defined]


def points_rules_in_force(session: Session, org_id: int, on: date) -> list[PointsRule]:
    """The rule of each unit that decides for this organisation on a day: the nearest ancestor's, itself first."""
    return in_force(points_rules_of(session, [org_id]).get(org_id, []), on)


def points_rules_of(session: Session, org_ids: Iterable[int]) -> dict[int, list[PointsRule]]:
    """All versions that ever bear on each organisation, nearest first: for a batch, with ``rules.in_force`` a day."""
    found = session.execute(
        select(_reach.c.organisation_id, _row)
        .join(_row, _row.c.org_id == _reach.c.ancestor_id)
        .where(_reach.c.organisation_id.in_(sorted(set(org_ids))))
        .order_by(_reach.c.organisation_id, _reach.c.depth, _row.c.unit, _row.c.version)
    )
    rules: dict[int, list[PointsRule]] = {}
    for row in found:
        rules.setdefault(row.organisation_id, []).append(_rule(row))
    return rules


def points_rules(session: Session, rule_ids: Iterable[int]) -> dict[int, PointsRule]:
    """Rules by number: what a ledger entry's ``points_rule:…`` names."""
    wanted = sorted(set(rule_ids))
    found = session.execute(select(_row).where(_row.c.id.in_(wanted))) if wanted else ()
    return {row.id: _rule(row) for row in found}


def _rule(row: Row[tuple[object, ...]]) -> PointsRule:
    return PointsRule(
        id=row.id,
        org_id=row.org_id,
        unit=row.unit,
        version=row.version,
        from_on=row.from_on,
        until_on=row.until_on,
        points_per_hour=row.points_per_hour,
        by_category=row.by_category,
        each_time=row.each_time,
        most_minutes_an_activity=row.most_minutes_an_activity,
        most_a_day=row.most_a_day,
        audience=Audience(row.audience),
        rounding=Rounding(row.rounding),
    )


def points_earned_on(
    session: Session, member_ids: Iterable[int], days: Iterable[date]
) -> dict[tuple[int, str, date], int]:
    """Points already earned by service, net of reversals, by member, unit and day: ``earned_today`` of a day's cap."""
    raise NotImplementedError
