"""Jobs: a due slot runs once, whoever fires it, and a failure is recorded, not raised."""

from datetime import datetime

from conftest import NOW
from sqlalchemy import select

from pointsbank.core import jobs
from pointsbank.core.database import Database, snapshot
from pointsbank.core.jobs import Job, JobRun


def test_a_slot_runs_once(bank: Database) -> None:
    ran: list[datetime] = []
    job = Job("test.count", "*/5 * * * *", ran.append)
    assert jobs.run_due(job, NOW)
    assert not jobs.run_due(job, NOW)
    assert ran == [NOW]


def test_a_failure_is_recorded(bank: Database) -> None:
    def fail(_due_at: datetime) -> None:
        raise LookupError("secret")

    assert not jobs.run_due(Job("test.fail", "0 3 * * *", fail), NOW)
    with snapshot() as session:
        run = session.execute(select(JobRun)).scalar_one()
    assert run.failure == "LookupError"
    assert run.finished_at == NOW


def test_one_process_leads(bank: Database) -> None:
    with jobs.leadership() as first, jobs.leadership() as second:
        assert (first, second) == (True, False)
    with jobs.leadership() as again:
        assert again


def test_every_job_has_its_own_name_and_a_crontab_line() -> None:
    from apscheduler.schedulers.background import BackgroundScheduler

    found = jobs.jobs()
    assert len({job.name for job in found}) == len(found)
    scheduler = BackgroundScheduler()
    jobs.schedule(scheduler)
    assert len(scheduler.get_jobs()) == len(found)
