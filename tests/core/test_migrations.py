"""Bringing a bank up to date when several processes start."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from pointsbank.core.database import APPEND_ONLY, Database, open_database
from pointsbank.core.migrations import protected
from pointsbank.core.sqlite import driver
from tests.ledger.copies import new_place
from tests.ledger.crashing import migrate_until_killed
from tests.ledger.killing import heard, killed


def test_processes_that_start_at_once_make_one_bank(
    bank: Database, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    with new_place(bank.dialect, tmp_path / "new", request) as place:
        place.data.mkdir()

        def started(_: int) -> str:
            return killed(
                migrate_until_killed, "", place.database, when=lambda p: heard(p, until=b"migrated")
            )[-1]

        with ThreadPoolExecutor() as pool:
            assert list(pool.map(started, range(3))) == ["migrated"] * 3
        opened = open_database(place.database)
        assert protected(opened) == APPEND_ONLY
        opened.close()


@pytest.mark.only("sqlite")
def test_a_bank_waits_for_another_process_that_makes_its_file(dialect: str, tmp_path: Path) -> None:
    path = tmp_path / "new.db"
    with closing(driver().connect(path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        threading.Timer(0.2, lambda: other.execute("COMMIT")).start()
        opened = open_database(f"sqlite:///{path}")
        with opened.administer() as connection:
            assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        opened.close()
