"""Lockout, pairing and revoking a sign-in, in headless Chromium, as people meet them."""

import io
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pyotp
import pytest
from community import PIN, STAFF_PASSWORD
from journeys.cast import Story, Town, read_qr
from journeys.test_day_in_browser import HOST, PC, PHONE, Desk, sign_in
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from pointsbank.access import operations as access
from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM
from pointsbank.core.database import transaction

pytestmark = [pytest.mark.browser, pytest.mark.only("sqlite")]

TABLET = {"viewport": {"width": 810, "height": 1080}, "has_touch": True}


@pytest.fixture
def desk(browser: Browser) -> Iterator[Desk]:
    found = Desk(browser)
    yield found
    assert found.wrongs == []


def staff(desk: Desk, name: str, url: str) -> Page:
    page = desk.device(PC)
    page.goto(f"{HOST}{url}")
    sign_in(page, name, STAFF_PASSWORD)
    return page


def test_who_guesses_is_locked_out_and_let_in_again(town: Town, story: Story, desk: Desk) -> None:
    story.at("09:02")
    page = desk.device(PHONE)
    page.goto(f"{HOST}/sign-in?next=/me")

    def attempt(secret: str) -> None:
        page.get_by_label("手机号或登录名").fill("13800000001")
        page.get_by_label("密码", exact=True).fill(secret)
        page.get_by_role("button", name="登录").click()
        page.wait_for_load_state()

    for _ in range(5):
        attempt("000000")
        expect(page.get_by_text("账号或密码不对")).to_be_visible()
    attempt(PIN)
    expect(page.get_by_text("请在 09:12 以后再试")).to_be_visible()
    story.at("09:13")
    attempt("000000")
    attempt(PIN)
    expect(page.get_by_text("请在 09:33 以后再试")).to_be_visible()
    story.at("09:34")
    attempt(PIN)
    expect(page).to_have_url(f"{HOST}/me")


def test_a_stranger_s_sign_in_is_seen_and_ended(town: Town, story: Story, desk: Desk) -> None:
    story.at("09:02")
    elsewhere = staff(desk, "organiser", "/events")
    expect(elsewhere.get_by_role("heading", name="活动").first).to_be_visible()
    story.at("09:05")
    mine = staff(desk, "organiser", "/security")
    rows = mine.locator("tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.filter(has_text="本机")).to_have_count(1)
    rows.filter(has_text="09:02").get_by_role("button", name="结束登录").click()
    expect(mine.get_by_text("已结束那里的登录")).to_be_visible()
    expect(mine.locator("tbody tr")).to_have_count(1)
    elsewhere.goto(f"{HOST}/events")
    expect(elsewhere).to_have_url(re.compile(r"/sign-in\?next="))


def test_a_tablet_becomes_the_counter_and_is_taken_off_it(
    town: Town, story: Story, desk: Desk
) -> None:
    story.at("10:00")
    with transaction() as session:
        for member_id in (town.place.li,):
            user = access.open_user(session, SYSTEM, member_id=member_id, at=clock.now())
            access.set_password(session, SYSTEM, user_id=user.id, password=PIN, at=clock.now())
    office = staff(desk, "secretary", "/devices")
    counter = office.locator("form").filter(has=office.locator("#counter-name"))
    counter.get_by_label("设备名称").fill("兑换点平板")
    counter.get_by_label("组织").select_option(label="幸福社区")
    counter.get_by_role("button", name="生成配对码").click()
    expect(office.locator(".code-drawing svg")).to_be_visible()
    shown = read_qr(Image.open(io.BytesIO(office.screenshot(full_page=True))))
    assert re.fullmatch(HOST + r"/pair/[A-Z0-9]{10}", shown)

    tablet = desk.device(TABLET)
    tablet.goto(shown)
    expect(tablet.get_by_text("幸福社区")).to_be_visible()
    tablet.get_by_role("button", name="确认配对这台设备").click()
    expect(tablet.get_by_role("heading", name="兑换点平板")).to_be_visible()
    expect(office.get_by_text("配对成功")).to_be_visible(timeout=10_000)

    her_first_visit(tablet, town)
    a_clerk_takes_her_place(desk, tablet)

    office.goto(f"{HOST}/devices")
    office.on("dialog", lambda dialog: dialog.accept())
    office.get_by_role("button", name="停用").click()
    expect(office.get_by_text("设备“兑换点平板”已停用。")).to_be_visible()
    tablet.goto(f"{HOST}/counter")
    assert urlsplit(tablet.url).path in {"/pair", "/sign-in"}


def her_first_visit(tablet: Page, town: Town) -> None:
    """Without a phone: her card, the PIN of her slip, a PIN of her own, her passbook."""
    tablet.get_by_label("卡号").fill(town.card_of_li)
    tablet.locator("#card-pin").fill(PIN)
    tablet.get_by_role("button", name="打开存折").click()
    expect(tablet.get_by_text("您用的是初始密码")).to_be_visible()
    tablet.get_by_label("初始密码").fill(PIN)
    tablet.get_by_label("新密码", exact=True).fill("730195")
    tablet.get_by_label("再填一次新密码").fill("730195")
    tablet.get_by_role("button", name="保存新密码").click()
    expect(tablet.get_by_role("heading", name="李建国")).to_be_visible()
    leave(tablet)


def leave(tablet: Page) -> None:
    tablet.locator("details.menu > summary").click()
    tablet.get_by_role("button", name="退出登录").click()
    expect(tablet.get_by_role("heading", name="兑换点平板")).to_be_visible()


def a_clerk_takes_her_place(desk: Desk, tablet: Page) -> None:
    own = staff(desk, "clerk", "/counter-pin")
    own.get_by_label("登录密码").fill(STAFF_PASSWORD)
    own.get_by_label("新的兑换点密码").fill("730195")
    own.get_by_role("button", name="保存").click()
    expect(own.get_by_text("兑换点密码已设好")).to_be_visible()
    tablet.get_by_label("登录名").fill("clerk")
    tablet.locator("#staff-pin").fill("730195")
    tablet.get_by_role("button", name="登录", exact=True).click()
    expect(tablet.get_by_role("heading", name="积分兑换")).to_be_visible()


def test_an_administrator_builds_a_community_s_staff_with_pages_alone(
    town: Town, story: Story, desk: Desk
) -> None:
    """From her first sign-in: an authenticator, a clerk's account and slip, the clerk's work."""
    story.at("08:30")
    admin = desk.device(PC)
    admin.goto(f"{HOST}/sign-in?next=/accounts")
    sign_in(admin, "administrator", STAFF_PASSWORD)
    expect(admin.get_by_text("管理员必须使用动态口令。启用以后")).to_be_visible()
    admin.get_by_role("button", name="启用动态口令").click()
    address = read_qr(Image.open(io.BytesIO(admin.screenshot(full_page=True))))
    totp = pyotp.parse_uri(address)
    admin.get_by_role("textbox", name="动态口令").fill(totp.at(clock.now()))
    admin.get_by_role("button", name="启用").click()
    expect(admin.locator(".recovery-codes li")).to_have_count(10)

    admin.goto(f"{HOST}/accounts")
    admin.get_by_role("link", name="开设账号").click()
    admin.get_by_label("姓名").fill("钱多多")
    admin.get_by_label("登录名").fill("qian")
    admin.get_by_label("所在组织").select_option(label="幸福社区")
    admin.get_by_label("角色").select_option(label="兑换点工作人员")
    admin.get_by_role("button", name="开设并打印密码条").click()
    password = admin.locator(".slip-password").inner_text()

    clerk = desk.device(PC)
    clerk.goto(f"{HOST}/counter")
    sign_in(clerk, "qian", password)
    clerk.get_by_label("初始密码").fill(password)
    clerk.get_by_label("新密码", exact=True).fill("Guangming-9")
    clerk.get_by_label("再填一次新密码").fill("Guangming-9")
    clerk.get_by_role("button", name="保存新密码").click()
    expect(clerk.get_by_role("heading", name="积分兑换")).to_be_visible()

    story.at("08:40")
    again = desk.device(PC)
    again.goto(f"{HOST}/sign-in")
    again.get_by_label("手机号或登录名").fill("administrator")
    again.get_by_label("密码", exact=True).fill(STAFF_PASSWORD)
    again.get_by_role("button", name="登录").click()
    again.get_by_label("动态口令").fill(totp.at(clock.now()))
    again.get_by_role("button", name="登录").click()
    expect(again.get_by_role("button", name="登录", exact=True)).to_have_count(0)
