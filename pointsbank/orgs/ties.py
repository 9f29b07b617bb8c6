"""What other features keep for an organisation: found by their ``organisation.py``, not imported.

Such a file has ``ties(session, org_id) -> list[Tie]``: who and what belongs to the organisation
now, and ``hand_over(session, actor, *, org_id, successor_id, on, at)``: give to its successor, from
that day on, all that ``follows``. A merger calls both in its own transaction.
"""

import importlib
from datetime import date, datetime
from functools import cache
from importlib.util import find_spec
from types import ModuleType

from sqlmodel import Session

from pointsbank.core.actor import Actor
from pointsbank.core.resources import features
from pointsbank.orgs.rules import StillInUse, Tie


@cache
def _holders() -> list[ModuleType]:
    names = [f"pointsbank.{feature}.organisation" for feature in features() if feature != "core"]
    return [importlib.import_module(name) for name in names if find_spec(name)]


def ties_of(session: Session, org_id: int) -> tuple[Tie, ...]:
    """Everything that hangs on the organisation itself, not on those below it."""
    found = [tie for holder in _holders() for tie in holder.ties(session, org_id)]
    return tuple(tie for tie in found if tie.count)


def check_free(ties: tuple[Tie, ...], *, merging: bool) -> None:
    """Refuse with ``StillInUse`` where something has to end first, or to go elsewhere."""
    for tie in ties:
        if not (merging and tie.follows):
            raise StillInUse(what=tie.label, count=tie.count)


def hand_over(
    session: Session, actor: Actor, *, org_id: int, successor_id: int, on: date, at: datetime
) -> None:
    for holder in _holders():
        holder.hand_over(session, actor, org_id=org_id, successor_id=successor_id, on=on, at=at)
