"""What runs by itself: features' jobs on APScheduler, each due slot once, by one leader."""

import fcntl
import importlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.schedulers.base import BaseScheduler
from apscheduler.triggers.cron import CronTrigger
from sqlalchemy import UniqueConstraint, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from pointsbank.core import bank, clock
from pointsbank.core.courtesy import giving_way
from pointsbank.core.database import Database, Table, col, current, key, snapshot, transaction
from pointsbank.core.resources import features

# One leader a bank, and a bank is a schema.
_TAKE_THE_LEAD = text("SELECT pg_try_advisory_lock(7013, hashtext(current_schema()))")
_LEAVE_THE_LEAD = text("SELECT pg_advisory_unlock(7013, hashtext(current_schema()))")
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Job:
    """``cron`` is a crontab line in the service's time zone, or says it once the bank is open;
    ``run`` takes the instant at which the run is due. ``made_up``: a day's run that nobody was up
    for is made when somebody is; a village's computer is off at night.
    """

    name: str
    cron: str | Callable[[], str]
    run: Callable[[datetime], None]
    made_up: bool = False

    @property
    def line(self) -> str:
        return self.cron if isinstance(self.cron, str) else self.cron()


class JobRun(Table, table=True):
    """One run of one job for one due slot; the pair is unique, so that two schedulers never run it
    twice.
    """

    __tablename__ = "job_run"
    __table_args__ = (UniqueConstraint("job", "due_at"),)

    id: int = key()
    job: str
    due_at: datetime
    finished_at: datetime | None = None
    failure: str = ""


def jobs() -> list[Job]:
    """Every feature's jobs, from the tuple ``JOBS`` of its ``jobs.py``."""
    found: list[Job] = []
    for feature in features():
        name = f"pointsbank.{feature}.jobs"
        if feature != "core" and importlib.util.find_spec(name):
            found.extend(importlib.import_module(name).JOBS)
    return found


def run_due(job: Job, due_at: datetime) -> bool:
    """Run a job for a slot unless some scheduler has taken that slot already; whether it ran."""
    with transaction() as session:
        taken = session.execute(
            select(col(JobRun.id)).where(col(JobRun.job) == job.name, col(JobRun.due_at) == due_at)
        ).first()
        if taken:
            return False
        run_id = session.execute(
            insert(JobRun).values(job=job.name, due_at=due_at).returning(col(JobRun.id))
        ).scalar_one()
    failure = ""
    try:
        with giving_way():
            job.run(due_at)
    except Exception as error:
        failure = type(error).__name__
        log.exception("job_failed", job=job.name)
    with transaction() as session:
        session.execute(
            update(JobRun)
            .where(col(JobRun.id) == run_id)
            .values(finished_at=clock.now(), failure=failure)
        )
    return not failure


def schedule(scheduler: BaseScheduler) -> None:
    """Put every job on the scheduler, and at once what is to be made up of the last day."""
    for job in jobs():
        scheduler.add_job(
            _fire,
            _trigger(job),
            args=[job],
            id=job.name,
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None if job.made_up else 3600,
        )
        if job.made_up:
            scheduler.add_job(make_up, args=[job], id=f"{job.name}.missed")


def _trigger(job: Job) -> CronTrigger:
    return CronTrigger.from_crontab(job.line, timezone=clock.zone())


def make_up(job: Job) -> bool:
    """Run a job for its last slot within a day, unless it ran then or since; whether it ran."""
    trigger, now = _trigger(job), clock.now()
    slot, later = None, trigger.get_next_fire_time(None, now - timedelta(days=1))
    while later is not None and later <= now:
        slot, later = later, trigger.get_next_fire_time(None, later + timedelta(seconds=1))
    if slot is None:
        return False
    slot = slot.astimezone(UTC)
    ran = select(col(JobRun.id)).where(col(JobRun.job) == job.name, col(JobRun.due_at) >= slot)
    with snapshot() as session:
        if session.execute(ran.limit(1)).first():
            return False
    return run_due(job, slot)


def _fire(job: Job) -> None:
    run_due(job, clock.now().replace(second=0, microsecond=0, tzinfo=UTC))


@contextmanager
def leadership(database: Database | None = None) -> Iterator[bool]:
    """Hold the one leader's place of this bank while the body runs; ``False`` where another process
    has it.
    """
    database = database or current()
    if database.dialect == "sqlite":
        with (bank.folder() / "scheduler.lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                yield False
                return
            yield True
        return
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.detach()  # not to a pool: should this process die, its end gives the lock back
        leads = bool(connection.execute(_TAKE_THE_LEAD).scalar())
        try:
            yield leads
        finally:
            if leads:  # at once: a server notices a closed connection only after a while
                with suppress(DBAPIError):
                    connection.execute(_LEAVE_THE_LEAD)
