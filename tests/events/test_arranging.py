"""The pages on which events are changed, copied, repeated, kept; and the same as JSON."""

import re
from datetime import timedelta
from typing import Any

import pytest
from community import Community, build, sign_in, submit
from flask import Flask
from flask.testing import FlaskClient

from pointsbank.access import operations as access
from pointsbank.core import clock
from pointsbank.core.database import snapshot, transaction
from pointsbank.events import operations, queries

API = "/api/v1"
SAID = {
    "title": "冬日送暖", "kind": "help", "place": "居民家中", "starts_at": "2026-11-27T09:00",
    "ends_at": "2026-11-27T11:00", "served": "独居老人", "in_charge": "孙丽",
}  # fmt: skip
RULE = {"from_on": "2026-11-27", "until_on": "2026-12-18"}


class House:
    """The community with a draft and a published event of the 21st, and an organiser's browser."""

    def __init__(self, app: Flask, scene_type: Any) -> None:
        self.app = app
        with transaction() as session:
            self.place: Community = build(session)
            self.scene = scene_type(session, self.place)
            self.draft = self.scene.plan(key="the draft").id
            self.known = self.scene.published().id
        self.browser = self.browser_of(self.place.organiser)

    def browser_of(self, actor: Any) -> FlaskClient:
        return sign_in(self.app.test_client(), actor)

    def send(self, verb: str, path: str, body: Any = None) -> Any:
        with transaction() as session:
            token = access.open_session(
                session, user_id=self.place.organiser.id, at=clock.now()
            ).token
        headers = {"Authorization": f"Bearer {token}"}
        return self.app.test_client().open(API + path, method=verb, json=body, headers=headers)


@pytest.fixture
def house(app: Flask, make_scene: Any) -> House:
    return House(app, make_scene)


def test_an_event_is_changed_on_its_page(house: House) -> None:
    page = house.browser.get(f"/events/{house.draft}/edit").text
    assert 'value="周末清洁家园"' in page
    answer = submit(house.browser, f"/events/{house.draft}", **SAID)
    assert answer.location == f"/events/{house.draft}"
    page = house.browser.get(answer.location).text
    assert all(shown in page for shown in ("冬日送暖", "独居老人", "孙丽", "活动记录还缺：记录人"))
    back = submit(house.browser, f"/events/{house.known}", **SAID)
    assert back.status_code == 422
    assert "请写一句改了什么" in back.text
    assert "冬日送暖" in back.text
    told = submit(house.browser, f"/events/{house.known}", **SAID, note="换了日子")
    assert "换了日子" in house.browser.get(told.location).text
    stranger = house.browser_of(house.place.stranger)
    assert stranger.get(f"/events/{house.known}/edit").status_code == 403
    assert stranger.get(f"/events/{house.known}/copy").status_code == 403


def test_an_event_is_copied_on_its_page(house: House) -> None:
    page = house.browser.get(f"/events/{house.known}/copy").text
    found = re.search(r'name="key" value="([^"]+)"', page)
    assert found
    late = submit(
        house.browser, f"/events/{house.known}/copies", key=found[1], starts_at="2020-01-01T09:00"
    )
    assert late.status_code == 409
    assert "活动时间已过" in late.text
    made = submit(
        house.browser, f"/events/{house.known}/copies", key=found[1], starts_at="2026-12-05T09:00"
    )
    assert "草稿" in house.browser.get(made.location).text


def test_posts_and_shifts_are_arranged_on_one_page(house: House) -> None:
    where = f"/events/{house.draft}/posts"
    assert "还没有岗位" in house.browser.get(where).text
    assert submit(house.browser, where, name="登记台", capacity="2").location == where
    with snapshot() as session:
        post = queries.posts_of(session, house.draft)[0].id
    times = {"starts_at": "2026-11-21T09:00", "ends_at": "2026-11-21T10:00"}
    submit(house.browser, f"/events/{house.draft}/shifts", post_id=post, **times)
    with snapshot() as session:
        shift = queries.shifts_of(session, house.draft)[0].id
    outside = {**times, "ends_at": "2026-11-21T23:00"}
    back = submit(house.browser, f"/shifts/{shift}", **outside)
    assert back.status_code == 422
    assert "班次必须在活动时间之内" in back.text
    assert 'value="2026-11-21T23:00"' in back.text
    submit(house.browser, f"/shifts/{shift}", **times, capacity="1")
    submit(house.browser, f"/posts/{post}", name="接待", capacity="3", duties="登记来客")
    page = house.browser.get(where).text
    assert all(shown in page for shown in ("接待", "登记来客", "已报 0 / 3 人", "已报 0 / 1 人"))
    assert "接待" in house.browser.get(f"/events/{house.draft}").text
    submit(house.browser, f"/shifts/{shift}/removal")
    submit(house.browser, f"/posts/{post}/removal")
    assert "还没有岗位" in house.browser.get(where).text
    for gone in (f"/posts/{post}", f"/shifts/{shift}/removal"):
        assert submit(house.browser, gone, name="x").status_code == 404
    assert "看过通知的人会看到" in house.browser.get(f"/events/{house.known}/posts").text
    assert submit(house.browser, f"/events/{house.known}/posts", name="x").status_code == 422
    with transaction() as session:
        operations.open_event(
            session, house.place.organiser, event_id=house.known, at=house.scene.at(-40)
        )
    assert "岗位不能再改" in house.browser.get(f"/events/{house.known}/posts").text


def test_a_series_is_seen_before_it_is_made(house: House) -> None:
    where = f"/events/{house.draft}/series"
    assert 'value="2026-11-21"' in house.browser.get(where).text
    asked = f"{where}?weekdays=5&begins=09:00&begins=&from_on=2026-11-27&until_on=2026-12-18"
    page = house.browser.get(f"{asked}&but=2026-12-04，2026-12-05").text
    assert "共 3 场" in page
    assert "12月4日" not in page
    for wrong, sentence in (
        ("&but=tomorrow", "日期有误"), ("&begins=25:00", "06:30 的样子"),
        ("&weekdays=8", "1 到 7"),
    ):  # fmt: skip
        answer = house.browser.get(asked + wrong)
        assert answer.status_code == 422
        assert sentence in answer.text
    given = {**RULE, "weekdays": "5", "begins": "09:00", "but": "", "key": "fridays"}
    made = submit(house.browser, where, **given)
    page = house.browser.get(made.location).text
    assert "共 5 场" in page
    assert "发布 4 场草稿" in page  # the first began two minutes ago
    assert submit(house.browser, where, **{**given, "key": "again"}).status_code == 409
    assert submit(house.browser, f"{made.location}/publication").location == made.location
    assert "已发布 4 场" in house.browser.get(made.location).text
    ended = submit(house.browser, f"{made.location}/ending", reason="入冬")
    page = house.browser.get(ended.location).text
    assert "取消了 4 场" in page
    assert "系列已于" in page
    assert house.browser_of(house.place.stranger).get(made.location).status_code == 404


def test_this_and_later_are_changed_on_the_page_of_one(house: House) -> None:
    given = {**RULE, "weekdays": "5", "begins": "09:00", "key": "fridays", "publish": "1"}
    submit(house.browser, f"/events/{house.draft}/series", **given)
    with snapshot() as session:
        series = queries.events_of_series(session, 1)
    page = house.browser.get(f"/events/{series[1].id}/edit").text
    assert "这一场和以后同一时间的各场" in page
    said = {**SAID, "starts_at": "2026-11-27T09:00", "ends_at": "2026-11-27T10:00"}
    submit(house.browser, f"/events/{series[1].id}", **said, scope="later", note="缩短")
    with snapshot() as session:
        titles = [event.title for event in queries.events_of_series(session, 1)]
    assert titles == ["周末清洁家园", *["冬日送暖"] * 4]


def test_an_event_is_kept_as_a_template_and_planned_from_it(house: House) -> None:
    assert "还没有自己的模板" in house.browser.get("/events/templates").text
    where = f"/events/{house.known}/templates"
    kept = submit(house.browser, where, name="周末清扫", key="keep")
    page = house.browser.get(kept.location).text
    assert "周末清扫" in page
    assert "党员帮客服务日" in page
    for named in ("template_id=1", "preset=clean_up"):
        assert house.browser.get(f"/events/from-template?{named}").status_code == 200
    assert house.browser.get("/events/from-template?preset=moon").status_code == 404
    given = {"org_id": house.place.community, "key": "planned", "place": "北门"}
    for named in ({"template_id": "1"}, {"preset": "patrol"}):
        back = submit(
            house.browser, "/events/from-template", **given, **named, starts_at="2020-01-01T09:00"
        )
        assert back.status_code == 409
        assert 'value="北门"' in back.text
    both = {"template_id": "1", "preset": "patrol", "starts_at": "2026-12-05T09:00"}
    assert submit(house.browser, "/events/from-template", **given, **both).status_code == 422
    made = submit(
        house.browser, "/events/from-template", **given, template_id="1",
        starts_at="2026-12-05T09:00",
    )  # fmt: skip
    assert "周末清洁家园" in house.browser.get(made.location).text
    submit(house.browser, "/event-templates/1/putting-away")
    assert "还没有自己的模板" in house.browser.get("/events/templates").text


def test_a_days_work_in_json(house: House) -> None:
    draft = f"/events/{house.draft}"
    changed = house.send("PUT", draft, {**SAID, "dangerous": True}).json
    assert (changed["served"], changed["dangerous"]) == ("独居老人", True)
    assert "in_charge" not in changed
    refused = house.send("POST", f"{draft}/publication")
    assert (refused.status_code, refused.json["code"]) == (409, "risks_missing")
    house.send("PUT", draft, SAID)
    post = house.send("POST", f"{draft}/posts", {"name": "登记台", "capacity": 2})
    assert post.status_code == 201
    post_id = post.json["id"]
    assert house.send("PUT", f"/posts/{post_id}", {"name": "接待"}).json["capacity"] is None
    times = {"starts_at": "2026-11-27T09:00", "ends_at": "2026-11-27T10:00"}
    shift = house.send("POST", f"{draft}/shifts", {**times, "post_id": post_id}).json
    moved = house.send("PUT", f"/shifts/{shift['id']}", {**times, "capacity": 3}).json
    assert moved["capacity"] == 3
    told = house.send("GET", f"{draft}/posts").json
    assert [one["name"] for one in told["posts"]] == ["接待"]
    copied = house.send("POST", f"{draft}/copies", {"starts_at": "2026-12-06T09:00", "key": "copy"})
    assert copied.status_code == 201
    assert house.send("POST", f"/shifts/{shift['id']}/removal").status_code == 204
    assert house.send("POST", f"/posts/{post_id}/removal").status_code == 204
    rule = {**RULE, "weekdays": [5], "begins": ["09:00"], "but": ["2026-12-04"]}
    assert len(house.send("POST", "/event-series/dates", rule).json["starts_at"]) == 3
    made = house.send("POST", f"{draft}/series", {**rule, "key": "fridays"})
    assert made.status_code == 201
    assert made.json["but"] == ["2026-12-04"]
    where = f"/event-series/{made.json['id']}"
    assert len(house.send("GET", where).json["events"]) == 3
    later = house.send("PUT", f"{draft}/and-later", {**SAID, "title": "改了名"})
    assert len(later.json["events"]) == 3
    assert len(house.send("POST", f"{where}/publication").json["events"]) == 3
    ended = house.send("POST", f"{where}/ending", {"reason": "入冬"})
    assert {event["state"] for event in ended.json["events"]} == {"cancelled"}


def test_templates_in_json(house: House) -> None:
    kept = house.send("POST", f"/events/{house.known}/templates", {"name": "清扫", "key": "keep"})
    assert kept.status_code == 201
    told = house.send("GET", "/event-templates").json
    assert [one["name"] for one in told["templates"]] == ["清扫"]
    assert "patrol" in told["presets"]
    asked = {"org_id": house.place.community, "starts_at": "2026-12-05T09:00", "key": "planned"}
    asked |= {"template_id": kept.json["id"]}
    made = house.send("POST", "/events/from-template", asked)
    assert (made.status_code, made.json["title"]) == (201, "周末清洁家园")
    where = f"/event-templates/{kept.json['id']}/putting-away"
    assert house.send("POST", where).status_code == 204
    assert house.send("GET", "/event-templates").json["templates"] == []


def test_repeated_steps_are_answers(house: House) -> None:
    with transaction() as session:
        organiser, at = house.place.organiser, house.scene.at(-40)
        for verb, more in (
            (operations.publish, {}), (operations.open_event, {}),
            (operations.cancel, {"reason": "下雨"}),
        ):  # fmt: skip
            first = verb(session, organiser, event_id=house.draft, at=at, **more)
            later = verb(
                session, organiser, event_id=house.draft, at=at + timedelta(minutes=1), **more
            )
            assert later is first
