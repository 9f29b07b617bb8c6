"""Ends what people forgot to: shifts without a check-out, and events that stayed open."""

from datetime import datetime, timedelta

import structlog

from pointsbank.attendance import operations
from pointsbank.attendance.missed import missed
from pointsbank.core.actor import SYSTEM
from pointsbank.core.database import snapshot, transaction
from pointsbank.core.errors import Refused
from pointsbank.core.jobs import Job
from pointsbank.events.queries import overdue_events

FORGOTTEN_AFTER = timedelta(hours=12)
log = structlog.get_logger()


def close_forgotten(due_at: datetime) -> None:
    """Close each event that ended long ago, in a transaction of its own."""
    with snapshot() as session:
        forgotten = overdue_events(session, due_at - FORGOTTEN_AFTER)
    for event_id in forgotten:
        try:
            with transaction() as session:
                operations.close_event(session, SYSTEM, event_id=event_id, at=due_at)
        except Refused as refused:  # its period is closed: the organiser has to see to it
            log.warning("event_left_open", event_id=event_id, code=refused.code)


def end_shifts(due_at: datetime) -> None:
    """Let missed check-outs stand to be settled, each event in a transaction of its own."""
    with snapshot() as session:
        over = missed(session, due_at)
    for event_id in over:
        with transaction() as session:
            operations.end_shifts(session, SYSTEM, event_id=event_id, at=due_at)


JOBS = (
    Job("attendance.close_forgotten", "10 * * * *", close_forgotten),
    Job("attendance.end_shifts", "*/5 * * * *", end_shifts),
)
