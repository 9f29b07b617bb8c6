"""The rows of the book, read and written by whole batches: a constant number of statements.

The only place that knows how SQLite and PostgreSQL differ. On PostgreSQL a posting transaction
holds a shared advisory lock, so that the sealer can wait for it, and locks members' accounts in
the order of their ids; on SQLite there is one writer.
"""

# ruff: noqa: S608 - statements are made of constants here; values are always bound

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from datetime import date
from functools import cache
from typing import Any

from pointsbank.core.database import Session
from pointsbank.ledger.arrays import array, arrays
from pointsbank.ledger.batch import Entry, Known, Original, Standing, UnitRow
from pointsbank.ledger.caps import CapPlace, CapUse
from pointsbank.ledger.rules import (
    AccountRef,
    ExpiryPolicy,
    KeyReused,
    OwnerKind,
    SpentReversal,
    SystemKind,
)

_UNIQUE_VIOLATION = "23505"
POSTING_LOCK = 0x706F696E7473  # "points"; shared by those who post, exclusive for the sealer
SEALING_LOCK = 0x7365616C  # "seal"; exclusive, so that one seal is made after the other

_UNITS = (
    "SELECT id, code, spendable, floor, expiry, expiry_months, spent_reversal,"
    " (SELECT max(until_on) FROM period)"
)
_ORIGINALS = (
    "SELECT t.id, t.source_id, t.destination_id,"
    " t.amount - CAST(coalesce((SELECT sum(r.amount) FROM transfer r WHERE r.reverses = t.id), 0)"
    " AS BIGINT),"
    " {expires_on}, t.reverses IS NOT NULL, d.owner_kind = 'system' AND d.kind = '"
    + SystemKind.EXPIRED.value
    + "', EXISTS (SELECT 1 FROM cap_use u WHERE u.transfer_id = t.id)"
    " FROM {asked} CROSS JOIN transfer t JOIN account d ON d.id = t.destination_id"
    " WHERE t.id = j.value"
)
_LAST = (
    "SELECT (SELECT coalesce(max(id), 0) FROM unit), (SELECT coalesce(max(id), 0) FROM account),"
    " (SELECT coalesce(max(id), 0) FROM transfer)"
)
_USED = (
    "SELECT j.place, coalesce((SELECT u.used + u.amount FROM cap_use u"
    ' WHERE u.account_id = j.account_id AND u.name = j.name AND u."window" = j."window"'
    " AND u.starts_on = j.starts_on ORDER BY u.id DESC LIMIT 1), 0) FROM {asked}"
)
_CAPPED = (
    'SELECT u.transfer_id, u.most, u.account_id, u.name, u."window", {starts_on} FROM {asked}'
    " JOIN cap_use u ON u.transfer_id = j.value ORDER BY u.id"
)
_COLUMNS = ", ".join(Entry._fields)
_CAP_COLUMNS = ", ".join(f'"{name}"' for name in (*CapUse._fields[:-1], "transfer_id"))
_ACCOUNT_ARRAYS = ("text", "bigint", "bigint", "text", "text")
_PLACE_ARRAYS = ("bigint", "text", "text", "date")
_FIGURE_ARRAYS = ("bigint", "bigint", "bigint")
_ARRAYS = (
    *("text", "bytea", "bigint", "bigint", "bigint", "bigint"),
    *("bigint", "bigint", "bigint", "bigint", "date", "date", "timestamptz"),
    *("text", "bigint", "text", "text", "bigint", "text", "bytea", "bigint"),
)
_CAP_ARRAYS = (
    *("text", "bytea", "bigint", "text", "text", "date", "bigint", "bigint", "bigint", "bigint"),
    *("timestamptz", "text", "bigint", "text", "bigint"),
)


class Book(ABC):
    """One transaction's way to the book."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor

    @abstractmethod
    def units(self) -> tuple[dict[str, UnitRow], date | None]:
        """The units by code, and the day until which periods are closed. Asked first of all."""

    @abstractmethod
    def standings(self, refs: Sequence[tuple[AccountRef, int]]) -> dict[AccountRef, Standing]:
        """The accounts, each with its unit's id; members' are locked, missing ones are opened."""

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
    # The driver's own cursor: SQLAlchemy's results cost a small batch more than its statements do.
    cursor = connection.connection.cursor()
    return (SqliteBook if connection.dialect.name == "sqlite" else PostgresBook)(cursor)


def _columns(refs: Sequence[tuple[AccountRef, int]]) -> list[tuple[Any, ...]]:
    return [
        (ref.owner_kind.value, ref.owner_id, unit_id, ref.kind, ref.category)
        for ref, unit_id in refs
    ]


def _standing(ref: AccountRef, row: Sequence[Any]) -> Standing:
    account_id, balance, held, version = row
    return Standing(account_id, ref.owner_kind is not OwnerKind.SYSTEM, balance, held, version)


def _original(row: Sequence[Any]) -> Original:
    return Original(row[1], row[2], row[3], row[4], bool(row[5]), bool(row[6]), bool(row[7]))


def _capped(rows: Iterable[Sequence[Any]]) -> dict[int, list[tuple[CapPlace, int]]]:
    found: dict[int, list[tuple[CapPlace, int]]] = {}
    for transfer_id, most, *place in rows:
        found.setdefault(transfer_id, []).append((CapPlace(*place), most))
    return found


@cache
def _unit(row: tuple[Any, ...]) -> UnitRow:
    return UnitRow(
        row[0], row[1], bool(row[2]), row[3], ExpiryPolicy(row[4]), row[5], SpentReversal(row[6])
    )


class SqliteBook(Book):
    """One writer: what is read stays true until it is written. Lists go in as JSON."""

    _FIND = (
        "WITH asked AS MATERIALIZED (SELECT key, value->>0 AS owner_kind, value->>1 AS unit_id,"
        " value->>2 AS kind, value->>3 AS category, value->4 AS owner_ids FROM json_each(?))"
        " SELECT o.key, j.key, a.id, a.balance, a.held, a.version"
        " FROM asked o CROSS JOIN json_each(o.owner_ids) j CROSS JOIN account a"
        " ON a.owner_kind = o.owner_kind AND a.owner_id = j.value AND a.unit_id = o.unit_id"
        " AND a.kind = o.kind AND a.category = o.category"
    )
    """Owners in groups that have the rest in common: it is read out of the JSON once a group."""
    _OPEN = (
        "INSERT INTO account (owner_kind, owner_id, unit_id, kind, category, balance, held,"
        " version) VALUES (?, ?, ?, ?, ?, 0, 0, 0)"
    )
    _KNOWN = (
        "SELECT t.key, t.request_hash, t.id, t.amount, t.source_balance, t.destination_balance"
        " FROM json_each(?1) j CROSS JOIN transfer t ON t.key = j.value UNION ALL"
        " SELECT u.key, u.request_hash, NULL, 0, NULL, NULL"
        " FROM json_each(?1) j CROSS JOIN cap_use u ON u.key = j.value AND u.transfer_id IS NULL"
    )
    _PLACES = (
        '(SELECT key AS place, value->>0 AS account_id, value->>1 AS name, value->>2 AS "window",'
        " value->>3 AS starts_on FROM json_each(?)) j"
    )
    _WRITE_USES = f"INSERT INTO cap_use ({_CAP_COLUMNS}) VALUES ({'?, ' * 14}?)"
    _WRITE = f"INSERT INTO transfer ({_COLUMNS}) VALUES ({', '.join('?' * len(Entry._fields))})"
    _FIGURES = "UPDATE account SET balance = ?, version = ? WHERE id = ?"

    def units(self) -> tuple[dict[str, UnitRow], date | None]:
        rows = self._cursor.execute(f"{_UNITS} FROM unit").fetchall()
        closed = date.fromisoformat(rows[0][7]) if rows and rows[0][7] else None
        return {row[1]: _unit(row[:7]) for row in rows}, closed

    def standings(self, refs: Sequence[tuple[AccountRef, int]]) -> dict[AccountRef, Standing]:
        found = self._find(refs)
        if missing := [ref for ref in refs if ref[0] not in found]:
            self._cursor.executemany(self._OPEN, _columns(missing))
            found = self._find(refs)
        return found

    def _find(self, refs: Sequence[tuple[AccountRef, int]]) -> dict[AccountRef, Standing]:
        alike: dict[tuple[Any, ...], list[AccountRef]] = {}
        for ref, unit_id in refs:
            alike.setdefault((ref.owner_kind, unit_id, ref.kind, ref.category), []).append(ref)
        groups = list(alike.values())
        asked = [[*name, [ref.owner_id for ref in refs]] for name, refs in alike.items()]
        rows = self._cursor.execute(self._FIND, (json.dumps(asked),))
        return {
            (ref := groups[group][place]): _standing(ref, figures)
            for group, place, *figures in rows
        }

    def known(self, keys: Sequence[str]) -> dict[str, Known]:
        rows = self._cursor.execute(self._KNOWN, (json.dumps(keys),))
        return {row[0]: Known(*row[1:]) for row in rows}

    def originals(self, ids: Iterable[int]) -> dict[int, Original]:
        statement = _ORIGINALS.format(asked="json_each(?) j", expires_on="t.expires_on")
        rows = self._cursor.execute(statement, (json.dumps(list(ids)),))
        return {row[0]: _original(row) for row in rows}

    def cap_uses(self, places: Sequence[CapPlace]) -> dict[CapPlace, int]:
        asked = (json.dumps(places),)
        rows = self._cursor.execute(_USED.format(asked=self._PLACES), asked)
        return {places[row[0]]: row[1] for row in rows}

    def capped(self, transfer_ids: Iterable[int]) -> dict[int, list[tuple[CapPlace, int]]]:
        statement = _CAPPED.format(asked="json_each(?) j", starts_on="u.starts_on")
        return _capped(self._cursor.execute(statement, (json.dumps(list(transfer_ids)),)))

    def write_cap_uses(self, rows: Sequence[tuple[Any, ...]]) -> None:
        self._cursor.executemany(self._WRITE_USES, rows)

    def settled(self) -> tuple[int, int, int]:
        units, accounts, transfers = self._cursor.execute(_LAST).fetchone()
        return units, accounts, transfers

    def take_seal(self) -> None:
        """There is one writer."""

    def close_doors(self) -> None:
        """There is one writer."""

    def write(self, entries: Sequence[Entry], standings: Sequence[Standing]) -> list[int]:
        self._cursor.executemany(self._WRITE, map(tuple, entries))  # plain ones bind faster
        [last] = self._cursor.execute("SELECT last_insert_rowid()").fetchone()
        ids = list(range(last - len(entries) + 1, last + 1))
        if figures := [(s.balance, s.version, s.id) for s in standings]:
            self._cursor.executemany(self._FIGURES, figures)
        return ids

    def write_texts(self, texts: Sequence[tuple[int, bytes, str]]) -> None:
        self._cursor.executemany(
            "INSERT INTO transfer_text (transfer_id, salt, text) VALUES (?, ?, ?)", texts
        )


def _listed(kinds: Sequence[str]) -> str:
    """Rows that go in as ``_lists``, each with its place at the end."""
    holes = ", ".join(f"%s::{kind}[]" for kind in kinds)
    return f"(SELECT * FROM unnest({holes}) WITH ORDINALITY LIMIT %s::bigint)"


def _lists(kinds: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[str]:
    return [*arrays(kinds, rows), str(len(rows))]


class PostgresBook(Book):
    """Many writers: accounts are locked in id order before keys are read. Lists go in as arrays,
    with their length: of a LIMIT that it does not know PostgreSQL thinks as of very few rows, so
    that it makes one plan of index look-ups and keeps it, and does not plan each time anew.
    """

    _ASKED = (
        f"{_listed(_ACCOUNT_ARRAYS)} AS o (owner_kind, owner_id, unit_id, kind, category, place)"
    )
    _SAME = (
        "a.owner_kind = o.owner_kind AND a.owner_id = o.owner_id AND a.unit_id = o.unit_id"
        " AND a.kind = o.kind AND a.category = o.category"
    )
    _FIND = (
        f"WITH asked AS MATERIALIZED (SELECT * FROM {_ASKED}), missing AS MATERIALIZED"
        f" (SELECT FROM asked o WHERE NOT EXISTS (SELECT FROM account a WHERE {_SAME})),"
        " locked AS MATERIALIZED (SELECT o.place - 1, a.id, a.balance, a.held, a.version"
        f" FROM asked o JOIN account a ON {_SAME} WHERE a.owner_kind <> 'system'"
        " AND NOT EXISTS (SELECT FROM missing) ORDER BY a.id FOR NO KEY UPDATE OF a)"
        " SELECT * FROM locked UNION ALL"
        f" SELECT o.place - 1, a.id, 0, 0, 0 FROM asked o JOIN account a ON {_SAME}"
        " WHERE a.owner_kind = 'system' AND NOT EXISTS (SELECT FROM missing)"
    )
    """The accounts, members' locked; no row at all if one is missing: it is opened before any is
    locked, so that who waits for another's new account holds no lock that she may wait for."""
    _OPEN = (
        "INSERT INTO account (owner_kind, owner_id, unit_id, kind, category, balance, held,"
        " version) SELECT o.owner_kind, o.owner_id, o.unit_id, o.kind, o.category, 0, 0, 0"
        f" FROM {_ASKED} ORDER BY 1, 2, 3, 4, 5 ON CONFLICT DO NOTHING"
    )
    _KNOWN = (
        f"WITH j AS MATERIALIZED (SELECT * FROM {_listed(('text',))} AS j (key, place))"
        " SELECT t.key, t.request_hash, t.id, t.amount, t.source_balance, t.destination_balance"
        " FROM j JOIN transfer t ON t.key = j.key UNION ALL"
        " SELECT u.key, u.request_hash, NULL, 0, NULL, NULL"
        " FROM j JOIN cap_use u ON u.key = j.key WHERE u.transfer_id IS NULL"
    )
    _PLACES = f'{_listed(_PLACE_ARRAYS)} AS j (account_id, name, "window", starts_on, place)'
    _WRITE_USES = (
        f"INSERT INTO cap_use ({_CAP_COLUMNS})"
        f" SELECT {_CAP_COLUMNS} FROM {_listed(_CAP_ARRAYS)} AS u ({_CAP_COLUMNS}, place)"
    )
    _WRITE = (
        "WITH figures AS (UPDATE account a SET balance = f.balance, version = f.version"
        f" FROM {_listed(_FIGURE_ARRAYS)} AS f (id, balance, version, place) WHERE a.id = f.id)"
        f" INSERT INTO transfer ({_COLUMNS})"
        f" SELECT {_COLUMNS} FROM {_listed(_ARRAYS)} AS e ({_COLUMNS}, place) RETURNING key, id"
    )

    def units(self) -> tuple[dict[str, UnitRow], date | None]:
        rows = self._cursor.execute(
            f"{_UNITS} FROM unit, pg_advisory_xact_lock_shared({POSTING_LOCK})"
        ).fetchall()
        return {row[1]: _unit(row[:7]) for row in rows}, rows[0][7] if rows else None

    def standings(self, refs: Sequence[tuple[AccountRef, int]]) -> dict[AccountRef, Standing]:
        columns = _lists(_ACCOUNT_ARRAYS, _columns(refs))
        rows = self._cursor.execute(self._FIND, columns).fetchall()
        if not rows:
            self._cursor.execute(self._OPEN, columns)
            rows = self._cursor.execute(self._FIND, columns).fetchall()
        return {(ref := refs[place][0]): _standing(ref, figures) for place, *figures in rows}

    def known(self, keys: Sequence[str]) -> dict[str, Known]:
        rows = self._cursor.execute(self._KNOWN, (array("text", keys), str(len(keys))))
        return {row[0]: Known(*row[1:]) for row in rows}

    def originals(self, ids: Iterable[int]) -> dict[int, Original]:
        statement = _ORIGINALS.format(
            asked="unnest(%s::bigint[]) AS j (value)", expires_on="t.expires_on::text"
        )
        rows = self._cursor.execute(statement, (list(ids),))
        return {row[0]: _original(row) for row in rows}

    def settled(self) -> tuple[int, int, int]:
        # Ids do not commit in order: wait for all who post, look, and let go by the savepoint.
        self._cursor.execute("SAVEPOINT settled")
        self._cursor.execute(f"SELECT pg_advisory_xact_lock({POSTING_LOCK})")
        units, accounts, transfers = self._cursor.execute(_LAST).fetchone()
        self._cursor.execute("ROLLBACK TO SAVEPOINT settled")
        return units, accounts, transfers

    def take_seal(self) -> None:
        self._cursor.execute(f"SELECT pg_advisory_xact_lock({SEALING_LOCK})")

    def close_doors(self) -> None:
        self._cursor.execute(f"SELECT pg_advisory_xact_lock({POSTING_LOCK})")

    def write(self, entries: Sequence[Entry], standings: Sequence[Standing]) -> list[int]:
        figures = [(s.id, s.balance, s.version) for s in standings] or [(0, 0, 0)]
        columns = _lists(_FIGURE_ARRAYS, figures) + _lists(_ARRAYS, entries)
        ids: dict[str, int] = {row[0]: row[1] for row in self._insert(self._WRITE, columns)}
        return [ids[entry.key] for entry in entries]

    def _insert(self, statement: str, columns: Sequence[str]) -> Any:
        try:
            return self._cursor.execute(statement, columns)
        except Exception as failure:
            # Two at the same moment used one key for accounts that have none in common.
            if getattr(failure, "sqlstate", "") == _UNIQUE_VIOLATION:
                raise KeyReused from failure
            raise

    def cap_uses(self, places: Sequence[CapPlace]) -> dict[CapPlace, int]:
        asked = _lists(_PLACE_ARRAYS, places)
        rows = self._cursor.execute(_USED.format(asked=self._PLACES), asked)
        return {places[row[0] - 1]: row[1] for row in rows}

    def capped(self, transfer_ids: Iterable[int]) -> dict[int, list[tuple[CapPlace, int]]]:
        statement = _CAPPED.format(
            asked="unnest(%s::bigint[]) AS j (value)", starts_on="u.starts_on::text"
        )
        return _capped(self._cursor.execute(statement, (list(transfer_ids),)))

    def write_cap_uses(self, rows: Sequence[tuple[Any, ...]]) -> None:
        self._insert(self._WRITE_USES, _lists(_CAP_ARRAYS, rows))

    def write_texts(self, texts: Sequence[tuple[int, bytes, str]]) -> None:
        self._cursor.execute(
            "INSERT INTO transfer_text (transfer_id, salt, text)"
            " SELECT * FROM unnest(%s::bigint[], %s::bytea[], %s::text[])",
            arrays(("bigint", "bytea", "text"), texts),
        )
