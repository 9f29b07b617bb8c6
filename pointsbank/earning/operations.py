"""Adopting a points rule."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, insert, select, update
from sqlmodel import Session, col

from pointsbank.core import audit, clock
from pointsbank.core.actor import Actor, Role
from pointsbank.earning import queries
from pointsbank.earning.models import PointsRuleRow
from pointsbank.earning.rules import (
    POINT_UNITS,
    Audience,
    Credited,
    LaterRuleStands,
    PartyPointsAreOnesOwn,
    PointsRule,
    Rounding,
    RuleBackdated,
    UnknownPointsUnit,
    check_points_rule,
)  # fmt: skip
from pointsbank.ledger.rules import PARTY, CapWindow, OverCap
from pointsbank.orgs.models import Organisation
from pointsbank.orgs.queries import organisation


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
    """Put a new version of a rule into force from a day; it ends the version before on the eve.

    A repeat with the same day and content is an answer. Refuses, in order: ``NotFound``
    (organisation), ``UnknownPointsUnit``, ``Forbidden`` (secretary), ``RuleBackdated`` (before
    today, unless the system does it), ``LaterRuleStands``, ``PartyPointsAreOnesOwn``,
    ``PointsRuleOutOfRange``.
    """
    terms: dict[str, Any] = {
        "points_per_hour": points_per_hour,
        "by_category": dict(by_category or {}),
        "each_time": dict(each_time or {}),
        "most_minutes_an_activity": most_minutes_an_activity,
        "caps": dict(caps or {}),
        "over_cap": over_cap,
    }
    wanted = PointsRule(
        0, org_id, unit, 1, from_on, None,
        **terms, audience=audience, rounding=rounding, credited=credited,
    )  # fmt: skip
    session.execute(_anchor(org_id))
    latest = queries.latest_points_rule(session, org_id, unit)
    if latest and replace(wanted, id=latest.id, version=latest.version) == latest:
        return latest
    organisation(session, org_id)
    if unit not in POINT_UNITS:
        raise UnknownPointsUnit(unit=unit)
    actor.require(Role.SECRETARY, org_id=org_id)
    if actor.kind != "system" and from_on < clock.local_day(at):
        raise RuleBackdated(today=clock.local_day(at))
    if latest and from_on <= latest.from_on:
        raise LaterRuleStands(version=latest.version, from_on=latest.from_on)
    if unit == PARTY and credited is Credited.HOUSEHOLD:
        raise PartyPointsAreOnesOwn
    check_points_rule(**terms)
    return _succeed(session, actor, latest, wanted, at)


def _succeed(
    session: Session, actor: Actor, latest: PointsRule | None, rule: PointsRule, at: datetime
) -> PointsRule:
    if latest:
        session.execute(
            update(PointsRuleRow)
            .where(col(PointsRuleRow.id) == latest.id)
            .values(until_on=rule.from_on - timedelta(days=1))
        )
        rule = replace(rule, version=latest.version + 1)
    row = {name: getattr(rule, name) for name in PointsRule.__dataclass_fields__ if name != "id"}
    rule_id = session.execute(
        insert(PointsRuleRow).returning(col(PointsRuleRow.id)), row
    ).scalar_one()
    adopted = replace(rule, id=rule_id)
    audit.record(
        session,
        actor,
        "earning.adopt_points_rule",
        ("points_rule", rule_id),
        at=at,
        org_id=rule.org_id,
        unit=rule.unit,
        version=rule.version,
        from_on=rule.from_on,
    )
    return adopted


def _anchor(org_id: int) -> Select[int]:
    """The row that adoptions of one organisation wait for."""
    anchor = select(col(Organisation.id)).where(col(Organisation.id) == org_id)
    return anchor.with_for_update(key_share=True)
