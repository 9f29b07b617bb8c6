"""The way in that both edges share: what is typed is compared outside the transaction, which it
would hold up for 29 ms, and a failure is kept before it is refused."""

from datetime import timedelta

from pointsbank.access import operations, passwords, queries
from pointsbank.access.rules import OpenedSession, Proof, SessionTerms
from pointsbank.core import bank, clock
from pointsbank.core.database import snapshot, transaction
from pointsbank.core.errors import Refused


def enter(name: str, password: str, *, address: str) -> OpenedSession:
    """Sign in by phone number or staff name. Refuses: LockedOut, WrongPassword."""
    at = clock.now()
    with snapshot() as session:
        known = queries.credentials(session, name=name, address=address, at=at)
    proof = passwords.prove(known, password)
    with transaction() as session:
        answer = operations.sign_in(session, proof, address=address, terms=_terms(), at=at)
    return _opened(answer)


def renew(user_id: int, current: str, new: str, *, address: str) -> OpenedSession:
    """Change one's own password. Refuses as ``operations.change_password``."""
    at = clock.now()
    with snapshot() as session:
        known = queries.own_credentials(session, user_id, address=address, at=at)
    proof: Proof = passwords.prove(known, current)
    with transaction() as session:
        answer = operations.change_password(
            session, proof, password=new, address=address, terms=_terms(), at=at
        )
    return _opened(answer)


def prove_again(user_id: int, password: str, *, address: str) -> None:
    """Ask somebody who is signed in for her password once more, before what only she may have.

    Refuses: LockedOut, WrongPassword.
    """
    at = clock.now()
    with snapshot() as session:
        known = queries.own_credentials(session, user_id, address=address, at=at)
    proof = passwords.prove(known, password)
    with transaction() as session:
        refused = operations.check_proof(session, proof, address=address, at=at)
    if refused is not None:
        raise refused


def _terms() -> SessionTerms:
    """How long sessions last here, by the bank's settings."""
    settings = bank.settings()
    return SessionTerms(
        volunteer=timedelta(days=settings.volunteer_session_days),
        staff_idle_minutes=settings.staff_idle_minutes,
    )


def _opened(answer: OpenedSession | Refused) -> OpenedSession:
    if isinstance(answer, Refused):
        raise answer
    return answer
