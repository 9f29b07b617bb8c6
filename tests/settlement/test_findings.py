"""The review list, and a reviewer's word on it."""

from dataclasses import replace
from typing import Any

import pytest
from joint import household
from settlement.cases import adopt, as_member, hold, of, spend
from sqlmodel import col, select

from pointsbank.attendance import operations as attendance
from pointsbank.attendance.door import note_refusal
from pointsbank.attendance.history import PastAttendance
from pointsbank.attendance.models import Scan
from pointsbank.attendance.queries import attendance_of
from pointsbank.attendance.rules import EventOver, ScanKind
from pointsbank.core.actor import SYSTEM
from pointsbank.earning.rules import DeedCategory
from pointsbank.events import operations as events
from pointsbank.events.operations import PastEvent
from pointsbank.hours.rules import HourTerms, Way
from pointsbank.ledger.rules import MINUTES
from pointsbank.settlement import operations
from pointsbank.settlement.findings import Finding, findings
from pointsbank.settlement.rules import FindingKind, NoSuchFinding, OwnHours, PointsSpent


def held(scene: Any, *spans: tuple[float, float], org_id: int = 0) -> list[int]:
    """Events of these spans, in minutes from nine."""
    org_id = org_id or scene.community.community
    rows = [
        PastEvent(
            org_id, f"活动{n}", DeedCategory.PATROL, f"地点{n}", scene.at(start), scene.at(end)
        )
        for n, (start, end) in enumerate(spans)
    ]
    return events.record_events(scene.session, SYSTEM, rows, at=scene.at(0))


def came(scene: Any, member_id: int, event_id: int, start: float, end: float) -> None:
    stay = PastAttendance(event_id, member_id, scene.at(start), scene.at(end))
    attendance.record_attendances(scene.session, SYSTEM, [stay], at=scene.at(0))


def found(scene: Any, actor: Any = None) -> list[tuple[str, str, str]]:
    listed = findings(scene.session, actor or scene.community.reviewer, scene.at(2000))
    return [(one.kind.value, one.subject, one.name) for one in listed]


def word(scene: Any, one: Finding, **given: Any) -> Finding:
    asked = {
        "kind": one.kind, "subject": one.subject, "word": "已问过本人", "accept": False,
        "at": scene.at(2000),
    } | given  # fmt: skip
    actor = asked.pop("actor", scene.community.reviewer)
    return operations.review(scene.session, actor, **asked)


def test_one_person_in_two_places_is_found_and_coming_early_is_not(scene: Any) -> None:
    c = scene.community
    adopt(scene)
    early, late, third = held(scene, (0, 120), (120, 240), (60, 180))
    came(scene, c.wang, early, 0, 125)
    came(scene, c.wang, late, 110, 240)
    assert found(scene) == []
    came(scene, c.wang, third, 60, 90)
    first, other = of_event(scene, early, c.wang), of_event(scene, third, c.wang)
    assert found(scene) == [("overlap", f"{first}:{other}", "王桂芳")]
    [one] = findings(scene.session, c.secretary, scene.at(2000))
    assert {one.title, one.other_title} == {"活动0", "活动2"}
    assert found(scene, c.stranger) == []
    assert findings(scene.session, c.reviewer, scene.at(91 * 24 * 60)) == []


def of_event(scene: Any, event_id: int, member_id: int) -> int:
    one = attendance_of(scene.session, event_id, member_id)
    assert one is not None
    return int(one.id or 0)


def test_more_than_sixteen_hours_in_a_day_is_found_by_the_days_of_the_service(scene: Any) -> None:
    c = scene.community
    adopt(scene, HourTerms(most_minutes=1440), org_id=c.community)
    # From midnight of the 21st: 8 + 8 + 1 hours, and 12 hours on the 20th, an hour before midnight.
    spans = [(-540, -60), (-60, 420), (430, 490), (-1260, -545)]
    for event_id, (start, end) in zip(held(scene, *spans), spans, strict=True):
        came(scene, c.li, event_id, start, end)
        if (start, end) != (430, 490):
            came(scene, c.zhao, event_id, start, end)
    assert found(scene) == [("long_day", f"{c.li}:2026-11-21", "李建国")]
    [one] = findings(scene.session, c.reviewer, scene.at(2000))
    assert one.minutes == 1020


def test_who_scanned_herself_as_staff_is_found(scene: Any) -> None:
    c = scene.community
    adopt(scene)
    event = scene.open()
    hers = replace(c.volunteer, grants=c.organiser.grants)
    scene.scan(attendance.check_in, event, 0, actor=hers, member_id=c.wang, way=Way.ORGANISER)
    scene.scan(attendance.check_in, event, 0, actor=hers, member_id=c.li, way=Way.ORGANISER)
    assert found(scene) == [("self_credit", f"{event.id}:{c.wang}", "王桂芳")]


def phone_scans(scene: Any, event: Any, device: str, *people: int) -> None:
    for member_id in people:
        scan = {"actor": as_member(member_id), "device": device}
        scene.scan(attendance.check_in, event, 0, **scan)


def test_one_phone_that_checks_in_three_people_is_asked_about(scene: Any) -> None:
    c = scene.community
    adopt(scene)
    event = scene.open()
    phone_scans(scene, event, "one", c.wang, c.li)
    phone_scans(scene, event, "another", c.sun, c.chen)
    assert found(scene) == [], "two on one phone are a couple"
    scene.scan(attendance.check_out, event, 60, actor=as_member(c.sun), device="one")
    [one] = findings(scene.session, c.reviewer, scene.at(2000))
    assert (one.kind, one.name, one.one_household) == (FindingKind.SHARED_PHONE, "王桂芳", False)
    assert one.others == ((c.li, "李建国"), (c.sun, "孙立军"))
    assert found(scene, c.stranger) == []
    with pytest.raises(OwnHours):
        word(scene, one, actor=replace(c.reviewer, member_id=c.sun))
    word(scene, one)
    assert found(scene) == []


def test_the_same_phone_at_another_event_is_another(scene: Any) -> None:
    c = scene.community
    adopt(scene)
    for event, people in ((scene.open(), (c.wang, c.li)), (scene.open(), (c.zhao, c.sun))):
        phone_scans(scene, event, "one", *people)
    assert found(scene) == []
    marks = {row for (row,) in scene.session.execute(select(col(Scan.device_mark)))}
    assert len(marks) == 2
    assert {len(mark) for mark in marks} == {8}


def test_a_family_with_one_phone_is_shown_as_what_it_is(scene: Any) -> None:
    c = scene.community
    adopt(scene)
    household(scene.session, c.wang, c.li, c.chen)
    event = scene.open()
    phone_scans(scene, event, "one", c.wang, c.li, c.chen)
    [one] = findings(scene.session, c.reviewer, scene.at(2000))
    assert (one.kind, one.one_household) == (FindingKind.SHARED_PHONE, True)


def test_who_is_checked_in_by_staff_has_no_phone_to_be_asked_about(scene: Any) -> None:
    c = scene.community
    adopt(scene)
    event = scene.open()
    for member_id in (c.wang, c.li, c.chen):
        given = {"actor": c.organiser, "member_id": member_id, "way": Way.COMPANION}
        scene.scan(attendance.check_in, event, 0, **given)
    assert found(scene) == []


def test_a_word_takes_it_off_the_list_once(scene: Any) -> None:
    c = scene.community
    adopt(scene)
    event = scene.open()
    hers = replace(c.volunteer, grants=c.organiser.grants)
    scene.scan(attendance.check_in, event, 0, actor=hers, member_id=c.wang, way=Way.ORGANISER)
    [one] = findings(scene.session, c.reviewer, scene.at(2000))
    for kind, subject in ((FindingKind.OVERLAP, one.subject), (one.kind, "0:0")):
        with pytest.raises(NoSuchFinding):
            word(scene, replace(one, kind=kind, subject=subject))
    with pytest.raises(NoSuchFinding):
        word(scene, one, actor=c.stranger)
    with pytest.raises(OwnHours):
        word(scene, one, actor=replace(c.reviewer, member_id=c.wang))
    assert word(scene, one) == one
    assert found(scene) == []
    with pytest.raises(NoSuchFinding):
        word(scene, one)


def late_scan(scene: Any, member_id: int) -> tuple[Any, Finding]:
    """She checked in, and her check-out at 10:30 was heard of only after the event's close."""
    event = scene.open()
    actor = as_member(member_id)
    scene.scan(attendance.check_in, event, 0, actor=actor)
    scene.do(attendance.close_event, event, 155)
    note_refusal(
        scene.session, actor, EventOver(), code=event.code, claimed_at=scene.at(90),
        at=scene.at(160), kind=ScanKind.OUT,
    )  # fmt: skip
    [one] = findings(scene.session, scene.community.reviewer, scene.at(2000))
    return event, one


def test_a_late_scan_counts_once_a_reviewer_says_so(scene: Any) -> None:
    c = scene.community
    adopt(scene)
    event, one = late_scan(scene, c.wang)
    assert (one.kind, one.scanned_at) == (FindingKind.LATE_SCAN, scene.at(90))
    word(scene, one, accept=True)
    assert (of(scene, event, c.wang).minutes, hold(scene, c.wang, MINUTES)) == (90, 90)
    assert found(scene) == []


def test_a_late_scan_does_not_change_what_somebody_settled_and_the_list_says_so(
    scene: Any,
) -> None:
    c = scene.community
    adopt(scene)
    event, one = late_scan(scene, c.wang)
    hers = of(scene, event, c.wang)
    assert (one.attendance_id, one.set_by_hand) == (hers.id, False)
    operations.settle(
        scene.session, c.organiser, event_id=event.id, minutes={hers.id: 60}, key="settled",
        at=scene.at(200),
    )  # fmt: skip
    [again] = findings(scene.session, c.reviewer, scene.at(2000))
    assert again.set_by_hand
    word(scene, again, accept=True)
    assert hold(scene, c.wang, MINUTES) == 60


def test_a_late_scan_that_would_take_back_what_is_spent_is_refused_and_stays(scene: Any) -> None:
    c = scene.community
    adopt(scene)
    event = scene.open()
    scene.stay(event, 0, 100)  # 16 points
    scene.do(attendance.close_event, event, 155)
    spend(scene, c.wang, 16)
    note_refusal(
        scene.session, as_member(c.wang), EventOver(), code=event.code, claimed_at=scene.at(30),
        at=scene.at(160), kind=ScanKind.OUT,
    )  # fmt: skip
    [one] = findings(scene.session, c.reviewer, scene.at(2000))
    with pytest.raises(PointsSpent), scene.session.begin_nested():
        word(scene, one, accept=True)
    assert found(scene) == [("late_scan", one.subject, "王桂芳")]
    assert hold(scene, c.wang, MINUTES) == 100
    word(scene, one)


def test_a_late_scan_that_is_not_accepted_changes_nothing(scene: Any) -> None:
    c = scene.community
    adopt(scene)
    event, one = late_scan(scene, c.wang)
    word(scene, one)
    assert of(scene, event, c.wang).minutes is None
    assert found(scene) == []
