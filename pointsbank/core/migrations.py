"""Brings a database to the newest version of its tables, forward only, by Alembic."""

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from pointsbank.core import resources
from pointsbank.core.database import APPEND_ONLY, Database

# One process migrates a bank's schema; one that was killed may still be undone by the server.
_TAKE_TURNS = text("SELECT pg_advisory_xact_lock(7014, hashtext(current_schema()))")


def configuration() -> Config:
    config = Config()
    config.set_main_option("script_location", str(resources.folder("migrations")))
    return config


def upgrade(database: Database) -> None:
    """Apply what is missing, in one transaction, then check every protecting trigger."""
    newest = ScriptDirectory.from_config(configuration()).get_current_head()
    with database.administer() as connection:
        if database.dialect == "postgresql":
            connection.execute(_TAKE_TURNS)
        if MigrationContext.configure(connection).get_current_revision() != newest:
            config = configuration()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    unprotected = APPEND_ONLY - protected(database)
    if unprotected:
        raise RuntimeError(f"tables without their protecting trigger: {sorted(unprotected)}")


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
