"""What people do with a membership transfer: ask, consent, accept, refuse, withdraw."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlmodel import Session, col

from pointsbank.core import audit, clock
from pointsbank.core.actor import Actor
from pointsbank.core.errors import Forbidden
from pointsbank.ledger import operations as ledger
from pointsbank.local_rules.operations import adopt
from pointsbank.members import operations as members
from pointsbank.members import queries as member_queries
from pointsbank.members.models import Member
from pointsbank.members.rules import (
    MemberLeft,
    Move,
    NoSuchMember,
    NotAHome,
    Relation,
    WrongLine,
)
from pointsbank.orgs import queries as orgs
from pointsbank.orgs.rules import OrganisationClosed
from pointsbank.transfers import queries, rules
from pointsbank.transfers.models import MembershipTransfer, TransferRuleRow, TransferStep
from pointsbank.transfers.rules import (
    STAFF,
    UNDER_WAY,
    UNIT_OF,
    PointsOnTransfer,
    Side,
    Step,
    TransferRule,
    TransferState,
)


def adopt_transfer_rule(
    session: Session,
    actor: Actor,
    *,
    org_id: int,
    from_on: date,
    points: PointsOnTransfer,
    at: datetime,
) -> TransferRule:
    """Put a new version of the rule into force from a day, for who leaves this organisation or one
    below it. Refuses as ``local_rules.adopt``.
    """
    terms = {"points": points}
    row = adopt(session, actor, TransferRuleRow, org_id=org_id, from_on=from_on, terms=terms, at=at)
    return row.frozen()


def request(
    session: Session,
    actor: Actor,
    *,
    member_id: int,
    relation: Relation,
    to_org_id: int,
    key: str,
    at: datetime,
    note: str = "",
) -> MembershipTransfer:
    """Ask that a member be transferred; she consents by asking herself.

    Refuses, in order: KeyTaken, NoSuchMember, NoSuchOrganisation, Forbidden (the member, or
    secretary or administrator of where she is or is to go), MemberLeft, NotAHome or WrongLine,
    OrganisationClosed, AlreadyThere, TransferUnderWay, ReasonTooLong.
    """
    orgs.hold_tree(session)
    locked = select(Member).where(col(Member.id) == member_id).with_for_update(key_share=True)
    member = session.execute(locked).scalar_one_or_none()
    earlier = queries.step_of_key(session, key)
    if earlier is not None:
        return _first_answer(session, earlier, (member_id, relation, to_org_id))
    if member is None:
        raise NoSuchMember
    target = orgs.organisation(session, to_org_id)
    from_org_id = queries.place_of(member, relation)
    side = _side_asking(actor, member_id, from_org_id, to_org_id)
    if member.left_on is not None:
        raise MemberLeft(left_on=member.left_on)
    if not queries.may_be_target(session, target, relation):
        raise NotAHome if relation is Relation.RESIDENCE else WrongLine
    if target.closed_on is not None:
        raise OrganisationClosed(closed_on=target.closed_on)
    if to_org_id == from_org_id:
        raise rules.AlreadyThere
    if (before := queries.under_way(session, member_id, relation)) is not None:
        raise rules.TransferUnderWay(since=clock.local_day(before.asked_at))
    meant = rules.check_text(note)

    asked = MembershipTransfer(
        member_id=member_id,
        relation=relation,
        from_org_id=from_org_id,
        to_org_id=to_org_id,
        state=TransferState.AWAITING_ACCEPTANCE
        if side is Side.MEMBER
        else TransferState.AWAITING_CONSENT,
        asked_by=side,
        asked_at=at,
        note=meant,
    )
    session.add(asked)
    session.flush()
    _record(session, actor, asked, Step.REQUESTED, key=key, at=at, relation=relation, asked_by=side)
    return asked


def consent(
    session: Session, actor: Actor, *, transfer_id: int, key: str, at: datetime
) -> MembershipTransfer:
    """The member agrees; or staff of either side record that they hold her signed consent.

    Refuses, in order: KeyTaken, NoSuchTransfer, Forbidden, TransferSettled, ConsentGiven.
    """
    found = _locked(session, transfer_id)
    if (earlier := queries.step_of_key(session, key)) is not None:
        return _same_step(session, earlier, transfer_id, Step.CONSENTED, Step.CONSENTED_ON_PAPER)
    found = _existing(found)
    sides = queries.sides_of(actor, found)
    if not sides:
        raise Forbidden
    _check_under_way(found)
    if found.state != TransferState.AWAITING_CONSENT:
        raise rules.ConsentGiven
    step = Step.CONSENTED if Side.MEMBER in sides else Step.CONSENTED_ON_PAPER
    _change(session, found, state=TransferState.AWAITING_ACCEPTANCE)
    _record(session, actor, found, step, key=key, at=at)
    return found


def accept(
    session: Session, actor: Actor, *, transfer_id: int, key: str, at: datetime
) -> MembershipTransfer:
    """The receiving organisation takes the member in: from this day she belongs to it.

    Hours and stars are hers; points follow the rule of the organisation that she leaves.
    Refuses, in order: KeyTaken, NoSuchTransfer, Forbidden (secretary or administrator of the
    receiving organisation), TransferSettled, ConsentMissing, ConsentBySamePerson, MemberLeft,
    MovedMeanwhile, OrganisationClosed, PeriodClosed.
    """
    orgs.hold_tree(session)
    found = _locked(session, transfer_id)
    if (earlier := queries.step_of_key(session, key)) is not None:
        return _same_step(session, earlier, transfer_id, Step.ACCEPTED)
    found = _existing(found)
    actor.require(*STAFF, org_id=found.to_org_id)
    _check_under_way(found)
    if found.state == TransferState.AWAITING_CONSENT:
        raise rules.ConsentMissing
    if queries.consent_was_recorded_by(actor, queries.steps_of(session, transfer_id)):
        raise rules.ConsentBySamePerson
    member = _locked_member(session, found.member_id)
    if member.left_on is not None:
        raise MemberLeft(left_on=member.left_on)
    if queries.place_of(member, found.relation) != found.from_org_id:
        raise rules.MovedMeanwhile
    target = orgs.organisation(session, found.to_org_id)
    if target.closed_on is not None:
        raise OrganisationClosed(closed_on=target.closed_on)

    today = clock.local_day(at)
    rule, lapsed = _settle_points(session, actor, found, today, at)
    members.move_member(
        session, actor, member_id=member.id, on=today, at=at, released=True, **_move(found)
    )  # fmt: skip
    _change(
        session, found, state=TransferState.ACCEPTED, settled_at=at,
        rule_version=rule.version, points_lapsed=lapsed,
    )  # fmt: skip
    _record(
        session, actor, found, Step.ACCEPTED, key=key, at=at, rule_org=rule.org_id,
        rule_version=rule.version, points_lapsed=lapsed,
    )  # fmt: skip
    return found


def refuse(
    session: Session, actor: Actor, *, transfer_id: int, reason: str, key: str, at: datetime
) -> MembershipTransfer:
    """The receiving organisation does not take her in, or the member does not agree.

    Refuses, in order: KeyTaken, NoSuchTransfer, Forbidden (secretary or administrator of the
    receiving organisation, or the member), TransferSettled, ReasonTooLong.
    """
    found = _locked(session, transfer_id)
    if (earlier := queries.step_of_key(session, key)) is not None:
        return _same_step(session, earlier, transfer_id, Step.REFUSED)
    found = _existing(found)
    if not queries.sides_of(actor, found) & {Side.MEMBER, Side.TARGET}:
        raise Forbidden
    _check_under_way(found)
    meant = rules.check_text(reason)
    _change(session, found, state=TransferState.REFUSED, settled_at=at, reason=meant)
    _record(session, actor, found, Step.REFUSED, key=key, at=at)
    return found


def withdraw(
    session: Session, actor: Actor, *, transfer_id: int, key: str, at: datetime
) -> MembershipTransfer:
    """Who asked for it asks no more; a member may take her own consent back at any time.

    Refuses, in order: KeyTaken, NoSuchTransfer, Forbidden (the member, or staff of the side that
    asked), TransferSettled.
    """
    found = _locked(session, transfer_id)
    if (earlier := queries.step_of_key(session, key)) is not None:
        return _same_step(session, earlier, transfer_id, Step.WITHDRAWN)
    found = _existing(found)
    if not queries.sides_of(actor, found) & {Side.MEMBER, found.asked_by}:
        raise Forbidden
    _check_under_way(found)
    _change(session, found, state=TransferState.WITHDRAWN, settled_at=at)
    _record(session, actor, found, Step.WITHDRAWN, key=key, at=at)
    return found


def end_transfers(session: Session, actor: Actor, *, member_id: int, at: datetime) -> int:
    """Withdraw all that is under way for a member who leaves the register; how many that was.

    For features that end a membership, which have asked who may: it refuses nothing.
    """
    return _end(session, actor, queries.open_ids_of(session, member_id), "left", at)


def end_pointless(session: Session, actor: Actor, *, org_id: int, at: datetime) -> int:
    """Withdraw all that lead from an organisation to itself, as it took in another; how many.

    For a merger, which has asked who may: it refuses nothing.
    """
    return _end(session, actor, queries.open_ids_within(session, org_id), "merged", at)


def _end(session: Session, actor: Actor, ids: Sequence[int], why: str, at: datetime) -> int:
    for transfer_id in ids:
        found = _existing(_locked(session, transfer_id))
        _change(session, found, state=TransferState.WITHDRAWN, settled_at=at)
        _record(session, actor, found, Step.WITHDRAWN, key=f"{why}:{transfer_id}", at=at)
    return len(ids)


def _side_asking(actor: Actor, member_id: int, from_org_id: int | None, to_org_id: int) -> Side:
    if actor.member_id == member_id:
        return Side.MEMBER
    if from_org_id is not None and actor.may(*STAFF, org_id=from_org_id):
        return Side.SOURCE
    actor.require(*STAFF, org_id=to_org_id)
    return Side.TARGET


def _settle_points(
    session: Session, actor: Actor, found: MembershipTransfer, today: date, at: datetime
) -> tuple[TransferRule, int]:
    """The rule that decided, and how many points it ended."""
    unit = UNIT_OF.get(found.relation)
    if unit is None or found.from_org_id is None:
        return rules.STANDING_RULE, 0
    rule = queries.rule_in_force(session, found.from_org_id, today)
    within = rule.version > 0 and queries.is_below(session, found.to_org_id, rule.org_id)
    if not rules.lapses(rule, within=within):
        return rule, 0
    given_up = ledger.give_up(
        session,
        actor,
        member_ids=member_queries.ids_of_person(session, found.member_id),
        unit=unit,
        key=f"membership_transfer:{found.id}",
        reason="moved_away",
        origin_kind="membership_transfer",
        origin_id=found.id,
        effective_on=today,
        at=at,
    )
    return rule, sum(given_up.values())


def _move(found: MembershipTransfer) -> Move:
    if found.relation is Relation.RESIDENCE:
        return {"residence_id": found.to_org_id}
    if found.relation is Relation.BRANCH:
        return {"branch_id": found.to_org_id}
    return {"employer_id": found.to_org_id}


def _locked(session: Session, transfer_id: int) -> MembershipTransfer | None:
    wanted = (
        select(MembershipTransfer)
        .where(col(MembershipTransfer.id) == transfer_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found: MembershipTransfer | None = session.execute(wanted).scalar_one_or_none()
    return found


def _existing(found: MembershipTransfer | None) -> MembershipTransfer:
    if found is None:
        raise rules.NoSuchTransfer
    return found


def _locked_member(session: Session, member_id: int) -> Member:
    wanted = (
        select(Member)
        .where(col(Member.id) == member_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    found: Member = session.execute(wanted).scalar_one()
    return found


def _check_under_way(found: MembershipTransfer) -> None:
    if found.state not in UNDER_WAY:
        since = clock.local_day(found.settled_at) if found.settled_at else None
        raise rules.TransferSettled(since=since)


def _first_answer(
    session: Session, earlier: TransferStep, asked: tuple[int, Relation, int]
) -> MembershipTransfer:
    first = queries.transfer(session, earlier.transfer_id)
    if earlier.step != Step.REQUESTED or asked != (
        first.member_id,
        first.relation,
        first.to_org_id,
    ):
        raise rules.KeyTaken
    return first


def _same_step(
    session: Session, earlier: TransferStep, transfer_id: int, *steps: Step
) -> MembershipTransfer:
    if earlier.transfer_id != transfer_id or earlier.step not in steps:
        raise rules.KeyTaken
    return queries.transfer(session, transfer_id)


def _change(session: Session, found: MembershipTransfer, **values: Any) -> None:
    session.execute(
        update(MembershipTransfer).where(col(MembershipTransfer.id) == found.id).values(**values)
    )
    session.refresh(found)


def _record(
    session: Session, actor: Actor, found: MembershipTransfer, step: Step, *, key: str,
    at: datetime, **facts: Any,
) -> None:  # fmt: skip
    session.execute(
        insert(TransferStep).values(
            transfer_id=found.id, step=step, at=at, by_kind=actor.kind, by_id=actor.id, key=key
        )
    )
    audit.record(
        session, actor, f"transfers.{step}", ("member", found.member_id), at=at,
        org_id=found.to_org_id, transfer=found.id, from_org=found.from_org_id, **facts,
    )  # fmt: skip
