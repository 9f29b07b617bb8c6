"""The second factor 动态口令 (RFC 6238): enrolled, asked, forgotten. Only this knows pyotp."""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from datetime import datetime

import pyotp
from sqlalchemy import delete, insert, select, update
from sqlmodel import col

from pointsbank.access import queries, rules
from pointsbank.access.models import Authenticator, RecoveryCode, SignInSession, User
from pointsbank.core import audit
from pointsbank.core.actor import Actor
from pointsbank.core.database import Session, rows_changed
from pointsbank.core.encryption import seal, unseal

STEP_SECONDS = 30
_DRIFT_STEPS = 1  # a phone's clock may be so far off, either way
ISSUER = "积分银行"


def is_asked(session: Session, user_id: int) -> bool:
    """Whether this account has an authenticator that was confirmed."""
    found = session.get(Authenticator, user_id)
    return found is not None and found.confirmed_at is not None


def takes(session: Session, user_id: int, code: str, *, at: datetime) -> bool:
    """Whether this is the authenticator's code, or an unused recovery code; neither is good again.

    The caller holds the lock of the account.
    """
    meant = rules.recovery_code_folded(code)
    found = session.get(Authenticator, user_id)
    if found is None or found.confirmed_at is None:
        return False
    if len(meant) != 6:
        return _spends(session, user_id, meant, at)
    return _takes_step(session, found, meant, at)


def _takes_step(session: Session, found: Authenticator, code: str, at: datetime) -> bool:
    totp = pyotp.TOTP(unseal(found.secret_sealed), interval=STEP_SECONDS)
    now = int(at.timestamp()) // STEP_SECONDS
    for step in range(now - _DRIFT_STEPS, now + _DRIFT_STEPS + 1):
        right = hmac.compare_digest(totp.generate_otp(step).encode(), code.encode())
        if right and step > found.last_step:
            found.last_step = step
            session.add(found)
            session.flush()
            return True
    return False


def _spends(session: Session, user_id: int, code: str, at: datetime) -> bool:
    spent = session.execute(
        update(RecoveryCode)
        .where(
            col(RecoveryCode.user_id) == user_id,
            col(RecoveryCode.digest) == _digest(user_id, code),
            col(RecoveryCode.used_at).is_(None),
        )
        .values(used_at=at)
    )
    return rows_changed(spent) > 0


def _digest(user_id: int, code: str) -> bytes:
    """Twelve drawn letters and digits are random enough to need no slow hash."""
    return hashlib.sha256(f"{user_id}:{rules.recovery_code_folded(code)}".encode()).digest()


def begin(session: Session, actor: Actor, *, at: datetime) -> None:
    """Draw a secret for one's own account; a repeat before it is confirmed keeps the first.

    Refuses: AuthenticatorThere.
    """
    _hold(session, actor.id)
    found = session.get(Authenticator, actor.id)
    if found is None:
        secret_sealed = seal(pyotp.random_base32())
        session.add(Authenticator(user_id=actor.id, secret_sealed=secret_sealed, begun_at=at))
        session.flush()
    elif found.confirmed_at is not None:
        raise rules.AuthenticatorThere


def unconfirmed(session: Session, actor: Actor) -> tuple[str, str]:
    """The secret to type and the address to scan, while one's own authenticator is unconfirmed.

    Refuses: NoAuthenticator, AuthenticatorThere.
    """
    found = session.get(Authenticator, actor.id)
    if found is None:
        raise rules.NoAuthenticator
    if found.confirmed_at is not None:
        raise rules.AuthenticatorThere
    secret = unseal(found.secret_sealed)
    user = queries.user(session, actor.id)
    label = user.staff_name or str(user.id)  # no name and no phone: it lies open in the telephone
    return secret, pyotp.TOTP(secret).provisioning_uri(name=label, issuer_name=ISSUER)


def confirm(
    session: Session,
    actor: Actor,
    *,
    code: str,
    at: datetime,
    draw: Callable[[int], int] = secrets.randbelow,
) -> list[str] | rules.WrongCode:
    """Take the authenticator into use by its first code; the recovery codes, to be printed once.

    Sessions that waited for it have their roles from now on. Refuses: NoAuthenticator,
    AuthenticatorThere, WrongCode (returned, as in ``sign_in``).
    """
    _hold(session, actor.id)
    unconfirmed(session, actor)
    found = session.get_one(Authenticator, actor.id)
    if not _takes_step(session, found, rules.recovery_code_folded(code), at):
        return rules.WrongCode()
    found.confirmed_at = at
    session.add(found)
    session.execute(
        update(SignInSession).where(col(SignInSession.user_id) == actor.id).values(must_enrol=False)
    )
    codes = [rules.recovery_code(draw) for _ in range(rules.RECOVERY_CODES)]
    rows = [{"user_id": actor.id, "digest": _digest(actor.id, drawn)} for drawn in codes]
    session.execute(insert(RecoveryCode), rows)
    place = queries.place_of(session, queries.user(session, actor.id))
    audit.record(
        session, actor, "access.confirm_authenticator", ("user", actor.id), at=at, org_id=place
    )
    return codes


def forget(session: Session, user_id: int) -> None:
    """Remove an account's authenticator and its recovery codes."""
    for table in (RecoveryCode, Authenticator):
        session.execute(delete(table).where(col(table.user_id) == user_id))


def _hold(session: Session, user_id: int) -> None:
    session.execute(select(col(User.id)).where(col(User.id) == user_id).with_for_update())
