"""The scanner without network: nothing lost, nothing doubled, nobody revealed."""

from contextlib import ExitStack
from datetime import date, datetime, timedelta
from random import Random

import pytest
from community import STAFF_PASSWORD
from journeys.cast import ZONE, Story, Town
from journeys.tablet import (
    UNDER_AN_INPUT_METHOD,
    Tablet,
    chromium,
    open_event,
    pair,
    revoke,
    snapshot_of,
)
from journeys.test_day_in_browser import HOST, PC, Desk, sign_in
from playwright.sync_api import Route, expect
from sqlalchemy import select

from pointsbank.attendance.models import Attendance, Scan
from pointsbank.attendance.passes import pass_digits
from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM
from pointsbank.core.database import transaction
from pointsbank.members import operations as members
from pointsbank.members.queries import phone_code
from pointsbank.members.rules import NewMember

pytestmark = [pytest.mark.browser, pytest.mark.only("sqlite")]

PEOPLE = 12
DEVICES = 10


def near(instant: datetime, time: str) -> bool:
    """Within half a minute of that time of the story's day: devices' clocks run on, ours stands."""
    meant = datetime.fromisoformat(f"2026-11-21T{time}").replace(tzinfo=ZONE)
    return abs(instant - meant) < timedelta(seconds=30)


def test_the_network_is_cut_and_comes_back(story: Story, town: Town, served: int) -> None:
    story.at("08:50")
    place, event_id = town.place, open_event(town.place)
    with transaction() as session:
        lost = members.issue_card(session, SYSTEM, member_id=place.zhao, at=clock.now())
        members.report_card_lost(session, SYSTEM, card_id=lost.id, at=clock.now())
    _, token = pair(place, event_id)
    story.at("09:02")
    with chromium(served) as browser:
        tablet = Tablet(browser, event_id, token).prepared()
        tablet.cut()
        tablet.scan(town.card_of_li)
        tablet.expect("grey", "已记下，联网后上传", "李建国", "0002")
        tablet.scan(phone_code(place.wang, clock.now()))
        tablet.expect("grey", "已记下", "名单里查不到这个码")
        tablet.scan(lost.digits)
        tablet.expect("grey", "名单里查不到这个码")
        tablet.scan(pass_digits(event_id, place.sun))
        tablet.expect("grey", "孙立军")
        tablet.page.get_by_role("button", name="撤销").click()
        tablet.expect("amber", "已撤销这次扫码")
        expect(tablet.part("waiting")).to_have_text("待上传 3 条")

        tablet.open()  # the page opens without network, with all that waits and the roster
        expect(tablet.part("line")).to_have_text("离线")
        expect(tablet.part("waiting")).to_have_text("待上传 3 条")
        tablet.scan(pass_digits(event_id, place.chen))
        tablet.expect("grey", "陈玉兰")
        expect(tablet.part("waiting")).to_have_text("待上传 4 条")
        assert snapshot_of(select(Scan.id)) == []

        tablet.restore()
        expect(tablet.part("line")).to_have_text("在线", timeout=15_000)
        expect(tablet.part("waiting")).to_be_hidden(timeout=15_000)
        expect(tablet.part("refused-list")).to_contain_text("这张卡已挂失")
        expect(tablet.part("recent-list").locator("li").first).to_contain_text("签到成功")
        tablet.open()
        expect(tablet.part("refused-list").locator("li")).to_have_count(1)
        tablet.part("refused-list").get_by_role("button").click()
        expect(tablet.part("refused")).to_be_hidden()
        came = {row.member_id for row in snapshot_of(select(Attendance.member_id))}
        assert came == {place.li, place.wang, place.chen}
        assert len(snapshot_of(select(Scan.id))) == 4
        assert tablet.desk.wrongs == []


@pytest.mark.slow
def test_ten_devices_offline_for_two_hours_then_all_at_once(
    story: Story, town: Town, served: int
) -> None:
    """Each device scans some of the people as they come and others as they leave, several devices
    the same person; one device's answer gets lost on the way, so that it sends everything again.
    """
    story.at("08:50")
    place, event_id, chance = town.place, open_event(town.place, hours=3), Random(5)
    born = date(1960, 1, 1)
    new = [NewMember(f"志愿者{n}", place.building_group, birth_on=born) for n in range(PEOPLE)]
    with transaction() as session:
        people = members.register_many(session, SYSTEM, new, at=clock.now())
    digits = [pass_digits(event_id, member_id) for member_id in people]
    tokens = [pair(place, event_id, f"平板{n}")[1] for n in range(DEVICES)]
    story.at("09:02")
    with chromium(served) as browser, ExitStack() as held:
        tablets = [Tablet(browser, event_id, token).prepared() for token in tokens]
        for tablet in tablets:
            held.callback(tablet.context.close)
            tablet.cut()
        sent = 0
        for hour in ("09:02", "11:02"):
            story.at(hour)
            for place_in_row, tablet in enumerate(tablets):
                if hour == "11:02":
                    tablet.page.clock.fast_forward(timedelta(hours=2).total_seconds() * 1000)
                for one in {
                    *chance.sample(digits, 4),
                    digits[place_in_row],
                    digits[-1],
                    digits[-2],
                }:
                    sent += 1
                    tablet.page.evaluate(UNDER_AN_INPUT_METHOD, one)
        for tablet in tablets:
            expect(tablet.part("waiting")).not_to_be_empty()
        waiting = [
            int("".join(filter(str.isdigit, t.part("waiting").inner_text()))) for t in tablets
        ]
        assert sum(waiting) == sent
        lost = lose_one_answer(tablets[0], served)
        for tablet in tablets:
            tablet.restore()
        for tablet in tablets:
            expect(tablet.part("waiting")).to_be_hidden(timeout=60_000)
            expect(tablet.part("refused")).to_be_hidden()
            assert tablet.desk.wrongs == []
        assert lost == [200]
    scans = snapshot_of(select(Scan.key, Scan.member_id))
    assert len(scans) == len({scan.key for scan in scans}) == sent
    found = snapshot_of(
        select(Attendance.member_id, Attendance.checked_in_at, Attendance.checked_out_at)
    )
    assert sorted(row.member_id for row in found) == sorted(people)
    for _, came, went in found:
        assert near(came, "09:02")
        assert went is None or near(went, "11:02")
    assert sum(went is not None for _, _, went in found) >= DEVICES


def lose_one_answer(tablet: Tablet, port: int) -> list[int]:
    """The server takes the next batch in, and the device never hears of it; its status is noted."""
    lost: list[int] = []

    def between(route: Route) -> None:
        if lost:
            route.continue_()
            return
        there = route.request.url.replace(HOST, f"http://127.0.0.1:{port}")
        lost.append(route.fetch(url=there).status)
        route.abort()

    tablet.context.route("**/api/v1/events/*/scans", between)
    return lost


def test_a_wrong_clock_does_not_matter(story: Story, town: Town, served: int) -> None:
    story.at("08:50")
    place, event_id = town.place, open_event(town.place)
    _, token = pair(place, event_id)
    story.at("09:02")
    with chromium(served) as browser:
        tablet = Tablet(browser, event_id, token, at="14:32").prepared()  # five hours and a half
        tablet.cut()
        tablet.scan(town.card_of_li)
        tablet.expect("grey", "李建国")
        story.at("09:42")
        tablet.page.clock.fast_forward(40 * 60 * 1000)
        tablet.scan(pass_digits(event_id, place.chen))
        tablet.expect("grey", "陈玉兰")
        tablet.restore()
        expect(tablet.part("waiting")).to_be_hidden(timeout=15_000)
    found = dict(snapshot_of(select(Attendance.member_id, Attendance.checked_in_at)))
    assert near(found[place.li], "09:02")
    assert near(found[place.chen], "09:42")


def test_a_stolen_tablet_reveals_nobody(story: Story, town: Town, served: int) -> None:
    story.at("08:50")
    place, event_id = town.place, open_event(town.place)
    device_id, token = pair(place, event_id)
    story.at("09:02")
    with chromium(served) as browser:
        tablet = Tablet(browser, event_id, token).prepared()
        page = tablet.page
        page.get_by_text("按名单勾选签到").click()
        page.locator("#pin-new").fill("135791")
        tablet.part("tick-make").get_by_role("button").click()
        expect(tablet.part("tick-list")).to_contain_text("王桂芳", timeout=20_000)
        tablet.cut()
        tablet.scan(town.card_of_li)
        tablet.expect("grey", "李建国")
        page.keyboard.press("Escape")
        tablet.part("tick-list").get_by_role("button", name="王桂芳").click()
        tablet.expect("grey", "王桂芳")
        expect(tablet.part("waiting")).to_have_text("待上传 2 条")

        kept = tablet.dump()
        for there in ('"tag"', '"sealed"', '"salt"', f"/events/{event_id}/scanner"):
            assert there in kept, "the dump shows what there is"
        for secret in ("李建国", "王桂芳", "陈玉兰", town.card_of_li, "13800000001", "13800000002"):
            assert secret not in kept, secret

        tablet.open()
        page.get_by_text("按名单勾选签到").click()
        for tries_left in (5, 4):
            tablet.unlock("000000")
            expect(tablet.part("tick-told")).to_contain_text(
                f"还可以试 {tries_left} 次", timeout=20_000
            )
        tablet.unlock("135791")
        expect(tablet.part("tick-list")).to_contain_text("王桂芳", timeout=20_000)
        page.get_by_role("button", name="锁上名单").click()
        for tries_left in (5, 4, 3, 2, 1):
            tablet.unlock("111111")
            expect(tablet.part("tick-told")).to_contain_text(
                f"还可以试 {tries_left} 次", timeout=20_000
            )
        tablet.unlock("111111")
        expect(tablet.part("tick-told")).to_contain_text("名单已清除", timeout=20_000)
        expect(tablet.part("tick-open")).to_be_hidden()

        revoke(place.secretary, device_id)
        tablet.restore()
        expect(tablet.part("shut-out")).to_contain_text("名单已清除", timeout=15_000)
        expect(tablet.part("waiting")).to_have_text("待上传 2 条")
        expect(tablet.part("roster")).to_contain_text("名单还没有下载")
        assert '"tag"' not in tablet.dump()
        assert snapshot_of(select(Scan.id)) == []


def test_names_go_when_the_event_is_over(story: Story, town: Town, served: int) -> None:
    story.at("08:50")
    event_id = open_event(town.place, hours=2)
    _, token = pair(town.place, event_id)
    story.at("09:02")
    with chromium(served) as browser:
        tablet = Tablet(browser, event_id, token).prepared()
        assert '"tag"' in tablet.dump()
        tablet.cut()
        tablet.page.clock.fast_forward(5 * 3600 * 1000)
        expect(tablet.part("roster")).to_contain_text("名单还没有下载", timeout=15_000)
        assert '"tag"' not in tablet.dump()


def test_scans_are_the_devices_whoever_is_signed_in_and_a_phone_of_its_own_scans_online_only(
    story: Story, town: Town, served: int
) -> None:
    story.at("08:50")
    place, event_id = town.place, open_event(town.place)
    device_id, token = pair(place, event_id)
    story.at("09:02")
    with chromium(served) as browser:
        tablet = Tablet(browser, event_id, token).prepared()
        tablet.page.goto(f"{HOST}/sign-in")
        sign_in(tablet.page, "organiser", STAFF_PASSWORD)
        tablet.open()
        tablet.prepared()
        tablet.scan(town.card_of_li)
        tablet.expect("green", "李建国")
        [scan] = snapshot_of(select(Scan.by_kind, Scan.by_id))
        assert tuple(scan) == ("device", device_id)
        assert "organiser" not in tablet.page.content()

        desk = Desk(browser)
        phone = desk.device(PC)
        phone.goto(tablet.address)
        sign_in(phone, "organiser", STAFF_PASSWORD)
        expect(phone.get_by_text("这台设备没有配对")).to_be_visible()
        phone.keyboard.type(pass_digits(event_id, place.chen))
        phone.keyboard.press("Enter")
        expect(phone.locator("#answer [data-result=green]")).to_contain_text("陈玉兰")
        phone.context.set_offline(True)
        phone.keyboard.type(pass_digits(event_id, place.sun))
        phone.keyboard.press("Enter")
        expect(phone.locator("#answer [data-result=red]")).to_contain_text("网络不通，没有签到")
        assert desk.wrongs == tablet.desk.wrongs == []


def test_a_device_that_can_keep_nothing_says_so(story: Story, town: Town, served: int) -> None:
    """A full disk: with a network people are checked in all the same, without one nobody seems to
    be."""
    story.at("08:50")
    place, event_id = town.place, open_event(town.place)
    _, token = pair(place, event_id)
    story.at("09:02")
    with chromium(served) as browser:
        tablet = Tablet(browser, event_id, token).prepared()
        full = "throw new DOMException('', 'QuotaExceededError')"
        full = f"() => {{ IDBObjectStore.prototype.put = () => {{ {full} }}; }}"
        tablet.page.evaluate(full)
        tablet.scan(town.card_of_li)
        tablet.expect("green", "李建国")
        tablet.context.set_offline(True)
        tablet.scan(pass_digits(event_id, place.chen))
        tablet.expect("red", "网络不通，没有签到")
