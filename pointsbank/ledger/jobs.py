"""What the ledger does by itself: it seals, lets go of holds run out, and lapses points."""

from datetime import datetime

from pointsbank.core import bank, clock
from pointsbank.core.actor import SYSTEM
from pointsbank.core.database import transaction
from pointsbank.core.jobs import Job
from pointsbank.ledger import operations


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


def _every(minutes: int) -> str:
    return f"*/{minutes} * * * *" if minutes < 60 else f"0 */{min(minutes // 60, 23)} * * *"


def _seal_minutes() -> int:
    try:
        return bank.settings().seal_minutes
    except RuntimeError:  # looked at before a bank is open
        return 5


JOBS = (
    Job("ledger.seal", _every(_seal_minutes()), seal_book),
    Job("ledger.expire_holds", "*/5 * * * *", expire_holds),
    Job("ledger.expire_points", "10 0 * * *", expire_points),
)
