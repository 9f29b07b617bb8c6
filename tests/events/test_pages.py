"""The events' pages, as a browser without script walks through them."""

import re
from dataclasses import replace

import pytest
import zxingcpp
from community import submit
from pypdfium2 import PdfDocument
from scene import House, read

from pointsbank.core import bank as bank_module
from pointsbank.core.database import transaction
from pointsbank.events import operations


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


def test_a_draft_that_was_called_off_is_known_to_its_organisers_only(house: House) -> None:
    organiser, wang = (
        house.browser(a) for a in (house.community.organiser, house.community.volunteer)
    )
    with transaction() as session:
        scene = replace(house.scene, session=session)
        off = scene.do(operations.cancel, scene.plan(title="作废草稿"), -40, reason="人手不够")
        known = scene.do(operations.cancel, scene.published(title="取消演出"), -40, reason="下雨")
    for browser, sees in ((organiser, True), (wang, False)):
        assert ("作废草稿" in read(browser.get("/events"))) is sees
        assert browser.get(f"/events/{off.id}").status_code == (200 if sees else 404)
        assert "取消演出" in read(browser.get("/events"))
        assert "下雨" in read(browser.get(f"/events/{known.id}"))
    assert wang.get(f"/c/{off.code}").status_code == 404
    assert "活动已取消" in read(wang.get(f"/c/{known.code}"))
