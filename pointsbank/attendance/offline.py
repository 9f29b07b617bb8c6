"""What a device takes along to an event without network: a roster that it cannot read, and the key
to which it seals the codes that it scanned there.

An entry of the roster opens only with the digits of the card or pass that it belongs to: who steals
the tablet learns nobody's name until a code is shown to it.
"""

import base64
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from pointsbank.attendance.passes import pass_digits
from pointsbank.attendance.roster import Expected
from pointsbank.core import encryption
from pointsbank.members.rules import CodeInvalid

_PURPOSE = "offline scans"
_CURVE = ec.SECP256R1()
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_POINT_BYTES, _NONCE_BYTES = 65, 12
_ROUNDS_IN_ALL = 4_000_000
_ROUNDS = (400, 10_000)


@dataclass(frozen=True, slots=True)
class SealedEntry:
    """Somebody behind one of her codes: found by ``tag``, opened by the code's digits."""

    tag: str
    sealed: str


@dataclass(frozen=True, slots=True)
class Roster:
    """Whoever is expected at an event, each sealed under each of her codes."""

    salt: str
    iterations: int
    entries: list[SealedEntry]
    issued_at: datetime


def roster(event_id: int, people: Iterable[Expected], at: datetime) -> Roster:
    """Seal what a device may show of these people once it is shown their codes.

    Digits are stretched (PBKDF2) so that trying all of them costs a thief years of many machines;
    the fewer people, the more rounds. Two seconds for 5,000 people with cards: keep it out of
    transactions.
    """
    codes = [
        (digits, person)
        for person in people
        for digits in (pass_digits(event_id, person.member_id), *person.cards)
    ]
    least, most = _ROUNDS
    iterations = max(least, min(most, _ROUNDS_IN_ALL // max(1, len(codes))))
    salt = os.urandom(16)
    entries = [_entry(digits, person, salt, iterations) for digits, person in codes]
    secrets.SystemRandom().shuffle(entries)  # their order would tell whose are together
    return Roster(base64.b64encode(salt).decode(), iterations, entries, at)


def _entry(digits: str, person: Expected, salt: bytes, iterations: int) -> SealedEntry:
    secret = hashlib.pbkdf2_hmac("sha256", digits.encode(), salt, iterations)
    tag = hmac.digest(secret, b"tag", "sha256")[:8].hex()
    key, nonce = hmac.digest(secret, b"key", "sha256"), os.urandom(_NONCE_BYTES)
    told = {"member_id": person.member_id, "name": person.name, "phone_tail": person.phone_tail}
    text = json.dumps(told, ensure_ascii=False).encode()
    text += b" " * (-len(text) % 32)  # lengths of names tell little
    sealed = nonce + AESGCM(key).encrypt(nonce, text, None)
    return SealedEntry(tag, base64.b64encode(sealed).decode())


def public_key() -> str:
    """To what devices seal the codes that they keep: a point of P-256, base64."""
    private = _private_key(encryption.derived_by_each(_PURPOSE)[0])
    point = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return base64.b64encode(point).decode()


def with_code(event_id: int, scan: dict[str, Any]) -> dict[str, Any]:
    """A scan as it came, with the digits that its ``sealed`` holds; what cannot be opened is a code
    of nobody.
    """
    if not isinstance(scan.get("sealed"), str) or "code" in scan:
        return scan
    try:
        code = opened_code(event_id, scan["sealed"])
    except CodeInvalid:
        code = "0"
    return {name: told for name, told in scan.items() if name != "sealed"} | {"code": code}


def opened_code(event_id: int, sealed: str) -> str:
    """The digits that a device sealed at this event: ephemeral point, nonce, ciphertext.

    Refuses: CodeInvalid.
    """
    try:
        body = base64.b64decode(sealed, validate=True)
        point = ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, body[:_POINT_BYTES])
    except ValueError:
        raise CodeInvalid from None
    nonce, text = body[_POINT_BYTES:][:_NONCE_BYTES], body[_POINT_BYTES + _NONCE_BYTES :]
    for secret in encryption.derived_by_each(_PURPOSE):
        shared = _private_key(secret).exchange(ec.ECDH(), point)
        key = HKDF(SHA256(), 32, None, f"offline scan {event_id}".encode()).derive(shared)
        try:
            return AESGCM(key).decrypt(nonce, text, None).decode()
        except (InvalidTag, ValueError):
            continue
    raise CodeInvalid


@lru_cache(maxsize=4)
def _private_key(secret: bytes) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(1 + int.from_bytes(secret) % (_ORDER - 1), _CURVE)
