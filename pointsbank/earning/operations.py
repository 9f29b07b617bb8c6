"""Adopting a points rule."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlmodel import Session

from pointsbank.core.actor import Actor
from pointsbank.earning.models import PointsRuleRow
from pointsbank.earning.rules import (
    POINT_UNITS,
    Audience,
    Credited,
    PartyPointsAreOnesOwn,
    PointsRule,
    Rounding,
    UnknownPointsUnit,
    check_points_rule,
)  # fmt: skip
from pointsbank.ledger.rules import PARTY, CapWindow, OverCap
from pointsbank.local_rules.operations import adopt


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
    caps: Mapping[CapWindow, int] | None = None,
    over_cap: OverCap = OverCap.CLIP,
    audience: Audience = Audience.ALL,
    rounding: Rounding = Rounding.DOWN,
    credited: Credited = Credited.MEMBER,
    at: datetime,
) -> PointsRule:
    """Put a new version of a unit's rule into force from a day.

    Refuses, in order: UnknownPointsUnit, then as ``local_rules.adopt``, PartyPointsAreOnesOwn,
    PointsRuleOutOfRange.
    """
    if unit not in POINT_UNITS:
        raise UnknownPointsUnit(unit=unit)
    counted: dict[str, Any] = {
        "points_per_hour": points_per_hour,
        "by_category": dict(by_category or {}),
        "each_time": dict(each_time or {}),
        "most_minutes_an_activity": most_minutes_an_activity,
        "caps": dict(caps or {}),
        "over_cap": over_cap,
    }
    terms = {**counted, "audience": audience, "rounding": rounding, "credited": credited}

    def check() -> None:
        if unit == PARTY and credited is Credited.HOUSEHOLD:
            raise PartyPointsAreOnesOwn
        check_points_rule(**counted)

    return adopt(
        session, actor, PointsRuleRow, org_id=org_id, part=unit, from_on=from_on, terms=terms,
        at=at, check=check,
    ).frozen()  # fmt: skip
