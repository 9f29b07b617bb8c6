"""What service is credited with where a points rule has caps: hours in full, points as they fit."""

import re
import threading
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from community import Community, build, sign_in
from flask.testing import FlaskClient

from pointsbank.attendance import operations as attendance
from pointsbank.attendance import queries as attendances
from pointsbank.attendance.operations import PastAttendance
from pointsbank.attendance.rules import AttendanceState
from pointsbank.core.actor import SYSTEM
from pointsbank.core.database import Database, snapshot, transaction
from pointsbank.earning.operations import adopt_points_rule
from pointsbank.earning.rules import DeedCategory
from pointsbank.events import operations
from pointsbank.events.operations import PastEvent
from pointsbank.hours import operations as hours
from pointsbank.hours.rules import Credit, HourTerms, Way
from pointsbank.ledger.operations import reverse
from pointsbank.ledger.queries import Clip, balances, transfers_of
from pointsbank.ledger.rules import MINUTES, MORALITY, CapWindow, OverCap
from pointsbank.ledger.verify import verify

TODAY = date(2026, 11, 21)
MONTH = CapWindow.MONTH


def adopt(scene: Any, *, from_on: date = TODAY, over: OverCap = OverCap.CLIP, **caps: int) -> None:
    """Ten points an hour in 幸福社区, under these caps; hours are credited at check-out."""
    hours.adopt_hour_rule(
        scene.session, SYSTEM, org_id=scene.community.community, from_on=from_on,
        terms=HourTerms(credit_static=Credit.AT_CHECK_OUT), at=scene.at(-90),
    )  # fmt: skip
    adopt_points_rule(
        scene.session, SYSTEM, org_id=scene.community.community, unit=MORALITY, from_on=from_on,
        points_per_hour=10, caps={CapWindow(name): most for name, most in caps.items()},
        over_cap=over, at=scene.at(-90),
    )  # fmt: skip


def earned(scene: Any, unit: str = MORALITY) -> int:
    return int(balances(scene.session, scene.community.wang)[unit])


def serve(scene: Any, *days: date, minutes: int = 120, org_id: int = 0) -> list[int]:
    """王桂芳 takes part in an activity on each of these days; the events' ids."""
    starts = [datetime.combine(day, scene.at(0).timetz()) for day in days]
    length = timedelta(minutes=minutes)
    org_id = org_id or scene.community.community
    kind, where = DeedCategory.PATROL, "小区"
    ids = operations.record_events(
        scene.session, SYSTEM,
        [PastEvent(org_id, f"{n}", kind, where, at, at + length) for n, at in enumerate(starts)],
        at=scene.at(0),
    )  # fmt: skip
    stays = [
        PastAttendance(event_id, scene.community.wang, at, at + length)
        for event_id, at in zip(ids, starts, strict=True)
    ]
    attendance.record_attendances(scene.session, SYSTEM, stays, at=scene.at(0))
    return ids


def clips(scene: Any, event_id: int) -> list[Clip]:
    found = attendances.attendance_of(scene.session, event_id, scene.community.wang)
    assert found
    return attendances.clips(scene.session, [found.id])[found.id]


def test_a_days_cap_holds_over_all_events_of_the_day(scene: Any) -> None:
    adopt(scene, day=25)
    events = [scene.open() for _ in "123"]
    for event in events:
        assert scene.stay(event, 0, 120).state is AttendanceState.CREDITED
    assert (earned(scene), earned(scene, MINUTES)) == (25, 360)
    told = [[(c.used, c.asked, c.amount) for c in clips(scene, event.id)] for event in events]
    assert told == [[], [(20, 20, 5)], [(25, 20, 0)]]


def test_where_the_rule_withholds_an_activity_over_the_cap_earns_hours_only(scene: Any) -> None:
    adopt(scene, over=OverCap.WITHHOLD, day=25)
    first, second, short = scene.open(), scene.open(), scene.open()
    scene.stay(first, 0, 120)
    assert scene.stay(second, 0, 120).state is AttendanceState.CREDITED
    scene.stay(short, 0, 30)
    assert (earned(scene), earned(scene, MINUTES)) == (25, 270)
    (clip,) = clips(scene, second.id)
    assert clip == Clip(MORALITY, CapWindow.DAY, 25, 20, 20, 0, None)


def test_many_days_in_one_batch_are_counted_in_their_own_months(scene: Any) -> None:
    adopt(scene, from_on=date(2026, 1, 1), day=15, month=40, year=70)
    days = [date(2026, 9, day) for day in (1, 2, 3, 3)] + [date(2026, 10, day) for day in (1, 2)]
    ids = serve(scene, *days, date(2026, 12, 31))
    found = [[(c.window, c.amount) for c in clips(scene, event_id)] for event_id in ids]
    day, year = CapWindow.DAY, CapWindow.YEAR
    assert found == [
        [(day, 15)], [(day, 15)], [(MONTH, 10)], [(MONTH, 0)], [(day, 15)], [(day, 15)],
        [(year, 0)],
    ]  # fmt: skip
    assert (earned(scene), earned(scene, MINUTES)) == (70, 7 * 120)
    assert verify(scene.session).fault is None


def test_a_new_version_in_the_middle_of_a_month_goes_on_counting(scene: Any) -> None:
    adopt(scene, from_on=date(2026, 1, 1), month=30)
    serve(scene, date(2026, 9, 1))
    adopt(scene, from_on=date(2026, 9, 15), month=45)
    serve(scene, date(2026, 9, 16), date(2026, 9, 17), date(2026, 10, 1))
    assert earned(scene) == 45 + 20


def test_another_organisation_s_rule_counts_apart(scene: Any) -> None:
    adopt(scene, from_on=date(2026, 1, 1), day=15)
    day = date(2026, 9, 1)
    serve(scene, day)
    serve(scene, day, org_id=scene.community.other_community)  # by the city's rule: 80 a day
    serve(scene, day, day, org_id=scene.community.team)  # by the community's
    assert earned(scene) == 15 + 20


def test_service_that_is_taken_back_leaves_room_again(scene: Any) -> None:
    adopt(scene, day=25)
    left = scene.stay(scene.open(), 0, 120)
    transfers = transfers_of(scene.session, "attendance", left.attendance_id)
    reverse(
        scene.session, SYSTEM, transfer_ids=[t.id for t in transfers], key="mend",
        reason="correction", effective_on=TODAY + timedelta(days=1), at=scene.at(200),
    )  # fmt: skip
    scene.stay(scene.open(), 0, 150)
    assert (earned(scene), earned(scene, MINUTES)) == (25, 150)


def test_check_outs_at_the_same_moment_use_a_cap_up_and_no_more(
    bank: Database, make_scene: Any
) -> None:
    with transaction() as session:
        scene = make_scene(session, build(session))
        adopt(scene, day=45)
        codes = [scene.open().code for _ in range(6)]
    c, begin = scene.community, threading.Barrier(len(codes))
    answers: list[Any] = []

    def leave(code: str) -> None:
        scan = {"code": code, "member_id": c.wang, "way": Way.ORGANISER}
        with transaction() as session:
            attendance.check_in(
                session, c.organiser, **scan, key=f"{code}i", claimed_at=scene.at(0), at=scene.at(0)
            )
        begin.wait()
        with transaction() as session:
            answers.append(
                attendance.check_out(
                    session, c.organiser, **scan, key=f"{code}o", claimed_at=scene.at(120),
                    at=scene.at(120),
                )
            )  # fmt: skip

    threads = [threading.Thread(target=leave, args=(code,)) for code in codes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with snapshot() as session:
        assert balances(session, c.wang) == {MINUTES: 720, MORALITY: 45, "party": 0}
        found = attendances.clips(session, [answer.attendance_id for answer in answers])
        assert sorted(clip.amount for told in found.values() for clip in told) == [0, 0, 0, 5]
        assert verify(session).fault is None


class Clipped(NamedTuple):
    community: Community
    event_id: int
    code: str


@pytest.fixture
def clipped(bank: Database, make_scene: Any) -> Clipped:
    """王桂芳's second activity of the day, of which three points of twenty fitted."""
    with transaction() as session:
        scene = make_scene(session, build(session))
        adopt(scene, day=23)
        scene.stay(scene.open(), 0, 120)
        event = scene.open()
        scene.stay(event, 0, 120)
        return Clipped(scene.community, event.id, event.code)


def text_of(client: FlaskClient, path: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", client.get(path).get_data(as_text=True)))


def test_the_activity_says_what_was_clipped_and_why(client: FlaskClient, clipped: Clipped) -> None:
    said = "道德积分 · 当日上限23分，此前已得20分，本次应得20分，实记3分。"
    sign_in(client, clipped.community.volunteer)
    for path in (f"/events/{clipped.event_id}", f"/c/{clipped.code}"):
        assert said in text_of(client, path)
    client.set_cookie("language", "en")
    english = "Daily limit of 23 points: 20 earned before, 20 due this time, 3 entered."
    assert english in text_of(client, f"/events/{clipped.event_id}")
    sign_in(client, clipped.community.organiser)
    assert "points:" not in text_of(client, f"/events/{clipped.event_id}")


def test_the_list_of_attendances_says_what_was_clipped(
    client: FlaskClient, clipped: Clipped
) -> None:
    sign_in(client, clipped.community.organiser)
    (seen,) = client.get(f"/api/v1/events/{clipped.event_id}/attendances").json["attendances"]
    assert seen["why"] == []
    assert seen["clips"] == ["当日上限23分，此前已得20分，本次应得20分，实记3分。"]
