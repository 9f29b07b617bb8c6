"""Moves up who waits where places came free without anybody's doing at the event: somebody left
the register, or became one with another.
"""

from datetime import datetime

from pointsbank.core.actor import SYSTEM
from pointsbank.core.database import snapshot, transaction
from pointsbank.core.jobs import Job
from pointsbank.signups import operations, queries


def move_up(due_at: datetime) -> None:
    """Look at each event that somebody waits for, in a transaction of its own."""
    with snapshot() as session:
        event_ids = queries.events_waited_for(session, due_at)
    for event_id in event_ids:
        with transaction() as session:
            operations.move_up(session, SYSTEM, event_id=event_id, at=due_at)


JOBS = (Job("signups.move_up", "*/5 * * * *", move_up),)
