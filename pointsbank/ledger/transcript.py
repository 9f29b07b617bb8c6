"""The whole book as a folder of JSON Lines: exported, and imported into an empty bank.

One file a table, one line a row in the order of its key, with every column: days and instants as
the seals have them, bytes in hexadecimal. The files are not compressed, so that ``sha256sum``,
``grep`` and ``jq`` read them as they are; a folder compresses well as a whole. ``manifest.json`` is
written last. It holds no date: the same book gives the same bytes.
"""

import json
from collections.abc import Callable, Iterator
from datetime import date, datetime
from enum import StrEnum
from hashlib import sha256
from importlib.metadata import version
from itertools import chain, islice
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Table, Text, TypeDecorator, func, select, type_coerce
from sqlalchemy.engine import Connection
from sqlalchemy.schema import sort_tables

from pointsbank.core import audit
from pointsbank.core.actor import Actor
from pointsbank.core.database import Session, table_of
from pointsbank.core.database import Table as Model
from pointsbank.core.errors import Forbidden
from pointsbank.core.files import whole
from pointsbank.ledger import journal, models
from pointsbank.ledger.book import open_book
from pointsbank.ledger.manifest import (
    MANIFEST,
    BookNotEmpty,
    BookUnsound,
    FileDiffers,
    FileEntry,
    Manifest,
    RowMalformed,
    RowUnfit,
    UnknownTranscript,
)
from pointsbank.ledger.notice import SealLine
from pointsbank.ledger.rules import LARGEST_ID
from pointsbank.ledger.verify import verify

TABLES = sort_tables(
    sorted(
        (
            table_of(model)
            for model in vars(models).values()
            if isinstance(model, type) and issubclass(model, Model)
            if model not in (Model, models.Verification)
        ),
        key=lambda table: table.name,
    )
)
"""Every table of the book, each after those that it refers to. Readings of it are not its rows: a
new bank verifies for itself."""

_TEXTS = table_of(models.TransferText)
_ROWS_READ = 200  # at a time: a seal's row is large
_ROWS_WRITTEN = 20_000  # a statement: until its end PostgreSQL remembers what rows refer to

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=bytes.hex).encode


def export_book(
    session: Session,
    folder: Path,
    *,
    texts: bool = True,
    progress: Callable[[int], None] = lambda _: None,
) -> Manifest:
    """Write the book, as this session sees it, to a new folder; ``progress`` is told rows.

    Free texts are personal data; without them the book still verifies. The folder is there whole or
    not at all: refuses as ``core.files.whole``.
    """
    written = 0
    entries = []
    with whole(folder) as place:
        place.mkdir(mode=0o700)
        for table in TABLES:
            if table is _TEXTS and not texts:
                continue
            rows, digest = 0, sha256()
            with (place / f"{table.name}.jsonl").open("wb") as file:
                for line in _lines(session.connection(), table):
                    file.write(line)
                    digest.update(line)
                    rows += 1
                    if rows % _ROWS_READ == 0:
                        progress(written + rows)
            written += rows
            progress(written)
            entries.append(FileEntry(table.name, rows, digest.hexdigest()))
        last = journal.seals(session, most=1)
        manifest = Manifest(
            program=version("pointsbank"),
            units=tuple(figures.unit for figures in journal.unit_figures(session)),
            last_seal=last[0].line if last else "",
            tables=tuple(entries),
        )
        (place / MANIFEST).write_text(manifest.as_json() + "\n", encoding="utf-8")
    return manifest


def record_export(session: Session, actor: Actor, manifest: Manifest, *, at: datetime) -> None:
    """Put it into the audit trail that the book was copied out."""
    audit.record(session, actor, "ledger.export_book", ("book", 0), at=at, digest=manifest.digest)


def import_book(
    session: Session,
    actor: Actor,
    folder: Path,
    manifest: Manifest,
    *,
    at: datetime,
    progress: Callable[[int], None] = lambda _: None,
) -> None:
    """Make an exported book this bank's own, seals included, and verify it.

    ``progress`` is told rows written and, on top of them, transfers verified. Refuses, in this
    order: ``Forbidden`` but to the program itself, ``UnknownTranscript``, ``FileDiffers``,
    ``BookNotEmpty``, ``RowMalformed`` and ``RowUnfit`` file by file, ``BookUnsound``.
    """
    if actor.kind != "system":
        raise Forbidden
    names = [entry.table for entry in manifest.tables]
    if names not in [[t.name for t in TABLES], [t.name for t in TABLES if t is not _TEXTS]]:
        raise UnknownTranscript(found=", ".join(names))
    for entry in manifest.tables:
        _check_file(folder, entry)
    open_book(session).close_doors()
    if any(session.execute(select(table).limit(1)).first() for table in TABLES):
        raise BookNotEmpty
    written = 0
    for entry in manifest.tables:
        for rows in _write(session.connection(), Model.metadata.tables[entry.table], folder, entry):
            progress(written + rows)
        written += entry.rows
    if session.connection().dialect.name == "postgresql":
        _settle(session)
    _check_book(session, manifest, lambda read: progress(written + read))
    audit.record(session, actor, "ledger.import_book", ("book", 0), at=at, digest=manifest.digest)


def _lines(connection: Connection, table: Table) -> Iterator[bytes]:
    """A table's lines in the order of its key."""
    names = [column.name for column in table.c]
    columns = (_plain(column, connection.dialect.name) for column in table.c)
    rows = connection.execute(
        select(*columns).order_by(*table.primary_key), execution_options={"yield_per": _ROWS_READ}
    )
    for row in rows:
        yield f"{_encode(dict(zip(names, row, strict=True)))}\n".encode()


def _plain(column: Column[Any], dialect: str) -> Any:
    """A column as lines hold it: days and instants as the seals encode them, enums as text."""
    kind = _kind(column)
    if kind is date and dialect == "postgresql":
        return func.to_char(column, "YYYY-MM-DD")
    if kind is datetime and dialect == "postgresql":
        return func.to_char(func.timezone("UTC", column), "YYYY-MM-DD HH24:MI:SS.US")
    return column if kind in {int, bool, bytes} else type_coerce(column, Text)


def _kind(column: Column[Any]) -> type:
    kind = column.type
    python = (kind.impl_instance if isinstance(kind, TypeDecorator) else kind).python_type
    return str if issubclass(python, StrEnum) else python


def _check_file(folder: Path, entry: FileEntry) -> None:
    rows, digest = 0, sha256()
    try:
        with (folder / entry.file).open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
                rows += block.count(b"\n")
    except OSError:
        raise FileDiffers(file=entry.file) from None
    if (rows, digest.hexdigest()) != (entry.rows, entry.sha256):
        raise FileDiffers(file=entry.file)


def _write(connection: Connection, table: Table, folder: Path, entry: FileEntry) -> Iterator[int]:
    """Write a file's rows, some at a time; says after each time how many it has written."""
    cursor: Any = connection.connection.cursor()
    names = ", ".join(f'"{column.name}"' for column in table.c)
    insert = f'INSERT INTO "{table.name}" ({names}) VALUES ({", ".join("?" * len(table.c))})'  # noqa: S608 - our own names
    line = 0

    def rows() -> Iterator[list[Any]]:
        nonlocal line
        values = _reader(table, connection.dialect.name)
        with (folder / entry.file).open("rb") as file:
            for said in file:
                line += 1
                try:
                    yield values(said)
                except (ValueError, TypeError, RecursionError):
                    raise RowMalformed(file=entry.file, line=line) from None

    read = rows()
    try:
        for first in read:
            part = chain([first], islice(read, _ROWS_WRITTEN - 1))
            if connection.dialect.name == "sqlite":
                cursor.executemany(insert, part)
            else:
                with cursor.copy(f'COPY "{table.name}" ({names}) FROM STDIN') as copy:
                    for row in part:
                        copy.write_row(row)
            yield line
    # A connection's dialect has its driver.
    except (connection.dialect.dbapi.Error, UnicodeError) as failure:  # type: ignore[union-attr]
        raise RowUnfit(file=entry.file, line=line) from failure


def _reader(table: Table, dialect: str) -> Callable[[bytes], list[Any]]:
    """A function from a line to its values for the driver; raises where they are not of the form
    in which they are exported.
    """
    names = [column.name for column in table.c]
    instant = _instant if dialect == "sqlite" else _instant_in_utc
    forms = {int: _number, bool: _flag, str: _text, bytes: _binary, date: _day, datetime: instant}
    columns = [(forms[_kind(column)], column.nullable) for column in table.c]

    def values(said: bytes) -> list[Any]:
        line = json.loads(said)
        if type(line) is not dict or list(line) != names:
            raise ValueError
        return [
            None if value is None and optional else form(value)
            for value, (form, optional) in zip(line.values(), columns, strict=True)
        ]

    return values


def _number(value: Any) -> int:
    if type(value) is not int or not -LARGEST_ID <= value <= LARGEST_ID:
        raise ValueError
    return value


def _flag(value: Any) -> bool:
    if type(value) is not bool:
        raise ValueError
    return value


def _text(value: Any) -> str:
    if type(value) is not str:
        raise ValueError
    return value


def _binary(value: Any) -> bytes:
    found = bytes.fromhex(value)
    if found.hex() != value:
        raise ValueError
    return found


def _day(value: Any) -> str:
    if date.fromisoformat(value).isoformat() != value:
        raise ValueError
    return _text(value)


def _instant(value: Any) -> str:
    found = datetime.fromisoformat(value)
    if found.tzinfo is not None or found.isoformat(" ", "microseconds") != value:
        raise ValueError
    return _text(value)


def _instant_in_utc(value: Any) -> str:
    return f"{_instant(value)}+00"


def _settle(session: Session) -> None:
    """Let PostgreSQL number new rows after those written, and know how many there are."""
    for table in TABLES:
        if (key := table.autoincrement_column) is not None:
            sequence = func.pg_get_serial_sequence(table.name, key.name)
            session.execute(select(func.setval(sequence, func.max(key))))
        session.connection().exec_driver_sql(f'ANALYZE "{table.name}"')


def _check_book(session: Session, manifest: Manifest, progress: Callable[[int], None]) -> None:
    lines = [SealLine.read(manifest.last_seal)] if manifest.last_seal else []
    published = {line.seal_id: line.digest for line in lines}
    fault = verify(session, published=published, progress=progress).fault
    if fault is not None:
        raise BookUnsound(table=fault.table, row_id=fault.row_id, what=fault.what)
