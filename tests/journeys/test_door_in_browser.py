"""At the door in Chromium: the screen's rotating code, a sheet of paper, the wall, a walk-in."""

import io
from typing import Any

import pytest
from community import PIN, STAFF_PASSWORD
from journeys.cast import Story, Town, read_qr
from journeys.tablet import open_event, snapshot_of
from journeys.test_day_in_browser import FETCHED, HOST, PC, PHONE, WANG, Desk, sign_in
from PIL import Image, ImageFilter
from playwright.sync_api import Browser, Page, expect
from pypdfium2 import PdfDocument
from sqlmodel import select

from pointsbank.attendance.models import Attendance, Scan
from pointsbank.attendance.rules import Verdict
from pointsbank.core import clock
from pointsbank.core.database import transaction
from pointsbank.events.models import Event
from pointsbank.hours.rules import Way
from pointsbank.members.models import Member
from pointsbank.signups import operations as signups

pytestmark = [pytest.mark.browser, pytest.mark.only("sqlite")]

ROTATED, BLUR_PX = 15, 1.5
LEAST_TEXT_PX, LEAST_TARGET_PX = 24, 60  # 18 pt; MIIT's norm for elder views

# Of what is to be seen in the main part: the smallest text, and the lowest of what is tapped.
MEASURED = """() => {
  const seen = [...document.querySelectorAll("main *")].filter((one) => one.checkVisibility());
  const says = (one) => [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  const drawn = (one) => one.closest("svg") === null;
  const sizes = seen.filter((one) => says(one) && drawn(one))
    .map((one) => parseFloat(getComputedStyle(one).fontSize));
  const lows = seen.filter((one) => one.matches("button, a.button, input:not([type=hidden])"))
    .map((one) => one.getBoundingClientRect().height);
  return [Math.min(...sizes), Math.min(...lows)];
}"""


@pytest.fixture
def desk(browser: Browser) -> Any:
    opened = Desk(browser)
    yield opened
    assert opened.wrongs == []


def staff(desk: Desk, path: str) -> Page:
    page = desk.device(PC)
    page.goto(f"{HOST}{path}")
    sign_in(page, "organiser", STAFF_PASSWORD)
    return page


def shot(page: Page) -> Image.Image:
    return Image.open(io.BytesIO(page.screenshot()))


def test_a_code_of_the_screen_lets_in_who_signs_in_after_it_is_stale(
    story: Story, town: Town, desk: Desk
) -> None:
    story.at("08:50")
    event_id = open_event(town.place)
    story.at("09:02")
    screen = staff(desk, f"/events/{event_id}/screen")
    address = read_qr(shot(screen))
    phone = desk.device(PHONE)
    phone.goto(address)
    expect(phone.get_by_label("手机号或登录名")).to_be_visible()
    story.at("09:06")  # she looked for her password
    late = desk.device(PHONE)
    late.goto(address)
    expect(late.get_by_text("动态码已过期")).to_be_visible()
    sign_in(phone, WANG, PIN)
    answer = phone.locator("[data-result=green]")
    expect(answer).to_contain_text("签到成功")
    expect(answer).to_contain_text("09:02")
    rows = snapshot_of(select(Scan.way, Scan.verdict, Scan.scanned_at, Scan.received_at))
    [(way, verdict, scanned_at, received_at)] = rows
    assert (way, verdict) == (Way.ROTATING, Verdict.CHECKED_IN)
    assert f"{clock.local(scanned_at):%H:%M}" == "09:02"
    assert f"{clock.local(received_at):%H:%M}" == "09:06"


def test_a_screen_without_network_covers_its_code(story: Story, town: Town, desk: Desk) -> None:
    story.at("08:50")
    event_id = open_event(town.place)
    screen = staff(desk, f"/events/{event_id}/screen")
    expect(screen.locator(".door-cover")).to_be_hidden()
    screen.context.set_offline(True)
    screen.evaluate("document.getAnimations().forEach((one) => one.finish())")  # half a minute
    expect(screen.get_by_text("请检查这块屏幕的网络")).to_be_visible()
    codes = shot(screen)
    with pytest.raises(AssertionError, match="0 codes"):
        read_qr(codes)


def test_a_printed_sheet_is_found_by_its_code_and_entered_once(
    story: Story, town: Town, desk: Desk
) -> None:
    story.at("08:50")
    place, event_id = town.place, open_event(town.place)
    [(number,)] = snapshot_of(select(Member.number).where(Member.id == place.chen))
    page = staff(desk, f"/events/{event_id}/sheets")
    page.get_by_label("空白行").fill("3")
    page.get_by_role("button", name="生成签到表").click()
    expect(page.get_by_text("第 1 号签到表可以打印了")).to_be_visible()
    href = page.get_by_role("link", name="打印").get_attribute("href")
    printed = PdfDocument(bytes(page.evaluate(FETCHED, f"{HOST}{href}")))
    paper = printed[0].render(scale=150 / 72).to_pil()
    small = paper.resize((paper.width * 3 // 5, paper.height * 3 // 5))
    turned = paper.rotate(ROTATED, expand=True, fillcolor="white")
    blurred = turned.filter(ImageFilter.GaussianBlur(BLUR_PX))
    addresses = {read_qr(image) for image in (paper, small, turned, blurred)}
    assert addresses == {f"{HOST}/events/{event_id}/sheets/1"}

    story.at("12:10")
    first, second = (staff(desk, f"/events/{event_id}/sheets/1") for _ in "12")
    for clerk in (first, second):
        clerk.get_by_label("第 1 行志愿者编号").fill(number)
        clerk.get_by_label("第 1 行签到时间").fill("9:05")
        clerk.get_by_label("第 1 行签退时间").fill("11:05")
    first.get_by_role("button", name="录入，之后不能再改").click()
    expect(first.get_by_text("第 1 号签到表已录入，共 1 行")).to_be_visible()
    second.get_by_role("button", name="录入，之后不能再改").click()
    expect(second.get_by_role("alert")).to_contain_text("不能再录一次")
    [(way, minutes)] = snapshot_of(select(Attendance.way, Attendance.minutes))
    assert (way, minutes) == (Way.SHEET, 120)


def test_a_walk_in_is_noted_by_name_and_phone_and_matched_later(
    story: Story, town: Town, desk: Desk
) -> None:
    story.at("08:50")
    event_id = open_event(town.place)
    story.at("09:02")
    phone = desk.device(PHONE)
    phone.goto(f"{HOST}/events/{event_id}/names")
    sign_in(phone, "organiser", STAFF_PASSWORD)
    noting = phone.locator("#walk-ins")
    noting.get_by_label("姓名").fill("王阿姨")
    noting.get_by_label("手机号码").fill("138 0000 0001")
    noting.get_by_role("button", name="登记", exact=True).click()
    expect(noting.get_by_role("heading", name="王阿姨")).to_be_visible()
    expect(noting).to_contain_text("手机号与 王桂芳 相同")
    expect(noting).not_to_contain_text("13800000001")
    story.at("11:02")
    phone.reload()
    sign_in(phone, "organiser", STAFF_PASSWORD)
    noting.get_by_role("button", name="签退").click()
    expect(phone.get_by_text("签退成功")).to_be_visible()
    noting.get_by_role("button", name="对应到这位志愿者").click()
    expect(phone.get_by_text("已对应到志愿者")).to_be_visible()
    expect(noting.locator(".walk-in")).to_have_count(0)
    rows = snapshot_of(select(Attendance.member_id, Attendance.way, Attendance.minutes))
    assert [tuple(row) for row in rows] == [(town.place.wang, Way.ROSTER, 120)]


def test_the_wall_counts_by_itself(story: Story, town: Town, desk: Desk) -> None:
    story.at("08:50")
    place = town.place
    event_id = open_event(place)
    wish = signups.Asked(event_id, key="sign-up-of-wang")
    with transaction() as session:
        signups.sign_up(session, place.volunteer, asked=wish, at=clock.now())
    story.at("09:02")
    wall = staff(desk, f"/events/{event_id}/wall")
    figures = wall.locator(".door-figures p")
    expect(figures.first).to_contain_text("0 / 1")
    names = staff(desk, f"/events/{event_id}/names")
    row = names.get_by_role("row").filter(has_text="王桂芳")
    row.get_by_role("button", name="签到", exact=True).click()
    expect(names.get_by_text("王桂芳 签到成功")).to_be_visible()
    expect(figures.first).to_contain_text("1 / 1", timeout=9000)  # it asks every five seconds
    expect(wall.locator(".chart")).to_contain_text("09:02")
    scanner = staff(desk, f"/events/{event_id}/scanner")
    expect(scanner.locator("[data-part=turnout]")).to_have_text("已到 1 / 应到 1")


def test_a_mistaken_scan_on_the_live_list_is_undone(story: Story, town: Town, desk: Desk) -> None:
    story.at("08:50")
    event_id = open_event(town.place)
    story.at("09:02")
    page = staff(desk, f"/events/{event_id}/attendance")
    page.get_by_label("志愿者卡号或手机上的码").fill(town.card_of_li)
    page.get_by_role("button", name="签到", exact=True).click()
    expect(page.get_by_text("李建国 签到成功")).to_be_visible()
    page.get_by_role("button", name="撤销").click()
    expect(page.get_by_text("已撤销")).to_be_visible()
    expect(page.get_by_text("还没有人签到")).to_be_visible()


def test_in_the_elder_view_a_check_in_is_large_all_the_way(
    story: Story, town: Town, desk: Desk
) -> None:
    story.at("08:50")
    event_id = open_event(town.place)
    phone = desk.device(PHONE)
    phone.goto(f"{HOST}/sign-in")
    phone.get_by_label("菜单", exact=True).click()
    phone.get_by_role("button", name="大字版").click()
    sign_in(phone, WANG, PIN)
    [(code,)] = snapshot_of(select(Event.code).where(Event.id == event_id))

    def is_large(where: str) -> None:
        text, target = phone.evaluate(MEASURED)
        assert text >= LEAST_TEXT_PX, (where, text)
        assert target >= LEAST_TARGET_PX, (where, target)
        assert phone.evaluate("document.documentElement.scrollWidth") <= 360, where

    story.at("09:02")
    phone.goto(f"{HOST}/c/{code}")
    expect(phone.locator("[data-result=green]")).to_contain_text("签到成功")
    is_large("checked in")
    story.at("11:00")
    phone.goto(f"{HOST}/c/{code}")
    expect(phone.get_by_role("button", name="现在签退")).to_be_visible()
    is_large("leaving?")
    phone.get_by_role("button", name="现在签退").click()
    expect(phone.locator("[data-result=green]")).to_contain_text("签退成功")
    is_large("checked out")
