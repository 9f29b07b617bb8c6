"""Tables' common base, and the doors to the database: ``transaction()``, ``snapshot()`` and
``reading()``. They raise ``Unavailable`` when it cannot be asked.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from enum import StrEnum
from typing import Any, Self, cast

from sqlalchemy import BigInteger, CursorResult, Enum, MetaData, Result, text
from sqlalchemy import Table as SQLTable
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.event import listens_for
from sqlmodel import Field, Session, SQLModel, col

from pointsbank.core.errors import Unavailable

__all__ = [
    "Database", "Session", "Table", "append_only", "changes_only", "choice", "col", "key",
    "open_database", "reference", "snapshot", "table_of", "transaction",
]  # fmt: skip


class Table(SQLModel):
    """Base of every table. Declare it before any model, so that constraints get their names from
    here.
    """

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


@listens_for(SQLTable, "after_parent_attach")
def _make_strict(table: SQLTable, _parent: object) -> None:
    # A STRICT table refuses a value of another type; set here so that no model and no migration
    # forgets it.
    table.dialect_options["sqlite"]["strict"] = True


def table_of(model: type[SQLModel]) -> SQLTable:
    """The model's table, for statements in SQLAlchemy Core."""
    table: SQLTable = model.__table__  # type: ignore[attr-defined]
    return table


def key() -> Any:
    """A table's own number, given by the database."""
    return Field(default=None, primary_key=True, sa_type=BigInteger)


def reference(target: str, *, optional: bool = False, **options: Any) -> Any:
    """A foreign key to ``table.column``; its type is that of ``key()``."""
    if optional:
        options.setdefault("default", None)
    return Field(foreign_key=target, sa_type=BigInteger, nullable=optional, **options)


def choice(kind: type[StrEnum], column: str = "") -> Any:
    """The column type of an enum: its values as text, with a CHECK.

    Where a table has two columns of one kind, ``column`` tells their CHECKs apart.
    """
    return Enum(
        kind,
        values_callable=lambda members: [member.value for member in members],
        native_enum=False,
        create_constraint=True,
        length=40,
        name=column or kind.__name__.lower(),
    )


APPEND_ONLY: set[str] = set()
CHANGING: dict[str, tuple[str, ...]] = {}


def append_only(*tables: str) -> None:
    """Declare tables whose rows are never changed or removed; ``protection`` gives the triggers for
    them.
    """
    APPEND_ONLY.update(tables)


def changes_only(table: str, *columns: str) -> None:
    """Declare a table that keeps its rows, and of them everything but these columns."""
    CHANGING[table] = columns


def protection(table: str, dialect: str) -> list[str]:
    """The statements that make a database refuse UPDATE and DELETE on a table (TRUNCATE too, on
    PostgreSQL).
    """
    if dialect == "sqlite":
        return [
            f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb.upper()} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            for verb in ("update", "delete")
        ]
    return [
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$",
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
    ]


class Body(Session):
    """The session of a transaction that a connection is in, made at its first use: a body that only
    asks for its ``connection()``, to speak to the driver, does without.

    What it holds is written when it is left; to commit is not its business.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._made = False

    def __getattr__(self, name: str) -> Any:
        # Asked only for what is not there, and before the first use nothing is.
        if self._made:
            raise AttributeError(name)
        self._made = True
        super().__init__(self._connection, expire_on_commit=False)
        return getattr(self, name)

    def connection(self, *_: Any, **__: Any) -> Connection:
        return self._connection

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._made:
            if kind is None:
                self.commit()
            self.close()


def rows_changed(result: Result[Any]) -> int:
    """How many rows an UPDATE or DELETE met: what a session answers to one knows it, untyped."""
    return int(cast("CursorResult[Any]", result).rowcount)


class Database(ABC):
    """One bank's database, opened. ``url`` is SQLAlchemy's."""

    dialect: str

    @abstractmethod
    def transaction(self) -> AbstractContextManager[Session]:
        """Write: all of the body or nothing; left only when it is durable."""

    @abstractmethod
    def snapshot(self) -> AbstractContextManager[Session]:
        """Read one consistent state; a write raises."""

    @abstractmethod
    def reading(self) -> AbstractContextManager[Connection]:
        """A connection for single statements, each its own snapshot: no BEGIN, no session."""

    @abstractmethod
    def administer(self) -> AbstractContextManager[Connection]:
        """A connection in one transaction, with the owner's rights, for migrations and
        whole-database work.
        """

    @abstractmethod
    def serving_role(self) -> str | None:
        """The role to which the owner grants what serving needs; ``None`` where there is none."""

    @abstractmethod
    def silence(self, failure: Exception) -> Unavailable | None:
        """What to tell of this failure if it means that the database cannot be asked now."""

    @property
    @abstractmethod
    def engine(self) -> Engine: ...

    @abstractmethod
    def close(self) -> None: ...


_current: Database | None = None


def open_database(url: str, owner_url: str = "") -> Database:
    """Open the database at this address and make it the one that ``transaction()`` uses.

    ``sqlite:///path`` and ``postgresql+psycopg://…`` (``?options=-csearch_path%3D…`` chooses the
    bank's schema). On PostgreSQL ``owner_url`` is the way in for ``administer()``.
    """
    global _current  # noqa: PLW0603 - one process serves one bank
    if url.startswith("sqlite"):
        from pointsbank.core.sqlite import SqliteDatabase

        _current = SqliteDatabase(url)
    else:
        from pointsbank.core.postgres import PostgresDatabase

        _current = PostgresDatabase(url, owner_url)
    return _current


def current() -> Database:
    """The database of this process."""
    if _current is None:
        raise RuntimeError("no database is open: call open_database first")
    return _current


def use(database: Database) -> None:
    """Make an opened database the one of this process."""
    global _current  # noqa: PLW0603 - one process serves one bank
    _current = database


@contextmanager
def telling() -> Iterator[Database]:
    """The database of this process; when it cannot be asked, ``Unavailable`` says so."""
    database = current()
    try:
        yield database
    except Exception as failure:
        if (silence := database.silence(failure)) is None:
            raise
        raise silence from failure


@contextmanager
def transaction() -> Iterator[Session]:
    """Open the one transaction of a request, job or command. Does not nest."""
    with telling() as database, database.transaction() as session:
        yield session


@contextmanager
def reading() -> Iterator[Connection]:
    """Open the way for a single statement, where a snapshot's setting up would cost more."""
    with telling() as database, database.reading() as connection:
        yield connection


@contextmanager
def snapshot() -> Iterator[Session]:
    """Open a consistent, read-only view."""
    with telling() as database, database.snapshot() as session:
        yield session


def answers() -> bool:
    """Whether the database answers a query now."""
    with snapshot() as session:
        return session.connection().execute(text("SELECT 1")).scalar() == 1
