"""What a ledger entry of an attendance came from: the event, where, from when to when."""

from collections.abc import Sequence

from pointsbank.attendance import queries
from pointsbank.core import clock
from pointsbank.core.database import Session
from pointsbank.core.stories import Story

ORIGIN = "attendance"


def stories(session: Session, ids: Sequence[int]) -> dict[int, Story]:
    """The story of each of these attendances."""
    told = {}
    for attendance_id, event_id, title, place, came, went in queries.attended(session, ids):
        hours = f"{clock.local(came):%H:%M}" + (f"–{clock.local(went):%H:%M}" if went else "")
        told[attendance_id] = Story(title, f"{place} {hours}", f"/events/{event_id}")
    return told
