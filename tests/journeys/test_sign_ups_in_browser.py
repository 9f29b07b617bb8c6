"""Two people and the last place, in headless Chromium: one has it, the other moves up to it."""

from datetime import timedelta

import pytest
from community import sign_in
from flask import Flask
from journeys.cast import Story, Town
from playwright.sync_api import Browser, Page, expect

from pointsbank.core import clock
from pointsbank.core.actor import Actor
from pointsbank.core.database import transaction
from pointsbank.earning.rules import DeedCategory
from pointsbank.events import operations as events
from pointsbank.web.sessions import COOKIE

pytestmark = [pytest.mark.browser, pytest.mark.only("sqlite")]

HOST = "http://bank.test"
PHONE = {"width": 360, "height": 780}


def phone_of(browser: Browser, app: Flask, actor: Actor) -> Page:
    cookie = sign_in(app.test_client(), actor).get_cookie(COOKIE)
    assert cookie is not None
    context = browser.new_context(viewport=PHONE, locale="zh-CN", is_mobile=True, has_touch=True)  # type: ignore[arg-type]
    context.add_cookies([{"name": COOKIE, "value": cookie.value, "url": HOST}])
    page = context.new_page()
    page.on("weberror", lambda error: pytest.fail(str(error)))
    return page


def one_place_left(town: Town) -> str:
    place, now = town.place, clock.now()
    with transaction() as session:
        event = events.plan(
            session, place.organiser, org_id=place.community, title="看望独居老人",
            kind=DeedCategory.HELP, place="第二网格", starts_at=now + timedelta(days=1),
            ends_at=now + timedelta(days=1, hours=2), key="one-place", capacity=1, at=now,
        )  # fmt: skip
        events.publish(session, place.organiser, event_id=event.id or 0, at=now)
        return f"{HOST}/events/{event.id}"


def test_two_people_want_the_last_place(
    app: Flask, story: Story, town: Town, browser: Browser
) -> None:
    story.at("08:30")
    address = one_place_left(town)
    wang = phone_of(browser, app, town.place.volunteer)
    zhou = phone_of(browser, app, town.place.other_volunteer)
    for page in (wang, zhou):
        page.goto(address)
        expect(page.get_by_text("还有 1 个名额")).to_be_visible()

    wang.get_by_role("button", name="报名", exact=True).click()
    expect(wang.get_by_text("报名成功")).to_be_visible()

    zhou.get_by_role("button", name="报名", exact=True).click()  # her page still says one is left
    expect(zhou.get_by_text("名额已满，前面还有 0 人候补。")).to_be_visible()
    zhou.get_by_role("button", name="参加候补").click()
    expect(zhou.get_by_text("候补第 1 位")).to_be_visible()

    wang.get_by_text("退出报名").click()
    wang.get_by_label("原因").fill("孩子病了")
    wang.get_by_role("button", name="确定退出").click()
    expect(wang.get_by_text("已退出报名。")).to_be_visible()

    zhou.goto(f"{HOST}/sign-ups")
    expect(zhou.get_by_text("您已从候补转为报名：看望独居老人")).to_be_visible()
    expect(zhou.get_by_text("已报名", exact=True)).to_be_visible()
