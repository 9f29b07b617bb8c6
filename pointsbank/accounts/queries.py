"""Accounts as those see them who keep them: by organisation, role and state."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from pointsbank.access import queries as access
from pointsbank.access.models import RoleGrant, SignInSession, User
from pointsbank.access.operations import RENEWERS, check_may_renew
from pointsbank.access.rules import NoSuchGrant, NoSuchUser
from pointsbank.accounts.rules import GRANTABLE, AccountLine, AccountState, HeldRole
from pointsbank.core.actor import Actor, Role
from pointsbank.core.clock import local_day
from pointsbank.core.database import Session
from pointsbank.members import queries as members
from pointsbank.members.models import Member
from pointsbank.members.operations import REGISTRARS
from pointsbank.members.rules import NoSuchMember, Relation
from pointsbank.orgs import queries as orgs
from pointsbank.orgs.models import Organisation, OrganisationKind

MOST_PLACES = 500


@dataclass(frozen=True, slots=True)
class RoleRelations:
    """By which relations a role reaches members: to read their records, and to keep them."""

    role: Role
    reads: tuple[Relation, ...]
    keeps: tuple[Relation, ...]


ROLE_RELATIONS = tuple(
    RoleRelations(
        role,
        members.READ_BY if role in members.REGISTER_READERS else (),
        (Relation.RESIDENCE,) if role in REGISTRARS else (),
    )
    for role in GRANTABLE
)


def accounts(
    session: Session,
    actor: Actor,
    *,
    on: date,
    sought: str = "",
    role: Role | None = None,
    org_id: int | None = None,
    after: int = 0,
    most: int = 50,
) -> list[AccountLine]:
    """Staff's accounts of this administrator's organisations, and whoever holds a role there.

    Members' accounts without a role are many, and are listed only where a name or number is
    ``sought``. ``org_id`` means it and all below.
    """
    held = {grant.org_id for grant in actor.grants if grant.role is Role.ADMINISTRATOR}
    reach = orgs.ids_below(held)
    if org_id is not None:
        actor.require(Role.ADMINISTRATOR, org_id=org_id)
        reach = orgs.ids_below([org_id])
    with_role = select(col(RoleGrant.user_id)).where(col(RoleGrant.org_id).in_(reach), _now(on))
    if role is not None:
        with_role = with_role.where(col(RoleGrant.role) == role)
    concerned: list[ColumnElement[bool]] = [col(User.id).in_(with_role)]
    if role is None:
        concerned.append(col(User.org_id).in_(reach))
    if sought and role is None:
        concerned.append(col(Member.residence_id).in_(reach))
    wanted = _lines().where(or_(*concerned), col(User.id) > after)
    if sought:
        wanted = wanted.where(_matches(sought))
    return _told(session, wanted.order_by(col(User.id)).limit(most), actor, on=on)


def _now(on: date) -> ColumnElement[bool]:
    return or_(col(RoleGrant.until_on).is_(None), col(RoleGrant.until_on) >= on)


def _matches(sought: str) -> ColumnElement[bool]:
    return or_(
        col(User.staff_name).startswith(sought.casefold(), autoescape=True),
        col(User.display_name).contains(sought, autoescape=True),
        col(Member.name).contains(sought, autoescape=True),
        col(Member.number) == sought,
    )


def _lines() -> Any:
    place = func.coalesce(col(User.org_id), col(Member.residence_id))
    return (
        select(User, col(Member.name), col(Organisation.name))
        .outerjoin(Member, col(Member.id) == col(User.member_id))
        .outerjoin(Organisation, col(Organisation.id) == place)
    )


def account(session: Session, actor: Actor, user_id: int, *, on: date) -> AccountLine:
    """One account with the roles that it holds in this administrator's organisations.

    ``NoSuchUser`` where it has nothing to do with any of them.
    """
    found = _told(session, _lines().where(col(User.id) == user_id), actor, on=on)
    if not found:
        raise NoSuchUser
    user = session.get_one(User, user_id)
    if found[0].roles or _is_kept_by(session, actor, user):
        return found[0]
    raise NoSuchUser


@dataclass(frozen=True, slots=True)
class MemberAccount:
    """A member's way in; without a ``state`` she has none yet."""

    member: Member
    phone: str
    user_id: int | None
    state: AccountState | None


def account_of_member(session: Session, actor: Actor, member_id: int) -> MemberAccount:
    """For who may open it, or renew its password, where she lives. Refuses: NoSuchMember."""
    member = members.member(session, member_id)
    if not actor.may(*RENEWERS, org_id=member.residence_id):
        raise NoSuchMember
    user = access.user_of_member(session, member_id)
    phone = members.shown_phone(member)
    if user is None:
        return MemberAccount(member, phone, None, None)
    return MemberAccount(member, phone, user.id, _state(user))


def held_role(session: Session, actor: Actor, user_id: int, grant_id: int, *, on: date) -> HeldRole:
    """One role of an account, as ``account`` shows it; else ``NoSuchUser`` or ``NoSuchGrant``."""
    for held in account(session, actor, user_id, on=on).roles:
        if held.grant_id == grant_id:
            return held
    raise NoSuchGrant


def sessions(session: Session, actor: Actor, user_id: int, *, at: datetime) -> list[SignInSession]:
    """Where an account is signed in, for who may end that: newest first.

    Refuses: NoSuchUser, then as ``access.end_their_sessions``.
    """
    account(session, actor, user_id, on=local_day(at))
    check_may_renew(session, actor, user_id=user_id, at=at)
    return access.sessions_of(session, user_id, at=at)


def told_role(session: Session, given: RoleGrant) -> HeldRole:
    """A grant with its organisation's name."""
    name = orgs.organisation(session, given.org_id).name
    return HeldRole(given.id, given.role, given.org_id, name, given.from_on, given.until_on)


def _is_kept_by(session: Session, actor: Actor, user: User) -> bool:
    if user.member_id is not None:
        residence_id = session.get_one(Member, user.member_id).residence_id
        return actor.may(*RENEWERS, org_id=residence_id)
    return user.org_id is not None and actor.may(Role.ADMINISTRATOR, org_id=user.org_id)


def _told(
    session: Session,
    wanted: Select[Any],
    actor: Actor,
    *,
    on: date,
) -> list[AccountLine]:
    rows = session.execute(wanted).all()
    roles = _roles(session, actor, (row[0].id for row in rows), on=on)
    return [
        AccountLine(
            user_id=user.id,
            member_id=user.member_id,
            name=name or user.display_name,
            staff_name=user.staff_name or "",
            place=place or "",
            state=_state(user),
            roles=tuple(roles.get(user.id, ())),
        )
        for user, name, place in rows
    ]


def _state(user: User) -> AccountState:
    if user.disabled_at is not None:
        return AccountState.DISABLED
    if not user.password_hash:
        return AccountState.NO_PASSWORD
    return AccountState.FIRST_PASSWORD if user.must_change else AccountState.IN_USE


def _roles(
    session: Session, actor: Actor, user_ids: Iterable[int], *, on: date
) -> dict[int, list[HeldRole]]:
    """The roles now and to come of each, as far as this administrator reaches."""
    reach = actor.reach(Role.ADMINISTRATOR)
    rows = session.execute(
        select(RoleGrant, col(Organisation.name))
        .join(Organisation, col(Organisation.id) == col(RoleGrant.org_id))
        .where(orgs.among(RoleGrant.user_id, user_ids), _now(on))
        .order_by(col(RoleGrant.id))
    )
    found: dict[int, list[HeldRole]] = {}
    for grant, org_name in rows:
        if grant.org_id in reach and (grant.until_on is None or grant.until_on >= grant.from_on):
            held = HeldRole(
                grant.id, grant.role, grant.org_id, org_name, grant.from_on, grant.until_on
            )
            found.setdefault(grant.user_id, []).append(held)
    return found


def places(
    session: Session, actor: Actor, q: str = "", *, named: int | None = None
) -> list[tuple[int, str]]:
    """The organisations that this administrator may choose from, areas first and high before low,
    at most ``MOST_PLACES``: of a county with its units there are more, and ``q`` finds those whose
    name holds it. ``named`` is one that is to be among them. Two of one name are told apart by what
    is above them.
    """
    held = {grant.org_id for grant in actor.grants if grant.role is Role.ADMINISTRATOR}
    here, above = aliased(Organisation), aliased(Organisation)
    wanted = (
        select(col(here.id), col(here.name), func.coalesce(above.name, ""))
        .join(OrganisationKind, col(OrganisationKind.code) == col(here.kind))
        .outerjoin(above, col(above.id) == col(here.parent_id))
        .where(col(here.id).in_(orgs.ids_below(held)), col(here.closed_on).is_(None))
    )
    matching = wanted.where(col(here.name).contains(q, autoescape=True))
    order = (col(OrganisationKind.line).desc(), col(OrganisationKind.level), col(here.id))
    rows = list(session.execute(matching.order_by(*order).limit(MOST_PLACES)))
    if named is not None and all(row[0] != named for row in rows):
        rows += session.execute(wanted.where(col(here.id) == named))
    return orgs.told_apart(rows)
