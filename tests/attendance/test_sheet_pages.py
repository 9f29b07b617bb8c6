"""Pages of the organiser's other ways: names to tick, walk-ins, sheets; the screen and the wall."""

import re
from typing import Any

import pytest
from community import sign_in, submit
from flask import Flask
from flask.testing import FlaskClient
from sqlmodel import select

from pointsbank.attendance import rotating
from pointsbank.attendance.models import Attendance, Scan, SignInSheet, WalkIn
from pointsbank.core import clock
from pointsbank.core.database import snapshot, transaction
from pointsbank.hours.rules import Way
from pointsbank.members.models import Member


@pytest.fixture
def organiser(app: Flask, people: Any) -> FlaskClient:
    client = app.test_client()
    sign_in(client, people.community.organiser)
    return client


def test_one_tap_is_in_one_is_out_and_undo_takes_it_back(
    organiser: FlaskClient, people: Any
) -> None:
    where, chen = f"/events/{people.event_id}", people.community.chen
    with people.at(2):
        page = organiser.get(f"{where}/names").text
        assert "陈玉兰" in page
        assert "周明" not in page
        tap = {"member_id": chen, "key": "a-key-of-this-page-1"}
        done = submit(organiser, f"{where}/ticks", kind="in", **tap)
        told = organiser.get(done.location).text
        assert "陈玉兰 签到成功" in told
        undo = re.search(rf"{where}/scans/[\w-]+/undo", told)
        assert undo
        again = submit(organiser, f"{where}/ticks", kind="in", **tap)
        assert again.status_code == 303
        submit(organiser, undo[0])
        submit(organiser, undo[0])
        assert "已撤销" in organiser.get(f"{where}/attendance").text
        assert "没有这次扫码记录" in _told(organiser, submit(organiser, f"{where}/scans/x/undo"))
    with snapshot() as session:
        assert session.execute(select(Attendance)).scalar_one().state == "absent"


def test_a_companion_says_why(organiser: FlaskClient, people: Any) -> None:
    where, li = f"/events/{people.event_id}", people.community.li
    with people.at(2):
        asked = {"member_id": li, "kind": "in", "key": "a-key-of-this-page-2"}
        submit(organiser, f"{where}/ticks", reason="手机没电", **asked)
        stranger = {"member_id": people.community.zhou, "key": "a-key-of-this-page-3"}
        assert "不在名单上" in _told(organiser, submit(organiser, f"{where}/ticks", **stranger))
    with snapshot() as session:
        rows = session.execute(select(Scan.way, Scan.member_id)).all()
    assert {tuple(row) for row in rows} == {(Way.COMPANION, li), (Way.ROSTER, None)}


def test_a_team_s_own_event_has_its_team_on_the_roster(app: Flask, people: Any) -> None:
    c = people.community
    with transaction() as session:
        scene = type(people.scene)(session, c)
        of_team = scene.open(org_id=c.team, title="队里的活动").id
    organiser = sign_in(app.test_client(), c.organiser)
    with people.at(2):
        page = organiser.get(f"/events/{of_team}/names").text
        for name, listed in (("王桂芳", True), ("李建国", True), ("陈玉兰", False)):
            assert (name in page) == listed, name
        tick = {"member_id": c.wang, "kind": "in", "key": "a-key-of-this-page-1"}
        answer = submit(organiser, f"/events/{of_team}/ticks", **tick)
        assert "王桂芳 签到成功" in _told(organiser, answer)


def test_who_stands_at_the_door_finds_every_way_from_the_live_list(
    organiser: FlaskClient, people: Any
) -> None:
    where = f"/events/{people.event_id}"
    named = ("scanner", "names", "names#walk-ins", "screen", "wall")
    ways = [f'href="{where}/{way}"' for way in named]
    page = organiser.get(f"{where}/attendance").text
    assert [way for way in ways if way not in page] == []
    watcher = sign_in(organiser.application.test_client(), people.community.official)
    page = watcher.get(f"{where}/attendance").text
    assert [way for way in ways if way in page] == []


def test_a_walk_in_is_found_and_matched_after_the_close(
    organiser: FlaskClient, people: Any
) -> None:
    where = f"/events/{people.event_id}"
    with people.at(2):
        form = {"name": "王姨", "phone": "13800000001", "key": "walk-1"}
        submit(organiser, f"{where}/walk-ins", **form)
    with people.at(20):
        submit(organiser, f"{where}/closing")
        page = organiser.get(where).text
        assert "还有 1 位临时参加的人没有对应到志愿者" in page
        assert f'href="{where}/names#walk-ins"' in page
        volunteer = sign_in(organiser.application.test_client(), people.community.volunteer)
        assert "临时参加" not in volunteer.get(where).text
        with snapshot() as session:
            walk_in = session.execute(select(WalkIn.id)).scalar_one()
            number = session.get_one(Member, people.community.wang).number
        answer = submit(organiser, f"{where}/walk-ins/{walk_in}/match", number=number)
        assert "已对应到志愿者：已收到，待审核" in _told(organiser, answer)
        assert "临时参加的人没有对应" not in organiser.get(where).text


def _told(client: FlaskClient, answer: Any) -> str:
    assert answer.status_code == 303
    return client.get(answer.location).text


def test_names_are_sought_and_stand_in_no_address(organiser: FlaskClient, people: Any) -> None:
    where = f"/events/{people.event_id}/names"
    with people.at(2):
        for sought in ("玉兰", "0002"):
            found = submit(organiser, where, sought=sought)
            assert sought not in found.location
            page = organiser.get(found.location).text
            assert ("陈玉兰" in page, "李建国" in page) == (sought == "玉兰", sought == "0002")
        assert "没有找到这个人" in organiser.get(submit(organiser, where, sought="%").location).text


def test_walk_ins_are_noted_matched_and_dismissed(organiser: FlaskClient, people: Any) -> None:
    where = f"/events/{people.event_id}"
    with people.at(2):
        for name, phone, key in (
            ("王姨", "13800000001", "walk-1"),
            ("路人", "13900000009", "walk-2"),
        ):
            form = {"name": name, "phone": phone, "key": key}
            assert submit(organiser, f"{where}/walk-ins", **form).status_code == 303
        bad = submit(organiser, f"{where}/walk-ins", name="谁", phone="1", key="walk-3")
        page = _told(organiser, bad)
        assert "请填写 11 位手机号码" in page
        assert "138****0001" in page
        assert "手机号与 王桂芳 相同" in page
        with snapshot() as session:
            first, second = session.execute(select(WalkIn.id).order_by(WalkIn.id)).scalars()
            number = session.get_one(Member, people.community.wang).number
    with people.at(62):
        sign_in(organiser, people.community.organiser)
        paths = [f"{where}/walk-ins/{one}" for one in (first, second)]
        submit(organiser, f"{paths[0]}/leaving")
        assert "没有" in _told(organiser, submit(organiser, f"{paths[0]}/match", number="1"))
        assert "已对应到志愿者" in _told(
            organiser, submit(organiser, f"{paths[0]}/match", number=number)
        )
        page = _told(organiser, submit(organiser, f"{paths[1]}/dismissal"))
        assert "路人" not in page
        assert "已经处理过了" in _told(organiser, submit(organiser, f"{paths[1]}/dismissal"))
    with snapshot() as session:
        assert session.execute(select(Attendance.minutes)).scalar_one() == 60


def test_a_sheet_is_made_printed_and_entered_once(organiser: FlaskClient, people: Any) -> None:
    where = f"/events/{people.event_id}/sheets"
    with snapshot() as session:
        number = session.get_one(Member, people.community.chen).number
    with people.at(130):
        sign_in(organiser, people.community.organiser)
        assert "还没有签到表" in organiser.get(where).text
        too_many = submit(organiser, where, blank="0", key="sheet-0")
        assert "1 至 500 行" in _told(organiser, too_many)
        submit(organiser, where, with_names="true", blank="2", key="sheet-1")
        assert "未录入" in organiser.get(where).text
        pages = organiser.get(f"{where}/1.pdf")
        assert (pages.mimetype, pages.data[:4]) == ("application/pdf", b"%PDF")
        assert "录入第 1 号签到表" in organiser.get(f"{where}/1").text
        bad = submit(organiser, f"{where}/1", **{"came-1": "25:00", "number-1": number})
        assert (bad.status_code, f'value="{number}"' in bad.text) == (422, True)
        lines = {"came-1": "9：05", "left-1": "10:05", "number-1": number, "came-2": "9:00"}
        page = _told(organiser, submit(organiser, f"{where}/1", **lines))
        assert "第 1 号签到表已录入，共 2 行" in page
        assert "这些行没有计入，请核对：2" in page
        twice = submit(organiser, f"{where}/1", **lines)
        assert (twice.status_code, "不能再录一次" in twice.text) == (409, True)
        assert "录入，之后不能再改" not in organiser.get(f"{where}/1").text
        assert organiser.get(f"{where}/9").status_code == 404
        assert submit(organiser, f"{where}/9", **lines).status_code == 404
    with snapshot() as session:
        assert session.execute(select(Attendance.minutes)).scalar_one() == 60
        assert session.execute(select(SignInSheet.entered_at)).scalar_one()


def test_a_sheet_is_printed_before_and_entered_once_the_event_is_open(
    organiser: FlaskClient, people: Any
) -> None:
    with transaction() as session:
        scene = type(people.scene)(session, people.community)
        event_id = scene.published(title="上门理发").id
        number = session.get_one(Member, people.community.chen).number
    where = f"/events/{event_id}"
    assert f'href="{where}/sheets"' in organiser.get(where).text
    submit(organiser, f"{where}/sheets", blank="1", key="sheet-1")
    assert organiser.get(f"{where}/sheets/1.pdf").mimetype == "application/pdf"
    with people.at(400):  # nobody thought of the program while it lasted
        sign_in(organiser, people.community.organiser)
        lines = {"came-1": "9:05", "left-1": "11:05", "number-1": number}
        early = submit(organiser, f"{where}/sheets/1", **lines)
        assert (early.status_code, "当前为“已发布”" in early.text) == (409, True)
        submit(organiser, f"{where}/opening")
        page = _told(organiser, submit(organiser, f"{where}/sheets/1", **lines))
        assert "共 1 行" in page
        assert "这些行没有计入" not in page
    with snapshot() as session:
        found = session.execute(select(Attendance.minutes, Attendance.way)).one()
    assert tuple(found) == (120, Way.SHEET)


def test_the_screen_shows_the_code_of_the_moment_and_who_is_in(
    organiser: FlaskClient, people: Any
) -> None:
    with people.at(2):
        page = organiser.get(f"/events/{people.event_id}/screen").text
        digits = rotating.digits(people.code, clock.now())
        assert f"{digits[:4]} {digits[4:]}" in page
        assert "请检查这块屏幕的网络" in page
        part = organiser.get(f"/events/{people.event_id}/screen", headers={"HX-Request": "true"})
        assert "<html" not in part.text
    with people.at(2.5):
        assert (
            f"{digits[:4]} {digits[4:]}"
            not in organiser.get(f"/events/{people.event_id}/screen").text
        )


def test_the_wall_counts_arrivals_by_the_minute(organiser: FlaskClient, people: Any) -> None:
    where = f"/events/{people.event_id}"
    for minutes, member in ((2, people.community.chen), (4, people.community.li)):
        with people.at(minutes):
            tap = {"member_id": member, "kind": "in", "key": f"a-key-of-this-page-{minutes}"}
            submit(organiser, f"{where}/ticks", **tap)
    with people.at(5):
        page = organiser.get(f"{where}/wall").text
        assert "09:02" in page
        assert "09:04" in page
        assert "到场时间" in page
        part = organiser.get(f"{where}/wall", headers={"HX-Request": "true"}).text
        assert "<html" not in part


def test_only_who_runs_the_event_sees_these_pages(app: Flask, people: Any) -> None:
    client = app.test_client()
    sign_in(client, people.community.stranger)
    for page in ("names", "sheets", "screen", "wall", "sheets/1", "sheets/1.pdf"):
        assert client.get(f"/events/{people.event_id}/{page}").status_code == 403
    tap = {"member_id": people.community.chen, "key": "a-key-of-this-page-9"}
    assert submit(client, f"/events/{people.event_id}/ticks", **tap).status_code == 403
    form = {"name": "谁", "phone": "13900000009", "key": "walk-9"}
    assert submit(client, f"/events/{people.event_id}/walk-ins", **form).status_code == 403
