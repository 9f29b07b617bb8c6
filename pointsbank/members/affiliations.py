"""Looking up what ties members to organisations, the party and households, and what is noted."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, union_all
from sqlmodel import Session, col

from pointsbank.members.models import (
    Affiliation,
    DeputyRole,
    HonourRecord,
    Household,
    HouseholdMember,
    Member,
    PartyStanding,
    TrainingRecord,
)
from pointsbank.members.rules import NoSuchHousehold, Relation
from pointsbank.orgs import queries as orgs


def affiliations(session: Session, member_id: int) -> list[Affiliation]:
    """Every tie of a member to an organisation, past ones too, in order of their days."""
    wanted = (
        select(Affiliation)
        .where(col(Affiliation.member_id) == member_id)
        .order_by(col(Affiliation.from_on), col(Affiliation.relation), col(Affiliation.org_id))
    )
    return list(session.execute(wanted).scalars())


def affiliated(relation: Relation, on: date) -> Select[int, int]:
    """Pairs of ``member_id`` and ``org_id`` by this relation on a day."""
    return select(col(Affiliation.member_id), col(Affiliation.org_id)).where(
        col(Affiliation.relation) == relation, _in_force(Affiliation, on)
    )


def party_standings(session: Session, member_id: int) -> list[PartyStanding]:
    """A member's party statuses in order of their days."""
    wanted = (
        select(PartyStanding)
        .where(col(PartyStanding.member_id) == member_id)
        .order_by(col(PartyStanding.from_on))
    )
    return list(session.execute(wanted).scalars())


def _in_force(dated: Any, on: date) -> ColumnElement[bool]:
    return and_(
        col(dated.from_on) <= on, or_(col(dated.until_on).is_(None), col(dated.until_on) >= on)
    )


def household(session: Session, household_id: int) -> Household:
    """The household, or ``NoSuchHousehold``."""
    found = session.get(Household, household_id)
    if found is None:
        raise NoSuchHousehold
    return found


def household_members(session: Session, household_id: int) -> list[HouseholdMember]:
    """Who is in a household now, in the order of joining."""
    wanted = (
        select(HouseholdMember)
        .where(
            col(HouseholdMember.household_id) == household_id,
            col(HouseholdMember.until_on).is_(None),
        )
        .order_by(col(HouseholdMember.from_on), col(HouseholdMember.member_id))
    )
    return list(session.execute(wanted).scalars())


def household_times(session: Session, member_ids: Iterable[int]) -> list[HouseholdMember]:
    """The times that members spent in households, in order."""
    wanted = (
        select(HouseholdMember)
        .where(orgs.among(HouseholdMember.member_id, member_ids))
        .order_by(col(HouseholdMember.member_id), col(HouseholdMember.from_on))
    )
    return list(session.execute(wanted).scalars())


def households_on(
    session: Session, days: Collection[tuple[int, date]]
) -> dict[tuple[int, date], int]:
    """The household in which each member was on that day; who was in none, or in one that has
    ended since, is left out.
    """
    rows = session.execute(
        select(HouseholdMember)
        .join(Household, col(Household.id) == col(HouseholdMember.household_id))
        .where(
            orgs.among(HouseholdMember.member_id, {member_id for member_id, _ in days}),
            col(Household.ended_on).is_(None),
        )
    )
    times: dict[int, list[HouseholdMember]] = defaultdict(list)
    for time in rows.scalars():
        times[time.member_id].append(time)
    return {
        (member_id, on): time.household_id
        for member_id, on in days
        for time in times[member_id]
        if time.from_on <= on and (time.until_on is None or on <= time.until_on)
    }


def shared_households(session: Session, member_ids: Iterable[int]) -> dict[int, list[int]]:
    """The households whose points are these people's too: that in which each is now, and those
    that ended with her as their last head; by person, records merged into hers included.
    """
    wanted = list(member_ids)
    person = func.coalesce(col(Member.merged_into_id), col(Member.id))
    hers = or_(orgs.among(Member.id, wanted), orgs.among(Member.merged_into_id, wanted))
    now = (
        select(person, col(HouseholdMember.household_id))
        .join(Member, col(Member.id) == col(HouseholdMember.member_id))
        .where(hers, col(HouseholdMember.until_on).is_(None))
    )
    ended = (
        select(person, col(Household.id))
        .join(Member, col(Member.id) == col(Household.head_id))
        .where(hers, col(Household.ended_on).is_not(None))
    )
    found: dict[int, list[int]] = defaultdict(list)
    for member_id, household_id in session.execute(union_all(now, ended)):
        found[member_id].append(household_id)
    return {member_id: sorted(ids) for member_id, ids in found.items()}


def households_of_nobody_else(session: Session, member_id: int) -> list[int]:
    """Those of a person's shared households in which nobody else is now."""
    hers = shared_households(session, [member_id]).get(member_id, [])
    others = (
        select(col(HouseholdMember.household_id))
        .join(Member, col(Member.id) == col(HouseholdMember.member_id))
        .where(
            col(HouseholdMember.household_id).in_(hers),
            col(HouseholdMember.until_on).is_(None),
            func.coalesce(col(Member.merged_into_id), col(Member.id)) != member_id,
        )
    )
    with_others = set(session.execute(others).scalars())
    return [household_id for household_id in hers if household_id not in with_others]


Noted = TypeVar("Noted", DeputyRole, TrainingRecord, HonourRecord)


def noted(session: Session, note: type[Noted], member_ids: Iterable[int]) -> list[Noted]:
    """What of this sort is noted of these records of a person, in order."""
    wanted = select(note).where(orgs.among(note.member_id, member_ids)).order_by(col(note.id))
    return list(session.execute(wanted).scalars())
