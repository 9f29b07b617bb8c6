"""What scanning a poster costs a phone's data plan: every byte that Chromium hears, headers too."""

from datetime import timedelta
from typing import Any

import pytest
from community import PIN, Community
from journeys.cast import Story, Town
from playwright.sync_api import Browser, Page, expect

from pointsbank.core import clock
from pointsbank.core.database import transaction
from pointsbank.earning.rules import DeedCategory
from pointsbank.events import operations as events

pytestmark = [pytest.mark.browser, pytest.mark.only("sqlite")]

HOST = "http://bank.test"
MOST_BYTES = 60 * 1024


def count_bytes(page: Page) -> dict[str, float]:
    """Bytes by address, as they come in from now on."""
    heard: dict[str, float] = {}
    names: dict[str, str] = {}
    wire = page.context.new_cdp_session(page)
    wire.send("Network.enable")

    def asked(event: Any) -> None:
        names[event["requestId"]] = event["request"]["url"]

    def finished(event: Any) -> None:
        url = names.get(event["requestId"], event["requestId"])
        heard[url] = heard.get(url, 0) + event["encodedDataLength"]

    wire.on("Network.requestWillBeSent", asked)
    wire.on("Network.loadingFinished", finished)
    return heard


def open_event(place: Community) -> str:
    """The code of an event that began at nine."""
    now, organiser = clock.now(), place.organiser
    begin = now - timedelta(minutes=2)
    with transaction() as session:
        event = events.plan(
            session, organiser, org_id=place.community, title="社区便民服务集市",
            kind=DeedCategory.REPAIRS, place="社区文化广场", starts_at=begin,
            ends_at=begin + timedelta(hours=2), key="market", at=now,
        )  # fmt: skip
        events.publish(session, organiser, event_id=event.id or 0, at=now)
        events.open_event(session, organiser, event_id=event.id or 0, at=now)
        return event.code


def test_the_check_in_by_a_poster_weighs_at_most_60_kb(
    town: Town, story: Story, browser: Browser
) -> None:
    story.at("09:02")
    code = open_event(town.place)
    phone = browser.new_context(viewport={"width": 360, "height": 780}).new_page()
    heard = count_bytes(phone)
    story.at("09:04")
    phone.goto(f"{HOST}/c/{code}")
    phone.get_by_label("手机号或登录名").fill("13800000001")
    phone.get_by_label("密码", exact=True).fill(PIN)
    phone.get_by_role("button", name="登录").click()
    expect(phone.locator("[data-result]")).to_contain_text("签到成功")
    phone.wait_for_load_state("networkidle")
    assert sum(heard.values()) <= MOST_BYTES, sorted(heard.items(), key=lambda one: -one[1])
    heard.clear()
    phone.goto(f"{HOST}/c/{code}")
    expect(phone.locator("[data-result]")).to_contain_text("您已签到")
    phone.wait_for_load_state("networkidle")
    assert sum(heard.values()) <= 12 * 1024, heard
