"""The page of an organisation's local rules, and the form by which its secretary adopts one."""

import html
import re
from datetime import date
from typing import Any

import pytest
from community import Community, sign_in, submit
from flask import Flask
from flask.testing import FlaskClient

from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM, Actor
from pointsbank.core.database import snapshot, transaction
from pointsbank.earning.operations import adopt_points_rule
from pointsbank.local_rules import queries
from pointsbank.local_rules.schemas import boxes_of
from pointsbank.members import queries as members

TODAY = date(2026, 11, 21)
KIND = queries.rule_kind("points-rules", "morality")
TEN = {**KIND.standing["morality"], "points_per_hour": 10, "caps": {"day": 80}}
POINTS = {"part": "morality", **boxes_of(KIND, TEN)}


@pytest.fixture
def by(app: Flask, place: Community) -> Any:
    def signed_in(actor: Actor) -> FlaskClient:
        return sign_in(app.test_client(), actor)

    return signed_in


def text_of(answer: Any) -> str:
    """What stands on a page, each piece after the other."""
    bare = re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True).partition("<main")[2])
    return " ".join(html.unescape(bare).split())


def url(org_id: int, path: str = "") -> str:
    return f"/organisations/{org_id}/local-rules" + (f"/{path}/new" if path else "")


def test_everybody_who_is_signed_in_reads_what_holds_and_from_whom(
    place: Community, by: Any
) -> None:
    for reader in (place.volunteer, place.clerk, place.stranger):
        page = text_of(by(reader).get(url(place.grid)))
        assert "积分规则（道德积分） 参加服务得多少积分、最多得多少。 沿用上级规定" in page
        assert "白城市第1版，自2020年1月1日起施行 环境整治 2 小时 20 分" in page
        assert (
            "转接规则 成员转到别处时，积分怎么办。 通用规则 转到管辖范围以外 积分随人转走" in page
        )
        assert "制定新规则" not in page


def test_her_own_link_leads_to_where_she_lives_or_is_secretary(place: Community, by: Any) -> None:
    with snapshot() as session:
        home = members.member(session, place.wang).residence_id
    for reader, org_id in ((place.volunteer, home), (place.secretary, place.community)):
        answer = by(reader).get("/me/local-rules")
        assert (answer.status_code, answer.location) == (303, url(org_id))


def test_an_organisation_that_is_none_has_no_rules(place: Community, by: Any) -> None:
    assert by(place.secretary).get(url(999_999)).status_code == 404


def test_the_secretary_sees_what_changes_and_then_it_is_adopted_once(
    place: Community, by: Any
) -> None:
    secretary = by(place.secretary)
    form = secretary.get(url(place.community, "points-rules") + "?part=morality").get_data(True)
    assert 'name="points_per_hour" type="text" value="10"' in form
    assert re.search(r'name="caps.day"[^>]* value="80"', form)
    asked = {**POINTS, "from_on": "2026-12-01", "by_category.patrol": "15"}
    preview = submit(secretary, url(place.community, "points-rules"), **asked)
    assert preview.status_code == 200
    page = text_of(preview)
    assert "治安巡逻 2 小时 20 分 30 分" in page
    assert "环境整治" not in page
    assert "按类别另定的每小时积分 无 治安巡逻：15 分" in page
    with snapshot() as session:
        assert queries.versions_of(session, KIND, place.community) == []
    for _ in range(2):
        done = submit(secretary, url(place.community, "points-rules"), **asked, confirmed="1")
        assert done.status_code == 303
    assert done.location == f"{url(place.community)}#points-rules-morality"
    page = text_of(secretary.get(url(place.community)))
    assert "自12月1日起改为 幸福社区第1版 治安巡逻 2 小时 20 分 → 30 分" in page
    with snapshot() as session:
        (version,) = queries.versions_of(session, KIND, place.community)
        assert version.terms["by_category"] == {"patrol": 15}
    again = secretary.get(url(place.community, "points-rules") + "?part=morality").get_data(True)
    assert re.search(r'name="by_category.patrol"[^>]* value="15"', again)


def test_the_history_of_versions_tells_until_when_each_held(place: Community, by: Any) -> None:
    with transaction() as session:
        for from_on, points in ((date(2026, 1, 1), 8), (date(2026, 6, 1), 9)):
            adopt_points_rule(
                session, SYSTEM, org_id=place.community, unit="morality", from_on=from_on,
                points_per_hour=points, at=clock.now(),
            )  # fmt: skip
    page = text_of(by(place.volunteer).get(url(place.community)))
    assert "本组织规定 第2版，自6月1日起施行" in page
    assert "第1版，到5月31日为止" in page


def test_a_preset_fills_the_form(place: Community, by: Any) -> None:
    secretary = by(place.secretary)
    address = url(place.community, "points-rules")
    form = secretary.get(f"{address}?part=morality&preset=2").get_data(as_text=True)
    assert re.search(r'name="each_time.patrol"[^>]* value="5"', form)
    assert 'aria-current="true"' in form
    form = secretary.get(f"{address}?part=morality&preset=90").get_data(as_text=True)
    assert 'name="points_per_hour" type="text" value="10"' in form


@pytest.mark.parametrize(
    ("wrong", "field", "sentence"),
    [
        ({"from_on": "2026-11-20"}, "from_on", "规则不能追溯：最早从11月21日起施行。"),
        ({"from_on": ""}, "from_on", "日期有误。"),
        ({"points_per_hour": "1001"}, "points_per_hour", "请填写 0 到 1000 之间的整数。"),
        ({"by_category.patrol": "-1"}, "by_category.patrol", "请填写 0 到 1000 之间的整数。"),
    ],
)
def test_a_refusal_stands_beside_its_field(
    place: Community, by: Any, wrong: dict[str, str], field: str, sentence: str
) -> None:
    asked = {**POINTS, "from_on": "2026-12-01", **wrong}
    answer = submit(by(place.secretary), url(place.community, "points-rules"), **asked)
    assert answer.status_code in (409, 422)
    beside = answer.get_data(as_text=True).partition(f'id="{field}-wrong"')[2][:400]
    assert sentence in beside
    assert 'value="10"' in answer.get_data(as_text=True) or "points_per_hour" in wrong


def test_what_belongs_to_no_field_stands_above_the_form(place: Community, by: Any) -> None:
    asked = {"part": "", "from_on": "2026-12-01", "window": "lifetime", "levels.2": "50"}
    answer = submit(by(place.secretary), url(place.community, "star-ladders"), **asked)
    assert answer.status_code == 422
    assert "星级须从一星起逐级设置" in text_of(answer)


def test_a_rule_that_changes_nothing_for_volunteers_says_so(place: Community, by: Any) -> None:
    asked = {**POINTS, "from_on": "2026-12-01", "caps.day": "90"}
    page = text_of(submit(by(place.secretary), url(place.community, "points-rules"), **asked))
    assert "对志愿者没有变化。" in page
    assert "当日：80 分 当日：90 分" in page


def test_nobody_else_sees_the_form_or_adopts(place: Community, by: Any) -> None:
    asked = {**POINTS, "from_on": "2026-12-01", "confirmed": "1"}
    address = url(place.community, "points-rules")
    for other in (place.volunteer, place.organiser, place.stranger, place.administrator):
        assert by(other).get(f"{address}?part=morality").status_code == 403
        assert submit(by(other), address, **asked).status_code == 403
    assert by(place.secretary).get(f"{address}?part=gold").status_code == 404
    assert submit(by(place.secretary), address, **{**asked, "part": "gold"}).status_code == 404
    assert by(place.secretary).get(url(999_999, "hour-rules")).status_code == 404


def test_the_words_of_a_consent_are_the_whole_banks(place: Community, by: Any) -> None:
    asked = {"part": "sharing", "from_on": "2026-12-01", "body": "同意提供我的服务记录。"}
    assert (
        submit(by(place.secretary), url(place.community, "consent-texts"), **asked).status_code
        == 403
    )
    administrator = by(place.administrator)
    page = text_of(submit(administrator, url(place.city, "consent-texts"), **asked))
    assert "同意书写明" in page
    assert "同意提供我的服务记录。" in page
    done = submit(administrator, url(place.city, "consent-texts"), **asked, confirmed="1")
    assert done.status_code == 303
    page = text_of(by(place.volunteer).get(url(place.grid)))
    assert "自12月1日起改为 白城市第2版 同意书写明" in page
    assert "→ 同意提供我的服务记录。" in page


def test_the_audit_page_tells_an_adoption_in_words(place: Community, by: Any) -> None:
    asked = {**POINTS, "from_on": "2026-12-01", "by_category.patrol": "15", "confirmed": "1"}
    submit(by(place.secretary), url(place.community, "points-rules"), **asked)
    later = {**asked, "from_on": "2027-01-01", "by_category.patrol": "18"}
    submit(by(place.secretary), url(place.community, "points-rules"), **later)
    page = text_of(by(place.auditor).get("/audit?action=earning.adopt_points_rule"))
    assert "道德积分；第2版，自2027-01-01起施行；按类别另定的每小时积分" in page
    assert "治安巡逻：15 分 → 治安巡逻：18 分" in page
    assert "第1版，自2026-12-01起施行" in page
