"""The bank's keys; personal data is sealed at rest and found by a keyed digest."""

import hmac
import os
import secrets
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import LargeBinary
from sqlmodel import Field

_NONCE_BYTES = 12
_secrets: tuple[bytes, ...] = ()


def sealed(*, optional: bool = False) -> Any:
    """A column that holds a text of ``seal``; a change of keys finds it by this declaration."""
    return _declared({"sealed": True}, optional=optional)


def digested(
    of: str, purpose: str, meaning: str = "{text}", *, optional: bool = True, **more: Any
) -> Any:
    """A column that holds the keyed digest of what the sealed column ``of`` holds: its ``text``
    within ``meaning``, which may name other columns of the row.
    """
    told = {"digest_of": of, "purpose": purpose, "meaning": meaning}
    return _declared(told, optional=optional, **more)


def _declared(told: dict[str, Any], *, optional: bool, **more: Any) -> Any:
    if optional:
        more["default"] = None
    return Field(sa_type=LargeBinary, nullable=optional, sa_column_kwargs={"info": told}, **more)


def make_keys(path: Path) -> None:
    """Write a new secret, readable by its owner only. An existing file is never overwritten."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_hex(32) + "\n")


def keys_in(path: Path) -> list[bytes]:
    """The secrets of a bank: the one in use, then the one that it is taking the place of, if any.

    ``PermissionError`` when others than its owner may read the file.
    """
    if path.stat().st_mode & 0o077:
        raise PermissionError(
            f"{path} 的权限过宽，请执行 chmod 600 / must be readable by its owner only"
        )
    return [bytes.fromhex(line) for line in path.read_text().split()]


def write_keys(path: Path, found: list[bytes]) -> None:
    """Put these secrets in the place of those of the file, durably and at once."""
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write("".join(f"{secret.hex()}\n" for secret in found))
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def use_keys(path: Path) -> None:
    """Read the bank's secrets. Refuses as ``keys_in``."""
    use_secret(*keys_in(path))


def use_secret(*found: bytes) -> None:
    global _secrets  # noqa: PLW0603 - one process serves one bank
    _secrets = found
    _derived.cache_clear()


def derived(purpose: str) -> bytes:
    """A 32-byte key for one purpose; a key of one purpose tells nothing of another's."""
    if not _secrets:
        raise RuntimeError("no keys are in use: call use_keys first")
    return _derived(_secrets[0], purpose)


def derived_by_each(purpose: str) -> list[bytes]:
    """The key for one purpose from the secret in use, then from the one before it."""
    return [_derived(secret, purpose) for secret in _secrets]


@lru_cache(maxsize=64)
def _derived(secret: bytes, purpose: str) -> bytes:
    return HKDF(SHA256(), 32, None, purpose.encode()).derive(secret)


def fingerprint() -> int:
    """31 bits by which other keys than the bank's are told; it says nothing of them."""
    return int.from_bytes(derived("fingerprint")[:4], "big") >> 1


def seal(text: str) -> bytes:
    """Encrypt personal data: nonce, then AES-256-GCM-SIV."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCMSIV(derived("field")).encrypt(nonce, text.encode(), None)


def unseal(text: bytes) -> str:
    """What was sealed, by the key in use or the one before it. ``InvalidTag``: by neither."""
    for secret in _secrets:
        with suppress(InvalidTag):
            return _unseal(text, secret)
    raise InvalidTag


def is_newly_sealed(text: bytes) -> bool:
    """Whether it was sealed by the key in use."""
    with suppress(InvalidTag):
        return _unseal(text, _secrets[0]) is not None
    return False


def _unseal(text: bytes, secret: bytes) -> str:
    nonce, body = text[:_NONCE_BYTES], text[_NONCE_BYTES:]
    return AESGCMSIV(_derived(secret, "field")).decrypt(nonce, body, None).decode()


def digest(text: str, purpose: str) -> bytes:
    """Keyed SHA-256 by which equal values are found without being readable."""
    return hmac.digest(derived(f"digest:{purpose}"), text.encode(), "sha256")
