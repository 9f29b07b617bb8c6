"""What devices send: each scan by itself, once, in whatever order; refused ones are kept too."""

from dataclasses import replace
from typing import Any

import pytest
from sqlmodel import select

from pointsbank.access.rules import TooManyGuesses
from pointsbank.attendance import queries
from pointsbank.attendance.batch import GUESSES_A_BATCH, Sent, take_scans, undo_scan
from pointsbank.attendance.models import Attendance, LateScan, Scan, ScanReason
from pointsbank.attendance.operations import check_in, close_event, decide_late
from pointsbank.attendance.passes import pass_digits
from pointsbank.attendance.rules import (
    AttendanceState,
    EventOver,
    LateReason,
    NothingToUndo,
    PointsSpent,
    ScanKind,
    ScanNotFound,
    Verdict,
)
from pointsbank.core.actor import SYSTEM
from pointsbank.core.errors import Forbidden
from pointsbank.events import operations as events
from pointsbank.events.rules import EventNotFound
from pointsbank.hours.rules import Way
from pointsbank.ledger import operations as ledger
from pointsbank.ledger.queries import balances, transfers_of
from pointsbank.ledger.rules import MINUTES
from pointsbank.members import operations as members
from pointsbank.members.codes import card_digits
from pointsbank.members.models import Card, Member
from pointsbank.members.queries import phone_code
from tests.statements import noting


class Door:
    """The organiser's device at an event: scans by the minute after nine, sent when told to."""

    def __init__(self, scene: Any, event: Any) -> None:
        self.scene, self.event, self.made = scene, event, 0

    def sent(self, minutes: float, code: str = "", **given: Any) -> Sent:
        self.made += 1
        asked: dict[str, Any] = {
            "id": f"scan-{self.made:011d}",
            "scanned_at": self.scene.at(minutes),
            "code": code,
            "offset_ms": 0,
        }
        return Sent(**(asked | given))

    def send(self, *scans: Sent, at: float, **given: Any) -> list[Any]:
        asked: dict[str, Any] = {"sent_at": self.scene.at(at), "at": self.scene.at(at)}
        actor = given.pop("actor", self.scene.community.organiser)
        return take_scans(
            self.scene.session, actor, event_id=self.event.id, scans=scans, **(asked | given)
        )

    def undo(self, scan_id: str, at: float) -> Any:
        return undo_scan(
            self.scene.session, self.scene.community.organiser, event_id=self.event.id,
            scan_id=scan_id, at=self.scene.at(at),
        )  # fmt: skip

    def attendance(self, member_id: int) -> Attendance | None:
        return queries.standing(self.scene.session, self.event.id, [member_id]).get(member_id)


@pytest.fixture
def door(scene: Any) -> Door:
    return Door(scene, scene.open())


def card(scene: Any, member_id: int) -> str:
    administrator = scene.community.administrator
    issued = members.issue_card(scene.session, administrator, member_id=member_id, at=scene.at(-60))
    return str(issued.digits)


def verdicts(taken: list[Any]) -> list[Verdict | None]:
    return [one.verdict for one in taken]


def test_a_card_scanned_offline_counts_as_of_its_scan_by_the_server_s_clock(
    scene: Any, door: Door
) -> None:
    digits, chen = card(scene, scene.community.chen), scene.community.chen
    in_, out = door.sent(7, digits, offset_ms=-300_000), door.sent(67, digits, offset_ms=-300_000)
    taken = door.send(in_, out, at=90, sent_at=scene.at(95))
    assert verdicts(taken) == [Verdict.CHECKED_IN, Verdict.CHECKED_OUT]
    assert [one.member_id for one in taken] == [chen, chen]
    attendance = door.attendance(chen)
    assert attendance
    assert (attendance.checked_in_at, attendance.checked_out_at) == (scene.at(2), scene.at(62))
    assert (attendance.minutes, attendance.state) == (60, AttendanceState.CREDITED)
    assert balances(scene.session, chen)[MINUTES] == 60
    row = queries.scans_by_key(scene.session, door.event.id, [in_.id])[in_.id]
    assert (row.device_at, row.scanned_at, row.received_at) == (
        scene.at(7), scene.at(2), scene.at(90),
    )  # fmt: skip
    assert (row.offset_ms, row.by_id) == (-300_000, scene.community.organiser.id)


def test_a_clock_that_was_never_measured_is_corrected_by_the_sending(
    scene: Any, door: Door
) -> None:
    chen = scene.community.chen
    scan = door.sent(62, card(scene, chen), offset_ms=None)
    door.send(scan, at=10, sent_at=scene.at(65))
    attendance = door.attendance(chen)
    assert attendance
    assert attendance.checked_in_at == scene.at(7)


def test_no_scan_is_later_than_its_arrival(scene: Any, door: Door) -> None:
    chen = scene.community.chen
    door.send(door.sent(10, card(scene, chen), offset_ms=60_000), at=10)
    attendance = door.attendance(chen)
    assert attendance
    assert attendance.checked_in_at == scene.at(10)


def test_the_same_scan_again_is_answered_as_then_and_counts_once(scene: Any, door: Door) -> None:
    scan = door.sent(2, card(scene, scene.community.chen))
    first, twin = door.send(scan, scan, at=3)
    [again] = door.send(scan, at=60)
    assert (first.repeated, twin.repeated, again.repeated) == (False, True, True)
    assert first == replace(twin, repeated=False) == replace(again, repeated=False)
    assert len(scene.session.execute(select(Scan)).scalars().all()) == 1


def test_two_devices_whose_scans_arrive_the_wrong_way_round(scene: Any, door: Door) -> None:
    chen, digits = scene.community.chen, card(scene, scene.community.chen)
    early, late = door.sent(0, digits), door.sent(60, digits, kind=ScanKind.OUT)
    assert verdicts(door.send(late, at=61)) == [Verdict.NOT_CHECKED_IN]
    absent = door.attendance(chen)
    assert absent
    assert absent.state is AttendanceState.ABSENT
    assert queries.counts(scene.session, door.event.id).came == 0
    assert verdicts(door.send(early, at=62)) == [Verdict.CHECKED_IN]
    attendance = door.attendance(chen)
    assert attendance
    assert (attendance.minutes, attendance.state) == (60, AttendanceState.CREDITED)


def test_what_is_credited_is_corrected_when_an_earlier_scan_arrives(scene: Any, door: Door) -> None:
    chen, digits = scene.community.chen, card(scene, scene.community.chen)
    came, left = (door.sent(30, digits, kind=ScanKind.IN), door.sent(90, digits, kind=ScanKind.OUT))
    door.send(came, left, at=91)
    assert balances(scene.session, chen)[MINUTES] == 60
    door.send(door.sent(10, digits, kind=ScanKind.IN), at=95)
    assert balances(scene.session, chen)[MINUTES] == 80
    door.send(door.sent(50, digits, kind=ScanKind.OUT), at=96)
    attendance = door.attendance(chen)
    assert attendance
    assert (attendance.pairs, attendance.minutes, attendance.credits) == (1, 40, 3)
    assert balances(scene.session, chen)[MINUTES] == 40


def test_a_scan_is_undone_by_a_further_one(scene: Any, door: Door) -> None:
    chen, digits = scene.community.chen, card(scene, scene.community.chen)
    in_, out = door.sent(0, digits), door.sent(60, digits)
    door.send(in_, out, at=61)
    assert balances(scene.session, chen)[MINUTES] == 60
    undone = door.undo(out.id, 62)
    assert (undone.verdict, undone.repeated) == (Verdict.UNDONE, False)
    assert door.undo(out.id, 63).repeated
    attendance = door.attendance(chen)
    assert attendance
    assert (attendance.state, attendance.minutes) == (AttendanceState.PRESENT, None)
    assert balances(scene.session, chen)[MINUTES] == 0
    door.send(door.sent(90, digits), at=91)
    assert balances(scene.session, chen)[MINUTES] == 90
    door.undo(in_.id, 92)
    attendance = door.attendance(chen)
    assert attendance
    assert attendance.checked_in_at == scene.at(90)


def test_an_undo_is_refused_fault_by_fault(scene: Any, door: Door) -> None:
    c, digits = scene.community, card(scene, scene.community.chen)
    refused, good = door.sent(-40, digits), door.sent(0, digits)
    nobody = door.sent(1, "1" * 20)
    door.send(refused, good, nobody, at=2)
    asked = {"event_id": 0, "scan_id": "nothing", "at": scene.at(5), "actor": c.stranger}
    for refusal, mended in (
        (EventNotFound, {"event_id": door.event.id}),
        (Forbidden, {"actor": c.organiser}),
        (ScanNotFound, {"scan_id": nobody.id}),
        (ScanNotFound, {"scan_id": refused.id}),
        (NothingToUndo, {"scan_id": good.id}),
    ):
        actor = asked["actor"]
        with pytest.raises(refusal):
            undo_scan(scene.session, actor, **{k: v for k, v in asked.items() if k != "actor"})
        asked |= mended
    scene.do(close_event, door.event, 200)
    with pytest.raises(EventOver):
        door.undo(good.id, 201)


def test_points_that_are_spent_keep_hours_from_being_corrected(
    scene: Any, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    chen, digits = scene.community.chen, card(scene, scene.community.chen)
    in_, out = door.sent(0, digits), door.sent(60, digits)
    door.send(in_, out, at=61)

    def spent(*_: Any, **__: Any) -> None:
        raise PointsSpent

    monkeypatch.setattr("pointsbank.attendance.folding.correct", spent)
    with pytest.raises(PointsSpent):
        door.undo(out.id, 62)
    late = door.sent(50, digits, kind=ScanKind.OUT)
    assert verdicts(door.send(late, at=63)) == [Verdict.IN_REVIEW]
    row = scene.session.execute(select(LateScan)).scalar_one()
    assert row.reason is LateReason.POINTS_SPENT
    assert balances(scene.session, chen)[MINUTES] == 60
    with pytest.raises(PointsSpent):
        scene.scan(
            check_in, door.event, 70, actor=scene.community.organiser, member_id=chen,
            way=Way.ORGANISER,
        )  # fmt: skip


def test_codes_are_read_each_by_itself(scene: Any, door: Door) -> None:
    c, session = scene.community, scene.session
    lost = card(scene, c.sun)
    members.report_card_lost(
        session, c.administrator, card_id=_card_id(session, lost), at=scene.at(-5)
    )
    replaced = card(scene, c.li)
    members.report_card_lost(
        session, c.administrator, card_id=_card_id(session, replaced), at=scene.at(-5)
    )
    card(scene, c.li)
    codes = {
        card(scene, c.chen): Verdict.CHECKED_IN,
        phone_code(c.wang, scene.at(4)): Verdict.CHECKED_IN,
        phone_code(c.zhao, scene.at(5.5)): Verdict.CHECKED_IN,  # the device's clock is behind
        phone_code(c.zhou, scene.at(1)): Verdict.CODE_EXPIRED,
        pass_digits(door.event.id, c.zhou): Verdict.CHECKED_IN,
        pass_digits(door.event.id + 1, c.zhou): Verdict.CODE_INVALID,
        pass_digits(door.event.id, 99_999): Verdict.CODE_INVALID,
        lost: Verdict.CARD_LOST,
        replaced: Verdict.CARD_LOST,
        card_digits(lambda n: n - 1): Verdict.CODE_INVALID,
        "1234": Verdict.CODE_INVALID,
        "９" * 20: Verdict.CODE_INVALID,
    }
    taken = door.send(*(door.sent(5, code) for code in codes), at=10)
    assert verdicts(taken) == list(codes.values())
    assert len(scene.session.execute(select(Scan)).scalars().all()) == len(codes)


def _card_id(session: Any, digits: str) -> int:
    return int(session.execute(select(Card.id).where(Card.digits == digits)).scalar_one())


def test_who_left_is_told_so(scene: Any, door: Door) -> None:
    c, digits = scene.community, card(scene, scene.community.chen)
    scene.session.get_one(Member, c.chen).left_on = scene.at(-10).date()
    scans = (door.sent(5, digits), door.sent(6, pass_digits(door.event.id, c.chen)))
    assert verdicts(door.send(*scans, at=10)) == [Verdict.MEMBER_LEFT, Verdict.MEMBER_LEFT]


def test_ticks_and_companions_are_for_those_of_the_place(scene: Any, door: Door) -> None:
    c = scene.community
    tick = {"way": Way.ROSTER, "code": ""}
    why = {"way": Way.COMPANION, "reason": "手机没电"}
    scans = (
        door.sent(1, member_id=c.chen, **tick),
        door.sent(1, member_id=c.zhou, **tick),
        door.sent(2, member_id=c.li, **why),
    )
    assert verdicts(door.send(*scans, at=3)) == [
        Verdict.CHECKED_IN, Verdict.NOT_ON_ROSTER, Verdict.CHECKED_IN,
    ]  # fmt: skip
    assert [one.reason for one in scene.session.execute(select(ScanReason)).scalars()] == [
        "手机没电"
    ]


def test_codes_guessed_in_a_row_are_not_read_any_more(scene: Any, door: Door) -> None:
    chen = card(scene, scene.community.chen)
    guesses = [
        door.sent(1, card_digits(lambda n, seed=number: seed % n))
        for number in range(GUESSES_A_BATCH)
    ]
    taken = door.send(*guesses, door.sent(1, chen), at=3)
    assert verdicts(taken) == [Verdict.CODE_INVALID] * GUESSES_A_BATCH + [None]
    assert door.attendance(scene.community.chen) is None
    with pytest.raises(TooManyGuesses):
        door.send(door.sent(1, chen), at=4)


def test_times_and_states_of_the_event_decide(scene: Any, door: Door) -> None:
    digits = card(scene, scene.community.chen)
    early, late = door.sent(-31, digits), door.sent(271, digits)
    assert verdicts(door.send(early, at=0)) == [Verdict.NOT_BEGUN]
    assert verdicts(door.send(late, at=271)) == [Verdict.OVER]
    published, cancelled = Door(scene, scene.published()), Door(scene, scene.published())
    scene.do(events.cancel, cancelled.event, 0, reason="大雨")
    assert verdicts(published.send(published.sent(1, digits), at=2)) == [Verdict.NOT_BEGUN]
    assert verdicts(cancelled.send(cancelled.sent(1, digits), at=2)) == [Verdict.CANCELLED]


def test_what_arrives_late_or_by_a_moved_clock_waits_for_review(scene: Any, door: Door) -> None:
    chen, li = card(scene, scene.community.chen), card(scene, scene.community.li)
    moved = door.sent(5, li, offset_ms=3_600_000)
    assert verdicts(door.send(moved, at=70)) == [Verdict.IN_REVIEW]
    scene.do(close_event, door.event, 160)
    assert verdicts(door.send(door.sent(5, chen), at=170)) == [Verdict.IN_REVIEW]
    with pytest.raises(EventOver):
        scene.scan(check_in, door.event, 20, at=scene.at(171))
    reasons = {row.reason for row in scene.session.execute(select(LateScan)).scalars()}
    assert reasons == {LateReason.CLOCK_MOVED, LateReason.AFTER_CLOSE}
    assert door.attendance(scene.community.chen) is None


def test_what_arrives_after_its_period_s_close_waits_for_review(scene: Any, door: Door) -> None:
    digits = card(scene, scene.community.chen)
    next_day = scene.at(24 * 60)
    ledger.close_period(scene.session, SYSTEM, until=scene.at(0).date(), at=next_day)
    taken = door.send(door.sent(5, digits), at=24 * 60)
    assert verdicts(taken) == [Verdict.IN_REVIEW]
    row = scene.session.execute(select(LateScan)).scalar_one()
    assert row.reason is LateReason.PERIOD_CLOSED


def test_a_late_scan_credits_nothing_into_a_closed_period(scene: Any, door: Door) -> None:
    chen, digits, next_day = scene.community.chen, card(scene, scene.community.chen), 24 * 60
    door.send(door.sent(0, digits, kind=ScanKind.IN), at=1)
    closed = scene.at(0).date()
    ledger.close_period(scene.session, SYSTEM, until=closed, at=scene.at(next_day))
    [left] = door.send(door.sent(60, digits, kind=ScanKind.OUT), at=next_day)
    assert left.verdict is Verdict.IN_REVIEW
    attendance = door.attendance(chen)
    assert attendance
    assert attendance.state is AttendanceState.PRESENT
    assert transfers_of(scene.session, "attendance", attendance.id) == []
    late = scene.session.execute(select(LateScan)).scalar_one()
    assert decide_late(
        scene.session, scene.community.reviewer, door.event, late, accept=True,
        at=scene.at(next_day),
    )  # fmt: skip
    entries = transfers_of(scene.session, "attendance", attendance.id)
    assert {entry.effective_on for entry in entries} == {scene.at(next_day).date()}
    assert balances(scene.session, chen)[MINUTES] == 60


def test_a_second_scanner_soon_after_lets_nobody_out(scene: Any, door: Door) -> None:
    chen, digits = scene.community.chen, card(scene, scene.community.chen)
    inner = replace(scene.community.organiser, id=scene.community.organiser.id + 1000)
    door.send(door.sent(0, digits), at=1)
    [passing] = door.send(door.sent(9, digits), at=9, actor=inner)
    assert (passing.verdict, passing.since) == (Verdict.ALREADY_IN, scene.at(0))
    [left] = door.send(door.sent(60, digits), at=60, actor=inner)
    assert left.verdict is Verdict.CHECKED_OUT
    attendance = door.attendance(chen)
    assert attendance
    assert attendance.minutes == 60


def test_a_batch_is_refused_as_a_whole_fault_by_fault(scene: Any, door: Door) -> None:
    c, scan = scene.community, door.sent(1, "1" * 20)
    asked: dict[str, Any] = {
        "event_id": 0, "sent_at": scene.at(1), "scans": [scan], "at": scene.at(1),
    }  # fmt: skip
    for refusal, actor, mended in (
        (EventNotFound, c.stranger, {"event_id": door.event.id}),
        (Forbidden, c.stranger, {}),
    ):
        with pytest.raises(refusal):
            take_scans(scene.session, actor, **asked)
        asked |= mended
    assert take_scans(scene.session, c.organiser, **asked)


def test_any_number_of_scans_takes_the_same_statements(scene: Any, door: Door) -> None:
    c = scene.community
    codes = [card(scene, member) for member in (c.chen, c.li, c.zhao, c.sun)]
    scene.session.flush()

    def statements(*scans: Sent, at: float) -> int:
        with noting(scene.session.connection()) as seen:
            door.send(*scans, at=at)
        return len(seen)

    one = statements(door.sent(1, codes[0]), at=2)
    assert statements(*(door.sent(1, code) for code in codes[1:]), at=3) == one
    one = statements(door.sent(60, codes[0]), at=61)
    assert statements(*(door.sent(60, code) for code in codes[1:]), at=62) == one
