"""Which points rules decide for an organisation, and what members already earned on a day."""

from collections.abc import Iterable
from datetime import date

from sqlalchemy import Select, func, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from pointsbank.earning.models import PointsRuleRow
from pointsbank.earning.rules import POINT_UNITS, PointsRule, in_force
from pointsbank.ledger.models import Account, Transfer, Unit
from pointsbank.ledger.rules import OwnerKind
from pointsbank.orgs.models import OrganisationReach

_FIELDS = tuple(getattr(PointsRuleRow, name) for name in PointsRule.__dataclass_fields__)
_Reversal = aliased(Transfer)
_MOST_IDS = 5_000
_FEW = 100


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


def points_earned_on(
    session: Session, member_ids: Iterable[int], days: Iterable[date]
) -> dict[tuple[int, str, date], int]:
    """Points earned by service, net of reversals, by member, unit and day: for a day's cap."""
    wanted, dates = sorted(set(member_ids)), sorted(set(days))
    earned: dict[tuple[int, str, date], int] = {}
    for start in range(0, len(wanted), _MOST_IDS):
        ids = wanted[start : start + _MOST_IDS]
        for owner_id, unit, day, points in session.execute(_earned(ids, dates)):
            earned[owner_id, unit, day] = int(points)
    return earned


def _earned(member_ids: list[int], days: list[date]) -> Select[int, str, date, int]:
    taken_back = (
        select(func.coalesce(func.sum(col(_Reversal.amount)), 0))
        .where(col(_Reversal.reverses) == col(Transfer.id))
        .scalar_subquery()
    )
    day = col(Transfer.effective_on)
    # Few members: read their own entries, not all of a busy day's; many: the other way round.
    on = func.coalesce(day, day) if len(member_ids) <= _FEW else day
    return (
        select(
            col(Account.owner_id),
            col(Unit.code),
            col(Transfer.effective_on),
            func.sum(col(Transfer.amount) - taken_back),
        )
        .join(Account, col(Account.id) == col(Transfer.destination_id))
        .join(Unit, col(Unit.id) == col(Account.unit_id))
        .where(
            col(Account.owner_kind) == OwnerKind.MEMBER,
            col(Account.owner_id).in_(member_ids),
            col(Unit.code).in_(POINT_UNITS),
            col(Transfer.destination_version).is_not(None),
            on.in_(days),
            col(Transfer.reason) == "service",
        )
        .group_by(col(Account.owner_id), col(Unit.code), col(Transfer.effective_on))
    )
