"""What events hand to others by file name: stories, yearly figures, jobs."""

from datetime import timedelta
from typing import Any

import pytest
from community import build
from sqlmodel import select

from pointsbank.attendance import operations as attendance
from pointsbank.attendance import queries
from pointsbank.attendance.figures import ACTIVITIES, FIGURES, member_figures
from pointsbank.attendance.jobs import JOBS, close_forgotten
from pointsbank.attendance.operations import PastAttendance
from pointsbank.attendance.rules import AttendanceState
from pointsbank.attendance.stories import stories
from pointsbank.core.actor import SYSTEM
from pointsbank.core.database import Database, snapshot, transaction
from pointsbank.core.errors import Conflict
from pointsbank.core.stories import Story
from pointsbank.earning.rules import DeedCategory
from pointsbank.events import operations
from pointsbank.events.models import Event
from pointsbank.events.operations import PastEvent
from pointsbank.events.rules import EventState
from pointsbank.members.models import Member


def test_an_entry_tells_the_event_the_place_and_the_hours(scene: Any) -> None:
    event = scene.open()
    left = scene.stay(event, 2, 100)
    came = scene.scan(attendance.check_in, scene.open(title="送报"), 2)
    told = stories(scene.session, [left.attendance_id, came.attendance_id, 10**6])
    assert told[left.attendance_id] == Story(
        "周末清洁家园", "幸福社区广场 09:02–10:40", f"/events/{event.id}"
    )
    assert told[came.attendance_id].detail == "幸福社区广场 09:02"
    assert len(told) == 2


def test_a_years_activities_are_the_credited_events_of_that_year(scene: Any) -> None:
    c, s = scene.community, scene.session
    new_year = scene.at(0).replace(year=2026, month=1, day=1, hour=0)
    starts = [new_year, new_year + timedelta(days=100), new_year - timedelta(hours=1)]
    ids = operations.record_events(
        s,
        SYSTEM,
        [
            PastEvent(c.community, "巡逻", DeedCategory.PATROL, "小区", at, at + timedelta(hours=1))
            for at in starts
        ],
        at=scene.at(0),
    )
    stays = [
        PastAttendance(event_id, member, at, at + timedelta(minutes=minutes))
        for event_id, at in zip(ids, starts, strict=True)
        for member, minutes in ((c.wang, 50), (c.li, 5), (c.zhou, 50))
    ]
    attendance.record_attendances(s, SYSTEM, stays, at=scene.at(0))
    scene.stay(scene.open(), 0, 60)  # waits for confirmation: not credited yet
    everybody = select(Member.id).where(Member.id != c.zhou)
    assert list(member_figures(s, year=2026, scope=everybody)) == [(c.wang, ACTIVITIES, 2)]
    assert list(member_figures(s, year=2025, scope=everybody)) == [(c.wang, ACTIVITIES, 1)]
    assert [figure.name for figure in FIGURES] == [ACTIVITIES]


def test_a_forgotten_event_is_closed_by_itself(
    bank: Database, make_scene: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction() as session:
        scene = make_scene(session, build(session))
        event, other = scene.open(), scene.open()
        scene.scan(attendance.check_in, event, 0)
    close = attendance.close_event

    def refuses_the_other(session: Any, actor: Any, *, event_id: int, at: Any) -> Event:
        if event_id == other.id:
            raise Conflict
        return close(session, actor, event_id=event_id, at=at)

    monkeypatch.setattr(attendance, "close_event", refuses_the_other)
    assert close_forgotten in [job.run for job in JOBS]
    for minutes, state in ((150 + 719, EventState.OPEN), (150 + 721, EventState.CLOSED)):
        close_forgotten(scene.at(minutes))
        with snapshot() as session:
            assert session.get(Event, event.id).state is state
    with snapshot() as session:
        assert session.get(Event, other.id).state is EventState.OPEN
        left = queries.attendance_of(session, event.id, scene.community.wang)
        assert left.state is AttendanceState.UNSETTLED
