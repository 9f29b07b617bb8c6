"""What the scheduler does for access: at night it forgets ended sessions and old failures."""

from datetime import datetime

from pointsbank.access import operations
from pointsbank.core.database import transaction
from pointsbank.core.jobs import Job


def forget_ended(due_at: datetime) -> None:
    """Remove sessions that are over and failures that no longer count."""
    with transaction() as session:
        operations.forget_ended(session, at=due_at)


JOBS = (Job("access.forget_ended", "20 3 * * *", forget_ended),)
