"""Credits finished service in the ledger: its minutes, and points by every rule in force."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import select
from sqlmodel import Session, col

from pointsbank.core.actor import Actor
from pointsbank.core.statements import portions
from pointsbank.earning.queries import points_rules_of
from pointsbank.earning.rules import Credited, PointsRule, earns, points_for
from pointsbank.hours.rules import PROVENANCE, Way
from pointsbank.ledger.operations import post_all
from pointsbank.ledger.queries import OriginTransfer, reversible, transfers_of
from pointsbank.ledger.rules import (
    MINUTES,
    AccountRef,
    Cap,
    Posting,
    SystemKind,
    household_account,
    member_account,
    system_account,
)  # fmt: skip
from pointsbank.members.models import Member
from pointsbank.members.queries import households_on
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


ORIGIN = "attendance"
MOST_SERVICES_A_BATCH = 2_000


def credit(
    session: Session,
    actor: Actor,
    services: Sequence[Service],
    *,
    at: datetime,
    effective_on: date | None = None,
) -> None:
    """Post what these services earn, all or none; refuses as the ledger does (PeriodClosed).

    ``effective_on``: the day that it is dated, where the services' own is in a closed period. What
    is over a cap of a points rule, the ledger clips or withholds; minutes have no cap.
    """
    for part in portions(services, MOST_SERVICES_A_BATCH):
        postings = postings_for(session, part)
        if effective_on is not None:
            postings = [replace(one, effective_on=effective_on) for one in postings]
        post_all(session, actor, postings, at=at)


def correct(
    session: Session, actor: Actor, service: Service, *, key: str, effective_on: date, at: datetime
) -> None:
    """Bring what a service was credited with to what it is worth: of what was too much a reversing
    entry of the difference, which refers to what it takes back and gives back to its caps; of what
    was missing a further entry.

    Refuses as the ledger does: KeyReused, PeriodClosed, InsufficientBalance (points that are spent,
    where the unit refuses that).
    """
    wanted = {posting.source.unit: posting for posting in postings_for(session, [service])}
    standing: dict[str, list[OriginTransfer]] = {}
    for entry in transfers_of(session, ORIGIN, service.attendance_id):
        if entry.reverses is None and entry.left:
            standing.setdefault(entry.unit, []).append(entry)
    takings: dict[int, int] = {}
    further: list[Posting] = []
    for unit in {**wanted, **standing}:
        due = wanted[unit].amount if unit in wanted else 0
        missing = due - sum(entry.left for entry in standing.get(unit, ()))
        if missing > 0:
            further.append(
                replace(
                    wanted[unit], key=f"{key}:{unit}", amount=missing, effective_on=effective_on,
                    reason="correction",
                )
            )  # fmt: skip
        takings |= _newest_first(standing.get(unit, ()), -missing)
    originals = reversible(session, takings, key)
    reversals = [
        Posting(
            key=f"{key}:{transfer_id}",
            source=originals[transfer_id].destination,
            destination=originals[transfer_id].source,
            amount=amount,
            effective_on=effective_on,
            reason="correction",
            origin_kind=ORIGIN,
            origin_id=service.attendance_id,
            rule=originals[transfer_id].rule,
            reverses=transfer_id,
        )
        for transfer_id, amount in takings.items()
    ]
    post_all(session, actor, [*reversals, *further], at=at)


def _newest_first(entries: Sequence[OriginTransfer], amount: int) -> dict[int, int]:
    """How much of each transfer is taken back, the newest first."""
    takings = {}
    for entry in reversed(entries):
        if amount <= 0:
            break
        takings[entry.id] = min(entry.left, amount)
        amount -= takings[entry.id]
    return takings


def postings_for(session: Session, services: Sequence[Service]) -> list[Posting]:
    """Everything that these services earn, grouped by attendance; a constant number of reads."""
    rules = _rules_by_place(session, services)
    every = [rule for found in rules.values() for rule in found]
    in_the_party = _party_members(session, services, every)
    households = _households(session, services, every)
    caps = {rule.id: rule.ledger_caps for rule in every}
    postings: list[Posting] = []
    for service in services:
        if service.minutes:
            postings.append(_minutes(service))
        for rule in rules[service.org_id, service.on]:
            if not earns(rule, is_party_member=service.member_id in in_the_party):
                continue
            won = points_for(service.minutes, service.category, rule).points
            if won and service.minutes:
                account = member_account(service.member_id, rule.unit)
                home = households.get((service.member_id, service.on))
                if home is not None and rule.credited is Credited.HOUSEHOLD:
                    account = household_account(home, rule.unit)
                postings.append(_points(service, rule, won, account, caps[rule.id]))
    return postings


def _minutes(service: Service) -> Posting:
    return Posting(
        key=f"attendance:{service.attendance_id}:{MINUTES}",
        source=system_account(MINUTES, SystemKind.ISSUED, PROVENANCE[service.way]),
        destination=member_account(service.member_id, MINUTES),
        amount=service.minutes,
        effective_on=service.on,
        reason="service",
        origin_kind=ORIGIN,
        origin_id=service.attendance_id,
        rule=service.hour_rule,
        group=service.attendance_id,
    )


def _points(
    service: Service, rule: PointsRule, points: int, account: AccountRef, caps: tuple[Cap, ...]
) -> Posting:
    return Posting(
        key=f"attendance:{service.attendance_id}:{rule.unit}",
        source=system_account(rule.unit, SystemKind.ISSUED, service.category),
        destination=account,
        amount=points,
        effective_on=service.on,
        reason="service",
        origin_kind=ORIGIN,
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


def _households(
    session: Session, services: Iterable[Service], rules: Iterable[PointsRule]
) -> dict[tuple[int, date], int]:
    """The household of each on the day; not asked where no rule credits households."""
    if all(rule.credited is Credited.MEMBER for rule in rules):
        return {}
    return households_on(session, {(service.member_id, service.on) for service in services})


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
