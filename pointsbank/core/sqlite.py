"""SQLite: one connection that writes and shares its commits, many that only read."""

import sqlite3
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import structlog
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Date,
    DateTime,
    Enum,
    Integer,
    SmallInteger,
    String,
    Text,
    create_engine,
    event,
)  # fmt: skip
from sqlalchemy.engine import Connection, Engine, make_url
from sqlalchemy.exc import DBAPIError, TimeoutError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.pool import NullPool, QueuePool, StaticPool
from sqlmodel import Session

from pointsbank.core.database import Body, Database
from pointsbank.core.errors import StorageFull, Unavailable
from pointsbank.core.rights import authorize

MOST_BODIES_A_COMMIT = 64
_BUSY_MS = 30_000
_COMPILED = 4_096  # statements kept; pysqlite3 0.6.1 keeps no new one once its 128 are full
_SAFE_FROM = (3, 51, 3)  # 3.7.0 to 3.51.2 can corrupt a WAL that two connections reset
_CONNECT = {
    "check_same_thread": False,
    "timeout": _BUSY_MS / 1000,
    "cached_statements": _COMPILED,
}


def driver() -> ModuleType:
    """The SQLite module: pysqlite3 with its own recent library, else Python's."""
    try:
        import pysqlite3

        return pysqlite3  # type: ignore[no-any-return]
    except ImportError:
        return sqlite3


@compiles(BigInteger, "sqlite")
@compiles(SmallInteger, "sqlite")
@compiles(Integer, "sqlite")
@compiles(Boolean, "sqlite")
def _integer(_type: Any, _compiler: Any, **_: Any) -> str:
    return "INTEGER"


@compiles(String, "sqlite")
@compiles(Text, "sqlite")
@compiles(JSON, "sqlite")
@compiles(Enum, "sqlite")
@compiles(Date, "sqlite")
@compiles(DateTime, "sqlite")
def _text(_type: Any, _compiler: Any, **_: Any) -> str:
    return "TEXT"


class _Commit:
    """A commit that several bodies share: those ``waiting`` for it; ``error`` is why it failed."""

    __slots__ = ("bodies", "error", "waiting")

    def __init__(self) -> None:
        self.bodies = 0
        self.waiting: list[threading.Lock] = []
        self.error: BaseException | None = None

    def join(self) -> threading.Lock:
        """What to ``wait`` with; asked for before the turn is given away."""
        done = threading.Lock()
        done.acquire()
        self.waiting.append(done)
        return done

    def wait(self, done: threading.Lock) -> None:
        """Wait until the commit is durable or has failed, and wake the next."""
        try:
            done.acquire()
        except BaseException:  # interrupted
            if done in self.waiting:
                self.waiting.remove(done)
            else:  # it was woken already: the next one waits for this one
                self.wake()
            raise
        self.wake()

    def wake(self) -> None:
        """Wake one, who wakes the next: all at once they would only queue for the interpreter."""
        if self.waiting:
            self.waiting.pop().release()


class SqliteDatabase(Database):
    """Bodies run one after another on the writing connection, each in a savepoint, and share the
    COMMIT. SQLAlchemy begins and ends nothing there.

    A body that raises undoes its own savepoint only. Nobody leaves ``transaction()`` before the
    commit is durable, a refused body included: what it was refused for may be in the same commit.
    """

    dialect = "sqlite"

    def __init__(self, url: str) -> None:
        self.path = Path(make_url(url).database or "")
        module = driver()
        self.safe_to_share = module.sqlite_version_info >= _SAFE_FROM
        if not self.safe_to_share:
            structlog.get_logger().warning(
                "old_sqlite", version=module.sqlite_version, wanted="3.51.3"
            )
        self._writer = create_engine(
            f"sqlite:///{self.path}",
            module=module,
            poolclass=StaticPool,
            pool_reset_on_return=None,
            hide_parameters=True,
            connect_args=_CONNECT,
        )
        self._readers = create_engine(
            f"sqlite:///file:{self.path}?mode=ro&uri=true",
            module=module,
            poolclass=QueuePool,
            hide_parameters=True,
            pool_size=8,
            max_overflow=56,
            connect_args=_CONNECT,
        )
        event.listen(self._writer, "connect", _prepare_writer)
        dialect: Any = self._writer.dialect
        dialect.do_commit = dialect.do_rollback = lambda _: None  # not its business
        event.listen(self._readers, "connect", _prepare_reader)
        event.listen(self._readers, "begin", _begin)
        self._statements = create_engine(
            f"sqlite:///file:{self.path}?mode=ro&uri=true",
            module=module,
            poolclass=NullPool,
            hide_parameters=True,
            connect_args=_CONNECT,
        )
        event.listen(self._statements, "connect", _prepare_reader)
        self._own = threading.local()
        self._turn = threading.Lock()
        self._queue = threading.Lock()
        self._queueing = 0
        self._holder: int | None = None
        self._connection: Connection | None = None
        self._driver: Any = None
        self._run: Any = None
        self._commit: _Commit | None = None

    @property
    def engine(self) -> Engine:
        return self._writer

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        commit, connection = self._enter()
        run = self._run
        try:
            run("SAVEPOINT body")
            try:
                with Body(connection) as session:
                    yield session
                run("RELEASE body")
            except BaseException:
                self._undo()
                raise
            finally:
                connection.rollback()  # of no effect but that SQLAlchemy begins anew
        finally:
            self._leave(commit)

    def _enter(self) -> tuple[_Commit, Connection]:
        """Wait for the turn to write; join the open commit or begin the next."""
        if self._holder == threading.get_ident():
            raise RuntimeError("transaction() does not nest: hand the session on")
        with self._queue:
            self._queueing += 1
        self._turn.acquire()
        with self._queue:
            self._queueing -= 1
        try:
            connection = self._writing()
            if self._commit is None:
                self._run("BEGIN IMMEDIATE")
                self._commit = _Commit()
        except BaseException:
            self._turn.release()
            raise
        self._holder = threading.get_ident()
        self._commit.bodies += 1
        return self._commit, connection

    def _leave(self, commit: _Commit) -> None:
        """Commit for all who share it, or leave that to who is queueing; return when durable."""
        self._holder = None
        # A full disk makes SQLite roll everything back by itself: then nobody may join any more.
        whole = self._driver.in_transaction
        if whole and self._queueing and commit.bodies < MOST_BODIES_A_COMMIT:
            done = commit.join()
            self._turn.release()
            commit.wait(done)
        else:
            self._finish(commit)
            self._turn.release()
        if commit.error is not None:
            raise commit.error

    def _finish(self, commit: _Commit) -> None:
        """Commit, and tell all who share it; a connection that could not is not used again."""
        connection = self._writing()
        try:
            if not self._driver.in_transaction:
                raise self._undone()
            self._run("COMMIT")
        except BaseException as failure:
            commit.error = failure
            self._connection = None
            connection.invalidate()
            connection.close()
        self._commit = None
        commit.wake()

    def _undone(self) -> Unavailable:
        """Why SQLite undid the transaction by itself: what the body is raising in which it did."""
        cause = sys.exception()
        return (isinstance(cause, Exception) and self.silence(cause)) or Unavailable()

    def _writing(self) -> Connection:
        if self._connection is None:
            self._connection = self._writer.connect()
            self._driver = _driver(self._connection)
            self._run = self._driver.cursor().execute  # each of the driver's own makes a cursor
        return self._connection

    def _undo(self) -> None:
        if self._driver.in_transaction:  # else SQLite has undone all by itself, as on a full disk
            self._run("ROLLBACK TO body")
            self._run("RELEASE body")

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        if not hasattr(self._own, "reading"):
            self._own.reading = self._statements.connect()  # one a thread, kept
        try:
            yield self._own.reading
        finally:
            self._own.reading.rollback()

    @contextmanager
    def snapshot(self) -> Iterator[Session]:
        with Session(self._readers, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def administer(self) -> Iterator[Connection]:
        with self._turn:
            if self._commit is not None:
                self._finish(self._commit)
            connection = self._writing()
            driver = self._driver
            driver.set_authorizer(None)
            driver.execute("BEGIN IMMEDIATE")
            try:
                with connection.begin():
                    yield connection
                driver.execute("COMMIT")
            finally:
                driver.rollback()
                driver.set_authorizer(authorize)

    def serving_role(self) -> str | None:
        return None

    def silence(self, failure: Exception) -> Unavailable | None:
        if isinstance(failure, TimeoutError):  # no reader came free
            return Unavailable()
        cause = failure.orig if isinstance(failure, DBAPIError) else failure
        match getattr(cause, "sqlite_errorcode", 0) & 0xFF:
            case sqlite3.SQLITE_FULL:
                return StorageFull()
            case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_IOERR | sqlite3.SQLITE_CANTOPEN:
                return Unavailable()
        return None

    def close(self) -> None:
        self._readers.dispose()
        self._own = threading.local()
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self._writer.dispose()  # last: only who may write can put the log back into the file


def _prepare_writer(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # we begin and commit ourselves
    cursor = connection.cursor()
    _write_ahead(cursor)
    for pragma in (
        "synchronous = FULL",
        "foreign_keys = ON",
        f"busy_timeout = {_BUSY_MS}",
        "cache_size = -65536",
        "temp_store = MEMORY",
        "wal_autocheckpoint = 4000",  # by default a thousand scattered postings make one each
        "recursive_triggers = ON",  # or INSERT OR REPLACE deletes without firing triggers
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
    connection.set_authorizer(authorize)


def _write_ahead(cursor: Any) -> None:
    """SQLite itself does not wait for whoever else is just making the same new file."""
    until = time.monotonic() + _BUSY_MS / 1000
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except driver().OperationalError as failure:
            if failure.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.01)  # the busy timeout does not hold for a change of mode
        else:
            return


def _prepare_reader(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "query_only = ON",
        f"busy_timeout = {_BUSY_MS}",
        "cache_size = -65536",
        "temp_store = MEMORY",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _driver(connection: Connection) -> Any:
    return connection.connection.driver_connection


def _begin(connection: Connection) -> None:
    _driver(connection).execute("BEGIN")
