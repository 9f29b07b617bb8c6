"""Settlement's pages for each who uses them, over the wire."""

import io
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from community import Community, build, sign_in, submit
from conftest import NOW
from flask import Flask
from flask.testing import FlaskClient
from scene import Scene
from settlement.cases import adopt, as_member, of, picture, settled_event

from pointsbank.access.operations import open_user
from pointsbank.attendance import operations as attendance
from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM, Actor
from pointsbank.core.database import Database, snapshot, transaction
from pointsbank.hours.rules import Credit, HourTerms
from pointsbank.ledger.operations import post_all
from pointsbank.ledger.queries import balances
from pointsbank.ledger.rules import (
    MORALITY,
    Posting,
    SystemKind,
    member_account,
    system_account,
)
from pointsbank.settlement import operations, queries, rated
from pointsbank.settlement.jobs import JOBS
from pointsbank.settlement.organisation import hand_over, ties
from pointsbank.settlement.person import erase, export


@dataclass
class Past:
    """An event that is over: 王 never checked out, 李, 赵 and 孙 did."""

    client: FlaskClient
    community: Community
    event_id: int
    wang: int  # attendances
    sun: int

    def as_(self, name: str) -> FlaskClient:
        return sign_in(self.client, getattr(self.community, name))

    def minutes(self) -> int:
        with snapshot() as session:
            return int(balances(session, self.community.wang)["minutes"])

    def settled(self, minutes: int = 90) -> None:
        with transaction() as session:
            operations.settle(
                session, self.community.organiser, event_id=self.event_id,
                minutes={self.wang: minutes}, key="settled-before", at=clock.now(),
            )  # fmt: skip


@pytest.fixture
def past(bank: Database, client: FlaskClient, make_scene: Any) -> Past:
    with transaction() as session:
        scene = make_scene(session, build(session))
        adopt(scene)
        event = settled_event(scene)
        ids = [of(scene, event, one).id for one in (scene.community.wang, scene.community.sun)]
        return Past(client, scene.community, event.id, *ids)


def test_the_organiser_accepts_a_suggestion_with_one_tap(past: Past) -> None:
    client = past.as_("organiser")
    assert "1 人没有签退，待核定" in client.get(f"/events/{past.event_id}").text
    assert "待核定 1 人" in client.get("/events").text
    here = f"/events/{past.event_id}/settlement"
    page = client.get(here).text
    assert "服务到结束，150 分钟" in page
    assert "建议：与其他人相当，90 分钟" in page
    assert "全部按建议核定" not in page, "there is only one"
    answer = submit(client, here, attendance_id=past.wang, minutes=90, key="one-tap")
    assert answer.status_code == 303
    assert "没有待核定的时长" in client.get(here).text
    assert past.minutes() == 90
    wrong = submit(client, here, attendance_id=past.wang, minutes=90, key="two-taps")
    assert (wrong.status_code, "已经核定" in wrong.text) == (409, True)


def test_all_are_settled_with_one_tap(past: Past, make_scene: Any) -> None:
    with transaction() as session:
        scene = make_scene(session, past.community)
        event = scene.open()
        for name in ("volunteer", "other_volunteer"):
            scene.scan(attendance.check_in, event, 0, actor=getattr(past.community, name))
        scene.do(attendance.close_event, event, 155)
        event_id = event.id
    client = past.as_("organiser")
    here = f"/events/{event_id}/settlement"
    page = client.get(here).text
    assert "全部按建议核定（2 人）" in page
    ids = re.findall(r'name="attendance_id" value="(\d+)"', page)[:2]
    submit(client, here, attendance_id=ids, minutes=["150", "150"], key="all-of-them")
    assert "没有待核定的时长" in client.get(here).text
    assert past.minutes() == 150
    uneven = submit(client, here, attendance_id=ids, minutes=["150"], key="uneven-one")
    assert uneven.status_code == 422


def test_the_volunteer_sees_why_and_objects_and_a_reviewer_answers(past: Past) -> None:
    past.settled()
    client = past.as_("volunteer")
    assert "组织者核定为 90 分钟" in client.get("/me/hours").text
    here = f"/hours/{past.wang}"
    assert "对时长有异议" in client.get(here).text
    empty = submit(client, f"{here}/objections", text="", wanted_minutes="", key="objection")
    assert empty.status_code == 422
    submit(client, f"{here}/objections", text="我干到最后", wanted_minutes="", key="objection")
    page = client.get(here).text
    assert "我干到最后" in page
    assert "对时长有异议" not in page
    assert "异议：待答复" in client.get("/me/hours").text
    past.as_("reviewer")
    assert "我干到最后" in client.get("/reviews").text
    assert "答复异议" in client.get(here).text
    answer = f"{here}/answer/1"
    assert submit(client, answer, grant="true", minutes=151, answer="是").status_code == 422
    submit(client, answer, grant="true", minutes=140, answer="组织者证明")
    page = client.get(here).text
    assert "组织者证明" in page
    assert "复核后更正为 140 分钟" in page
    assert past.minutes() == 140


def test_a_reviewer_corrects_what_was_credited(past: Past) -> None:
    client = past.as_("reviewer")
    here = f"/hours/{past.sun}"
    assert "更正时长" in client.get(here).text
    assert (
        submit(client, f"{here}/correction", minutes=30, reason="", key="correct").status_code
        == 422
    )
    submit(client, f"{here}/correction", minutes=30, reason="签到表写错", key="correct")
    assert "复核后更正为 30 分钟" in client.get(here).text
    past.as_("stranger")
    assert client.get(here).status_code == 403


def test_a_supplement_goes_from_the_form_to_the_reviewers_word(past: Past) -> None:
    client = past.as_("other_volunteer")
    new = f"/events/{past.event_id}/supplements/new"
    assert 'name="number"' not in client.get(new).text
    stay: dict[str, Any] = {
        "number": "", "name": "", "came_at": "2026-11-21T09:00", "left_at": "2026-11-21T11:00",
        "text": "手机没电", "key": "supplement",
    }  # fmt: skip
    where = f"/events/{past.event_id}/supplements"
    without = submit(client, where, **stay)
    assert (without.status_code, "请附上照片" in without.text) == (422, True)
    made = submit(client, where, **stay, images=(io.BytesIO(picture()), "sheet.jpg"))
    assert made.status_code == 303
    page = client.get(made.location).text
    assert "待审核" in page
    assert "data:image/jpeg" not in page
    assert "data:image/jpeg" in submit(client, f"{made.location}/evidence").text
    assert "补录申请" in client.get("/me/hours").text
    past.as_("reviewer")
    assert "手机没电" in client.get("/reviews").text
    assert submit(client, f"{made.location}/answer", grant="true", answer="").status_code == 422
    submit(client, f"{made.location}/answer", grant="true", answer="照片属实")
    assert "已补录" in client.get(made.location).text
    past.as_("organiser")
    assert 'name="number"' in client.get(new).text


def test_hours_over_a_days_tier_are_approved_on_the_list(past: Past, make_scene: Any) -> None:
    with transaction() as session:
        scene = make_scene(session, past.community)
        adopt(
            scene,
            HourTerms(credit_static=Credit.AT_CHECK_OUT, day_minutes=60, parent_minutes=1440),
            org_id=past.community.grid,
        )
        event = scene.open(org_id=past.community.grid)
        scene.stay(event, 0, 100)
        one = of(scene, event, past.community.wang).id
    client = past.as_("secretary")
    assert "上级组织审批" in client.get("/reviews").text
    where = f"/hours/{one}/approval"
    body = {"tier": "parent", "minutes": 101, "reason": "属实", "key": "approval"}
    assert submit(client, where, **body).status_code == 422
    assert submit(client, where, **body | {"minutes": 40}).status_code == 303
    assert past.minutes() == 100
    assert "上级组织批准 40 分钟" in client.get(f"/hours/{one}").text


def test_those_served_rate_by_code_and_on_paper(past: Past) -> None:
    client = past.as_("organiser")
    here = f"/events/{past.event_id}/ratings"
    marks = {f"marks_{n}": 0 for n in range(1, 6)}
    assert submit(client, here, **marks | {"marks_5": 3, "marks_4": -1}).status_code == 422
    submit(client, here, **marks | {"marks_5": 3})
    assert "5.0" in client.get(here).text
    pdf = submit(client, f"/events/{past.event_id}/rating-codes", number=2)
    assert (pdf.mimetype, pdf.data[:5]) == ("application/pdf", b"%PDF-")
    assert submit(client, f"/events/{past.event_id}/rating-codes", number=0).status_code == 422
    with transaction() as session:
        code, _ = operations.make_rating_codes(
            session, past.community.organiser, event_id=past.event_id, number=2, at=clock.now()
        )
    client.delete_cookie("session_token")
    assert "您对这次服务满意吗" in client.get(f"/r/{code}").text
    assert submit(client, f"/r/{code}", marks=6).status_code == 422
    assert submit(client, f"/r/{code}", marks=3).status_code == 303
    assert "谢谢您的评价" in client.get(f"/r/{code}").text
    assert client.get("/r/AAAAAAAAAA").status_code == 404
    with snapshot() as session:
        assert rated.ratings(session, past.event_id).number == 4


def test_the_review_list_is_settled_with_a_word(past: Past, make_scene: Any) -> None:
    with transaction() as session:
        scene = make_scene(session, past.community)
        scene.stay(scene.open(), 20, 80, actor=as_member(past.community.sun))
        first, second = _of_sun(scene)
    client = past.as_("reviewer")
    page = client.get("/reviews").text
    assert "同一时间在两处" in page
    word = {"kind": "overlap", "subject": f"{first}:{second}", "word": "两处相邻，属实"}
    assert submit(client, "/reviews/words", **word | {"word": ""}).status_code == 422
    assert submit(client, "/reviews/words", **word).status_code == 303
    assert "没有要审核的" in client.get("/reviews").text


def _of_sun(scene: Any) -> list[int]:
    return sorted(
        int(one.attendance.id or 0) for one in queries.my_hours(scene.session, scene.community.sun)
    )


def test_a_member_s_page_tells_what_changed_her_hours(past: Past) -> None:
    page = f"/members/{past.community.wang}"
    client = past.as_("secretary")
    assert "时长更改" not in client.get(page).text
    past.settled()
    assert "+90" in client.get(page).text


def test_what_waits_keeps_a_community_from_ending(past: Past) -> None:
    def waiting() -> dict[str, int]:
        with snapshot() as session:
            return {tie.label: tie.count for tie in ties(session, past.community.community)}

    assert waiting() == {"待核定的时长": 1, "待答复的异议": 0, "待审核的补录": 0}
    past.settled()
    assert waiting()["待核定的时长"] == 0
    with transaction() as session:
        hand_over(
            session, past.community.administrator, org_id=past.community.community,
            successor_id=past.community.other_community, on=clock.today(), at=clock.now(),
        )  # fmt: skip


def test_what_she_takes_out_and_what_is_erased(past: Past) -> None:
    past.settled()
    with transaction() as session:
        c = past.community
        made = operations.object_to(
            session, c.volunteer, attendance_id=past.wang, text="我干到最后", wanted_minutes=150,
            key="objection", at=NOW,
        )  # fmt: skip
        operations.answer_objection(
            session, c.reviewer, objection_id=made.id, minutes=140, answer="属实", at=NOW
        )
    with transaction() as session:
        told = export(session, c.wang)
        assert [row["现分钟"] for row in told["时长更改"]] == [90, 140]
        assert [row["答复"] for row in told["时长异议"]] == ["属实"]
        for _ in "12":
            erase(session, c.wang, NOW)
        told = export(session, c.wang)
        assert [row["理由"] for row in told["时长更改"]] == ["", ""]
        assert [row["异议内容"] for row in told["时长异议"]] == [""]


def test_three_accounts_on_one_phone_are_asked_about(bank: Database, app: Flask) -> None:
    with transaction() as session:
        place = build(session)
        users = [
            Actor("user", open_user(session, SYSTEM, member_id=one, at=NOW).id, member_id=one)
            for one in (place.li, place.zhao)
        ]
        scene = Scene(session, place)
        adopt(scene)
        code = scene.open().code
    phone, own = app.test_client(), app.test_client()
    for actor, client in ((place.volunteer, phone), (users[0], own), (users[1], phone)):
        check_in(sign_in(client, actor), code)
    desk = sign_in(app.test_client(), place.reviewer)
    assert "没有要审核的" in desk.get("/reviews").text
    told = check_in(sign_in(phone, users[0]), code, "out")
    assert "door_mark" not in told.headers.get("Set-Cookie", ""), "it has one"
    page = desk.get("/reviews").text
    assert "一部手机多人签到" in page
    assert "同一部手机还为赵晓梅、李建国签到签退" in page
    assert "请问清楚" in page
    [one] = desk.get("/api/v1/findings").json
    assert (one["kind"], one["others"]) == ("shared_phone", ["赵晓梅", "李建国"])


def check_in(client: FlaskClient, code: str, kind: str = "in") -> Any:
    with clock.frozen(Scene.at(5 if kind == "in" else 60)):
        page = client.get(f"/c/{code}").text
        claim = re.search(r'name="claim" value="([^"]+)"', page)
        assert claim, page
        told = submit(client, f"/c/{code}/check-{kind}", claim=claim[1])
    assert told.status_code == 303
    return told


def test_the_phones_mark_lasts_a_day_and_only_the_door_sees_it(past: Past) -> None:
    with transaction() as session:
        code = Scene(session, past.community).open().code
    told = check_in(past.as_("volunteer"), code)
    [mark] = [one for one in told.headers.getlist("Set-Cookie") if one.startswith("door_mark=")]
    assert "Max-Age=86400" in mark
    assert "Path=/c/" in mark
    assert "HttpOnly" in mark
    assert "SameSite=Lax" in mark


def test_what_those_served_said_stands_where_the_service_does(past: Past) -> None:
    told = "4.7 分（3 人评价）"
    pages = {
        "volunteer": [f"/events/{past.event_id}"],
        "other_volunteer": [f"/events/{past.event_id}"],
        "official": [f"/events/{past.event_id}"],
    }
    past.settled()
    pages["volunteer"] += ["/me/hours", f"/hours/{past.wang}"]
    for name, found in pages.items():
        assert not any("人评价" in past.as_(name).get(one).text for one in found)
    with transaction() as session:
        operations.enter_paper_ratings(
            session, past.community.organiser, event_id=past.event_id, numbers={5: 2, 4: 1},
            at=clock.now(),
        )  # fmt: skip
    for name, found in pages.items():
        for one in found:
            assert told in past.as_(name).get(one).text, (name, one)
    hers = past.as_("secretary").get(f"/members/{past.community.wang}").text
    assert "服务评价" in hers
    assert "4.7" in hers
    with snapshot() as session:
        rows = export(session, past.community.wang)["服务评价"]
    assert [(row["满意度"], row["评价人数"]) for row in rows] == [("4.7", 3)]


def test_a_correction_of_points_that_are_spent_says_what_to_do(past: Past) -> None:
    with transaction() as session:
        posting = Posting(
            key="spent", source=member_account(past.community.sun, MORALITY),
            destination=system_account(MORALITY, SystemKind.REDEEMED), amount=16,
            effective_on=clock.today(), reason="redemption",
        )  # fmt: skip
        post_all(session, SYSTEM, [posting], at=clock.now())
    client = past.as_("reviewer")
    where = f"/hours/{past.sun}/correction"
    told = submit(client, where, minutes=30, reason="签到表写错", key="correct")
    assert told.status_code == 409
    assert "已入账的积分已经用掉，不能更正。请先退回兑换的物品" in told.text
    assert "签到表写错" in told.text, "what was typed is still there"


def test_an_official_sees_the_supplement_and_not_the_pictures(past: Past) -> None:
    with transaction() as session:
        made = operations.ask_supplement(
            session, past.community.other_volunteer, event_id=past.event_id,
            member_id=past.community.zhou, came_at=Scene.at(0), left_at=Scene.at(60),
            text="手机没电", images=[picture()], key="supplement", at=clock.now(),
        ).id  # fmt: skip
    page = past.as_("official").get(f"/supplements/{made}")
    assert (page.status_code, "查看凭证" in page.text) == (200, False)
    assert "查看凭证" in past.as_("reviewer").get(f"/supplements/{made}").text
    with transaction() as session:
        operations.answer_supplement(
            session, past.community.reviewer, supplement_id=made, grant=False, answer="看不清",
            at=clock.now(),
        )  # fmt: skip
    [job] = JOBS
    job.run(clock.now() + timedelta(days=366))
    looked = submit(past.client, f"/supplements/{made}/evidence")
    assert "凭证已删除：答复后保存 365 天" in looked.text
