"""The member list as a page."""

import pytest
from flask.testing import FlaskClient

from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM
from pointsbank.core.database import Database, transaction
from pointsbank.members import operations
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


def test_a_long_list_has_pages(client: FlaskClient, community: Community) -> None:
    with transaction() as session:
        rows = [NewMember(f"王{n}", community.grid) for n in range(40)]
        operations.register_many(session, SYSTEM, rows, at=clock.now())
    sign_in(client, community.secretary)
    first = client.get("/members").get_data(as_text=True)
    second = client.get("/members?page=2").get_data(as_text=True)
    assert "page=2" in first
    assert "王39" not in first
    assert "王39" in second
    assert client.get("/members?page=0").status_code == 422


def test_volunteers_have_no_list(client: FlaskClient, community: Community) -> None:
    sign_in(client, community.volunteer)
    assert client.get("/members").status_code == 403
