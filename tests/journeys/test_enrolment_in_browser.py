"""Two ways into the register in headless Chromium: a workbook through the wizard, and a resident
who applies on her phone, is approved at an office PC, and signs in for the first time.
"""

from pathlib import Path

import openpyxl
import pytest
from enrolment.sheets import HEADINGS, id_number, xlsx
from journeys.cast import Story, Town
from journeys.test_day_in_browser import HOST, PC, PHONE, Desk, sign_in
from playwright.sync_api import Browser, Page, expect

from tests.community import STAFF_PASSWORD

pytestmark = pytest.mark.browser
MINE = "13900000001"


@pytest.fixture
def desk(browser: Browser) -> Desk:
    return Desk(browser)


def secretary(desk: Desk, url: str) -> Page:
    page = desk.device(PC)
    page.goto(f"{HOST}{url}")
    sign_in(page, "secretary", STAFF_PASSWORD)
    return page


def test_a_register_is_imported_and_undone_in_a_browser(
    story: Story, town: Town, desk: Desk, tmp_path: Path
) -> None:
    story.at("09:00")
    people = [
        (n, f"新人{n}", "女", id_number(2 * n), f"139{n:08d}", "幸福社区", "第一网格", "群众")
        for n in range(1, 60)
    ]
    bad = (60, "坏证件", "女", "123", "", "幸福社区", "", "群众")
    file = tmp_path / "名册.xlsx"
    file.write_bytes(xlsx([("幸福社区名册",), HEADINGS, *people, bad]))

    page = secretary(desk, "/enrolments/imports")
    page.get_by_label("导入到").select_option(label="幸福社区")
    page.get_by_label("文件").set_input_files(file)
    page.get_by_role("button", name="上传并核对表头").click()
    expect(page.get_by_label("联系电话")).to_have_value("phone")
    page.get_by_role("button", name="开始检查").click()
    figures = page.locator(".figures .figure")
    expect(figures.nth(0)).to_contain_text("59")
    expect(figures.nth(3)).to_contain_text("1")
    expect(page.get_by_text("证件号码不对")).to_be_visible()

    with page.expect_download() as download:
        page.get_by_role("button", name="下载带原因的表格").click()
    download.value.save_as(tmp_path / "back.xlsx")
    back = openpyxl.load_workbook(tmp_path / "back.xlsx").active
    last = [cell.value for cell in list(back.iter_rows())[-1]]
    assert last[-2:] == ["有错误", "证件号码不对，请核对每一位。"]

    page.get_by_role("button", name="导入名册").click()
    expect(page.get_by_text("本次登记了 59 人")).to_be_visible()
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="整批撤销").click()
    expect(page.get_by_text("已移除 59 人")).to_be_visible()
    page.goto(f"{HOST}/enrolments/imports")
    expect(page.get_by_role("row").filter(has_text="名册.xlsx")).to_contain_text("已撤销")
    assert desk.wrongs == []


def test_a_resident_registers_herself_and_signs_in(story: Story, town: Town, desk: Desk) -> None:
    story.at("10:00")
    phone = desk.device(PHONE)
    phone.goto(f"{HOST}/register/{town.place.community}")
    phone.get_by_label("姓名").first.fill("郑秀兰")
    phone.get_by_label("手机号").fill(MINE)
    phone.get_by_label("证件号码").fill(id_number(2))
    phone.get_by_text("理发").click()
    phone.get_by_label("登记个人信息").check()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 360
    phone.get_by_role("button", name="提交申请").click()
    expect(phone.get_by_role("heading", name="申请已提交")).to_be_visible()
    code = phone.locator(".code-digits").inner_text()

    story.at("11:00")
    page = secretary(desk, "/enrolments/applications")
    page.get_by_role("link", name="郑秀兰").click()
    page.get_by_role("button", name="通过并开通账号").click()
    expect(page.get_by_text("只显示这一次")).to_be_visible()
    password = page.locator(".code-digits").inner_text()

    page.goto(f"{HOST}/enrolments")
    page.get_by_label("手机号").fill(MINE)
    page.keyboard.press("Tab")
    expect(page.locator("#alike")).to_contain_text("手机号相同")

    story.at("11:30")
    phone.goto(f"{HOST}/register/status")
    phone.get_by_label("查询码").fill(code)
    phone.get_by_role("button", name="查询").click()
    expect(phone.get_by_text("已通过")).to_be_visible()
    phone.get_by_role("link", name="去登录").click()
    sign_in(phone, MINE, "".join(password.split()))
    phone.get_by_label("初始密码").fill("".join(password.split()))
    phone.get_by_label("新密码", exact=True).fill("975318")
    phone.get_by_label("再填一次新密码").fill("975318")
    phone.get_by_role("button", name="保存新密码").click()
    phone.goto(f"{HOST}/me")
    expect(phone.get_by_role("heading", name="郑秀兰")).to_be_visible()
    assert desk.wrongs == []
