"""What a scanned poster opens, and the live list."""

import re

from community import sign_in, submit
from scene import House, read
from sqlmodel import func, select

from pointsbank.attendance import claims
from pointsbank.attendance.models import Scan
from pointsbank.core import clock
from pointsbank.core.database import snapshot, transaction
from pointsbank.events.models import Event
from pointsbank.ledger.queries import balances
from pointsbank.ledger.rules import MINUTES, MORALITY
from pointsbank.members.operations import issue_card, report_card_lost


def claim_in(page: str) -> str:
    found = re.search(r'name="claim" value="([^"]+)"', page)
    assert found, page
    return found[1]


def scans() -> int:
    with snapshot() as session:
        return int(session.execute(select(func.count()).select_from(Scan)).scalar_one())


def test_a_scan_before_signing_in_checks_in_as_of_the_scan(house: House) -> None:
    wang = house.browser()
    with house.at(2):
        sent = wang.get(f"/c/{house.code.lower()}")
        assert sent.status_code == 303
        assert sent.location.startswith(f"/sign-in?next=/c/{house.code}?claim=")
    with house.at(8):
        sign_in(wang, house.community.volunteer)
        page = read(wang.get(sent.location.split("next=")[1]))
        assert "data-auto-submit" in page
        assert scans() == 0
        answer = submit(wang, f"/c/{house.code}/check-in", claim=claim_in(page))
        assert (answer.status_code, answer.location) == (303, f"/c/{house.code}?done=in")
        page = read(wang.get(answer.location))  # though it is six minutes since the scan
        assert "签到成功" in page
        assert "09:02" in page
        assert "再扫一次同一个码签退" in page


def test_scanning_again_offers_check_out_after_five_minutes_and_then_only_answers(
    house: House,
) -> None:
    wang = house.browser(house.community.volunteer)
    with house.at(2):
        page = read(wang.get(f"/c/{house.code}"))
        for _ in "12":
            submit(wang, f"/c/{house.code}/check-in", claim=claim_in(page))
    assert scans() == 1
    with house.at(4):
        assert "您已签到" in read(wang.get(f"/c/{house.code}"))
    with house.at(100):
        page = read(wang.get(f"/c/{house.code}"))
        assert "现在签退吗" in page
        assert "现在签退，计 98 分钟" in page
        for _ in "12":
            done = submit(wang, f"/c/{house.code}/check-out", claim=claim_in(page))
        page = read(wang.get(done.location))
        assert "签退成功" in page
        assert "98" in page
        assert "组织者确认后" in page
    with house.at(101):
        page = read(wang.get(f"/c/{house.code}"))
        assert "您已签退" in page
        assert 'name="claim"' not in page
    assert scans() == 2


def test_one_tap_confirms_and_her_scan_shows_what_she_earned(house: House) -> None:
    c = house.community
    wang, organiser = house.browser(c.volunteer), house.browser(c.organiser)
    with house.at(0):
        claim = claim_in(read(wang.get(f"/c/{house.code}")))
        submit(wang, f"/c/{house.code}/check-in", claim=claim)
    with house.at(120):
        claim = claim_in(read(wang.get(f"/c/{house.code}")))
        submit(wang, f"/c/{house.code}/check-out", claim=claim)
        sign_in(organiser, c.organiser)
        live = read(organiser.get(f"/events/{house.event_id}/attendance"))
        assert "一键确认 1 人，共 2 小时" in live
        done = submit(organiser, f"/events/{house.event_id}/confirmations")
        assert "已确认 1 人" in read(organiser.get(done.location))
        submit(organiser, f"/events/{house.event_id}/confirmations")
        assert "已入账：2 小时，道德积分 20 分" in read(wang.get(f"/c/{house.code}"))
        assert "已入账" in read(wang.get(f"/events/{house.event_id}"))
    with snapshot() as session:
        assert balances(session, c.wang)[MINUTES] == 120
        assert balances(session, c.wang)[MORALITY] == 20


def test_an_expired_tampered_or_foreign_claim_is_refused_and_nothing_is_written(
    house: House,
) -> None:
    wang = house.browser(house.community.volunteer)
    with house.at(2):
        claim = claim_in(read(wang.get(f"/c/{house.code}")))
        foreign = claims.sign("ABCDEF", at=clock.now())
        for bad in (claim[:-3] + "abc", foreign):
            answer = submit(wang, f"/c/{house.code}/check-in", claim=bad)
            assert answer.status_code == 422
            assert wang.get(f"/c/{house.code}?claim={bad}").status_code == 422
    with house.at(13):
        answer = submit(wang, f"/c/{house.code}/check-in", claim=claim)
        assert answer.status_code == 422
        assert "已过期" in read(answer)
    assert scans() == 0


def test_an_event_that_has_not_begun_is_over_or_cancelled_says_so(house: House) -> None:
    wang, organiser = house.browser(house.community.volunteer), house.browser()
    sign_in(organiser, house.community.organiser)
    with snapshot() as session:
        waiting = session.get(Event, house.published_id).code
    assert "还没开始签到" in read(house.browser().get(f"/c/{waiting}"))
    submit(organiser, f"/events/{house.published_id}/cancellation", reason="大雨")
    page = read(wang.get(f"/c/{waiting}"))
    assert "活动已取消" in page
    assert "大雨" in page
    with house.at(200):
        assert "活动已结束" in read(wang.get(f"/c/{house.code}"))
    assert wang.get("/events/999999").status_code == 404
    unknown = wang.get("/c/ZZZZZZ")
    assert unknown.status_code == 404
    assert "ZZZZZZ" in read(unknown)


def test_who_never_checked_out_is_told_whom_to_ask(house: House) -> None:
    wang, organiser = (
        house.browser(house.community.volunteer),
        house.browser(house.community.organiser),
    )
    with house.at(0):
        claim = claim_in(read(wang.get(f"/c/{house.code}")))
        submit(wang, f"/c/{house.code}/check-in", claim=claim)
    with house.at(300):
        sign_in(organiser, house.community.organiser)
        submit(organiser, f"/events/{house.event_id}/closing")
        page = read(wang.get(f"/c/{house.code}"))
        assert "没有签退" in page
        assert "核定" in page
        assert "待核定" in read(organiser.get(f"/events/{house.event_id}/attendance"))


def test_staff_who_scan_are_told_that_the_code_is_for_volunteers(house: House) -> None:
    organiser = house.browser(house.community.organiser)
    page = read(organiser.get(f"/c/{house.code}"))
    assert "这是志愿者签到码" in page
    assert f"/events/{house.event_id}" in page
    claim = claims.sign(house.code, at=clock.now())
    assert submit(organiser, f"/c/{house.code}/check-in", claim=claim).status_code == 403


def test_the_live_list_answers_htmx_with_its_middle_only(house: House) -> None:
    organiser = house.browser(house.community.organiser)
    url = f"/events/{house.event_id}/attendance"
    whole = read(organiser.get(url))
    assert "hx-trigger" in whole
    part = read(organiser.get(url, headers={"HX-Request": "true"}))
    assert "<html" not in part
    assert "还没有人签到" in part


def test_an_organiser_scans_a_card_in_and_out_and_bad_codes_say_why(house: House) -> None:
    c = house.community
    organiser = house.browser(c.organiser)
    with transaction() as session:
        digits = issue_card(session, c.secretary, member_id=c.chen, at=clock.now()).digits
        card = issue_card(session, c.secretary, member_id=c.li, at=clock.now())
        lost = card.digits
        report_card_lost(session, c.secretary, card_id=card.id, at=clock.now())
    url = f"/events/{house.event_id}/scans"

    def scan(minutes: int, **given: str) -> str:
        with house.at(minutes):
            sign_in(organiser, c.organiser)
            asked = {"member_code": digits, "leaving": "false", "key": f"k{minutes}-{given}"[:50]}
            return read(organiser.get(submit(organiser, url, **(asked | given)).location))

    assert "陈玉兰 签到成功" in scan(1)
    assert "陈玉兰 已于 09:01 签到" in scan(2)
    told = scan(60, leaving="true")
    assert "陈玉兰 签退成功" in told
    undo = re.search(r'action="(/events/\d+/scans/\w+/undo)"', told)
    assert undo
    with house.at(61):
        assert "已撤销" in read(organiser.get(submit(organiser, undo[1]).location))
    assert "陈玉兰 签退成功" in scan(61, leaving="true")
    assert "陈玉兰 已于 10:01 签退" in scan(62, leaving="true")
    assert "不认识这个码 · 请核对后按名单登记" in scan(62, member_code="12345678901234567890")
    assert "李建国" not in scan(63, member_code=lost)
    assert "这张卡已挂失 · 2026-11-21 · 请出示新卡" in scan(64, member_code=lost)
    with snapshot() as session:
        assert balances(session, c.chen)[MINUTES] == 60
    twice = {"member_code": digits, "leaving": "false", "key": "brought-back"}
    with house.at(80):
        first = read(organiser.get(submit(organiser, url, **twice).location))
        other = read(
            organiser.get(submit(organiser, url, **(twice | {"member_code": lost})).location)
        )
        assert "陈玉兰" in first
        assert "已挂失" in other, "a page that was brought back asks anew"
    stranger = house.browser(c.stranger)
    answer = submit(stranger, url, member_code=digits, leaving="false", key="stranger")
    assert answer.status_code == 403


def test_the_code_under_a_poster_is_typed_by_who_cannot_scan_it(house: House) -> None:
    volunteer, code = house.browser(house.community.volunteer), house.code
    assert 'href="/c"' in read(volunteer.get("/events"))
    assert "六位活动码" in read(volunteer.get("/c"))
    wide = "".join(chr(ord(sign) + 0xFEE0) for sign in code)
    for typed in (code, code.lower(), f" {code[:3]} {code[3:]} ", wide):
        answer = volunteer.get("/c", query_string={"code": typed})
        assert (answer.status_code, answer.location) == (303, f"/c/{code}")
    wrong = volunteer.get("/c", query_string={"code": "<AB>&1"})
    assert wrong.status_code == 404
    assert "请核对海报上的六位活动码" in read(wrong)
    assert "&lt;AB&gt;&amp;1" in read(wrong)
    assert 'href="/c"' not in read(house.browser(house.community.organiser).get("/events"))


def test_a_stranger_who_comes_too_late_is_not_taken_for_staff(house: House) -> None:
    with house.at(200):
        organiser = house.browser(house.community.organiser)
        submit(organiser, f"/events/{house.event_id}/closing")
        page = read(house.browser().get(f"/c/{house.code}"))
        assert "活动已结束" in page
        assert "工作人员账号" not in page
        assert "工作人员账号" in read(organiser.get(f"/c/{house.code}"))
