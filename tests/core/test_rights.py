"""The role that serves cannot change what is written once, nor get round what protects it."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from conftest import SERVICE, addresses, run_on
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from pointsbank.core import rights
from pointsbank.core.bank import open_bank
from pointsbank.core.commands import commands
from pointsbank.core.config import Settings
from pointsbank.core.database import (
    APPEND_ONLY,
    CHANGING,
    Database,
    Table,
    open_database,
    transaction,
)
from pointsbank.core.migrations import TablesOutOfDate, upgrade

REFUSED = "not authorized|may not be modified|permission denied|must be owner"


def refused(statement: str) -> None:
    with pytest.raises(DBAPIError, match=REFUSED), transaction() as session:
        session.execute(text(statement))


@pytest.fixture
def written_once(bank: Database) -> list[str]:
    return sorted(APPEND_ONLY)


def test_what_is_written_once_is_neither_changed_nor_removed(written_once: list[str]) -> None:
    for table in written_once:
        key = [column.name for column in Table.metadata.tables[table].primary_key]
        refused(f"UPDATE {table} SET {key[0]} = {key[0]}")
        refused(f"DELETE FROM {table}")
        refused(
            f"INSERT INTO {table} SELECT * FROM {table} WHERE true"
            f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET {key[0]} = excluded.{key[0]}"
        )


def test_of_an_account_only_figures_change(bank: Database) -> None:
    figures = CHANGING["account"]
    with transaction() as session:
        for column in figures:
            session.execute(text(f"UPDATE account SET {column} = {column}"))
    for column in Table.metadata.tables["account"].c:
        if column.name not in figures:
            refused(f"UPDATE account SET {column.name} = {column.name}")
    refused("DELETE FROM account")


@pytest.mark.parametrize(
    "ddl",
    ["CREATE TABLE other (id INTEGER)", "ALTER TABLE transfer ADD COLUMN more INTEGER",
     "DROP TABLE transfer", "CREATE INDEX more ON transfer (amount)",
     "CREATE VIEW seen AS SELECT 1", "ALTER TABLE transfer RENAME TO transfers"],
)  # fmt: skip
def test_tables_stay_as_they_are(bank: Database, ddl: str) -> None:
    refused(ddl)


@pytest.mark.only("postgresql")
def test_on_postgresql_nobody_gets_round_the_triggers(written_once: list[str]) -> None:
    for table in written_once:
        refused(f"TRUNCATE {table} CASCADE")
        refused(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        refused(f"ALTER TABLE {table} DISABLE TRIGGER {table}_no_change")
        refused(f"DROP TRIGGER {table}_no_change ON {table}")
        refused(f"CREATE TRIGGER mine BEFORE INSERT ON {table} EXECUTE FUNCTION refuse_change()")
        refused(f"ALTER TABLE {table} OWNER TO {SERVICE}")
        refused(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        refused(f"SELECT 1 FROM {table} FOR UPDATE")
        with transaction() as session:  # PostgreSQL only warns that this does nothing
            session.execute(text(f"GRANT ALL ON {table} TO {SERVICE}"))
        refused(f"DELETE FROM {table}")
    refused("SET session_replication_role = replica")
    refused("DROP FUNCTION refuse_change() CASCADE")
    refused(
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql"
        " AS 'BEGIN RETURN NEW; END'"
    )
    refused("UPDATE alembic_version SET version_num = ''")
    refused("SET ROLE postgres")


@pytest.mark.only("sqlite")
@pytest.mark.parametrize(
    "statement",
    ["PRAGMA writable_schema = ON", "PRAGMA recursive_triggers = OFF", "PRAGMA foreign_keys = OFF",
     "PRAGMA ignore_check_constraints = ON", "PRAGMA synchronous = OFF",
     "PRAGMA journal_mode = DELETE", "ATTACH ':memory:' AS other",
     "CREATE TEMP TABLE transfer (id INTEGER)",
     "CREATE TEMP TRIGGER mine BEFORE INSERT ON transfer BEGIN SELECT 1; END",
     "UPDATE sqlite_master SET sql = ''", "DELETE FROM sqlite_schema WHERE type = 'trigger'",
     "UPDATE alembic_version SET version_num = ''"],
)  # fmt: skip
def test_on_sqlite_nobody_gets_round_the_triggers(bank: Database, statement: str) -> None:
    refused(statement)


@pytest.mark.only("sqlite")
def test_on_sqlite_triggers_stay(written_once: list[str]) -> None:
    for table in written_once:
        refused(f"DROP TRIGGER {table}_no_update")
        refused(f"DROP TRIGGER {table}_no_delete")
    refused("INSERT OR REPLACE INTO alembic_version VALUES ('')")


@pytest.mark.only("postgresql")
def test_a_service_has_what_it_needs_and_no_more(bank: Database) -> None:
    with transaction() as session:
        assert rights.excess(session.connection()) == []
    with bank.administer() as connection:
        connection.exec_driver_sql(f"GRANT UPDATE (owner_id), TRUNCATE ON account TO {SERVICE}")
        connection.exec_driver_sql(f"GRANT DELETE ON seal TO {SERVICE}")
        connection.exec_driver_sql(f"GRANT CREATE ON SCHEMA public TO {SERVICE}")
    with transaction() as session:
        assert rights.excess(session.connection()) == [
            "CREATE on public", "DELETE on seal", "TRUNCATE on account",
            "UPDATE on account",
        ]  # fmt: skip


@pytest.mark.only("postgresql")
def test_a_bank_served_by_its_owner_says_so(bank: Database) -> None:
    with bank.administer() as connection:
        found = rights.excess(connection)
    assert found[:2] == [f"owner of {len(Table.metadata.tables)} tables", "superuser"]


@pytest.mark.only("postgresql")
def test_granting_anew_takes_what_was_too_much(bank: Database) -> None:
    with bank.administer() as connection:
        connection.exec_driver_sql(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {SERVICE}")
    upgrade(bank)
    refused("UPDATE transfer SET amount = 1")
    with transaction() as session:
        assert rights.excess(session.connection()) == []


@pytest.fixture
def nothing(postgres_server: str) -> Iterator[tuple[str, str]]:
    """An empty database, and its addresses: the service's and the owner's."""
    name = f"nothing_{os.getpid()}"
    run_on(postgres_server, f"CREATE DATABASE {name}")
    yield addresses(postgres_server, name)
    run_on(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.mark.only("postgresql")
def test_a_service_cannot_make_its_own_tables_and_says_what_to_do(
    bank: Database, nothing: tuple[str, str]
) -> None:
    service, owner = nothing
    alone = open_database(service)
    with pytest.raises(TablesOutOfDate):
        upgrade(alone)
    alone.close()
    upgraded = open_database(service, owner)
    upgrade(upgraded)
    upgraded.close()
    upgrade(alone)
    alone.close()


@pytest.mark.only("postgresql")
def test_an_owner_of_other_tables_is_no_owner(bank: Database, nothing: tuple[str, str]) -> None:
    here = bank.engine.url.render_as_string(hide_password=False)
    elsewhere = open_database(here, nothing[1])
    with bank.administer() as connection:
        connection.exec_driver_sql("DROP TABLE alembic_version")
    with pytest.raises(TablesOutOfDate):
        upgrade(elsewhere)
    elsewhere.close()


def ran(*words: str) -> Result:
    return CliRunner().invoke(commands, list(words))


def test_the_check_is_content_with_a_service(bank: Database) -> None:
    told = ran("check")
    assert told.exit_code == 0, told.output


@pytest.mark.only("postgresql")
def test_the_check_names_what_is_too_much(bank: Database) -> None:
    with bank.administer() as connection:
        connection.exec_driver_sql(f"GRANT DELETE ON seal TO {SERVICE}")
    told = ran("check")
    assert told.exit_code == 1
    assert "DELETE on seal" in told.stdout


@pytest.mark.only("postgresql")
def test_only_migrating_uses_the_owners_address(
    bank: Database, nothing: tuple[str, str], tmp_path: Path
) -> None:
    settings = Settings(
        data=tmp_path, database_url=nothing[0], migration_url=nothing[1], public_url="http://x"
    )
    with pytest.raises(TablesOutOfDate):
        open_bank(settings)
    config = tmp_path / "config.toml"
    config.write_text(
        f'data = "{tmp_path}"\ndatabase_url = "{nothing[0]}"\nmigration_url = "{nothing[1]}"\n'
    )
    told = ran("migrate", "--config", str(config))
    assert "✓ 数据表已是最新" in told.stdout
    assert SERVICE in told.stdout
    open_bank(settings).close()
