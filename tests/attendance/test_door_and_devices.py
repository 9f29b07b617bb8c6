"""Posters and devices at one event tell one stay; what the poster's door refuses is kept."""

from datetime import timedelta
from typing import Any

import pytest
from attendance.test_batch import Door, card, door
from sqlmodel import select

from pointsbank.attendance import queries
from pointsbank.attendance.door import note_refusal
from pointsbank.attendance.models import LateScan, Scan
from pointsbank.attendance.operations import check_in, check_out, close_event, confirm
from pointsbank.attendance.rules import AttendanceState, EventOver, ScanKind, Verdict
from pointsbank.ledger.queries import balances
from pointsbank.ledger.rules import MINUTES

__all__ = ["door"]


def test_poster_and_device_together_tell_one_stay(scene: Any, door: Door) -> None:
    c, wang = scene.community, scene.community.wang
    digits = card(scene, wang)
    door.send(door.sent(40, digits, kind=ScanKind.OUT), at=41)
    answer = scene.scan(check_in, door.event, 0, at=scene.at(42))
    assert (answer.verdict, answer.minutes) == (Verdict.CHECKED_OUT, 40)
    came_back = scene.scan(check_in, door.event, 60)
    assert (came_back.verdict, came_back.repeated) == (Verdict.CHECKED_IN, False)
    assert (came_back.checked_in_at, came_back.state) == (scene.at(0), AttendanceState.PRESENT)
    assert scene.scan(check_in, door.event, 63).verdict is Verdict.ALREADY_IN
    left = scene.scan(check_out, door.event, 90)
    assert (left.verdict, left.minutes) == (Verdict.CHECKED_OUT, 70)
    assert scene.scan(check_out, door.event, 100).repeated
    scene.do(confirm, door.event, 120)
    assert balances(scene.session, wang)[MINUTES] == 70
    assert c.organiser.id


def test_refusals_of_the_poster_are_kept(scene: Any) -> None:
    event = scene.open()
    later = scene.at(200)
    with pytest.raises(EventOver) as refused:
        scene.scan(check_in, event, 200)
    note_refusal(
        scene.session, scene.community.volunteer, refused.value, kind=ScanKind.IN,
        code=event.code, claimed_at=later, at=later,
    )  # fmt: skip
    row = scene.session.execute(select(Scan)).scalar_one()
    assert (row.verdict, row.kind, row.device_at) == (Verdict.OVER, ScanKind.IN, None)
    assert queries.facts_of(scene.session, event.id, [scene.community.wang]) == {}
    scene.do(close_event, event, 210)
    note_refusal(
        scene.session, scene.community.volunteer, refused.value, kind=ScanKind.OUT,
        code=event.code, claimed_at=scene.at(100), at=later + timedelta(hours=1),
    )  # fmt: skip
    waiting = scene.session.execute(select(LateScan)).scalar_one()
    assert (waiting.event_id, waiting.accepted) == (event.id, None)
