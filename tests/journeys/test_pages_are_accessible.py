"""Every main page, for those who use it, on a phone and on a PC: no serious fault by axe's rules,
and nothing that leaves a narrow screen sideways. Once full of a year, once empty.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from community import PIN, SINCE, STAFF_PASSWORD, Community
from joint import give_at_home, household
from journeys.cast import ZONE, Story, Town
from journeys.ground_enrolment import Enrolments, lay_enrolments
from playwright.sync_api import Browser, Page

from pointsbank.access import operations as access
from pointsbank.attendance import door
from pointsbank.attendance.operations import PastAttendance, record_attendances
from pointsbank.core import bank, clock
from pointsbank.core.actor import SYSTEM, Scope
from pointsbank.core.database import Session, transaction
from pointsbank.devices import operations as devices
from pointsbank.devices.queries import code_of
from pointsbank.earning.rules import DeedCategory
from pointsbank.events import operations as events
from pointsbank.events.operations import PastEvent, record_events
from pointsbank.exchange import operations as exchange
from pointsbank.exchange.rules import Wish
from pointsbank.hours.rules import Way
from pointsbank.orgs import operations as orgs
from pointsbank.orgs.rules import NewOrganisation

# How a page looks does not depend on the database below it.
pytestmark = [pytest.mark.browser, pytest.mark.only("sqlite")]

HOST = "http://bank.test"
WANG = "13800000001"
NOT_THERE = {"/nowhere", "/c/ZZZZZZ"}
WIDTHS = (360, 1280)
GRAVE = {"serious", "critical"}
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@dataclass(frozen=True)
class Place:
    """The town with what the pages are to show."""

    town: Community
    open_event: int = 0
    code: str = "ZZZZZZ"
    receipt: int = 0
    enrolments: Enrolments | None = None
    household: int = 0
    station: int = 0

    def pages_of(self, role: str) -> list[str]:
        org, year = self.town.community, "/evaluations/2026"
        event = [f"/events/{self.open_event}"] if self.open_event else []
        pages = {
            "volunteer": [
                "/me",
                "/me/statement",
                "/me/code",
                "/c",
                f"/c/{self.code}",
                "/sign-ups",
                *event,
            ],
            "organiser": ["/events", "/events/new", "/members", "/password", *event],
            "clerk": ["/counter", "/counter/day", "/goods", "/security", "/counter-pin"],
            "secretary": ["/evaluations", f"{year}?org={org}", f"{year}/seal?org={org}"],
            "official": ["/organisations", f"/organisations/{org}"],
            "administrator": [
                "/accounts",
                "/accounts/new",
                f"/accounts/{self.town.clerk.id}",
                "/devices",
                "/machines",
                "/security",
                "/security/authenticator",
            ],
            "auditor": ["/ledger", "/audit", "/nowhere"],
        }
        if self.open_event:
            pages["organiser"] += [
                f"/events/{self.open_event}/{page}"
                for page in ("attendance", "names", "sheets", "screen", "wall")
            ]
        notice = f"/recruitment/{org}/2026-11"
        pages["organiser"] += ["/events/templates", "/events/from-template?preset=patrol", notice]
        pages["volunteer"].append(notice)
        wang, li = self.town.wang, self.town.li
        pages["volunteer"] += [
            "/me/consents",
            "/me/data",
            "/me/departure",
            "/transfers",
            "/me/hours",
        ]
        pages["secretary"] += [
            f"/members/{wang}", f"/members/{wang}/departure", f"/duplicates/{wang}/{li}",
            "/duplicates", "/members?stars=0", "/transfers", "/reviews", "/skills",
            f"/members/{wang}/account", f"/transfers/new?way=out&q=光明&member_id={wang}",
        ]  # fmt: skip
        pages["administrator"].append(f"/members/{wang}/erasure")
        if self.station:
            pages["volunteer"].append(f"/s/{self.station}")
        if self.household:
            pages["volunteer"].append("/me/statement?whose=household")
            pages["secretary"].append(f"/households/{self.household}")
        if event:
            pages["volunteer"] += [f"{event[0]}/supplements/new"]
            pages["secretary"] += [f"{event[0]}/settlement", f"{event[0]}/ratings"]
            pages["organiser"] += [f"{event[0]}/attendance", f"{event[0]}/poster"]
            pages["organiser"] += [f"{event[0]}/{one}" for one in ("edit", "copy", "posts")]
            pages["organiser"].append(
                f"{event[0]}/series?weekdays=5&begins=09:00&from_on=2026-12-01&until_on=2026-12-31"
            )
            pages["organiser"] += [f"{event[0]}/scanner", f"{event[0]}/scanner/keyboard"]
            pages["volunteer"].append(f"{event[0]}/pass")
            pages["organiser"] += [f"{event[0]}/sign-ups", f"{event[0]}/sign-ups/new"]
        one = f"/organisations/{org}"
        pages["secretary"] += ["/organisations/tree", f"{one}/details", f"{one}/details/edit"]
        pages["secretary"] += [f"{one}/local-rules/hour-rules/new", f"{one}/local-rules"]
        pages["secretary"].append(f"{one}/local-rules/points-rules/new?part=morality&preset=0")
        moved = f"/organisations/{self.town.grid}"
        pages["secretary"] += [f"{moved}/split", f"{moved}/move", f"{moved}/founding-list"]
        pages["secretary"].append("/organisations/tree?q=社区")
        pages["secretary"] += ["/enrolments", "/enrolments/applications", "/enrolments/imports"]
        pages["secretary"] += ["/report-ins", "/register", "/register/status"]
        if laid := self.enrolments:
            pages["secretary"] += [
                f"/enrolments/imports/{laid.uploaded}", f"/report-ins/{laid.ended}",
                f"/enrolments/applications/{laid.refused}", f"/report-ins/new/{self.town.sun}",
            ]  # fmt: skip
        if self.receipt:
            pages["clerk"].append(f"/counter/redemptions/{self.receipt}")
        return pages[role]


@pytest.fixture
def full(town: Town, story: Story) -> Place:
    """Wang served in March, took soap, and stands at an open event now."""
    place = town.place
    story.at("09:02")
    with transaction() as session:
        _serve(session, place)
        event = _open_event(session, place)
        receipt = _redeem(session, place)
        home = household(session, place.wang, place.chen)
        give_at_home(session, home, 40)
        row = NewOrganisation("station", "红色驿站", SINCE, parent_id=place.community)
        [station] = orgs.found_many(session, SYSTEM, [row], at=clock.now())
        laid = lay_enrolments(session, place)
        return Place(place, event.id, event.code, receipt, laid, home, station)


def _serve(session: Session, place: Community) -> None:
    begin = datetime(2026, 3, 5, 9, tzinfo=ZONE)
    end = begin + timedelta(hours=3)
    kind = DeedCategory.ENVIRONMENT
    past = PastEvent(place.community, "清扫小区庭院", kind, "3号楼庭院", begin, end)
    (event_id,) = record_events(session, SYSTEM, [past], at=clock.now())
    rows = [
        PastAttendance(event_id, member, begin, end, Way.ROSTER)
        for member in (place.wang, place.li)
    ]
    record_attendances(session, SYSTEM, rows, at=clock.now())


def _open_event(session: Session, place: Community) -> Any:
    now, organiser = clock.now(), place.organiser
    begin = datetime(2026, 11, 21, 9, tzinfo=ZONE)
    event = events.plan(
        session, organiser, org_id=place.community, title="社区便民服务集市",
        kind=DeedCategory.REPAIRS, place="社区文化广场", starts_at=begin,
        ends_at=begin + timedelta(hours=2), key="market", at=now, capacity=30,
        description="磨刀、修小家电、量血压。",
    )  # fmt: skip
    events.publish(session, organiser, event_id=event.id, at=now)
    events.open_event(session, organiser, event_id=event.id, at=now)
    door.check_in(session, place.volunteer, code=event.code, claimed_at=now, key="wang-in", at=now)
    return event


def _redeem(session: Session, place: Community) -> int:
    now = clock.now()
    soap = exchange.add_goods(
        session, SYSTEM, org_id=place.community, name="香皂", unit_name="块", price_points=5, at=now
    )
    exchange.stock_in(session, SYSTEM, goods_id=soap.goods_id, quantity=9, key="soap", at=now)
    receipt = exchange.redeem(
        session, place.clerk, org_id=place.community, member_id=place.wang,
        lines=[Wish(soap.goods_id, 3)], key="three", at=now,
    )  # fmt: skip
    return receipt.redemption_id


@pytest.fixture(autouse=True)
def administrator_half_enrolled(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """She sees all her pages by her password, and one authenticator's QR code."""
    monkeypatch.setattr(bank.settings(), "administrators_use_totp", False)
    with transaction() as session:
        access.begin_authenticator(session, town.place.administrator, at=clock.now())


def _visitors(browser: Browser, role: str, language: str) -> Iterator[Page]:
    """Her page on a phone, then on a PC, signed in."""
    name, secret = (WANG, PIN) if role == "volunteer" else (role, STAFF_PASSWORD)
    for width in WIDTHS:
        context = browser.new_context(viewport={"width": width, "height": 800}, locale="zh-CN")
        context.add_cookies([{"name": "language", "value": language, "url": HOST}])
        page = context.new_page()
        page.goto(f"{HOST}/sign-in")
        page.fill("input[name=name]", name)
        page.fill("input[name=password]", secret)
        page.click("main form button[type=submit]")
        page.wait_for_url(lambda url: "/sign-in" not in url)
        yield page
        context.close()


def faults_of(page: Page) -> list[str]:
    """What is wrong with the page as it stands."""
    where = f"{page.url} at {page.viewport_size}"
    grave = [
        f"{where}: {fault['id']}: {node['html'][:200]}"
        for fault in Axe().run(page).response["violations"]
        if fault["impact"] in GRAVE
        for node in fault["nodes"]
    ]
    too_wide = page.evaluate(OVERFLOW)
    return [*grave, f"{where}: {too_wide} px too wide"] if too_wide > 0 else grave


def _visit(browser: Browser, place: Place, role: str, language: str) -> list[str]:
    faults = []
    for page in _visitors(browser, role, language):
        for path in place.pages_of(role):
            answer = page.goto(f"{HOST}{path}")
            assert answer is not None
            assert answer.status == (404 if path in NOT_THERE else 200), path
            faults += faults_of(page)
        page.click("details.menu > summary")
        faults += faults_of(page)
    return faults


ROLES = ("volunteer", "organiser", "clerk", "secretary", "official", "administrator", "auditor")


@pytest.mark.parametrize("role", ROLES)
def test_pages_full_of_a_year_have_no_grave_fault(full: Place, browser: Browser, role: str) -> None:
    assert _visit(browser, full, role, "zh") == []


@pytest.mark.parametrize("role", ROLES)
def test_empty_pages_in_english_have_no_grave_fault(
    town: Town, browser: Browser, role: str
) -> None:
    assert _visit(browser, Place(town.place), role, "en") == []


def test_the_way_in_has_no_grave_fault(town: Town, browser: Browser) -> None:
    faults = []
    for width in WIDTHS:
        page = browser.new_page(viewport={"width": width, "height": 800}, locale="zh-CN")
        page.goto(f"{HOST}/sign-in")
        faults += faults_of(page)
        page.fill("input[name=name]", "nobody")
        page.fill("input[name=password]", "nothing")
        page.click("main form button[type=submit]")
        faults += faults_of(page)
    assert faults == []


def test_a_shared_device_has_no_grave_fault(town: Town, browser: Browser) -> None:
    asked = {"org_id": town.place.community, "name": "兑换点平板", "scope": Scope.AT_COUNTER}
    with transaction() as session:
        offered = devices.offer_pairing(
            session, town.place.secretary, **asked, key="tablet", at=clock.now()
        )
    code, faults = code_of(offered), []
    for width in WIDTHS:
        page = browser.new_page(viewport={"width": width, "height": 800}, locale="zh-CN")
        for path in ("/pair", f"/pair/{code}"):
            page.goto(f"{HOST}{path}")
            faults += faults_of(page)
        if width == WIDTHS[0]:
            page.click("main form button[type=submit]")
            page.wait_for_url(f"{HOST}/device")
            faults += faults_of(page)
    assert faults == []


def test_a_fault_is_noticed(town: Town, browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 360, "height": 800})
    page.goto(f"{HOST}/sign-in")
    page.evaluate("document.querySelector('main').append(document.createElement('input'))")
    page.evaluate("document.querySelector('main h1').style.width = '600px'")
    assert any(": label: " in fault for fault in faults_of(page))
    assert any("px too wide" in fault for fault in faults_of(page))
