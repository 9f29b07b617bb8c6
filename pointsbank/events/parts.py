"""What other features have to do with an event: found by their ``event.py``, not imported.

Such a file may have ``check_cancel(session, event_id)``, which refuses what must not be called
off; ``taken(session, event_ids) -> dict[int, Taken]``, how many places people hold, of the events
where any do; ``changed(session, actor, event_ids, at)``, what it does once events say something
else or take more; ``part(session, actor, event, at) -> Part | None``, what it shows on the event's
page, with its ``PLACE`` there; and ``marks(session, actor, events) -> dict[int, Mark]``, a few
words beside listed events, by id.
"""

import importlib
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from importlib.util import find_spec
from types import ModuleType

from sqlmodel import Session

from pointsbank.core.actor import Actor
from pointsbank.core.resources import features
from pointsbank.events.models import Event
from pointsbank.events.rules import Mark, Part, Taken


@cache
def _contributors() -> list[ModuleType]:
    names = [f"pointsbank.{feature}.event" for feature in features()]
    return [importlib.import_module(name) for name in names if find_spec(name)]


def check_cancel(session: Session, event_id: int) -> None:
    for contributor in _contributors():
        if hasattr(contributor, "check_cancel"):
            contributor.check_cancel(session, event_id)


def taken_of(session: Session, event_ids: Sequence[int]) -> dict[int, Taken]:
    """How many places of each of these events are taken."""
    taken = dict.fromkeys(event_ids, Taken())
    for contributor in _contributors():
        if hasattr(contributor, "taken"):
            taken |= contributor.taken(session, event_ids)
    return taken


def changed(session: Session, actor: Actor, event_ids: Sequence[int], at: datetime) -> None:
    """Tell that these events, which are locked, say something else now."""
    for contributor in _contributors():
        if hasattr(contributor, "changed"):
            contributor.changed(session, actor, event_ids, at)


def parts_of(session: Session, actor: Actor, event: Event, at: datetime) -> list[Part]:
    """In the order of their ``PLACE`` on the page."""
    telling = [one for one in _contributors() if hasattr(one, "part")]
    telling.sort(key=lambda one: int(one.PLACE))
    found = [one.part(session, actor, event, at) for one in telling]
    return [part for part in found if part]


def marks_of(session: Session, actor: Actor, events: Sequence[Event]) -> dict[int, Mark]:
    """A few words beside each of these events that has any."""
    marks: dict[int, Mark] = {}
    for contributor in _contributors():
        if hasattr(contributor, "marks"):
            marks |= contributor.marks(session, actor, events)
    return marks
