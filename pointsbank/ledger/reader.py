"""Reads the book as it is hashed and verified: in order, in blocks, so that memory stays flat."""

# ruff: noqa: S608 - statements are made of constants here; values are always bound

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from datetime import date
from operator import itemgetter
from typing import Any

from pointsbank.core.database import Session
from pointsbank.ledger.encoding import ACCOUNT, TRANSFER, UNIT, Columns, Layout, day_bytes
from pointsbank.ledger.rules import LARGEST_ID

LAYOUTS = (UNIT, ACCOUNT, TRANSFER)
BLOCK_ROWS = 250  # part of how runs are hashed; a larger block leaves the processor's cache

_FETCHED = {"sqlite": BLOCK_ROWS, "postgresql": 10 * BLOCK_ROWS}  # fewer ways to the server
_SEALS_AT_ONCE = 10
_CHUNK_ROWS = 1_000


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a run goes: the last ids of the units, accounts and transfers in it."""

    unit_id: int = 0
    account_id: int = 0
    transfer_id: int = 0

    def of(self, layout: Layout) -> int:
        return (self.unit_id, self.account_id, self.transfer_id)[LAYOUTS.index(layout)]


_BEFORE_ALL = -LARGEST_ID - 2
BEGINNING = Reach(_BEFORE_ALL, _BEFORE_ALL, _BEFORE_ALL)
END = Reach(LARGEST_ID, LARGEST_ID, LARGEST_ID)


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


class Reader:
    """One snapshot's way to the book, by the driver's own cursor."""

    def __init__(self, session: Session) -> None:
        connection = session.connection()
        self._driver = connection.connection
        self._dialect = connection.dialect.name
        self._hole = "?" if self._dialect == "sqlite" else "%s"
        self._cursor = self._driver.cursor()

    def rows(self, layout: Layout, after: Reach, ahead: Executor | None = None) -> "Rows":
        """A table's rows beyond a reach; of a server the next may be fetched ``ahead``."""
        cursor: Any = self._driver.cursor()
        if self._dialect == "postgresql":
            cursor.format = 1  # binary: numbers need not be read from text
        statement = (
            f"SELECT {layout.select(self._dialect)} FROM {layout.table}"
            f" WHERE id >= {self._hole} ORDER BY id LIMIT {_FETCHED[self._dialect]}"
        )
        if self._dialect == "sqlite":  # it would only wait for the interpreter, row by row
            ahead = None
        return Rows(cursor, statement, after.of(layout), _FETCHED[self._dialect], ahead)

    def seals(self, after: int = 0) -> Iterator[SealRow]:
        """The seals after one, by id."""
        while rows := self._seals(f"id > {self._hole} ORDER BY id LIMIT {_SEALS_AT_ONCE}", after):
            yield from rows
            after = rows[-1].id

    def last_seal(self) -> SealRow | None:
        return next(iter(self._seals(f"id > {self._hole} ORDER BY id DESC LIMIT 1", 0)), None)

    def seal(self, seal_id: int) -> SealRow | None:
        return next(iter(self._seals(f"id = {self._hole}", seal_id)), None)

    def _seals(self, wanted: str, after: int) -> list[SealRow]:
        instant = (
            "sealed_at"
            if self._dialect == "sqlite"
            else "to_char(sealed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')"
        )
        rows = self._cursor.execute(
            "SELECT id, first_transfer_id, last_transfer_id, transfer_count, last_account_id,"
            f" account_count, last_unit_id, unit_count, {instant}, previous, digest, marks"
            f" FROM seal WHERE {wanted}",
            (after,),
        )
        return [SealRow(*row) for row in rows.fetchall()]

    def last_of_run(self, after: int, until: int, most: int) -> int:
        """The last transfer of a run of at most so many; 0 if there is none."""
        row = self._cursor.execute(
            f"SELECT max(id) FROM (SELECT id FROM transfer WHERE id > {self._hole}"
            f" AND id <= {self._hole} ORDER BY id LIMIT {most:d}) AS run",
            (after, until),
        ).fetchone()
        return row[0] or 0

    def floors(self) -> dict[int, tuple[int, bool]]:
        """Of each unit its floor, and whether a reversal may leave a debt."""
        rows = self._cursor.execute("SELECT id, floor, spent_reversal = 'debt' FROM unit")
        return {row[0]: (row[1], bool(row[2])) for row in rows}

    def figures(self) -> Iterator[tuple[int, int, int]]:
        """Every account's id, balance and version."""
        yield from self._chunks("SELECT a.id, a.balance, a.version FROM account a", "a.id")

    def standings(self, reach: Reach) -> Iterator[tuple[int, int, bool, int, int]]:
        """The accounts up to a reach as the last transfer of each up to there left them.

        Id, unit, whether it is tracked, balance, version: four look-ups an account.
        """
        last = ", ".join(
            f"(SELECT t.{side}_{figure} FROM transfer t"
            f" WHERE t.{side}_id = a.id AND t.{side}_version IS NOT NULL"
            f" AND t.id <= {reach.transfer_id:d} ORDER BY t.{side}_version DESC LIMIT 1)"
            for side in ("source", "destination")
            for figure in ("version", "balance")
        )
        rows = self._chunks(
            f"SELECT a.id, a.unit_id, a.owner_kind, {last} FROM account a",
            "a.id",
            until=reach.account_id,
        )
        for row_id, unit_id, owner_kind, *sides in rows:
            version, balance = max((sides[0] or 0, sides[1] or 0), (sides[2] or 0, sides[3] or 0))
            yield row_id, unit_id, owner_kind != "system", balance, version

    def texts(self, after: Reach) -> Iterator[tuple[int, bytes, str, bytes | None]]:
        """Free texts that are still there: transfer, salt, text, and the book's hash of it."""
        yield from self._chunks(
            "SELECT x.transfer_id, x.salt, x.text, t.text_hash"
            " FROM transfer_text x JOIN transfer t ON t.id = x.transfer_id",
            "x.transfer_id",
            after=after.transfer_id,
        )

    def sheet(self, period_id: int) -> dict[int, int]:
        """A closed period's balance sheet: account and balance."""
        statement = f"SELECT account_id, balance FROM period_balance WHERE period_id = {self._hole}"
        return dict(self._cursor.execute(statement, (period_id,)))

    def flows(self, since: date, last_id: int) -> Iterator[tuple[int, int, int, bytes]]:
        """Dated after a day, of the transfers up to one: source, destination, amount, day."""
        # PostgreSQL would send all at once; by a name it keeps them and sends what is fetched.
        on_server = {} if self._dialect == "sqlite" else {"name": "flows", "binary": True}
        cursor: Any = self._driver.cursor(**on_server)
        cursor.execute(
            f"SELECT source_id, destination_id, amount, {day_bytes('effective_on', self._dialect)}"
            f" FROM transfer WHERE effective_on > {self._hole} AND id <= {last_id:d}",
            (since.isoformat(),),
        )
        while rows := cursor.fetchmany(_CHUNK_ROWS):
            yield from rows
        cursor.close()

    def _chunks(
        self, statement: str, key: str, *, after: int = _BEFORE_ALL, until: int = LARGEST_ID
    ) -> Iterator[Any]:
        chunk = (
            f"{statement} WHERE {key} >= {self._hole} AND {key} <= {until:d}"
            f" ORDER BY {key} LIMIT {_CHUNK_ROWS}"
        )
        while after < until and (rows := self._cursor.execute(chunk, (after + 1,)).fetchall()):
            yield from rows
            after = rows[-1][0]

    def first(self, statement: str) -> int | None:
        row = self._cursor.execute(statement).fetchone()
        return row[0] if row else None


class Rows:
    """A table's rows by id, taken run by run, block by block."""

    def __init__(
        self, cursor: Any, statement: str, after: int, most: int, ahead: Executor | None
    ) -> None:
        self._cursor, self._statement, self._after, self._most = cursor, statement, after, most
        self._executor = ahead
        self._coming: Future[list[Sequence[Any]]] | None = None
        self._ahead: list[Sequence[Any]] = []
        self._all_read = False

    def until(self, last_id: int) -> Iterator[Columns]:
        """The rows not taken yet, up to an id: full blocks and then the rest."""
        while block := self._block(last_id):
            self._ahead = self._ahead[len(block) :]
            yield list(zip(*block, strict=True))

    def _block(self, last_id: int) -> list[Sequence[Any]]:
        if len(self._ahead) < BLOCK_ROWS and not self._all_read:
            rows = self._coming.result() if self._coming else self._fetched()
            self._ahead += rows
            self._after = rows[-1][0] if rows else self._after
            self._all_read = len(rows) < self._most or self._after == LARGEST_ID
            if self._executor and not self._all_read:
                self._coming = self._executor.submit(self._fetched)
        block = self._ahead[:BLOCK_ROWS]
        if block and block[-1][0] > last_id:
            return block[: bisect_right(block, last_id, key=itemgetter(0))]
        return block

    def _fetched(self) -> list[Sequence[Any]]:
        rows: list[Sequence[Any]] = self._cursor.execute(
            self._statement, (self._after + 1,)
        ).fetchall()
        return rows
