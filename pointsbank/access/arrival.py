"""The way in through the identity provider: it is asked outside transactions, and each way back
from it is good once, in the browser that went.
"""

import hmac
from dataclasses import asdict, dataclass

from pointsbank.access import entrance, identities, provider
from pointsbank.access.provider import Question
from pointsbank.access.rules import OpenedSession, Origin
from pointsbank.access.vouching import AWAY, ReturnOver
from pointsbank.core import clock, tokens
from pointsbank.core.actor import Actor
from pointsbank.core.database import transaction
from pointsbank.core.errors import Invalid

_PURPOSE = "identity provider"


@dataclass(frozen=True, slots=True)
class Journey:
    """What a browser keeps while it is at the provider: what it was asked to bring back, where it
    was going, and whose account is to be linked (0: somebody signs in).
    """

    question: Question
    wanted: str
    user_id: int = 0


def begin(wanted: str, *, user_id: int = 0) -> tuple[str, str]:
    """Where the browser goes, and what it keeps. Refuses: ProviderOff, ProviderSilent."""
    question = provider.new_question()
    kept = {**asdict(question), "wanted": wanted, "user_id": user_id}
    return provider.address_of(question), tokens.sign(_PURPOSE, kept, at=clock.now())


def returned(kept: str, state: str) -> Journey:
    """The journey that a browser comes back from, by what it kept. Refuses: ReturnOver."""
    try:
        held, _ = tokens.read(_PURPOSE, kept, at=clock.now(), lifetime=AWAY)
    except Invalid:
        raise ReturnOver from None
    if not hmac.compare_digest(held["state"].encode(), state.encode()):
        raise ReturnOver
    question = Question(held["state"], held["nonce"], held["verifier"])
    return Journey(question, held["wanted"], held["user_id"])


def enter(journey: Journey, code: str, origin: Origin) -> OpenedSession:
    """Sign in who comes back with a code. Refuses: ReturnOver, ProviderSilent, NotVouched,
    IdentityUnknown, AccountClosed, then as ``entrance.enter_proved``.
    """
    if journey.user_id:
        raise ReturnOver
    with transaction() as session:
        identities.spend(session, journey.question.state, at=clock.now())
    told = provider.vouched(journey.question, code, at=clock.now())
    with transaction() as session:
        proof = identities.recognise(
            session, told, called=provider.name(), address=origin.address,
            lockout=entrance.lockout(), at=clock.now(),
        )  # fmt: skip
    return entrance.enter_proved(proof, origin)


def link(journey: Journey, code: str, actor: Actor, password: str) -> None:
    """Link one's own account to who one is at the provider; the password is asked once more, for
    another site could have sent this browser there and back.

    Refuses: ReturnOver, LockedOut, WrongPassword, ProviderSilent, NotVouched, then as
    ``identities.link``.
    """
    if journey.user_id != actor.id:
        raise ReturnOver
    entrance.prove_again(actor.id, password, address=actor.address)
    with transaction() as session:
        identities.spend(session, journey.question.state, at=clock.now())
    told = provider.vouched(journey.question, code, at=clock.now())
    with transaction() as session:
        identities.link(session, actor, told, called=provider.name(), at=clock.now())
