"""What is printed: posters in their variants and the month's notice, read back from the paper."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
import zxingcpp
from community import SINCE, Community, build, sign_in
from conftest import NOW
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image, ImageFilter
from pypdfium2 import PdfDocument

from pointsbank.core import bank as bank_module
from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM
from pointsbank.core.database import transaction
from pointsbank.core.errors import NotFound
from pointsbank.events import operations
from pointsbank.events.recruitment import month_of
from pointsbank.orgs import operations as orgs
from pointsbank.orgs.rules import NewOrganisation

ROTATED, BLUR_PX = 15, 1.5


class House:
    """The community with a published event of two posts, and browsers for whoever is asked for."""

    def __init__(self, app: Flask, scene_type: Any) -> None:
        self.app = app
        with transaction() as session:
            self.place: Community = build(session)
            self.scene = scene_type(session, self.place)
            event = self.scene.published(capacity=20, risks="路面结冰", served="独居老人",
                                         in_charge="孙丽")  # fmt: skip
            for name, place in (("登记台", ""), ("楼道保洁", "3号楼"), ("楼道清障", "3号楼")):
                post = operations.add_post(
                    session, self.place.organiser, event_id=event.id, name=name, duties="做事",
                    capacity=4, skill="", least_age=18, place=place, note="加岗",
                    at=self.scene.at(-45),
                )  # fmt: skip
                operations.add_shift(
                    session, self.place.organiser, event_id=event.id, post_id=post.id,
                    starts_at=self.scene.at(0), ends_at=self.scene.at(60), capacity=4,
                    note="排班", at=self.scene.at(-45),
                )  # fmt: skip
            self.event_id, self.code = event.id, event.code
            self.draft_id = self.scene.plan(title="还没定的事").id

    def browser(self, actor: Any = None) -> FlaskClient:
        client = self.app.test_client()
        return sign_in(client, actor) if actor else client


@pytest.fixture
def house(app: Flask, make_scene: Any) -> House:
    return House(app, make_scene)


def sheets(house: House, query: str) -> list[Image.Image]:
    answer = house.browser(house.place.organiser).get(
        f"/events/{house.event_id}/poster.pdf?{query}"
    )
    assert answer.status_code == 200
    pages = PdfDocument(answer.data)
    return [page.render(scale=150 / 72).to_pil() for page in pages]


def text_of(content: bytes) -> str:
    return "".join(
        page.get_textpage().get_text_range().replace(" ", "") for page in PdfDocument(content)
    )


def codes_on(image: Image.Image) -> list[str]:
    return [found.text for found in zxingcpp.read_barcodes(image)]


@pytest.mark.parametrize(
    ("query", "posters", "pages", "whose"),
    [
        ("of=post", 3, 3, ["-1", "-2", "-3"]),
        ("of=place", 2, 2, ["-1", ""]),  # there is one post at the first, two at the other
        ("per_sheet=2&copies=2", 2, 1, [""]),
        ("of=post&per_sheet=4", 3, 1, ["-1", "-2", "-3"]),
        ("per_sheet=8&copies=8", 8, 1, [""]),
        ("of=post&per_sheet=8&copies=3", 9, 2, ["-1", "-2", "-3"]),
    ],
)
def test_every_poster_on_every_sheet_is_read_by_an_independent_decoder(
    house: House, query: str, posters: int, pages: int, whose: list[str]
) -> None:
    found = sheets(house, query)
    assert len(found) == pages
    read = [code for sheet in found for code in codes_on(sheet)]
    assert len(read) == posters
    assert set(read) == {f"http://bank.test/c/{house.code}{which}" for which in whose}


@pytest.mark.parametrize("per_sheet", [2, 4, 8])
def test_small_posters_are_read_small_rotated_and_blurred(house: House, per_sheet: int) -> None:
    [sheet] = sheets(house, f"per_sheet={per_sheet}&copies={per_sheet}")
    across, down = {2: (1, 2), 4: (2, 2), 8: (2, 4)}[per_sheet]
    one = sheet.crop((0, 0, sheet.width // across, sheet.height // down))
    address = [f"http://bank.test/c/{house.code}"]
    small = one.resize((one.width * 3 // 5, one.height * 3 // 5))
    turned = one.rotate(ROTATED, expand=True, fillcolor="white")
    blurred = turned.filter(ImageFilter.GaussianBlur(BLUR_PX))
    for image in (small, turned, blurred):
        assert codes_on(image) == address


def test_posters_of_posts_say_which(house: House) -> None:
    browser = house.browser(house.place.organiser)
    told = text_of(browser.get(f"/events/{house.event_id}/poster.pdf?of=post").data)
    assert all(name in told for name in ("登记台", "楼道保洁", "09:00—10:00", "3号楼"))
    places = text_of(browser.get(f"/events/{house.event_id}/poster.pdf?of=place").data)
    assert "楼道保洁、楼道清障" in places


def test_small_posters_of_the_longest_event_are_still_read(house: House) -> None:
    with transaction() as session:
        scene = replace(house.scene, session=session)
        event = scene.published(title="长" * 40, place="远" * 60)
        operations.add_post(
            session, house.place.organiser, event_id=event.id, name="岗" * 40, duties="",
            capacity=None, skill="", least_age=None, place="", note="加岗", at=scene.at(-45),
        )  # fmt: skip
    browser = house.browser(house.place.organiser)
    for per_sheet in (1, 2, 4, 8):
        answer = browser.get(
            f"/events/{event.id}/poster.pdf?of=post&per_sheet={per_sheet}&copies={per_sheet}"
        )
        [page] = PdfDocument(answer.data)
        image = page.render(scale=150 / 72).to_pil()
        assert len(codes_on(image)) == per_sheet


def test_posters_that_cannot_be_are_refused(house: House) -> None:
    browser = house.browser(house.place.organiser)
    for query, status in (("per_sheet=3", 422), ("of=moon", 422), ("copies=0", 422)):
        answer = browser.get(f"/events/{house.event_id}/poster.pdf?{query}")
        assert answer.status_code == status
    with transaction() as session:
        bare = replace(house.scene, session=session).published()
    for of in ("post", "station"):
        assert browser.get(f"/events/{bare.id}/poster.pdf?of={of}").status_code == 409


@pytest.fixture
def station(house: House) -> int:
    with transaction() as session:
        row = NewOrganisation("station", "红色驿站", SINCE, parent_id=house.place.community)
        return orgs.found_many(session, SYSTEM, [row], at=NOW)[0]


def test_a_stations_poster_leads_to_whatever_is_open_there(house: House, station: int) -> None:
    with transaction() as session:
        scene = replace(house.scene, session=session)
        morning = scene.open(place="", place_id=station)
        evening = scene.published(
            title="晚间巡逻", place="", place_id=station, starts_at=scene.at(600),
            ends_at=scene.at(660),
        )  # fmt: skip
        scene.published(title="别处的活动")
        scene.plan(title="没发布的活动", place="", place_id=station)
    browser, anybody = house.browser(house.place.organiser), house.browser()
    assert "站点长期张贴的一张" in browser.get(f"/events/{morning.id}/poster").text
    assert "站点长期张贴" not in browser.get(f"/events/{house.event_id}/poster").text
    for per_sheet in (1, 2, 4, 8):
        printed = PdfDocument(
            browser.get(f"/events/{morning.id}/poster.pdf?of=station&per_sheet={per_sheet}").data
        )
        [address] = codes_on(printed[0].render(scale=150 / 72).to_pil())
        assert address == f"http://bank.test/s/{station}"
    with clock.frozen(house.scene.at(0)):
        assert anybody.get(f"/s/{station}").location == f"/c/{morning.code}"
        with transaction() as session:
            operations.open_event(session, house.place.organiser, event_id=evening.id,
                                  at=house.scene.at(0))  # fmt: skip
        both = anybody.get(f"/s/{station}").text
        assert f"/c/{morning.code}" in both
        assert f"/c/{evening.code}" in both
        for hidden in ("别处的活动", "没发布的活动"):
            assert hidden not in both
        assert anybody.get(f"/s/{house.place.team}").status_code == 404
        assert anybody.get("/s/999999").status_code == 404


def test_a_station_where_nothing_is_open_says_what_comes(house: House, station: int) -> None:
    with clock.frozen(house.scene.at(-30)):
        assert "现在没有正在签到的活动" in house.browser().get(f"/s/{station}").text
        with transaction() as session:
            replace(house.scene, session=session).published(place="", place_id=station)
        assert "周末清洁家园" in house.browser().get(f"/s/{station}").text
    with clock.frozen(house.scene.at(200)):  # over, and was never opened
        assert "周末清洁家园" not in house.browser().get(f"/s/{station}").text


def test_the_month_is_read_by_anybody_and_names_nobody(house: House) -> None:
    page = house.browser().get(f"/recruitment/{house.place.community}/2026-11")
    assert page.status_code == 200
    for shown in ("党员帮客", "周末清洁家园", "登记台", "还缺 4 人", "路面结冰", "独居老人"):
        assert shown in page.text
    for hidden in ("孙丽", "还没定的事"):
        assert hidden not in page.text
    assert "本月没有安排活动" in (
        house.browser().get(f"/recruitment/{house.place.community}/2027-01").text
    )
    street = house.browser().get(f"/recruitment/{house.place.street}/2026-11")
    assert "周末清洁家园" in street.text
    elsewhere = house.browser().get(f"/recruitment/{house.place.other_community}/2026-11")
    assert "周末清洁家园" not in elsewhere.text


def test_a_month_that_is_none_and_a_place_that_is_none_are_not_found(house: House) -> None:
    for path in ("/recruitment/999999/2026-11", f"/recruitment/{house.place.community}/2026-13"):
        assert house.browser().get(path).status_code == 404
        assert house.browser().get(f"/api/v1{path.replace('/rec', '/rec', 1)}").status_code == 404
    for text in ("2026-1", "２０２６-11", "1999-01", "2026-00", "2026-11-01"):
        with pytest.raises(NotFound):
            month_of(text)
    assert month_of("2026-11") == date(2026, 11, 1)


def test_what_was_called_off_is_said_where_people_read_what_is_wanted(house: House) -> None:
    address = f"/recruitment/{house.place.community}/2026-11"
    with transaction() as session:
        scene = replace(house.scene, session=session)
        for event in (scene.published(title="磨刀义诊"), scene.plan(title="没发布就取消")):
            scene.do(operations.cancel, event, -40, reason="师傅生病")
    page = house.browser().get(address).text
    assert "师傅生病" in page
    assert "没发布就取消" not in page
    card = page[page.index("磨刀义诊") :]
    assert "登录后报名" not in card[: card.index("</li>")]
    told = text_of(house.browser(house.place.organiser).get(f"{address}.pdf").data)
    assert "本月已经取消" in told
    assert "磨刀义诊（师傅生病）" in told
    lines = house.browser().get(f"/api/v1{address.replace('recruitment', 'recruitment-notices')}")
    assert [one["event"]["state"] for one in lines.json["lines"]] == ["published", "cancelled"]


def test_what_is_over_is_not_recruited_for(house: House) -> None:
    address = f"/recruitment/{house.place.community}/2026-11"
    with clock.frozen(house.scene.at(200)):  # it was never opened
        page = house.browser().get(address).text
        assert "没有正在招募的活动" in page
        assert "登录后报名" not in page
        assert "周末清洁家园" in page


def test_a_community_s_notice_leads_to_its_calendar(house: House) -> None:
    found = "/organisations/{}/events.ics"
    community, street = house.place.community, house.place.street
    page = house.browser().get(f"/recruitment/{community}/2026-11").text
    assert found.format(community) in page
    assert found.format(street) not in house.browser().get(f"/recruitment/{street}/2026-11").text
    answer = house.browser().get(found.format(community))
    assert answer.mimetype == "text/calendar"


def test_the_same_month_as_json(house: House) -> None:
    answer = house.browser().get(f"/api/v1/recruitment-notices/{house.place.community}/2026-11")
    assert answer.json["organisation"] == "幸福社区"
    [line] = answer.json["lines"]
    assert [one["left"] for one in line["posts"]] == [4, 4, 4]
    assert line["left"] == 20
    assert "孙丽" not in answer.text


def test_the_printed_month_fits_a4_and_its_code_leads_to_the_page(house: House) -> None:
    address = f"/recruitment/{house.place.community}/2026-11"
    answer = house.browser(house.place.organiser).get(f"{address}.pdf")
    pages = PdfDocument(answer.data)
    assert [code for page in pages for code in codes_on(page.render(scale=100 / 72).to_pil())] == [
        f"http://bank.test{address}"
    ]
    told = text_of(answer.data)
    for shown in ("“党员帮客”志愿服务招募通知", "2026年11月", "登记台", "还缺4人", "路面结冰"):
        assert shown in told
    assert "孙丽" not in told
    empty = house.browser(house.place.organiser).get(address.replace("2026-11", "2027-02") + ".pdf")
    assert "本月没有安排活动" in text_of(empty.data)
    assert house.browser(house.place.volunteer).get(f"{address}.pdf").status_code == 403


def test_a_printed_month_is_refused_for_a_local_address_and_a_missing_glyph(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"/recruitment/{house.place.community}/2026-11.pdf"
    with transaction() as session:
        replace(house.scene, session=session).published(title="清洁\U0001f9f9")
    browser = house.browser(house.place.organiser)
    assert browser.get(address).status_code == 422
    monkeypatch.setattr(bank_module.settings(), "public_url", "http://127.0.0.1:8000")
    assert browser.get(address).status_code == 409


def test_everybody_finds_the_notice_of_her_own_community(house: House) -> None:
    for actor in (house.place.organiser, house.place.volunteer, house.place.secretary):
        answer = house.browser(actor).get("/recruitment")
        assert answer.location == f"/recruitment/{house.place.community}/{NOW:%Y-%m}"
    assert house.browser().get("/recruitment").status_code == 303
