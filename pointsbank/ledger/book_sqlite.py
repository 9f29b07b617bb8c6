"""The book on SQLite: one writer; lists go in as JSON."""

# ruff: noqa: S608 - statements are made of constants here; values are always bound

import json
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy.engine import Connection

from pointsbank.ledger.batch import Entry, Known, Original, Standing, UnitRow
from pointsbank.ledger.book import (
    CAP_COLUMNS,
    CAPPED,
    COLUMNS,
    LAST,
    ORIGINALS,
    UNITS,
    USED,
    Book,
    capped,
    original,
    standing,
    unit,
)
from pointsbank.ledger.caps import CapPlace
from pointsbank.ledger.rules import AccountRef

_FEW = 4  # accounts that are sooner looked up one by one than read out of JSON


def _names(ref: AccountRef) -> tuple[Any, ...]:
    return (ref.owner_kind.value, *ref[1:])


class SqliteBook(Book):
    """What is read stays true until it is written."""

    def __init__(self, connection: Connection) -> None:
        # The driver's own: SQLAlchemy's results cost a small batch more than its statements do.
        self._cursor: Any = connection.connection.cursor()

    _UNITS = f"{UNITS} FROM unit"
    _FIND = (
        "WITH asked AS MATERIALIZED (SELECT key, value->>0 AS owner_kind, value->>1 AS unit,"
        " value->>2 AS kind, value->>3 AS category, value->4 AS owner_ids FROM json_each(?))"
        " SELECT o.key, j.key, a.id, a.balance, a.held, a.version"
        " FROM asked o CROSS JOIN unit u ON u.code = o.unit"
        " CROSS JOIN json_each(o.owner_ids) j CROSS JOIN account a"
        " ON a.owner_kind = o.owner_kind AND a.owner_id = j.value AND a.unit_id = u.id"
        " AND a.kind = o.kind AND a.category = o.category"
    )
    """Owners in groups that have the rest in common: it is read out of the JSON once a group."""
    _FIND_ONE = (
        "SELECT a.id, a.balance, a.held, a.version FROM unit u CROSS JOIN account a"
        " ON a.owner_kind = ?1 AND a.owner_id = ?2 AND a.unit_id = u.id"
        " AND a.kind = ?4 AND a.category = ?5 WHERE u.code = ?3"
    )
    _OPEN = (
        "INSERT INTO account (owner_kind, owner_id, unit_id, kind, category, balance, held,"
        " version) SELECT ?1, ?2, id, ?4, ?5, 0, 0, 0 FROM unit WHERE code = ?3"
    )
    _KNOWN = (
        "SELECT t.key, t.request_hash, t.id, t.amount, t.source_balance, t.destination_balance"
        " FROM json_each(?1) j CROSS JOIN transfer t ON t.key = j.value UNION ALL"
        " SELECT u.key, u.request_hash, NULL, 0, NULL, NULL"
        " FROM json_each(?1) j CROSS JOIN cap_use u ON u.key = j.value AND u.transfer_id IS NULL"
    )
    _KNOWN_ONE = (
        "SELECT key, request_hash, id, amount, source_balance, destination_balance"
        " FROM transfer WHERE key = ?1 UNION ALL SELECT key, request_hash, NULL, 0, NULL, NULL"
        " FROM cap_use WHERE key = ?1 AND transfer_id IS NULL"
    )
    _PLACES = (
        '(SELECT key AS place, value->>0 AS account_id, value->>1 AS name, value->>2 AS "window",'
        " value->>3 AS starts_on FROM json_each(?)) j"
    )
    _WRITE_USES = f"INSERT INTO cap_use ({CAP_COLUMNS}) VALUES ({'?, ' * 14}?)"
    _WRITE = f"INSERT INTO transfer ({COLUMNS}) VALUES ({', '.join('?' * len(Entry._fields))})"
    _FIGURES = "UPDATE account SET balance = ?, version = ? WHERE id = ?"

    def units(self) -> tuple[dict[str, UnitRow], date | None]:
        rows = self._cursor.execute(self._UNITS).fetchall()
        closed = date.fromisoformat(rows[0][7]) if rows and rows[0][7] else None
        return {row[1]: unit(row[:7]) for row in rows}, closed

    def standings(self, refs: Sequence[AccountRef]) -> dict[AccountRef, Standing]:
        found = self._find(refs)
        if missing := [ref for ref in refs if ref not in found]:
            self._cursor.executemany(self._OPEN, map(_names, missing))
            found = self._find(refs)
        return found

    def _find(self, refs: Sequence[AccountRef]) -> dict[AccountRef, Standing]:
        if len(refs) <= _FEW:
            run = self._cursor.execute
            one_by_one = ((ref, run(self._FIND_ONE, _names(ref)).fetchone()) for ref in refs)
            return {ref: standing(ref, figures) for ref, figures in one_by_one if figures}
        alike: dict[tuple[Any, ...], list[AccountRef]] = {}
        for ref in refs:
            alike.setdefault((ref.owner_kind, *ref[2:]), []).append(ref)
        groups = list(alike.values())
        asked = [[*name, [ref.owner_id for ref in refs]] for name, refs in alike.items()]
        rows = self._cursor.execute(self._FIND, (json.dumps(asked),))
        return {
            (ref := groups[group][place]): standing(ref, figures) for group, place, *figures in rows
        }

    def known(self, keys: Sequence[str]) -> dict[str, Known]:
        if len(keys) == 1:
            rows = self._cursor.execute(self._KNOWN_ONE, keys)
        else:
            rows = self._cursor.execute(self._KNOWN, (json.dumps(keys),))
        return {row[0]: Known(*row[1:]) for row in rows}

    def originals(self, ids: Iterable[int]) -> dict[int, Original]:
        statement = ORIGINALS.format(asked="json_each(?) j", expires_on="t.expires_on")
        rows = self._cursor.execute(statement, (json.dumps(list(ids)),))
        return {row[0]: original(row) for row in rows}

    def cap_uses(self, places: Sequence[CapPlace]) -> dict[CapPlace, int]:
        asked = (json.dumps(places),)
        rows = self._cursor.execute(USED.format(asked=self._PLACES), asked)
        return {places[row[0]]: row[1] for row in rows}

    def capped(self, transfer_ids: Iterable[int]) -> dict[int, list[tuple[CapPlace, int]]]:
        statement = CAPPED.format(asked="json_each(?) j", starts_on="u.starts_on")
        return capped(self._cursor.execute(statement, (json.dumps(list(transfer_ids)),)))

    def write_cap_uses(self, rows: Sequence[tuple[Any, ...]]) -> None:
        self._cursor.executemany(self._WRITE_USES, rows)

    def settled(self) -> tuple[int, int, int]:
        units, accounts, transfers = self._cursor.execute(LAST).fetchone()
        return units, accounts, transfers

    def take_seal(self) -> None:
        """There is one writer."""

    def close_doors(self) -> None:
        """There is one writer."""

    def write(self, entries: Sequence[Entry], standings: Sequence[Standing]) -> list[int]:
        *rows, last = map(tuple, entries)  # plain ones bind faster
        if rows:
            self._cursor.executemany(self._WRITE, rows)
        last_id = self._cursor.execute(self._WRITE, last).lastrowid
        ids = list(range(last_id - len(rows), last_id + 1))
        if figures := [(s.balance, s.version, s.id) for s in standings]:
            self._cursor.executemany(self._FIGURES, figures)
        return ids

    def write_texts(self, texts: Sequence[tuple[int, bytes, str]]) -> None:
        self._cursor.executemany(
            "INSERT INTO transfer_text (transfer_id, salt, text) VALUES (?, ?, ?)", texts
        )
