"""How a crowd came, as the columns of a chart."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

MOST_COLUMNS = 120


def arrivals_by_minute(came: Sequence[datetime]) -> list[tuple[str, int]]:
    """How many came in each minute from the first to the last, or in each five, fifteen, sixty …
    where minutes would be too many; instants are local.
    """
    if not came:
        return []
    first, last = min(came), max(came)
    span = int((last - first).total_seconds()) // 60 + 1
    step = next(step for step in (1, 5, 15, 60, 1440) if span // step < MOST_COLUMNS)
    minute = first.minute - first.minute % min(step, 60)
    start = first.replace(minute=minute, second=0, microsecond=0)
    counted = Counter(int((at - start).total_seconds()) // 60 // step for at in came)
    return [
        (f"{start + timedelta(minutes=place * step):%H:%M}", counted[place])
        for place in range(max(counted) + 1)
    ]
