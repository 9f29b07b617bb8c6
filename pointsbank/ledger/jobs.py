"""What the ledger does by itself: it seals, lets holds go, lapses points, verifies."""

from dataclasses import asdict
from datetime import datetime

import structlog

from pointsbank.core import bank, clock
from pointsbank.core.actor import SYSTEM
from pointsbank.core.database import snapshot, transaction
from pointsbank.core.jobs import Job
from pointsbank.ledger import operations
from pointsbank.ledger.verify import last_verified, verify

SUNDAY = 7
log = structlog.get_logger()


def seal_book(due_at: datetime) -> None:
    """Seal all that is unsealed, run by run, each in a transaction of its own."""
    while True:
        with transaction() as session:
            if operations.seal_next(session, SYSTEM, at=due_at) is None:
                return


def expire_holds(due_at: datetime) -> None:
    """Let go of every hold that has run out, a thousand at a time."""
    while True:
        with transaction() as session:
            if not operations.expire_holds(session, SYSTEM, at=due_at):
                return


def expire_points(due_at: datetime) -> None:
    """Post what has lapsed until yesterday, a thousand accounts at a time."""
    last = 0
    while True:
        with transaction() as session:
            run = operations.expire_points(
                session,
                SYSTEM,
                on=clock.local_day(due_at),
                at=due_at,
                after_account_id=last,
            )
        last = run.last_account_id
        if not last:
            return


def verify_book(due_at: datetime) -> None:
    """Verify what came after the last verification; on Sundays and after a fault the whole book.

    A fault goes into the log, and stands on the auditor's page until the whole book holds.
    """
    whole = clock.local(due_at).isoweekday() == SUNDAY
    with snapshot() as session:
        found = verify(session, since=None if whole else last_verified(session))
    with transaction() as session:
        operations.record_verification(session, SYSTEM, findings=found, at=due_at)
    if found.fault is not None:
        log.error("book_does_not_hold", **asdict(found.fault))


def _every(minutes: int) -> str:
    if minutes < 60:
        return f"*/{minutes} * * * *"
    return f"0 */{minutes // 60} * * *" if minutes < 24 * 60 else "0 0 * * *"


def _as_set() -> str:
    return _every(bank.settings().seal_minutes)


JOBS = (
    Job("ledger.seal", _as_set, seal_book),
    Job("ledger.expire_holds", "*/5 * * * *", expire_holds),
    Job("ledger.expire_points", "10 0 * * *", expire_points, made_up=True),
    Job("ledger.verify", "20 3 * * *", verify_book, made_up=True),
)
