"""Seals: a closed run of the book, row by row hashed, chained to the seal before."""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from pointsbank.core.database import Session
from pointsbank.ledger.encoding import ACCOUNT, TRANSFER, UNIT, Layout
from pointsbank.ledger.rules import LARGEST_ID

LAYOUTS = (UNIT, ACCOUNT, TRANSFER)
GENESIS = bytes(32)
CHUNK_ROWS = 10_000

_HEADER = struct.Struct(">8q")
_MARK = struct.Struct(">Bq4s")


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a run goes: the last ids of the units, accounts and transfers in it."""

    unit_id: int = 0
    account_id: int = 0
    transfer_id: int = 0

    def of(self, layout: Layout) -> int:
        return (self.unit_id, self.account_id, self.transfer_id)[LAYOUTS.index(layout)]


@dataclass(frozen=True, slots=True)
class SealRow:
    """A seal as it stands in the book; ``sealed_at`` is text, as rows are sealed."""

    id: int
    first_transfer_id: int
    last_transfer_id: int
    transfer_count: int
    last_account_id: int
    account_count: int
    last_unit_id: int
    unit_count: int
    sealed_at: str
    previous: bytes
    digest: bytes
    marks: bytes

    @property
    def reach(self) -> Reach:
        return Reach(self.last_unit_id, self.last_account_id, self.last_transfer_id)


END = Reach(LARGEST_ID, LARGEST_ID, LARGEST_ID)


class Hasher:
    """Hashes a run's rows in order; of each it remembers the id and its hash's beginning."""

    def __init__(self) -> None:
        self._rows = sha256()
        self._marks: list[bytes] = []
        self.counts = [0, 0, 0]

    def add(self, kind: int, row_id: int, code: bytes) -> None:
        row = sha256(code).digest()
        self._rows.update(row)
        self._marks.append(_MARK.pack(kind, row_id, row[:4]))
        self.counts[kind] += 1

    @property
    def marks(self) -> bytes:
        return b"".join(self._marks)

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
        return sha256(
            seal.previous + header + seal.sealed_at.encode() + self._rows.digest()
        ).digest()


class Reader:
    """Reads rows and seals as they are hashed, in chunks, so that memory stays flat."""

    def __init__(self, session: Session) -> None:
        connection = session.connection()
        self._cursor = connection.connection.cursor()
        self._dialect = connection.dialect.name
        self._hole = "?" if self._dialect == "sqlite" else "%s"

    def rows(self, layout: Layout, after: int, until: int) -> Iterator[Sequence[Any]]:
        """Rows with ``after < id <= until``, by id."""
        statement = (
            f"SELECT {layout.select(self._dialect)} FROM {layout.table}"  # noqa: S608
            f" WHERE id > {self._hole} AND id <= {until:d} ORDER BY id LIMIT {CHUNK_ROWS}"
        )
        while chunk := self._cursor.execute(statement, (after,)).fetchall():
            yield from chunk
            after = chunk[-1][0]

    def seals(self, after: int = 0, *, last: bool = False) -> Iterator[SealRow]:
        """The seals by id, or only the last."""
        instant = (
            "sealed_at"
            if self._dialect == "sqlite"
            else "to_char(sealed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')"
        )
        statement = (
            "SELECT id, first_transfer_id, last_transfer_id, transfer_count, last_account_id,"  # noqa: S608
            f" account_count, last_unit_id, unit_count, {instant}, previous, digest, marks"
            f" FROM seal WHERE id > {self._hole} ORDER BY id {'DESC' if last else ''} LIMIT 1"
        )
        while row := self._cursor.execute(statement, (after,)).fetchone():
            yield SealRow(*row)
            if last:
                return
            after = row[0]

    def last_of_run(self, after: int, until: int, most: int) -> int:
        """The last transfer of a run of at most so many; 0 if there is none."""
        row = self._cursor.execute(
            f"SELECT max(id) FROM (SELECT id FROM transfer WHERE id > {self._hole}"  # noqa: S608
            f" AND id <= {self._hole} ORDER BY id LIMIT {most:d}) AS run",
            (after, until),
        ).fetchone()
        return row[0] or 0

    def figures(self) -> Iterator[tuple[int, int, int]]:
        """Every account's id, balance and version."""
        yield from self._chunks("SELECT id, balance, version FROM account", "id")

    def texts(self) -> Iterator[tuple[int, bytes, str, bytes | None]]:
        """Every free text that is still there: transfer, salt, text, and the book's hash of it."""
        yield from self._chunks(
            "SELECT x.transfer_id, x.salt, x.text, t.text_hash"
            " FROM transfer_text x JOIN transfer t ON t.id = x.transfer_id",
            "x.transfer_id",
        )

    def _chunks(self, statement: str, key: str) -> Iterator[Any]:
        after = -1
        chunk = f"{statement} WHERE {key} > {self._hole} ORDER BY {key} LIMIT {CHUNK_ROWS}"
        while rows := self._cursor.execute(chunk, (after,)).fetchall():
            yield from rows
            after = rows[-1][0]

    def first(self, statement: str) -> int | None:
        row = self._cursor.execute(statement).fetchone()
        return row[0] if row else None

    def count(self, table: str, after: int) -> int:
        row = self._cursor.execute(
            f"SELECT count(*) FROM {table} WHERE id > {self._hole}",  # noqa: S608
            (after,),
        ).fetchone()
        return int(row[0])


def seal_run(
    reader: Reader, before: SealRow | None, reach: Reach, *, sealed_at: str, until: int
) -> SealRow:
    """The seal of what lies between the seal before and a reach, up to a transfer."""
    since = before.reach if before else Reach()
    hasher = Hasher()
    first = 0
    for kind, layout in enumerate(LAYOUTS):
        code = layout.coder()
        end = until if layout is TRANSFER else reach.of(layout)
        for row in reader.rows(layout, since.of(layout), end):
            hasher.add(kind, row[0], code(row))
            first = first or (row[0] if layout is TRANSFER else 0)
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
        marks=hasher.marks,
    )
    return replace(seal, digest=hasher.digest(seal))


def first_difference(stored: bytes, found: bytes) -> tuple[str, int, str] | None:
    """Where two seals' marks part: table, row id, and ``changed``, ``missing`` or ``added``."""
    for place in range(0, max(len(stored), len(found)), _MARK.size):
        old, new = stored[place : place + _MARK.size], found[place : place + _MARK.size]
        if old == new:
            continue
        if not old or (new and new[:9] < old[:9]):
            kind, row_id, _ = _MARK.unpack(new)
            return LAYOUTS[kind].table, row_id, "added"
        kind, row_id, _ = _MARK.unpack(old)
        return LAYOUTS[kind].table, row_id, "changed" if new[:9] == old[:9] else "missing"
    return None
