"""Settling missed check-outs, correcting hours, approving what is over a day's tier."""

from dataclasses import replace
from typing import Any

import pytest
from settlement.cases import AT_CHECK_OUT, adopt, as_member, hold, key, of, settled_event, spend
from sqlmodel import col, select

from pointsbank.attendance import operations as attendance
from pointsbank.attendance.rules import AttendanceState
from pointsbank.core.actor import SYSTEM
from pointsbank.core.audit import AuditEntry
from pointsbank.core.errors import Forbidden
from pointsbank.events.rules import EventNotFound, KeyReused
from pointsbank.ledger.operations import close_period
from pointsbank.ledger.queries import totals_by_member, transfers_of
from pointsbank.ledger.rules import DEFAULT_UNITS, MINUTES, MORALITY, SpentReversal
from pointsbank.ledger.verify import verify
from pointsbank.members.models import Member
from pointsbank.settlement import operations, queries
from pointsbank.settlement.models import HourChange
from pointsbank.settlement.rules import (
    AlreadySettled,
    LongerThanActivity,
    MoreThanHeld,
    NoSuchAttendance,
    NothingHeld,
    NotOverYet,
    OwnHours,
    PointsSpent,
    Tier,
)


def settle(scene: Any, event: Any, minutes: dict[int, int], **given: Any) -> int:
    asked = {"actor": scene.community.organiser, "key": key(), "at": scene.at(160)} | given
    actor = asked.pop("actor")
    return operations.settle(scene.session, actor, event_id=event.id, minutes=minutes, **asked)


def correct(scene: Any, attendance_id: int, minutes: int, **given: Any) -> Any:
    asked = {
        "actor": scene.community.reviewer, "reason": "签到表写错了", "key": key(),
        "at": scene.at(200),
    } | given  # fmt: skip
    actor = asked.pop("actor")
    return operations.correct(
        scene.session, actor, attendance_id=attendance_id, minutes=minutes, **asked
    )


def test_who_never_checked_out_is_suggested_hours_and_credited_what_the_organiser_settles(
    scene: Any,
) -> None:
    adopt(scene)
    event, wang = settled_event(scene), scene.community.wang
    [found] = queries.unsettled(scene.session, event)
    assert (found.name, found.suggestion.by_end, found.suggestion.by_others) == ("王桂芳", 150, 90)
    one = of(scene, event, wang)
    assert settle(scene, event, {one.id: found.suggestion.best}) == 1
    assert (one.state, one.minutes, one.why) == (AttendanceState.CREDITED, 90, [["settled", 90]])
    assert (hold(scene, wang, MINUTES), hold(scene, wang, MORALITY)) == (90, 15)
    day = scene.at(0).date()
    sources = {
        total.category: total.net_amount
        for total in totals_by_member(scene.session, since=day, until=day)
        if (total.member_id, total.unit) == (wang, MINUTES)
    }
    assert sources == {"supplemented": 90}, "nobody scanned them"
    assert queries.unsettled(scene.session, event) == []


def test_settling_is_written_down_and_a_repeat_is_an_answer(scene: Any) -> None:
    adopt(scene)
    event = settled_event(scene)
    one = of(scene, event, scene.community.wang)
    assert settle(scene, event, {one.id: 80}, key="one-tap") == 1
    assert settle(scene, event, {one.id: 80}, key="one-tap") == 0
    [change] = scene.session.execute(select(HourChange)).scalars()
    assert (change.kind, change.minutes_before, change.minutes_after) == ("settled", 0, 80)
    entry = scene.session.execute(
        select(AuditEntry).where(col(AuditEntry.action) == "settlement.settled")
    ).scalar_one()
    assert entry.facts == {"attendances": [one.id], "before": 0, "after": 80}


def test_settled_at_nothing_she_gets_nothing_and_reads_why(scene: Any) -> None:
    adopt(scene)
    event = settled_event(scene)
    one = of(scene, event, scene.community.wang)
    settle(scene, event, {one.id: 0})
    assert (one.state, one.why) == (AttendanceState.NOTHING, [["settled", 0]])
    assert transfers_of(scene.session, "attendance", one.id) == []


def test_settling_refuses_in_order(scene: Any) -> None:
    adopt(scene)
    c = scene.community
    event = settled_event(scene)
    wang, li = of(scene, event, c.wang), of(scene, event, c.li)
    running = scene.open()
    settle(scene, event, {}, key="taken-not")  # nobody: an answer, and the key stays free
    with pytest.raises(EventNotFound):
        operations.settle(
            scene.session, c.organiser, event_id=0, minutes={0: 9999}, key=key(), at=scene.at(1)
        )
    with pytest.raises(Forbidden):
        settle(scene, event, {0: 9999}, actor=c.stranger)
    hers = replace(c.organiser, member_id=c.wang)
    with pytest.raises(NotOverYet):
        settle(scene, running, {0: 9999}, actor=hers)
    with pytest.raises(NoSuchAttendance):
        settle(scene, event, {0: 9999, wang.id: 9999}, actor=hers)
    with pytest.raises(OwnHours):
        settle(scene, event, {li.id: 9999, wang.id: 9999}, actor=hers)
    scene.session.get_one(Member, c.li).merged_into_id = c.wang  # one person's two records
    with pytest.raises(OwnHours):
        settle(scene, event, {li.id: 9999}, actor=hers)
    with pytest.raises(AlreadySettled):
        settle(scene, event, {li.id: 9999})
    with pytest.raises(LongerThanActivity):
        settle(scene, event, {wang.id: 151})
    assert settle(scene, event, {wang.id: 150}, key="mine") == 1
    with pytest.raises(KeyReused):
        settle(scene, event, {wang.id: 120}, key="mine")


def test_a_correction_takes_back_the_difference_and_refers_to_what_it_corrects(scene: Any) -> None:
    adopt(scene)
    c = scene.community
    event = settled_event(scene)
    one = of(scene, event, c.sun)  # 100 minutes, 16 points
    assert (hold(scene, c.sun, MINUTES), hold(scene, c.sun, MORALITY)) == (100, 16)
    correct(scene, one.id, 30)
    assert (hold(scene, c.sun, MINUTES), hold(scene, c.sun, MORALITY)) == (30, 5)
    assert one.why == [["corrected", 30]]
    entries = transfers_of(scene.session, "attendance", one.id)
    by_id = {entry.id: entry for entry in entries}
    taken = [(e.unit, e.amount, by_id[e.reverses].unit) for e in entries if e.reverses]
    assert sorted(taken)[:2] == [("minutes", 70, "minutes"), ("morality", 11, "morality")]
    assert verify(scene.session).fault is None


def test_a_correction_upwards_comes_from_what_is_supplemented(scene: Any) -> None:
    adopt(scene)
    c = scene.community
    event = settled_event(scene)
    one = of(scene, event, c.li)
    correct(scene, one.id, 120)
    assert (hold(scene, c.li, MINUTES), hold(scene, c.li, MORALITY)) == (120, 20)
    day = scene.at(0).date()
    sources = {
        total.category: total.net_amount
        for total in totals_by_member(scene.session, since=day, until=day)
        if (total.member_id, total.unit) == (c.li, MINUTES)
    }
    assert sources == {"scanned": 60, "supplemented": 60}
    correct(scene, one.id, 0)
    assert (one.state, hold(scene, c.li, MINUTES), hold(scene, c.li, MORALITY)) == (
        AttendanceState.NOTHING, 0, 0,
    )  # fmt: skip
    correct(scene, one.id, 45)
    assert (hold(scene, c.li, MINUTES), hold(scene, c.li, MORALITY)) == (45, 7)


def test_corrected_twice_with_one_key_is_corrected_once(scene: Any) -> None:
    adopt(scene)
    c = scene.community
    one = of(scene, settled_event(scene), c.sun)
    for _ in "12":
        correct(scene, one.id, 40, key="twice")
    assert hold(scene, c.sun, MINUTES) == 40
    with pytest.raises(KeyReused):
        correct(scene, one.id, 50, key="twice")


def test_what_a_closed_period_held_is_corrected_in_the_open_one(scene: Any) -> None:
    adopt(scene)
    c = scene.community
    event = settled_event(scene)
    sun, wang = of(scene, event, c.sun), of(scene, event, c.wang)
    day = scene.at(0).date()
    close_period(scene.session, SYSTEM, until=day, at=scene.at(24 * 60))
    later = scene.at(24 * 60)
    correct(scene, sun.id, 40, at=later)
    operations.settle(
        scene.session, c.organiser, event_id=event.id, minutes={wang.id: 90}, key=key(), at=later
    )
    dated = {
        entry.effective_on
        for one in (sun, wang)
        for entry in transfers_of(scene.session, "attendance", one.id)
    }
    assert dated == {day, later.date()}
    assert (hold(scene, c.sun, MINUTES), hold(scene, c.wang, MINUTES)) == (40, 90)


def test_corrections_refuse_in_order(scene: Any) -> None:
    adopt(scene)
    c = scene.community
    event = settled_event(scene)
    one = of(scene, event, c.sun)
    running = scene.open()
    scene.scan(attendance.check_in, running, 0)
    with pytest.raises(NoSuchAttendance):
        correct(scene, 0, 9999, actor=c.organiser)
    with pytest.raises(Forbidden):
        correct(scene, one.id, 9999, actor=c.organiser)
    with pytest.raises(OwnHours):
        correct(scene, one.id, 9999, actor=replace(c.reviewer, member_id=c.sun))
    with pytest.raises(NotOverYet):
        correct(scene, of(scene, running, c.wang).id, 9999)
    with pytest.raises(LongerThanActivity):
        correct(scene, one.id, 151)


TIERS = replace(AT_CHECK_OUT, day_minutes=60, parent_minutes=100)


def approve(scene: Any, attendance_id: int, tier: Tier, minutes: int, **given: Any) -> Any:
    asked = {"reason": "情况属实", "key": key(), "at": scene.at(300)} | given
    actor = asked.pop("actor", scene.community.official)
    return operations.approve_held(
        scene.session, actor, attendance_id=attendance_id, tier=tier, minutes=minutes, **asked
    )


def test_over_a_days_tier_the_organisation_above_approves_and_the_one_above_it_the_rest(
    scene: Any,
) -> None:
    adopt(scene, TIERS)
    c = scene.community
    event = scene.open()
    scene.stay(event, 0, 150)
    one = of(scene, event, c.wang)
    assert (one.minutes, one.held_minutes) == (60, 90)
    assert one.why == [["for_parent", 40], ["for_above", 50]]
    assert [(h.tier, h.minutes) for h in queries.held_for(scene.session, c.official)] == [
        (Tier.PARENT, 40)
    ], "the street is the community's parent; the county approves the rest"
    assert queries.held_for(scene.session, c.reviewer) == []
    for _ in "12":
        approve(scene, one.id, Tier.PARENT, 30, key="again")
    assert (one.minutes, one.held_minutes, hold(scene, c.wang, MINUTES)) == (90, 50, 90)
    assert one.why == [["for_above", 50], ["approved", 30], ["not_approved", 10]]
    approve(scene, one.id, Tier.ABOVE, 50, actor=SYSTEM)
    assert (one.minutes, one.held_minutes, hold(scene, c.wang, MINUTES)) == (140, 0, 140)
    assert one.why == [["approved", 80], ["not_approved", 10]]
    scene.stay(second := scene.open(), 0, 100)
    other = of(scene, second, c.wang)
    with pytest.raises(KeyReused):
        approve(scene, other.id, Tier.PARENT, 1, key="again")


def test_another_activity_of_the_day_goes_on_where_the_first_ended(scene: Any) -> None:
    adopt(scene, TIERS)
    c = scene.community
    for came in (0, 50):
        event = scene.open()
        scene.stay(event, came, came + 40)
    one = of(scene, event, c.wang)
    assert (one.minutes, one.why) == (20, [["for_parent", 20]])


def test_approvals_refuse_in_order(scene: Any) -> None:
    adopt(scene, TIERS)
    c = scene.community
    event = scene.open()
    scene.stay(event, 0, 100)
    one = of(scene, event, c.wang)
    with pytest.raises(NoSuchAttendance):
        approve(scene, 0, Tier.ABOVE, 9999, actor=c.reviewer)
    with pytest.raises(Forbidden):
        approve(scene, one.id, Tier.PARENT, 9999, actor=c.reviewer)
    with pytest.raises(OwnHours):
        approve(scene, one.id, Tier.PARENT, 9999, actor=replace(c.official, member_id=c.wang))
    with pytest.raises(NothingHeld):
        approve(scene, one.id, Tier.ABOVE, 9999, actor=SYSTEM)
    with pytest.raises(MoreThanHeld):
        approve(scene, one.id, Tier.PARENT, 41)


def test_what_a_day_refused_entirely_can_still_be_approved(scene: Any) -> None:
    adopt(scene, TIERS)
    c = scene.community
    for came in (0, 65):
        event = scene.open()
        scene.stay(event, came, came + 60)
    one = of(scene, event, c.wang)
    assert (one.state, one.minutes, one.held_minutes) == (AttendanceState.NOTHING, 0, 60)
    approve(scene, one.id, Tier.PARENT, 40)
    assert (one.state, hold(scene, c.wang, MINUTES)) == (AttendanceState.CREDITED, 100)


def test_a_days_tier_holds_settled_hours_too(scene: Any) -> None:
    adopt(scene, TIERS)
    c = scene.community
    scene.stay(scene.open(), 0, 40)
    event = scene.open()
    scene.scan(attendance.check_in, event, 10)
    scene.do(attendance.close_event, event, 155)
    one = of(scene, event, c.wang)
    settle(scene, event, {one.id: 50})
    assert (one.minutes, one.held_minutes, hold(scene, c.wang, MINUTES)) == (20, 30, 60)


@pytest.fixture(params=SpentReversal)
def policy(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> SpentReversal:
    """What a bank's units do about points that are spent; it is asked for before the scene."""
    units = tuple(replace(unit, spent_reversal=request.param) for unit in DEFAULT_UNITS)
    monkeypatch.setattr("pointsbank.ledger.units.DEFAULT_UNITS", units)
    return SpentReversal(request.param)


def test_a_correction_of_points_that_are_spent_follows_the_units_policy(
    policy: SpentReversal, scene: Any
) -> None:
    adopt(scene)
    c = scene.community
    event = settled_event(scene)
    one = of(scene, event, c.sun)  # 100 minutes, 16 points
    spend(scene, c.sun, 14)
    correct(scene, one.id, 90)  # 1 point less: she still has it
    assert (hold(scene, c.sun, MINUTES), hold(scene, c.sun, MORALITY)) == (90, 1)
    if policy is SpentReversal.DEBT:
        correct(scene, one.id, 30)
        assert (hold(scene, c.sun, MINUTES), hold(scene, c.sun, MORALITY)) == (30, -9)
        scene.stay(later := scene.open(), 0, 120, actor=as_member(c.sun))
        assert of(scene, later, c.sun).minutes == 120
        assert hold(scene, c.sun, MORALITY) == 11, "what she earns repays it"
    else:
        with pytest.raises(PointsSpent), scene.session.begin_nested():
            correct(scene, one.id, 30)
        scene.session.refresh(one)
        assert (one.minutes, hold(scene, c.sun, MINUTES)) == (90, 90)
        assert hold(scene, c.sun, MORALITY) == 1
        assert len(queries.file_of(scene.session, c.reviewer, one.id).changes) == 1
    assert verify(scene.session).fault is None
