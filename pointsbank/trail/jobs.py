"""What the scheduler does for the audit trail: it seals, and at night it verifies."""

import time
from dataclasses import asdict
from datetime import datetime

import structlog

from pointsbank.core.actor import SYSTEM
from pointsbank.core.database import snapshot, transaction
from pointsbank.core.jobs import Job
from pointsbank.trail import operations, seals

_TRIES = 200
_PAUSE_S = 0.05  # who writes an entry is never made to wait for a seal: the seal tries again
log = structlog.get_logger()


def seal_trail(due_at: datetime) -> None:
    """Seal all that is unsealed, run by run, in moments in which nobody writes an entry."""
    for _ in range(_TRIES):
        with transaction() as session:
            sealed = operations.seal_next(session, SYSTEM, at=due_at)
        if sealed is None:
            return
        if not sealed:
            time.sleep(_PAUSE_S)


def verify_trail(due_at: datetime) -> None:
    """Recompute the whole trail; a fault goes into the log."""
    with snapshot() as session:
        found = seals.verify(session)
    if found.fault is not None:
        log.error("trail_does_not_hold", at=due_at.isoformat(), **asdict(found.fault))


JOBS = (
    Job("trail.seal", "*/10 * * * *", seal_trail),
    Job("trail.verify", "40 3 * * *", verify_trail),
)
