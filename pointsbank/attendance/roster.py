"""What a device takes along to scan without network: who steals it learns nobody's name.

Each entry is sealed under a key that follows from the digits of a card or event code, so that only
whoever shows the code opens hers; the list for ticking names is sealed under the device's PIN.
"""

import hashlib
import hmac
import json
import os
from collections.abc import Iterable
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import select
from sqlmodel import Session, col

from pointsbank.attendance import queries
from pointsbank.attendance.eventcodes import event_code
from pointsbank.core.encryption import digest
from pointsbank.events.models import Event
from pointsbank.members.models import Card
from pointsbank.orgs.queries import among

ROUNDS = 600_000
MOST_PEOPLE = 5_000
_INFO = b"pointsbank roster entry"
_NONCE_BYTES = 12


def salt_of(event_id: int) -> bytes:
    """An event's own; no secret."""
    return digest(str(event_id), "roster salt")[:16]


def entries(session: Session, event: Event) -> list[dict[str, Any]]:
    """An entry for each good card, and for the event code, of everybody on the event's roster."""
    assert event.id is not None  # noqa: S101 - it is in the table
    people = queries.on_roster(session, event, most=MOST_PEOPLE)
    known = {member_id: _clear(member_id, name, tail) for member_id, name, tail in people}
    cards = session.execute(
        select(col(Card.member_id), col(Card.digits)).where(
            among(Card.member_id, known), col(Card.lost_at).is_(None)
        )
    )
    codes = [(event_code(event.id, member_id), member_id) for member_id in known]
    codes.extend((digits, member_id) for member_id, digits in cards)
    salt = salt_of(event.id)
    return [_entry(digits, known[member_id], salt) for digits, member_id in sorted(codes)]


def ticks(people: Iterable[tuple[int, str, str]], pin: str, salt: bytes) -> bytes:
    """The list of names for ticking, under the device's PIN: nonce, then AES-256-GCM."""
    key = hashlib.pbkdf2_hmac("sha256", pin.encode(), salt, ROUNDS, 32)
    return _sealed(key, json.dumps([_person(*one) for one in people], ensure_ascii=False).encode())


def _entry(digits: str, clear: bytes, salt: bytes) -> dict[str, Any]:
    tag = hmac.digest(salt, digits.encode(), "sha256")[:8].hex()
    key = HKDF(SHA256(), 32, salt, _INFO).derive(digits.encode())
    return {"tag": tag, "sealed": _sealed(key, clear)}


def _clear(member_id: int, name: str, tail: str) -> bytes:
    return json.dumps(_person(member_id, name, tail), ensure_ascii=False).encode()


def _person(member_id: int, name: str, tail: str) -> dict[str, Any]:
    return {"member_id": member_id, "name": name, "phone_tail": tail}


def _sealed(key: bytes, clear: bytes) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, clear, None)
