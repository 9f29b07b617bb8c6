"""Signed texts that the program hands out and takes back: each good for one purpose and one
lifetime.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from itsdangerous import BadData, URLSafeSerializer

from pointsbank.core.encryption import derived
from pointsbank.core.errors import Invalid, say

_SEEN_EVERY = timedelta(minutes=1)


class TokenInvalid(Invalid):
    """Not a text of ours, not for this purpose, or altered."""

    sentence = say("这个码无效，请重新扫码。")


class TokenExpired(Invalid):
    """Ours, but older than its purpose allows."""

    sentence = say("这个码已过期，请重新扫码。")


@dataclass(frozen=True, slots=True)
class LastSeen:
    """When a token that ends when idle last came by itself, without the cookie that knows."""

    at: datetime
    idle_minutes: int

    def is_idle(self, at: datetime) -> bool:
        return at - self.at > timedelta(minutes=self.idle_minutes)

    def is_stale(self, at: datetime) -> bool:
        """Whether it is time to write down that it came again: not at every request."""
        return at - self.at >= _SEEN_EVERY


def _serializer(purpose: str) -> URLSafeSerializer:
    return URLSafeSerializer(
        derived("token"), salt=purpose, signer_kwargs={"digest_method": hashlib.sha256}
    )


def sign(purpose: str, data: dict[str, Any], *, at: datetime) -> str:
    """A URL-safe text that carries ``data`` (readable by its holder) and the instant of signing."""
    return str(_serializer(purpose).dumps([int(at.timestamp()), data]))


def read(
    purpose: str, token: str, *, at: datetime, lifetime: timedelta
) -> tuple[dict[str, Any], datetime]:
    """The data and the instant of signing. Refusals in order: TokenInvalid, TokenExpired."""
    try:
        signed_at, data = _serializer(purpose).loads(token)
    except BadData:
        raise TokenInvalid from None
    instant = datetime.fromtimestamp(signed_at, UTC)
    if at - instant > lifetime:
        raise TokenExpired
    return data, instant
