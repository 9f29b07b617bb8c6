"""The key to which a device seals the codes that it scanned without network: it keeps them until
they are sent, and cannot read them again; nor can who steals it.
"""

import base64
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from pointsbank.core import encryption
from pointsbank.members.rules import CodeInvalid

_PURPOSE = "offline scans"
_CURVE = ec.SECP256R1()
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_POINT_BYTES, _NONCE_BYTES = 65, 12


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
