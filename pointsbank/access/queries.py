"""Reads of access; ``actor_of_token`` is on the way of every request."""

from datetime import datetime

from pointsbank.core.actor import Actor
from pointsbank.core.database import Session


def actor_of_token(session: Session, token: str, at: datetime) -> Actor | None:
    """The person behind a session's token, with her roles and their reach; None once it is over.

    One statement for a volunteer, one more where she holds roles. Who must change her password
    first comes without roles and without her membership.
    """
    raise NotImplementedError
