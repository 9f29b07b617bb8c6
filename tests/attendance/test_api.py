"""Check-ins, check-outs and attendances on the wire."""

from typing import Any

import pytest
from community import csrf_token, sign_in
from flask.testing import FlaskClient
from scene import API, PLAN
from sqlmodel import func, select

from pointsbank.attendance import claims, queries
from pointsbank.attendance.models import Attendance, Scan
from pointsbank.attendance.rules import device_mark
from pointsbank.core import clock
from pointsbank.core.database import snapshot, transaction
from pointsbank.events.models import Event
from pointsbank.ledger.queries import balances


def rows(model: Any) -> int:
    with snapshot() as session:
        return int(session.execute(select(func.count()).select_from(model)).scalar_one())


def test_the_day_over_the_api(people: Any) -> None:
    c = people.community
    organiser, wang = people.line(c.organiser), people.line(c.volunteer)
    planned = organiser.post("/events", PLAN | {"org_id": c.community})
    assert planned.status_code == 201
    event = planned.json
    assert organiser.post("/events", PLAN | {"org_id": c.community}).json == event
    url = f"/events/{event['id']}"
    for step, state in (("publication", "published"), ("opening", "open")):
        assert organiser.post(f"{url}/{step}").json["state"] == state
    assert wang.get(url).json["code"] == event["code"]
    with people.at(5 * 60):
        wang = people.line(c.volunteer)
        scan = {"code": event["code"], "key": "scan-in"}
        first = wang.post("/check-ins", scan)
        assert (first.status_code, first.json["verdict"]) == (201, "checked_in")
        again = wang.post("/check-ins", scan)
        assert again.json == first.json | {"verdict": "already_in", "repeated": True}
    with people.at(6 * 60):
        left = wang.post("/check-outs", {"code": event["code"], "key": "scan-out"}).json
        assert (left["verdict"], left["minutes"], left["state"]) == (
            "checked_out",
            60,
            "to_confirm",
        )
        organiser = people.line(c.organiser)
        seen = organiser.get(f"{url}/attendances").json
        assert seen["counts"] == {"came": 1, "present": 0, "to_confirm": 1, "credited": 0}
        assert seen["attendances"][0]["name"] == "王桂芳"
        assert organiser.post(f"{url}/confirmations").json == {"people": 1, "minutes": 60}
        assert organiser.post(f"{url}/confirmations").json == {"people": 0, "minutes": 0}
        assert organiser.post(f"{url}/closing").json["came"] == 1
    with snapshot() as session:
        assert balances(session, c.wang) == {"minutes": 60, "morality": 10, "party": 0}


def test_a_claim_carries_the_time_and_the_key_of_the_scan(people: Any) -> None:
    wang = people.line(people.community.volunteer)
    with people.at(1):
        claim = claims.sign(people.code, at=clock.now())
    with people.at(9):
        for repeated in (False, True):
            answer = wang.post("/check-ins", {"code": people.code, "claim": claim}).json
            assert answer["checked_in_at"] == "2026-11-21T09:01:00+08:00"
            assert answer["repeated"] is repeated
    assert rows(Scan) == 1


def test_a_phone_that_says_a_word_of_its_own_is_known_by_it(people: Any) -> None:
    c = people.community
    for actor, word in ((c.volunteer, "her-phone"), (c.other_volunteer, "her-phone")):
        scan = {"code": people.code, "key": "scan-1", "device": word}
        assert people.line(actor).post("/check-ins", scan).status_code == 201
    with people.at(60):
        scan = {"code": people.code, "key": "scan-2", "device": "another"}
        assert people.line(c.volunteer).post("/check-outs", scan).status_code == 201
    with snapshot() as session:
        marks = list(session.execute(select(Scan.device_mark).order_by(Scan.id)).scalars())
    assert marks == [
        device_mark(people.event_id, word) for word in ("her-phone", "her-phone", "another")
    ]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"code": "ZZZZZZ", "key": "key-1"}, 404, "code_unknown"),
        ({"code": "published", "key": "key-1"}, 409, "not_begun"),
        ({"code": "open"}, 422, "unprocessable_entity"),
        ({"code": "open", "key": "key-1", "claim": "x"}, 422, "unprocessable_entity"),
        ({"code": "open", "claim": "not-a-claim"}, 422, "token_invalid"),
        ({"code": "open", "key": "key-1", "device": "k" * 61}, 422, "unprocessable_entity"),
        ({"code": "open", "key": "k" * 61}, 422, "unprocessable_entity"),
        ({"code": "open", "key": "key-1", "colour": "red"}, 422, "unprocessable_entity"),
        ({"code": 7, "key": "key-1"}, 422, "unprocessable_entity"),
        (["open"], 422, "unprocessable_entity"),
        (None, 415, None),
    ],
)
def test_a_bad_scan_is_a_problem_and_nothing_is_written(
    people: Any, body: Any, status: int, code: str | None
) -> None:
    names = {"open": people.code, "published": people.published}
    if isinstance(body, dict) and body["code"] in names:
        body = body | {"code": names[body["code"]]}
    wang = people.line(people.community.volunteer)
    for verb in ("/check-ins", "/check-outs"):
        answer = wang.post(verb, body)
        assert answer.mimetype == "application/problem+json"
        assert answer.json["title"]
        if code:
            assert (answer.status_code, answer.json["code"]) == (status, code)
        else:
            assert answer.status_code in {415, 422}
    assert rows(Attendance) == 0
    assert rows(Scan) == (2 if code == "not_begun" else 0)  # what a door refused is kept


def test_a_claim_of_another_event_or_long_ago_is_refused(people: Any) -> None:
    wang = people.line(people.community.volunteer)
    foreign = claims.sign(people.published, at=clock.now())
    answer = wang.post("/check-ins", {"code": people.code, "claim": foreign})
    assert (answer.status_code, answer.json["code"]) == (422, "claim_for_another_event")
    with people.at(-20):
        old = claims.sign(people.code, at=clock.now())
    answer = wang.post("/check-ins", {"code": people.code, "claim": old})
    assert (answer.status_code, answer.json["code"]) == (422, "token_expired")


def test_only_a_volunteer_has_an_attendance(people: Any) -> None:
    c, scan = people.community, {"code": people.code, "key": "mine"}
    assert people.line(None).post("/check-ins", scan).status_code == 401
    answer = people.line(c.organiser).post("/check-ins", scan)
    assert (answer.status_code, answer.json["code"]) == (403, "not_a_volunteer")
    assert people.line(c.clerk).post("/check-ins", scan).status_code == 403
    assert people.line(c.volunteer).post("/check-outs", scan).json["code"] == "not_checked_in"


def test_drafts_and_attendances_are_for_those_who_run_the_event(people: Any) -> None:
    c = people.community
    for actor, draft, list_status in (
        (c.organiser, 200, 200), (c.official, 404, 200), (c.stranger, 404, 403),
        (c.volunteer, 404, 403), (c.auditor, 404, 403),
    ):  # fmt: skip
        line = people.line(actor)
        assert line.get(f"/events/{people.draft_id}").status_code == draft
        assert line.get(f"/events/{people.event_id}/attendances").status_code == list_status
    refused = people.line(c.stranger).post(f"/events/{people.event_id}/closing")
    assert (refused.status_code, refused.json["code"]) == (403, "forbidden")


def test_a_cookie_needs_the_pages_token_for_a_write(people: Any, client: FlaskClient) -> None:
    sign_in(client, people.community.volunteer)
    scan = {"code": people.code, "key": "cookie"}
    assert client.post(f"{API}/check-ins", json=scan).status_code == 403
    token = {"X-CSRFToken": csrf_token(client)}
    assert client.post(f"{API}/check-ins", json=scan, headers=token).status_code == 201


def test_nothing_about_a_person_is_logged_when_a_scan_is_refused(
    people: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    people.line(people.community.volunteer).post(
        "/check-ins", {"code": people.published, "key": "key-1", "device": "her-phone"}
    )
    written = capsys.readouterr()
    for secret in ("王桂芳", "13800000001", "her-phone"):
        assert secret not in written.out + written.err


def test_who_came_is_read_page_by_page(people: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    c = people.community
    with transaction() as session:
        event = session.get_one(Event, people.event_id)
        type(people.scene)(session, c).stays_of_everybody(event)  # all at the same instant
    monkeypatch.setattr(queries, "PAGE", 4)
    organiser, path = people.line(c.organiser), f"/events/{people.event_id}/attendances"
    first = organiser.get(path).json
    second = organiser.get(f"{path}?before={first['next_before']}").json
    assert (len(first["attendances"]), len(second["attendances"])) == (4, 2)
    assert second["next_before"] is None
    assert second["counts"]["came"] == 6
    found = [one["member_id"] for one in (*first["attendances"], *second["attendances"])]
    assert sorted(found) == sorted((c.wang, c.li, c.zhao, c.sun, c.chen, c.zhou))
    assert organiser.get(f"{path}?before=x").status_code == 422
