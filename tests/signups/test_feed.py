"""Calendars as other programs read them, by an independent reader of RFC 5545."""

from datetime import UTC, datetime, timedelta
from typing import Any

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsbank.core.actor import SYSTEM
from pointsbank.events import operations as events
from pointsbank.orgs.rules import NoSuchOrganisation
from pointsbank.signups import calendars
from pointsbank.signups.feed import Entry, calendar
from tests.signups.conftest import BEFORE, Door

AT = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
EVERY = timedelta(hours=1)
PRINTABLE = st.text(st.characters(min_codepoint=32, exclude_categories=["Cs", "Cc"]), max_size=200)


def entry(**said: Any) -> Entry:
    plain: dict[str, Any] = {
        "uid": "event-1@bank.test", "starts_at": AT, "ends_at": AT + timedelta(hours=2),
        "title": "清扫", "place": "广场", "description": "", "url": "http://bank.test/events/1",
    }  # fmt: skip
    return Entry(**(plain | said))


def read(content: bytes) -> list[Any]:
    """The events in a calendar, by the independent reader."""
    return list(icalendar.Calendar.from_ical(content).walk("VEVENT"))


@given(title=PRINTABLE, place=PRINTABLE, lines=st.lists(PRINTABLE, max_size=3))
def test_whatever_is_said_comes_back_as_it_was(title: str, place: str, lines: list[str]) -> None:
    description = "\n".join(["做什么：", *lines])
    content = calendar("社区", [entry(title=title, place=place, description=description)],
                       at=AT, every=EVERY)  # fmt: skip
    [found] = read(content)
    assert (found["SUMMARY"], found["LOCATION"]) == (title, place)
    assert found["DESCRIPTION"] == description
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    assert b"\n" not in content.replace(b"\r\n", b"")
    for line in content.split(b"\r\n"):
        line.decode()  # no character is torn


def test_an_event_has_its_times_in_utc_its_number_and_its_state() -> None:
    content = calendar("社区；甲,乙", [entry(status="CANCELLED", sequence=3)], at=AT, every=EVERY)
    [found] = read(content)
    assert found["DTSTART"].dt == AT
    assert found["DTEND"].dt == AT + timedelta(hours=2)
    assert found["DTSTAMP"].dt == AT
    assert (found["UID"], found["SEQUENCE"], found["STATUS"]) == (
        "event-1@bank.test", 3, "CANCELLED",
    )  # fmt: skip
    assert "DESCRIPTION" not in found
    whole = icalendar.Calendar.from_ical(content)
    assert (whole["VERSION"], whole["METHOD"]) == ("2.0", "PUBLISH")
    assert content.count("NAME:社区；甲\\,乙\r\n".encode()) == 2  # plain, and as older ones read it


def test_a_members_calendar_has_what_she_signed_up_for_and_what_she_waits_for(door: Door) -> None:
    scene, c = door.scene, door.scene.community
    event, off = scene.published(capacity=1), scene.published(title="看望老人")
    post = door.post(off, name="陪聊", place="老人家中")
    shift = door.shift(off, 30, 90, post)
    first = door.sign_up(event, c.li)
    door.sign_up(event, c.wang, wait=True)
    door.sign_up(off, c.wang, post_id=post.id, shift_id=shift.id, despite_clash=True)
    hers = {str(e["UID"]): e for e in read(calendars.of_member(scene.session, c.wang, AT))}
    waited = hers[f"event-{event.id}@bank.test"]
    at_shift = hers[f"event-{off.id}-{post.id}-{shift.id}@bank.test"]
    assert (waited["STATUS"], waited["SEQUENCE"]) == ("TENTATIVE", 0)
    assert at_shift["DTSTART"].dt == scene.at(30)
    assert (at_shift["SUMMARY"], at_shift["LOCATION"]) == ("看望老人（陪聊）", "老人家中")
    changes = at_shift["SEQUENCE"]
    assert changes == 2  # a post and a shift were added
    door.withdraw(first)
    scene.do(events.cancel, off, -40, reason="下雨")
    hers = {str(e["UID"]): e for e in read(calendars.of_member(scene.session, c.wang, AT))}
    waited = hers[f"event-{event.id}@bank.test"]
    assert (waited["STATUS"], waited["SEQUENCE"]) == ("CONFIRMED", 1)
    at_shift = hers[f"event-{off.id}-{post.id}-{shift.id}@bank.test"]
    assert (at_shift["STATUS"], at_shift["SEQUENCE"]) == ("CANCELLED", changes + 1)
    assert at_shift["DESCRIPTION"] == "活动已取消：下雨"


def test_a_communitys_calendar_has_what_it_made_known_and_no_drafts(door: Door) -> None:
    scene, c = door.scene, door.scene.community
    known = scene.published(description="自带手套；请穿马甲")
    in_grid = scene.published(org_id=c.grid, actor=SYSTEM)
    scene.plan()
    scene.do(events.cancel, scene.plan(title="没发布就取消"), -40, reason="人手不够")
    scene.do(events.cancel, off := scene.published(), -40, reason="下雨")
    scene.published(org_id=c.other_community, actor=c.stranger)
    door.sign_up(known, c.wang, at=BEFORE)
    content = calendars.of_community(scene.session, c.community, AT)
    found = {str(e["UID"]): e for e in read(content)}
    assert set(found) == {f"event-{one.id}@bank.test" for one in (known, in_grid, off)}
    assert found[f"event-{known.id}@bank.test"]["URL"] == f"http://bank.test/events/{known.id}"
    assert "王桂芳" not in content.decode()
    for no_community in (c.street, c.grid, 99_999):
        with pytest.raises(NoSuchOrganisation):
            calendars.of_community(scene.session, no_community, AT)
