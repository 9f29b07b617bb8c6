"""A missed check-out in headless Chromium: the organiser accepts a suggestion at her PC, the
volunteer reads why on her phone and objects, a reviewer answers, and the hour is corrected. And
every cause for which an hour may be missing or cut, as she reads it.
"""

from datetime import date, timedelta
from typing import Any

import pytest
from community import PIN, STAFF_PASSWORD
from journeys.cast import Story, Town
from journeys.test_day_in_browser import HOST, PC, PHONE, Desk, sign_in
from playwright.sync_api import Browser, Page, expect

from pointsbank.attendance import operations as attendance
from pointsbank.attendance.operations import PastAttendance
from pointsbank.attendance.queries import attendance_of
from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM, Actor
from pointsbank.core.database import Session, transaction
from pointsbank.earning.rules import DeedCategory
from pointsbank.events import operations as events
from pointsbank.events.operations import PastEvent
from pointsbank.hours.operations import adopt_hour_rule
from pointsbank.hours.rules import HourTerms, Rounding
from pointsbank.settlement import operations as settlement
from pointsbank.settlement.rules import Tier

pytestmark = pytest.mark.browser
WANG = "13800000001"


@pytest.fixture
def desk(browser: Browser) -> Desk:
    return Desk(browser)


def staff(desk: Desk, name: str, url: str, device: dict[str, Any] = PC) -> Page:
    page = desk.device(device)
    page.goto(f"{HOST}{url}")
    sign_in(page, name, STAFF_PASSWORD)
    return page


def held(town: Town, story: Story, *others: int) -> int:
    """王 and others came at 9:00 to an event until 11:00, and forgot to check out; it is closed."""
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
        came = [c.volunteer, *(Actor("user", SYSTEM.id, member_id=one) for one in others)]
        for one in came:
            attendance.check_in(session, one, code=code, claimed_at=now, key="in", at=now)
    story.at("11:30")
    with transaction() as session:
        attendance.close_event(session, c.organiser, event_id=event_id, at=clock.now())
    return event_id


def test_a_missed_check_out_is_suggested_objected_to_and_corrected(
    story: Story, town: Town, desk: Desk
) -> None:
    event_id = held(town, story)
    organiser = staff(desk, "organiser", f"/events/{event_id}/settlement")
    organiser.get_by_text("都不合适，另定分钟").click()
    organiser.get_by_label("另定分钟", exact=True).fill("60")
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


def test_missed_check_outs_are_accepted_with_one_tap_on_a_phone(
    story: Story, town: Town, desk: Desk
) -> None:
    event_id = held(town, story, town.place.li, town.place.zhao)
    phone = staff(desk, "organiser", f"/events/{event_id}", PHONE)
    expect(phone.get_by_text("3 人没有签退，待核定。")).to_be_visible()
    phone.get_by_role("link", name="核定时长").click()
    expect(phone.get_by_role("button", name="建议：服务到结束，120 分钟")).to_have_count(3)
    assert phone.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    phone.get_by_role("button", name="全部按建议核定（3 人）").click()
    expect(phone.get_by_text("已核定 3 人。")).to_be_visible()
    expect(phone.get_by_text("没有待核定的时长")).to_be_visible()
    assert desk.wrongs == []


def past(session: Session, town: Town, org_id: int, title: str, *stay: float) -> int:
    """王's attendance at an event of two hours, from and to in minutes, on a day of its own."""
    TITLES.append(title)
    begin = clock.local(clock.now()).replace(hour=9, minute=0) - timedelta(days=len(TITLES))
    end = begin + timedelta(hours=2)
    row = PastEvent(org_id, title, DeedCategory.ENVIRONMENT, "西岸", begin, end)
    [event_id] = events.record_events(session, SYSTEM, [row], at=clock.now())
    came, went = (begin + timedelta(minutes=minute) for minute in stay)
    past_stay = PastAttendance(event_id, town.place.wang, came, went)
    attendance.record_attendances(session, SYSTEM, [past_stay], at=clock.now())
    found = attendance_of(session, event_id, town.place.wang)
    assert found
    return found.id


TITLES: list[str] = []


def causes(session: Session, town: Town) -> dict[str, str]:
    """An attendance of 王's for each cause, by its title: the sentence that she is to read."""
    c = town.place
    TITLES.clear()
    for org_id, terms in (
        (c.community, HourTerms(least_minutes=10, most_minutes=90)),
        (c.grid, HourTerms(rounding=Rounding.HALF)),
        (c.building_group, HourTerms(least_percent=60)),
        (c.other_community, HourTerms(day_minutes=60, parent_minutes=90)),
    ):
        adopt_hour_rule(
            session, SYSTEM, org_id=org_id, from_on=date(2026, 10, 1), terms=terms,
            at=clock.now() - timedelta(days=60),
        )  # fmt: skip
    past(session, town, c.community, "早到", -20, 60)
    past(session, town, c.community, "晚走", 60, 150)
    past(session, town, c.community, "太短", 0, 9)
    past(session, town, c.community, "封顶", 0, 120)
    past(session, town, c.grid, "取整", 0, 119)
    past(session, town, c.building_group, "不足六成", 0, 71)
    past(session, town, c.other_community, "超时", 0, 120)
    approved = past(session, town, c.other_community, "超时已批", 0, 85)
    settlement.approve_held(
        session, SYSTEM, attendance_id=approved, tier=Tier.PARENT, minutes=15, reason="属实",
        key="approved", at=clock.now(),
    )  # fmt: skip
    corrected = past(session, town, c.community, "更正", 0, 60)
    settlement.correct(
        session, SYSTEM, attendance_id=corrected, minutes=50, reason="提前走了", key="corrected",
        at=clock.now(),
    )  # fmt: skip
    return {
        "早到": "活动开始前的 20 分钟不计。",
        "晚走": "活动结束后的 30 分钟不计。",
        "太短": "不足 10 分钟，不计时长。",
        "封顶": "一次活动最多计 90 分钟，超出的部分不计。",
        "取整": "按规则取整，尾数 29 分钟不计。",
        "不足六成": "在场时间占活动时长的比例不够，须满 72 分钟，不计时长。",
        "超时": "当日时长超过自动计入的上限，超出的 30 分钟须上级组织审批。",
        "超时已批": "超出当日上限的时长，上级组织未批准 10 分钟。",
        "更正": "复核后更正为 50 分钟。",
    }


def test_she_reads_for_every_cause_why_an_hour_is_missing_or_cut(
    story: Story, town: Town, desk: Desk
) -> None:
    held(town, story)  # not settled yet
    story.at("12:00")
    with transaction() as session:
        sentences = causes(session, town)
    sentences["河岸垃圾清理"] = "没有签退，时长待组织者核定。"
    phone = desk.device(PHONE)
    phone.goto(f"{HOST}/me/hours")
    sign_in(phone, WANG, PIN)
    assert phone.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    for title, sentence in sentences.items():
        row = phone.get_by_role("row").filter(has=phone.get_by_role("link", name=title, exact=True))
        expect(row).to_contain_text(sentence)
        row.get_by_role("link", name=title, exact=True).click()
        expect(phone.get_by_text(sentence)).to_be_visible()
        expect(phone.get_by_text("依据：时长规则第 1 版")).to_be_visible()
        phone.go_back()
    phone.get_by_role("link", name="取整", exact=True).click()
    phone.get_by_role("link", name="看规则").click()
    expect(phone.locator("#hour-rules-")).to_contain_text("服务 50 分钟")
    assert desk.wrongs == []
