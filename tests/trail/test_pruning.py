"""What is past its term goes every night, by whole sealed runs; the digests stay."""

from datetime import timedelta

import pytest
from conftest import addresses
from sqlalchemy import select
from sqlmodel import col

from pointsbank.core import bank as bank_module
from pointsbank.core import clock, database
from pointsbank.core.audit import AuditEntry
from pointsbank.core.config import Settings
from pointsbank.core.database import Database, snapshot
from pointsbank.core.jobs import jobs as all_jobs
from pointsbank.core.jobs import run_due
from pointsbank.trail import jobs
from pointsbank.trail.models import AuditPruning, AuditSeal
from tests.trail.test_seals import found, sealed, write


def prune() -> None:
    [job] = [job for job in all_jobs() if job.name == "trail.prune"]
    assert run_due(job, clock.now())


def left() -> tuple[int, int, list[int]]:
    """Entries, seals, and what was pruned each time."""
    with snapshot() as session:
        entries = session.execute(select(AuditEntry.id)).all()
        seals = session.execute(select(AuditSeal.id)).all()
        counts = select(AuditPruning.entry_count).order_by(col(AuditPruning.id))
        pruned = session.execute(counts).scalars().all()
    return len(entries), len(seals), list(pruned)


def test_the_job_removes_whole_runs_past_their_term(bank: Database) -> None:
    for days_ago in (900, 800, 100):
        write(3, days_ago=days_ago)
        sealed()
    line = found().line
    prune()
    assert left() == (4, 3, [6]), "three that are kept, and that six went"
    assert found(line).fault is None
    with clock.frozen(clock.now() + timedelta(days=1)):
        prune()
    assert left() == (4, 3, [6]), "a night without anything due leaves no trace"


def test_a_run_stays_whole_until_its_last_entry_is_past_the_term(bank: Database) -> None:
    write(2, days_ago=900)
    write(1, days_ago=300)
    write(1, days_ago=900)
    sealed()
    write(1)
    sealed()
    prune()
    assert left() == (5, 2, [])


def test_what_is_unsealed_stays(bank: Database) -> None:
    write(3, days_ago=900)
    prune()
    assert left() == (3, 0, [])


def test_the_term_is_the_setting_s_and_six_months_at_least(bank: Database) -> None:
    write(2, days_ago=250)
    sealed()
    write(2, days_ago=160)
    sealed()
    prune()
    assert left() == (4, 2, [])
    bank_module.use(bank_module.settings().model_copy(update={"audit_months": 6}))
    prune_later = clock.now() + timedelta(minutes=1)
    jobs.prune_trail(prune_later)
    assert left() == (3, 2, [2])
    with pytest.raises(ValueError, match="audit_months"):
        Settings(audit_months=5)


@pytest.mark.only("postgresql")
def test_without_the_owner_s_rights_it_waits_and_says_so(
    bank: Database, postgres_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(jobs.log, "warning", lambda event, **_: told.append(event), raising=False)
    write(3, days_ago=900)
    sealed()
    service, _ = addresses(postgres_server, str(bank.engine.url.database))
    alone = database.open_database(service)
    jobs.prune_trail(clock.now())
    alone.close()
    database.use(bank)
    assert told == ["trail_past_its_term"]
    assert left() == (3, 1, [])
