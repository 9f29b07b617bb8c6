"""What the scheduler does for devices: at night it forgets invitations that nobody took up."""

from datetime import datetime

from pointsbank.core.database import transaction
from pointsbank.core.jobs import Job
from pointsbank.devices import operations


def forget_pairings(due_at: datetime) -> None:
    with transaction() as session:
        operations.forget_pairings(session, at=due_at)


JOBS = (Job("devices.forget_pairings", "25 3 * * *", forget_pairings),)
