"""Fixed binary encodings: of what was asked for, and of each row that a seal covers."""

import struct
from hashlib import blake2b, sha256

from pointsbank.ledger.rules import Posting

_REQUEST = struct.Struct(">qqqiqq11H")
NOTHING = -1  # in place of a NULL; no id, version or amount is negative


def request_hash(posting: Posting) -> bytes:
    """16 bytes over all that a repeated key is compared by; empty if it could not be booked."""
    source, destination = posting.source, posting.destination
    words = (
        source.owner_kind,
        source.unit,
        source.kind,
        source.category,
        destination.owner_kind,
        destination.unit,
        destination.kind,
        destination.category,
        posting.reason,
        posting.origin_kind,
        posting.rule,
    )
    try:
        head = _REQUEST.pack(
            source.owner_id,
            destination.owner_id,
            posting.amount,
            posting.effective_on.toordinal(),
            posting.origin_id,
            NOTHING if posting.reverses is None else posting.reverses,
            *map(len, words),
        )
    except struct.error:
        return b""
    return blake2b(head + "".join(words).encode(), digest_size=16).digest()


def text_hash(salt: bytes, text: str) -> bytes:
    return sha256(salt + text.encode()).digest()
