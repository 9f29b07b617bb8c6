"""The pages of sign-ups, as volunteers, relatives, captains and organisers see them."""

import re
from typing import Any

import icalendar
import pytest
from community import Community, build, sign_in, submit
from flask import Flask
from flask.testing import FlaskClient
from scene import Scene
from sqlmodel import func, select

from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM, Actor
from pointsbank.core.audit import AuditEntry
from pointsbank.core.database import snapshot, transaction
from pointsbank.core.jobs import jobs, run_due
from pointsbank.events import operations as events
from pointsbank.events.models import Event
from pointsbank.members.operations import found_household, issue_card
from pointsbank.signups.models import SignUp, SignUpTerms
from pointsbank.signups.rules import SignUpState
from tests.signups.conftest import BEFORE, Door


class House:
    """The community, an event with one place, and one with a post in two shifts."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        with transaction() as session:
            self.community: Community = build(session)
            scene = Scene(session, self.community)
            door = Door(scene)
            self.event_id = scene.published(capacity=1).id or 0
            fair = scene.published(title="邻里节", starts_at=scene.at(200), ends_at=scene.at(400))
            self.fair_id = fair.id or 0
            post = door.post(fair, "引导员", duties="引导居民", skill="", least_age=16)
            shifts = [door.shift(fair, 200 + n, 300 + n, post) for n in (0, 100)]
            self.spots = [f"{post.id}-{one.id}" for one in shifts]
            self.post_id = post.id or 0
            self.card = issue_card(
                session, SYSTEM, member_id=self.community.chen, at=scene.at(-90)
            ).digits

    def browser(self, actor: Actor | None = None) -> FlaskClient:
        client = self.app.test_client()
        return sign_in(client, actor) if actor else client

    def sign_ups(self) -> list[SignUp]:
        with snapshot() as session:
            return list(session.execute(select(SignUp).order_by(SignUp.id)).scalars())  # type: ignore[arg-type]


@pytest.fixture
def house(app: Flask) -> Any:
    with clock.frozen(Scene.at(BEFORE)):
        yield House(app)


def read(response: Any) -> str:
    return str(response.get_data(as_text=True))


def test_a_volunteer_signs_up_sees_it_everywhere_and_withdraws(house: House) -> None:
    wang, page = house.browser(house.community.volunteer), f"/events/{house.event_id}"
    assert "还有 1 个名额" in read(wang.get(page))
    answer = submit(wang, f"{page}/sign-ups", spot="-", key="a-key-of-hers")
    assert (answer.status_code, answer.location) == (303, page)
    shown = read(wang.get(page))
    assert "报名成功" in shown
    assert "退出报名" in shown
    assert "加到手机日历" in shown
    assert "已报名" in read(wang.get("/events"))
    assert "周末清洁家园" in read(wang.get("/sign-ups"))
    again = submit(wang, f"{page}/sign-ups", spot="-", key="another-key")
    assert "已经报过名了" in read(wang.get(again.location))
    [hers] = house.sign_ups()
    gone = submit(wang, f"/sign-ups/{hers.id}/withdrawal", reason="有事")
    assert gone.location == page
    assert "已退出报名" in read(wang.get(page))
    mine = read(wang.get("/sign-ups"))
    assert "还没有报名" in mine
    assert "退出原因：有事" in mine
    assert "以往报名" in read(wang.get(f"/sign-ups?before={(hers.id or 0) + 1}"))


def test_who_finds_it_full_is_asked_and_moves_up_when_the_other_withdraws(house: House) -> None:
    c = house.community
    page = f"/events/{house.event_id}"
    zhou, wang = house.browser(c.other_volunteer), house.browser(c.volunteer)
    submit(zhou, f"{page}/sign-ups", spot="-", key="zhou-first")
    late = submit(wang, f"{page}/sign-ups", spot="-", key="wang-late")
    assert late.status_code == 409
    assert "名额已满，前面还有 0 人候补" in read(late)
    assert 'name="wait" value="1"' in read(late)
    submit(wang, f"{page}/sign-ups", spot="-", wait="1", key="wang-waits")
    assert "候补第 1 位" in read(wang.get("/sign-ups"))
    assert "候补中" in read(wang.get("/events"))
    [first, _] = house.sign_ups()
    submit(zhou, f"/sign-ups/{first.id}/withdrawal")
    told = read(wang.get("/sign-ups"))
    assert "您已从候补转为报名：周末清洁家园" in told
    assert "从候补转为报名" in read(wang.get(page))
    with transaction() as session:
        events.cancel(session, c.organiser, event_id=house.event_id, reason="下雨", at=clock.now())
    assert "“周末清洁家园”已取消：下雨" in read(wang.get("/sign-ups"))
    refused = submit(wang, f"{page}/sign-ups", spot="-", key="too-late")
    assert "活动已取消：下雨" in read(wang.get(refused.location))


def test_places_that_are_added_go_to_who_waits_by_the_job(house: House) -> None:
    c, page = house.community, f"/events/{house.event_id}"
    for actor in (c.other_volunteer, c.volunteer):
        submit(house.browser(actor), f"{page}/sign-ups", spot="-", wait="1", key="hers")
    with transaction() as session:
        found = session.get(Event, house.event_id)
        assert found is not None
        found.capacity = 2
        session.add(found)
    [job] = [one for one in jobs() if one.name == "signups.move_up"]
    assert run_due(job, clock.now())
    assert [one.state for one in house.sign_ups()] == [SignUpState.SIGNED_UP] * 2


def test_a_clash_is_told_and_may_be_wanted(house: House) -> None:
    c = house.community
    wang = house.browser(c.volunteer)
    with transaction() as session:
        other = Scene(session, c).published(title="读书会")
        other_id = other.id
    submit(wang, f"/events/{house.event_id}/sign-ups", spot="-", key="the-first")
    clash = submit(wang, f"/events/{other_id}/sign-ups", spot="-", key="the-other")
    assert clash.status_code == 409
    assert "与已报名的“周末清洁家园”" in read(clash)
    knowing = submit(
        wang, f"/events/{other_id}/sign-ups", spot="-", despite_clash="1", key="knowingly"
    )
    assert knowing.status_code == 303
    assert len(house.sign_ups()) == 2


def test_posts_and_shifts_are_chosen_and_a_wrong_one_is_refused_in_words(house: House) -> None:
    wang, page = house.browser(house.community.volunteer), f"/events/{house.fair_id}"
    shown = read(wang.get(page))
    assert shown.count("名额不限，已报 0 人") == 2
    assert "年满 16 周岁" in shown
    submit(wang, f"{page}/sign-ups", spot=house.spots[1], key="afternoon")
    [hers] = house.sign_ups()
    assert f"{hers.post_id}-{hers.shift_id}" == house.spots[1]
    for spot, sentence in (("-", "分岗位或班次"), ("-9999", "没有这个岗位或班次")):
        answer = submit(wang, f"{page}/sign-ups", spot=spot, key="a-wrong-one")
        if answer.status_code == 303:
            assert sentence in read(wang.get(answer.location))
        else:
            assert sentence in read(answer)
    assert submit(wang, f"{page}/sign-ups", spot="x", key="no-spot").status_code == 422


def test_an_organiser_reads_the_list_sets_terms_withdraws_and_prints(house: House) -> None:
    c = house.community
    page = f"/events/{house.fair_id}"
    submit(house.browser(c.volunteer), f"{page}/sign-ups", spot=house.spots[0], key="hers")
    organiser = house.browser(c.organiser)
    shown = read(organiser.get(f"{page}/sign-ups"))
    for told in ("王桂芳", "0001", "本人报名", "引导员", "还没有人报名"):
        assert told in shown
    assert "报名情况" in read(organiser.get(page))
    saved = submit(
        organiser,
        f"{page}/sign-up-terms",
        closes_at="2026-11-21T10:00",
        party_post_ids=house.post_id,
    )
    assert "报名要求已保存" in read(organiser.get(saved.location))
    shown = read(organiser.get(f"{page}/sign-ups"))
    assert 'value="2026-11-21T10:00"' in shown
    assert f'value="{house.post_id}" checked' in shown
    late = submit(organiser, f"{page}/sign-up-terms", closes_at="2026-11-29T10:00")
    assert "不能晚于活动结束时间" in read(organiser.get(late.location))
    with snapshot() as session:
        assert session.execute(select(func.count()).select_from(SignUpTerms)).scalar_one() == 2
    sheet = submit(organiser, f"{page}/roster")
    assert (sheet.mimetype, sheet.data[:5]) == ("application/pdf", b"%PDF-")
    with snapshot() as session:
        wanted = select(AuditEntry).where(AuditEntry.action == "signups.roster_printed")
        assert session.execute(wanted).scalar_one().facts == {"people": 1}
    [hers] = house.sign_ups()
    gone = submit(organiser, f"/sign-ups/{hers.id}/withdrawal")
    assert gone.location == f"{page}/sign-ups"
    for stranger in (c.stranger, c.clerk):
        refused = house.browser(stranger)
        assert refused.get(f"{page}/sign-ups").status_code == 403
        assert submit(refused, f"{page}/roster").status_code == 403


def test_who_may_not_withdraw_or_comes_too_late_hears_it(house: House) -> None:
    c = house.community
    wang = house.browser(c.volunteer)
    submit(wang, f"/events/{house.event_id}/sign-ups", spot="-", key="hers")
    [hers] = house.sign_ups()
    path = f"/sign-ups/{hers.id}/withdrawal"
    assert submit(house.browser(c.other_volunteer), path).status_code == 403
    with clock.frozen(Scene.at(1)):
        answer = submit(wang, path)
        assert "不能再退出报名" in read(wang.get(answer.location))


def test_a_relative_and_a_card_are_signed_up_and_a_stranger_to_both_finds_nobody(
    house: House,
) -> None:
    c, page = house.community, f"/events/{house.event_id}"
    wang = house.browser(c.volunteer)
    assert "没有可以代报的人" in read(wang.get(f"{page}/sign-ups/new"))
    with transaction() as session:
        found_household(
            session, SYSTEM, head_id=c.wang, member_ids=[c.chen], on=clock.today(), at=clock.now()
        )
    form = read(wang.get(f"{page}/sign-ups/new"))
    assert "陈玉兰" in form
    path = f"{page}/companion-sign-ups"
    answer = submit(wang, path, member_id=c.chen, spot="-", key="for-chen")
    assert answer.location == f"{page}/sign-ups/new"
    assert [one.member_id for one in house.sign_ups()] == [c.chen]
    assert "已经替别人报的名" in read(wang.get(answer.location))
    organiser = house.browser(c.organiser)
    fair = f"/events/{house.fair_id}/companion-sign-ups"
    for key, code in (("by-card", house.card), ("by-number", "2026000002")):
        submit(organiser, fair, member_code=code, spot=house.spots[0], key=key)
    assert [one.member_id for one in house.sign_ups()] == [c.chen, c.chen, c.li]
    full = submit(organiser, path, member_code="2026000002", spot="-", key="it-is-full")
    assert full.status_code == 409
    assert 'name="member_code" value="2026000002"' in read(full)
    for wrong in ({}, {"member_code": house.card, "member_id": c.li}):
        assert submit(organiser, path, spot="-", key="neither", **wrong).status_code == 422
    unknown = submit(organiser, path, member_code="2026999999", spot="-", key="nobody")
    assert unknown.status_code == 404


def test_a_captain_signs_up_a_team_and_sees_who_is_in(house: House) -> None:
    c, page = house.community, f"/events/{house.event_id}"
    organiser = house.browser(c.organiser)
    form = read(organiser.get(f"{page}/sign-ups/new?team={c.team}"))
    assert "王桂芳 · 0001" in form
    assert "李建国 · 0002" in form
    told = read(
        submit(
            organiser, f"{page}/team-sign-ups", team_id=c.team, member_ids=[c.wang, c.li],
            spot="-", key="the-team",
        )
    )  # fmt: skip
    assert "没有报上" in told
    assert "名额已满" in told
    assert "随队报名" in read(organiser.get(f"{page}/sign-ups"))
    assert "幸福社区志愿服务队" in read(organiser.get(f"{page}/sign-ups"))
    nobody = submit(organiser, f"{page}/team-sign-ups", team_id=c.team, spot="-", key="nobody")
    assert "请至少选一个人" in read(organiser.get(nobody.location))
    foreign = submit(
        organiser, f"{page}/team-sign-ups", team_id=c.other_community, member_ids=c.wang,
        spot="-", key="foreign",
    )  # fmt: skip
    assert foreign.status_code == 403
    assert "王桂芳" not in read(organiser.get(f"{page}/sign-ups/new?team={c.other_community}"))


def test_a_calendar_address_reads_only_hers_until_it_is_revoked(house: House) -> None:
    c = house.community
    wang = house.browser(c.volunteer)
    submit(wang, f"/events/{house.event_id}/sign-ups", spot="-", key="hers")
    told = read(submit(wang, "/sign-ups/calendar"))
    found = re.search(r'value="http://bank\.test(/calendars/([\w-]{43})\.ics)"', told)
    assert found
    anyone = house.browser()
    feed = anyone.get(found[1])
    assert feed.mimetype == "text/calendar"
    [event] = icalendar.Calendar.from_ical(feed.data).walk("VEVENT")
    assert event["SUMMARY"] == "周末清洁家园"
    assert "重新生成日历地址" in read(wang.get("/sign-ups"))
    assert found[2] not in read(wang.get("/sign-ups"))
    submit(wang, "/sign-ups/calendar/revocation")
    assert anyone.get(found[1]).status_code == 404


def test_a_communitys_and_an_events_calendar_are_handed_out(house: House) -> None:
    c = house.community
    anyone = house.browser()
    public = anyone.get(f"/organisations/{c.community}/events.ics")
    assert len(icalendar.Calendar.from_ical(public.data).walk("VEVENT")) == 2
    assert anyone.get("/organisations/99999/events.ics").status_code == 404
    path = f"/events/{house.event_id}/event.ics"
    assert anyone.get(path).status_code == 303
    one = house.browser(c.volunteer).get(path)
    [event] = icalendar.Calendar.from_ical(one.data).walk("VEVENT")
    assert event["UID"] == f"event-{house.event_id}@bank.test"


def test_a_members_page_tells_what_she_is_going_to_do(house: House) -> None:
    c = house.community
    submit(house.browser(c.volunteer), f"/events/{house.event_id}/sign-ups", spot="-", key="hers")
    page = read(house.browser(c.secretary).get(f"/members/{c.wang}"))
    assert "已报名的活动" in page
    assert "已报名的活动" not in read(house.browser(c.secretary).get(f"/members/{c.li}"))


def test_a_draft_says_nothing_of_sign_ups_and_staff_are_marked_nowhere(house: House) -> None:
    c = house.community
    with transaction() as session:
        draft_id = Scene(session, c).plan().id
    organiser = house.browser(c.organiser)
    assert "报名情况" not in read(organiser.get(f"/events/{draft_id}"))
    assert "已报名" not in read(organiser.get("/events"))


def test_a_companion_finds_what_she_signed_her_up_for_and_takes_it_back(house: House) -> None:
    c, page = house.community, f"/events/{house.event_id}"
    with transaction() as session:
        found_household(
            session, SYSTEM, head_id=c.wang, member_ids=[c.chen], on=clock.today(), at=clock.now()
        )
    wang = house.browser(c.volunteer)
    submit(wang, f"{page}/companion-sign-ups", member_id=c.chen, spot="-", key="for-chen")
    [hers] = house.sign_ups()
    path = f"/sign-ups/{hers.id}/withdrawal"
    assert path in read(wang.get(f"{page}/sign-ups/new"))
    with clock.frozen(Scene.at(1)):
        for actor, back in (
            (c.volunteer, f"{page}/sign-ups/new"),
            (c.organiser, f"{page}/sign-ups"),
        ):
            browser = house.browser(actor)
            late = submit(browser, path)
            assert late.location == back
            assert "不能再退出报名" in read(browser.get(back))
    gone = submit(wang, path)
    assert gone.location == f"{page}/sign-ups/new"
    shown = read(wang.get(gone.location))
    assert "已退出报名" in shown
    assert "已经替别人报的名" not in shown
    assert submit(wang, "/sign-ups/99999/withdrawal").status_code == 404


def test_what_was_called_off_is_not_told_as_coming(house: House) -> None:
    c = house.community
    submit(house.browser(c.volunteer), f"/events/{house.event_id}/sign-ups", spot="-", key="hers")
    with transaction() as session:
        events.cancel(session, c.organiser, event_id=house.event_id, reason="下雨", at=clock.now())
    page = read(house.browser(c.secretary).get(f"/members/{c.wang}"))
    told = page[page.index("已报名的活动") :][:1500]
    assert "周末清洁家园" in told
    assert "已取消" in told


def test_risks_and_insurance_are_told_before_anybody_signs_up(house: House) -> None:
    c = house.community
    with transaction() as session:
        event = Scene(session, c).published(
            dangerous=True, risks="路面结冰", insurance="人保 88-1", title="除雪"
        )
        insured = Scene(session, c).published(insurance="平安 66-2", title="种树")
        ids = event.id, insured.id
    wang, organiser = house.browser(c.volunteer), house.browser(c.organiser)
    form = 'action="/events/{}/sign-ups"'
    page = read(wang.get(f"/events/{ids[0]}"))
    assert page.count("路面结冰") == 1
    assert page.index("路面结冰") < page.index("人保 88-1") < page.index(form.format(ids[0]))
    others = read(organiser.get(f"/events/{ids[0]}/sign-ups/new"))
    assert others.index("路面结冰") < others.index("companion-sign-ups")
    page = read(wang.get(f"/events/{ids[1]}"))
    assert "可能的风险" not in page
    assert page.index("意外保险：平安 66-2") < page.index(form.format(ids[1]))
