"""Moving house, being two in the register, and being forgotten: what people do in a browser."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from community import PIN
from community import sign_in as enter
from flask import Flask
from journeys.cast import Story, Town
from journeys.test_day_in_browser import HOST, PC, PHONE, WANG, Desk, sign_in
from playwright.sync_api import Browser, Page, expect

from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM, Actor
from pointsbank.core.database import snapshot, transaction
from pointsbank.ledger.verify import verify
from pointsbank.members import operations as members
from pointsbank.members import queries as member_queries
from pointsbank.web.sessions import COOKIE

BORN = date(1970, 3, 8)
pytestmark = [pytest.mark.browser, pytest.mark.only("sqlite")]


@dataclass
class Office:
    """A phone and PCs of people in the town."""

    app: Flask
    town: Town
    desk: Desk

    def phone(self) -> Page:
        page = self.desk.device(PHONE)
        page.goto(f"{HOST}/sign-in")
        sign_in(page, WANG, PIN)
        return page

    def pc(self, actor: Actor, url: str) -> Page:
        """A colleague who is signed in already; whatever asks her whether she is sure, she is."""
        page = self.desk.device(PC)
        cookie = enter(self.app.test_client(), actor).get_cookie(COOKIE)
        assert cookie
        page.context.add_cookies([{"name": COOKIE, "value": cookie.value, "url": HOST}])
        page.on("dialog", lambda dialog: dialog.accept())
        page.goto(f"{HOST}{url}")
        return page


@pytest.fixture
def office(app: Flask, town: Town, browser: Browser, story: Story) -> Office:
    story.at("09:00")
    return Office(app, town, Desk(browser))


def test_who_moves_house_asks_on_her_phone_and_is_taken_in(office: Office) -> None:
    place = office.town.place
    page = office.phone()
    page.goto(f"{HOST}/transfers")
    expect(page.get_by_text("还没有关系转接")).to_be_visible()
    page.get_by_role("link", name="办理转接").click()
    page.get_by_label("转入组织的名称").fill("光明")
    page.get_by_role("button", name="查找").click()
    page.get_by_text("光明社区第一网格光明社区").click()
    page.get_by_label("说明").fill("搬到女儿家")
    page.get_by_role("button", name="提交申请").click()
    expect(page.get_by_text("待转入方接收")).to_be_visible()

    inbox = office.pc(place.stranger, "/transfers")
    inbox.get_by_role("link", name="王桂芳").click()
    expect(inbox.get_by_text("搬到女儿家")).to_be_visible()
    inbox.get_by_role("button", name="接收").click()
    expect(inbox.get_by_text("已接收，关系已转入。")).to_be_visible()

    page.reload()
    expect(page.get_by_text("已转入")).to_be_visible()
    page.goto(f"{HOST}/me")
    expect(page.get_by_text("光明社区").first).to_be_visible()
    assert office.desk.wrongs == []


def test_two_records_are_compared_joined_and_parted(office: Office) -> None:
    place = office.town.place
    with transaction() as session:
        wang = member_queries.member(session, place.wang)
        second = members.register(
            session, SYSTEM, name="王桂芳", residence_id=place.grid, birth_on=BORN,
            at=clock.now(),
        ).id  # fmt: skip
        members.change_member(
            session, SYSTEM, member_id=wang.id, version=wang.version, birth_on=BORN,
            at=clock.now(),
        )  # fmt: skip
    page = office.pc(place.secretary, "/duplicates")
    expect(page.get_by_text("姓名和出生日期相同")).to_be_visible()
    page.get_by_role("link", name="比较").click()
    expect(page.get_by_text("138****0001")).to_be_visible()
    page.get_by_role("button", name="合并，保留这一份").first.click()
    expect(page.get_by_text("已合并为一份登记。")).to_be_visible()
    with snapshot() as session:
        assert member_queries.ids_of_person(session, place.wang) == [place.wang, second]
    page.get_by_role("button", name="撤销", exact=True).click()
    expect(page.get_by_text("两份登记恢复原样")).to_be_visible()
    with snapshot() as session:
        assert member_queries.ids_of_person(session, place.wang) == [place.wang]
        assert verify(session).fault is None
    assert office.desk.wrongs == []


def test_she_takes_her_data_and_is_forgotten_at_her_wish(office: Office, tmp_path: Path) -> None:
    place = office.town.place
    page = office.phone()
    page.goto(f"{HOST}/me")
    page.get_by_role("link", name="关于我的全部数据").click()
    page.get_by_label("登录密码或 PIN").fill(PIN)
    with page.expect_download() as taken:
        page.get_by_role("button", name="下载").click()
    file = tmp_path / "mine.html"
    taken.value.save_as(file)
    reader = office.desk.browser.new_context(java_script_enabled=False).new_page()
    reader.goto(file.as_uri())
    expect(reader.get_by_role("heading", name="登记信息")).to_be_visible()
    expect(reader.get_by_text("13800000001").first).to_be_visible()

    admin = office.pc(place.administrator, f"/members/{place.wang}/erasure")
    admin.get_by_text("本人当面提出").click()
    admin.get_by_role("button", name="下一步").click()
    admin.get_by_label("请填写志愿者编号").fill("2026000009")
    admin.get_by_role("button", name="永久删除").click()
    expect(admin.get_by_text("编号不符")).to_be_visible()
    admin.get_by_label("请填写志愿者编号").fill("2026000001")
    admin.get_by_role("button", name="永久删除").click()
    expect(admin.get_by_text("账本保留在编号之下")).to_be_visible()
    page.reload()
    expect(page.get_by_label("手机号或登录名")).to_be_visible()  # she is signed out
    with snapshot() as session:
        assert member_queries.member(session, place.wang).name == "已注销成员"
        assert verify(session).fault is None
    assert office.desk.wrongs == []
