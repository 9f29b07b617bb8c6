"""The line of a seal that is put on a public notice, and later read back."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from pointsbank.core.errors import Invalid, say

_SEAL_LINE = re.compile(r"pointsbank-seal (\d{1,18}) (\d{1,18}) (\S+) ([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class SealLine:
    """What is put on a public notice of a seal: its number, how far it goes, when, its digest."""

    seal_id: int
    last_transfer_id: int
    sealed_at: datetime
    digest: bytes

    def __str__(self) -> str:
        at = self.sealed_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return f"pointsbank-seal {self.seal_id} {self.last_transfer_id} {at} {self.digest.hex()}"

    @classmethod
    def read(cls, line: str) -> "SealLine":
        """A line as it was printed; refuses with ``SealLineUnreadable``."""
        found = _SEAL_LINE.fullmatch(line.strip())
        try:
            if found is None:
                raise SealLineUnreadable
            number, last, at, digest = found.groups()
            return cls(int(number), int(last), datetime.fromisoformat(at), bytes.fromhex(digest))
        except ValueError:
            raise SealLineUnreadable from None


class SealLineUnreadable(Invalid):
    sentence = say("这不是一行完整的封存公告，请逐字核对。")
