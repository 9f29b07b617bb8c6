"""Closing an event and confirming its hours."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from community import build
from sqlmodel import col, select

from pointsbank.attendance import operations as attendance
from pointsbank.attendance import queries
from pointsbank.attendance.models import Attendance
from pointsbank.attendance.rules import AttendanceState, SomebodyCame
from pointsbank.core.actor import SYSTEM, Actor
from pointsbank.core.audit import AuditEntry
from pointsbank.core.database import Database, transaction
from pointsbank.core.errors import Forbidden
from pointsbank.earning.operations import adopt_points_rule
from pointsbank.earning.rules import DeedCategory
from pointsbank.events import operations
from pointsbank.events.models import Event
from pointsbank.events.rules import (
    EventNotFound,
    EventState,
    WrongState,
)
from pointsbank.hours import operations as hours
from pointsbank.hours.rules import (
    Credit,
    HourTerms,
    Way,
)
from pointsbank.ledger.operations import declare_default_units
from pointsbank.ledger.queries import balances, transfers_of
from pointsbank.ledger.rules import MINUTES, MORALITY, PARTY
from pointsbank.members.models import Member

TODAY = date(2026, 11, 21)
LENIENT = HourTerms(credit_static=Credit.AT_CHECK_OUT)
LATE = HourTerms(credit_static=Credit.AT_CLOSE)


def adopt(scene: Any, terms: HourTerms = LENIENT, **changes: Any) -> Any:
    given = {"org_id": scene.community.community, "from_on": TODAY, "terms": terms}
    actor = changes.pop("actor", scene.community.secretary)
    return hours.adopt_hour_rule(scene.session, actor, at=scene.at(-90), **(given | changes))


def states(scene: Any, event: Event) -> dict[int, AttendanceState]:
    rows = scene.session.execute(
        select(Attendance.member_id, Attendance.state).where(col(Attendance.event_id) == event.id)
    )
    return dict(rows.all())


def trail(scene: Any) -> list[str]:
    actions = scene.session.execute(select(AuditEntry.action).order_by(col(AuditEntry.id)))
    return [action for action in actions.scalars() if action.startswith(("events.", "attendance."))]


def test_an_event_goes_from_draft_to_closed_and_every_step_is_in_the_trail(scene: Any) -> None:
    event = scene.plan()
    assert (event.state, len(event.code)) == (EventState.DRAFT, 6)
    assert scene.do(operations.publish, event, -50).state is EventState.PUBLISHED
    opened = scene.do(operations.open_event, event, -10)
    assert (opened.state, opened.opened_at) == (EventState.OPEN, scene.at(-10))
    closed = scene.do(attendance.close_event, event, 155)
    assert (closed.state, closed.closed_at) == (EventState.CLOSED, scene.at(155))
    assert trail(scene)[-4:] == ["events.plan", "events.publish", "events.open", "attendance.close"]


def test_a_step_taken_twice_is_an_answer(scene: Any) -> None:
    event = scene.plan(key="k1")
    assert scene.plan(key="k1").id == event.id
    for verb, given in (
        (operations.publish, {}),
        (operations.open_event, {}),
        (attendance.close_event, {}),
    ):
        assert scene.do(verb, event, 1, **given) is scene.do(verb, event, 2, **given)
    called_off = scene.published()
    for _ in "12":
        scene.do(operations.cancel, called_off, 1, reason="下雨")
    assert trail(scene).count("events.cancel") == 1
    assert scene.do(operations.publish, scene.open(), 1).state is EventState.OPEN


@pytest.mark.parametrize(
    ("verb", "given"),
    [
        (operations.publish, {}),
        (operations.open_event, {}),
        (attendance.close_event, {}),
        (operations.cancel, {"reason": "下雨"}),
        (attendance.confirm, {}),
    ],
)
def test_an_event_is_changed_by_its_own_organisers_only(
    scene: Any, verb: Callable[..., Any], given: dict[str, Any]
) -> None:
    draft, published = scene.plan(), scene.published()
    with pytest.raises(EventNotFound):
        verb(scene.session, scene.community.organiser, event_id=10**6, at=scene.at(0), **given)
    for actor in (scene.community.stranger, scene.community.volunteer, scene.community.official):
        with pytest.raises(EventNotFound):
            scene.do(verb, draft, 0, actor=actor, **given)
        with pytest.raises(Forbidden):
            scene.do(verb, published, 0, actor=actor, **given)


def test_a_step_out_of_turn_is_refused_and_names_the_state(scene: Any) -> None:
    draft, over = scene.plan(), scene.open()
    scene.do(attendance.close_event, over, 160)
    cancelled = scene.do(operations.cancel, scene.plan(), 0, reason="改期")
    for verb, event in (
        (operations.open_event, draft),
        (attendance.close_event, draft),
        (attendance.confirm, draft),
        (operations.publish, over),
        (operations.open_event, over),
        (operations.publish, cancelled),
    ):
        with pytest.raises(WrongState) as refused:
            scene.do(verb, event, 1)
        assert refused.value.facts["state"] in {"草稿", "已结束", "已取消"}
    with pytest.raises(WrongState):
        scene.do(operations.cancel, over, 1, reason="")


def test_an_event_is_not_called_off_after_somebody_came(scene: Any) -> None:
    event = scene.open()
    scene.scan(attendance.check_in, event, 2)
    with pytest.raises(SomebodyCame) as refused:
        scene.do(operations.cancel, event, 3, reason="下雨")
    assert refused.value.facts == {"count": 1}


def test_one_tap_credits_everybodys_minutes_and_points(scene: Any) -> None:
    c, event = scene.community, scene.open()
    scene.stays_of_everybody(event)
    done = scene.do(attendance.confirm, event, 130)
    assert (done.people, done.minutes) == (6, 720)
    assert set(states(scene, event).values()) == {AttendanceState.CREDITED}
    assert balances(scene.session, c.wang) == {MINUTES: 120, MORALITY: 20, PARTY: 0}
    assert balances(scene.session, c.li) == {MINUTES: 120, MORALITY: 20, PARTY: 4}
    assert balances(scene.session, c.zhao)[PARTY] == 4
    hers = queries.attendance_of(scene.session, event.id, c.li)
    keys = {t.key for t in transfers_of(scene.session, "attendance", hers.id)}
    assert keys == {f"attendance:{hers.id}:{u}" for u in (MINUTES, MORALITY, PARTY)}
    assert scene.do(attendance.confirm, event, 131).people == 0
    assert trail(scene).count("attendance.confirm") == 1


def test_a_reviewer_confirms_and_changes_nothing_else(scene: Any) -> None:
    event, reviewer = scene.open(), scene.community.reviewer
    scene.stays_of_everybody(event)
    with pytest.raises(Forbidden):
        scene.do(attendance.close_event, event, 130, actor=reviewer)
    with pytest.raises(EventNotFound):
        scene.do(attendance.confirm, scene.plan(), 130, actor=reviewer)
    assert scene.do(attendance.confirm, event, 130, actor=reviewer).people == 6


def test_an_organiser_does_not_confirm_her_own_hours(scene: Any) -> None:
    c, event = scene.community, scene.open()
    scene.stays_of_everybody(event)
    herself = replace(c.organiser, member_id=c.li)
    scene.session.get_one(Member, c.sun).merged_into_id = c.li  # an earlier record of hers
    assert scene.do(attendance.confirm, event, 130, actor=herself).people == 4
    assert {states(scene, event)[c.li], states(scene, event)[c.sun]} == {AttendanceState.TO_CONFIRM}
    assert balances(scene.session, c.li)[MINUTES] == 0
    assert scene.do(attendance.confirm, event, 131).people == 2


def test_closing_credits_what_waited_and_leaves_who_never_checked_out_unsettled(
    scene: Any,
) -> None:
    c = scene.community
    adopt(scene, LATE)
    event = scene.open()
    scene.stays_of_everybody(scene.open())
    scene.stay(event, 0, 60)
    scene.scan(attendance.check_in, event, 0, actor=Actor("user", 1, member_id=c.chen))
    assert states(scene, event)[c.wang] is AttendanceState.AWAITING_CLOSE
    assert balances(scene.session, c.wang)[MINUTES] == 0
    scene.do(attendance.close_event, event, 200)
    assert states(scene, event) == {
        c.wang: AttendanceState.CREDITED,
        c.chen: AttendanceState.UNSETTLED,
    }
    assert balances(scene.session, c.wang)[MINUTES] == 60
    assert balances(scene.session, c.chen)[MINUTES] == 0
    left_behind = queries.attendance_of(scene.session, event.id, c.chen)
    assert left_behind.why == [["not_checked_out", 0]]


def test_a_lenient_rule_credits_the_poster_at_check_out(scene: Any) -> None:
    adopt(scene)
    answer = scene.stay(scene.open(), 0, 60)
    assert answer.state is AttendanceState.CREDITED
    assert balances(scene.session, scene.community.wang)[MINUTES] == 60


def test_points_rules_that_differ_by_category_and_day_decide_each_event(scene: Any) -> None:
    c = scene.community
    adopt(scene)
    adopt_points_rule(
        scene.session, c.secretary, org_id=c.community, unit=MORALITY, from_on=TODAY,
        points_per_hour=0, each_time={DeedCategory.PATROL: 5}, at=scene.at(-90),
    )  # fmt: skip
    scene.stay(scene.open(), 0, 60)
    assert balances(scene.session, c.wang)[MORALITY] == 0
    scene.stay(scene.open(kind=DeedCategory.PATROL), 0, 60)
    assert balances(scene.session, c.wang)[MORALITY] == 5


def test_who_scans_by_an_organiser_is_credited_at_check_out(scene: Any) -> None:
    c, event = scene.community, scene.open()
    given = {"actor": c.organiser, "member_id": c.chen, "way": Way.ORGANISER}
    assert scene.stay(event, 0, 60, **given).state is AttendanceState.CREDITED
    assert balances(scene.session, c.chen)[MINUTES] == 60


def test_where_no_points_rule_was_adopted_service_earns_minutes_only(
    bank: Database, make_scene: Any
) -> None:
    with transaction() as session:
        scene = make_scene(session, build(session, with_rules=False))
        declare_default_units(session, SYSTEM, at=scene.at(-90))
        event = scene.open()
        scene.stay(event, 0, 60)
        assert event.hour_rule_id is None
        assert scene.do(attendance.confirm, event, 70).people == 1
        earned = balances(session, scene.community.wang)
        assert earned == {MINUTES: 60, MORALITY: 0, PARTY: 0}
        hers = queries.attendance_of(session, event.id, scene.community.wang)
        assert hers.state is AttendanceState.CREDITED


def test_who_was_credited_before_is_credited_the_difference(scene: Any) -> None:
    c, event = scene.community, scene.open()
    scene.stay(event, 0, 120)
    assert scene.do(attendance.confirm, event, 130).people == 1
    hers = queries.attendance_of(scene.session, event.id, c.wang)
    hers.state, hers.minutes = AttendanceState.TO_CONFIRM, 60  # later scans told so
    scene.session.flush()
    assert scene.do(attendance.confirm, event, 140).minutes == 60
    assert balances(scene.session, c.wang)[MINUTES] == 60
    scene.session.refresh(hers)
    assert (hers.state, hers.credits) == (AttendanceState.CREDITED, 2)
