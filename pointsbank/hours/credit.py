"""Credits finished service in the ledger: its minutes, and points by every rule in force."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlmodel import Session, col

from pointsbank.core.actor import Actor
from pointsbank.core.statements import portions
from pointsbank.earning.queries import points_rules_of
from pointsbank.earning.rules import PointsRule, earns, points_for
from pointsbank.hours.rules import PROVENANCE, Way
from pointsbank.ledger.operations import post_all
from pointsbank.ledger.rules import (
    MINUTES,
    Cap,
    Posting,
    SystemKind,
    member_account,
    system_account,
)  # fmt: skip
from pointsbank.members.models import Member
from pointsbank.members.rules import IN_THE_PARTY
from pointsbank.orgs.queries import among


@dataclass(frozen=True, slots=True)
class Service:
    """A finished attendance that is to be credited; ``hour_rule`` is the ref of what decided it."""

    attendance_id: int
    member_id: int
    minutes: int
    way: Way
    org_id: int
    category: str
    on: date
    hour_rule: str


MOST_SERVICES_A_BATCH = 2_000


def credit(session: Session, actor: Actor, services: Sequence[Service], *, at: datetime) -> None:
    """Post what these services earn, all or none; refuses as the ledger does (PeriodClosed).

    What is over a cap of a points rule, the ledger clips or withholds; minutes have no cap.
    """
    for part in portions(services, MOST_SERVICES_A_BATCH):
        post_all(session, actor, postings_for(session, part), at=at)


def postings_for(session: Session, services: Sequence[Service]) -> list[Posting]:
    """Everything that these services earn, grouped by attendance; a constant number of reads."""
    rules = _rules_by_place(session, services)
    every = [rule for found in rules.values() for rule in found]
    in_the_party = _party_members(session, services, every)
    caps = {rule.id: rule.ledger_caps for rule in every}
    postings: list[Posting] = []
    for service in services:
        postings.append(_minutes(service))
        for rule in rules[service.org_id, service.on]:
            if not earns(rule, is_party_member=service.member_id in in_the_party):
                continue
            won = points_for(service.minutes, service.category, rule).points
            if won:
                postings.append(_points(service, rule, won, caps[rule.id]))
    return postings


def _minutes(service: Service) -> Posting:
    return Posting(
        key=f"attendance:{service.attendance_id}:{MINUTES}",
        source=system_account(MINUTES, SystemKind.ISSUED, PROVENANCE[service.way]),
        destination=member_account(service.member_id, MINUTES),
        amount=service.minutes,
        effective_on=service.on,
        reason="service",
        origin_kind="attendance",
        origin_id=service.attendance_id,
        rule=service.hour_rule,
        group=service.attendance_id,
    )


def _points(service: Service, rule: PointsRule, points: int, caps: tuple[Cap, ...]) -> Posting:
    return Posting(
        key=f"attendance:{service.attendance_id}:{rule.unit}",
        source=system_account(rule.unit, SystemKind.ISSUED, service.category),
        destination=member_account(service.member_id, rule.unit),
        amount=points,
        effective_on=service.on,
        reason="service",
        origin_kind="attendance",
        origin_id=service.attendance_id,
        rule=rule.ref,
        group=service.attendance_id,
        caps=caps,
    )


def _rules_by_place(
    session: Session, services: Iterable[Service]
) -> dict[tuple[int, date], list[PointsRule]]:
    places = {(service.org_id, service.on) for service in services}
    return points_rules_of(session, places)


def _party_members(
    session: Session, services: Iterable[Service], rules: Iterable[PointsRule]
) -> frozenset[int]:
    """Who of them is in the party; not asked where every rule is for everyone."""
    if all(earns(rule, is_party_member=False) for rule in rules):
        return frozenset()
    found = session.execute(
        select(col(Member.id)).where(
            among(Member.id, {service.member_id for service in services}),
            col(Member.party_status).in_(IN_THE_PARTY),
        )
    )
    return frozenset(found.scalars())
