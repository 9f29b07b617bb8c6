"""The rows of the book, read and written by whole batches: a constant number of statements.

Here is what SQLite and PostgreSQL have in common; how they differ is known to ``book_sqlite`` and
``book_postgres`` alone.
"""

# ruff: noqa: S608 - statements are made of constants here; values are always bound

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import cache
from typing import Any, NamedTuple, TypeVar

from pointsbank.core.database import Session
from pointsbank.ledger.batch import Entry, Known, Original, Standing, UnitRow
from pointsbank.ledger.caps import CapPlace, CapUse
from pointsbank.ledger.rules import (
    AccountRef,
    ExpiryPolicy,
    OwnerKind,
    SpentReversal,
    SystemKind,
)

UNITS = (
    "SELECT id, code, spendable, floor, expiry, expiry_months, spent_reversal,"
    " (SELECT max(until_on) FROM period)"
)
ORIGINALS = (
    "SELECT t.id, t.source_id, t.destination_id,"
    " t.amount - CAST(coalesce((SELECT sum(r.amount) FROM transfer r WHERE r.reverses = t.id), 0)"
    " AS BIGINT),"
    " {expires_on}, t.reverses IS NOT NULL, d.owner_kind = 'system' AND d.kind = '"
    + SystemKind.EXPIRED.value
    + "', EXISTS (SELECT 1 FROM cap_use u WHERE u.transfer_id = t.id)"
    " FROM {asked} CROSS JOIN transfer t JOIN account d ON d.id = t.destination_id"
    " WHERE t.id = j.value"
)
LAST = (
    "SELECT (SELECT coalesce(max(id), 0) FROM unit), (SELECT coalesce(max(id), 0) FROM account),"
    " (SELECT coalesce(max(id), 0) FROM transfer)"
)
USED = (
    "SELECT j.place, coalesce((SELECT u.used + u.amount FROM cap_use u"
    ' WHERE u.account_id = j.account_id AND u.name = j.name AND u."window" = j."window"'
    " AND u.starts_on = j.starts_on ORDER BY u.id DESC LIMIT 1), 0) FROM {asked}"
)
CAPPED = (
    'SELECT u.transfer_id, u.most, u.account_id, u.name, u."window", {starts_on} FROM {asked}'
    " JOIN cap_use u ON u.transfer_id = j.value ORDER BY u.id"
)
COLUMNS = ", ".join(Entry._fields)
CAP_COLUMNS = ", ".join(f'"{name}"' for name in (*CapUse._fields[:-1], "transfer_id"))

Done = TypeVar("Done")


class Found(NamedTuple):
    """What a batch begins with."""

    units: dict[str, UnitRow]
    closed_until: date | None
    standings: dict[AccountRef, Standing]
    known: dict[str, Known]


class Book(ABC):
    """One transaction's way to the book."""

    def look(
        self, refs: Sequence[AccountRef], keys: Sequence[str], meanwhile: Callable[[], Done]
    ) -> tuple[Found, Done]:
        """What a batch begins with; and something done while the database looks, if it can."""
        units, closed_until = self.units()
        standings = self.standings(refs) if refs else {}
        return Found(units, closed_until, standings, self.known(keys)), meanwhile()

    @abstractmethod
    def units(self) -> tuple[dict[str, UnitRow], date | None]:
        """The units by code, and the day until which periods are closed. Asked first of all."""

    @abstractmethod
    def standings(self, refs: Sequence[AccountRef]) -> dict[AccountRef, Standing]:
        """The accounts of known units; members' are locked, missing ones are opened."""

    @abstractmethod
    def known(self, keys: Sequence[str]) -> dict[str, Known]:
        """Those of the keys that are in the book already."""

    @abstractmethod
    def originals(self, ids: Iterable[int]) -> dict[int, Original]:
        """The transfers to be reversed and what is left of them."""

    @abstractmethod
    def settled(self) -> tuple[int, int, int]:
        """The last unit, account and transfer before which nothing can still appear."""

    @abstractmethod
    def take_seal(self) -> None:
        """Nobody else seals until the end of this transaction."""

    @abstractmethod
    def close_doors(self) -> None:
        """Nobody else posts until the end of this transaction."""

    @abstractmethod
    def write(self, entries: Sequence[Entry], standings: Sequence[Standing]) -> list[int]:
        """Write the entries and the accounts' new figures; answer the entries' ids in order."""

    @abstractmethod
    def cap_uses(self, places: Sequence[CapPlace]) -> dict[CapPlace, int]:
        """What counts in these places by now, less what was reversed. Their accounts are locked."""

    @abstractmethod
    def capped(self, transfer_ids: Iterable[int]) -> dict[int, list[tuple[CapPlace, int]]]:
        """Where these transfers count, and the most there."""

    @abstractmethod
    def write_cap_uses(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Write what was used of caps: the fields of ``CapUse``, with its transfer at the end."""

    @abstractmethod
    def write_texts(self, texts: Sequence[tuple[int, bytes, str]]) -> None:
        """Write transfers' free texts: id, salt, text."""


def open_book(session: Session) -> Book:
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        from pointsbank.ledger.book_sqlite import SqliteBook

        return SqliteBook(connection)
    from pointsbank.ledger.book_postgres import PostgresBook

    return PostgresBook(connection)


def standing(ref: AccountRef, row: Sequence[Any]) -> Standing:
    account_id, balance, held, version = row
    return Standing(account_id, ref.owner_kind is not OwnerKind.SYSTEM, balance, held, version)


def original(row: Sequence[Any]) -> Original:
    return Original(row[1], row[2], row[3], row[4], bool(row[5]), bool(row[6]), bool(row[7]))


def capped(rows: Iterable[Sequence[Any]]) -> dict[int, list[tuple[CapPlace, int]]]:
    found: dict[int, list[tuple[CapPlace, int]]] = {}
    for transfer_id, most, *place in rows:
        found.setdefault(transfer_id, []).append((CapPlace(*place), most))
    return found


@cache
def unit(row: tuple[Any, ...]) -> UnitRow:
    return UnitRow(
        row[0], row[1], bool(row[2]), row[3], ExpiryPolicy(row[4]), row[5], SpentReversal(row[6])
    )
