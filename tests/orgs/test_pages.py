"""The pages of organisations: tree, search, details, and the forms that change the tree."""

import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM, Actor
from pointsbank.core.database import Database, snapshot, transaction
from pointsbank.orgs import operations, queries
from pointsbank.orgs.models import Organisation
from pointsbank.orgs.rules import NewOrganisation
from tests.community import SINCE, Community, build, sign_in, submit

TODAY = "2026-11-21"


@pytest.fixture
def place(bank: Database) -> Community:
    with transaction() as session:
        return build(session, with_rules=False)


def text_of(client: FlaskClient, actor: Actor, path: str, status: int = 200) -> str:
    answer = sign_in(client, actor).get(path)
    assert answer.status_code == status, answer.text
    return answer.text


def org(org_id: int) -> Organisation:
    with snapshot() as session:
        return queries.organisation(session, org_id)


def test_the_tree_begins_at_the_top_of_ones_reach(client: FlaskClient, place: Community) -> None:
    shown = text_of(client, place.secretary, "/organisations/tree")
    for name in ("幸福社区", "幸福社区第一网格", "幸福社区党支部", "幸福社区志愿服务队"):
        assert name in shown
    assert "光明社区" not in shown
    assert "明仁街道" not in shown
    assert "洮北区" in text_of(client, place.administrator, "/organisations/tree")


def test_a_level_is_opened_by_a_part_or_without_script_by_a_page(
    client: FlaskClient, place: Community
) -> None:
    path = f"/organisations/tree?under={place.street}"
    part = sign_in(client, place.official).get(path, headers={"HX-Request": "true"})
    assert "<html" not in part.text
    assert "幸福社区" in part.text
    assert "光明社区" in part.text
    assert "<html" in client.get(path).text
    assert text_of(client, place.secretary, path, 404)


def test_a_kind_with_many_children_is_listed_on_pages(
    client: FlaskClient, place: Community
) -> None:
    with transaction() as session:
        rows = [NewOrganisation("employer", f"第{n}中学", SINCE, place.county) for n in range(80)]
        operations.found_many(session, SYSTEM, rows, at=clock.now())
    shown = text_of(client, place.administrator, f"/organisations/tree?under={place.county}")
    assert shown.count("中学</span>") == 29  # 洮北区教育局 is the thirtieth
    assert "全部 81 个" in shown
    listed = client.get(f"/organisations/tree?under={place.county}&kind=employer&page=2").text
    assert listed.count("中学</a>") == 31
    assert "共 81 条" in listed


def test_organisations_are_found_by_name_kind_and_code(
    client: FlaskClient, place: Community
) -> None:
    with transaction() as session:
        operations.describe(
            session, SYSTEM, org_id=place.employer, credit_code="91350200MA2YJ1XR9G",
            region_code="220802", at=clock.now(),
        )  # fmt: skip
    sign_in(client, place.administrator)
    for asked in ("q=教育局", "q=91350200ma2yj1xr9g", "q=220802", "kind=employer"):
        shown = client.get(f"/organisations/tree?{asked}").text
        assert f"/organisations/{place.employer}/details" in shown, asked
        assert "白城市 › 洮北区" in shown
    assert "没有找到" in client.get("/organisations/tree?q=不存在").text
    here = sign_in(client, place.secretary).get("/organisations/tree?q=社区").text
    assert f"/organisations/{place.community}/details" in here
    assert "光明社区" not in here


def test_details_show_facts_children_and_history(client: FlaskClient, place: Community) -> None:
    with transaction() as session:
        operations.describe(
            session, SYSTEM, org_id=place.community, credit_code="91350200MA2YJ1XR9A",
            address="中兴西路 1 号", contact_name="孙立军", contact_phone="13800000004",
            at=clock.now(),
        )  # fmt: skip
        operations.rename(
            session, SYSTEM, org_id=place.community, name="幸福里社区",
            on=clock.today(), key="rename", at=clock.now(),
        )  # fmt: skip
    shown = text_of(client, place.secretary, f"/organisations/{place.community}/details")
    for told in ("中兴西路 1 号", "孙立军", "138****0004", "校验位不符", "幸福社区第一网格",
                 "由“幸福社区”改名为“幸福里社区”"):  # fmt: skip
        assert told in shown
    assert "13800000004" not in shown
    full = submit(client, f"/organisations/{place.community}/contact")
    assert "13800000004" in full.text
    assert submit(client, f"/organisations/{place.street}/contact").status_code == 404


def test_details_are_edited_and_a_phone_that_is_not_typed_stays(
    client: FlaskClient, place: Community
) -> None:
    url = f"/organisations/{place.community}/details"
    sign_in(client, place.secretary)
    good = {
        "region_code": "", "credit_code": "", "address": "中兴西路 1 号", "contact_name": "孙立军",
        "contact_phone": "0436-3211234",
    }  # fmt: skip
    assert submit(client, url, **good).location == url
    assert "043****1234" in client.get(f"{url}/edit").text
    assert "0436" not in client.get(url).text.replace("043****1234", "")
    submit(client, url, **{**good, "contact_phone": ""})
    assert "孙立军" in client.get(url).text
    assert queries.contact_phone(org(place.community)) == "0436-3211234"
    wrong = submit(client, url, **{**good, "region_code": "12"})
    assert wrong.status_code == 422
    assert "行政区划代码" in wrong.text


CHANGES: list[tuple[str, dict[str, Any], str]] = [
    ("founding", {"kind": "grid", "name": "第九网格"}, "新设“第九网格”（网格）"),
    ("renaming", {"name": "幸福里社区"}, "改名为“幸福里社区”"),
    ("move", {"parent_id": "other_street"}, "由“明仁街道”划归“海明街道”"),
    ("merger", {"successor_id": "other_community"}, "并入“光明社区”并撤销"),
    ("split", {"name": "育才社区", "child_ids": "first_grid"}, "分设“育才社区”，划出下级 2 个组织"),
]


@pytest.fixture
def other_street(place: Community) -> int:
    with transaction() as session:
        return operations.found(
            session, SYSTEM, parent_id=place.county, kind="street", name="海明街道", on=SINCE,
            at=clock.now(),
        ).id  # fmt: skip


@pytest.mark.parametrize(("change", "asked", "told"), CHANGES)
def test_a_form_says_what_will_happen_and_then_it_does(
    client: FlaskClient, place: Community, other_street: int, change: str, asked: dict[str, Any],
    told: str,
) -> None:  # fmt: skip
    ids = {"other_street": other_street, "other_community": place.other_community,
           "first_grid": place.grid}  # fmt: skip
    typed = {name: ids.get(value, value) for name, value in asked.items()}
    url = f"/organisations/{place.community}/{change}"
    empty = text_of(client, place.administrator, url)
    key = re.search(r'name="key" value="([^"]+)"', empty)
    assert key
    typed |= {"on": TODAY, "key": key[1]}
    foretold = client.get(url, query_string=typed)
    assert foretold.status_code == 200
    assert told in foretold.text
    for name, value in typed.items():
        assert f'name="{name}" value="{value}"' in foretold.text
    with snapshot() as session:
        assert queries.changes_of(session, place.community) == []
    done = submit(client, url, **typed)
    assert done.status_code == 303
    assert submit(client, url, **typed).location == done.location
    with snapshot() as session:
        assert len(queries.changes_of(session, place.community)) >= 1
    assert client.get(done.location).status_code == 200


def test_a_closing_says_what_it_means(client: FlaskClient, place: Community) -> None:
    url = f"/organisations/{place.other_building_group}/closing"
    sign_in(client, place.administrator)
    asked = {"on": TODAY, "key": "close-it"}
    refused = client.get(url, query_string=asked)
    assert refused.status_code == 409
    assert "登记的成员（1）" in refused.text
    branch = f"/organisations/{place.team}/closing"
    assert "登记的成员（2）" in client.get(branch, query_string=asked).text
    url = f"/organisations/{place.other_grid}/closing"
    assert "还有 1 个下级组织" in client.get(url, query_string=asked).text


def test_what_a_merger_brings_is_told_beforehand(client: FlaskClient, place: Community) -> None:
    sign_in(client, place.administrator)
    asked = {"successor_id": place.building_group, "on": TODAY, "key": "merge-it"}
    url = f"/organisations/{place.other_building_group}/merger"
    told = client.get(url, query_string=asked).text
    assert "登记的成员 1" in told
    assert "为“1号楼”授予的角色从此不再有效" in told


@pytest.mark.parametrize("change", ["founding", "renaming", "move", "merger", "split", "closing"])
def test_a_form_that_was_filled_in_badly_comes_back(
    client: FlaskClient, place: Community, change: str
) -> None:
    url = f"/organisations/{place.community}/{change}"
    sign_in(client, place.administrator)
    assert client.get(url, query_string={"key": "a-key", "on": "明天"}).status_code == 422
    wrong = submit(client, url, key="a-key", on="明天")
    assert wrong.status_code == 422
    assert "日期有误" in wrong.text
    assert 'name="on"' in wrong.text


def test_where_to_move_is_narrowed_by_name(client: FlaskClient, place: Community) -> None:
    sign_in(client, place.administrator)
    url = f"/organisations/{place.community}/move"
    assert "洮北区</option>" in client.get(url).text.replace("（白城市）", "")
    assert "洮北区" not in client.get(f"{url}?q=海明").text.partition("<select")[2]
    own = text_of(client, place.secretary, f"/organisations/{place.grid}/move")
    assert "光明社区" not in own


def test_only_the_top_names_kinds(client: FlaskClient, place: Community) -> None:
    sign_in(client, place.administrator)
    good = {"code": "hamlet", "line": "territory", "level": "55", "name": "自然屯"}
    assert submit(client, "/organisations/kinds", **good).status_code == 303
    assert "自然屯" in client.get("/organisations/kinds").text
    wrong = submit(client, "/organisations/kinds", **{**good, "code": "Hamlet"})
    assert wrong.status_code == 422
    assert "小写字母" in wrong.text
