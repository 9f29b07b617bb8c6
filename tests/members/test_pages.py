"""The member list as a page."""

import re

import pytest
import zxingcpp
from flask.testing import FlaskClient
from pypdfium2 import PdfDocument
from sqlalchemy import func, select

from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM
from pointsbank.core.database import Database, transaction
from pointsbank.members import operations, queries
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
