"""An erasure is asked for twice: what was asked first comes back signed, by the same person, within
a quarter of an hour.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from pointsbank.core import tokens
from pointsbank.core.actor import Actor
from pointsbank.core.tokens import TokenInvalid
from pointsbank.persons.rules import ErasureAsked

_LIFETIME = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Question:
    """How the person asked, and when: what the second step repeats."""

    asked: ErasureAsked
    asked_on: date


def put(actor: Actor, member_id: int, question: Question, *, at: datetime) -> str:
    """What stands for the first step."""
    told = {
        "member": member_id, "by": actor.id, "asked": question.asked.value,
        "on": question.asked_on.isoformat(),
    }  # fmt: skip
    return tokens.sign("erasure", told, at=at)


def answered(actor: Actor, member_id: int, token: str, *, at: datetime) -> Question:
    """What was asked first. Refuses: TokenInvalid (also another's), TokenExpired."""
    told, _ = tokens.read("erasure", token, at=at, lifetime=_LIFETIME)
    if (told["member"], told["by"]) != (member_id, actor.id):
        raise TokenInvalid
    return Question(ErasureAsked(told["asked"]), date.fromisoformat(told["on"]))
