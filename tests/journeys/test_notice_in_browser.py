"""An organiser publishes a series of clean-ups with its posts and prints the month's recruitment
notice; a passer-by who scans it reads on her phone what is still wanted. In headless Chromium.
"""

import re

import pytest
import zxingcpp
from community import sign_in
from flask import Flask
from flask.testing import FlaskClient
from journeys.cast import Town
from playwright.sync_api import Browser, Page, expect
from pypdfium2 import PdfDocument

from pointsbank.web.sessions import COOKIE

# What a page does does not depend on the database below it.
pytestmark = [pytest.mark.browser, pytest.mark.only("sqlite")]

HOST = "http://bank.test"
FETCH = "async path => [...new Uint8Array(await (await fetch(path)).arrayBuffer())]"


def organiser(browser: Browser, app: Flask, town: Town) -> Page:
    client: FlaskClient = sign_in(app.test_client(), town.place.organiser)
    cookie = client.get_cookie(COOKIE)
    assert cookie is not None
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="zh-CN")
    context.add_cookies([{"name": COOKIE, "value": cookie.value, "url": HOST}])
    page = context.new_page()
    page.on("weberror", lambda error: pytest.fail(str(error)))
    return page


def test_a_series_is_published_and_its_notice_printed(
    browser: Browser, app: Flask, town: Town
) -> None:
    page = organiser(browser, app, town)
    page.goto(f"{HOST}/events")
    page.get_by_role("link", name="活动模板").click()
    page.get_by_role("link", name="周五清洁家园").click()
    page.get_by_label("开始时间").fill("2026-12-04T09:00")
    page.get_by_label("地点").fill("小区各楼院")
    page.get_by_role("button", name="保存草稿").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("周五清洁家园")
    page.get_by_role("link", name="按周期重复").click()
    expect(page.get_by_label("周五")).to_be_checked()
    page.get_by_label("到哪天止").fill("2026-12-25")
    page.get_by_label("哪几天不办").fill("2026-12-18")
    page.get_by_role("button", name="看看有哪些日期").click()
    expect(page.get_by_role("heading", name="共 3 场")).to_be_visible()
    page.get_by_role("button", name="全部发布").click()
    expect(page.get_by_text("系列活动已经建好。")).to_be_visible()
    expect(page.get_by_text("已发布")).to_have_count(3)

    page.get_by_role("link", name="12月11日").click()  # the second one is put off by a day
    page.get_by_role("link", name="修改活动").click()
    page.get_by_label("开始时间").fill("2026-12-12T09:00")
    page.get_by_label("结束时间").fill("2026-12-12T10:30")
    page.get_by_label("改了什么").fill("周五有雪，改到周六。")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("周五有雪，改到周六。")).to_be_visible()
    page.get_by_role("link", name="系列活动").click()
    expect(page.get_by_role("link", name="12月12日 09:00")).to_be_visible()
    expect(page.get_by_role("link", name="12月25日 09:00")).to_be_visible()

    page.goto(f"{HOST}/recruitment")
    page.get_by_role("link", name="下个月").click()
    expect(page.get_by_role("heading", name="周五清洁家园")).to_have_count(3)
    address = page.get_by_role("link", name="打印通知").get_attribute("href")
    printed = PdfDocument(bytes(page.evaluate(FETCH, address)))
    assert printed[0].get_size() == pytest.approx((595.28, 841.89), abs=0.1)  # A4
    assert "12月12日" in printed[0].get_textpage().get_text_range().replace(" ", "")
    [code] = zxingcpp.read_barcodes(printed[0].render(scale=1.5).to_pil())

    passer_by = browser.new_context(viewport={"width": 360, "height": 800}).new_page()
    passer_by.goto(code.text)
    expect(passer_by.get_by_role("heading", level=1)).to_contain_text("志愿服务招募通知")
    expect(passer_by.get_by_text("还缺 10 人")).to_have_count(3)
    passer_by.get_by_role("link", name="登录后报名").first.click()
    passer_by.wait_for_url(re.compile("/sign-in"))
