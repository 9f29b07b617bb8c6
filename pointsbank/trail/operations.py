"""What is done to the audit trail: it is sealed. (Its entries are written with each change.)"""

from datetime import datetime

from pointsbank.core.actor import Actor
from pointsbank.core.database import Session
from pointsbank.core.errors import Forbidden
from pointsbank.trail import seals


def seal_next(session: Session, actor: Actor, *, at: datetime) -> int | None:
    """Seal the next run of entries; its number, or None where nothing is unsealed.

    On PostgreSQL it waits for nobody: while somebody writes an entry it answers 0, to be tried
    again. For the program itself; others are Forbidden.
    """
    if actor.kind != "system":
        raise Forbidden
    return seals.seal_run(session, at=at)
