"""The short code of an event: what its poster shows and its QR code's address ends with."""

import secrets

from sqlalchemy import select
from sqlmodel import Session, col

from pointsbank.events.models import Event

# No 0/O, 1/I/L, 2/Z, 5/S, 8/B, U/V: what an elderly person reads aloud is what another types.
ALPHABET = "34679ACDEFGHJKMNPQRTWXY"
LENGTH = 6


def unused_codes(session: Session, count: int) -> list[str]:
    """So many random codes that no event has."""
    codes: set[str] = set()
    while len(codes) < count:
        drawn = {_draw() for _ in range(count - len(codes))}
        taken = select(col(Event.code)).where(col(Event.code).in_(drawn))
        codes |= drawn - set(session.execute(taken).scalars())
    return list(codes)


def _draw() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
