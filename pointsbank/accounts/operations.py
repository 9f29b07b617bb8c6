"""What administrators do with accounts: open them and renew passwords, each with a slip to hand
over.
"""

import secrets
from collections.abc import Callable
from datetime import date, datetime

from pointsbank.access import operations as access
from pointsbank.access import queries as users
from pointsbank.access.models import User
from pointsbank.access.rules import first_password
from pointsbank.accounts.rules import Slip
from pointsbank.core.actor import Actor, Role
from pointsbank.core.clock import local_day
from pointsbank.core.database import Session
from pointsbank.members import queries as members

Draw = Callable[[int], int]


def open_staff_account(
    session: Session,
    actor: Actor,
    *,
    org_id: int,
    staff_name: str,
    display_name: str,
    at: datetime,
    role: Role | None = None,
    from_on: date | None = None,
    until_on: date | None = None,
    draw: Draw = secrets.randbelow,
) -> Slip:
    """Open an account for staff of an organisation, with a first role there if one is given.

    Refuses as ``access.open_user``, then as ``access.grant_role``.
    """
    user = access.open_user(
        session, actor, org_id=org_id, staff_name=staff_name, display_name=display_name, at=at
    )
    if role is not None:
        access.grant_role(
            session, actor, user_id=user.id, role=role, org_id=org_id,
            from_on=from_on or local_day(at), until_on=until_on, at=at,
        )  # fmt: skip
    return _slip(session, actor, user, at=at, draw=draw)


def open_member_account(
    session: Session, actor: Actor, *, member_id: int, at: datetime, draw: Draw = secrets.randbelow
) -> Slip:
    """Let a member sign in by a PIN, or give her a new one where she could already.

    Refuses as ``access.open_user`` for a member, but for MemberHasUser; then as
    ``access.set_password``.
    """
    user = users.user_of_member(session, member_id)
    if user is None:
        user = access.open_user(session, actor, member_id=member_id, at=at)
    return _slip(session, actor, user, at=at, draw=draw)


def renew_password(
    session: Session, actor: Actor, *, user_id: int, at: datetime, draw: Draw = secrets.randbelow
) -> Slip:
    """Give an account a new first password. Refuses as ``access.set_password``."""
    return _slip(session, actor, users.user(session, user_id), at=at, draw=draw)


def _slip(session: Session, actor: Actor, user: User, *, at: datetime, draw: Draw) -> Slip:
    password = first_password(draw, staff=users.is_staff(session, user, on=local_day(at)))
    access.set_password(session, actor, user_id=user.id, password=password, at=at)
    if user.member_id is None:
        return Slip(user.id, user.display_name, user.staff_name or "", "", password)
    member = members.member(session, user.member_id)
    phone = members.shown_phone(member)
    return Slip(user.id, member.name, user.staff_name or "", phone, password)
