"""Signing up, in headless Chromium: for the last place, two things at once, family and team; who
waits moves up when somebody withdraws and when there are more places.
"""

from datetime import timedelta

import pytest
from community import sign_in
from flask import Flask
from journeys.cast import Story, Town
from playwright.sync_api import Browser, Page, expect

from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM, Actor
from pointsbank.core.database import transaction
from pointsbank.earning.rules import DeedCategory
from pointsbank.events import operations as events
from pointsbank.members import operations as members
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


def published(town: Town, title: str = "看望独居老人", capacity: int = 1) -> str:
    place, now = town.place, clock.now()
    with transaction() as session:
        event = events.plan(
            session, place.organiser, org_id=place.community, title=title,
            kind=DeedCategory.HELP, place="第二网格", starts_at=now + timedelta(days=1),
            ends_at=now + timedelta(days=1, hours=2), key=title, capacity=capacity, at=now,
        )  # fmt: skip
        events.publish(session, place.organiser, event_id=event.id or 0, at=now)
        return f"{HOST}/events/{event.id}"


def test_two_people_want_the_last_place(
    app: Flask, story: Story, town: Town, browser: Browser
) -> None:
    story.at("08:30")
    address = published(town)
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


def test_a_clash_is_accepted_knowingly_and_more_places_let_the_next_one_in(
    app: Flask, story: Story, town: Town, browser: Browser
) -> None:
    story.at("08:30")
    visit, patrol = published(town), published(town, "治安巡逻", capacity=5)
    wang = phone_of(browser, app, town.place.volunteer)
    zhou = phone_of(browser, app, town.place.other_volunteer)
    wang.goto(visit)
    wang.get_by_role("button", name="报名", exact=True).click()
    wang.goto(patrol)
    wang.get_by_role("button", name="报名", exact=True).click()
    expect(wang.get_by_text("与已报名的“看望独居老人”")).to_be_visible()
    wang.get_by_role("button", name="知道了，仍要报名").click()
    expect(wang.get_by_text("报名成功")).to_be_visible()

    zhou.goto(visit)
    zhou.get_by_role("button", name="候补").click()
    expect(zhou.get_by_text("候补第 1 位")).to_be_visible()
    organiser = phone_of(browser, app, town.place.organiser)
    organiser.goto(f"{visit}/edit")
    organiser.get_by_label("计划人数").fill("2")
    organiser.get_by_label("改了什么").fill("多了一位老人，加一个名额。")
    organiser.get_by_role("button", name="保存").click()
    expect(organiser.get_by_text("已保存。")).to_be_visible()
    zhou.reload()
    expect(zhou.get_by_text("从候补转为报名")).to_be_visible()


def test_family_and_team_are_signed_up_by_who_has_a_phone(
    app: Flask, story: Story, town: Town, browser: Browser
) -> None:
    story.at("08:30")
    place, now = town.place, clock.now()
    with transaction() as session:
        members.found_household(
            session, SYSTEM, head_id=place.wang, member_ids=[place.chen],
            on=clock.local_day(now), at=now,
        )  # fmt: skip
    address = published(town, capacity=2)
    wang = phone_of(browser, app, place.volunteer)
    wang.goto(address)
    wang.get_by_role("link", name="替别人报名").click()
    wang.get_by_role("button", name="给家人报名").click()
    expect(wang.get_by_text("报名成功")).to_be_visible()
    expect(wang.get_by_text("已经替别人报的名")).to_be_visible()
    wang.once("dialog", lambda dialog: dialog.accept())
    wang.get_by_role("button", name="退出", exact=True).click()
    expect(wang.get_by_text("已退出报名")).to_be_visible()
    wang.get_by_role("button", name="给家人报名").click()
    expect(wang.get_by_text("报名成功")).to_be_visible()

    captain = phone_of(browser, app, place.organiser)
    captain.goto(f"{address}/sign-ups/new")
    captain.get_by_role("button", name="列出队员").click()
    captain.get_by_role("button", name="给选中的队员报名").click()
    expect(captain.get_by_text("已报名", exact=True)).to_have_count(1)
    expect(captain.get_by_text("候补中", exact=True)).to_have_count(1)
    captain.goto(f"{address}/sign-ups")
    expect(captain.get_by_role("row").filter(has_text="陈")).to_contain_text("家人")
