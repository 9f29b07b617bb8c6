"""Fixed binary encodings: of what was asked for, and of each row that a seal covers."""

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b, sha256
from typing import Any

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


_TEXT = {
    "sqlite": {"day": "{0}", "instant": "{0}", "flag": "({0})"},
    "postgresql": {
        "day": "to_char({0}, 'YYYY-MM-DD')",
        "instant": "to_char({0} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')",
        "flag": "({0})::int",
    },
}


@dataclass(frozen=True, slots=True)
class Layout:
    """How a table's rows are sealed: whole numbers, then texts, then bytes, each with its length.

    Days and instants are text, ``2026-03-05`` and ``2026-03-05 01:02:03.123456`` in UTC, as SQLite
    holds them: every bit of a row counts. NULL numbers are 0 and are told apart by a mask.
    """

    table: str
    numbers: tuple[str, ...]
    optional: tuple[str, ...]
    flags: tuple[str, ...]
    texts: tuple[str, ...]
    days: tuple[str, ...]
    instants: tuple[str, ...]
    binaries: tuple[str, ...]

    def select(self, dialect: str) -> str:
        """The columns for ``coder``, as this database gives them."""
        shape = _TEXT[dialect]
        mask = " + ".join(
            shape["flag"].format(f"{name} IS NULL") + f" * {1 << place}"
            for place, name in enumerate(self.optional)
        )
        empty = "x''" if dialect == "sqlite" else "''::bytea"
        return ", ".join(
            [
                *self.numbers,
                *(f"coalesce({name}, 0)" for name in self.optional),
                *(shape["flag"].format(name) for name in self.flags),
                mask or "0",
                *self.texts,
                *(f"coalesce({shape['day'].format(name)}, '')" for name in self.days),
                *(shape["instant"].format(name) for name in self.instants),
                *(f"coalesce({name}, {empty})" for name in self.binaries),
            ]
        )

    def coder(self) -> Callable[[Sequence[Any]], bytes]:
        """A function from a selected row to its bytes."""
        numbers = len(self.numbers) + len(self.optional) + len(self.flags) + 1
        binaries = numbers + len(self.texts) + len(self.days) + len(self.instants)
        last = binaries + len(self.binaries)
        pack = struct.Struct(f">{numbers}q{last - numbers}I").pack

        def code(row: Sequence[Any]) -> bytes:
            head = pack(*row[:numbers], *map(len, row[numbers:last]))
            return head + "".join(row[numbers:binaries]).encode() + b"".join(row[binaries:last])

        return code


UNIT = Layout(
    table="unit",
    numbers=("id", "floor", "expiry_months"),
    optional=(),
    flags=("spendable",),
    texts=("code", "name", "expiry", "spent_reversal"),
    days=(),
    instants=("declared_at",),
    binaries=(),
)
ACCOUNT = Layout(
    table="account",
    numbers=("id", "unit_id", "owner_id"),
    optional=(),
    flags=(),
    texts=("owner_kind", "kind", "category"),
    days=(),
    instants=(),
    binaries=(),
)
TRANSFER = Layout(
    table="transfer",
    numbers=("id", "unit_id", "source_id", "destination_id", "amount", "actor_id", "origin_id"),
    optional=(
        "source_balance",
        "source_version",
        "destination_balance",
        "destination_version",
        "reverses",
    ),
    flags=(),
    texts=("key", "actor_kind", "reason", "origin_kind", "rule"),
    days=("effective_on", "expires_on"),
    instants=("recorded_at",),
    binaries=("request_hash", "text_hash"),
)


def text_hash(salt: bytes, text: str) -> bytes:
    return sha256(salt + text.encode()).digest()
