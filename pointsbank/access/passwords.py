"""Hashes of passwords: 29 ms each, so compared outside transactions. Only this knows argon2."""

from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from pointsbank.access.rules import Credentials, Proof, folded

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def hashed(password: str) -> str:
    """argon2id, 19 MiB, two passes, one lane."""
    return _hasher.hash(folded(password))


def matches(password_hash: str, password: str) -> bool:
    """Whether this is the password. Without a hash the same work is done, and the answer is no."""
    try:
        return _hasher.verify(password_hash or _nobodys(), folded(password)) and bool(password_hash)
    except (VerificationError, InvalidHashError):
        return False


def prove(credentials: Credentials, password: str) -> Proof:
    """Compare a password with what is stored; while the account is locked, nothing is compared."""
    return Proof(
        account=credentials.account,
        user_id=credentials.user_id,
        password_hash=credentials.password_hash,
        right=credentials.locked_until is None and matches(credentials.password_hash, password),
    )


@lru_cache(maxsize=1)
def _nobodys() -> str:
    return hashed("nobody's password")
