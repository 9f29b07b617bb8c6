"""A backup is a whole bank, taken while it serves; restored, it is that bank."""

import multiprocessing
import os
import resource
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from pointsbank.cli import pointsbank
from pointsbank.core import backup, database
from pointsbank.core import bank as bank_module
from pointsbank.core.config import Settings
from pointsbank.core.database import Database, open_database, snapshot
from pointsbank.core.errors import Refused
from pointsbank.core.files import DiskFull, NotWritten
from pointsbank.ledger import journal
from pointsbank.ledger.verify import verify
from tests.conftest import SERVICE
from tests.core.restoring import find_tools, restored
from tests.ledger.accounts import ANA, earns, posted
from tests.ledger.copies import counts, goes_on, write_book
from tests.ledger.test_verify import unprotected

PATIENCE = 20.0


@pytest.fixture(autouse=True)
def _tools(bank: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    find_tools(bank, monkeypatch)


@pytest.fixture
def settings(bank: Database) -> Settings:
    write_book(bank)
    return bank_module.settings()


def test_a_restored_bank_is_the_one_that_was_backed_up_and_goes_on(
    bank: Database, settings: Settings, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    rows = counts()
    with snapshot() as session:
        line, holds = journal.last_seal(session)
    backup.back_up(settings, tmp_path / "saved")
    posted(earns("after the backup"))
    assert (tmp_path / "saved").stat().st_mode & 0o777 == 0o600
    with restored(bank, tmp_path / "saved", tmp_path / "back", request) as back:
        assert back is database.current()
        assert counts() == rows
        with snapshot() as session:
            assert verify(session).fault is None
            assert journal.last_seal(session) == (line, holds) == (line, True)
        goes_on()


def test_a_backup_keeps_nobody_waiting_and_is_of_one_moment(
    bank: Database,
    settings: Settings,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(backup, "_PAGES", 1)
    posted(*(earns(f"bulk {n}", ANA, 1, text="长" * 1000) for n in range(5_000)))
    acknowledged: list[str] = []
    stop, end = threading.Event(), time.monotonic() + PATIENCE

    def post() -> None:
        while not stop.is_set() and time.monotonic() < end:
            key = f"meanwhile {len(acknowledged)}"
            posted(earns(key, ANA, 1), earns(f"{key} too", ANA, 1))
            acknowledged.append(key)

    posting = threading.Thread(target=post)
    posting.start()
    try:
        while len(acknowledged) < 5:
            pass
        before = len(acknowledged)
        backup.back_up(settings, tmp_path / "saved")
        after = len(acknowledged)
        assert posting.is_alive(), "the backup waited until nobody wrote any more"
    finally:
        stop.set()
        posting.join()
    assert after > before
    with restored(bank, tmp_path / "saved", tmp_path / "back", request), snapshot() as session:
        keys = set(session.execute(text("SELECT key FROM transfer")).scalars())
        assert set(acknowledged[:before]) <= keys
        assert all(f"{key} too" in keys for key in acknowledged if key in keys)
        assert verify(session).fault is None


def _back_up_with_little_room(settings: Settings, target: Path, room: int, told: str) -> None:
    """In a process that may write files of so many bytes only."""
    bank_module.use(settings)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
    try:
        backup.back_up(settings, target)
    except Refused as refusal:
        os.write(int(told), type(refusal).__name__.encode())


def test_a_backup_that_cannot_be_written_leaves_no_file(
    bank: Database, settings: Settings, tmp_path: Path
) -> None:
    hearing, telling = os.pipe()
    child = multiprocessing.get_context("fork").Process(
        target=_back_up_with_little_room, args=(settings, tmp_path / "saved", 20_000, str(telling))
    )
    child.start()
    child.join()
    os.close(telling)
    assert os.read(hearing, 100) == b"NotWritten"
    os.close(hearing)
    assert not list(tmp_path.glob("*saved*"))
    with snapshot() as session:
        assert verify(session).fault is None


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 KB, where this process may mount one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)]
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        # Only root may mount; what else a full disk does is tried without one.
        pytest.skip("mounting a small disk is not allowed here")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_a_full_disk_is_named_and_holds_no_half_backup(
    bank: Database, settings: Settings, small_disk: Path
) -> None:
    with pytest.raises(DiskFull):
        backup.back_up(settings, small_disk / "saved")
    assert list(small_disk.iterdir()) == []
    posted(earns("goes on"))


@pytest.mark.only("sqlite")
def test_a_damaged_bank_is_not_backed_up(settings: Settings, tmp_path: Path) -> None:
    database.current().close()
    spoil(settings.embedded)
    with pytest.raises(backup.Damaged):
        backup.back_up(settings, tmp_path / "saved")
    assert not (tmp_path / "saved").exists()


def spoil(file: Path) -> None:
    """Write over pages in the middle."""
    with file.open("r+b") as opened:
        opened.seek(file.stat().st_size // 8192 * 4096)
        opened.write(b"\xff" * 3 * 4096)


@pytest.mark.only("sqlite")
def test_a_restore_is_refused_in_the_order_that_it_says(settings: Settings, tmp_path: Path) -> None:
    """One hopeless restore, mended fault by fault."""
    saved, spoilt = tmp_path / "saved", tmp_path / "spoilt"
    backup.back_up(settings, saved)
    shutil.copy(saved, spoilt)
    spoil(spoilt)
    place = Settings(data=tmp_path / "back", database_url="postgresql+psycopg://x@nowhere/y")

    def refused(file: Path) -> type[Refused] | None:
        try:
            backup.restore(place, file)
        except Refused as refusal:
            return type(refusal)
        return None

    assert refused(spoilt) is backup.RestoreByPostgres
    place = Settings(data=tmp_path / "back")
    place.data.mkdir()
    (place.data / "pointsbank.db-wal").write_text("left behind")
    assert refused(spoilt) is backup.BankExists
    (place.data / "pointsbank.db-wal").unlink()
    assert refused(spoilt) is backup.KeysMissing
    shutil.copy(settings.keys_file, place.keys_file)
    place.keys_file.write_text("00" * 32)
    assert refused(spoilt) is backup.Damaged
    assert refused(settings.keys_file) is backup.Damaged
    assert refused(saved) is backup.KeysDiffer
    shutil.copy(settings.keys_file, place.keys_file)
    assert refused(tmp_path / "nothing") is NotWritten
    assert not place.embedded.exists()
    assert refused(saved) is None
    assert refused(saved) is backup.BankExists


@pytest.mark.only("postgresql")
def test_without_pg_dump_one_is_told_what_to_run(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(backup.NoDumpTool) as refused:
        backup.back_up(settings, tmp_path / "saved")
    assert "--schema=public" in refused.value.sentence % refused.value.facts


@pytest.mark.only("postgresql")
def test_of_several_banks_in_a_database_one_is_backed_up(
    bank: Database, settings: Settings, tmp_path: Path
) -> None:
    with bank.administer() as connection:
        connection.exec_driver_sql(f'CREATE SCHEMA "Second" AUTHORIZATION {SERVICE}')
    other = Settings(
        data=settings.data,
        database_url=f"{settings.database_url}&options=-csearch_path%3D%22Second%22",
    )
    bank_module.open_bank(other).close()
    backup.back_up(other, tmp_path / "saved")
    listed = subprocess.run(
        ["pg_restore", "--list", str(tmp_path / "saved")],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert "TABLE DATA Second transfer" in listed
    assert "public" not in listed
    bank_module.use(settings)
    database.use(bank)


def ran(settings: Settings, *words: str) -> str:
    """What a command says that is to end well."""
    done = CliRunner(env={"POINTSBANK_DATABASE_URL": settings.database_url}).invoke(
        pointsbank, [*words, "--data", str(settings.data)], catch_exceptions=False
    )
    assert done.exit_code == 0, done.output
    return done.output


def test_the_commands_print_the_seal_that_proves_the_backup(
    bank: Database, settings: Settings, tmp_path: Path
) -> None:
    with snapshot() as session:
        line, _ = journal.last_seal(session)
    said = ran(settings, "backup", str(tmp_path / "saved"))
    assert line in said.splitlines()
    assert str(settings.keys_file) in said
    if bank.dialect == "sqlite":
        place = Settings(data=tmp_path / "back")
        place.data.mkdir()
        shutil.copy(settings.keys_file, place.keys_file)
        assert line in ran(place, "restore", str(tmp_path / "saved")).splitlines()
        assert "✓" in ran(place, "ledger", "verify", "--published", line)
    open_database(settings.database)


def test_a_backup_whose_last_seal_does_not_hold_is_kept_and_said_to_be_faulty(
    bank: Database, settings: Settings, tmp_path: Path
) -> None:
    with unprotected(bank, "transfer") as raw:
        raw.execute(text("UPDATE transfer SET amount = 9 WHERE id = 5"))
    done = CliRunner(env={"POINTSBANK_DATABASE_URL": settings.database_url}).invoke(
        pointsbank, ["backup", str(tmp_path / "saved"), "--data", str(settings.data)]
    )
    assert done.exit_code == 1
    assert "does not hold" in done.output
    assert (tmp_path / "saved").exists()


def test_a_folder_without_a_bank_or_its_keys_is_not_backed_up(
    settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    done = CliRunner().invoke(pointsbank, ["backup", "x", "--data", str(tmp_path / "empty")])
    assert "holds no bank" in done.output
    settings.keys_file.unlink()
    with pytest.raises(backup.KeysMissing):
        ran(settings, "backup", str(tmp_path / "saved"))
