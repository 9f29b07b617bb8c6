"""Check-in and check-out: repeats are answers, refusals come in order, two threads credit once."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import date
from random import Random
from typing import Any

import pytest
from community import build
from sqlmodel import func, select

from pointsbank.attendance import operations as attendance
from pointsbank.attendance import queries
from pointsbank.attendance.door import find
from pointsbank.attendance.models import Attendance, Scan
from pointsbank.attendance.operations import check_in, check_out
from pointsbank.attendance.rules import (
    AttendanceState,
    CodeUnknown,
    EventCancelled,
    EventOver,
    NotAVolunteer,
    NotBegun,
    NotCheckedIn,
    Verdict,
    fold,
)
from pointsbank.core.actor import SYSTEM
from pointsbank.core.database import Database, snapshot, transaction
from pointsbank.core.errors import Forbidden, Refused
from pointsbank.events import operations
from pointsbank.events.rules import KeyReused
from pointsbank.hours import operations as hours
from pointsbank.hours.rules import Credit, HourTerms, Way
from pointsbank.ledger.queries import balances
from pointsbank.ledger.rules import MINUTES
from tests.statements import noting

TODAY = date(2026, 11, 21)


def scans(scene: Any) -> int:
    return int(scene.session.execute(select(func.count()).select_from(Scan)).scalar_one())


def test_a_scan_checks_in_as_of_the_claim(scene: Any) -> None:
    event = scene.open()
    answer = scene.scan(check_in, event, 2, at=scene.at(9))
    assert answer.verdict is Verdict.CHECKED_IN
    assert (answer.checked_in_at, answer.repeated) == (scene.at(2), False)
    row = scene.session.execute(select(Scan)).scalar_one()
    assert (row.scanned_at, row.received_at) == (scene.at(2), scene.at(9))
    assert (row.by_id, row.way) == (scene.community.volunteer.id, Way.STATIC)


def test_a_repeat_is_an_answer(scene: Any) -> None:
    event = scene.open()
    first = scene.scan(check_in, event, 2, key="one")
    for minutes, key in ((2, "one"), (3, "two"), (60, "three"), (60, "one")):
        again = scene.scan(check_in, event, minutes, key=key)
        assert again.verdict is Verdict.ALREADY_IN
        assert again == replace(first, verdict=Verdict.ALREADY_IN, repeated=True)
    assert scans(scene) == 1


def test_check_out_answers_within_five_minutes_and_after_it_was_done(scene: Any) -> None:
    event = scene.open()
    scene.scan(check_in, event, 2)
    assert scene.scan(check_out, event, 6).verdict is Verdict.ALREADY_IN
    done = scene.scan(check_out, event, 100, key="out")
    assert (done.verdict, done.minutes) == (Verdict.CHECKED_OUT, 98)
    assert done.state is AttendanceState.TO_CONFIRM
    for minutes, key in ((100, "out"), (101, "other")):
        again = scene.scan(check_out, event, minutes, key=key)
        assert again == replace(done, repeated=True)
    assert scene.scan(check_in, event, 104).verdict is Verdict.CHECKED_OUT
    assert scans(scene) == 2


def test_a_stay_too_short_is_worth_nothing_and_says_why(scene: Any) -> None:
    event = scene.open()
    assert scene.stay(event, 0, 6).state is AttendanceState.NOTHING
    attendance = queries.attendance_of(scene.session, event.id, scene.community.wang)
    assert attendance.why == [["under_least", 10]]


def test_a_hopeless_check_in_is_refused_fault_by_fault_and_writes_nothing(scene: Any) -> None:
    c = scene.community
    draft, published, cancelled = scene.plan(), scene.published(), scene.published()
    scene.do(operations.cancel, cancelled, 0, reason="大雨")
    over = scene.open(starts_at=scene.at(-30), ends_at=scene.at(0))
    asked: dict[str, Any] = {"code": "ABC", "actor": c.stranger}
    for refusal, mended in (
        (CodeUnknown, {}),
        (CodeUnknown, {"code": draft.code}),
        (NotAVolunteer, {"code": cancelled.code}),
        (Forbidden, {"member_id": c.chen}),
        (Forbidden, {"actor": c.volunteer, "member_id": c.wang, "way": Way.ORGANISER}),
        (EventCancelled, {"way": Way.STATIC}),
        (EventOver, {"code": over.code}),
        (NotBegun, {"code": published.code}),
    ):
        asked |= mended
        for verb in (check_in, check_out):
            with pytest.raises(refusal):
                scene.scan(verb, published, 1, **asked)
    assert scans(scene) == 0
    event = scene.open()
    assert scene.scan(check_in, event, 1, **(asked | {"code": event.code})).verdict


def test_a_check_out_without_a_check_in_is_refused(scene: Any) -> None:
    with pytest.raises(NotCheckedIn):
        scene.scan(check_out, scene.open(), 60)


def test_a_check_out_long_after_the_end_is_for_the_organiser(scene: Any) -> None:
    event = scene.open()
    scene.scan(check_in, event, 2)
    with pytest.raises(EventOver) as refused:
        scene.scan(check_out, event, 150 + 121)
    assert refused.value.facts["title"] == event.title


def test_a_key_of_a_check_in_is_not_a_key_of_a_check_out(scene: Any) -> None:
    event = scene.open()
    scene.scan(check_in, event, 2, key="same")
    with pytest.raises(KeyReused):
        scene.scan(check_out, event, 60, key="same")


def test_the_organiser_lets_in_somebody_of_another_community(scene: Any) -> None:
    c, event = scene.community, scene.open()
    answer = scene.scan(check_in, event, 2, actor=c.organiser, member_id=c.zhou, way=Way.ORGANISER)
    assert answer.member_id == c.zhou
    assert scene.scan(check_in, event, 3, actor=c.other_volunteer).repeated


def test_a_poster_and_an_organiser_together_wait_for_confirmation(scene: Any) -> None:
    c, event = scene.community, scene.open()
    scene.scan(check_in, event, 0)
    left = scene.scan(check_out, event, 60, actor=c.organiser, member_id=c.wang, way=Way.ORGANISER)
    assert left.state is AttendanceState.TO_CONFIRM


@pytest.mark.parametrize("seed", range(8))
def test_an_attendance_is_the_fold_of_its_scans(scene: Any, seed: int) -> None:
    event, random = scene.open(), Random(seed)
    for minute in sorted(random.choices(range(-40, 300), k=12)):
        with suppress(Refused):
            scene.scan(random.choice([check_in, check_out]), event, minute, key=str(minute % 7))
    attendance = queries.attendance_of(scene.session, event.id, scene.community.wang)
    facts = queries.facts_of(scene.session, event.id, [scene.community.wang])
    met = find(scene.session, code=event.code, member_id=scene.community.wang)
    told = fold(facts.get(scene.community.wang, []), met.occasion, met.terms)
    assert (told.stay, len(told.pairs)) == (met.stay, met.pairs)
    if attendance:
        first = told.pairs[0].checked_in_at
        assert (attendance.checked_in_at, attendance.pairs) == (first, len(told.pairs))


@pytest.mark.parametrize("verb", [check_in, check_out])
def test_eight_taps_at_once_count_once(bank: Database, make_scene: Any, verb: Any) -> None:
    with transaction() as session:
        scene = make_scene(session, build(session))
        hours.adopt_hour_rule(
            session, SYSTEM, org_id=scene.community.community, from_on=TODAY,
            terms=HourTerms(credit_static=Credit.AT_CHECK_OUT), at=scene.at(-90),
        )  # fmt: skip
        event = scene.open()
        if verb is check_out:
            scene.scan(check_in, event, 0)

    def tap(_number: int) -> Verdict:
        with transaction() as session:
            verdict: Verdict = replace(scene, session=session).scan(verb, event, 60).verdict
            return verdict

    with ThreadPoolExecutor(8) as pool:
        verdicts = list(pool.map(tap, range(8)))
    again = Verdict.ALREADY_IN if verb is check_in else Verdict.CHECKED_OUT
    first = Verdict.CHECKED_IN if verb is check_in else Verdict.CHECKED_OUT
    assert sorted(verdicts) == sorted([first] + [again] * 7)
    with snapshot() as session:
        assert session.execute(select(func.count()).select_from(Attendance)).scalar_one() == 1
        written = 1 if verb is check_in else 2
        assert session.execute(select(func.count()).select_from(Scan)).scalar_one() == written
        credited = 0 if verb is check_in else 60
        assert balances(session, scene.community.wang)[MINUTES] == credited


def statements(scene: Any, deed: Any) -> int:
    with noting(scene.session.connection()) as seen:
        deed()
    return len(seen)


def test_a_check_in_is_three_statements(scene: Any) -> None:
    opened = scene.open()
    scene.session.flush()
    assert statements(scene, lambda: scene.scan(check_in, opened, 2)) == 3
    assert statements(scene, lambda: scene.scan(check_in, opened, 3)) == 1


def test_confirming_many_takes_as_many_statements_as_confirming_one(scene: Any) -> None:
    one, many = scene.open(), scene.open()
    scene.stay(one, 0, 120)
    scene.stays_of_everybody(many)
    scene.session.flush()
    first = statements(scene, lambda: scene.do(attendance.confirm, one, 130))
    assert statements(scene, lambda: scene.do(attendance.confirm, many, 130)) <= first
