"""Codes of twenty digits: a printed card's, and a phone's, which holds for a minute or three.

A phone's: ``9`` · member (8) · minute modulo 1000 (3) · truncated keyed digest (6) · check digits
(2). The server's clock decides, never the phone's; the current minute's code is good, and the two
before.
"""

from collections.abc import Callable
from datetime import datetime

from pointsbank.core import encryption
from pointsbank.members.rules import CodeExpired, CodeInvalid

CODE_DIGITS = 20
STEP_SECONDS = 60
STEPS_ACCEPTED_BEFORE = 2
_CYCLE = 1000


def phone_code(member_id: int, at: datetime) -> str:
    """The digits for this member and minute."""
    step = int(at.timestamp()) // STEP_SECONDS
    return with_check_digits(f"9{member_id:08d}{step % _CYCLE:03d}{_proof(member_id, step)}")


def seconds_left(at: datetime) -> int:
    """How long the code of this instant stays the newest: when to fetch the next."""
    return STEP_SECONDS - int(at.timestamp()) % STEP_SECONDS


def member_of_phone_code(digits: str, at: datetime) -> int:
    """The member whose phone shows these digits. Refuses: CodeInvalid, CodeExpired (by minutes)."""
    if not (check_digits_hold(digits) and is_phone_code(digits)):
        raise CodeInvalid
    member_id, residue, proof = int(digits[1:9]), int(digits[9:12]), digits[12:18]
    now = int(at.timestamp()) // STEP_SECONDS
    age = (now - residue) % _CYCLE
    if proof != _proof(member_id, now - age):
        raise CodeInvalid
    if age > STEPS_ACCEPTED_BEFORE:
        raise CodeExpired(minutes=age)
    return member_id


def _proof(member_id: int, step: int) -> str:
    mac = encryption.digest(f"{member_id}:{step}", "phone code")
    return f"{int.from_bytes(mac[:8]) % 10**6:06d}"


def with_check_digits(digits: str) -> str:
    """The digits followed by two check digits: ISO 7064 MOD 97-10."""
    return f"{digits}{98 - int(digits) * 100 % 97:02d}"


def check_digits_hold(digits: str) -> bool:
    """Whether a string of 20 digits carries its ISO 7064 MOD 97-10 check digits."""
    return len(digits) == CODE_DIGITS and digits.isdecimal() and int(digits) % 97 == 1


def is_phone_code(digits: str) -> bool:
    """A phone's code begins with 9, a printed card's with 1 to 8."""
    return digits.startswith("9")


def card_digits(draw: Callable[[int], int]) -> str:
    """New digits for a card; ``draw(n)`` gives a random number below n."""
    return with_check_digits(f"{1 + draw(8)}{draw(10**17):017d}")
