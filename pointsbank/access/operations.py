"""What people do with access: open accounts, set passwords, sign in and out, hold roles."""

from datetime import datetime

from pointsbank.access import authenticators, passwords, queries, rules
from pointsbank.access.authenticators import begin as begin_authenticator
from pointsbank.access.authenticators import confirm as confirm_authenticator
from pointsbank.access.authenticators import is_asked as has_authenticator
from pointsbank.access.grants import grant_role, stands_above, withdraw_role
from pointsbank.access.models import RoleGrant, User
from pointsbank.access.passwords import prove
from pointsbank.access.rules import LockoutTerms, OpenedSession, Origin, Proof, SessionTerms
from pointsbank.access.sessions import (
    check_guesses,
    check_proof,
    end_other_sessions,
    end_session,
    end_sessions_of,
    forget_ended,
    forgive,
    note_failure,
    note_guess,
    note_seen,
    note_wrong,
    open_device_session,
    open_session,
    sign_in,
    sign_out,
)
from pointsbank.core import audit
from pointsbank.core.actor import Actor, Role
from pointsbank.core.clock import local_day
from pointsbank.core.database import Session
from pointsbank.core.errors import Forbidden, Refused
from pointsbank.members import queries as members
from pointsbank.members.rules import MemberLeft
from pointsbank.orgs import queries as orgs

__all__ = [
    "begin_authenticator", "change_password", "check_guesses", "check_may_renew", "check_proof",
    "confirm_authenticator", "disable_user", "enable_user", "end_other_sessions", "end_session",
    "end_sessions_of", "end_their_sessions", "forget_ended", "forgive", "grant_role",
    "has_authenticator", "note_failure", "note_guess", "note_seen", "open_device_session",
    "open_session", "open_user", "prove", "remove_authenticator", "reset_authenticator",
    "set_counter_pin", "set_password", "sign_in", "sign_out", "withdraw_role",
]  # fmt: skip

_TERMS = SessionTerms()
_LOCKOUT = LockoutTerms()
RENEWERS = (Role.ORGANISER, Role.SECRETARY, Role.ADMINISTRATOR)
"""Who opens an account for a member, and renews its password, where she lives."""


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
        user = User(staff_name=name, display_name=shown, org_id=org_id, opened_at=at)
    session.add(user)
    session.flush()
    audit.record(session, actor, "access.open_user", ("user", user.id), at=at, org_id=org_id)
    return user


def _check_member(session: Session, actor: Actor, member_id: int) -> int:
    """The residence of a member who may be given an account."""
    member = members.member(session, member_id)
    actor.require(*RENEWERS, org_id=member.residence_id)
    if member.left_on is not None:
        raise MemberLeft(left_on=member.left_on)
    if queries.user_of_member(session, member_id) is not None:
        raise rules.MemberHasUser
    return member.residence_id


def set_password(
    session: Session, actor: Actor, *, user_id: int, password: str, at: datetime
) -> None:
    """Give another person a first or new password, which she must change at first use.

    All her sessions end. Refuses: NoSuchUser, NotForOneself, Forbidden (organiser, secretary or
    administrator of a member's residence; for staff an administrator of where she works and of all
    her roles), HigherNeeded, AuditorProtected, UserDisabled, WeakPin, WeakPassword.
    """
    user = queries.locked_user(session, user_id)
    current = _current(session, user_id, at)
    _check_may_renew(session, actor, user, current)
    if user.disabled_at is not None:
        raise rules.UserDisabled(disabled_on=local_day(user.disabled_at))
    staff = user.staff_name is not None or bool(current)
    _store_password(session, user, rules.check_password(password, staff=staff), chosen_at=None)
    end_sessions_of(session, user_id=user_id, at=at)
    audit.record(
        session,
        actor,
        "access.set_password",
        ("user", user_id),
        at=at,
        org_id=queries.place_of(session, user),
    )


def reset_authenticator(session: Session, actor: Actor, *, user_id: int, at: datetime) -> None:
    """Take the lost second factor from another person's account; her sessions end.

    Refuses as ``set_password`` until AuditorProtected, then NoAuthenticator.
    """
    user = queries.locked_user(session, user_id)
    _check_may_renew(session, actor, user, _current(session, user_id, at))
    if not authenticators.is_asked(session, user_id):
        raise rules.NoAuthenticator
    authenticators.forget(session, user_id)
    end_sessions_of(session, user_id=user_id, at=at)
    audit.record(
        session, actor, "access.reset_authenticator", ("user", user_id), at=at,
        org_id=queries.place_of(session, user),
    )  # fmt: skip


def end_their_sessions(
    session: Session, actor: Actor, *, user_id: int, session_id: int | None = None, at: datetime
) -> None:
    """End all sessions of another person's account, or one of them; her password stays.

    Refuses as ``set_password`` until AuditorProtected, then NoSuchSession (the one is not open).
    """
    user = queries.locked_user(session, user_id)
    _check_may_renew(session, actor, user, _current(session, user_id, at))
    open_now = [one.id for one in queries.sessions_of(session, user_id, at=at)]
    if session_id is not None and session_id not in open_now:
        raise rules.NoSuchSession
    end_sessions_of(session, user_id=user_id, session_id=session_id, at=at)
    audit.record(
        session, actor, "access.end_their_sessions", ("user", user_id), at=at,
        org_id=queries.place_of(session, user), sign_in=session_id,
        count=len(open_now) if session_id is None else 1,
    )  # fmt: skip


def check_may_renew(session: Session, actor: Actor, *, user_id: int, at: datetime) -> None:
    """For who only looks. Refuses as ``set_password`` until AuditorProtected."""
    user = queries.user(session, user_id)
    _check_may_renew(session, actor, user, _current(session, user_id, at))


def _current(session: Session, user_id: int, at: datetime) -> list[RoleGrant]:
    """The roles that she holds now or will hold."""
    return [
        grant
        for grant in queries.grants_of(session, user_id)
        if queries.period_of(grant).reaches(local_day(at))
    ]


def _check_may_renew(session: Session, actor: Actor, user: User, current: list[RoleGrant]) -> None:
    """Who renews a password could enter in her place: so only those who reach all she reaches."""
    if actor.kind == "system":
        return
    if actor.id == user.id:
        raise rules.NotForOneself
    for grant in current:
        actor.require(Role.ADMINISTRATOR, org_id=grant.org_id)
    if user.member_id is not None:
        residence_id = members.member(session, user.member_id).residence_id
        actor.require(*RENEWERS, org_id=residence_id)
    else:
        actor.require(Role.ADMINISTRATOR, org_id=user.org_id or 0)
    if any(g.role is Role.ADMINISTRATOR and not stands_above(actor, g.org_id) for g in current):
        raise rules.HigherNeeded
    if any(grant.role is Role.AUDITOR for grant in current):
        raise rules.AuditorProtected


def change_password(
    session: Session,
    proof: Proof,
    *,
    password: str,
    address: str,
    agent: str = "",
    token: str = "",
    terms: SessionTerms = _TERMS,
    lockout: LockoutTerms = _LOCKOUT,
    at: datetime,
) -> OpenedSession | Refused:
    """Replace one's own password; ``proof`` is of the old one. All sessions end, a new one opens:
    on a shared device as narrow as that of ``token`` was.

    Refuses: LockedOut, WrongPassword (both returned, for the failure is to be kept), WeakPin,
    WeakPassword, CommonPassword, PasswordTells, PasswordUnchanged.
    """
    refused = check_proof(session, proof, address=address, lockout=lockout, at=at)
    if refused is not None:
        return refused
    forgive(session, proof.account)
    user = queries.user(session, proof.user_id or 0)
    staff = queries.is_staff(session, user, on=local_day(at))
    known = queries.known_of(session, user)
    meant = rules.check_password(password, staff=staff, known=known)
    if passwords.matches(user.password_hash, meant):
        raise rules.PasswordUnchanged
    _store_password(session, user, meant, chosen_at=at)
    held = queries.session_of_token(session, token)
    end_sessions_of(session, user_id=user.id, at=at)
    actor = Actor(kind="user", id=user.id, address=address)
    audit.record(
        session, actor, "access.change_password", ("user", user.id), at=at,
        org_id=queries.place_of(session, user),
    )  # fmt: skip
    origin = Origin(address, agent)
    if held is not None and held.device_id is not None and held.org_id is not None:
        return open_device_session(
            session, user_id=user.id, entry=held.entry, device_id=held.device_id,
            org_id=held.org_id, origin=origin, lasting=held.expires_at - at,
            idle_minutes=held.idle_minutes, at=at,
        )  # fmt: skip
    return open_session(session, user_id=user.id, origin=origin, terms=terms, at=at)


def set_counter_pin(session: Session, actor: Actor, *, pin: str, at: datetime) -> None:
    """Choose the PIN by which a clerk signs in on a counter's own device.

    Refuses: Forbidden (clerks only), WeakPin.
    """
    if Role.CLERK not in actor.roles:
        raise Forbidden
    if not rules.is_pin(rules.folded(pin)) or rules.is_easy_pin(rules.folded(pin)):
        raise rules.WeakPin
    user = queries.locked_user(session, actor.id)
    user.counter_pin_hash = passwords.hashed(pin)
    session.add(user)
    session.flush()
    audit.record(
        session, actor, "access.set_counter_pin", ("user", user.id), at=at,
        org_id=queries.place_of(session, user),
    )  # fmt: skip


def remove_authenticator(
    session: Session,
    actor: Actor,
    proof: Proof,
    *,
    code: str,
    required: bool,
    lockout: LockoutTerms = _LOCKOUT,
    at: datetime,
) -> Refused | None:
    """Give up one's own second factor, proved by password and code.

    ``required``: administrators need it here. Refuses: NoAuthenticator, AuthenticatorRequired,
    LockedOut, WrongPassword, WrongCode (these three returned, as in ``sign_in``).
    """
    if not authenticators.is_asked(session, actor.id):
        raise rules.NoAuthenticator
    if required and queries.administers(session, actor.id, on=local_day(at)):
        raise rules.AuthenticatorRequired
    refused = check_proof(session, proof, address=actor.address, lockout=lockout, at=at)
    if refused is not None:
        return refused
    if not authenticators.takes(session, actor.id, code, at=at):
        user = queries.user(session, actor.id)
        note_wrong(session, proof.account, user, address=actor.address, lockout=lockout, at=at)
        return rules.WrongCode()
    forgive(session, proof.account)
    authenticators.forget(session, actor.id)
    place = queries.place_of(session, queries.user(session, actor.id))
    audit.record(
        session, actor, "access.remove_authenticator", ("user", actor.id), at=at, org_id=place
    )
    return None


def _store_password(
    session: Session, user: User, password: str, *, chosen_at: datetime | None
) -> None:
    """``chosen_at`` by herself; none: others chose it, and she must change it."""
    user.password_hash = passwords.hashed(password)
    user.has_pin = rules.is_pin(password)
    user.counter_pin_hash = ""
    user.password_chosen_at, user.must_change = chosen_at, chosen_at is None
    session.add(user)
    session.flush()


def disable_user(session: Session, actor: Actor, *, user_id: int, at: datetime) -> None:
    """Close an account: its sessions end and nobody signs in by it. Refuses as ``set_password``."""
    user = queries.locked_user(session, user_id)
    _check_may_renew(session, actor, user, _current(session, user_id, at))
    if user.disabled_at is not None:
        raise rules.UserDisabled(disabled_on=local_day(user.disabled_at))
    user.disabled_at = at
    session.add(user)
    session.flush()
    end_sessions_of(session, user_id=user_id, at=at)
    audit.record(
        session,
        actor,
        "access.disable_user",
        ("user", user_id),
        at=at,
        org_id=queries.place_of(session, user),
    )


def enable_user(session: Session, actor: Actor, *, user_id: int, at: datetime) -> None:
    """Open a closed account again, with its roles but without a password: a new first one comes by
    ``set_password``.

    Refuses as ``set_password`` until AuditorProtected, then UserEnabled, HolderGone.
    """
    user = queries.locked_user(session, user_id)
    _check_may_renew(session, actor, user, _current(session, user_id, at))
    if user.disabled_at is None:
        raise rules.UserEnabled
    if not queries.has_holder(session, user):
        raise rules.HolderGone
    user.disabled_at = None
    user.password_hash = user.counter_pin_hash = ""
    user.must_change = True
    session.add(user)
    session.flush()
    audit.record(
        session, actor, "access.enable_user", ("user", user_id), at=at,
        org_id=queries.place_of(session, user),
    )  # fmt: skip
