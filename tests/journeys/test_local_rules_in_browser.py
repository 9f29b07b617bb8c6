"""A secretary adopts a points rule from next month, a volunteer reads it, and what she did this
month still counts by the old one; in headless Chromium.
"""

from datetime import timedelta

import pytest
from community import sign_in
from flask import Flask
from journeys.cast import Story, Town
from playwright.sync_api import Browser, Page, expect

from pointsbank.attendance import operations as attendance
from pointsbank.core import clock
from pointsbank.core.actor import Actor
from pointsbank.core.database import snapshot, transaction
from pointsbank.earning.rules import DeedCategory
from pointsbank.events import operations as events
from pointsbank.hours.rules import Way
from pointsbank.ledger.queries import balances
from pointsbank.web.sessions import COOKIE

pytestmark = [pytest.mark.browser, pytest.mark.only("sqlite")]

HOST = "http://bank.test"


def visitor(browser: Browser, app: Flask, actor: Actor, width: int) -> Page:
    cookie = sign_in(app.test_client(), actor).get_cookie(COOKIE)
    assert cookie is not None
    context = browser.new_context(viewport={"width": width, "height": 900}, locale="zh-CN")
    context.add_cookies([{"name": COOKIE, "value": cookie.value, "url": HOST}])
    page = context.new_page()
    page.on("weberror", lambda error: pytest.fail(str(error)))
    return page


def serve_on_patrol(story: Story, town: Town, day: str) -> None:
    """Two hours of patrol, scanned in and out by the organiser."""
    place = town.place
    story.at("08:50", day)
    begin = clock.now() + timedelta(minutes=10)
    with transaction() as session:
        event = events.plan(
            session, place.organiser, org_id=place.community, title="治安巡逻",
            kind=DeedCategory.PATROL, place="社区", starts_at=begin,
            ends_at=begin + timedelta(hours=2), key=day, at=clock.now(),
        )  # fmt: skip
        events.publish(session, place.organiser, event_id=event.id or 0, at=clock.now())
        events.open_event(session, place.organiser, event_id=event.id or 0, at=clock.now())
        code = event.code
    for time, verb in (("09:00", attendance.check_in), ("11:00", attendance.check_out)):
        story.at(time, day)
        with transaction() as session:
            verb(
                session, place.organiser, code=code, claimed_at=clock.now(), key=time,
                member_id=place.wang, way=Way.ORGANISER, at=clock.now(),
            )  # fmt: skip


def test_a_rule_of_next_month_leaves_this_months_service_alone(
    browser: Browser, app: Flask, town: Town, story: Story
) -> None:
    place = town.place
    desk = visitor(browser, app, place.secretary, 1280)
    desk.goto(f"{HOST}/events")
    desk.get_by_role("link", name="本地规则").first.click()
    card = desk.locator("#points-rules-morality")
    expect(card).to_contain_text("沿用上级规定")
    card.get_by_role("link", name="制定新规则").click()
    desk.get_by_label("从哪一天起施行").fill("2026-11-20")
    desk.locator("[id='by_category.patrol']").fill("15")
    desk.get_by_role("button", name="下一步").click()
    desk.locator("form:has([name=from_on])").evaluate("form => { form.noValidate = true }")
    desk.get_by_role("button", name="下一步").click()
    expect(desk.locator("#from_on-wrong")).to_contain_text("最早从11月21日起")
    expect(desk.locator("[id='by_category.patrol']")).to_have_value("15")
    desk.get_by_label("从哪一天起施行").fill("2026-12-01")
    desk.get_by_role("button", name="下一步").click()
    expect(desk.get_by_role("row", name="治安巡逻 2 小时")).to_contain_text("20 分")
    expect(desk.get_by_role("row", name="治安巡逻 2 小时")).to_contain_text("30 分")
    desk.get_by_role("button", name="确认施行").click()
    expect(desk.locator("#points-rules-morality .coming")).to_contain_text("自12月1日起改为")

    serve_on_patrol(story, town, "2026-11-21")
    with snapshot() as session:
        assert balances(session, place.wang)["morality"] == 20

    phone = visitor(browser, app, place.volunteer, 360)
    phone.goto(f"{HOST}/me")
    phone.get_by_role("link", name="积分、时长和星级怎么算").click()
    mine = phone.locator("#points-rules-morality")
    expect(mine.locator(".coming")).to_contain_text("治安巡逻 2 小时")
    expect(mine.locator(".coming")).to_contain_text("30 分")
    expect(phone.get_by_role("link", name="制定新规则")).to_have_count(0)
    assert phone.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0

    serve_on_patrol(story, town, "2026-12-05")
    with snapshot() as session:
        assert balances(session, place.wang)["morality"] == 20 + 30
