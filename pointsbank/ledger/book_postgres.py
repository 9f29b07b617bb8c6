"""The book on PostgreSQL: many writers.

A posting transaction holds a shared advisory lock, so that the sealer can wait for it, and locks
members' accounts in the order of their ids before it reads keys.
"""

# ruff: noqa: S608 - statements are made of constants here; values are always bound

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy.engine import Connection

from pointsbank.core.wire import Question, Wire
from pointsbank.ledger.arrays import arrays, words
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
    Done,
    Found,
    capped,
    original,
    standing,
    unit,
)
from pointsbank.ledger.caps import CapPlace
from pointsbank.ledger.rules import AccountRef, KeyReused

_UNIQUE_VIOLATION = "23505"
POSTING_LOCK = 0x706F696E7473  # "points"; shared by those who post, exclusive for the sealer
SEALING_LOCK = 0x7365616C  # "seal"; exclusive, so that one seal is made after the other

_WRITTEN_AT_ONCE = 500  # the server writes them while we prepare the next
_ACCOUNT_ARRAYS = ("text", "bigint", "text", "text", "text")
_PLACE_ARRAYS = ("bigint", "text", "text", "date")
_FIGURE_ARRAYS = ("bigint", "bigint", "bigint")
_TEXT_ARRAYS = ("bigint", "bytea", "text")
TRANSFER_ARRAYS = (
    *("text", "bytea", "bigint", "bigint", "bigint", "bigint"),
    *("bigint", "bigint", "bigint", "bigint", "date", "date", "timestamptz"),
    *("text", "bigint", "text", "text", "bigint", "text", "bytea", "bigint"),
)
_CAP_ARRAYS = (
    *("text", "bytea", "bigint", "text", "text", "date", "bigint", "bigint", "bigint", "bigint"),
    *("timestamptz", "text", "bigint", "text", "bigint"),
)


def _listed(kinds: Sequence[str]) -> str:
    """Rows that go in as ``_lists``, each with its place at the end.

    Of a LIMIT that it does not know PostgreSQL thinks as of very few rows: so it makes one plan of
    index look-ups and keeps it, and does not plan each time anew.
    """
    holes = ", ".join(f"%s::{kind}[]" for kind in kinds)
    return f"(SELECT * FROM unnest({holes}) WITH ORDINALITY LIMIT %s::bigint)"


def _lists(kinds: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[str]:
    return [*arrays(kinds, rows), str(len(rows))]


_ASKED = (
    f"(SELECT o.*, u.id AS unit_id FROM {_listed(_ACCOUNT_ARRAYS)}"
    " AS o (owner_kind, owner_id, unit, kind, category, place) JOIN unit u ON u.code = o.unit)"
)
_SAME = (
    "a.owner_kind = o.owner_kind AND a.owner_id = o.owner_id AND a.unit_id = o.unit_id"
    " AND a.kind = o.kind AND a.category = o.category"
)
_TAKE_PART = Question(f"SELECT pg_advisory_xact_lock_shared({POSTING_LOCK})")
_UNITS = Question(f"{UNITS} FROM unit")
"""By itself: in one statement it would look at periods as they were before it got the lock."""
_FIND = Question(
    f"WITH asked AS MATERIALIZED {_ASKED}, missing AS MATERIALIZED"
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
_OPEN = Question(
    "INSERT INTO account (owner_kind, owner_id, unit_id, kind, category, balance, held,"
    " version) SELECT o.owner_kind, o.owner_id, o.unit_id, o.kind, o.category, 0, 0, 0"
    f" FROM {_ASKED} AS o ORDER BY 1, 2, 3, 4, 5 ON CONFLICT DO NOTHING"
)
_KNOWN = Question(
    f"WITH j AS MATERIALIZED (SELECT * FROM {_listed(('text',))} AS j (key, place))"
    " SELECT t.key, t.request_hash, t.id, t.amount, t.source_balance, t.destination_balance"
    " FROM j JOIN transfer t ON t.key = j.key UNION ALL"
    " SELECT u.key, u.request_hash, NULL, 0, NULL, NULL"
    " FROM j JOIN cap_use u ON u.key = j.key WHERE u.transfer_id IS NULL"
)
_IDS = f"{_listed(('bigint',))} AS j (value, place)"
_ORIGINALS = Question(ORIGINALS.format(asked=_IDS, expires_on="t.expires_on::text"))
_CAPPED = Question(CAPPED.format(asked=_IDS, starts_on="u.starts_on::text"))
_USED = Question(
    USED.format(
        asked=f'{_listed(_PLACE_ARRAYS)} AS j (account_id, name, "window", starts_on, place)'
    )
)
_WRITE_USES = Question(
    f"INSERT INTO cap_use ({CAP_COLUMNS})"
    f" SELECT {CAP_COLUMNS} FROM {_listed(_CAP_ARRAYS)} AS u ({CAP_COLUMNS}, place)"
)
_WRITE = Question(
    "WITH figures AS (UPDATE account a SET balance = f.balance, version = f.version"
    f" FROM {_listed(_FIGURE_ARRAYS)} AS f (balance, version, id, place) WHERE a.id = f.id)"
    f" INSERT INTO transfer ({COLUMNS})"
    f" SELECT {COLUMNS} FROM {_listed(TRANSFER_ARRAYS)} AS e ({COLUMNS}, place) RETURNING key, id"
)
_WRITE_ONE = Question(
    "WITH figures AS (UPDATE account SET balance = %s::bigint, version = %s::bigint"
    f" WHERE id = %s::bigint) INSERT INTO transfer ({COLUMNS})"
    f" VALUES ({', '.join(f'%s::{kind}' for kind in TRANSFER_ARRAYS)}) RETURNING key, id"
)
_WRITE_TEXTS = Question(
    "INSERT INTO transfer_text (transfer_id, salt, text)"
    f" SELECT x.id, x.salt, x.text FROM {_listed(_TEXT_ARRAYS)} AS x (id, salt, text, place)"
)
_SAVE, _BACK = Question("SAVEPOINT settled"), Question("ROLLBACK TO SAVEPOINT settled")
_WAIT = Question(f"SELECT pg_advisory_xact_lock({POSTING_LOCK})")
_WAIT_TO_SEAL = Question(f"SELECT pg_advisory_xact_lock({SEALING_LOCK})")
_LAST = Question(LAST)


class PostgresBook(Book):
    """Lists go in as arrays, with their length."""

    def __init__(self, connection: Connection) -> None:
        self._wire = Wire(connection)

    def look(
        self, refs: Sequence[AccountRef], keys: Sequence[str], meanwhile: Callable[[], Done]
    ) -> tuple[Found, Done]:
        accounts = _lists(_ACCOUNT_ARRAYS, _columns(refs)) if refs else []
        with self._wire.asking() as answers:
            self._wire.send(_TAKE_PART)
            self._wire.send(_UNITS)
            if refs:
                self._wire.send(_FIND, accounts)
            self._wire.send(_KNOWN, _lists(("text",), [(key,) for key in keys]))
            done = meanwhile()
        _, units, *rows, known = answers
        if refs and not rows[0]:  # accounts are locked before keys are read
            return Found(*_units(units), self.standings(refs), self.known(keys)), done
        standings = _standings(refs, rows[0]) if refs else {}
        return Found(*_units(units), standings, _known(known)), done

    def units(self) -> tuple[dict[str, UnitRow], date | None]:
        with self._wire.asking() as answers:
            self._wire.send(_TAKE_PART)
            self._wire.send(_UNITS)
        return _units(answers[1])

    def standings(self, refs: Sequence[AccountRef]) -> dict[AccountRef, Standing]:
        accounts = _lists(_ACCOUNT_ARRAYS, _columns(refs))
        rows = self._wire.ask(_FIND, accounts)
        if not rows:
            self._wire.ask(_OPEN, accounts)
            rows = self._wire.ask(_FIND, accounts)
        return _standings(refs, rows)

    def known(self, keys: Sequence[str]) -> dict[str, Known]:
        return _known(self._wire.ask(_KNOWN, _lists(("text",), [(key,) for key in keys])))

    def originals(self, ids: Iterable[int]) -> dict[int, Original]:
        rows = self._wire.ask(_ORIGINALS, _lists(("bigint",), [(id,) for id in ids]))
        return {row[0]: original(row) for row in rows}

    def settled(self) -> tuple[int, int, int]:
        # Ids do not commit in order: wait for all who post, look, and let go by the savepoint.
        with self._wire.asking() as answers:
            for question in (_SAVE, _WAIT, _LAST, _BACK):
                self._wire.send(question)
        [(units, accounts, transfers)] = answers[2]
        return units, accounts, transfers

    def take_seal(self) -> None:
        self._wire.ask(_WAIT_TO_SEAL)

    def close_doors(self) -> None:
        self._wire.ask(_WAIT)

    def write(self, entries: Sequence[Entry], standings: Sequence[Standing]) -> list[int]:
        figures = [(s.balance, s.version, s.id) for s in standings]
        if len(entries) == len(figures) == 1:
            [[(_, id)]] = self._insert([(_WRITE_ONE, words((*figures[0], *entries[0])))])
            return [id]
        parts = []
        for start in range(0, len(entries), _WRITTEN_AT_ONCE):
            end = start + _WRITTEN_AT_ONCE
            moved = figures[2 * start : 2 * end] or [(0, 0, 0)]  # at most two accounts an entry
            parts.append((moved, entries[start:end]))
        ids: dict[str, int] = {}
        for rows in self._insert(
            (_WRITE, _lists(_FIGURE_ARRAYS, moved) + _lists(TRANSFER_ARRAYS, part))
            for moved, part in parts
        ):
            ids.update(rows)
        return [ids[entry.key] for entry in entries]

    def _insert(self, asked: Iterable[tuple[Question, Sequence[str | None]]]) -> list[list[Any]]:
        try:
            with self._wire.asking() as answers:
                for question, lists in asked:
                    self._wire.send(question, lists)
        except Exception as failure:
            # Two at the same moment used one key for accounts that have none in common.
            if getattr(failure, "sqlstate", "") == _UNIQUE_VIOLATION:
                raise KeyReused from failure
            raise
        return answers

    def cap_uses(self, places: Sequence[CapPlace]) -> dict[CapPlace, int]:
        rows = self._wire.ask(_USED, _lists(_PLACE_ARRAYS, places))
        return {places[row[0] - 1]: row[1] for row in rows}

    def capped(self, transfer_ids: Iterable[int]) -> dict[int, list[tuple[CapPlace, int]]]:
        rows = self._wire.ask(_CAPPED, _lists(("bigint",), [(id,) for id in transfer_ids]))
        return capped(rows)

    def write_cap_uses(self, rows: Sequence[tuple[Any, ...]]) -> None:
        self._insert([(_WRITE_USES, _lists(_CAP_ARRAYS, rows))])

    def write_texts(self, texts: Sequence[tuple[int, bytes, str]]) -> None:
        self._wire.ask(_WRITE_TEXTS, _lists(_TEXT_ARRAYS, texts))


def _columns(refs: Sequence[AccountRef]) -> list[tuple[Any, ...]]:
    return [(ref.owner_kind.value, *ref[1:]) for ref in refs]


def _units(rows: Sequence[tuple[Any, ...]]) -> tuple[dict[str, UnitRow], date | None]:
    return {row[1]: unit(row[:7]) for row in rows}, rows[0][7] if rows else None


def _standings(
    refs: Sequence[AccountRef], rows: Sequence[tuple[Any, ...]]
) -> dict[AccountRef, Standing]:
    return {(ref := refs[place]): standing(ref, figures) for place, *figures in rows}


def _known(rows: Sequence[tuple[Any, ...]]) -> dict[str, Known]:
    return {row[0]: Known(*row[1:]) for row in rows}
