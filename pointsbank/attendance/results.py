"""What the screen of a scan shows of it: colour, headline, whose it is, what now."""

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session

from pointsbank.attendance import queries
from pointsbank.attendance.batch import Taken
from pointsbank.attendance.rules import EFFECTIVE, Verdict
from pointsbank.attendance.words import SCREENS

_NAMELESS = (Verdict.CODE_INVALID, Verdict.CARD_LOST, Verdict.NOT_ON_ROSTER)


def results(session: Session, event_id: int, taken: Sequence[Taken]) -> list[dict[str, Any]]:
    """Each answer as a screen; the edge translates. A lost card names nobody."""
    ids = {one.member_id for one in taken if one.member_id and one.verdict not in _NAMELESS}
    known = queries.known_by_scan(session, event_id, ids)
    return [_result(one, known.get(one.member_id or 0)) for one in taken]


def _result(taken: Taken, known: Any) -> dict[str, Any]:
    screen = SCREENS[taken.verdict]
    shown = known if taken.verdict not in _NAMELESS else None
    return {
        "id": taken.id,
        "verdict": taken.verdict.value if taken.verdict else "wait",
        "tone": screen.tone,
        "headline": screen.headline,
        "now": screen.now,
        "name": shown[1] if shown else None,
        "phone_tail": shown[2] if shown else None,
        "attendance_id": shown[3] if shown else None,
        "since": taken.since,
        "repeated": taken.repeated,
        "final": taken.verdict is not None,
        "undo": taken.verdict in EFFECTIVE and taken.verdict is not Verdict.UNDONE,
    }
