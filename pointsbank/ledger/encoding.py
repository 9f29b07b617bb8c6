"""Fixed binary encodings: of what was asked for, and of each row that a seal covers."""

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from hashlib import blake2b, sha256
from typing import Any

from pointsbank.ledger.rules import Posting

_NUMBERS = struct.Struct(">qqqiqq")
_LENGTHS = struct.Struct(">11H")
NOTHING = -1  # in place of a NULL; no id, version or amount is negative


def request_hash(posting: Posting) -> bytes:
    """16 bytes over all that a repeated key is compared by; empty if it could not be booked."""
    source, destination = posting.source, posting.destination
    try:
        numbers = _NUMBERS.pack(
            source.owner_id,
            destination.owner_id,
            posting.amount,
            posting.effective_on.toordinal(),
            posting.origin_id,
            NOTHING if posting.reverses is None else posting.reverses,
        )
        words = _words(
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
    except struct.error:
        return b""
    return blake2b(numbers + words, digest_size=16).digest()


@lru_cache(1_000)
def _words(*words: str) -> bytes:
    """The same few codes, again and again; so kept."""
    return _LENGTHS.pack(*map(len, words)) + "".join(words).encode()


_SHAPES = {
    "sqlite": {
        "plain": "{0}",
        "flag": "{0}",
        "null": "({0} IS NULL)",
        "day": "{0}",
        "instant": "{0}",
        "bytes": "CAST({0} AS BLOB)",
        "empty": "x''",
    },
    "postgresql": {
        "plain": "{0}",
        "flag": "({0})::int",
        "null": "({0} IS NULL)::int",
        "day": "to_char({0}, 'YYYY-MM-DD')",
        "instant": "to_char({0} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')",
        "bytes": "convert_to({0}, 'UTF8')",
        "empty": "''::bytea",
    },
}


def day_bytes(column: str, dialect: str) -> str:
    """A day as it is sealed."""
    shape = _SHAPES[dialect]
    return shape["bytes"].format(shape["day"].format(column))


Columns = Sequence[Sequence[Any]]
"""Rows of one table, column by column."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How a table's rows are sealed, column by column.

    Days and instants are text, ``2026-03-05`` and ``2026-03-05 01:02:03.123456`` in UTC, as SQLite
    holds them: every bit of a row counts. A NULL is 0 or empty and told apart by a mask, whose bits
    stand in the order of ``optional``.
    """

    table: str
    numbers: tuple[str, ...]
    flags: tuple[str, ...]
    texts: tuple[str, ...]
    days: tuple[str, ...]
    instants: tuple[str, ...]
    binaries: tuple[str, ...]
    optional: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        numbers = self.numbers + self.flags
        return numbers + self.texts + self.days + self.instants + self.binaries

    @property
    def numbers_first(self) -> int:
        """How many numbers ``select`` begins with, the mask included."""
        return len(self.numbers) + len(self.flags) + 1

    def select(self, dialect: str) -> str:
        """What ``encode`` takes, as this database gives it: numbers, the mask, then bytes."""
        shape = _SHAPES[dialect]
        mask = " + ".join(
            f"{shape['null'].format(name)} * {1 << place}"
            for place, name in enumerate(self.optional)
        )

        def column(name: str, kind: str, empty: str) -> str:
            value = shape[kind].format(name)
            return f"coalesce({value}, {empty})" if name in self.optional else value

        def text(name: str, kind: str) -> str:
            return shape["bytes"].format(column(name, kind, "''"))

        return ", ".join(
            [
                *(column(name, "plain", "0") for name in self.numbers),
                *(column(name, "flag", "0") for name in self.flags),
                mask or "0",
                *(text(name, "plain") for name in self.texts),
                *(text(name, "day") for name in self.days),
                *(text(name, "instant") for name in self.instants),
                *(column(name, "plain", shape["empty"]) for name in self.binaries),
            ]
        )

    def encode(self, columns: Columns) -> bytes:
        """The numbers, 8 bytes each; how long each text is, 4 bytes each; and the texts."""
        eights, fours = _packers(len(columns[0]))
        numbers, texts = columns[: self.numbers_first], columns[self.numbers_first :]
        return b"".join(
            [
                *[eights(*column) for column in numbers],
                *[fours(*map(len, column)) for column in texts],
                *map(b"".join, texts),
            ]
        )

    def row_encoder(self) -> Callable[[Sequence[Any]], bytes]:
        """The encoding of one row alone, as ``encode`` would have it."""
        first = self.numbers_first
        pack = struct.Struct(f">{first}q{len(self.columns) + 1 - first}I").pack

        def encode_row(row: Sequence[Any]) -> bytes:
            return pack(*row[:first], *map(len, row[first:])) + b"".join(row[first:])

        return encode_row


@cache
def _packers(count: int) -> tuple[Callable[..., bytes], Callable[..., bytes]]:
    return struct.Struct(f">{count}q").pack, struct.Struct(f">{count}I").pack


UNIT = Layout(
    table="unit",
    numbers=("id", "floor", "expiry_months"),
    flags=("spendable",),
    texts=("code", "name", "expiry", "spent_reversal"),
    days=(),
    instants=("declared_at",),
    binaries=(),
    optional=(),
)
ACCOUNT = Layout(
    table="account",
    numbers=("id", "unit_id", "owner_id"),
    flags=(),
    texts=("owner_kind", "kind", "category"),
    days=(),
    instants=(),
    binaries=(),
    optional=(),
)
TRANSFER = Layout(
    table="transfer",
    numbers=(
        *("id", "unit_id", "source_id", "destination_id", "amount"),
        *("source_balance", "source_version", "destination_balance", "destination_version"),
        *("reverses", "actor_id", "origin_id"),
    ),
    flags=(),
    texts=("key", "actor_kind", "reason", "origin_kind", "rule"),
    days=("effective_on", "expires_on"),
    instants=("recorded_at",),
    binaries=("request_hash", "text_hash"),
    optional=(
        *("source_balance", "source_version", "destination_balance", "destination_version"),
        *("reverses", "expires_on", "text_hash"),
    ),
)


def text_hash(salt: bytes, text: str) -> bytes:
    return sha256(salt + text.encode()).digest()
