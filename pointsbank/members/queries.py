"""What people look up about members."""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, Select, or_, select
from sqlmodel import Session, col

from pointsbank.core.actor import Actor, Role
from pointsbank.members.models import Member
from pointsbank.members.rules import NoSuchMember
from pointsbank.orgs import queries as orgs


def member(session: Session, member_id: int) -> Member:
    """The member, or ``NoSuchMember``."""
    found = session.get(Member, member_id)
    if found is None:
        raise NoSuchMember
    return found


def members(session: Session, member_ids: Iterable[int]) -> dict[int, Member]:
    """Those of the members that exist, by id."""
    wanted = select(Member).where(col(Member.id).in_(set(member_ids)))
    return {found.id: found for found in session.execute(wanted).scalars()}


def member_by_phone(session: Session, phone: str) -> Member | None:
    """The member with this phone number, if it is one and somebody has it."""
    raise NotImplementedError


def member_by_code(session: Session, digits: str, at: datetime) -> Member:
    """Whose printed card or phone code this is.

    Refuses: CodeInvalid, CodeExpired, CardLost or CardReplaced (with the new card's last four digits), MemberLeft.
    """
    raise NotImplementedError


def residing_below(org_ids: Collection[int]) -> Select[tuple[int]]:
    """The ids of the members who live in these organisations or below: a scope for figures and roll-ups."""
    return select(Member.id).where(col(Member.residence_id).in_(orgs.ids_below(org_ids)))


def of_branches_below(org_ids: Collection[int]) -> Select[tuple[int]]:
    """The ids of the members whose party branch is one of these or below them."""
    return select(Member.id).where(col(Member.branch_id).in_(orgs.ids_below(org_ids)))


def known_to(actor: Actor, *roles: Role) -> ColumnElement[bool]:
    """The condition under which this actor, in these roles, may see a member: by residence, branch or employer."""
    held = {grant.org_id for grant in actor.grants if grant.role in roles}
    reach = orgs.ids_below(held)
    return or_(
        col(Member.residence_id).in_(reach),
        col(Member.branch_id).in_(reach),
        col(Member.employer_id).in_(reach),
    )


def may_see(actor: Actor, seen: Member, *roles: Role) -> bool:
    """Whether this actor, in one of these roles, may see this member: by residence, branch or employer."""
    places = (seen.residence_id, seen.branch_id, seen.employer_id)
    return any(place is not None and actor.may(*roles, org_id=place) for place in places)
