"""What the scheduler does for settlement: at night it deletes pictures whose term is over."""

from datetime import datetime, timedelta

from pointsbank.core import bank
from pointsbank.core.database import transaction
from pointsbank.core.jobs import Job
from pointsbank.settlement.supplements import forget_evidence


def forget_old(due_at: datetime) -> None:
    kept = timedelta(days=bank.settings().evidence_days)
    with transaction() as session:
        forget_evidence(session, before=due_at - kept, at=due_at)


JOBS = (Job("settlement.forget_old", "50 3 * * *", forget_old),)
