"""The scanner at the door: camera, USB scanner under an input method, digits, photo."""

import io
from pathlib import Path

import pytest
from community import STAFF_PASSWORD
from journeys.cast import Story, Town
from journeys.tablet import (
    UNDER_AN_INPUT_METHOD,
    Tablet,
    card_image,
    chromium,
    film,
    open_event,
    pair,
)
from journeys.test_day_in_browser import HOST, Desk, sign_in
from playwright.sync_api import expect

from pointsbank.attendance.passes import pass_digits
from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM
from pointsbank.core.database import transaction
from pointsbank.members.operations import issue_card, report_card_lost
from pointsbank.members.queries import phone_code

pytestmark = [pytest.mark.browser, pytest.mark.only("sqlite")]


def test_the_camera_reads_a_card_and_every_other_way_leads_to_the_same_screen(
    story: Story, town: Town, served: int, tmp_path: Path
) -> None:
    story.at("08:50")
    place, event_id = town.place, open_event(town.place)
    with transaction() as session:
        chen = issue_card(session, SYSTEM, member_id=place.chen, at=clock.now()).digits
        lost = issue_card(session, SYSTEM, member_id=place.zhao, at=clock.now())
        report_card_lost(session, SYSTEM, card_id=lost.id, at=clock.now())
    _, token = pair(place, event_id)
    story.at("09:02")
    with chromium(served, film(tmp_path / "li.y4m", town.card_of_li)) as browser:
        tablet = Tablet(browser, event_id, token).prepared()
        page = tablet.page
        page.get_by_role("button", name="打开摄像头扫码").click()
        tablet.expect("green", "签到成功", "李建国", "0002", "09:02")
        page.get_by_role("button", name="撤销").click()
        tablet.expect("amber", "李建国")

        tablet.scan(chen)
        tablet.expect("green", "签到成功", "陈玉兰")
        tablet.scan(chen)  # the same within seconds is the same scan: the screen bounces
        expect(page.locator("#answer .again")).to_have_count(1)
        tablet.expect("green", "陈玉兰")

        page.evaluate(UNDER_AN_INPUT_METHOD, pass_digits(event_id, place.sun))
        tablet.expect("green", "孙立军")
        page.keyboard.press("Escape")
        expect(tablet.answer).to_have_count(0)
        expect(page.locator("#code")).to_have_value("")

        page.locator("#code").fill(
            "".join(chr(ord(c) + 0xFEE0) for c in phone_code(place.wang, clock.now()))
        )
        page.get_by_role("button", name="确定").click()
        tablet.expect("green", "王桂芳")

        picture = io.BytesIO()
        card_image(pass_digits(event_id, place.zhou)).save(picture, "PNG")
        photo = {"name": "card.png", "mimeType": "image/png", "buffer": picture.getvalue()}
        tablet.part("photo").set_input_files(photo)
        tablet.expect("green", "周")

        tablet.scan(lost.digits)
        tablet.expect("red", "挂失")
        tablet.scan(pass_digits(event_id + 1, place.zhao))
        tablet.expect("red", "不认识这个码")
        tablet.scan("12345678901234567890")
        tablet.expect("red", "号码不对")
        expect(tablet.part("recent-list").locator("li")).not_to_have_count(0)
        assert tablet.desk.wrongs == []


def test_without_https_the_page_says_so_and_still_checks_in(
    story: Story, town: Town, served: int
) -> None:
    story.at("08:50")
    event_id = open_event(town.place)
    story.at("09:02")
    with chromium(served, secure=False) as browser:
        desk = Desk(browser)
        page = desk.device({"viewport": {"width": 360, "height": 780}})
        page.goto(f"{HOST}/events/{event_id}/scanner")
        sign_in(page, "organiser", STAFF_PASSWORD)
        expect(page.get_by_text("当前网址不是 https")).to_be_visible()
        expect(page.get_by_role("button", name="打开摄像头扫码")).to_be_hidden()
        page.keyboard.type(town.card_of_li)
        page.keyboard.press("Enter")
        expect(page.locator("#answer [data-result=green]")).to_contain_text("李建国")
        page.keyboard.press("Escape")
        picture = io.BytesIO()
        card_image(pass_digits(event_id, town.place.sun)).save(picture, "PNG")
        photo = {"name": "pass.png", "mimeType": "image/png", "buffer": picture.getvalue()}
        page.locator("[data-part=photo]").set_input_files(photo)
        expect(page.locator("#answer [data-result=green]")).to_contain_text("孙立军")
        page.context.set_offline(True)
        page.keyboard.type(pass_digits(event_id, town.place.zhao))
        page.keyboard.press("Enter")
        expect(page.locator("#answer [data-result=red]")).to_contain_text("网络不通，没有签到")
        assert desk.wrongs == []


def test_a_usb_scanner_is_tried_before_people_come(story: Story, town: Town, served: int) -> None:
    story.at("08:50")
    event_id = open_event(town.place)
    _, token = pair(town.place, event_id)
    with chromium(served) as browser:
        tablet = Tablet(browser, event_id, token)
        page = tablet.page
        page.goto(f"{tablet.address}/keyboard")
        page.evaluate(UNDER_AN_INPUT_METHOD, town.card_of_li)
        expect(page.get_by_text("扫码枪可以使用")).to_be_visible()
        expect(page.get_by_text("中文输入法开着，数字")).to_be_visible()
        tablet.scan(town.card_of_li[:-3])
        expect(page.get_by_text("不是完整的 20 位码")).to_be_visible()
        expect(page.get_by_text("中文输入法开着，数字")).to_be_hidden()
        assert tablet.desk.wrongs == []


def test_her_pass_is_on_her_phone_and_stays_the_same(story: Story, town: Town, served: int) -> None:
    story.at("08:50")
    event_id = open_event(town.place)
    with chromium(served) as browser:
        desk = Desk(browser)
        phone = desk.device({"viewport": {"width": 360, "height": 780}})
        phone.goto(f"{HOST}/events/{event_id}")
        sign_in(phone, "13800000001", "246813")
        phone.get_by_role("link", name="签到凭证").click()
        shown = phone.locator(".code-digits").inner_text()
        assert "".join(shown.split()) == pass_digits(event_id, town.place.wang)
        story.at("11:50")
        phone.reload()
        assert phone.locator(".code-digits").inner_text() == shown
        assert desk.wrongs == []
