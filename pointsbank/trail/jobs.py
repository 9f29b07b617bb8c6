"""What the scheduler does for the audit trail: it seals; at night it verifies and prunes."""

import time
from dataclasses import asdict
from datetime import datetime

import structlog

from pointsbank.core import audit, bank, clock
from pointsbank.core.actor import SYSTEM
from pointsbank.core.database import current, snapshot, transaction
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


def prune_trail(due_at: datetime) -> None:
    """Remove what is past its term, where this process has the rights of the tables' owner: always
    on SQLite; on PostgreSQL as the owner, or with ``migration_url``. Else the log says that it
    waits for the command.
    """
    with snapshot() as session:
        if seals.last_before(session.connection(), kept_since(due_at)) is None:
            return
    with current().administer() as connection:
        may = seals.may_prune(connection)
    if may:
        remove_past_term(due_at)
    else:
        log.warning("trail_past_its_term", remedy="pointsbank audit prune, with migration_url")


def remove_past_term(at: datetime) -> int:
    """Remove the sealed runs that ended before the term, as the owner; how many entries went."""
    with current().administer() as connection:
        gone = seals.prune(connection, before=kept_since(at), at=at)
    if gone:
        with transaction() as session:
            audit.record(session, SYSTEM, "trail.prune", ("trail", 0), at=at, count=gone)
    return gone


def kept_since(at: datetime) -> datetime:
    """The first instant of the month that is kept, by the setting ``audit_months``."""
    months = clock.local(at).year * 12 + clock.local(at).month - 1 - bank.settings().audit_months
    return clock.day_start(clock.local_day(at).replace(months // 12, months % 12 + 1, 1))


JOBS = (
    Job("trail.seal", "*/10 * * * *", seal_trail),
    Job("trail.verify", "40 3 * * *", verify_trail),
    Job("trail.prune", "10 4 * * *", prune_trail),
)
