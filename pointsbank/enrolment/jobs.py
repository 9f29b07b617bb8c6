"""What the scheduler does for enrolment: at night it forgets what was uploaded long ago."""

from datetime import datetime, timedelta

from pointsbank.core import bank
from pointsbank.core.database import transaction
from pointsbank.core.jobs import Job
from pointsbank.enrolment import imports, operations


def forget_old(due_at: datetime) -> None:
    """Remove uploaded workbooks and undecided applications after their term."""
    kept = timedelta(days=bank.settings().import_days)
    with transaction() as session:
        imports.remove_content(session, before=due_at - kept)
        operations.forget_old(session, at=due_at)


JOBS = (Job("enrolment.forget_old", "40 3 * * *", forget_old),)
