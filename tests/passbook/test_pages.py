"""My page: figures, star, code, stories; for a newcomer what to do next."""

import re
from datetime import timedelta
from typing import Any

from community import Community, sign_in
from flask.testing import FlaskClient

from pointsbank.attendance.operations import PastAttendance, record_attendances
from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM
from pointsbank.core.database import snapshot, transaction
from pointsbank.earning.operations import adopt_points_rule
from pointsbank.earning.rules import DeedCategory
from pointsbank.events.operations import PastEvent, record_events
from pointsbank.ledger.rules import MORALITY, CapWindow, OverCap
from pointsbank.members.queries import member_by_code


def text_of(client: FlaskClient, path: str, **headers: str) -> str:
    answer = client.get(path, headers=headers)
    assert answer.status_code == 200
    without_tags = re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True))
    return re.sub(r"\s+", " ", without_tags)


def test_my_page_shows_what_i_have_and_how_far_the_star_is(client: FlaskClient, year: Any) -> None:
    page = text_of(sign_in(client, year.place.volunteer), "/me")
    assert "王桂芳" in page
    assert "幸福社区 1号楼" in page
    assert "服务时长 10 小时" in page
    assert "道德积分 85 分" in page
    assert "党员积分" not in page
    assert "暂无星级" in page
    assert "距一星还差 90 小时" in page


def test_the_newest_entries_have_their_stories(client: FlaskClient, year: Any) -> None:
    page = text_of(sign_in(client, year.place.volunteer), "/me")
    assert "大米 5kg ×2" in page
    assert "+30" in page
    assert "退回兑换" in page
    assert "已退回" in page


def test_activities_lead_to_their_pages(client: FlaskClient, year: Any) -> None:
    page = sign_in(client, year.place.volunteer).get("/me").get_data(as_text=True)
    assert f'<a href="/events/{year.event_ids[0]}">3·5 学雷锋便民服务</a>' in page


def test_my_code_is_mine_and_good_now(client: FlaskClient, year: Any) -> None:
    page = text_of(sign_in(client, year.place.volunteer), "/me/code")
    digits = re.search(r"9\d{3}(?: \d{4}){4}", page)
    assert digits
    with snapshot() as session:
        assert member_by_code(session, digits[0], clock.now()).id == year.place.wang
    assert re.search(r"实体卡尾号 \d{4}", page)


def test_the_code_replaces_itself_each_minute(client: FlaskClient, year: Any) -> None:
    sign_in(client, year.place.volunteer)
    answer = client.get("/me/code", headers={"HX-Request": "true"})
    fragment = answer.get_data(as_text=True)
    assert "<html" not in fragment
    assert 'hx-trigger="every 61s"' in fragment
    assert "实体卡" in fragment


def test_a_person_without_a_card_is_told_of_none(client: FlaskClient, newcomers: Community) -> None:
    assert "实体卡" not in text_of(sign_in(client, newcomers.volunteer), "/me/code")


def test_a_statement_names_rule_balance_and_correction(client: FlaskClient, year: Any) -> None:
    page = text_of(sign_in(client, year.place.volunteer), "/me/statement?unit=morality")
    assert "现有道德积分 85 分" in page
    assert "治安巡逻" in page
    assert "积分规则第1版，每小时10分，每天最多80分" in page
    assert "余 85" in page
    hours = text_of(client, "/me/statement?unit=minutes")
    assert "+2.5 小时" in hours
    assert "导入" in hours


def test_a_corrected_hour_is_struck_and_its_correction_stands_beside(
    client: FlaskClient, year: Any, correction: None
) -> None:
    page = text_of(sign_in(client, year.place.volunteer), "/me/statement?unit=minutes")
    assert "−2.5 小时" in page
    assert "更正" in page
    assert "已更正" in page


PART = "当月上限28分，此前已得20分，本次应得20分，实记8分。"
NOTHING = "当月上限28分，此前已得28分，本次应得20分，未记入。"


def test_a_clipped_entry_says_what_it_would_have_been_and_why(
    client: FlaskClient, clipped: Any
) -> None:
    page = text_of(sign_in(client, clipped.place.volunteer), "/me/statement?unit=morality")
    assert page.count("上限28分") == 1
    assert f"看望独居老人 11月20日 · 帮扶慰问 · 1号楼 12:00–14:00 {PART}" in page
    assert "，每小时10分，每天最多80分，每月最多28分" in page
    assert "上限" not in text_of(client, "/me/statement?unit=minutes")


def test_a_rule_that_withholds_what_is_over_says_so(client: FlaskClient, year: Any) -> None:
    with transaction() as session:
        adopt_points_rule(
            session, SYSTEM, org_id=year.place.community, unit=MORALITY, from_on=clock.today(),
            points_per_hour=5, caps={CapWindow.WEEK: 30, CapWindow.QUARTER: 300},
            over_cap=OverCap.WITHHOLD, at=clock.now(),
        )  # fmt: skip
        begin = clock.now() - timedelta(hours=2)
        event = PastEvent(
            year.place.community, "送药上门", DeedCategory.HELP, "1号楼", begin, clock.now()
        )
        (event_id,) = record_events(session, SYSTEM, [event], at=clock.now())
        stay = PastAttendance(event_id, year.place.wang, begin, clock.now())
        record_attendances(session, SYSTEM, [stay], at=clock.now())
    page = text_of(sign_in(client, year.place.volunteer), "/me/statement?unit=morality")
    assert "，每小时5分，每周最多30分，每季度最多300分，超出的整次不计" in page


def test_what_was_clipped_to_nothing_is_told_with_its_activity(
    client: FlaskClient, clipped: Any
) -> None:
    page = text_of(sign_in(client, clipped.place.volunteer), "/me")
    took_part, newest = page.split("最近入账")[0], page.split("最近入账")[1]
    assert f"11月20日 15:00 · 1号楼 道德积分 · {NOTHING}" in took_part
    assert PART not in took_part
    assert PART in newest


def test_what_waits_for_confirmation_is_said(client: FlaskClient, year: Any, waiting: None) -> None:
    page = text_of(sign_in(client, year.place.volunteer), "/me")
    assert "还有 2.5 小时待组织者确认，确认后自动入账。" in page
    assert "待确认" in page


def test_a_year_is_pictured_and_told_in_numbers(client: FlaskClient, year: Any) -> None:
    raw = sign_in(client, year.place.volunteer).get("/me").get_data(as_text=True)
    assert raw.count('fill="var(--green)"') == 13  # twelve months and the key
    assert "style=" not in raw.split("<main", 1)[1]
    page = text_of(client, "/me")
    assert "2026年积分进出" in page
    assert "看每月数字" in page


def test_a_long_statement_has_further_pages(client: FlaskClient, many: Community) -> None:
    first = sign_in(client, many.volunteer).get("/me/statement?unit=minutes").get_data(as_text=True)
    further = re.search(r'rel="next" href="([^"]+)"', first)
    assert further
    second = client.get(further[1].replace("&amp;", "&")).get_data(as_text=True)
    assert 'rel="prev"' in second
    assert "按月进出" not in second
    assert "没有更早的记录了" in text_of(client, "/me/statement?unit=minutes&before=1")


def test_a_statement_names_the_hour_rule_and_who_made_the_entry(
    client: FlaskClient, year: Any, correction: None
) -> None:
    hours = text_of(sign_in(client, year.place.volunteer), "/me/statement?unit=minutes")
    assert "时长规则第" in hours or "通用时长规则" in hours
    assert "系统自动记入" in hours
    assert "经手：" in text_of(client, "/me/statement?unit=morality")


def test_a_period_is_chosen_and_kept(client: FlaskClient, many: Community) -> None:
    page = sign_in(client, many.volunteer).get("/me/statement?unit=minutes").get_data(as_text=True)
    links = dict(re.findall(r'<a href="([^"]+)"[^>]*>(本月|上月|今年|去年)</a>', page))
    spans = {name: re.findall(r"\d{4}-\d\d-\d\d", url) for url, name in links.items()}
    assert spans == {
        "本月": ["2026-11-01", "2026-11-30"],
        "上月": ["2026-10-01", "2026-10-31"],
        "今年": ["2026-01-01", "2026-12-31"],
        "去年": ["2025-01-01", "2025-12-31"],
    }
    this_year = next(url for url, name in links.items() if name == "今年").replace("&amp;", "&")
    shown = client.get(this_year).get_data(as_text=True)
    assert re.search(r'aria-current="page">今年</a>', shown)
    assert "按月进出" not in shown
    further = re.search(r'rel="next" href="([^"]+)"', shown)
    assert further
    second = client.get(further[1].replace("&amp;", "&")).get_data(as_text=True)
    back = re.search(r'rel="prev" href="([^"]+)"', second)
    assert back
    assert back[1].replace("&amp;", "&") == this_year
    assert 'value="2026-01-01"' in second
    assert "这段时间没有记录" in text_of(client, "/me/statement?since=2025-01-01&until=2025-12-31")


def test_a_period_says_what_came_and_went(client: FlaskClient, year: Any) -> None:
    page = text_of(
        sign_in(client, year.place.volunteer), "/me/statement?since=2026-04-01&until=2026-06-30"
    )
    assert "道德积分 · 2026-04-01 至 2026-06-30" in page
    for figure in ("期初 25 分", "收入 35 分", "支出 0 分", "期末 60 分"):
        assert figure in page
    assert "现有道德积分" not in page


def test_a_party_member_sees_party_points_and_her_star(
    client: FlaskClient, many: Community, comrade: Any
) -> None:
    page = text_of(sign_in(client, comrade), "/me")
    assert "党员积分" in page
    assert "一星" in page
    assert "距二星还差 100 小时" in page


def test_the_top_of_the_ladder_says_so(client: FlaskClient, year: Any, low_ladder: None) -> None:
    page = text_of(sign_in(client, year.place.volunteer), "/me")
    assert "已达到最高星级" in page
    assert "按本年时长计算" in page


def test_a_newcomer_is_told_what_to_do_next(client: FlaskClient, newcomers: Community) -> None:
    page = text_of(sign_in(client, newcomers.volunteer), "/me")
    assert "还没有入账记录" in page
    assert "看看有哪些活动" in page
    assert "积分进出" not in page
    assert "还没有入账记录" in text_of(client, "/me/statement?unit=party")


def test_my_page_is_for_volunteers(client: FlaskClient, newcomers: Community) -> None:
    for path in ("/me", "/me/code", "/me/statement"):
        assert client.get(path).status_code == 303
    sign_in(client, newcomers.clerk)
    for path in ("/me", "/me/code", "/me/statement"):
        assert client.get(path).status_code == 403


def test_an_unknown_unit_is_refused(client: FlaskClient, newcomers: Community) -> None:
    assert sign_in(client, newcomers.volunteer).get("/me/statement?unit=x").status_code == 422


def test_a_clip_reads_in_english(client: FlaskClient, clipped: Any) -> None:
    sign_in(client, clipped.place.volunteer).set_cookie("language", "en")
    page = text_of(client, "/me")
    assert "Monthly limit of 28 points: 20 earned before, 20 due this time, 8 entered." in page
    assert "Monthly limit of 28 points: 28 earned before, 20 due this time, none entered." in page


def test_my_page_reads_in_english(client: FlaskClient, year: Any) -> None:
    sign_in(client, year.place.volunteer).set_cookie("language", "en")
    for path in ("/me", "/me/statement", "/me/code"):
        page = client.get(path).get_data(as_text=True).split("<main", 1)[1].split("</main>")[0]
        assert "hours" in text_of(client, "/me")
        left = set(re.findall(r"[一-鿿]{2,}", re.sub(r"<a [^>]*>[^<]*</a>", "", page)))
        names = {"王桂芳", "幸福社区", "号楼", "社区广场", "居民家中", "社区活动室", "大米", "测试"}
        assert left <= names
