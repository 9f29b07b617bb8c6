"""Posters and devices at one event tell one stay; what the poster's door refuses is kept."""

from datetime import timedelta
from typing import Any

import pytest
from attendance.test_batch import Door, card, door
from sqlmodel import select

from pointsbank.attendance import queries
from pointsbank.attendance.door import note_refusal
from pointsbank.attendance.models import LateScan, Scan
from pointsbank.attendance.operations import (
    check_in,
    check_out,
    close_event,
    confirm,
    decide_late,
)
from pointsbank.attendance.rules import (
    AttendanceState,
    EventCancelled,
    EventOver,
    LateReason,
    ScanKind,
    Verdict,
)
from pointsbank.core.actor import SYSTEM
from pointsbank.events.operations import cancel as cancel_event
from pointsbank.hours.rules import Way
from pointsbank.ledger.operations import close_period
from pointsbank.ledger.queries import balances, transfers_of
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


def test_who_leaves_after_her_period_s_close_waits_for_review(scene: Any) -> None:
    night = scene.open(starts_at=scene.at(13 * 60), ends_at=scene.at(17 * 60))
    came, wang, volunteer = 13 * 60, scene.community.wang, scene.community.volunteer
    answer = scene.scan(check_in, night, came, way=Way.ROTATING)
    midnight, closed = scene.at(16 * 60), scene.at(0).date()
    close_period(scene.session, SYSTEM, until=closed, at=midnight)
    with pytest.raises(EventOver) as refused:
        scene.scan(check_out, night, 16 * 60, way=Way.ROTATING)
    note_refusal(
        scene.session, volunteer, refused.value, kind=ScanKind.OUT, code=night.code,
        claimed_at=midnight, at=midnight, way=Way.ROTATING,
    )  # fmt: skip
    late = scene.session.execute(select(LateScan)).scalar_one()
    assert late.reason is LateReason.PERIOD_CLOSED
    assert transfers_of(scene.session, "attendance", answer.attendance_id) == []
    decide_late(scene.session, scene.community.reviewer, night, late, accept=True, at=midnight)
    entries = transfers_of(scene.session, "attendance", answer.attendance_id)
    assert {entry.effective_on for entry in entries} == {midnight.date()}
    assert balances(scene.session, wang)[MINUTES] == 180


def test_a_called_off_event_s_scan_is_for_no_review_whatever_period_is_closed(scene: Any) -> None:
    event, next_day = scene.open(), scene.at(24 * 60)
    scene.do(cancel_event, event, 1, reason="暴雨")
    close_period(scene.session, SYSTEM, until=scene.at(0).date(), at=next_day)
    with pytest.raises(EventCancelled) as refused:
        scene.scan(check_in, event, 24 * 60)
    note_refusal(
        scene.session, scene.community.volunteer, refused.value, kind=ScanKind.IN,
        code=event.code, claimed_at=scene.at(5), at=next_day,
    )  # fmt: skip
    assert scene.session.execute(select(Scan.verdict)).scalars().all() == [Verdict.CANCELLED]
    assert scene.session.execute(select(LateScan)).first() is None


def test_what_is_confirmed_after_its_period_s_close_is_dated_into_the_open_one(scene: Any) -> None:
    event, next_day = scene.open(), scene.at(24 * 60)
    answer = scene.stay(event, 0, 60)
    close_period(scene.session, SYSTEM, until=scene.at(0).date(), at=next_day)
    assert scene.do(confirm, event, 24 * 60).people == 1
    entries = transfers_of(scene.session, "attendance", answer.attendance_id)
    assert {entry.effective_on for entry in entries} == {next_day.date()}
    assert balances(scene.session, scene.community.wang)[MINUTES] == 60
