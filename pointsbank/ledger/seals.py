"""Seals: a closed run of the book, hashed and chained to the seal before."""

import struct
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256

from pointsbank.ledger.encoding import TRANSFER, Columns
from pointsbank.ledger.reader import BEGINNING, LAYOUTS, Reach, Reader, SealRow

GENESIS = bytes(32)

_HEADER = struct.Struct(">8q")
_BLOCK = struct.Struct(">BI")
_MARK = struct.Struct(">Bq4s")
_END = (len(LAYOUTS), 0)


class Hasher:
    """Hashes a run's rows, block by block."""

    def __init__(self) -> None:
        self._rows = sha256()
        self.counts = [0, 0, 0]

    def add(self, kind: int, columns: Columns) -> None:
        """``kind`` is the table's place in ``LAYOUTS``."""
        count = len(columns[0])
        self._rows.update(_BLOCK.pack(kind, count) + LAYOUTS[kind].encode(columns))
        self.counts[kind] += count

    def digest(self, seal: SealRow) -> bytes:
        """The seal's own hash: the one before, what the seal says of itself, all its rows."""
        header = _HEADER.pack(
            seal.id,
            seal.first_transfer_id,
            seal.last_transfer_id,
            seal.transfer_count,
            seal.last_account_id,
            seal.account_count,
            seal.last_unit_id,
            seal.unit_count,
        )
        marks = sha256(seal.marks).digest()
        return sha256(
            seal.previous + header + seal.sealed_at.encode() + marks + self._rows.digest()
        ).digest()


def marks_of(kind: int, columns: Columns) -> Iterator[bytes]:
    """Of each row its table, its id and the beginning of its own hash: enough to name it by."""
    encode = LAYOUTS[kind].row_encoder()
    for row in zip(*columns, strict=True):
        yield _MARK.pack(kind, row[0], sha256(encode(row)).digest()[:4])


def seal_run(
    reader: Reader, before: SealRow | None, reach: Reach, *, sealed_at: str, until: int
) -> SealRow:
    """The seal of what lies between the seal before and a reach, up to a transfer."""
    since = before.reach if before else BEGINNING
    hasher = Hasher()
    marks: list[bytes] = []
    first = 0
    for kind, layout in enumerate(LAYOUTS):
        end = until if layout is TRANSFER else reach.of(layout)
        for columns in reader.rows(layout, since).until(end):
            hasher.add(kind, columns)
            marks += marks_of(kind, columns)
            first = first or (columns[0][0] if layout is TRANSFER else 0)
    seal = SealRow(
        id=before.id + 1 if before else 1,
        first_transfer_id=first,
        last_transfer_id=until,
        transfer_count=hasher.counts[2],
        last_account_id=reach.account_id,
        account_count=hasher.counts[1],
        last_unit_id=reach.unit_id,
        unit_count=hasher.counts[0],
        sealed_at=sealed_at,
        previous=before.digest if before else GENESIS,
        digest=b"",
        marks=b"".join(marks),
    )
    return replace(seal, digest=hasher.digest(seal))


def first_difference(stored: bytes, found: bytes) -> tuple[str, int, str] | None:
    """Where the marks of a seal and of the rows part: table, row id, and ``changed``, ``missing``
    or ``added``. None where they do not, or where what is stored are no marks.
    """
    if len(stored) % _MARK.size:
        return None
    for at in range(0, max(len(stored), len(found)), _MARK.size):
        old, new = stored[at : at + _MARK.size], found[at : at + _MARK.size]
        if old != new:
            return _difference(old, new)
    return None


def _difference(old: bytes, new: bytes) -> tuple[str, int, str]:
    was, now = (_MARK.unpack(mark)[:2] if mark else _END for mark in (old, new))
    kind, row_id = min(was, now)
    what = "changed" if was == now else "missing" if was < now else "added"
    return LAYOUTS[kind].table, row_id, what
