"""Reads of access; ``actor_of_token`` is on the way of every request."""

import hashlib
from datetime import date, datetime, timedelta

from sqlalchemy import and_, bindparam, func, or_, select
from sqlalchemy.engine import Connection
from sqlmodel import col

from pointsbank.access import rules
from pointsbank.access.models import RoleGrant, SignInAttempt, SignInSession, User
from pointsbank.access.rules import Credentials, NoSuchGrant, NoSuchUser, Period, TrailLine
from pointsbank.core.actor import Actor, Grant, Role
from pointsbank.core.audit import AuditEntry
from pointsbank.core.clock import day_start, local_day
from pointsbank.core.database import Session, table_of
from pointsbank.core.encryption import digest
from pointsbank.core.statements import Prepared
from pointsbank.members import queries as members
from pointsbank.members.models import Member
from pointsbank.orgs import queries as orgs
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
        _user.c.must_change,
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

    One statement for a volunteer, one more where she holds roles. Who must change her password
    first comes without roles and without her membership.
    """
    asked = {"digest": token_digest(token), "at": at, "today": local_day(at)}
    rows = _person.run(connection, asked)
    if not rows:
        return None
    user_id, member_id, name, must_change, *_ = rows[0]
    if must_change:
        return Actor(kind="user", id=user_id, name=name, address=address)
    held = [(role, org_id) for *_, role, org_id in rows if role is not None]
    return Actor("user", user_id, member_id, name, _grants(connection, held), address)


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


def token_digest(token: str) -> bytes:
    """What is stored of a session's token, which is random enough to need no key."""
    return hashlib.sha256(token.encode()).digest()


def user(session: Session, user_id: int) -> User:
    """The user, or ``NoSuchUser``."""
    found = session.get(User, user_id)
    if found is None:
        raise NoSuchUser
    return found


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


def credentials(session: Session, *, name: str, address: str, at: datetime) -> Credentials:
    """What a typed name stands for. An unknown one looks the same: it has failures and no hash."""
    found = user_by_name(session, name)
    return _credentials(session, found, account_digest(found, name), address, at)


def own_credentials(session: Session, user_id: int, *, address: str, at: datetime) -> Credentials:
    """The same for somebody who is signed in and changes her password."""
    found = user(session, user_id)
    return _credentials(session, found, account_digest(found, ""), address, at)


def _credentials(
    session: Session, found: User | None, account: bytes, address: str, at: datetime
) -> Credentials:
    return Credentials(
        account=account,
        user_id=found.id if found else None,
        password_hash=found.password_hash if found else "",
        locked_until=locked_until(session, account=account, address=address, at=at),
    )


def account_digest(found: User | None, name: str) -> bytes:
    """How failures of an account are found again: both names of one person count together."""
    subject = f"user:{found.id}" if found else f"name:{rules.staff_name_folded(name)}"
    return digest(subject, "access.attempt")


def locked_until(
    session: Session, *, account: bytes, address: str, at: datetime
) -> datetime | None:
    """Until when sign-in is closed to this account or from this address; None where it is open."""
    ends = []
    for column, value, most, window in (
        (SignInAttempt.account_digest, account, rules.FAILURES_OF_AN_ACCOUNT, rules.ACCOUNT_WINDOW),
        (SignInAttempt.address, address, rules.FAILURES_OF_AN_ADDRESS, rules.ADDRESS_WINDOW),
    ):
        failures, last_at = session.execute(
            select(func.count(), func.max(SignInAttempt.at)).where(
                col(column) == value, col(SignInAttempt.at) > at - window
            )
        ).one()
        end = rules.locked_until(failures, last_at, most)
        if end is not None and end > at:
            ends.append(end)
    return max(ends, default=None)


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


def trail(
    session: Session,
    actor: Actor,
    *,
    before: int | None = None,
    action: str | None = None,
    actor_id: int | None = None,
    since: date | None = None,
    until: date | None = None,
    most: int = 50,
) -> list[TrailLine]:
    """The audit trail that an auditor may see, newest first, from before an entry's id.

    Entries of an organisation only where she is its auditor; those of none concern the bank.
    """
    audited = {grant.org_id for grant in actor.grants if grant.role is Role.AUDITOR}
    entry, name = AuditEntry, func.coalesce(col(Member.name), col(User.display_name), "")
    wanted = (
        select(entry, name)
        .outerjoin(User, and_(col(entry.actor_kind) == "user", col(User.id) == entry.actor_id))
        .outerjoin(Member, col(Member.id) == col(User.member_id))
        .where(or_(col(entry.org_id).is_(None), col(entry.org_id).in_(orgs.ids_below(audited))))
        .order_by(col(entry.id).desc())
        .limit(most)
    )
    if before is not None:
        wanted = wanted.where(col(entry.id) < before)
    if action is not None:
        wanted = wanted.where(col(entry.action) == action)
    if actor_id is not None:
        wanted = wanted.where(col(entry.actor_kind) == "user", col(entry.actor_id) == actor_id)
    if since is not None:
        wanted = wanted.where(col(entry.at) >= day_start(since))
    if until is not None:
        wanted = wanted.where(col(entry.at) < day_start(until + timedelta(days=1)))
    return [_trail_line(found, shown) for found, shown in session.execute(wanted)]


def _trail_line(entry: AuditEntry, actor_name: str) -> TrailLine:
    return TrailLine(
        id=entry.id,
        at=entry.at,
        actor_kind=entry.actor_kind,
        actor_id=entry.actor_id,
        actor_name=actor_name,
        roles=tuple(dict.fromkeys(entry.roles.split(","))) if entry.roles else (),
        address=entry.address,
        action=entry.action,
        subject_kind=entry.subject_kind,
        subject_id=entry.subject_id,
        org_id=entry.org_id,
        facts=entry.facts,
    )


def topmost(session: Session) -> list[Organisation]:
    """The organisations that no other stands above: a bank's administrator is one of theirs."""
    wanted = select(Organisation).where(col(Organisation.parent_id).is_(None))
    return list(session.execute(wanted.order_by(col(Organisation.id))).scalars())
