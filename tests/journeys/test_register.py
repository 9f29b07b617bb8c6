"""A secretary at her desk with one member's page, in a real browser."""

import pytest
from community import STAFF_PASSWORD
from journeys.cast import Town
from playwright.sync_api import Browser, Page, expect

from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM
from pointsbank.core.database import transaction
from pointsbank.members import operations
from pointsbank.members.rules import Document, DocumentKind
from pointsbank.orgs import operations as orgs

CARD = "11010519491231002X"


def sign_in(page: Page, name: str) -> None:
    page.goto("http://bank.test/sign-in")
    page.fill("[name=name]", name)
    page.fill("[name=password]", STAFF_PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_load_state()


@pytest.mark.only("sqlite")
def test_a_secretary_moves_a_member_and_looks_at_her_document(browser: Browser, town: Town) -> None:
    place = town.place
    with transaction() as session:
        operations.change_member(
            session, SYSTEM, member_id=place.wang, version=1,
            document=Document(DocumentKind.ID_CARD, CARD), at=clock.now(),
        )  # fmt: skip
        orgs.found(
            session, SYSTEM, parent_id=place.community, kind="grid", name="第二网格",
            on=clock.today(), at=clock.now(),
        )  # fmt: skip
    page = browser.new_page(viewport={"width": 360, "height": 740})
    sign_in(page, "secretary")
    page.goto("http://bank.test/members")
    page.fill("[name=sought]", "wgf")
    page.press("[name=sought]", "Enter")
    page.wait_for_url("**/members?sought=*")
    assert "wgf" not in page.url
    page.click("text=王桂芳")
    expect(page.locator("h1")).to_have_text("王桂芳")
    expect(page.locator("main")).to_contain_text("****002X")
    expect(page.locator("main")).not_to_contain_text(CARD)

    page.click("#move summary")
    page.select_option("#move-residence", label="幸福社区 第二网格")
    page.click("#move button[type=submit]")
    expect(page.locator(".page-head")).to_contain_text("幸福社区 第二网格")

    page.click("#look summary")
    page.select_option("#look-what", "document")
    page.fill("#look-reason", "核对身份")
    page.click("#look button[type=submit]")
    expect(page.locator("[data-shown]")).to_have_text(CARD)
    assert CARD not in page.url
    page.goto(page.url.removesuffix("/looks"))
    expect(page.locator("main")).not_to_contain_text(CARD)

    auditor = browser.new_page()
    sign_in(auditor, "auditor")
    auditor.goto("http://bank.test/audit")
    expect(auditor.locator("main")).to_contain_text("查看成员完整号码")
    expect(auditor.locator("main")).to_contain_text("核对身份")
    expect(auditor.locator("main")).not_to_contain_text(CARD)
