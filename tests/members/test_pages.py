"""The member list as a page."""

import re
from secrets import randbelow

import pytest
import zxingcpp
from flask.testing import FlaskClient
from PIL import ImageFilter
from pypdfium2 import PdfDocument
from sqlalchemy import func, select

from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM
from pointsbank.core.database import Database, transaction
from pointsbank.members import operations, queries
from pointsbank.members.labels import SHEETS, Labels
from pointsbank.members.models import Card
from pointsbank.members.rules import NewMember
from tests.community import Community, build, sign_in, submit


@pytest.fixture
def community(bank: Database) -> Community:
    with transaction() as session:
        return build(session)


def test_a_secretary_sees_her_members_and_no_others(
    client: FlaskClient, community: Community
) -> None:
    sign_in(client, community.secretary)
    page = client.get("/members").get_data(as_text=True)
    assert "王桂芳" in page
    assert "正式党员" in page
    assert "幸福社区 幸福社区第一网格 1号楼" in page
    assert "周明" not in page
    assert "13800000001" not in page


def test_a_clerk_sees_no_party_status(client: FlaskClient, community: Community) -> None:
    sign_in(client, community.clerk)
    page = client.get("/members").get_data(as_text=True)
    assert "李建国" in page
    assert "党员" not in page


def test_what_is_sought_is_not_in_the_address(client: FlaskClient, community: Community) -> None:
    sign_in(client, community.secretary)
    answer = submit(client, "/members/searches", sought="13800000001")
    assert answer.status_code == 303
    assert "1380000" not in answer.location
    page = client.get(answer.location).get_data(as_text=True)
    assert "王桂芳" in page
    assert "李建国" not in page
    assert submit(client, "/members/searches", sought=" ").location == "/members"


def test_a_search_without_a_find_says_what_to_do(client: FlaskClient, community: Community) -> None:
    sign_in(client, community.secretary)
    answer = submit(client, "/members/searches", sought="周明")
    assert "没有找到符合的成员" in client.get(answer.location).get_data(as_text=True)


@pytest.mark.parametrize("sealed", ["x", "AAAA", "A" * 64, "汉字"])
def test_a_search_that_is_not_ours_is_refused(
    client: FlaskClient, community: Community, sealed: str
) -> None:
    sign_in(client, community.secretary)
    assert client.get("/members", query_string={"sought": sealed}).status_code == 422


def test_a_long_list_has_pages_that_begin_after_a_member(
    client: FlaskClient, community: Community
) -> None:
    with transaction() as session:
        rows = [NewMember(f"王{n}", community.grid) for n in range(40)]
        operations.register_many(session, SYSTEM, rows, at=clock.now())
    sign_in(client, community.secretary)
    url = f"/members?residence_id={community.grid}"
    first = client.get(url).get_data(as_text=True)
    further = re.search(r'href="(/members\?[^"]*after=\d+)"', first)
    assert further
    address = further[1].replace("&amp;", "&")
    assert f"residence_id={community.grid}" in address
    second = client.get(address).get_data(as_text=True)
    assert "王39" not in first
    assert "王39" in second
    assert "before=" in second
    assert client.get("/members?after=0").status_code == 422


def test_filters_stay_in_the_address_with_the_search(
    client: FlaskClient, community: Community
) -> None:
    sign_in(client, community.secretary)
    asked = {"branch_id": community.branch, "party_status": "full"}
    page = client.get("/members", query_string=asked).get_data(as_text=True)
    assert "李建国" in page
    assert "赵晓梅" not in page
    assert "王桂芳" not in page
    answer = submit(client, "/members/searches", sought="ljg", **asked)
    assert f"branch_id={community.branch}" in answer.location
    assert "party_status=full" in answer.location
    assert "ljg" not in answer.location
    assert "李建国" in client.get(answer.location).get_data(as_text=True)
    assert client.get("/members", query_string={"left": "1"}).status_code == 200


def test_volunteers_have_no_list(client: FlaskClient, community: Community) -> None:
    sign_in(client, community.volunteer)
    assert client.get("/members").status_code == 403


def test_cards_are_made_for_those_who_have_none_and_printed(
    client: FlaskClient, community: Community
) -> None:
    sign_in(client, community.clerk)
    assert client.get("/members/cards.pdf").status_code == 404
    for _ in range(2):
        answer = submit(client, "/members/cards", sought="")
        assert answer.status_code == 303
        printed = client.get(answer.location)
        assert printed.mimetype == "application/pdf"
        assert printed.data.startswith(b"%PDF")
    with transaction() as session:
        everybody = [community.wang, community.li, community.chen, community.zhou]
        digits = queries.good_cards(session, everybody)
        assert set(digits) == {community.wang, community.li, community.chen}
        count = session.execute(select(func.count()).select_from(Card)).scalar_one()
    assert count == 5


def test_a_printed_card_is_read_back_by_another_reader(
    client: FlaskClient, community: Community
) -> None:
    with transaction() as session:
        card = operations.issue_card(session, SYSTEM, member_id=community.chen, at=clock.now())
    sign_in(client, community.clerk)
    page = PdfDocument(client.get("/members/cards.pdf").data)[0]
    read = zxingcpp.read_barcodes(page.render(scale=150 / 72).to_pil())
    assert [code.text for code in read] == [card.digits]


def test_who_makes_no_cards_is_not_offered_any(client: FlaskClient, community: Community) -> None:
    sign_in(client, community.organiser)
    assert "志愿者卡" not in client.get("/members").get_data(as_text=True)
    assert client.get("/members/cards.pdf").status_code == 403


LABELS = [("70x37-24", 24), ("99x38-14", 14), ("99x68-8", 8)]


@pytest.mark.parametrize(("labels", "count"), LABELS)
def test_cards_go_on_the_labels_that_are_left_and_are_read_small_rotated_and_blurred(
    client: FlaskClient, community: Community, labels: str, count: int
) -> None:
    sign_in(client, community.clerk)
    first = count - 1  # two are left on the sheet that was begun
    answer = submit(client, "/members/cards", labels=labels, first=first)
    pages = PdfDocument(client.get(answer.location).data)
    sheets = [page.render(scale=200 / 72).to_pil() for page in pages]
    assert [len(zxingcpp.read_barcodes(sheet)) for sheet in sheets] == [2, 3]
    assert (sheets[0].width, sheets[0].height) == (1654, 2339)  # A4
    with transaction() as session:
        everybody = [community.wang, community.li, community.zhao, community.sun, community.chen]
        digits = queries.good_cards(session, everybody)
    read = {code.text for sheet in sheets for code in zxingcpp.read_barcodes(sheet)}
    assert read == set(digits.values())

    form = SHEETS[Labels(labels)]
    upper = int((form.top + (form.rows - 1) * form.height) / 297 * sheets[0].height)
    used = sheets[0].crop((0, 0, sheets[0].width, upper))
    assert used.convert("L").getextrema() == (255, 255)  # nothing on the labels before the first
    left = int((form.left + (form.columns - 1) * (form.width + form.gap)) / 210 * sheets[0].width)
    last = sheets[0].crop((left, upper, *sheets[0].size))
    [code] = zxingcpp.read_barcodes(last)
    small = last.resize((last.width * 3 // 5, last.height * 3 // 5))
    turned = last.rotate(17, expand=True, fillcolor="white")
    for image in (small, turned, turned.filter(ImageFilter.GaussianBlur(1.5))):
        assert [found.text for found in zxingcpp.read_barcodes(image)] == [code.text]


def test_a_label_shows_a_rare_and_a_long_name_and_refuses_what_no_font_has(
    client: FlaskClient, community: Community
) -> None:
    names = ("㛃䶮", "阿布都热合曼·买买提江", "长" * 20)
    with transaction() as session:
        rows = [NewMember(name, community.building_group) for name in names]
        ids = operations.register_many(session, SYSTEM, rows, at=clock.now())
        operations.issue_cards(session, SYSTEM, member_ids=ids, at=clock.now(), draw=randbelow)
    sign_in(client, community.clerk)
    for labels, _ in LABELS:
        page = PdfDocument(client.get(f"/members/cards.pdf?labels={labels}").data)[0]
        told = page.get_textpage().get_text_range().replace("\r\n", "").replace(" ", "")
        assert all(name in told for name in names)
    with transaction() as session:
        row = NewMember("王\U0001f9f9", community.building_group)
        [strange] = operations.register_many(session, SYSTEM, [row], at=clock.now())
        operations.issue_card(session, SYSTEM, member_id=strange, at=clock.now())
    refused = client.get("/members/cards.pdf?labels=99x68-8")
    assert refused.status_code == 422
    assert "无法打印" in refused.get_data(as_text=True)


def test_a_sheet_has_only_so_many_labels(client: FlaskClient, community: Community) -> None:
    sign_in(client, community.clerk)
    submit(client, "/members/cards", sought="")
    for query in ("labels=99x68-8&first=9", "labels=99x68-8&first=0", "labels=moon"):
        assert client.get(f"/members/cards.pdf?{query}").status_code == 422
    assert "这种标签纸只有 8 张标签。" in client.get(
        "/members/cards.pdf?labels=99x68-8&first=9"
    ).get_data(as_text=True)
    assert "标签纸" in client.get("/members").get_data(as_text=True)
