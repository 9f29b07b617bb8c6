"""Jobs: a due slot runs once, whoever fires it, and a failure is recorded, not raised."""

from datetime import datetime, timedelta

from conftest import NOW
from sqlalchemy import select

from pointsbank.core import clock, jobs
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


def test_every_job_has_its_own_name_and_a_crontab_line(bank: Database) -> None:
    from apscheduler.schedulers.background import BackgroundScheduler

    found = jobs.jobs()
    assert len({job.name for job in found}) == len(found)
    scheduler = BackgroundScheduler()
    jobs.schedule(scheduler)
    made_up = {f"{job.name}.missed" for job in found if job.made_up}
    assert {job.id for job in scheduler.get_jobs()} == {job.name for job in found} | made_up


def test_a_day_s_run_that_nobody_was_up_for_is_made_up_once(bank: Database) -> None:
    ran: list[datetime] = []
    nightly = Job("test.nightly", "10 0 * * *", ran.append, made_up=True)
    slot = NOW.replace(hour=0, minute=10)
    assert jobs.make_up(nightly)
    assert not jobs.make_up(nightly)
    assert ran == [slot]
    with clock.frozen(NOW + timedelta(days=3)):
        assert jobs.run_due(nightly, clock.now().replace(minute=0))
        assert not jobs.make_up(nightly)  # it ran since
    with clock.frozen(NOW + timedelta(days=9)):
        assert jobs.make_up(nightly)
    assert ran[-1] == slot + timedelta(days=9)
    assert not jobs.make_up(Job("test.yearly", "0 0 1 1 *", ran.append, made_up=True))
