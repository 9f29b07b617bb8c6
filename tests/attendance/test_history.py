"""Finished events and stays entered in batches."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import func, select

from pointsbank.attendance import queries
from pointsbank.attendance.models import Scan
from pointsbank.attendance.operations import PastAttendance, record_attendances
from pointsbank.attendance.rules import AttendanceState, Occasion, fold
from pointsbank.core.actor import SYSTEM
from pointsbank.core.errors import Forbidden
from pointsbank.earning.rules import DeedCategory
from pointsbank.events.models import Event
from pointsbank.events.operations import PastEvent, record_events
from pointsbank.events.rules import EventNotFound, EventState, TimesImpossible, WrongState
from pointsbank.hours.rules import HourTerms
from pointsbank.ledger.queries import balances
from pointsbank.ledger.rules import MINUTES, MORALITY
from pointsbank.orgs.rules import NoSuchOrganisation


def past(scene: Any, days: int = 7, **changes: Any) -> PastEvent:
    starts_at = scene.at(0) - timedelta(days=days)
    event = PastEvent(
        scene.community.community, "夏夜巡逻", DeedCategory.PATROL, "幸福社区",
        starts_at, starts_at + timedelta(hours=2),
    )  # fmt: skip
    return replace(event, **changes)


def stay(scene: Any, event_id: int, member_id: int, minutes: int = 90) -> PastAttendance:
    event = scene.session.get(Event, event_id)
    return PastAttendance(
        event_id, member_id, event.starts_at, event.starts_at + timedelta(minutes=minutes)
    )


def test_past_events_are_closed_and_a_row_again_is_an_answer(scene: Any) -> None:
    rows = [past(scene), past(scene, 8), past(scene)]
    ids = record_events(scene.session, SYSTEM, rows, at=scene.at(0))
    assert ids[0] == ids[2] != ids[1]
    assert record_events(scene.session, SYSTEM, rows[:1], at=scene.at(5)) == ids[:1]
    event = scene.session.get(Event, ids[0])
    assert (event.state, event.closed_at) == (EventState.CLOSED, event.ends_at)
    assert event.hour_rule_id is not None


def test_past_stays_are_credited_with_their_scans_and_once_only(scene: Any) -> None:
    c, s = scene.community, scene.session
    first, second = record_events(s, SYSTEM, [past(scene), past(scene, 8)], at=scene.at(0))
    rows = [
        stay(scene, first, c.wang),
        stay(scene, second, c.wang),
        stay(scene, second, c.chen, 5),
        stay(scene, second, c.wang),
    ]
    assert record_attendances(s, SYSTEM, rows, at=scene.at(0)) == 3
    assert record_attendances(s, SYSTEM, rows, at=scene.at(1)) == 0
    assert balances(s, c.wang)[MINUTES] == 180
    assert balances(s, c.wang)[MORALITY] == 30
    assert s.execute(select(func.count()).select_from(Scan)).scalar_one() == 6
    short = queries.attendance_of(s, second, c.chen)
    assert (short.state, short.minutes) == (AttendanceState.NOTHING, 0)
    facts = queries.facts_of(s, first, [c.wang])[c.wang]
    occasion = Occasion(EventState.CLOSED, past(scene).starts_at, past(scene).ends_at)
    [told] = fold(facts, occasion, HourTerms()).pairs
    assert told.checked_out_at == past(scene).starts_at + timedelta(minutes=90)


def test_more_rows_than_a_batch_are_entered_all_the_same(
    scene: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pointsbank.events.history.ROWS_A_BATCH", 2)
    monkeypatch.setattr("pointsbank.hours.credit.MOST_SERVICES_A_BATCH", 1)
    c, s = scene.community, scene.session
    ids = record_events(s, SYSTEM, [past(scene, days) for days in range(1, 6)], at=scene.at(0))
    rows = [stay(scene, event_id, member) for event_id in ids for member in (c.wang, c.li)]
    assert record_attendances(s, SYSTEM, rows, at=scene.at(0)) == 10
    assert balances(s, c.li)[MINUTES] == 450


def test_past_events_are_refused_fault_by_fault(scene: Any) -> None:
    c = scene.community
    row = past(scene, org_id=10**6, ends_at=scene.at(0) - timedelta(days=9))
    for refusal, actor, mended in (
        (NoSuchOrganisation, c.stranger, {}),
        (Forbidden, c.stranger, {"org_id": c.community}),
        (TimesImpossible, c.organiser, {}),
    ):
        row = replace(row, **mended)
        with pytest.raises(refusal):
            record_events(scene.session, actor, [row], at=scene.at(0))


def test_past_stays_are_refused_fault_by_fault(scene: Any) -> None:
    c, published = scene.community, scene.published()
    row = replace(stay(scene, published.id, c.wang, 0), event_id=10**6)
    for refusal, actor, event in (
        (EventNotFound, c.stranger, None),
        (Forbidden, c.stranger, published),
        (WrongState, c.organiser, published),
        (TimesImpossible, c.organiser, scene.open()),
    ):
        row = replace(row, event_id=event.id) if event else row
        with pytest.raises(refusal):
            record_attendances(scene.session, actor, [row], at=scene.at(0))
