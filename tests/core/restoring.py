"""The way back from a backup, on either database."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from pointsbank.core import backup
from pointsbank.core import bank as bank_module
from pointsbank.core.database import Database
from tests.conftest import without
from tests.ledger.copies import new_place


def find_tools(bank: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the server's own pg_dump and its kin on the path: older ones refuse to work."""
    if bank.dialect == "sqlite":
        return
    with bank.administer() as connection:
        question = "SELECT setting FROM pg_config WHERE name = 'BINDIR'"
        folder = Path(str(connection.execute(text(question)).scalar_one()))
    if (folder / "pg_dump").exists():
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    elif shutil.which("pg_dump") is None:
        without("pg_dump (the PostgreSQL client of the server's version)")


@contextmanager
def restored(
    bank: Database, file: Path, folder: Path, request: pytest.FixtureRequest
) -> Iterator[Database]:
    """The bank that a backup holds, opened in an empty place."""
    keys = bank_module.settings().keys_file
    with new_place(bank.dialect, folder, request) as place:
        folder.mkdir()
        shutil.copy(keys, place.keys_file)
        if bank.dialect == "sqlite":
            backup.restore(place, file)
        else:
            url = make_url(place.database_url).set(drivername="postgresql")
            dsn = f"--dbname={url.render_as_string(hide_password=False)}"
            for command in (
                ["psql", "--quiet", dsn, "--command=DROP SCHEMA public"],
                ["pg_restore", "--no-owner", "--exit-on-error", dsn, str(file)],
            ):
                subprocess.run(command, check=True)
        opened = bank_module.open_bank(place)
        yield opened
        opened.close()
