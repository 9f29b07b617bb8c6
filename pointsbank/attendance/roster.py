"""What a device takes along to scan without network: who steals it learns nobody's name.

Each entry is sealed under a key that follows from the digits of a card or door pass, so that only
whoever shows the code opens hers; the list for ticking names is sealed under the device's PIN.
"""

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import select
from sqlmodel import Session, col

from pointsbank.attendance import queries
from pointsbank.attendance.passes import pass_digits
from pointsbank.events.models import Event
from pointsbank.members.models import Card
from pointsbank.orgs.queries import among

ROUNDS = 600_000
MOST_PEOPLE = 5_000
_ROUNDS_IN_ALL = 4_000_000
_ROUNDS_AN_ENTRY = (400, 10_000)
_NONCE_BYTES = 12
_BLOCK = 32

Person = tuple[int, str, str]
"""Member, name, phone's last four."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Somebody behind one of her codes: found by ``tag``, opened by the code's digits."""

    tag: str
    sealed: bytes


def codes(session: Session, event: Event) -> list[tuple[str, Person]]:
    """The door pass and each good card of everybody on the event's roster, with whose it is."""
    people = queries.on_roster(session, event, most=MOST_PEOPLE)
    known: dict[int, Person] = {row[0]: (row[0], row[1], row[2]) for row in people}
    cards = session.execute(
        select(col(Card.member_id), col(Card.digits)).where(
            among(Card.member_id, known), col(Card.lost_at).is_(None)
        )
    )
    found = [(pass_digits(event.id, member_id), person) for member_id, person in known.items()]
    found.extend((digits, known[member_id]) for member_id, digits in cards)
    return found


def rounds(count: int) -> int:
    """How often the digits of each of so many codes are hashed.

    Who has the tablet may try digits until one of the entries opens, so the fewer there are, the
    more each try costs. At 10^10 hashes a second the first name of a hundred codes takes years, of
    ten thousand (5,000 people with cards) about two days.
    """
    least, most = _ROUNDS_AN_ENTRY
    return max(least, min(most, _ROUNDS_IN_ALL // max(1, count)))


def entries(found: Sequence[tuple[str, Person]], salt: bytes) -> list[Entry]:
    """Each code's owner, sealed: seconds of work for 5,000 people, so not in a transaction."""
    sealed = [_entry(digits, person, salt, rounds(len(found))) for digits, person in found]
    secrets.SystemRandom().shuffle(sealed)  # their order would tell which are one person's
    return sealed


def ticks(people: Iterable[Sequence[object]], pin: str, salt: bytes) -> bytes:
    """The list of names for ticking, under the device's PIN: nonce, then AES-256-GCM."""
    key = hashlib.pbkdf2_hmac("sha256", pin.encode(), salt, ROUNDS, 32)
    return _sealed(key, [_told(one) for one in people])


def _entry(digits: str, person: Person, salt: bytes, times: int) -> Entry:
    secret = hashlib.pbkdf2_hmac("sha256", digits.encode(), salt, times)
    tag = hmac.digest(secret, b"tag", "sha256")[:8].hex()
    return Entry(tag, _sealed(hmac.digest(secret, b"key", "sha256"), _told(person)))


def _told(person: Sequence[object]) -> dict[str, object]:
    return dict(zip(("member_id", "name", "phone_tail"), person, strict=True))


def _sealed(key: bytes, told: object) -> bytes:
    """Padded: a length tells little of a name."""
    text = json.dumps(told, ensure_ascii=False).encode()
    text += b" " * (-len(text) % _BLOCK)
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, text, None)
