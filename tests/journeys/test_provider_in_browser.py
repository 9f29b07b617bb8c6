"""An account linked to an identity provider, entered through it, and left, in headless Chromium:
the provider is another site, and our pages' policy lets nobody post there.
"""

import re

import pytest
from journeys.cast import Story, Town
from journeys.test_day_in_browser import HOST, PC, Desk
from journeys.test_pages_are_accessible import WIDTHS, faults_of
from playwright.sync_api import Browser, Page, expect

from pointsbank.access import provider
from tests.access.identity_provider import serving, use
from tests.community import STAFF_PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.only("sqlite")]
BUTTON = "用“统一身份认证”登录"


def looked_at(page: Page) -> None:
    """The page has no grave fault on a PC and on a phone, in Chinese and in English."""
    for language in ("en", "zh"):
        page.context.add_cookies([{"name": "language", "value": language, "url": HOST}])
        page.reload()
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            assert faults_of(page) == []


def test_a_clerk_links_her_identity_and_comes_in_by_it(
    town: Town, story: Story, browser: Browser
) -> None:
    story.at("09:02")
    provider._provider.cache_clear()
    desk = Desk(browser)
    with serving() as found:
        found.person = {"sub": "u-1"}
        use(found)
        page = desk.device(PC)
        page.goto(f"{HOST}/sign-in?next=/counter")
        page.get_by_role("link", name=BUTTON).click()
        expect(page.get_by_text("还没有关联账号")).to_be_visible()
        page.get_by_label("手机号或登录名").fill("clerk")
        page.get_by_label("密码", exact=True).fill(STAFF_PASSWORD)
        page.get_by_role("button", name="登录").click()
        expect(page).to_have_url(f"{HOST}/counter")

        page.goto(f"{HOST}/security")
        page.get_by_role("link", name="关联“统一身份认证”").click()
        expect(page.get_by_text("请再填一次密码")).to_be_visible()
        looked_at(page)
        page.get_by_label("密码", exact=True).fill(STAFF_PASSWORD)
        page.get_by_role("button", name="关联").click()
        expect(page.get_by_text("已关联，以后可以用")).to_be_visible()

        waiting = browser.new_page(locale="zh-CN")
        waiting.route("**/auto-submit*", lambda route: route.abort())
        waiting.goto(f"{HOST}/sign-in")
        waiting.get_by_role("link", name=BUTTON).click()
        expect(waiting.get_by_role("button", name="继续登录")).to_be_visible()
        looked_at(waiting)

        page.context.clear_cookies()
        page.goto(f"{HOST}/sign-in?next=/counter")
        page.get_by_role("link", name=BUTTON).click()
        expect(page).to_have_url(f"{HOST}/counter")
        page.goto(f"{HOST}/security")
        page.locator("details.menu summary").click()
        page.get_by_role("button", name="退出登录").click()
        expect(page).to_have_url(f"{HOST}/sign-in/provider/leaving")
        looked_at(page)
        page.get_by_role("link", name="退出“统一身份认证”").click()
        expect(page).to_have_url(re.compile(f"^{found.issuer}/leave"))
    elsewhere = f"asked another host: {found.issuer}/"
    assert [wrong for wrong in desk.wrongs if not wrong.startswith(elsewhere)] == []
