"""PostgreSQL: READ COMMITTED for writes, a read-only REPEATABLE READ for snapshots."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import create_engine
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.pool import NullPool
from sqlmodel import Session

from pointsbank.core.database import Database


class PostgresDatabase(Database):
    """A pool of connections for each of the two doors, in the bank's schema."""

    dialect = "postgresql"

    def __init__(self, url: str) -> None:
        self._writer = create_engine(
            url,
            hide_parameters=True,
            pool_size=16,
            max_overflow=48,
            isolation_level="READ COMMITTED",
        )
        self._reader = self._writer.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )

        self._statements = create_engine(
            url, hide_parameters=True, poolclass=NullPool, isolation_level="AUTOCOMMIT"
        )
        self._own = threading.local()

    @property
    def engine(self) -> Engine:
        return self._writer

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        with Session(self._writer, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def snapshot(self) -> Iterator[Session]:
        with Session(self._reader, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        if not hasattr(self._own, "reading"):
            self._own.reading = self._statements.connect()  # one a thread, kept
        try:
            yield self._own.reading
        finally:
            self._own.reading.rollback()

    @contextmanager
    def administer(self) -> Iterator[Connection]:
        with self._writer.begin() as connection:
            yield connection

    def close(self) -> None:
        self._writer.dispose()
        self._own = threading.local()
