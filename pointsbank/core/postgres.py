"""PostgreSQL: READ COMMITTED for writes, a read-only REPEATABLE READ for snapshots."""

import select
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import create_engine, event, make_url
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError, DisconnectionError, TimeoutError
from sqlalchemy.pool import NullPool
from sqlmodel import Session

from pointsbank.core.database import Body, Database
from pointsbank.core.errors import Entangled, StorageFull, Unavailable

_PATIENCE_S = 5  # to connect; whoever wants another writes connect_timeout into the address
_DISK_FULL = "53100"
_DEADLOCK = "40P01"
_SILENT = ("08", "53", "57")  # connection, resources, operator: SQLSTATE classes


class PostgresDatabase(Database):
    """A pool of connections for each of the doors, in the bank's schema.

    A restarted server is noticed before a kept connection is used, at the price of a look at its
    socket; a request under way meanwhile fails.
    """

    dialect = "postgresql"

    def __init__(self, url: str, owner_url: str = "") -> None:
        impatient = (
            {} if "connect_timeout" in make_url(url).query else {"connect_timeout": _PATIENCE_S}
        )
        self._writer = create_engine(
            url,
            hide_parameters=True,
            pool_size=16,
            max_overflow=48,
            isolation_level="READ COMMITTED",
            connect_args=impatient,
        )
        event.listen(self._writer, "checkout", _check)
        self._reader = self._writer.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        self._statements = create_engine(
            url,
            hide_parameters=True,
            poolclass=NullPool,
            isolation_level="AUTOCOMMIT",
            connect_args=impatient,
        )
        self._owner = (
            create_engine(
                owner_url, hide_parameters=True, poolclass=NullPool, connect_args=impatient
            )
            if owner_url
            else self._writer
        )
        self._own = threading.local()

    @property
    def engine(self) -> Engine:
        return self._writer

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        with self._writer.begin() as connection, Body(connection) as session:
            yield session

    @contextmanager
    def snapshot(self) -> Iterator[Session]:
        with Session(self._reader, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        connection = self._kept()
        try:
            yield connection
        finally:
            connection.rollback()

    def _kept(self) -> Connection:
        """This thread's own connection."""
        connection: Connection | None = getattr(self._own, "reading", None)
        if connection is None:
            connection = self._own.reading = self._statements.connect()
        elif _hung_up(connection.connection.driver_connection):
            connection.invalidate()  # it connects anew by itself
        return connection

    @contextmanager
    def administer(self) -> Iterator[Connection]:
        with self._owner.begin() as connection:
            yield connection

    def serving_role(self) -> str | None:
        if self._owner is self._writer:
            return None
        serving, owning = (_user(engine) for engine in (self._writer, self._owner))
        return None if serving == owning else serving

    def silence(self, failure: Exception) -> Unavailable | None:
        if isinstance(failure, TimeoutError):  # no connection came free
            return Unavailable()
        cause = failure.orig if isinstance(failure, DBAPIError) else failure
        if not isinstance(cause, psycopg.OperationalError):
            return None
        if cause.sqlstate == _DISK_FULL:
            return StorageFull()
        if cause.sqlstate == _DEADLOCK:
            return Entangled()
        silent = cause.sqlstate is None or cause.sqlstate.startswith(_SILENT)
        return Unavailable() if silent else None

    def close(self) -> None:
        self._writer.dispose()
        self._own = threading.local()


def _user(engine: Engine) -> str:
    with engine.connect() as connection:
        return str(connection.exec_driver_sql("SELECT session_user").scalar_one())


def _check(connection: Any, _record: object, _proxy: object) -> None:
    if _hung_up(connection):
        raise DisconnectionError


def _hung_up(connection: Any) -> bool:
    """Whether the server has left: an idle connection has nothing to read but a farewell."""
    if connection.closed:
        return True
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))
