"""Brings a database to the newest version of its tables, forward only, by Alembic, and the serving
role to its rights.
"""

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection
from sqlalchemy.exc import ProgrammingError

from pointsbank.core import resources, rights
from pointsbank.core.database import APPEND_ONLY, Database
from pointsbank.core.errors import Refused, say

_NOT_ALLOWED = "42501"
# One process migrates a bank's schema; one that was killed may still be undone by the server.
_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(7014, hashtext(current_schema()))"


class TablesOutOfDate(Refused):
    """The tables are not this program's, and this role may not make them so."""

    sentence = say(
        "数据表不是本程序的版本，而服务所用的数据库角色无权更新。"
        "请设置 migration_url（数据库属主的地址），运行 pointsbank database migrate。"
    )


def configuration() -> Config:
    config = Config()
    config.set_main_option("script_location", str(resources.folder("migrations")))
    return config


def upgrade(database: Database) -> None:
    """Apply what is missing and grant the serving role its rights, in one transaction; then check
    every protecting trigger.

    Refuses with ``TablesOutOfDate`` where the role may not, and where the owner's address leads to
    other tables than the service's.
    """
    newest = ScriptDirectory.from_config(configuration()).get_current_head()
    role = database.serving_role()
    with database.administer() as connection:
        if database.dialect == "postgresql":
            connection.exec_driver_sql(_ONE_AT_A_TIME)
        if _revision(connection) != newest:
            _apply(connection)
        if role is not None:
            rights.grant(connection, role)
    with database.snapshot() as session:
        if _revision(session.connection()) != newest:
            raise TablesOutOfDate
    unprotected = APPEND_ONLY - protected(database)
    if unprotected:
        raise RuntimeError(f"tables without their protecting trigger: {sorted(unprotected)}")


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _apply(connection: Connection) -> None:
    config = configuration()
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except ProgrammingError as failure:
        if getattr(failure.orig, "sqlstate", "") != _NOT_ALLOWED:
            raise
        raise TablesOutOfDate from failure


def protected(database: Database) -> set[str]:
    """The tables whose rows the database itself refuses to change or remove."""
    if database.dialect == "sqlite":
        wanted = 2
        question = (
            "SELECT tbl_name, count(*) FROM sqlite_master WHERE type = 'trigger' "
            "AND instr(name, '_no_') GROUP BY 1"
        )
    else:
        wanted = 1
        question = (
            "SELECT c.relname, count(*) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
            "WHERE strpos(t.tgname, '_no_change') > 0 AND t.tgenabled = 'O' "
            "AND c.relnamespace = quote_ident(current_schema())::regnamespace GROUP BY 1"
        )
    with database.administer() as connection:
        found = connection.exec_driver_sql(question)
        return {table for table, count in found if count >= wanted}
