"""The bank's keys; personal data is sealed at rest and found by a keyed digest."""

import hmac
import os
import secrets
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE_BYTES = 12
_secret: bytes | None = None


def make_keys(path: Path) -> None:
    """Write a new secret, readable by its owner only. An existing file is never overwritten."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_hex(32) + "\n")


def use_keys(path: Path) -> None:
    """Read the bank's secret; ``PermissionError`` when others than its owner may read the file."""
    if path.stat().st_mode & 0o077:
        raise PermissionError(
            f"{path} 的权限过宽，请执行 chmod 600 / must be readable by its owner only"
        )
    use_secret(bytes.fromhex(path.read_text().strip()))


def use_secret(secret: bytes) -> None:
    global _secret  # noqa: PLW0603 - one process serves one bank
    _secret = secret
    derived.cache_clear()


@lru_cache(maxsize=64)
def derived(purpose: str) -> bytes:
    """A 32-byte key for one purpose; a key of one purpose tells nothing of another's."""
    if _secret is None:
        raise RuntimeError("no keys are in use: call use_keys first")
    return HKDF(SHA256(), 32, None, purpose.encode()).derive(_secret)


def fingerprint() -> int:
    """31 bits by which other keys than the bank's are told; it says nothing of them."""
    return int.from_bytes(derived("fingerprint")[:4], "big") >> 1


def seal(text: str) -> bytes:
    """Encrypt personal data: nonce, then AES-256-GCM-SIV."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCMSIV(derived("field")).encrypt(nonce, text.encode(), None)


def unseal(sealed: bytes) -> str:
    nonce, body = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
    return AESGCMSIV(derived("field")).decrypt(nonce, body, None).decode()


def digest(text: str, purpose: str) -> bytes:
    """Keyed SHA-256 by which equal values are found without being readable."""
    return hmac.digest(derived(f"digest:{purpose}"), text.encode(), "sha256")
