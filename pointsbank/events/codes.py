"""The short code of an event: what its poster shows and its QR code's address ends with; that of
one of its posts is the same with the post's number: ``AC34HK-2``.
"""

import secrets

from sqlalchemy import select
from sqlmodel import Session, col

from pointsbank.events.models import Event

# No 0/O, 1/I/L, 2/Z, 5/S, 8/B, U/V: what an elderly person reads aloud is what another types.
ALPHABET = "34679ACDEFGHJKMNPQRTWXY"
LENGTH = 6
MOST_NUMBER_DIGITS = 3


def unused_codes(session: Session, count: int) -> list[str]:
    """So many random codes that no event has."""
    codes: set[str] = set()
    while len(codes) < count:
        drawn = {_draw() for _ in range(count - len(codes))}
        taken = select(col(Event.code)).where(col(Event.code).in_(drawn))
        codes |= drawn - set(session.execute(taken).scalars())
    return list(codes)


def of_post(code: str, number: int) -> str:
    """The code of an event's n-th post."""
    return f"{code}-{number}"


def parts(text: str) -> tuple[str, int]:
    """A code as somebody scanned or typed it: the event's, and the number of its post or 0. What is
    no number stays part of the code, which then nobody knows.
    """
    text = text.strip().upper()
    code, _, number = text.partition("-")
    if number.isascii() and number.isdecimal() and len(number) <= MOST_NUMBER_DIGITS:
        return code, int(number)
    return text, 0


def _draw() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
