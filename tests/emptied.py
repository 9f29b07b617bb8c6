"""One PostgreSQL bank for many tests, emptied after each.

A copy of its thousand files takes longer than most tests; the rows that a test leaves are few.
"""

from collections.abc import Sequence
from contextlib import suppress

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from pointsbank.core.database import open_database

_SHAPE = """
SELECT (SELECT sum(hashtext(concat(relname, relkind, relowner, relacl))) FROM pg_class),
       (SELECT sum(hashtext(t::text)) FROM pg_trigger t),
       (SELECT sum(hashtext(a::text)) FROM pg_attribute a WHERE attrelid > 16383),
       (SELECT sum(hashtext(c::text)) FROM pg_constraint c),
       (SELECT sum(hashtext(p::text)) FROM pg_proc p WHERE oid > 16383),
       (SELECT sum(hashtext(concat(nspname, nspacl))) FROM pg_namespace),
       (SELECT version_num FROM alembic_version)
"""
_TABLES = """
SELECT quote_ident(relname) FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'alembic_version'
"""
_LEFT_WORKING = """
SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
AND (state <> 'idle' OR pid IN (SELECT pid FROM pg_locks))
"""
_FROM_ONE = """
SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
FROM pg_sequences WHERE last_value IS NOT NULL
"""


class Emptied:
    """A copy of a template, opened for one test after another; its owner is a superuser.

    A bank whose tables, triggers or rights a test has changed is copied anew.
    """

    def __init__(self, url: str, owner_url: str, template: str) -> None:
        self.url, self._template = url, template
        owner = make_url(owner_url)
        self._name = str(owner.database)
        self._address = owner.set(drivername="postgresql").render_as_string(hide_password=False)
        self._server = make_url(self._address).set(database="postgres").render_as_string(False)
        self._copy()
        self.opened = open_database(url, owner_url)
        with psycopg.connect(self._address) as connection:
            self._shape = _shape(connection)
            self._tables = [table for (table,) in connection.execute(_TABLES)]

    def empty(self) -> None:
        with psycopg.connect(self._address, autocommit=True) as connection:
            connection.execute(_LEFT_WORKING)
            whole = _shape(connection) == self._shape
            if whole:
                connection.execute("SET session_replication_role = replica")  # rows are protected
                filled = _filled(connection, self._tables)
                connection.execute("; ".join(f"DELETE FROM {table}" for table in filled))
                connection.execute(_FROM_ONE)
        if not whole:
            self._copy()

    def drop(self) -> None:
        self._on_server("DROP DATABASE IF EXISTS {0} WITH (FORCE)")

    def _copy(self) -> None:
        self.drop()
        self._on_server("CREATE DATABASE {0} TEMPLATE {1}")

    def _on_server(self, statement: str) -> None:
        names = sql.Identifier(self._name), sql.Identifier(self._template)
        with psycopg.connect(self._server, autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*names))


def _shape(connection: psycopg.Connection) -> tuple[object, ...] | None:
    with suppress(psycopg.errors.UndefinedTable):  # a test took the whole bank down
        return connection.execute(_SHAPE).fetchone()


def _filled(connection: psycopg.Connection, tables: Sequence[str]) -> list[str]:
    """Which of these tables have rows, asked at once."""
    has = ", ".join(
        f"CASE WHEN EXISTS (SELECT FROM {table}) THEN '{table}' END" for table in tables
    )
    [found] = connection.execute(f"SELECT array_remove(ARRAY[{has}], NULL)").fetchone()
    return found
