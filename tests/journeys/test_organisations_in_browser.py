"""An administrator founds a community, moves one to another street and closes one, in headless
Chromium and by keyboard where a person would; last year's roll-up stays as it was.
"""

import re

import pytest
from community import Community, sign_in
from flask import Flask
from flask.testing import FlaskClient
from journeys.cast import Story, Town
from playwright.sync_api import Browser, Page, expect

from pointsbank.core.actor import Actor
from pointsbank.web.sessions import COOKIE

# What a page does does not depend on the database below it.
pytestmark = [pytest.mark.browser, pytest.mark.only("sqlite")]

HOST = "http://bank.test"


def visitor(browser: Browser, app: Flask, actor: Actor, width: int = 1280) -> Page:
    """Somebody who is signed in already: how administrators sign in is shown elsewhere."""
    client: FlaskClient = sign_in(app.test_client(), actor)
    cookie = client.get_cookie(COOKIE)
    assert cookie is not None
    context = browser.new_context(viewport={"width": width, "height": 900}, locale="zh-CN")
    context.add_cookies([{"name": COOKIE, "value": cookie.value, "url": HOST}])
    page = context.new_page()
    page.on("weberror", lambda error: pytest.fail(str(error)))
    return page


def fill_date(page: Page, on: str) -> None:
    page.get_by_label("生效日期").fill(on)


def confirm(page: Page, foretold: str) -> None:
    """The sentence that says what will happen, and the button under it, reached by keyboard."""
    page.get_by_role("button", name="下一步").click()
    expect(page.get_by_text(re.compile(foretold))).to_be_visible()
    page.get_by_role("button", name="确认办理").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/details$"))


def change(page: Page, place: int, verb: str) -> None:
    page.goto(f"{HOST}/organisations/{place}/details")
    page.get_by_role("link", name=verb, exact=True).click()


def found(page: Page, parent: int, kind: str, name: str) -> int:
    change(page, parent, "新设下级组织")
    page.get_by_label("类别").select_option(label=kind)
    page.get_by_label("名称").fill(name)
    fill_date(page, "2026-01-05")
    confirm(page, f"新设“{name}”")
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    return int(page.url.split("/")[-2])


def roll_up(page: Page, org_id: int, year: int) -> str:
    page.goto(f"{HOST}/organisations/{org_id}?year={year}")
    return page.locator("main table").inner_text()


def test_an_administrator_changes_the_tree_and_last_year_stays(
    app: Flask, town: Town, story: Story, browser: Browser
) -> None:
    place: Community = town.place
    story.at("10:00")
    official = visitor(browser, app, place.official)
    last_year = roll_up(official, place.street, 2025)
    assert "光明社区" in last_year

    boss = visitor(browser, app, place.administrator)
    boss.goto(f"{HOST}/organisations/tree")
    boss.locator("summary", has_text="洮北区").focus()
    boss.keyboard.press("Enter")
    expect(boss.locator("summary", has_text="明仁街道")).to_be_visible()
    street = found(boss, place.county, "街道（乡镇）", "海明街道")
    community = found(boss, street, "社区（村）", "育才社区")

    change(boss, place.other_community, "划转")
    boss.get_by_label("新的上级组织").select_option(label="海明街道（白城市 › 洮北区）")
    fill_date(boss, "2026-06-01")
    confirm(boss, "由“明仁街道”划归“海明街道”")
    expect(boss.get_by_text("由“明仁街道”划归“海明街道”")).to_be_visible()

    change(boss, place.other_building_group, "撤销组织")
    boss.get_by_role("button", name="下一步").click()
    expect(boss.get_by_role("alert")).to_contain_text("登记的成员（1）")
    change(boss, community, "撤销组织")
    confirm(boss, "撤销“育才社区”")
    expect(boss.get_by_text(re.compile("已于.*撤销"))).to_be_visible()
    expect(boss.get_by_role("link", name="划转")).to_have_count(0)

    boss.goto(f"{HOST}/organisations/tree?q=育才")
    expect(boss.get_by_text("没有找到符合的组织")).to_be_visible()
    boss.goto(f"{HOST}/organisations/tree?q=光明社区&kind=community")
    expect(boss.get_by_text("白城市 › 洮北区 › 海明街道")).to_be_visible()

    assert roll_up(official, place.street, 2025) == last_year
    assert "光明社区" not in roll_up(official, place.street, 2026)


def test_the_tree_opens_on_a_phone_without_leaving_it_sideways(
    app: Flask, town: Town, browser: Browser
) -> None:
    page = visitor(browser, app, town.place.administrator, width=360)
    page.goto(f"{HOST}/organisations/tree")
    for name in ("洮北区", "明仁街道", "幸福社区", "第一网格"):
        page.locator("summary", has_text=name).first.click()
    expect(page.get_by_role("link", name="1号楼")).to_be_visible()
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wide) <= 0
