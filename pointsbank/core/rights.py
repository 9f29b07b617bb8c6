"""What the serving program may do to each table: read and add, and change only what the models do
not declare as written once. PostgreSQL is told by grants to a role, SQLite by an authorizer.
"""

import sqlite3

from sqlalchemy import Table as SQLTable
from sqlalchemy import text
from sqlalchemy.engine import Connection

from pointsbank.core.database import APPEND_ONLY, CHANGING, Table

_REVISIONS = "alembic_version"
_READS = {
    sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE,
    sqlite3.SQLITE_TRANSACTION, sqlite3.SQLITE_SAVEPOINT,
}  # fmt: skip
_WRITES = {sqlite3.SQLITE_INSERT, sqlite3.SQLITE_UPDATE, sqlite3.SQLITE_DELETE}


def changing(table: str) -> tuple[str, ...] | None:
    """The columns that may change in a table from which no row goes; ``None``: it is free."""
    return () if table in APPEND_ONLY else CHANGING.get(table)


def authorize(
    action: int, name: str | None, detail: str | None, _database: str | None, _by: str | None
) -> int:
    """SQLite's authorizer on the connection that serves, asked as each statement is compiled.

    What it does not know is denied: DDL, ATTACH, PRAGMAs that set something, the schema's own
    tables.
    """
    if action in _READS or (action == sqlite3.SQLITE_PRAGMA and detail is None):
        return sqlite3.SQLITE_OK
    if action not in _WRITES or name is None or name not in Table.metadata.tables:
        return sqlite3.SQLITE_DENY
    columns = changing(name)
    changes = action == sqlite3.SQLITE_UPDATE and detail in (columns or ())
    allowed = action == sqlite3.SQLITE_INSERT or columns is None or changes
    return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY


def grant(connection: Connection, role: str) -> None:
    """On PostgreSQL, as the owner of the tables: give this role its rights and take all others."""
    quote = connection.dialect.identifier_preparer.quote
    tables = {table.name: quote(table.name) for table in Table.metadata.sorted_tables}
    to, everything = quote(role), ", ".join([*tables.values(), _REVISIONS])
    schema = quote(connection.exec_driver_sql("SELECT current_schema()").scalar_one())
    statements = [
        f"GRANT USAGE ON SCHEMA {schema} TO {to}",
        f"REVOKE ALL ON {everything} FROM {to}",
        f"GRANT SELECT ON {everything} TO {to}",
        f"GRANT INSERT ON {', '.join(tables.values())} TO {to}",
    ]
    for name, table in tables.items():
        columns = changing(name)
        if columns is None:
            statements.append(f"GRANT UPDATE, DELETE ON {table} TO {to}")
        elif columns:
            statements.append(f"GRANT UPDATE ({', '.join(map(quote, columns))}) ON {table} TO {to}")
    # UPDATE too, so that the rows of an imported book are numbered on.
    statements += [
        f"GRANT USAGE, SELECT, UPDATE ON SEQUENCE {name} TO {to}" for name in _sequences(connection)
    ]
    for statement in statements:
        connection.exec_driver_sql(statement)


def _sequences(connection: Connection) -> list[str]:
    """The sequences that number the rows of our tables, quoted."""
    numbered = [
        (connection.dialect.identifier_preparer.quote(table.name), column.name)
        for table in Table.metadata.sorted_tables
        if (column := table.autoincrement_column) is not None
    ]
    found = connection.execute(
        text(
            "SELECT pg_get_serial_sequence(name, number) AS found"
            " FROM unnest(CAST(:names AS text[]), CAST(:numbers AS text[])) AS t (name, number)"
        ),
        {"names": [name for name, _ in numbered], "numbers": [column for _, column in numbered]},
    )
    return [row.found for row in found if row.found]


_EXCESS = text(
    "WITH asked AS (SELECT c.oid, c.relname, c.relowner, f.name AS fixed FROM pg_class c"
    " LEFT JOIN unnest(CAST(:tables AS text[]), CAST(:columns AS text[])) AS f (of, name)"
    " ON f.of = c.relname"
    " WHERE c.relnamespace = current_schema()::regnamespace AND c.relname = ANY(:all))"
    " SELECT 'superuser' WHERE (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)"
    " UNION SELECT 'owner of ' || count(DISTINCT oid) || ' tables' FROM asked"
    " WHERE pg_has_role(relowner, 'MEMBER') HAVING count(*) > 0"
    " UNION SELECT 'CREATE on ' || current_schema()"
    " WHERE has_schema_privilege(current_schema(), 'CREATE')"
    " UNION SELECT 'UPDATE on ' || relname FROM asked"
    " WHERE has_column_privilege(oid, fixed, 'UPDATE')"
    " UNION SELECT verb || ' on ' || relname FROM asked,"
    " unnest(ARRAY['DELETE', 'TRUNCATE', 'TRIGGER']) AS verb"
    " WHERE fixed IS NOT NULL AND has_table_privilege(oid, verb)"
)


def excess(connection: Connection) -> list[str]:
    """What the role of this connection may do beyond what the program needs, where it could touch
    the book: empty is good. SQLite has no roles.
    """
    if connection.dialect.name == "sqlite":
        return []
    tables = Table.metadata.sorted_tables
    fixed = [(table.name, name) for table in tables for name in _fixed(table)]
    found = connection.execute(
        _EXCESS,
        {
            "all": [table.name for table in tables],
            "tables": [table for table, _ in fixed],
            "columns": [column for _, column in fixed],
        },
    )
    return sorted(found.scalars(), key=str.swapcase)  # superuser and owner, which say it all, first


def _fixed(table: SQLTable) -> list[str]:
    columns = changing(table.name)
    return [] if columns is None else [c.name for c in table.c if c.name not in columns]
