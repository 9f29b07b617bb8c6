"""Killed at any moment, a bank has everything that it acknowledged and nothing half.

``CRASHES=100 pytest tests/ledger/test_crash.py`` kills a hundred times while posting and while
sealing, fewer times elsewhere, on each database. A kill is not a power cut: what the operating
system has been given, it keeps.
"""

import os
import random
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from pointsbank.core import backup, migrations
from pointsbank.core import bank as bank_module
from pointsbank.core.config import Settings
from pointsbank.core.database import (
    APPEND_ONLY,
    Database,
    Table,
    open_database,
    snapshot,
)
from pointsbank.core.resources import folder as program_folder
from pointsbank.ledger.verify import verify
from tests.core.restoring import find_tools, restored
from tests.ledger.accounts import declare, earns, posted, posted_all, sealed
from tests.ledger.copies import goes_on, new_place, write_book
from tests.ledger.crashing import (
    back_up_until_killed,
    configuration_at,
    crash,
    migrate_until_killed,
    postings,
    seal_until_killed,
)
from tests.ledger.killing import CRASHES, Acknowledged, heard, held_to, killed

FEWER = max(CRASHES // 4, 2)  # where each crash costs a new bank


@pytest.fixture
def chance(bank: Database) -> random.Random:
    return random.Random(f"{bank.dialect} {time.time_ns()}")


@pytest.fixture
def settings(bank: Database) -> Settings:
    """The bank's; nobody has it open but children: what they leave is for the next to recover."""
    declare(bank)
    bank.close()
    return bank_module.settings()


def test_what_was_acknowledged_survives_a_kill_and_nothing_is_half_there(
    settings: Settings, chance: random.Random
) -> None:
    def a_moment_into_its_work(pipe: int) -> bytes:
        said = heard(pipe, until=b"posted")
        return said + heard(pipe, seconds=chance.uniform(0, 0.4))

    acknowledged = Acknowledged()
    for run in range(CRASHES):
        before = len(acknowledged.posted)
        acknowledged.hear(
            killed(crash, settings.data, settings.database_url, run, when=a_moment_into_its_work)
        )
        assert len(acknowledged.posted) > before, "the child did not get to work"
        restarted = open_database(settings.database)
        held_to(acknowledged)
        restarted.close()
    restarted = open_database(settings.database)
    for stem in acknowledged.posted[-20:]:
        assert all(answer.repeated for answer in posted_all(*postings(stem)))
    held_to(acknowledged)
    restarted.close()


def test_a_kill_in_the_midst_of_a_seal_leaves_the_chain_whole(
    settings: Settings, chance: random.Random
) -> None:
    def in_the_midst(pipe: int) -> bytes:
        said = heard(pipe, until=b"sealing", times=chance.randint(1, 20))
        time.sleep(chance.uniform(0, 0.01))
        return said

    acknowledged = Acknowledged()
    cut_off = 0
    for run in range(CRASHES):
        lines = killed(
            seal_until_killed, settings.data, settings.database_url, run, when=in_the_midst
        )
        cut_off += lines[-1] == "sealing"
        acknowledged.hear(lines)
        restarted = open_database(settings.database)
        held_to(acknowledged)
        last = max(acknowledged.seals, default=0)
        posted(*(earns(f"after {run}{half}") for half in (".a", ".b")))
        seal = sealed()
        assert last < seal.id <= last + 2  # one more may have been made, unheard
        acknowledged.seals[seal.id] = seal.digest
        held_to(acknowledged)
        restarted.close()
    assert cut_off > 0, "no kill came in the midst of a seal"


LATER = """
import sqlalchemy as sa
from alembic import op

from pointsbank.core.database import protection

revision = "later"
down_revision = "{newest}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "later", sa.Column("id", sa.BigInteger(), primary_key=True), sqlite_strict=True
    )
    with op.batch_alter_table("job_run", recreate="always") as batch:
        batch.add_column(sa.Column("later", sa.BigInteger(), nullable=True))
    for number in range(20):
        op.execute(f"INSERT INTO later SELECT id + 1000 * {{number}} FROM transfer")
    connection = op.get_bind()
    for statement in protection("later", connection.dialect.name):
        connection.exec_driver_sql(statement.replace("%", "%%"))
"""


@pytest.fixture
def later(tmp_path: Path) -> str:
    """The program's migrations, and one more that makes, copies, fills and protects tables."""
    scripts = Path(shutil.copytree(program_folder("migrations"), tmp_path / "migrations"))
    newest = ScriptDirectory.from_config(migrations.configuration()).get_current_head()
    (scripts / "versions" / "later.py").write_text(LATER.format(newest=newest))
    return str(scripts)


def after_statements(number: int, chance: random.Random) -> Callable[[int], bytes]:
    def moment(pipe: int) -> bytes:
        said = heard(pipe, until=b"statement", times=number)
        time.sleep(chance.uniform(0, 0.005))
        return said

    return moment


def whole_migration(scripts: str, place: Settings) -> int:
    """How many statements it takes, for once not cut off."""
    lines = killed(
        migrate_until_killed, scripts, place.database, when=lambda p: heard(p, until=b"migrated")
    )
    assert lines[-1] == "migrated"
    return lines.count("statement")


def test_a_bank_killed_while_it_is_made_is_made_by_the_next_start(
    bank: Database, tmp_path: Path, request: pytest.FixtureRequest, chance: random.Random
) -> None:
    with new_place(bank.dialect, tmp_path / "measured", request) as place:
        place.data.mkdir()
        most = whole_migration("", place)
    for run in range(FEWER):
        with new_place(bank.dialect, tmp_path / f"{run}", request) as place:
            place.data.mkdir()
            moment = after_statements(chance.randint(1, most), chance)
            killed(migrate_until_killed, "", place.database, when=moment)
            restarted = bank_module.open_bank(place)
            with restarted.administer() as connection:
                context = MigrationContext.configure(connection)
                assert compare_metadata(context, Table.metadata) == []
            assert migrations.protected(restarted) == APPEND_ONLY
            write_book(restarted)
            goes_on()
            restarted.close()


def test_a_bank_killed_while_it_is_brought_up_to_date_is_as_before_or_as_after(
    bank: Database,
    later: str,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    chance: random.Random,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    find_tools(bank, monkeypatch)
    write_book(bank)
    backup.back_up(bank_module.settings(), tmp_path / "before")
    undone = 0
    most = 0
    for run in range(FEWER + 1):
        with restored(bank, tmp_path / "before", tmp_path / f"{run}", request) as old:
            old.close()
            place = bank_module.settings()
            if not most:
                most = whole_migration(later, place)
                continue
            moment = after_statements(chance.randint(1, most), chance)
            killed(migrate_until_killed, later, place.database, when=moment)
            restarted = open_database(place.database)
            undone += as_before(restarted)
            with monkeypatch.context() as patched:
                patched.setattr(migrations, "configuration", lambda: configuration_at(later))
                migrations.upgrade(restarted)
            assert not as_before(restarted)
            goes_on()
            restarted.close()
    assert undone > 0, "no kill came in the midst of a migration"


def as_before(bank: Database) -> bool:
    """Whether the later migration is undone; it must be so wholly, or be there wholly."""
    with snapshot() as session:
        assert verify(session).fault is None
        there = inspect(session.connection())
        columns = {column["name"] for column in there.get_columns("job_run")}
        traces = {there.has_table("later"), "later" in columns}
        if there.has_table("later"):
            rows = session.execute(text("SELECT count(*) FROM later")).scalar_one()
            traces.add(rows == 20 * session.execute(text("SELECT count(*) FROM transfer")).scalar())
        assert not there.has_table("_alembic_tmp_job_run")
    assert len(traces) == 1
    assert migrations.protected(bank) - {"later"} == APPEND_ONLY
    assert ("later" in migrations.protected(bank)) == traces.copy().pop()
    return not traces.pop()


def test_a_kill_while_backing_up_harms_nothing_and_leaves_no_half_backup(
    bank: Database,
    settings: Settings,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    chance: random.Random,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    restarted = open_database(settings.database)
    find_tools(bank, monkeypatch)
    restarted.close()
    targets = tmp_path / "targets"
    targets.mkdir()
    longest = 0.05 if bank.dialect == "sqlite" else 1.0

    def in_the_midst(pipe: int) -> bytes:
        said = heard(pipe, until=b"posted") + heard(
            pipe, until=b"copying", times=chance.randint(1, 2)
        )
        time.sleep(chance.uniform(0, longest))
        return said

    acknowledged = Acknowledged()
    for run in range(FEWER):
        lines = killed(
            back_up_until_killed,
            settings.data,
            settings.database_url,
            run,
            targets,
            os.environ["PATH"],
            when=in_the_midst,
        )
        earlier = list(acknowledged.posted)
        acknowledged.hear(lines)
        restarted = open_database(settings.database)
        held_to(acknowledged)
        begun = [line.split()[1] for line in lines if line.startswith("copying")]
        done = [line.split()[1] for line in lines if line.startswith("copied")]
        assert set(done) <= {path.name for path in targets.glob(f"{run}.*")} <= set(begun)
        for name in {begun[-1], *done[-1:]}:
            if not (targets / name).exists():  # the next one clears what a kill has left
                backup.back_up(settings, targets / name)
                assert not (targets / f".{name}.part").exists()
            with restored(bank, targets / name, tmp_path / f"back {name}", request):
                told = Acknowledged(list(earlier))
                told.hear(lines[: lines.index(f"copying {name}")])
                held_to(told)
        restarted.close()
