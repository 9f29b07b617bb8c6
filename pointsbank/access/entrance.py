"""The way in that both edges share: what is typed is compared outside the transaction, which it
would hold up for 29 ms, and a failure is kept before it is refused."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from pointsbank.access import operations, passwords, queries
from pointsbank.access.rules import (
    SECOND_STEP,
    CodeNeeded,
    Credentials,
    Entry,
    LockoutTerms,
    OpenedSession,
    Origin,
    Proof,
    SecondStepOver,
    SessionTerms,
)
from pointsbank.core import bank, clock, tokens
from pointsbank.core.actor import Actor
from pointsbank.core.database import snapshot, transaction
from pointsbank.core.errors import Invalid, Refused
from pointsbank.members.rules import CodeInvalid

_HALF_WAY = "second step"


def enter(name: str, password: str, origin: Origin, *, code: str | None = None) -> OpenedSession:
    """Sign in by phone number or staff name. Refuses: LockedOut, WrongPassword, CodeNeeded (facts:
    ``half_way``, for ``enter_by_code``), WrongCode.
    """
    at, terms = clock.now(), lockout()
    with snapshot() as session:
        known = queries.credentials(
            session, name=name, address=origin.address, lockout=terms, at=at
        )
    return enter_proved(passwords.prove(known, password), origin, code)


def enter_by_code(half_way: str, code: str, origin: Origin) -> OpenedSession:
    """The second step, for who proved her password a moment ago.

    Refuses: SecondStepOver, LockedOut, WrongCode (facts: ``half_way``).
    """
    at = clock.now()
    try:
        held, _ = tokens.read(_HALF_WAY, half_way, at=at, lifetime=SECOND_STEP)
    except Invalid:
        raise SecondStepOver from None
    with snapshot() as session:
        known = queries.own_credentials(
            session, int(held["user"]), address=origin.address, lockout=lockout(), at=at
        )
    if held["proof"] != _print_of(known):
        raise SecondStepOver
    proof = Proof(
        known.account, known.user_id, known.password_hash, right=True, entry=Entry(held["entry"])
    )
    return enter_proved(proof, origin, code)


def half_way(proof: Proof) -> str:
    """What stands for a password that was proved until the second step; a new password voids it."""
    held = {"user": proof.user_id, "proof": _print_of(proof), "entry": proof.entry}
    return tokens.sign(_HALF_WAY, held, at=clock.now())


def _print_of(known: Credentials | Proof) -> str:
    return hashlib.sha256(known.password_hash.encode()).hexdigest()[:16]


def enter_proved(proof: Proof, origin: Origin, code: str | None = None) -> OpenedSession:
    """Open the session of who proved herself. Refuses as ``enter``."""
    with transaction() as session:
        answer = operations.sign_in(
            session, proof, address=origin.address, agent=origin.agent, code=code,
            terms=terms(), lockout=lockout(), at=clock.now(),
        )  # fmt: skip
    if isinstance(answer, CodeNeeded):
        answer.half_way = half_way(proof)
    return _opened(answer)


def renew(
    user_id: int, current: str, new: str, origin: Origin, *, token: str = ""
) -> OpenedSession:
    """Change one's own password. Refuses as ``operations.change_password``."""
    proof = prove_own(user_id, current, origin.address)
    with transaction() as session:
        answer = operations.change_password(
            session, proof, password=new, address=origin.address, agent=origin.agent, token=token,
            terms=terms(), lockout=lockout(), at=clock.now(),
        )  # fmt: skip
    return _opened(answer)


def prove_own(user_id: int, password: str, address: str) -> Proof:
    """Compare the password of somebody who is known already."""
    with snapshot() as session:
        known = queries.own_credentials(
            session, user_id, address=address, lockout=lockout(), at=clock.now()
        )
    return passwords.prove(known, password)


def prove_again(user_id: int, password: str, *, address: str) -> None:
    """Ask somebody who is signed in for her password once more, before what only she may have.

    Refuses: LockedOut, WrongPassword.
    """
    proof = prove_own(user_id, password, address)
    with transaction() as session:
        refused = operations.check_proof(
            session, proof, address=address, lockout=lockout(), at=clock.now()
        )
        if refused is None:
            operations.forgive(session, proof.account)
    if refused is not None:
        raise refused


def remove_authenticator(actor: Actor, password: str, code: str) -> None:
    """Give up one's own second factor. Refuses as ``operations.remove_authenticator``."""
    proof = prove_own(actor.id, password, actor.address)
    with transaction() as session:
        refused = operations.remove_authenticator(
            session, actor, proof, code=code, required=bank.settings().administrators_use_totp,
            lockout=lockout(), at=clock.now(),
        )  # fmt: skip
    if refused is not None:
        raise refused


def choose_counter_pin(actor: Actor, password: str, pin: str) -> None:
    """Set one's own PIN for counters. Refuses: LockedOut, WrongPassword, then as
    ``operations.set_counter_pin``.
    """
    proof = prove_own(actor.id, password, actor.address)
    with transaction() as session:
        refused = operations.check_proof(
            session, proof, address=actor.address, lockout=lockout(), at=clock.now()
        )
        if refused is None:
            operations.set_counter_pin(session, actor, pin=pin, at=clock.now())
    if refused is not None:
        raise refused


@contextmanager
def reading_codes(actor: Actor) -> Iterator[None]:
    """Read people's cards and phone codes inside: those that there are not are counted, and after
    too many no more are read. Refuses: TooManyGuesses.
    """
    with snapshot() as session:
        operations.check_guesses(session, actor, at=clock.now())
    try:
        yield
    except CodeInvalid:
        with transaction() as session:
            operations.note_guess(session, actor, at=clock.now())
        raise


def terms() -> SessionTerms:
    """How long sessions last here, by the bank's settings."""
    settings = bank.settings()
    return SessionTerms(
        volunteer=timedelta(days=settings.volunteer_session_days),
        staff_idle_minutes=settings.staff_idle_minutes,
        administrators_enrol=settings.administrators_use_totp,
        password_days=settings.staff_password_days,
    )


def lockout() -> LockoutTerms:
    """When failures close the way in here, by the bank's settings."""
    settings = bank.settings()
    return LockoutTerms(
        failures=settings.failures_of_account,
        address_failures=settings.failures_of_address,
        minutes=settings.lockout_minutes,
    )


def _opened(answer: OpenedSession | Refused) -> OpenedSession:
    if isinstance(answer, Refused):
        raise answer
    return answer
