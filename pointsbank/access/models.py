"""Tables of users, their sessions, their roles, and the sign-ins that failed."""

from datetime import date, datetime

from sqlalchemy import Index, LargeBinary
from sqlmodel import Field

from pointsbank.access.rules import DISPLAY_NAME_LENGTH, STAFF_NAME_LENGTH
from pointsbank.core.actor import Role
from pointsbank.core.database import Table, choice, key, reference


class User(Table, table=True):
    """Somebody who can sign in: a member by her phone number, staff by a name, one person by both.

    A member's name stays in the register; ``display_name`` is for those who are not in it.
    """

    __tablename__ = "user"

    id: int = key()
    member_id: int | None = reference("member.id", optional=True, unique=True)
    staff_name: str | None = Field(default=None, max_length=STAFF_NAME_LENGTH, unique=True)
    display_name: str = Field(default="", max_length=DISPLAY_NAME_LENGTH)
    password_hash: str = Field(default="", max_length=255)
    has_pin: bool = False
    must_change: bool = False
    opened_at: datetime
    disabled_at: datetime | None = None


class SignInSession(Table, table=True):
    """A browser that somebody signed in with. With ``idle_minutes`` 0 idleness does not end it."""

    __tablename__ = "sign_in_session"

    token_digest: bytes = Field(primary_key=True, sa_type=LargeBinary)
    user_id: int = reference("user.id", index=True)
    opened_at: datetime
    expires_at: datetime = Field(index=True)
    idle_minutes: int = 0
    revoked_at: datetime | None = None


class RoleGrant(Table, table=True):
    """A role held for an organisation and all below it, from a day until and including another."""

    __tablename__ = "role_grant"

    id: int = key()
    user_id: int = reference("user.id", index=True)
    role: Role = Field(sa_type=choice(Role))
    org_id: int = reference("organisation.id", index=True)
    from_on: date
    until_on: date | None = None


class SignInAttempt(Table, table=True):
    """A sign-in that failed; a success removes its account's rows, a job the old ones."""

    __tablename__ = "sign_in_attempt"
    __table_args__ = (
        Index("ix_sign_in_attempt_account_digest", "account_digest", "at"),
        Index("ix_sign_in_attempt_address", "address", "at"),
    )

    id: int = key()
    account_digest: bytes = Field(sa_type=LargeBinary)
    address: str = Field(max_length=64)
    at: datetime = Field(index=True)
