"""One day and one year in headless Chromium: what people do with phone, counter PC and office PC.

The browser believes that the town's server is ``bank.test``; a page that breaks its own security
policy, throws, or asks any other host for anything fails the test.
"""

import csv
import io
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import openpyxl
import pytest
from community import PIN, STAFF_PASSWORD
from journeys.cast import Story, Town, read_qr
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect

pytestmark = pytest.mark.browser

HOST = "http://bank.test"
WANG = "13800000001"
PHONE = {"viewport": {"width": 360, "height": 780}, "is_mobile": True, "has_touch": True}
FETCHED = "async url => [...new Uint8Array(await (await fetch(url)).arrayBuffer())]"
PC = {"viewport": {"width": 1280, "height": 900}}


@dataclass
class Desk:
    """Opens devices, and notes whatever a page should not have done."""

    browser: Browser
    wrongs: list[str] = field(default_factory=list)

    def device(self, kind: dict[str, Any]) -> Page:
        context = self.browser.new_context(**kind, locale="zh-CN", accept_downloads=True)
        self._watch(context)
        return context.new_page()

    def _watch(self, context: BrowserContext) -> None:
        context.on("request", lambda request: self._asked(request.url))
        context.on("console", lambda message: self._said(message.text))
        context.on("weberror", lambda error: self.wrongs.append(f"script: {error.error}"))

    def _asked(self, url: str) -> None:
        if urlsplit(url).scheme in {"http", "https", "ws", "wss"} and not url.startswith(HOST):
            self.wrongs.append(f"asked another host: {url}")

    def _said(self, text: str) -> None:
        if "Content Security Policy" in text or "Refused to" in text:
            self.wrongs.append(text)


@dataclass
class Day:
    """What the steps of the day hand on."""

    story: Story
    town: Town
    desk: Desk
    tmp: Path
    phone: Page
    address: str = ""
    event_url: str = ""

    def staff(self, name: str, url: str = "/") -> Page:
        """A colleague at a PC of her own, signed in."""
        page = self.desk.device(PC)
        page.goto(f"{HOST}{url}")
        sign_in(page, name, STAFF_PASSWORD)
        return page


@pytest.fixture
def day(story: Story, town: Town, browser: Browser, tmp_path: Path) -> Day:
    desk = Desk(browser)
    return Day(story, town, desk, tmp_path, desk.device(PHONE))


def test_one_day_and_one_year_in_a_browser(day: Day) -> None:
    an_organiser_publishes_and_prints_a_poster(day)
    a_volunteer_scans_signs_in_and_is_checked_in(day)
    she_leaves_with_one_tap(day)
    the_organiser_confirms_with_one_tap(day)
    her_page_shows_what_she_has_and_where_it_came_from(day)
    the_shelf_is_filled(day)
    the_counter_hands_over_refuses_and_takes_back(day)
    the_year_is_exported_and_sealed(day)
    an_official_sees_below_and_nothing_beside(day)
    an_auditor_sees_and_changes_nothing(day)
    assert day.desk.wrongs == []


def test_the_desk_notices_what_a_page_may_not_do(day: Day) -> None:
    day.phone.goto(f"{HOST}/sign-in")
    assert day.desk.wrongs == []
    day.phone.evaluate("fetch('http://elsewhere.test/').catch(() => {})")
    with day.phone.expect_event("console", lambda message: "style" in message.text, timeout=2000):
        day.phone.evaluate("document.body.insertAdjacentHTML('beforeend', '<p style=\"top:0\">')")
    assert any("elsewhere.test" in wrong for wrong in day.desk.wrongs)
    assert any("style" in wrong for wrong in day.desk.wrongs)


def sign_in(page: Page, name: str, password: str) -> None:
    page.get_by_label("手机号或登录名").fill(name)
    page.get_by_label("密码", exact=True).fill(password)
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("button", name="登录", exact=True)).to_have_count(0)
    page.wait_for_load_state()


def an_organiser_publishes_and_prints_a_poster(day: Day) -> None:
    day.story.at("08:30")
    page = day.staff("organiser", "/events")
    page.get_by_role("link", name="新建活动").click()
    page.get_by_label("活动名称").fill("周末清洁家园")
    page.get_by_label("主办组织").select_option(label="幸福社区")
    page.get_by_label("活动类别").select_option(label="环境整治")
    page.get_by_label("地点").fill("幸福社区广场")
    page.get_by_label("开始时间").fill("2026-11-21T09:00")
    page.get_by_label("结束时间").fill("2026-11-21T11:30")
    page.get_by_role("button", name="保存草稿").click()
    expect(page.get_by_role("heading", name="周末清洁家园")).to_be_visible()
    day.event_url = page.url
    page.get_by_role("button", name="发布这个活动").click()
    expect(page.get_by_text("活动已发布")).to_be_visible()
    page.get_by_role("link", name="签到海报").click()
    expect(page.locator(".code-drawing svg")).to_be_visible()
    screen = io.BytesIO(page.screenshot(full_page=True))
    day.address = read_qr(Image.open(screen))
    assert re.fullmatch(HOST + r"/c/[A-Z0-9]{6}", day.address)
    printed = bytes(page.evaluate(FETCHED, f"{day.event_url}/poster.pdf"))
    assert read_qr(printed) == day.address
    page.goto(day.event_url)
    page.get_by_role("button", name="开始扫码签到").click()
    expect(page.get_by_text("签到中")).to_be_visible()


def a_volunteer_scans_signs_in_and_is_checked_in(day: Day) -> None:
    day.story.at("09:02")
    phone = day.phone
    phone.goto(day.address)
    day.story.at("09:04")  # typing a password takes her two minutes; she came at 9:02
    sign_in(phone, WANG, PIN)
    answer = phone.locator("[data-result]")
    expect(answer).to_contain_text("签到成功")
    expect(answer).to_contain_text("09:02")
    expect(answer).to_contain_text("再扫一次同一个码签退")
    day.story.at("09:05")
    phone.goto(day.address)
    expect(phone.locator("[data-result=amber]")).to_contain_text("您已签到")
    live = day.staff("organiser", f"{urlsplit(day.event_url).path}/attendance")
    expect(live.get_by_text("王桂芳")).to_be_visible()


def she_leaves_with_one_tap(day: Day) -> None:
    day.story.at("11:00")
    phone = day.phone
    phone.goto(day.address)
    phone.get_by_role("button", name="现在签退").click()
    answer = phone.locator("[data-result]")
    expect(answer).to_contain_text("签退成功")
    expect(answer).to_contain_text("118")
    expect(answer).to_contain_text("组织者确认后")
    day.story.at("11:20")
    phone.goto(day.address)
    expect(phone.locator("[data-result=amber]")).to_contain_text("11:00")
    expect(phone.get_by_role("button", name="再次签到")).to_be_visible()
    phone.goto(f"{HOST}/me")
    expect(phone.get_by_text("待组织者确认")).to_be_visible()


def the_organiser_confirms_with_one_tap(day: Day) -> None:
    day.story.at("11:35")
    page = day.staff("organiser", urlsplit(day.event_url).path)
    page.get_by_role("button", name="一键确认 1 人").click()
    expect(page.get_by_text("已确认 1 人")).to_be_visible()
    page.goto(day.event_url)
    page.get_by_role("button", name="结束活动").click()
    expect(page.get_by_text("已结束").first).to_be_visible()


def her_page_shows_what_she_has_and_where_it_came_from(day: Day) -> None:
    day.story.at("12:00")
    phone = day.phone
    phone.goto(f"{HOST}/me")
    figures = phone.locator(".figures .figure")
    expect(figures.nth(0)).to_contain_text("1.9")
    expect(figures.nth(1)).to_contain_text("19")
    expect(phone.locator("#star")).to_contain_text("距一星还差 98.1 小时")
    phone.get_by_role("link", name="道德积分").click()
    entry = phone.locator(".entry").first
    expect(entry).to_contain_text("周末清洁家园")
    expect(entry).to_contain_text("环境整治")
    expect(entry).to_contain_text("积分规则第1版，每小时10分")
    entry.get_by_role("link", name="周末清洁家园").click()
    expect(phone.get_by_role("heading", name="周末清洁家园")).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 360


def the_shelf_is_filled(day: Day) -> None:
    day.story.at("14:00")
    page = day.staff("clerk", "/goods")
    for name, unit_name, price in (("大米", "袋", "15"), ("香皂", "块", "4")):
        page.get_by_label("名称").fill(name)
        page.get_by_label("计量单位").fill(unit_name)
        page.get_by_label("价格").fill(price)
        page.get_by_role("button", name="添加").click()
        page.get_by_label(f"{name}入库数量").fill("5")
        row = page.get_by_role("row").filter(has_text=name)
        row.get_by_role("button", name="入库").click()
        expect(row).to_contain_text(f"5 {unit_name}")


def the_counter_hands_over_refuses_and_takes_back(day: Day) -> None:
    day.story.at("15:00")
    day.phone.goto(f"{HOST}/me/code")
    shown = read_qr(Image.open(io.BytesIO(day.phone.screenshot())))
    clerk = day.staff("clerk", "/counter")
    clerk.keyboard.type(shown)
    clerk.keyboard.press("Enter")
    customer = clerk.locator(".customer")
    expect(customer).to_contain_text("王桂芳")
    expect(customer).to_contain_text("0001")
    expect(customer).to_contain_text("19")

    rice, soap = clerk.get_by_label("大米", exact=True), clerk.get_by_label("香皂", exact=True)
    confirm = clerk.get_by_role("button", name="确认兑换")
    rice.fill("2")
    expect(confirm).to_be_disabled()
    expect(clerk.locator("[data-warning=points]")).to_contain_text("还差 11 分")
    confirm.evaluate("button => button.disabled = false")  # and if she could press it
    confirm.click()
    expect(clerk.locator("[data-result=red]")).to_contain_text("没有扣分，也没有出库")
    rice.fill("1")
    soap.fill("1")
    confirm.click()
    done = clerk.locator("[data-result=green]")
    expect(done).to_contain_text("兑换成功")
    expect(done).to_contain_text("大米 ×1、香皂 ×1")
    clerk.get_by_role("button", name="撤销这次兑换").click()
    undone = clerk.locator("[data-result=amber]")
    expect(undone).to_contain_text("已撤销")
    expect(undone).to_contain_text("19")
    day.phone.goto(f"{HOST}/me/statement")
    expect(day.phone.locator(".entry-amount .digits")).to_have_text(["+19", "−19", "+19"])


def the_year_is_exported_and_sealed(day: Day) -> None:
    day.story.at("10:00", "2027-01-05")
    page = day.staff("secretary", "/evaluations")
    page.goto(f"{HOST}/evaluations/2026?org={day.town.place.community}")
    row = page.get_by_role("row").filter(has_text="王桂芳")
    expect(row).to_contain_text("1.9")
    before = _sheets(page, day.tmp)
    assert before["王桂芳"] == before["csv 王桂芳"]
    page.get_by_role("link", name="封存本年度").click()
    page.get_by_role("button", name="确认封存").click()
    expect(page.get_by_text("不再变动")).to_be_visible()
    assert _sheets(page, day.tmp) == before


def _sheets(page: Page, folder: Path) -> dict[str, list[str]]:
    """The rows of both exports, opened by other programs, by name."""
    saved = {}
    for label, name in (("导出Excel", "year.xlsx"), ("导出CSV", "year.csv")):
        with page.expect_download() as download:
            page.get_by_role("button", name=label).click()
        download.value.save_as(folder / name)
    sheet = openpyxl.load_workbook(folder / "year.xlsx").active
    for row in sheet.iter_rows(values_only=True):
        if isinstance(row[0], int):
            saved[row[2]] = [_plain(value) for value in row]
    lines = csv.reader(io.StringIO((folder / "year.csv").read_text(encoding="utf-8-sig")))
    for line in list(lines)[1:]:
        saved[f"csv {line[2]}"] = [_plain(value) for value in line]
    return saved


def _plain(value: object) -> str:
    return str(value).removesuffix(".0")


def an_official_sees_below_and_nothing_beside(day: Day) -> None:
    place = day.town.place
    page = day.staff("official", f"/organisations/{place.street}?year=2026")
    expect(page.get_by_role("row").filter(has_text="幸福社区")).to_contain_text("1.9")
    expect(page.get_by_role("row").filter(has_text="光明社区")).to_be_visible()
    answer = page.goto(f"{HOST}/organisations/{place.city}")
    assert answer is not None
    assert answer.status in (403, 404)
    answer = page.goto(f"{HOST}/evaluations/2026?org={place.city}")
    assert answer is not None
    assert answer.status in (403, 404)


def an_auditor_sees_and_changes_nothing(day: Day) -> None:
    page = day.staff("auditor", "/ledger")
    expect(page.get_by_role("heading", name="账本")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="志愿服务").first).to_be_visible()
    for url in ("/ledger", "/audit"):
        page.goto(f"{HOST}{url}")
        posting = page.locator("main form[method=post]")
        expect(posting).to_have_count(0)
    expect(page.locator("tbody tr").first).to_be_visible()
    org_id = day.town.place.community
    for url in ("/counter", "/goods", "/events/new", f"/evaluations/2026?org={org_id}"):
        answer = page.goto(f"{HOST}{url}")
        assert answer is not None
        assert answer.status == 403
