"""Looking up what ties members to organisations, the party and households, and what is noted."""

from collections.abc import Iterable
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlmodel import Session, col

from pointsbank.members.models import (
    Affiliation,
    DeputyRole,
    HonourRecord,
    Household,
    HouseholdMember,
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


Noted = TypeVar("Noted", DeputyRole, TrainingRecord, HonourRecord)


def noted(session: Session, note: type[Noted], member_ids: Iterable[int]) -> list[Noted]:
    """What of this sort is noted of these records of a person, in order."""
    wanted = select(note).where(orgs.among(note.member_id, member_ids)).order_by(col(note.id))
    return list(session.execute(wanted).scalars())
