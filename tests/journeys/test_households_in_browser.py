"""A family's joint account and a volunteer's consents, at a PC and on a phone."""

import pytest
from flask import Flask
from journeys.cast import Story, Town
from journeys.test_day_in_browser import HOST, Desk
from journeys.test_persons_in_browser import Office
from playwright.sync_api import Browser, expect

from pointsbank.core import clock
from pointsbank.core.database import snapshot, transaction
from pointsbank.members import queries as members
from pointsbank.members.rules import Consent
from tests.joint import credit_households, serve_today

pytestmark = [pytest.mark.browser, pytest.mark.only("sqlite")]


@pytest.fixture
def office(app: Flask, town: Town, browser: Browser, story: Story) -> Office:
    story.at("09:00")
    return Office(app, town, Desk(browser))


def test_a_family_has_one_account_and_each_of_it_reads_where_its_points_came_from(
    office: Office,
) -> None:
    place = office.town.place
    with transaction() as session:
        credit_households(session, place.community)
        numbers = {one: members.member(session, one).number for one in (place.wang, place.chen)}
    page = office.pc(place.secretary, f"/members/{place.chen}")
    page.get_by_role("button", name="以她为户主登记家庭").click()
    page.get_by_label("志愿者编号").fill(numbers[place.wang])
    page.get_by_role("button", name="加入", exact=True).click()
    expect(page.get_by_role("link", name="王桂芳")).to_be_visible()

    with transaction() as session:
        serve_today(session, place, place.chen, minutes=120)
    page.reload()
    expect(page.get_by_role("heading", name="家庭账户")).to_be_visible()
    expect(page.get_by_text("+20")).to_be_visible()

    phone = office.phone()
    phone.goto(f"{HOST}/me")
    phone.get_by_role("link", name="家庭账户").click()
    expect(phone.get_by_text("陈玉兰")).to_be_visible()
    expect(phone.get_by_text("楼栋巡逻")).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0

    page.get_by_role("listitem").filter(has_text="王桂芳").get_by_role(
        "button", name="移出"
    ).click()
    expect(page.get_by_role("link", name="王桂芳")).to_have_count(0)
    phone.goto(f"{HOST}/me")
    expect(phone.get_by_text("家庭账户")).to_have_count(0)
    assert office.desk.wrongs == []


def test_a_consent_is_given_and_withdrawn_on_her_phone_and_seen_at_the_desk(
    office: Office,
) -> None:
    place = office.town.place
    phone = office.phone()
    phone.goto(f"{HOST}/me")
    phone.get_by_role("link", name="我的同意事项").click()
    sharing = phone.locator(".card").filter(has_text="向单位和上级提供服务记录").first
    sharing.get_by_role("button", name="我同意").click()
    expect(sharing.get_by_text("已同意")).to_be_visible()

    desk = office.pc(place.secretary, f"/members/{place.wang}")
    expect(desk.get_by_text("向单位和上级提供服务记录").first).to_be_visible()
    with snapshot() as session:
        [given] = [one for one in members.consents(session, place.wang)
                   if one.kind is Consent.SHARING]  # fmt: skip
        assert (given.withdrawn_at, given.given_at) == (None, clock.now())

    sharing.get_by_role("button", name="撤回同意").click()
    expect(sharing.get_by_text("未同意")).to_be_visible()
    expect(phone.get_by_text("同意和撤回的记录")).to_be_visible()
    with snapshot() as session:
        [gone] = [one for one in members.consents(session, place.wang)
                  if one.kind is Consent.SHARING]  # fmt: skip
        assert gone.withdrawn_at is not None
    assert office.desk.wrongs == []
