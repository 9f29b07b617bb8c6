"""What people do with access: open users, set passwords, sign in and out, grant roles."""

from datetime import date, datetime

from pointsbank.access.models import RoleGrant, User
from pointsbank.access.rules import OpenedSession
from pointsbank.core.actor import Actor, Role
from pointsbank.core.database import Session


def open_user(
    session: Session,
    actor: Actor,
    *,
    org_id: int,
    member_id: int | None = None,
    staff_name: str | None = None,
    display_name: str = "",
    at: datetime,
) -> User:
    """Let a member or a staff person sign in; she has no password until ``set_password``."""
    raise NotImplementedError


def set_password(
    session: Session, actor: Actor, *, user_id: int, password: str, at: datetime, hashed: str = ""
) -> None:
    """Set a password; one set for another must be changed at first use."""
    raise NotImplementedError


def open_session(session: Session, *, user_id: int, at: datetime) -> OpenedSession:
    """Open a session for a user who has proved herself."""
    raise NotImplementedError


def sign_out(session: Session, *, token: str, at: datetime) -> None:
    """End the session of this token; an unknown or ended one is already what was asked for."""
    raise NotImplementedError


def grant_role(
    session: Session,
    actor: Actor,
    *,
    user_id: int,
    role: Role,
    org_id: int,
    from_on: date,
    until_on: date | None = None,
    at: datetime,
) -> RoleGrant:
    """Give a role for an organisation and all below it."""
    raise NotImplementedError


def withdraw_role(session: Session, actor: Actor, *, grant_id: int, on: date, at: datetime) -> None:
    """End a grant; ``on`` is its last day."""
    raise NotImplementedError
