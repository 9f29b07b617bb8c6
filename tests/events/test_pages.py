"""The events' pages, as a browser without script walks through them."""

import re
from dataclasses import replace
from typing import Any

import pytest
import zxingcpp
from community import Community, build, sign_in, submit
from flask import Flask
from flask.testing import FlaskClient
from pypdfium2 import PdfDocument
from sqlmodel import func, select

from pointsbank.core import bank as bank_module
from pointsbank.core import clock
from pointsbank.core.actor import Actor
from pointsbank.core.database import snapshot, transaction
from pointsbank.events import claims
from pointsbank.events.models import Event, Scan
from pointsbank.ledger.queries import balances
from pointsbank.ledger.rules import MINUTES, MORALITY
from pointsbank.members.operations import issue_card


class House:
    """The community with an open event, and browsers signed in for whoever is asked for."""

    def __init__(self, app: Flask, scene_type: Any) -> None:
        self.app = app
        with transaction() as session:
            self.community: Community = build(session)
            self.scene = scene_type(session, self.community)
            event = self.scene.open(capacity=20)
            self.event_id, self.code, self.draft_id = event.id, event.code, self.scene.plan().id
            self.published_id = self.scene.published().id

    def browser(self, actor: Actor | None = None) -> FlaskClient:
        client = self.app.test_client()
        return sign_in(client, actor) if actor else client

    def at(self, minutes: float) -> Any:
        return clock.frozen(self.scene.at(minutes))


@pytest.fixture
def house(app: Flask, make_scene: Any) -> House:
    return House(app, make_scene)


def read(response: Any) -> str:
    return str(response.get_data(as_text=True))


def claim_in(page: str) -> str:
    found = re.search(r'name="claim" value="([^"]+)"', page)
    assert found, page
    return found[1]


def scans() -> int:
    with snapshot() as session:
        return int(session.execute(select(func.count()).select_from(Scan)).scalar_one())


def test_a_scan_before_signing_in_checks_in_as_of_the_scan(house: House) -> None:
    wang = house.browser()
    with house.at(2):
        sent = wang.get(f"/c/{house.code.lower()}")
        assert sent.status_code == 303
        assert sent.location.startswith(f"/sign-in?next=/c/{house.code}?claim=")
    with house.at(8):
        sign_in(wang, house.community.volunteer)
        page = read(wang.get(sent.location.split("next=")[1]))
        assert "data-auto-submit" in page
        assert scans() == 0
        answer = submit(wang, f"/c/{house.code}/check-in", claim=claim_in(page))
        assert (answer.status_code, answer.location) == (303, f"/c/{house.code}?done=in")
        page = read(wang.get(answer.location))  # though it is six minutes since the scan
        assert "签到成功" in page
        assert "09:02" in page
        assert "再扫一次同一个码签退" in page


def test_scanning_again_offers_check_out_after_five_minutes_and_then_only_answers(
    house: House,
) -> None:
    wang = house.browser(house.community.volunteer)
    with house.at(2):
        page = read(wang.get(f"/c/{house.code}"))
        for _ in "12":
            submit(wang, f"/c/{house.code}/check-in", claim=claim_in(page))
    assert scans() == 1
    with house.at(4):
        assert "您已签到" in read(wang.get(f"/c/{house.code}"))
    with house.at(100):
        page = read(wang.get(f"/c/{house.code}"))
        assert "现在签退吗" in page
        assert "现在签退，计 98 分钟" in page
        for _ in "12":
            done = submit(wang, f"/c/{house.code}/check-out", claim=claim_in(page))
        page = read(wang.get(done.location))
        assert "签退成功" in page
        assert "98" in page
        assert "组织者确认后" in page
    with house.at(101):
        page = read(wang.get(f"/c/{house.code}"))
        assert "您已签退" in page
        assert 'name="claim"' not in page
    assert scans() == 2


def test_one_tap_confirms_and_her_scan_shows_what_she_earned(house: House) -> None:
    c = house.community
    wang, organiser = house.browser(c.volunteer), house.browser(c.organiser)
    with house.at(0):
        claim = claim_in(read(wang.get(f"/c/{house.code}")))
        submit(wang, f"/c/{house.code}/check-in", claim=claim)
    with house.at(120):
        claim = claim_in(read(wang.get(f"/c/{house.code}")))
        submit(wang, f"/c/{house.code}/check-out", claim=claim)
        sign_in(organiser, c.organiser)
        live = read(organiser.get(f"/events/{house.event_id}/attendance"))
        assert "一键确认 1 人，共 2 小时" in live
        done = submit(organiser, f"/events/{house.event_id}/confirmations")
        assert "已确认 1 人" in read(organiser.get(done.location))
        submit(organiser, f"/events/{house.event_id}/confirmations")
        assert "已入账：2 小时，道德积分 20 分" in read(wang.get(f"/c/{house.code}"))
        assert "已入账" in read(wang.get(f"/events/{house.event_id}"))
    with snapshot() as session:
        assert balances(session, c.wang)[MINUTES] == 120
        assert balances(session, c.wang)[MORALITY] == 20


def test_an_expired_tampered_or_foreign_claim_is_refused_and_nothing_is_written(
    house: House,
) -> None:
    wang = house.browser(house.community.volunteer)
    with house.at(2):
        claim = claim_in(read(wang.get(f"/c/{house.code}")))
        foreign = claims.sign("ABCDEF", at=clock.now())
        for bad in (claim[:-3] + "abc", foreign):
            answer = submit(wang, f"/c/{house.code}/check-in", claim=bad)
            assert answer.status_code == 422
            assert wang.get(f"/c/{house.code}?claim={bad}").status_code == 422
    with house.at(13):
        answer = submit(wang, f"/c/{house.code}/check-in", claim=claim)
        assert answer.status_code == 422
        assert "已过期" in read(answer)
    assert scans() == 0


def test_an_event_that_has_not_begun_is_over_or_cancelled_says_so(house: House) -> None:
    wang, organiser = house.browser(house.community.volunteer), house.browser()
    sign_in(organiser, house.community.organiser)
    with snapshot() as session:
        waiting = session.get(Event, house.published_id).code
    assert "还没开始签到" in read(house.browser().get(f"/c/{waiting}"))
    submit(organiser, f"/events/{house.published_id}/cancellation", reason="大雨")
    page = read(wang.get(f"/c/{waiting}"))
    assert "活动已取消" in page
    assert "大雨" in page
    with house.at(200):
        assert "活动已结束" in read(wang.get(f"/c/{house.code}"))
    assert wang.get("/events/999999").status_code == 404
    unknown = wang.get("/c/ZZZZZZ")
    assert unknown.status_code == 404
    assert "ZZZZZZ" in read(unknown)


def test_who_never_checked_out_is_told_whom_to_ask(house: House) -> None:
    wang, organiser = (
        house.browser(house.community.volunteer),
        house.browser(house.community.organiser),
    )
    with house.at(0):
        claim = claim_in(read(wang.get(f"/c/{house.code}")))
        submit(wang, f"/c/{house.code}/check-in", claim=claim)
    with house.at(300):
        sign_in(organiser, house.community.organiser)
        submit(organiser, f"/events/{house.event_id}/closing")
        page = read(wang.get(f"/c/{house.code}"))
        assert "没有签退" in page
        assert "核定" in page
        assert "待核定" in read(organiser.get(f"/events/{house.event_id}/attendance"))


def test_staff_who_scan_are_told_that_the_code_is_for_volunteers(house: House) -> None:
    organiser = house.browser(house.community.organiser)
    page = read(organiser.get(f"/c/{house.code}"))
    assert "这是志愿者签到码" in page
    assert f"/events/{house.event_id}" in page
    claim = claims.sign(house.code, at=clock.now())
    assert submit(organiser, f"/c/{house.code}/check-in", claim=claim).status_code == 403


def test_an_organiser_plans_publishes_opens_and_closes(house: House) -> None:
    organiser = house.browser(house.community.organiser)
    form = read(organiser.get("/events/new"))
    key = re.search(r'name="key" value="([^"]+)"', form)
    typed = {
        "org_id": house.community.community, "title": "冬日送暖", "kind": "help",
        "place": "居民家中", "starts_at": "2026-11-21T14:00", "ends_at": "2026-11-21T16:00",
        "capacity": "", "description": "", "key": key and key[1],
    }  # fmt: skip
    made = submit(organiser, "/events", **typed)
    assert made.status_code == 303
    assert submit(organiser, "/events", **typed).location == made.location
    for step, shown in (("publication", "已发布"), ("opening", "签到中"), ("closing", "已结束")):
        done = submit(organiser, f"{made.location}/{step}")
        assert shown in read(organiser.get(done.location))
    page = read(organiser.get(submit(organiser, f"{made.location}/opening").location))
    assert "不能进行这一步" in page
    assert "冬日送暖" in read(organiser.get("/events"))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"title": "长" * 41}, "最多 40 个字"),
        ({"title": ""}, "请填写此项"),
        ({"capacity": "-3"}, "请填写 1 到"),
        ({"capacity": "9" * 15}, "请填写 1 到"),
        ({"kind": "party"}, "没有这个选项"),
        ({"ends_at": "2026-11-21T13:00"}, "结束时间必须晚于开始时间"),
        ({"starts_at": "2031-11-21T14:00", "ends_at": "2031-11-21T15:00"}, "两年以内"),
        ({"starts_at": "2020-11-21T14:00", "ends_at": "2020-11-21T15:00"}, "活动时间已过"),
        ({"starts_at": "soon"}, "日期时间有误"),
        ({"colour": "red"}, ""),
    ],
)
def test_a_form_with_a_fault_comes_back_with_what_was_typed(
    house: House, changes: dict[str, str], sentence: str
) -> None:
    organiser = house.browser(house.community.organiser)
    typed = {
        "org_id": house.community.community, "title": "冬日送暖", "kind": "help",
        "place": "居民家中", "starts_at": "2026-11-21T14:00", "ends_at": "2026-11-21T16:00",
        "key": "a-key-of-mine",
    } | changes  # fmt: skip
    answer = submit(organiser, "/events", **typed)
    assert answer.status_code in {409, 422}
    page = read(answer)
    assert sentence in page
    assert "居民家中" in page


def test_drafts_and_posters_are_for_the_events_own_organisers(house: House) -> None:
    c = house.community
    for actor, draft, poster in (
        (c.organiser, 200, 200), (c.secretary, 200, 200), (c.volunteer, 404, 403),
        (c.official, 404, 403), (c.stranger, 404, 403),
    ):  # fmt: skip
        browser = house.browser(actor)
        assert browser.get(f"/events/{house.draft_id}").status_code == draft
        assert browser.get(f"/events/{house.event_id}").status_code == 200
        assert browser.get(f"/events/{house.event_id}/poster").status_code == poster
        assert browser.get(f"/events/{house.event_id}/poster.pdf").status_code == poster
    official = house.browser(c.official)
    assert official.get(f"/events/{house.event_id}/attendance").status_code == 200
    assert house.browser(c.volunteer).get("/events/1/attendance").status_code == 403
    assert house.browser().get("/events").status_code == 303


def test_lists_hold_the_events_of_ones_area(house: House) -> None:
    c = house.community
    with transaction() as session:
        scene = replace(house.scene, session=session)
        scene.open(title="光明送报", org_id=c.other_community, actor=c.stranger)
    for actor, seen in (
        (c.volunteer, False), (c.other_volunteer, True), (c.stranger, True), (c.official, True),
    ):  # fmt: skip
        page = read(house.browser(actor).get("/events"))
        assert ("光明送报" in page) is seen
        assert ("周末清洁家园" in page) is (actor not in (c.other_volunteer, c.stranger))


def test_the_poster_is_read_back_by_an_independent_decoder(house: House) -> None:
    organiser = house.browser(house.community.organiser)
    answer = organiser.get(f"/events/{house.event_id}/poster.pdf")
    assert answer.mimetype == "application/pdf"
    pages = PdfDocument(answer.data)
    assert len(pages) == 1
    for dots in (50, 70, 150):
        found = zxingcpp.read_barcodes(pages[0].render(scale=dots / 72).to_pil())
        assert [code.text for code in found] == [f"http://bank.test/c/{house.code}"]
    text = pages[0].get_textpage().get_text_range().replace(" ", "")
    for shown in ("周末清洁家园", "幸福社区广场", "星期六", "09:00", house.code, "签退"):
        assert shown in text


def test_the_longest_poster_still_fits_one_page(house: House) -> None:
    with transaction() as session:
        scene = replace(house.scene, session=session)
        event_id = scene.published(title="长" * 40, place="远" * 60).id
    organiser = house.browser(house.community.organiser)
    pages = PdfDocument(organiser.get(f"/events/{event_id}/poster.pdf").data)
    assert len(pages) == 1
    assert zxingcpp.read_barcodes(pages[0].render().to_pil())


def test_a_poster_is_refused_for_a_draft_a_local_address_and_a_missing_glyph(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    organiser = house.browser(house.community.organiser)
    assert organiser.get(f"/events/{house.draft_id}/poster.pdf").status_code == 409
    assert "草稿" in read(organiser.get(f"/events/{house.draft_id}/poster"))
    with transaction() as session:
        odd = replace(house.scene, session=session).published(title="清洁\U0001f9f9")
    assert organiser.get(f"/events/{odd.id}/poster.pdf").status_code == 422
    monkeypatch.setattr(bank_module.settings(), "public_url", "http://127.0.0.1:8000")
    assert organiser.get(f"/events/{house.event_id}/poster.pdf").status_code == 409
    assert "public_url" in read(organiser.get(f"/events/{house.event_id}/poster"))


def test_the_live_list_answers_htmx_with_its_middle_only(house: House) -> None:
    organiser = house.browser(house.community.organiser)
    url = f"/events/{house.event_id}/attendance"
    whole = read(organiser.get(url))
    assert "hx-trigger" in whole
    part = read(organiser.get(url, headers={"HX-Request": "true"}))
    assert "<html" not in part
    assert "还没有人签到" in part


def test_an_organiser_scans_a_card_in_and_out_and_bad_codes_say_why(house: House) -> None:
    c = house.community
    organiser = house.browser(c.organiser)
    with transaction() as session:
        digits = issue_card(session, c.secretary, member_id=c.chen, at=clock.now()).digits
    url = f"/events/{house.event_id}/scans"

    def scan(minutes: int, **given: str) -> str:
        with house.at(minutes):
            sign_in(organiser, c.organiser)
            asked = {"member_code": digits, "leaving": "false", "key": f"k{minutes}-{given}"[:50]}
            return read(organiser.get(submit(organiser, url, **(asked | given)).location))

    assert "陈玉兰 签到成功" in scan(1)
    assert "陈玉兰 已于 09:01 签到" in scan(2)
    assert "陈玉兰 签退成功" in scan(60, leaving="true")
    assert "陈玉兰 已经签退" in scan(61, leaving="true")
    assert "不认识这个码" in scan(62, member_code="12345678901234567890")
    with snapshot() as session:
        assert balances(session, c.chen)[MINUTES] == 59
    stranger = house.browser(c.stranger)
    answer = submit(stranger, url, member_code=digits, leaving="false", key="stranger")
    assert answer.status_code == 403
