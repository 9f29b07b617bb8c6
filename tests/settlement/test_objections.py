"""The volunteer's objection, answered by a second person."""

from dataclasses import replace
from typing import Any

import pytest
from settlement.cases import adopt, as_member, hold, key, of, settled_event

from pointsbank.attendance import operations as attendance
from pointsbank.core.errors import Forbidden
from pointsbank.events.rules import KeyReused
from pointsbank.ledger.rules import MINUTES
from pointsbank.settlement import operations, queries
from pointsbank.settlement.rules import (
    AlreadyAnswered,
    AnswerState,
    LongerThanActivity,
    NoSuchAttendance,
    NoSuchObjection,
    NotOverYet,
    ObjectionOpen,
    OwnHours,
    SamePerson,
)


def objects(scene: Any, attendance_id: int, **given: Any) -> Any:
    asked = {
        "actor": scene.community.volunteer, "text": "我一直干到最后", "wanted_minutes": 150,
        "key": key(), "at": scene.at(300),
    } | given  # fmt: skip
    actor = asked.pop("actor")
    return operations.object_to(scene.session, actor, attendance_id=attendance_id, **asked)


def answers(scene: Any, objection_id: int, minutes: int | None, **given: Any) -> Any:
    asked = {
        "actor": scene.community.reviewer, "answer": "组织者证明属实", "at": scene.at(400),
    } | given  # fmt: skip
    actor = asked.pop("actor")
    return operations.answer_objection(
        scene.session, actor, objection_id=objection_id, minutes=minutes, **asked
    )


def settled(scene: Any) -> Any:
    """王's attendance, settled at 90 minutes by the organiser."""
    adopt(scene)
    event = settled_event(scene)
    one = of(scene, event, scene.community.wang)
    operations.settle(
        scene.session, scene.community.organiser, event_id=event.id, minutes={one.id: 90},
        key=key(), at=scene.at(160),
    )  # fmt: skip
    return one


def test_an_objection_is_answered_by_a_second_person_and_corrects_the_hours(scene: Any) -> None:
    one, c = settled(scene), scene.community
    made = objects(scene, one.id)
    [(waiting, _, _, name)] = queries.open_objections(scene.session, c.reviewer)
    assert (waiting.id, name) == (made.id, "王桂芳")
    for _ in "12":
        done = answers(scene, made.id, 140)
    assert (done.state, done.answer) == (AnswerState.GRANTED, "组织者证明属实")
    assert (one.minutes, hold(scene, c.wang, MINUTES)) == (140, 140)
    assert queries.open_objections(scene.session, c.reviewer) == []
    file = queries.file_of(scene.session, c.volunteer, one.id)
    assert [change.kind for change in file.changes] == ["settled", "objection"]
    assert file.changes[1].reason == "组织者证明属实"


def test_an_objection_that_is_not_granted_leaves_the_hours_and_says_why(scene: Any) -> None:
    one = settled(scene)
    made = objects(scene, one.id, wanted_minutes=None)
    done = answers(scene, made.id, None, answer="签到表上只到十点半")
    assert (done.state, one.minutes) == (AnswerState.REFUSED, 90)
    again = objects(scene, one.id, text="还是不对")
    assert again.state is AnswerState.OPEN


def test_objecting_refuses_in_order(scene: Any) -> None:
    one, c = settled(scene), scene.community
    running = scene.open()
    scene.scan(attendance.check_in, running, 0)
    present = of(scene, running, c.wang)
    for nobodys in (0, one.id):
        with pytest.raises(NoSuchAttendance):
            objects(scene, nobodys, actor=c.other_volunteer, wanted_minutes=9999)
    with pytest.raises(NoSuchAttendance):
        objects(scene, one.id, actor=c.organiser)
    made = objects(scene, one.id, key="first")
    assert objects(scene, one.id, key="first").id == made.id
    with pytest.raises(KeyReused):
        objects(scene, present.id, key="first", wanted_minutes=9999)
    with pytest.raises(NotOverYet):
        objects(scene, present.id, wanted_minutes=9999)
    with pytest.raises(ObjectionOpen):
        objects(scene, one.id, wanted_minutes=9999)
    answers(scene, made.id, None)
    with pytest.raises(LongerThanActivity):
        objects(scene, one.id, wanted_minutes=151)


def test_answering_refuses_in_order(scene: Any) -> None:
    one, c = settled(scene), scene.community
    made = objects(scene, one.id)
    with pytest.raises(NoSuchObjection):
        answers(scene, 0, 9999, actor=c.stranger)
    with pytest.raises(Forbidden):
        answers(scene, made.id, 9999, actor=c.stranger)
    with pytest.raises(OwnHours):
        answers(scene, made.id, 9999, actor=replace(c.organiser, member_id=c.wang))
    with pytest.raises(SamePerson):
        answers(scene, made.id, 9999, actor=c.organiser)
    with pytest.raises(LongerThanActivity):
        answers(scene, made.id, 151)
    answers(scene, made.id, None)
    with pytest.raises(AlreadyAnswered):
        answers(scene, made.id, 9999)
    with pytest.raises(AlreadyAnswered):
        answers(scene, made.id, None, actor=c.secretary)


def test_hours_that_the_door_counted_may_be_answered_by_the_organiser(scene: Any) -> None:
    adopt(scene)
    c = scene.community
    one = of(scene, settled_event(scene), c.li)
    made = objects(scene, one.id, actor=as_member(c.li), wanted_minutes=None)
    assert answers(scene, made.id, 70, actor=c.organiser).state is AnswerState.GRANTED
    assert hold(scene, c.li, MINUTES) == 70


def test_her_hours_are_hers_to_see_and_those_who_settle(scene: Any) -> None:
    one, c = settled(scene), scene.community
    assert queries.file_of(scene.session, c.volunteer, one.id).is_own
    assert not queries.file_of(scene.session, c.official, one.id).is_own
    with pytest.raises(NoSuchAttendance):
        queries.file_of(scene.session, c.volunteer, 0)
    for nobody in (c.other_volunteer, c.stranger):
        with pytest.raises(Forbidden):
            queries.file_of(scene.session, nobody, one.id)
    [hours] = queries.my_hours(scene.session, c.wang)
    assert (hours.attendance.id, hours.objection, hours.cuts[0].minutes) == (one.id, None, 90)
    assert queries.count_of_hours(scene.session, c.wang) == 1
