"""Households 户: founding one, joining and leaving it, and who is its head. No balance moves."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlmodel import Session, col

from pointsbank.core import audit, clock
from pointsbank.core.actor import Actor
from pointsbank.members import queries
from pointsbank.members.models import Household, HouseholdMember, Member
from pointsbank.members.places import locked
from pointsbank.members.registration import REGISTRARS
from pointsbank.members.rules import (
    DayInFuture,
    HeadStays,
    InAHousehold,
    MemberLeft,
    MoveBackdated,
    NotOfHousehold,
)

_DAY = timedelta(days=1)


def found_household(
    session: Session,
    actor: Actor,
    *,
    head_id: int,
    on: date,
    at: datetime,
    member_ids: Sequence[int] = (),
) -> Household:
    """Found a household from a day on, of a head and those who are named with her.

    Refuses: NoSuchMember, Forbidden (secretary or administrator where each of them lives),
    MemberLeft, DayInFuture, MoveBackdated, InAHousehold.
    """
    ids = list(dict.fromkeys([head_id, *member_ids]))
    joining = [locked(session, member_id) for member_id in sorted(ids)]
    _check_may_join(session, actor, joining, on, at)

    made = insert(Household).values(head_id=head_id, founded_on=on).returning(col(Household.id))
    household_id: int = session.execute(made).scalar_one()
    _put_in(session, household_id, ids, on)
    head = queries.member(session, head_id)
    _audit(session, actor, "members.household_founded", household_id, head, at=at, count=len(ids))
    return queries.household(session, household_id)


def join_household(
    session: Session, actor: Actor, *, household_id: int, member_id: int, on: date, at: datetime
) -> None:
    """Make a member one of a household from a day on. Her balance stays her own.

    Refuses: NoSuchHousehold, NoSuchMember, Forbidden (secretary or administrator where she lives
    and where the head does), MemberLeft, DayInFuture, MoveBackdated, InAHousehold.
    """
    household = queries.household(session, household_id)
    head = queries.member(session, household.head_id)
    joining = locked(session, member_id)
    actor.require(*REGISTRARS, org_id=head.residence_id)
    _check_may_join(session, actor, [joining], on, at)
    if on < household.founded_on:
        raise MoveBackdated(since=household.founded_on)

    _put_in(session, household_id, [member_id], on)
    _audit(
        session, actor, "members.household_joined", household_id, joining, at=at, member=member_id
    )


def leave_household(
    session: Session, actor: Actor, *, household_id: int, member_id: int, on: date, at: datetime
) -> None:
    """End a member's time in a household with a day; the last one to leave ends it.

    Refuses: NoSuchHousehold, NoSuchMember, Forbidden (secretary or administrator where she lives),
    NotOfHousehold, DayInFuture, HeadStays (as long as others are in it), MoveBackdated.
    """
    household = queries.household(session, household_id)
    leaving = locked(session, member_id)
    actor.require(*REGISTRARS, org_id=leaving.residence_id)
    within = {row.member_id: row for row in queries.household_members(session, household_id)}
    if member_id not in within:
        raise NotOfHousehold
    _check_not_future(on, at)
    if member_id == household.head_id and len(within) > 1:
        raise HeadStays
    if on < within[member_id].from_on:
        raise MoveBackdated(since=within[member_id].from_on)

    session.execute(
        update(HouseholdMember)
        .where(col(HouseholdMember.member_id) == member_id, col(HouseholdMember.until_on).is_(None))
        .values(until_on=on)
    )
    pass_on(session, member_id, on)
    left = "members.household_left"
    _audit(session, actor, left, household_id, leaving, at=at, member=member_id)


def change_head(
    session: Session, actor: Actor, *, household_id: int, head_id: int, at: datetime
) -> None:
    """Make another of a household's members its head.

    Refuses: NoSuchHousehold, NoSuchMember, Forbidden (secretary or administrator where she lives),
    NotOfHousehold.
    """
    queries.household(session, household_id)
    head = locked(session, head_id)
    actor.require(*REGISTRARS, org_id=head.residence_id)
    if head_id not in {row.member_id for row in queries.household_members(session, household_id)}:
        raise NotOfHousehold
    session.execute(
        update(Household).where(col(Household.id) == household_id).values(head_id=head_id)
    )
    session.expire_all()
    _audit(
        session, actor, "members.household_head_changed", household_id, head, at=at, head=head_id
    )


def pass_on(session: Session, gone_id: int, on: date) -> None:
    """Of a household whose head is gone the next member is head; without one it has ended."""
    left = (
        select(func.min(col(HouseholdMember.member_id)))
        .where(
            col(HouseholdMember.household_id) == col(Household.id),
            col(HouseholdMember.until_on).is_(None),
        )
        .scalar_subquery()
    )
    hers = (col(Household.head_id) == gone_id, col(Household.ended_on).is_(None))
    keep = {"synchronize_session": False}
    session.execute(
        update(Household).where(*hers, left.is_(None)).values(ended_on=on), execution_options=keep
    )
    session.execute(
        update(Household).where(*hers, left.is_not(None)).values(head_id=left),
        execution_options=keep,
    )
    session.expire_all()


def reopen(session: Session, back_id: int, ended_on: date) -> None:
    """A household that ended as its last member left goes on as she is back in it."""
    is_in = select(col(HouseholdMember.household_id)).where(
        col(HouseholdMember.member_id) == back_id, col(HouseholdMember.until_on).is_(None)
    )
    session.execute(
        update(Household)
        .where(col(Household.id).in_(is_in), col(Household.ended_on) == ended_on)
        .values(ended_on=None),
        execution_options={"synchronize_session": False},
    )
    session.expire_all()


def _put_in(session: Session, household_id: int, ids: Iterable[int], on: date) -> None:
    rows = [{"household_id": household_id, "member_id": one, "from_on": on} for one in ids]
    session.execute(insert(HouseholdMember), rows)


def _check_may_join(
    session: Session, actor: Actor, joining: Sequence[Member], on: date, at: datetime
) -> None:
    for member in joining:
        actor.require(*REGISTRARS, org_id=member.residence_id)
    for member in joining:
        if member.left_on is not None:
            raise MemberLeft(left_on=member.left_on)
    _check_not_future(on, at)
    for member in joining:
        if on < member.registered_on:
            raise MoveBackdated(since=member.registered_on)
    before = queries.household_times(session, [member.id for member in joining])
    if any(row.until_on is None for row in before):
        raise InAHousehold
    last = max((row.until_on for row in before if row.until_on), default=date.min)
    if on <= last:
        raise MoveBackdated(since=last + _DAY)


def _check_not_future(on: date, at: datetime) -> None:
    if on > (today := clock.local_day(at)):
        raise DayInFuture(today=today)


def _audit(
    session: Session, actor: Actor, action: str, household_id: int, of: Member, *, at: datetime,
    **facts: Any,
) -> None:  # fmt: skip
    audit.record(
        session, actor, action, ("household", household_id), at=at, org_id=of.residence_id, **facts
    )
