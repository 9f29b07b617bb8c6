"""Tables of users, their sessions, roles and second factors, and of what failed at the way in."""

from datetime import date, datetime

from sqlalchemy import BigInteger, Index, LargeBinary
from sqlmodel import Field

from pointsbank.access.rules import DISPLAY_NAME_LENGTH, STAFF_NAME_LENGTH, Entry
from pointsbank.core.actor import Role
from pointsbank.core.database import Table, choice, key, reference
from pointsbank.core.encryption import digested, sealed


class User(Table, table=True):
    """Somebody who can sign in: a member by her phone number, staff by a name, one person by both.

    A member's name stays in the register; ``display_name`` is for those who are not in it, and
    ``org_id`` is the organisation that such a person works for. With a counter PIN she signs in on
    a counter's own device only. ``password_chosen_at`` is empty while others chose it for her.
    """

    __tablename__ = "user"

    id: int = key()
    member_id: int | None = reference("member.id", optional=True, unique=True)
    staff_name: str | None = Field(default=None, max_length=STAFF_NAME_LENGTH, unique=True)
    display_name: str = Field(default="", max_length=DISPLAY_NAME_LENGTH)
    org_id: int | None = reference("organisation.id", optional=True, index=True)
    password_hash: str = Field(default="", max_length=255)
    counter_pin_hash: str = Field(default="", max_length=255)
    has_pin: bool = False
    password_chosen_at: datetime | None = None
    must_change: bool = False
    opened_at: datetime
    disabled_at: datetime | None = None


class SignInSession(Table, table=True):
    """A browser that somebody signed in with. With ``idle_minutes`` 0 idleness does not end it.
    ``seen_at`` is when its token last came by itself, without the cookie that knows its own age.

    One opened on a shared device gives only what its ``entry`` is for, within ``org_id``. While
    ``must_enrol`` it gives no role: an authenticator comes first.
    """

    __tablename__ = "sign_in_session"

    id: int = key()
    token_digest: bytes = Field(unique=True, sa_type=LargeBinary)
    user_id: int = reference("user.id", index=True)
    opened_at: datetime
    expires_at: datetime = Field(index=True)
    idle_minutes: int = 0
    entry: Entry = Field(default=Entry.PASSWORD, sa_type=choice(Entry))
    device_id: int | None = reference("device.id", optional=True, index=True)
    org_id: int | None = reference("organisation.id", optional=True)
    must_enrol: bool = False
    seen_at: datetime | None = None
    address: str = Field(default="", max_length=64)
    agent: str = Field(default="", max_length=60)
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


class Authenticator(Table, table=True):
    """The second factor of an account, good once confirmed; ``last_step`` is never taken again."""

    __tablename__ = "authenticator"

    user_id: int = reference("user.id", primary_key=True)
    secret_sealed: bytes = sealed()
    begun_at: datetime
    confirmed_at: datetime | None = None
    last_step: int = Field(default=0, sa_type=BigInteger)


class RecoveryCode(Table, table=True):
    """A code that stands in for the authenticator, once."""

    __tablename__ = "recovery_code"

    user_id: int = reference("user.id", primary_key=True)
    digest: bytes = Field(primary_key=True, sa_type=LargeBinary)
    used_at: datetime | None = None


class LinkedIdentity(Table, table=True):
    """Who the holder of an account is at the identity provider. Unlinked, the row stays without it,
    so that no claim links the account again: only she herself does.
    """

    __tablename__ = "linked_identity"

    user_id: int = reference("user.id", primary_key=True)
    issuer: str = Field(max_length=255)
    subject_sealed: bytes | None = sealed(optional=True)
    subject_digest: bytes | None = digested(
        "subject_sealed", "access.identity", "{issuer} {text}", unique=True
    )
    linked_at: datetime
    unlinked_at: datetime | None = None


class SpentReturn(Table, table=True):
    """A browser's way back from the identity provider, which is good once."""

    __tablename__ = "spent_return"

    state_digest: bytes = Field(primary_key=True, sa_type=LargeBinary)
    at: datetime = Field(index=True)


class SignInAttempt(Table, table=True):
    """A try that failed: a sign-in or a guessed code. Success removes its account's rows, a job
    the old ones.
    """

    __tablename__ = "sign_in_attempt"
    __table_args__ = (
        Index("ix_sign_in_attempt_account_digest", "account_digest", "at"),
        Index("ix_sign_in_attempt_address", "address", "at"),
    )

    id: int = key()
    account_digest: bytes = Field(sa_type=LargeBinary)
    address: str = Field(max_length=64)
    at: datetime = Field(index=True)
