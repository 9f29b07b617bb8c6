"""Adopting a points rule."""

from collections.abc import Mapping
from datetime import date, datetime

from sqlmodel import Session

from pointsbank.core.actor import Actor
from pointsbank.earning.rules import Audience, PointsRule, Rounding


def adopt_points_rule(
    session: Session,
    actor: Actor,
    *,
    org_id: int,
    unit: str,
    from_on: date,
    points_per_hour: int,
    by_category: Mapping[str, int] | None = None,
    each_time: Mapping[str, int] | None = None,
    most_minutes_an_activity: int | None = None,
    most_a_day: int | None = None,
    audience: Audience = Audience.ALL,
    rounding: Rounding = Rounding.DOWN,
    at: datetime,
) -> PointsRule:
    """Put a new version of an organisation's rule for a unit into force from a day; it ends the one before on the eve.

    A repeat with the same day and content is an answer. Refuses, in order: ``NotFound`` (organisation),
    ``UnknownPointsUnit``, ``Forbidden`` (secretary), ``RuleBackdated`` (before today, unless the system does it),
    ``LaterRuleStands``, ``PointsRuleOutOfRange``.
    """
    raise NotImplementedError
