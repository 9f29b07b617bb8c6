"""What people do with access: open accounts, set passwords, sign in and out, hold roles."""

import secrets
from datetime import date, datetime

from sqlalchemy import delete, or_, select, update
from sqlmodel import col

from pointsbank.access import passwords, queries, rules
from pointsbank.access.models import RoleGrant, SignInAttempt, SignInSession, User
from pointsbank.access.rules import LockedOut, OpenedSession, Period, Proof, SessionTerms
from pointsbank.core import audit
from pointsbank.core.actor import Actor, Role
from pointsbank.core.clock import local_day
from pointsbank.core.database import Session
from pointsbank.core.errors import Forbidden
from pointsbank.members import queries as members
from pointsbank.members.rules import MemberLeft
from pointsbank.orgs import queries as orgs

_TERMS = SessionTerms()


def open_user(
    session: Session,
    actor: Actor,
    *,
    org_id: int | None = None,
    member_id: int | None = None,
    staff_name: str | None = None,
    display_name: str = "",
    at: datetime,
) -> User:
    """Let a member sign in by her phone, or staff of an organisation by a name; no password yet.

    Either ``member_id``, or ``staff_name`` with ``display_name`` and the ``org_id`` she works for.
    Refuses: NoSuchMember or NoSuchOrganisation, Forbidden (a member: organiser, secretary or
    administrator of her residence; staff: administrator of the organisation), MemberLeft,
    MemberHasUser, StaffNameInvalid, DisplayNameInvalid, StaffNameTaken.
    """
    if member_id is not None:
        org_id = _check_member(session, actor, member_id)
        user = User(member_id=member_id, opened_at=at)
    else:
        org_id = orgs.organisation(session, org_id or 0).id
        actor.require(Role.ADMINISTRATOR, org_id=org_id)
        name = rules.check_staff_name(staff_name or "")
        shown = rules.check_display_name(display_name)
        if queries.user_by_staff_name(session, name) is not None:
            raise rules.StaffNameTaken(name=name)
        user = User(staff_name=name, display_name=shown, opened_at=at)
    session.add(user)
    session.flush()
    audit.record(session, actor, "access.open_user", ("user", user.id), at=at, org_id=org_id)
    return user


def _check_member(session: Session, actor: Actor, member_id: int) -> int:
    """The residence of a member who may be given an account."""
    member = members.member(session, member_id)
    actor.require(Role.ORGANISER, Role.SECRETARY, Role.ADMINISTRATOR, org_id=member.residence_id)
    if member.left_on is not None:
        raise MemberLeft(left_on=member.left_on)
    if queries.user_of_member(session, member_id) is not None:
        raise rules.MemberHasUser
    return member.residence_id


def set_password(
    session: Session, actor: Actor, *, user_id: int, password: str, at: datetime
) -> None:
    """Give another person a first or new password, which she must change at first use.

    All her sessions end. Refuses: NoSuchUser, Forbidden (organiser, secretary or administrator of
    a member's residence; for who holds roles, an administrator of all of them), AuditorProtected,
    UserDisabled, WeakPin, WeakPassword.
    """
    user = _locked_user(session, user_id)
    grants = queries.grants_of(session, user_id)
    current = [grant for grant in grants if queries.period_of(grant).reaches(local_day(at))]
    _check_may_reset(session, actor, user, current)
    if user.disabled_at is not None:
        raise rules.UserDisabled(disabled_on=local_day(user.disabled_at))
    staff = user.staff_name is not None or bool(current)
    _store_password(session, user, rules.check_password(password, staff=staff), must_change=True)
    _revoke_sessions(session, user_id, at)
    audit.record(session, actor, "access.set_password", ("user", user_id), at=at)


def _check_may_reset(session: Session, actor: Actor, user: User, current: list[RoleGrant]) -> None:
    """Who renews a password could enter in her place: so only those who reach all she reaches."""
    if actor.kind == "system":
        return
    for grant in current:
        actor.require(Role.ADMINISTRATOR, org_id=grant.org_id)
    if user.member_id is not None:
        residence_id = members.member(session, user.member_id).residence_id
        actor.require(Role.ORGANISER, Role.SECRETARY, Role.ADMINISTRATOR, org_id=residence_id)
    elif not current and Role.ADMINISTRATOR not in actor.roles:
        raise Forbidden
    if any(grant.role is Role.AUDITOR for grant in current):
        raise rules.AuditorProtected


def change_password(
    session: Session,
    proof: Proof,
    *,
    password: str,
    address: str,
    terms: SessionTerms = _TERMS,
    at: datetime,
) -> OpenedSession | rules.WrongPassword | LockedOut:
    """Replace one's own password; ``proof`` is of the old one. All sessions end, a new one opens.

    Refuses: LockedOut, WrongPassword (both returned, for the failure is to be kept), WeakPin,
    WeakPassword, PasswordUnchanged.
    """
    refused = check_proof(session, proof, address=address, at=at)
    if refused is not None:
        return refused
    user = queries.user(session, proof.user_id or 0)
    staff = queries.is_staff(session, user, on=local_day(at))
    meant = rules.check_password(password, staff=staff)
    if passwords.matches(user.password_hash, meant):
        raise rules.PasswordUnchanged
    _store_password(session, user, meant, must_change=False)
    _revoke_sessions(session, user.id, at)
    actor = Actor(kind="user", id=user.id, address=address)
    audit.record(session, actor, "access.change_password", ("user", user.id), at=at)
    return open_session(session, user_id=user.id, terms=terms, at=at)


def _store_password(session: Session, user: User, password: str, *, must_change: bool) -> None:
    user.password_hash = passwords.hashed(password)
    user.has_pin = rules.is_pin(password)
    user.must_change = must_change
    session.add(user)
    session.flush()


def sign_in(
    session: Session, proof: Proof, *, address: str, terms: SessionTerms = _TERMS, at: datetime
) -> OpenedSession | rules.WrongPassword | LockedOut:
    """Open a session for who proved her password: ``passwords.prove``, outside the transaction.

    A refusal is returned, not raised, for the failure must be kept: LockedOut, WrongPassword.
    A locked account is not tried at all, so waiting is not prolonged by trying.
    """
    refused = check_proof(session, proof, address=address, at=at)
    if refused is not None:
        return refused
    user_id = proof.user_id or 0
    opened = open_session(session, user_id=user_id, terms=terms, at=at)
    if opened.idle_minutes:
        actor = Actor(kind="user", id=user_id, address=address)
        audit.record(session, actor, "access.sign_in", ("user", user_id), at=at)
    return opened


def check_proof(
    session: Session, proof: Proof, *, address: str, at: datetime
) -> rules.WrongPassword | LockedOut | None:
    """Lock the account; is it closed by failures? Count this one, or forget them."""
    user = session.execute(
        select(User).where(col(User.id) == (proof.user_id or 0)).with_for_update()
    ).scalar()
    until = queries.locked_until(session, account=proof.account, address=address, at=at)
    if until is not None:
        return LockedOut(until=until)
    if not proof.right or user is None or not _still_open(session, user, proof):
        session.add(SignInAttempt(account_digest=proof.account, address=address, at=at))
        session.flush()
        return rules.WrongPassword()
    session.execute(delete(SignInAttempt).where(col(SignInAttempt.account_digest) == proof.account))
    return None


def _still_open(session: Session, user: User, proof: Proof) -> bool:
    """Whether what was proved still holds: same password, account not closed, member not gone."""
    if user.password_hash != proof.password_hash or user.disabled_at is not None:
        return False
    return user.member_id is None or members.member(session, user.member_id).left_on is None


def open_session(
    session: Session, *, user_id: int, terms: SessionTerms = _TERMS, at: datetime
) -> OpenedSession:
    """Open a session without asking for a password: for who has just proved it, and for the demo.

    Staff's end when idle and after a day; volunteers' after their term. Refuses: NoSuchUser.
    """
    user = queries.user(session, user_id)
    staff = queries.is_staff(session, user, on=local_day(at))
    token = secrets.token_urlsafe(32)
    expires_at = at + (terms.staff if staff else terms.volunteer)
    idle_minutes = terms.staff_idle_minutes if staff else 0
    session.add(
        SignInSession(
            token_digest=queries.token_digest(token),
            user_id=user_id,
            opened_at=at,
            expires_at=expires_at,
            idle_minutes=idle_minutes,
        )
    )
    session.flush()
    return OpenedSession(token, user_id, expires_at, idle_minutes, user.must_change)


def sign_out(session: Session, *, token: str, at: datetime) -> None:
    """End the session of this token. An unknown or ended one is already what was asked for."""
    session.execute(
        update(SignInSession)
        .where(
            col(SignInSession.token_digest) == queries.token_digest(token),
            col(SignInSession.revoked_at).is_(None),
        )
        .values(revoked_at=at)
    )


def _revoke_sessions(session: Session, user_id: int, at: datetime) -> None:
    session.execute(
        update(SignInSession)
        .where(col(SignInSession.user_id) == user_id, col(SignInSession.revoked_at).is_(None))
        .values(revoked_at=at)
    )


def disable_user(session: Session, actor: Actor, *, user_id: int, at: datetime) -> None:
    """Close an account: its sessions end and nobody signs in by it. Refuses as ``set_password``."""
    user = _locked_user(session, user_id)
    current = [
        grant
        for grant in queries.grants_of(session, user_id)
        if queries.period_of(grant).reaches(local_day(at))
    ]
    _check_may_reset(session, actor, user, current)
    if user.disabled_at is not None:
        raise rules.UserDisabled(disabled_on=local_day(user.disabled_at))
    user.disabled_at = at
    session.add(user)
    session.flush()
    _revoke_sessions(session, user_id, at)
    audit.record(session, actor, "access.disable_user", ("user", user_id), at=at)


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
    """Give a role for an organisation and all below it, until and including ``until_on``.

    Who signs in with a PIN must choose a password first; her sessions end, so that from now on
    they are staff's. Refuses: NoSuchUser, NoSuchOrganisation, Forbidden (administrator of the
    organisation), UserDisabled, RoleHeldAlready, RolesConflict, NotGrantable, PeriodInvalid.
    """
    user = _locked_user(session, user_id)
    orgs.organisation(session, org_id)
    actor.require(Role.ADMINISTRATOR, org_id=org_id)
    if user.disabled_at is not None:
        raise rules.UserDisabled(disabled_on=local_day(user.disabled_at))
    period = Period(from_on, until_on)
    held = queries.grants_of(session, user_id)
    if any(
        (grant.role, grant.org_id) == (role, org_id) and queries.period_of(grant).overlaps(period)
        for grant in held
    ):
        raise rules.RoleHeldAlready
    rules.check_roles_meet(role, period, [(g.role, queries.period_of(g)) for g in held])
    if role is Role.VOLUNTEER:
        raise rules.NotGrantable
    if period.empty:
        raise rules.PeriodInvalid
    given = RoleGrant(user_id=user_id, role=role, org_id=org_id, from_on=from_on, until_on=until_on)
    session.add(given)
    user.must_change = user.must_change or user.has_pin
    session.add(user)
    session.flush()
    _revoke_sessions(session, user_id, at)
    audit.record(
        session, actor, "access.grant_role", ("user", user_id), at=at, org_id=org_id,
        role=role, from_on=from_on, until_on=until_on,
    )  # fmt: skip
    return given


def withdraw_role(
    session: Session, actor: Actor, *, grant_id: int, last_on: date, at: datetime
) -> RoleGrant:
    """End a grant with ``last_on`` as its last day: yesterday ends it at once.

    Refuses: NoSuchGrant, Forbidden (administrator of the organisation), GrantEnded.
    """
    given = queries.grant(session, grant_id)
    actor.require(Role.ADMINISTRATOR, org_id=given.org_id)
    if given.until_on is not None and given.until_on <= last_on:
        raise rules.GrantEnded(until_on=given.until_on)
    given.until_on = last_on
    session.add(given)
    session.flush()
    audit.record(
        session, actor, "access.withdraw_role", ("user", given.user_id), at=at,
        org_id=given.org_id, role=given.role, until_on=last_on,
    )  # fmt: skip
    return given


def _locked_user(session: Session, user_id: int) -> User:
    """The user, whom no other transaction may change until this one ends."""
    wanted = select(User).where(col(User.id) == user_id).with_for_update()
    user: User | None = session.execute(wanted).scalar()
    if user is None:
        raise rules.NoSuchUser
    return user


def forget_ended(session: Session, *, at: datetime) -> int:
    """Remove sessions that are over and failures too old to count; how many rows went."""
    sessions = session.execute(
        delete(SignInSession).where(
            or_(col(SignInSession.expires_at) <= at, col(SignInSession.revoked_at).is_not(None))
        )
    )
    attempts = session.execute(
        delete(SignInAttempt).where(col(SignInAttempt.at) <= at - rules.ACCOUNT_WINDOW)
    )
    return int(sessions.rowcount + attempts.rowcount)  # type: ignore[attr-defined]
