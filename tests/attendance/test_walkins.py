"""Walk-ins: name and phone sealed, matched or dismissed once, forgotten with the person."""

from typing import Any

import pytest
from attendance.test_batch import Door
from sqlmodel import select

from pointsbank.attendance import person, walkins
from pointsbank.attendance.models import WalkIn
from pointsbank.attendance.operations import (
    close_event,
    dismiss_walk_in,
    match_walk_in,
    note_walk_in,
    walk_in_left,
)
from pointsbank.attendance.rules import PhoneInvalid, Verdict, WalkInNotFound, WalkInSettled
from pointsbank.core.errors import Forbidden
from pointsbank.events.rules import EventNotFound, KeyReused
from pointsbank.hours.rules import Way
from pointsbank.ledger.queries import balances
from pointsbank.ledger.rules import MINUTES
from pointsbank.members.models import Member
from pointsbank.members.rules import NoSuchMember

WANG = "13800000001"


@pytest.fixture
def door(scene: Any) -> Door:
    return Door(scene, scene.open())


def note(scene: Any, door: Door, minutes: float = 5, **given: Any) -> WalkIn:
    asked: dict[str, Any] = {"name": "王阿姨", "phone": WANG, "key": "walk-1"}
    return note_walk_in(
        scene.session, scene.community.organiser, event_id=door.event.id,
        at=scene.at(minutes), **(asked | given),
    )  # fmt: skip


def number(scene: Any, member_id: int) -> str:
    return str(scene.session.get_one(Member, member_id).number)


def test_a_walk_in_is_sealed_found_by_her_phone_and_matched(scene: Any, door: Door) -> None:
    c, organiser = scene.community, scene.community.organiser
    noted = note(scene, door)
    assert note(scene, door, 9).id == noted.id
    row = scene.session.get_one(WalkIn, noted.id)
    assert "王阿姨".encode() not in row.name_sealed
    assert WANG.encode() not in row.phone_sealed
    [one] = walkins.unmatched(scene.session, door.event.id)
    assert (one.name, one.phone, one.likely.id) == ("王阿姨", "138****0001", c.wang)
    for _ in range(2):
        walk_in_left(scene.session, organiser, walk_in_id=noted.id, at=scene.at(65))
    taken = match_walk_in(
        scene.session, organiser, walk_in_id=noted.id, number=number(scene, c.wang),
        at=scene.at(70),
    )  # fmt: skip
    assert [one.verdict for one in taken] == [Verdict.CHECKED_IN, Verdict.CHECKED_OUT]
    attendance = door.attendance(c.wang)
    assert attendance
    assert (attendance.minutes, attendance.way) == (60, Way.ROSTER)
    assert balances(scene.session, c.wang)[MINUTES] == 60
    assert (row.name_sealed, row.phone_sealed, row.phone_digest) == (None, None, None)
    assert (row.member_id, row.settled_at) == (c.wang, scene.at(70))
    assert walkins.unmatched(scene.session, door.event.id) == []


def test_a_dismissed_walk_in_leaves_no_name(scene: Any, door: Door) -> None:
    noted = note(scene, door, phone="13900000009")
    [one] = walkins.unmatched(scene.session, door.event.id)
    assert one.likely is None
    dismiss_walk_in(scene.session, scene.community.organiser, walk_in_id=noted.id, at=scene.at(9))
    assert (noted.name_sealed, noted.member_id) == (None, None)


def test_walk_ins_are_refused_fault_by_fault(scene: Any, door: Door) -> None:
    c = scene.community
    asked: dict[str, Any] = {
        "event_id": 0, "name": "某某", "phone": "123", "key": "walk-9", "at": scene.at(1),
    }  # fmt: skip
    for refusal, actor, mended in (
        (EventNotFound, c.stranger, {"event_id": door.event.id}),
        (Forbidden, c.stranger, {}),
        (PhoneInvalid, c.organiser, {"phone": "13900000009"}),
    ):
        with pytest.raises(refusal):
            note_walk_in(scene.session, actor, **asked)
        asked |= mended
    noted = note_walk_in(scene.session, c.organiser, **asked)
    with pytest.raises(KeyReused):
        note_walk_in(scene.session, c.organiser, **(asked | {"phone": WANG}))
    given: dict[str, Any] = {"walk_in_id": 0, "number": "x", "at": scene.at(9)}
    for refusal, actor, mended in (
        (WalkInNotFound, c.stranger, {"walk_in_id": noted.id}),
        (Forbidden, c.stranger, {}),
        (NoSuchMember, c.organiser, {"number": number(scene, c.zhou)}),
        (NoSuchMember, c.organiser, {"number": number(scene, c.chen)}),
    ):
        with pytest.raises(refusal):
            match_walk_in(scene.session, actor, **given)
        given |= mended
    match_walk_in(scene.session, c.organiser, **given)
    for verb in (walk_in_left, dismiss_walk_in):
        with pytest.raises(WalkInSettled):
            verb(scene.session, c.organiser, walk_in_id=noted.id, at=scene.at(9))


def test_a_walk_in_matched_after_the_close_waits_for_review(scene: Any, door: Door) -> None:
    noted = note(scene, door)
    scene.do(close_event, door.event, 160)
    [taken] = match_walk_in(
        scene.session, scene.community.organiser, walk_in_id=noted.id,
        number=number(scene, scene.community.wang), at=scene.at(170),
    )  # fmt: skip
    assert taken.verdict is Verdict.IN_REVIEW


def test_who_is_erased_is_forgotten_among_the_walk_ins(scene: Any, door: Door) -> None:
    noted = note(scene, door)
    person.erase(scene.session, scene.community.wang, scene.at(90))
    scene.session.expire_all()
    row = scene.session.execute(select(WalkIn)).scalar_one()
    assert (row.id, row.name_sealed, row.phone_digest) == (noted.id, None, None)
    assert row.settled_at
