"""Reads of access; ``actor_of_token`` is on the way of every request."""

import hashlib
from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, bindparam, func, or_, select
from sqlalchemy.engine import Connection
from sqlmodel import col

from pointsbank.access import rules
from pointsbank.access.models import RoleGrant, SignInAttempt, SignInSession, User
from pointsbank.access.rules import (
    Credentials,
    Entry,
    LockoutTerms,
    NoSuchGrant,
    NoSuchUser,
    Period,
)
from pointsbank.core.actor import Actor, Grant, Role
from pointsbank.core.clock import local_day
from pointsbank.core.database import Session, table_of
from pointsbank.core.encryption import digest
from pointsbank.core.statements import Prepared
from pointsbank.core.tokens import LastSeen
from pointsbank.members import queries as members
from pointsbank.members.models import Member
from pointsbank.orgs.models import Organisation, OrganisationReach

_opened, _user, _grant = table_of(SignInSession), table_of(User), table_of(RoleGrant)
_member, _reach = table_of(Member), table_of(OrganisationReach)
_organisation = table_of(Organisation)

# Built once: running these two is all that a request pays for knowing who asks.
_person = Prepared(
    select(
        _user.c.id,
        _user.c.member_id,
        func.coalesce(_member.c.name, _user.c.display_name),
        or_(_user.c.must_change, _opened.c.must_enrol),
        _opened.c.entry,
        _opened.c.org_id,
        _grant.c.role,
        _grant.c.org_id,
    )
    .select_from(_opened)
    .join(_user, _user.c.id == _opened.c.user_id)
    .outerjoin(_member, _member.c.id == _user.c.member_id)
    .outerjoin(
        _grant,
        and_(
            _grant.c.user_id == _user.c.id,
            _grant.c.from_on <= bindparam("today"),
            or_(_grant.c.until_on.is_(None), _grant.c.until_on >= bindparam("today")),
        ),
    )
    .where(
        _opened.c.token_digest == bindparam("digest"),
        _opened.c.expires_at > bindparam("at"),
        _opened.c.revoked_at.is_(None),
        _user.c.disabled_at.is_(None),
        _member.c.left_on.is_(None),
    )
)
_seen = Prepared(
    select(func.coalesce(_opened.c.seen_at, _opened.c.opened_at), _opened.c.idle_minutes).where(
        _opened.c.token_digest == bindparam("digest")
    )
)
_below = (
    select(_reach.c.ancestor_id, _reach.c.organisation_id)
    .join(_organisation, _organisation.c.id == _reach.c.ancestor_id)
    .where(
        _reach.c.ancestor_id.in_(bindparam("held", expanding=True)),
        _organisation.c.closed_on.is_(None),
    )
)


def actor_of_token(
    connection: Connection, token: str, at: datetime, *, address: str = ""
) -> Actor | None:
    """The person behind a session's token, with her roles and their reach; None once it is over.

    One statement for a volunteer, one more where she holds roles. Who must change her password or
    enrol an authenticator first comes without roles and without her membership; a session on a
    shared device gives what its entry is for: her passbook, or the counter of its organisation.
    """
    asked = {"digest": token_digest(token), "at": at, "today": local_day(at)}
    rows = _person.run(connection, asked)
    if not rows:
        return None
    user_id, member_id, name, limited, entry, within_id, *_ = rows[0]
    if limited:
        return Actor(kind="user", id=user_id, name=name, address=address)
    held = [(role, org_id) for *_, role, org_id in rows if role is not None]
    if entry == Entry.CARD:
        return Actor("user", user_id, member_id, name, address=address)
    if entry == Entry.COUNTER_PIN:
        clerk = [grant for grant in held if grant[0] == Role.CLERK]
        grants = _confined(_grants(connection, clerk), within_id, _reach_of(connection, within_id))
        return Actor("user", user_id, None, name, grants, address)
    return Actor("user", user_id, member_id, name, _grants(connection, held), address)


def last_seen(connection: Connection, token: str) -> LastSeen | None:
    """When a session's token last came by itself; None where there is no such session."""
    rows = _seen.run(connection, {"digest": token_digest(token)})
    return LastSeen(*rows[0]) if rows else None


def _grants(connection: Connection, held: list[tuple[Role, int]]) -> tuple[Grant, ...]:
    """The roles with the ids that they reach, from the closure of organisations.

    A role for an organisation that was closed, or merged into another, is none any more.
    """
    if not held:
        return ()
    reach: dict[int, list[int]] = {org_id: [] for _, org_id in held}
    for ancestor_id, below_id in connection.execute(_below, {"held": list(reach)}):
        reach[ancestor_id].append(below_id)
    return tuple(
        Grant(role, org_id, frozenset(reach[org_id])) for role, org_id in held if reach[org_id]
    )


def _reach_of(connection: Connection, org_id: int) -> frozenset[int]:
    return frozenset(below for _, below in connection.execute(_below, {"held": [org_id]}))


def _confined(grants: Iterable[Grant], within_id: int, within: frozenset[int]) -> tuple[Grant, ...]:
    """The grants as far as they reach into an organisation and what is below it."""
    return tuple(
        Grant(grant.role, grant.org_id if grant.org_id in within else within_id, met)
        for grant in grants
        if (met := grant.reach & within)
    )


def scoped_grant(connection: Connection, role: Role, org_id: int) -> Grant:
    """What a device or a machine holds for its organisation; its scopes say for which routes."""
    return Grant(role, org_id, _reach_of(connection, org_id))


def token_digest(token: str) -> bytes:
    """What is stored of a session's token, which is random enough to need no key."""
    return hashlib.sha256(token.encode()).digest()


def user(session: Session, user_id: int) -> User:
    """The user, or ``NoSuchUser``."""
    found = session.get(User, user_id)
    if found is None:
        raise NoSuchUser
    return found


def locked_user(session: Session, user_id: int) -> User:
    """The user, whom no other transaction may change until this one ends; or ``NoSuchUser``."""
    wanted = select(User).where(col(User.id) == user_id).with_for_update()
    found: User | None = session.execute(wanted).scalar()
    if found is None:
        raise NoSuchUser
    return found


def has_holder(session: Session, found: User) -> bool:
    """Whether there is still somebody whose account it is: a member of the register under a record
    of her own, or staff by a name.
    """
    if found.member_id is None:
        return found.staff_name is not None
    member = members.member(session, found.member_id)
    return member.left_on is None and member.merged_into_id is None


def place_of(session: Session, found: User) -> int | None:
    """The organisation whose auditors see what is done to this account."""
    if found.member_id is not None:
        return members.member(session, found.member_id).residence_id
    return found.org_id


def known_of(session: Session, found: User) -> list[str]:
    """What others know of her and try first: her staff name, the day of her birth in six digits or
    eight.
    """
    known = [found.staff_name] if found.staff_name else []
    born = members.member(session, found.member_id).birth_on if found.member_id else None
    return known + ([f"{born:%y%m%d}", f"{born:%m%d%y}"] if born else [])


def user_by_staff_name(session: Session, name: str) -> User | None:
    """Who signs in by this staff name, in whatever case it is typed."""
    folded = rules.staff_name_folded(name)
    return session.execute(select(User).where(col(User.staff_name) == folded)).scalar()


def user_of_member(session: Session, member_id: int) -> User | None:
    """The account of this member, if she has one."""
    return session.execute(select(User).where(col(User.member_id) == member_id)).scalar()


def user_by_name(session: Session, name: str) -> User | None:
    """Who signs in by this name: a member's phone number or a staff name."""
    member = members.member_by_phone(session, name)
    if member is not None:
        return user_of_member(session, member.id)
    return user_by_staff_name(session, name)


_LOCKOUT = LockoutTerms()


def credentials(
    session: Session, *, name: str, address: str, lockout: LockoutTerms = _LOCKOUT, at: datetime
) -> Credentials:
    """What a typed name stands for. An unknown one looks the same: it has failures and no hash."""
    found = user_by_name(session, name)
    return credentials_of(session, found, name=name, address=address, lockout=lockout, at=at)


def own_credentials(
    session: Session, user_id: int, *, address: str, lockout: LockoutTerms = _LOCKOUT, at: datetime
) -> Credentials:
    """The same for somebody who is known already: she changes her password, or holds a card."""
    found = user(session, user_id)
    return credentials_of(session, found, name="", address=address, lockout=lockout, at=at)


def credentials_of(
    session: Session,
    found: User | None,
    *,
    name: str,
    address: str,
    by_pin: bool = False,
    lockout: LockoutTerms = _LOCKOUT,
    at: datetime,
) -> Credentials:
    """The same once looked up; ``name`` is what was typed where nobody was found. ``by_pin``: by
    the PIN for counters, not the password.
    """
    account = account_digest(found, name)
    stored = "" if found is None else found.counter_pin_hash if by_pin else found.password_hash
    return Credentials(
        account=account,
        user_id=found.id if found else None,
        password_hash=stored,
        locked_until=locked_until(
            session, account=account, address=address, lockout=lockout, at=at
        ),
    )


def account_digest(found: User | None, name: str) -> bytes:
    """How failures of an account are found again: both names of one person count together."""
    subject = f"user:{found.id}" if found else f"name:{rules.staff_name_folded(name)}"
    return digest(subject, "access.attempt")


def locked_until(
    session: Session, *, account: bytes, address: str, lockout: LockoutTerms, at: datetime
) -> datetime | None:
    """Until when sign-in is closed to this account or from this address; None where it is open."""
    ends, network = [], rules.network_of(address)
    for column, value, most, window in (
        (SignInAttempt.account_digest, account, lockout.failures, rules.ACCOUNT_WINDOW),
        (SignInAttempt.address, network, lockout.address_failures, rules.ADDRESS_WINDOW),
    ):
        failures, last_at = _failures(session, col(column) == value, since=at - window)
        end = rules.locked_until(failures, last_at, most, lockout.minutes)
        if end is not None and end > at:
            ends.append(end)
    return max(ends, default=None)


def is_locked(session: Session, account: bytes, *, lockout: LockoutTerms, at: datetime) -> bool:
    """Whether this account's failures close it, whatever the address."""
    mine = col(SignInAttempt.account_digest) == account
    failures, last_at = _failures(session, mine, since=at - rules.ACCOUNT_WINDOW)
    end = rules.locked_until(failures, last_at, lockout.failures, lockout.minutes)
    return end is not None and end > at


def _failures(
    session: Session, whose: ColumnElement[bool], *, since: datetime
) -> tuple[int, datetime | None]:
    """How many failures there were since an instant, and when the last was."""
    counted = select(func.count(), func.max(SignInAttempt.at)).where(
        whose, col(SignInAttempt.at) > since
    )
    row = session.execute(counted).one()
    return row[0], row[1]


def guesser_digest(actor: Actor) -> bytes:
    """How the codes that somebody guessed are found again."""
    return digest(f"guess:{actor.kind}:{actor.id}", "access.attempt")


def guessing_until(session: Session, actor: Actor, *, at: datetime) -> datetime | None:
    """Until when no more codes are read for this actor; None where they are."""
    mine = col(SignInAttempt.account_digest) == guesser_digest(actor)
    failures, last_at = _failures(session, mine, since=at - rules.GUESS_WINDOW)
    if last_at is None or failures < rules.GUESSES:
        return None
    return last_at + rules.GUESS_WINDOW


def grant(session: Session, grant_id: int) -> RoleGrant:
    """The grant of a role, or ``NoSuchGrant``."""
    found = session.get(RoleGrant, grant_id)
    if found is None:
        raise NoSuchGrant
    return found


def grants_of(session: Session, user_id: int) -> list[RoleGrant]:
    """All grants that a user ever had, in the order of giving."""
    wanted = select(RoleGrant).where(col(RoleGrant.user_id) == user_id).order_by(col(RoleGrant.id))
    return list(session.execute(wanted).scalars())


def is_staff(session: Session, found: User, *, on: date) -> bool:
    """Whether a person signs in as staff: by a staff name, or with a role now or to come."""
    return found.staff_name is not None or any(
        period_of(grant).reaches(on) for grant in grants_of(session, found.id)
    )


def period_of(grant: RoleGrant) -> Period:
    return Period(grant.from_on, grant.until_on)


def administers(session: Session, user_id: int, *, on: date) -> bool:
    """Whether she is an administrator anywhere, from this day on."""
    return any(
        grant.role is Role.ADMINISTRATOR and period_of(grant).reaches(on)
        for grant in grants_of(session, user_id)
    )


def session_of_token(session: Session, token: str) -> SignInSession | None:
    """The session that this token opens, whether or not it is over."""
    mine = col(SignInSession.token_digest) == token_digest(token)
    found: SignInSession | None = session.execute(select(SignInSession).where(mine)).scalar()
    return found


def sessions_of(session: Session, user_id: int, *, at: datetime) -> list[SignInSession]:
    """The sessions of a user that are not over, newest first."""
    wanted = select(SignInSession).where(
        col(SignInSession.user_id) == user_id,
        col(SignInSession.expires_at) > at,
        col(SignInSession.revoked_at).is_(None),
    )
    return list(session.execute(wanted.order_by(col(SignInSession.id).desc())).scalars())


def topmost(session: Session) -> list[Organisation]:
    """The organisations that no other stands above: a bank's administrator is one of theirs."""
    wanted = select(Organisation).where(col(Organisation.parent_id).is_(None))
    return list(session.execute(wanted.order_by(col(Organisation.id))).scalars())
