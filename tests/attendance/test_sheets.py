"""Sign-in sheets on paper: numbered, printed with names or blank, entered once."""

from datetime import time
from typing import Any

import pytest
from attendance.test_batch import Door
from pypdfium2 import PdfDocument

from pointsbank.attendance import sheets
from pointsbank.attendance.operations import close_event, enter_sheet, make_sheet
from pointsbank.attendance.rules import (
    Entered,
    LineInvalid,
    SheetEmpty,
    SheetEntered,
    SheetNotFound,
    SheetSizeInvalid,
    Verdict,
)
from pointsbank.core.errors import Forbidden
from pointsbank.events.operations import open_event
from pointsbank.events.rules import EventNotFound
from pointsbank.hours.rules import Way
from pointsbank.ledger.queries import balances
from pointsbank.ledger.rules import MINUTES
from pointsbank.members.models import Member
from pointsbank.signups import operations as signups
from pointsbank.signups.operations import Asked


@pytest.fixture
def door(scene: Any) -> Door:
    return Door(scene, scene.open())


def make(scene: Any, door: Door, *, key: str = "sheet-1", **given: Any) -> Any:
    asked: dict[str, Any] = {"with_names": False, "blank": 3} | given
    return make_sheet(
        scene.session, scene.community.organiser, event_id=door.event.id, key=key,
        at=scene.at(-20), **asked,
    )  # fmt: skip


def enter(scene: Any, door: Door, *lines: Entered, at: float = 170, number: int = 1) -> Any:
    return enter_sheet(
        scene.session, scene.community.organiser, event_id=door.event.id, number=number,
        lines=lines, at=scene.at(at),
    )  # fmt: skip


def number_of(scene: Any, member_id: int) -> str:
    return str(scene.session.get_one(Member, member_id).number)


def test_sheets_are_numbered_in_their_event_and_a_key_is_one_sheet(scene: Any, door: Door) -> None:
    first, second = make(scene, door), make(scene, door, key="sheet-2")
    assert make(scene, door).id == first.id
    assert (first.number, second.number, first.line_count) == (1, 2, 3)
    assert [one.number for one in sheets.sheets_of(scene.session, door.event.id)] == [1, 2]


def test_lines_count_as_written_and_once(scene: Any, door: Door) -> None:
    c = scene.community
    make(scene, door)
    told = enter(
        scene, door,
        Entered(1, time(9, 5), time(11, 5), number_of(scene, c.chen)),
        Entered(2, time(9, 30), None, number_of(scene, c.li)),
        Entered(3, time(9, 0), time(10, 0), "0000000000"),
    )  # fmt: skip
    assert [(one.line, one.verdict) for one in told] == [
        (1, Verdict.CHECKED_OUT), (2, Verdict.CHECKED_IN), (3, Verdict.NOT_ON_ROSTER),
    ]  # fmt: skip
    attendance = door.attendance(c.chen)
    assert attendance
    assert (attendance.minutes, attendance.way) == (120, Way.SHEET)
    assert balances(scene.session, c.chen)[MINUTES] == 120
    with pytest.raises(SheetEntered):
        enter(scene, door, Entered(1, time(9, 5)))


def test_names_of_who_signed_up_are_printed_on_it(scene: Any) -> None:
    c, door = scene.community, Door(scene, scene.published())
    wish = Asked(door.event.id, key="sign-up-1")
    signups.sign_up(scene.session, c.volunteer, asked=wish, at=scene.at(-45))
    scene.do(open_event, door.event, -40)
    sheet = make(scene, door, with_names=True, blank=2)
    assert sheet.line_count == 3
    named = sheets.named_lines(scene.session, sheet)
    assert {line: one.id for line, one in named.items()} == {1: c.wang}
    pages = sheets.pdf(scene.session, door.event, sheet)
    assert pages.startswith(b"%PDF")
    assert _text(pages).count("王桂芳") == 1
    assert "第 1 号" in _text(pages)
    [told] = enter(scene, door, Entered(1, time(9, 0), time(10, 0)))
    assert (told.member_id, told.verdict) == (c.wang, Verdict.CHECKED_OUT)


def _text(pages: bytes) -> str:
    return "".join(page.get_textpage().get_text_range() for page in PdfDocument(pages))


def test_a_night_s_sheet_goes_past_midnight(scene: Any) -> None:
    night = Door(scene, scene.open(starts_at=scene.at(13 * 60), ends_at=scene.at(17 * 60)))
    make(scene, night)
    line = Entered(1, time(22, 0), time(1, 30), number_of(scene, scene.community.chen))
    enter(scene, night, line, at=17 * 60)
    attendance = night.attendance(scene.community.chen)
    assert attendance
    assert attendance.minutes == 210


def test_a_sheet_entered_after_the_close_waits_for_review(scene: Any, door: Door) -> None:
    make(scene, door)
    scene.do(close_event, door.event, 160)
    [told] = enter(
        scene, door, Entered(1, time(9, 0), None, number_of(scene, scene.community.chen))
    )
    assert told.verdict is Verdict.IN_REVIEW


def test_a_sheet_is_refused_fault_by_fault(scene: Any, door: Door) -> None:
    c, session = scene.community, scene.session
    asked: dict[str, Any] = {
        "event_id": 0, "with_names": True, "blank": 0, "key": "sheet-1", "at": scene.at(0),
    }  # fmt: skip
    for refusal, actor, mended in (
        (EventNotFound, c.stranger, {"event_id": door.event.id}),
        (Forbidden, c.stranger, {}),
        (SheetSizeInvalid, c.organiser, {"blank": 501}),
        (SheetSizeInvalid, c.organiser, {"blank": 2}),
    ):
        with pytest.raises(refusal):
            make_sheet(session, actor, **asked)
        asked |= mended
    make_sheet(session, c.organiser, **asked)
    good = Entered(1, time(9), time(10))
    given: dict[str, Any] = {
        "event_id": 0, "number": 7, "lines": [Entered(3, time(9))], "at": scene.at(9),
    }  # fmt: skip
    for refusal, actor, mended in (
        (EventNotFound, c.stranger, {"event_id": door.event.id}),
        (Forbidden, c.stranger, {}),
        (SheetNotFound, c.organiser, {"number": 1, "lines": []}),
        (SheetEmpty, c.organiser, {"lines": [Entered(3, time(9))]}),
        (LineInvalid, c.organiser, {"lines": [Entered(1, time(9), time(9))]}),
        (LineInvalid, c.organiser, {"lines": [good, good]}),
        (LineInvalid, c.organiser, {"lines": [good]}),
    ):
        with pytest.raises(refusal):
            enter_sheet(session, actor, **given)
        given |= mended
    assert enter_sheet(session, c.organiser, **given)
