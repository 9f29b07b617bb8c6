"""A missed check-out in headless Chromium: the organiser accepts a suggestion at her PC, the
volunteer reads why on her phone and objects, a reviewer answers, and the hour is corrected.
"""

import pytest
from community import PIN, STAFF_PASSWORD
from journeys.cast import Story, Town
from journeys.test_day_in_browser import HOST, PC, PHONE, Desk, sign_in
from playwright.sync_api import Browser, Page, expect

from pointsbank.attendance import operations as attendance
from pointsbank.core import clock
from pointsbank.core.database import transaction
from pointsbank.earning.rules import DeedCategory
from pointsbank.events import operations as events

pytestmark = pytest.mark.browser
WANG = "13800000001"


@pytest.fixture
def desk(browser: Browser) -> Desk:
    return Desk(browser)


def staff(desk: Desk, name: str, url: str) -> Page:
    page = desk.device(PC)
    page.goto(f"{HOST}{url}")
    sign_in(page, name, STAFF_PASSWORD)
    return page


def held(town: Town, story: Story) -> int:
    """王 came at 9:00 to an event until 11:00, and forgot to check out; it is closed."""
    c = town.place
    story.at("08:30")
    with transaction() as session:
        now = clock.local(clock.now())
        event = events.plan(
            session, c.organiser, org_id=c.community, title="河岸垃圾清理",
            kind=DeedCategory.ENVIRONMENT, place="西岸", starts_at=now.replace(hour=9, minute=0),
            ends_at=now.replace(hour=11, minute=0), key="river", at=now,
        )  # fmt: skip
        event_id, code = event.id or 0, event.code
        events.publish(session, c.organiser, event_id=event_id, at=now)
        events.open_event(session, c.organiser, event_id=event_id, at=now)
    story.at("09:00")
    with transaction() as session:
        now = clock.now()
        attendance.check_in(session, c.volunteer, code=code, claimed_at=now, key="in", at=now)
    story.at("11:30")
    with transaction() as session:
        attendance.close_event(session, c.organiser, event_id=event_id, at=clock.now())
    return event_id


def test_a_missed_check_out_is_suggested_objected_to_and_corrected(
    story: Story, town: Town, desk: Desk
) -> None:
    event_id = held(town, story)
    organiser = staff(desk, "organiser", f"/events/{event_id}/settlement")
    organiser.get_by_label("另定分钟").fill("60")
    organiser.get_by_role("button", name="核定", exact=True).click()
    expect(organiser.get_by_text("已核定 1 人")).to_be_visible()
    expect(organiser.get_by_text("没有待核定的时长")).to_be_visible()

    story.at("12:00")
    phone = desk.device(PHONE)
    phone.goto(f"{HOST}/me/hours")
    sign_in(phone, WANG, PIN)
    expect(phone.get_by_text("没有签退，组织者核定为 60 分钟")).to_be_visible()
    phone.get_by_role("link", name="河岸垃圾清理").click()
    phone.get_by_label("哪里不对").fill("我一直干到最后")
    phone.get_by_label("应计分钟").fill("120")
    phone.get_by_role("button", name="提交异议").click()
    expect(phone.get_by_text("待答复")).to_be_visible()

    story.at("14:00")
    reviewer = staff(desk, "reviewer", "/reviews")
    reviewer.get_by_role("link", name="王桂芳").click()
    answer = reviewer.locator("form", has_text="异议成立")
    expect(answer.get_by_label("应计分钟")).to_have_value("120")
    answer.get_by_label("理由").fill("队长证明属实")
    answer.get_by_role("button", name="异议成立，更正时长").click()
    expect(reviewer.get_by_text("已答复。")).to_be_visible()

    phone.reload()
    expect(phone.get_by_text("复核后更正为 120 分钟")).to_be_visible()
    expect(phone.get_by_text("队长证明属实").first).to_be_visible()
    phone.goto(f"{HOST}/me")
    expect(phone.get_by_text("河岸垃圾清理").first).to_be_visible()
    assert desk.wrongs == []
