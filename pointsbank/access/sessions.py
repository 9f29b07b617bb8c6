"""Signing in and out: failures that close the way in, the second factor, sessions and their end."""

import secrets
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlmodel import col

from pointsbank.access import authenticators, queries, rules
from pointsbank.access.models import SignInAttempt, SignInSession, SpentReturn, User
from pointsbank.access.rules import (
    Entry,
    LockedOut,
    LockoutTerms,
    OpenedSession,
    Origin,
    Proof,
    SessionTerms,
)
from pointsbank.access.vouching import AWAY
from pointsbank.core import audit
from pointsbank.core.actor import Actor
from pointsbank.core.clock import local_day
from pointsbank.core.database import Session, rows_changed
from pointsbank.core.errors import Refused
from pointsbank.members import queries as members

_TERMS = SessionTerms()
_LOCKOUT = LockoutTerms()


def sign_in(
    session: Session,
    proof: Proof,
    *,
    address: str,
    agent: str = "",
    code: str | None = None,
    terms: SessionTerms = _TERMS,
    lockout: LockoutTerms = _LOCKOUT,
    at: datetime,
) -> OpenedSession | Refused:
    """Open a session for who proved her password: ``passwords.prove``, outside the transaction; or
    whom the identity provider vouched for, and then without ``code`` where that asked for two
    factors itself.

    A refusal is returned, not raised, for the failure must be kept: LockedOut, WrongPassword,
    CodeNeeded (an authenticator is asked and ``code`` is none), WrongCode. A locked account is not
    tried at all, so waiting is not prolonged by trying.
    """
    refused = check_proof(session, proof, address=address, lockout=lockout, at=at)
    if refused is not None:
        return refused
    user_id = proof.user_id or 0
    user = queries.user(session, user_id)
    if authenticators.is_asked(session, user_id) and not proof.two_factors:
        if code is None:
            return rules.CodeNeeded()
        if not authenticators.takes(session, user_id, code, at=at):
            note_wrong(session, proof.account, user, address=address, lockout=lockout, at=at)
            return rules.WrongCode()
    forgive(session, proof.account)
    if proof.two_factors:
        terms = replace(terms, administrators_enrol=False)
    opened = open_session(
        session, user_id=user_id, origin=Origin(address, agent), entry=proof.entry, terms=terms,
        at=at,
    )  # fmt: skip
    if opened.idle_minutes or proof.entry is Entry.PROVIDER:
        actor = Actor(kind="user", id=user_id, address=address)
        place = queries.place_of(session, user)
        audit.record(
            session, actor, "access.sign_in", ("user", user_id), at=at, org_id=place,
            way=proof.entry,
        )  # fmt: skip
    return opened


def check_proof(
    session: Session,
    proof: Proof,
    *,
    address: str,
    lockout: LockoutTerms = _LOCKOUT,
    by_counter_pin: bool = False,
    at: datetime,
) -> Refused | None:
    """Lock the account; is it closed by failures? A wrong password, or PIN, is counted.

    Answers LockedOut or WrongPassword, not raised, for the failure must be kept.
    """
    user = session.execute(
        select(User).where(col(User.id) == (proof.user_id or 0)).with_for_update()
    ).scalar()
    until = queries.locked_until(
        session, account=proof.account, address=address, lockout=lockout, at=at
    )
    if until is not None:
        return LockedOut(until=until)
    stored = "" if user is None else user.counter_pin_hash if by_counter_pin else user.password_hash
    held = proof.right and stored == proof.password_hash
    if user is None or not held or not is_open(session, user):
        note_wrong(session, proof.account, user, address=address, lockout=lockout, at=at)
        return rules.WrongPassword()
    return None


def note_failure(session: Session, account: bytes, *, address: str, at: datetime) -> None:
    network = rules.network_of(address)
    session.add(SignInAttempt(account_digest=account, address=network, at=at))
    session.flush()


def note_wrong(
    session: Session, account: bytes, user: User | None, *, address: str, lockout: LockoutTerms,
    at: datetime,
) -> None:  # fmt: skip
    """Count a wrong password, PIN or code; that an account is closed by it goes into the trail."""
    note_failure(session, account, address=address, at=at)
    if user is not None and queries.is_locked(session, account, lockout=lockout, at=at):
        nobody = Actor(kind="system", id=0, address=address)
        place = queries.place_of(session, user)
        audit.record(session, nobody, "access.lock_out", ("user", user.id), at=at, org_id=place)


def forgive(session: Session, account: bytes) -> None:
    """Who came in has her failures forgotten."""
    session.execute(delete(SignInAttempt).where(col(SignInAttempt.account_digest) == account))


def is_open(session: Session, user: User) -> bool:
    """Whether one may come in: account not closed, member not gone."""
    if user.disabled_at is not None:
        return False
    return user.member_id is None or members.member(session, user.member_id).left_on is None


def open_session(
    session: Session,
    *,
    user_id: int,
    origin: Origin = Origin(),  # noqa: B008 - frozen
    entry: Entry = Entry.PASSWORD,
    terms: SessionTerms = _TERMS,
    at: datetime,
) -> OpenedSession:
    """Open a session without asking for a password: for who has just proved it, and for the demo.

    Staff's end when idle and after a day; volunteers' after their term. Refuses: NoSuchUser.
    """
    user = queries.user(session, user_id)
    staff = queries.is_staff(session, user, on=local_day(at))
    enrol = terms.administrators_enrol and queries.administers(session, user_id, on=local_day(at))
    idle_minutes = terms.staff_idle_minutes if staff else 0
    if staff and entry is Entry.PASSWORD and _is_worn(user, terms.password_days, at):
        user.must_change = True
        session.add(user)
    token = _drawn(idle_minutes)
    row = SignInSession(
        token_digest=queries.token_digest(token),
        user_id=user_id,
        opened_at=at,
        expires_at=at + (terms.staff if staff else terms.volunteer),
        idle_minutes=idle_minutes,
        entry=entry,
        must_enrol=enrol and not authenticators.is_asked(session, user_id),
        address=origin.address,
        agent=origin.agent,
    )
    return _opened(session, row, token, must_change=user.must_change)


def open_device_session(
    session: Session,
    *,
    user_id: int,
    entry: Entry,
    device_id: int,
    org_id: int,
    origin: Origin,
    lasting: timedelta,
    idle_minutes: int,
    at: datetime,
) -> OpenedSession:
    """Open a short session on a shared device for who has just proved her PIN there.

    Refuses: NoSuchUser.
    """
    user = queries.user(session, user_id)
    token = _drawn(idle_minutes)
    row = SignInSession(
        token_digest=queries.token_digest(token),
        user_id=user_id,
        opened_at=at,
        expires_at=at + lasting,
        idle_minutes=idle_minutes,
        entry=entry,
        device_id=device_id,
        org_id=org_id,
        address=origin.address,
        agent=origin.agent,
    )
    return _opened(session, row, token, must_change=user.must_change)


def _is_worn(user: User, days: int, at: datetime) -> bool:
    """Whether her password is older than the bank lets staff's be; 0 days: any age will do."""
    chosen_at = user.password_chosen_at
    return bool(days) and chosen_at is not None and at - chosen_at >= timedelta(days=days)


def _drawn(idle_minutes: int) -> str:
    """A token that says of itself whether its session ends when idle: others need not be asked."""
    return (rules.IDLE_TOKEN if idle_minutes else "") + secrets.token_urlsafe(32)


def _opened(
    session: Session, row: SignInSession, token: str, *, must_change: bool
) -> OpenedSession:
    session.add(row)
    session.flush()
    return OpenedSession(
        token, row.user_id, row.expires_at, row.idle_minutes, must_change, row.must_enrol
    )


def note_seen(session: Session, *, token: str, at: datetime) -> None:
    """A token came by itself, without its cookie: its session is not idle."""
    mine = col(SignInSession.token_digest) == queries.token_digest(token)
    session.execute(update(SignInSession).where(mine).values(seen_at=at))


def sign_out(session: Session, *, token: str, at: datetime) -> Entry | None:
    """End the session of this token; how it was opened. An unknown or ended one (None) is already
    what was asked for.
    """
    found = queries.session_of_token(session, token)
    if found is None or not _end(session, col(SignInSession.id) == found.id, at=at):
        return None
    return found.entry


def end_session(session: Session, actor: Actor, *, session_id: int, at: datetime) -> None:
    """End one of one's own sessions, wherever it is open. Refuses: NoSuchSession."""
    found = session.get(SignInSession, session_id)
    if found is None or found.user_id != actor.id or found.revoked_at is not None:
        raise rules.NoSuchSession
    _end(session, col(SignInSession.id) == session_id, at=at)
    place = queries.place_of(session, queries.user(session, actor.id))
    audit.record(
        session, actor, "access.end_session", ("user", actor.id), at=at, org_id=place,
        sign_in=session_id,
    )  # fmt: skip


def end_other_sessions(session: Session, actor: Actor, *, token: str, at: datetime) -> int:
    """End all of one's own sessions but the one of this token; how many."""
    ended = _end(
        session,
        col(SignInSession.user_id) == actor.id,
        col(SignInSession.token_digest) != queries.token_digest(token),
        at=at,
    )
    place = queries.place_of(session, queries.user(session, actor.id))
    audit.record(
        session, actor, "access.end_sessions", ("user", actor.id), at=at, org_id=place, count=ended
    )
    return ended


def end_sessions_of(
    session: Session,
    *,
    at: datetime,
    user_id: int | None = None,
    session_id: int | None = None,
    device_id: int | None = None,
) -> None:
    """End the sessions of a user, or one of them, or those opened on a device."""
    whose = (
        [col(SignInSession.device_id) == device_id]
        if user_id is None
        else [col(SignInSession.user_id) == user_id]
    )
    if session_id is not None:
        whose.append(col(SignInSession.id) == session_id)
    _end(session, *whose, at=at)


def _end(session: Session, *which: ColumnElement[bool], at: datetime) -> int:
    still = (*which, col(SignInSession.revoked_at).is_(None), col(SignInSession.expires_at) > at)
    ended = session.execute(update(SignInSession).where(*still).values(revoked_at=at))
    return rows_changed(ended)


def check_guesses(session: Session, actor: Actor, *, at: datetime) -> None:
    """Refuse with TooManyGuesses whoever read too many codes that there are not."""
    until = queries.guessing_until(session, actor, at=at)
    if until is not None:
        raise rules.TooManyGuesses(until=until)


def note_guess(session: Session, actor: Actor, *, at: datetime) -> None:
    """Count a card or phone code that there is not; in a transaction that is kept."""
    note_failure(session, queries.guesser_digest(actor), address="", at=at)


def forget_ended(session: Session, *, at: datetime) -> int:
    """Remove sessions that are over and failures too old to count; how many rows went."""
    ended = session.execute(
        delete(SignInSession).where(
            or_(col(SignInSession.expires_at) <= at, col(SignInSession.revoked_at).is_not(None))
        )
    )
    attempts = session.execute(
        delete(SignInAttempt).where(col(SignInAttempt.at) <= at - rules.ACCOUNT_WINDOW)
    )
    spent = session.execute(delete(SpentReturn).where(col(SpentReturn.at) <= at - AWAY))
    return sum(map(rows_changed, (ended, attempts, spent)))
