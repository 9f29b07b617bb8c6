"""The change of keys: which fields are sealed, and their sealing anew, batch by batch."""

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Row, bindparam, delete, func, select, tuple_, update
from sqlalchemy import Table as SQLTable

from pointsbank.access.models import SignInAttempt
from pointsbank.core import encryption
from pointsbank.core.database import Session, Table

MOST_A_BATCH = 1_000


@dataclass(frozen=True, slots=True)
class SealedTable:
    """A table that holds sealed texts, and the digests by which some of them are found."""

    table: SQLTable
    sealed: tuple[str, ...]
    digested: tuple[str, ...]

    @property
    def key(self) -> list[Column[Any]]:
        return list(self.table.primary_key)


def sealed_tables() -> list[SealedTable]:
    """Every table with a column that is declared as sealed, by name."""
    found = []
    for table in sorted(Table.metadata.tables.values(), key=lambda table: table.name):
        sealed = tuple(column.name for column in table.c if "sealed" in column.info)
        digested = tuple(column.name for column in table.c if "digest_of" in column.info)
        if sealed:
            found.append(SealedTable(table, sealed, digested))
    return found


def begin(path: Path) -> bool:
    """Draw a new secret and put it before the old one; False where that was done already."""
    held = encryption.keys_in(path)
    fresh = len(held) == 1
    if fresh:
        held = [secrets.token_bytes(32), *held]
        encryption.write_keys(path, held)
    encryption.use_secret(*held)
    return fresh


def finish(session: Session) -> None:
    """What was digested and cannot be found again is forgotten: failed sign-ins of today."""
    session.execute(delete(SignInAttempt))


def drop_old(path: Path) -> None:
    """Nothing needs the old secret any more."""
    new = encryption.keys_in(path)[:1]
    encryption.write_keys(path, new)
    encryption.use_secret(*new)


def row_count(session: Session, held: SealedTable) -> int:
    return int(session.execute(select(func.count()).select_from(held.table)).scalar_one())


def reseal_batch(
    session: Session, held: SealedTable, after: tuple[Any, ...] | None
) -> tuple[int, tuple[Any, ...] | None]:
    """Seal the next rows anew: how many were looked at, and the key of the last; none at the end.

    What is sealed by the new secret already is left as it is, so a repeat costs little.
    """
    wanted = select(held.table).order_by(*held.key).limit(MOST_A_BATCH)
    if after is not None:
        wanted = wanted.where(tuple_(*held.key) > tuple_(*(bindparam(None, v) for v in after)))
    rows = session.execute(wanted).all()
    changes = [change for row in rows if (change := _change(held, row))]
    if changes:
        names = (*held.sealed, *held.digested)
        session.connection().execute(
            update(held.table)
            .where(*(column == bindparam(f"key_{column.name}") for column in held.key))
            .values({name: bindparam(f"new_{name}") for name in names}),
            changes,
        )
    last = tuple(rows[-1]._mapping[column.name] for column in held.key) if rows else None
    return len(rows), last


def _change(held: SealedTable, row: Row[Any]) -> dict[str, Any]:
    """What of a row has to be written, under its key; nothing where all of it is new."""
    values = row._mapping
    texts = {
        name: encryption.unseal(values[name]) for name in held.sealed if values[name] is not None
    }
    new: dict[str, Any] = {
        name: values[name]
        if name not in texts or encryption.is_newly_sealed(values[name])
        else encryption.seal(texts[name])
        for name in held.sealed
    }
    for name in held.digested:
        told = held.table.c[name].info
        text = texts.get(told["digest_of"])
        meant = None if text is None else told["meaning"].format(**{**values, "text": text})
        new[name] = None if meant is None else encryption.digest(meant, told["purpose"])
    if all(values[name] == value for name, value in new.items()):
        return {}
    keys = {f"key_{column.name}": values[column.name] for column in held.key}
    return keys | {f"new_{name}": value for name, value in new.items()}
