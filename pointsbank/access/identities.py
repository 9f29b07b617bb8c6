"""Identities 关联身份 at the identity provider: linked to an account, recognised, unlinked."""

import hashlib
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col

from pointsbank.access import queries
from pointsbank.access.models import LinkedIdentity, SignInSession, SpentReturn, User
from pointsbank.access.rules import Entry, LockedOut, LockoutTerms, Proof
from pointsbank.access.sessions import is_open
from pointsbank.access.vouching import (
    AccountClosed,
    IdentityTaken,
    IdentityThere,
    IdentityUnknown,
    NoIdentity,
    ReturnOver,
    Vouched,
)
from pointsbank.core import audit
from pointsbank.core.actor import Actor
from pointsbank.core.database import Session, table_of
from pointsbank.core.encryption import digest, seal

_INSERTS: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def spend(session: Session, state: str, *, at: datetime) -> None:
    """Take a way back from the provider, which is good once. Refuses: ReturnOver."""
    insert = _INSERTS[session.get_bind().dialect.name](table_of(SpentReturn))
    row = insert.values(state_digest=hashlib.sha256(state.encode()).digest(), at=at)
    taken = row.on_conflict_do_nothing().returning(col(SpentReturn.state_digest))
    if session.execute(taken).first() is None:
        raise ReturnOver


def linked(session: Session, user_id: int) -> LinkedIdentity | None:
    """The identity that this account is linked to now."""
    found = session.get(LinkedIdentity, user_id)
    return found if found is not None and found.unlinked_at is None else None


def recognise(
    session: Session, vouched: Vouched, *, called: str, address: str, lockout: LockoutTerms,
    at: datetime,
) -> Proof:  # fmt: skip
    """What proves to ``sign_in`` who came back from the provider, which is ``called`` so here.

    Her account is the one linked to her identity; else the one that the provider's claim names,
    which is linked to it now, unless it has been linked to some identity of this provider before.
    Refuses: IdentityUnknown, AccountClosed, LockedOut.
    """
    user = _account_of(session, vouched)
    first = user is None
    if user is None:
        user = _account_named(session, vouched)
    if user is None:
        raise IdentityUnknown(name=called)
    if not is_open(session, user):
        raise AccountClosed
    known = queries.credentials_of(session, user, name="", address=address, lockout=lockout, at=at)
    if known.locked_until is not None:
        raise LockedOut(until=known.locked_until)
    if first:
        _link(session, Actor("user", user.id, address=address), user, vouched, at=at)
    return Proof(
        known.account, user.id, known.password_hash, right=True, entry=Entry.PROVIDER,
        two_factors=vouched.two_factors,
    )  # fmt: skip


def _account_of(session: Session, vouched: Vouched) -> User | None:
    wanted = (
        select(User)
        .join(LinkedIdentity, col(LinkedIdentity.user_id) == col(User.id))
        .where(col(LinkedIdentity.subject_digest) == _digest(vouched))
    )
    found: User | None = session.execute(wanted).scalar()
    return found


def _account_named(session: Session, vouched: Vouched) -> User | None:
    """The account that the claim names, locked; none where it has been linked before."""
    named = queries.user_by_name(session, vouched.account) if vouched.account else None
    if named is None:
        return None
    user = queries.locked_user(session, named.id)
    before = session.get(LinkedIdentity, user.id)
    return user if before is None or before.issuer != vouched.issuer else None


def link(session: Session, actor: Actor, vouched: Vouched, *, called: str, at: datetime) -> None:
    """Link one's own account to who one is at the provider, which has just vouched for it.

    An identity that a closed account was linked to is free. Refuses: IdentityThere, IdentityTaken.
    """
    user = queries.locked_user(session, actor.id)
    if linked(session, user.id) is not None:
        raise IdentityThere
    other = _account_of(session, vouched)
    if other is not None and is_open(session, other):
        raise IdentityTaken(name=called)
    if other is not None:
        _unlink(session, other.id, at)
    _link(session, actor, user, vouched, at=at)


def unlink(session: Session, actor: Actor, *, token: str, at: datetime) -> None:
    """Take the identity off one's own account; sessions that it opened end, but for one's own.

    Refuses: NoIdentity.
    """
    user = queries.locked_user(session, actor.id)
    if linked(session, user.id) is None:
        raise NoIdentity
    _unlink(session, user.id, at)
    session.execute(
        update(SignInSession)
        .where(
            col(SignInSession.user_id) == user.id,
            col(SignInSession.entry) == Entry.PROVIDER,
            col(SignInSession.revoked_at).is_(None),
            col(SignInSession.token_digest) != queries.token_digest(token),
        )
        .values(revoked_at=at)
    )
    audit.record(
        session, actor, "access.unlink_identity", ("user", user.id), at=at,
        org_id=queries.place_of(session, user),
    )  # fmt: skip


def _link(session: Session, actor: Actor, user: User, vouched: Vouched, *, at: datetime) -> None:
    row = session.get(LinkedIdentity, user.id) or LinkedIdentity(
        user_id=user.id, issuer=vouched.issuer, linked_at=at
    )
    row.issuer, row.linked_at, row.unlinked_at = vouched.issuer, at, None
    row.subject_sealed, row.subject_digest = seal(vouched.subject), _digest(vouched)
    session.add(row)
    session.flush()
    audit.record(
        session, actor, "access.link_identity", ("user", user.id), at=at,
        org_id=queries.place_of(session, user),
    )  # fmt: skip


def _unlink(session: Session, user_id: int, at: datetime) -> None:
    row = session.get_one(LinkedIdentity, user_id)
    row.subject_sealed = row.subject_digest = None
    row.unlinked_at = at
    session.add(row)
    session.flush()


def _digest(vouched: Vouched) -> bytes:
    """As ``LinkedIdentity`` declares it, so that it is found again after a change of keys."""
    return digest(f"{vouched.issuer} {vouched.subject}", "access.identity")
