"""What is looked up of membership transfers: the inbox, one transfer, the rule in force."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Row, case, func, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from pointsbank.core.actor import Actor
from pointsbank.local_rules import queries as local_rules
from pointsbank.members.models import Member
from pointsbank.members.rules import NoSuchMember, Relation
from pointsbank.orgs import queries as orgs
from pointsbank.orgs.models import Organisation
from pointsbank.orgs.rules import Line
from pointsbank.transfers.models import MembershipTransfer, TransferRuleRow, TransferStep
from pointsbank.transfers.rules import (
    STAFF,
    STANDING_RULE,
    UNDER_WAY,
    UNIT_OF,
    NoSuchTransfer,
    PointsOnTransfer,
    Side,
    Step,
    TransferRule,
    TransferState,
    lapses,
)

PAGE = 20
MOST_PLACES = 30
_LINES = {Relation.BRANCH: Line.PARTY, Relation.EMPLOYER: Line.EMPLOYER}
_source, _target = aliased(Organisation), aliased(Organisation)


@dataclass(frozen=True, slots=True)
class Listed:
    """A transfer as a list and its own page show it."""

    transfer: MembershipTransfer
    member_name: str
    member_number: str
    from_name: str
    to_name: str


@dataclass(frozen=True, slots=True)
class Box:
    """A page of an inbox, those under way first, and how many there are."""

    found: Sequence[Listed]
    total: int
    waiting: int


def transfer(session: Session, transfer_id: int) -> MembershipTransfer:
    """The transfer, or ``NoSuchTransfer``."""
    found = session.get(MembershipTransfer, transfer_id)
    if found is None:
        raise NoSuchTransfer
    return found


def transfer_seen_by(session: Session, actor: Actor, transfer_id: int) -> Listed:
    """For the member and the staff of either side; else ``NoSuchTransfer``."""
    rows = session.execute(_listed().where(col(MembershipTransfer.id) == transfer_id))
    found = next(iter(_as_listed(rows)), None)
    if found is None or not sides_of(actor, found.transfer):
        raise NoSuchTransfer
    return found


def sides_of(actor: Actor, found: MembershipTransfer) -> frozenset[Side]:
    """For whom this actor may speak in a transfer."""
    sides = set()
    if actor.member_id == found.member_id:
        sides.add(Side.MEMBER)
    if found.from_org_id is not None and actor.may(*STAFF, org_id=found.from_org_id):
        sides.add(Side.SOURCE)
    if actor.may(*STAFF, org_id=found.to_org_id):
        sides.add(Side.TARGET)
    return frozenset(sides)


def steps_of(session: Session, transfer_id: int) -> list[TransferStep]:
    """What was done with a transfer, in order."""
    wanted = select(TransferStep).where(col(TransferStep.transfer_id) == transfer_id)
    return list(session.execute(wanted.order_by(col(TransferStep.id))).scalars())


def step_of_key(session: Session, key: str) -> TransferStep | None:
    wanted = select(TransferStep).where(col(TransferStep.key) == key)
    return session.execute(wanted).scalar_one_or_none()


def under_way(session: Session, member_id: int, relation: Relation) -> MembershipTransfer | None:
    """The one transfer of a member that is not settled, in a relation."""
    return session.execute(
        select(MembershipTransfer).where(
            col(MembershipTransfer.member_id) == member_id,
            col(MembershipTransfer.relation) == relation,
            col(MembershipTransfer.state).in_(UNDER_WAY),
        )
    ).scalar_one_or_none()


def steps_open_to(
    actor: Actor, found: MembershipTransfer, steps: Sequence[TransferStep]
) -> frozenset[Step]:
    """What this actor may do next: what the buttons of a transfer's page are."""
    sides = sides_of(actor, found)
    if found.state not in UNDER_WAY or not sides:
        return frozenset()
    may = set()
    if found.state == TransferState.AWAITING_CONSENT:
        may.add(Step.CONSENTED if Side.MEMBER in sides else Step.CONSENTED_ON_PAPER)
    elif Side.TARGET in sides and not consent_was_recorded_by(actor, steps):
        may.add(Step.ACCEPTED)
    awaits_acceptance = found.state == TransferState.AWAITING_ACCEPTANCE
    withdraws = found.asked_by in sides or (Side.MEMBER in sides and awaits_acceptance)
    if withdraws:
        may.add(Step.WITHDRAWN)
    if Side.TARGET in sides - {found.asked_by} or (Side.MEMBER in sides and not withdraws):
        may.add(Step.REFUSED)
    return frozenset(may)


def consent_was_recorded_by(actor: Actor, steps: Sequence[TransferStep]) -> bool:
    """Whether it was this actor who said that there is a signed sheet."""
    return any(
        step.step == Step.CONSENTED_ON_PAPER
        and (step.by_kind, step.by_id) == (actor.kind, actor.id)
        for step in steps
    )


def forecast(session: Session, found: MembershipTransfer, on: date) -> PointsOnTransfer:
    """What would become of the points if the transfer were accepted on a day."""
    if found.from_org_id is None or found.relation not in UNIT_OF:
        return PointsOnTransfer.KEEP
    rule = rule_in_force(session, found.from_org_id, on)
    within = rule.version > 0 and is_below(session, found.to_org_id, rule.org_id)
    return PointsOnTransfer.EXPIRE if lapses(rule, within=within) else PointsOnTransfer.KEEP


def whom(session: Session, actor: Actor, number: str, name: str) -> int:
    """The member that is meant: of this number and name, or she who asks where both are empty.

    Refuses ``NoSuchMember``.
    """
    if number or name:
        return member_called(session, number, name).id
    if actor.member_id is None:
        raise NoSuchMember
    return actor.member_id


def box(session: Session, actor: Actor, name: str, *, page: int) -> Box:
    """The page of an inbox by its name: incoming, outgoing, mine."""
    found = {"incoming": incoming, "outgoing": outgoing, "mine": mine}[name]
    return found(session, actor, page=page)


def incoming(session: Session, actor: Actor, *, page: int) -> Box:
    """Transfers to an organisation for which this actor accepts, or one below it."""
    return _box(session, col(MembershipTransfer.to_org_id).in_(_reach(actor)), page)


def outgoing(session: Session, actor: Actor, *, page: int) -> Box:
    """Transfers from such an organisation."""
    return _box(session, col(MembershipTransfer.from_org_id).in_(_reach(actor)), page)


def mine(session: Session, actor: Actor, *, page: int) -> Box:
    """A member's own transfers."""
    return _box(session, col(MembershipTransfer.member_id) == (actor.member_id or 0), page)


def listed_of_member(session: Session, member_id: int) -> list[Listed]:
    """All transfers of a member, the oldest first."""
    wanted = _listed().where(col(MembershipTransfer.member_id) == member_id)
    return _as_listed(session.execute(wanted.order_by(col(MembershipTransfer.id))))


def _reach(actor: Actor) -> Any:
    return orgs.ids_below(grant.org_id for grant in actor.grants if grant.role in STAFF)


def _box(session: Session, wanted: ColumnElement[bool], page: int) -> Box:
    is_open = col(MembershipTransfer.state).in_(UNDER_WAY)
    total, waiting = session.execute(
        select(func.count(), func.coalesce(func.sum(case((is_open, 1), else_=0)), 0)).where(wanted)
    ).one()
    rows = session.execute(
        _listed()
        .where(wanted)
        .order_by(case((is_open, 0), else_=1), col(MembershipTransfer.id).desc())
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    )
    return Box(_as_listed(rows), total, int(waiting))


def _listed() -> Any:
    return (
        select(
            MembershipTransfer,
            col(Member.name),
            col(Member.number),
            func.coalesce(_source.name, ""),
            col(_target.name),
        )
        .join(Member, col(Member.id) == col(MembershipTransfer.member_id))
        .outerjoin(_source, col(_source.id) == col(MembershipTransfer.from_org_id))
        .join(_target, col(_target.id) == col(MembershipTransfer.to_org_id))
    )


def _as_listed(rows: Any) -> list[Listed]:
    return [Listed(*row) for row in rows]


def place_of(member: Member, relation: Relation) -> int | None:
    """The organisation to which a member belongs in a relation."""
    return {
        Relation.RESIDENCE: member.residence_id,
        Relation.BRANCH: member.branch_id,
        Relation.EMPLOYER: member.employer_id,
    }[relation]


def may_be_target(session: Session, place: Organisation, relation: Relation) -> bool:
    """Whether a member may belong to this organisation in this relation."""
    if relation is Relation.RESIDENCE:
        return place.kind in orgs.home_kinds(session)
    return place.line is _LINES[relation]


def places_named(
    session: Session, relation: Relation, name: str, within: frozenset[int] | None = None
) -> list[Row[int, str, str]]:
    """(id, name, name of the one above) of open organisations to which one may be transferred;
    ``within`` limits them to these ids. At most ``MOST_PLACES``.
    """
    above = aliased(Organisation)
    kind = (
        col(Organisation.kind).in_(orgs.home_kinds(session))
        if relation is Relation.RESIDENCE
        else col(Organisation.line) == _LINES[relation]
    )
    wanted = (
        select(col(Organisation.id), col(Organisation.name), func.coalesce(above.name, ""))
        .outerjoin(above, col(above.id) == col(Organisation.parent_id))
        .where(
            kind,
            col(Organisation.closed_on).is_(None),
            col(Organisation.name).contains(name, autoescape=True)
            | col(above.name).contains(name, autoescape=True),
        )
        .order_by(col(Organisation.id))
        .limit(MOST_PLACES)
    )
    if within is not None:
        wanted = wanted.where(orgs.among(Organisation.id, within))
    return list(session.execute(wanted))


def member_called(session: Session, number: str, name: str) -> Member:
    """The member of this volunteer number if that is her name too: who asks for a stranger must
    know both. Else ``NoSuchMember``.
    """
    wanted = select(Member).where(col(Member.number) == number, col(Member.name) == name)
    found: Member | None = session.execute(wanted).scalar_one_or_none()
    if found is None:
        raise NoSuchMember
    return found


def rule_in_force(session: Session, org_id: int, on: date) -> TransferRule:
    """The nearest organisation's rule above (itself first) in force on a day, else the standing."""
    row = local_rules.rule_in_force(session, TransferRuleRow, org_id, on)
    return row.frozen() if row else STANDING_RULE


def is_below(session: Session, org_id: int, above_id: int) -> bool:
    """Whether an organisation is another one or lies under it."""
    return org_id in orgs.below(session, [above_id])[above_id]


def open_ids_within(session: Session, org_id: int) -> list[int]:
    """The transfers from an organisation to itself that are not settled."""
    wanted = select(col(MembershipTransfer.id)).where(
        col(MembershipTransfer.from_org_id) == org_id,
        col(MembershipTransfer.to_org_id) == org_id,
        col(MembershipTransfer.state).in_(UNDER_WAY),
    )
    return list(session.execute(wanted.order_by(col(MembershipTransfer.id))).scalars())


def open_ids_of(session: Session, member_id: int) -> list[int]:
    """The transfers of a member that are not settled."""
    wanted = select(col(MembershipTransfer.id)).where(
        col(MembershipTransfer.member_id) == member_id,
        col(MembershipTransfer.state).in_(UNDER_WAY),
    )
    return list(session.execute(wanted.order_by(col(MembershipTransfer.id))).scalars())
