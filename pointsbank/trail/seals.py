"""Seals of the audit trail: encoded, chained, recomputed; and the pruning of what they cover."""

import json
import struct
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import func, insert, select, text
from sqlalchemy.engine import Connection

from pointsbank.core.audit import SEALING_LOCK, AuditEntry
from pointsbank.core.database import Session, protection, table_of
from pointsbank.trail.models import AuditPruning, AuditSeal
from pointsbank.trail.rules import TrailFault, TrailFindings

MOST_A_RUN = 1_000
GENESIS = bytes(32)
FIRST = -(2**63)  # below every id, also a forged one

_entry, _seal, _pruning = table_of(AuditEntry), table_of(AuditSeal), table_of(AuditPruning)
_NUMBERS = struct.Struct(">5q?")
_LENGTHS = struct.Struct(">6I")
_HEADER = struct.Struct(">5q")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_OWNED = text(
    "SELECT pg_has_role(relowner, 'USAGE') FROM pg_class"
    " WHERE relnamespace = current_schema()::regnamespace AND relname = 'audit_entry'"
)
_ALONE = text(f"SELECT pg_try_advisory_xact_lock({SEALING_LOCK})")


def encoded(row: Mapping[str, Any]) -> bytes:
    """One entry: numbers of 8 bytes, whether it has no organisation, how long each text is, the
    texts; facts as JSON in order.
    """
    org_id = row["org_id"]
    facts = json.dumps(
        row["facts"], ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str
    )
    named = ("actor_kind", "roles", "address", "action", "subject_kind")
    texts = [str(value).encode() for value in (*(row[name] for name in named), facts)]
    numbers = (row["id"], _microseconds(row["at"]), row["actor_id"], row["subject_id"], org_id or 0)
    return (
        _NUMBERS.pack(*numbers, org_id is None) + _LENGTHS.pack(*map(len, texts)) + b"".join(texts)
    )


def _microseconds(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1)


def digest_of_rows(rows: Iterable[Mapping[str, Any]]) -> bytes:
    hashed = sha256()
    for row in rows:
        hashed.update(encoded(row))
    return hashed.digest()


def digest_of_seal(seal: Mapping[str, Any]) -> bytes:
    """Over the seal before, what this one says of itself, and its entries."""
    header = _HEADER.pack(
        seal["id"], seal["first_entry_id"], seal["last_entry_id"], seal["entry_count"],
        _microseconds(seal["sealed_at"]),
    )  # fmt: skip
    return sha256(seal["previous"] + header + seal["rows_digest"]).digest()


def _is_alone(session: Session) -> bool:
    """Whether nobody is writing an entry now; until the transaction ends nobody will be.

    SQLite has one writer.
    """
    if session.get_bind().dialect.name != "postgresql":
        return True
    return bool(session.execute(_ALONE).scalar())


def seal_run(session: Session, *, at: datetime) -> int | None:
    """Seal the next run of entries; its number, None if there was nothing to seal, or 0 while
    somebody else writes an entry.
    """
    if not _is_alone(session):
        return 0
    before = session.execute(select(_seal).order_by(_seal.c.id.desc()).limit(1)).mappings().first()
    rows = _entries(session, before["last_entry_id"] if before else FIRST, most=MOST_A_RUN)
    if not rows:
        return None
    seal: dict[str, Any] = {
        "id": before["id"] + 1 if before else 1,
        "first_entry_id": rows[0]["id"],
        "last_entry_id": rows[-1]["id"],
        "entry_count": len(rows),
        "sealed_at": at,
        "previous": before["digest"] if before else GENESIS,
        "rows_digest": digest_of_rows(rows),
    }
    session.execute(insert(_seal).values(**seal, digest=digest_of_seal(seal)))
    return int(seal["id"])


def _entries(
    session: Session, after: int, *, until: int | None = None, most: int | None = None
) -> list[Mapping[str, Any]]:
    wanted = select(_entry).where(_entry.c.id > after).order_by(_entry.c.id).limit(most)
    if until is not None:
        wanted = wanted.where(_entry.c.id <= until)
    return [dict(row) for row in session.execute(wanted).mappings()]


def pruned_until(session: Session) -> int:
    """The last seal whose entries are no longer kept; 0 where all are."""
    return int(session.execute(select(func.coalesce(func.max(_pruning.c.seal_id), 0))).scalar_one())


def line_of(seal: Mapping[str, Any]) -> str:
    """What goes on a notice board: number, last entry, digest."""
    return f"{seal['id']}:{seal['last_entry_id']}:{seal['digest'].hex()}"


def verify(session: Session, *, published: Iterable[str] = ()) -> TrailFindings:
    """Recompute every seal and the entries that it covers; the first fault, if there is one.

    ``published`` are lines of seals from a notice board.
    """
    pruned, wanted = pruned_until(session), {line.split(":")[0]: line for line in published}
    digest, last, read, count, line = GENESIS, FIRST, 0, 0, ""
    for seal in map(dict, session.execute(select(_seal).order_by(_seal.c.id)).mappings()):
        what = _fault_of(session, seal, digest, last, gone=seal["id"] <= pruned, follows=count + 1)
        line = line_of(seal)
        if not what and wanted.pop(str(seal["id"]), line) != line:
            what = "published"
        if what:
            run = (seal["first_entry_id"], seal["last_entry_id"])
            return TrailFindings(read, count, pruned, 0, line, TrailFault(what, seal["id"], *run))
        digest, last, count = seal["digest"], seal["last_entry_id"], seal["id"]
        read += 0 if seal["id"] <= pruned else seal["entry_count"]
    fault = TrailFault("published", int(min(wanted)), 0, 0) if wanted else None
    tail = session.execute(select(func.count()).where(_entry.c.id > last)).scalar_one()
    return TrailFindings(read, count, pruned, int(tail), line, fault)


def _fault_of(
    session: Session, seal: Mapping[str, Any], digest: bytes, last: int, *, gone: bool, follows: int
) -> str:
    """What is wrong with a seal or the entries of its run; nothing where they hold."""
    chained = seal["previous"] == digest and seal["id"] == follows
    if not chained or digest_of_seal(seal) != seal["digest"]:
        return "chain"
    rows = _entries(session, last, until=seal["last_entry_id"])
    if gone:
        return "changed" if rows else ""
    held = len(rows) == seal["entry_count"] and digest_of_rows(rows) == seal["rows_digest"]
    return "" if held else "changed"


def last_before(connection: Connection, before: datetime) -> int | None:
    """The last run all of whose entries, and all before them, are older than an instant; None where
    nothing so old is kept.
    """
    kept = select(func.min(_entry.c.id)).where(_entry.c.at >= before)
    first_kept = connection.execute(kept).scalar()
    past = select(func.max(_seal.c.id)).join(_entry, _entry.c.id == _seal.c.last_entry_id)
    if first_kept is not None:
        past = past.where(_seal.c.last_entry_id < first_kept)
    found: int | None = connection.execute(past).scalar()
    return found


def may_prune(connection: Connection) -> bool:
    """Whether this connection has the rights of the owner of the entries."""
    if connection.dialect.name == "sqlite":
        return True
    return bool(connection.execute(_OWNED).scalar())


def prune(connection: Connection, *, before: datetime, at: datetime) -> int:
    """As the owner of the tables: remove the entries of all runs that ended before an instant.

    Their seals stay. Answers how many entries went.
    """
    seal_id = last_before(connection, before)
    if seal_id is None:
        return 0
    last = connection.execute(
        select(_seal.c.last_entry_id).where(_seal.c.id == seal_id)
    ).scalar_one()
    dialect = connection.dialect.name
    _unprotect(connection, dialect)
    gone = connection.execute(_entry.delete().where(_entry.c.id <= last)).rowcount
    for statement in protection(_entry.name, dialect):
        connection.exec_driver_sql(
            statement.replace("%", "%%") if dialect != "sqlite" else statement
        )
    connection.execute(insert(_pruning).values(seal_id=seal_id, entry_count=gone, pruned_at=at))
    return int(gone)


def _unprotect(connection: Connection, dialect: str) -> None:
    if dialect == "postgresql":  # nobody who writes an entry waits for long
        connection.exec_driver_sql("SET LOCAL lock_timeout = '5s'")
    verbs = ("update", "delete") if dialect == "sqlite" else ("change",)
    on = "" if dialect == "sqlite" else f" ON {_entry.name}"
    for verb in verbs:
        connection.exec_driver_sql(f"DROP TRIGGER {_entry.name}_no_{verb}{on}")
