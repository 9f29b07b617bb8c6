"""The way in that both edges share: a scan that the door refuses is kept before it is told."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from pointsbank.attendance import door
from pointsbank.attendance.rules import ScanKind
from pointsbank.core.actor import Actor
from pointsbank.core.database import transaction


@contextmanager
def keeping_refusals(actor: Actor, kind: ScanKind, at: datetime) -> Iterator[dict[str, Any]]:
    """Run one of the door's verbs inside, with the keywords that are put into what this gives."""
    scan: dict[str, Any] = {}
    try:
        yield scan
    except tuple(door.REFUSALS) as refused:
        with transaction() as session:
            door.note_refusal(session, actor, refused, kind=kind, at=at, **scan)
        raise
