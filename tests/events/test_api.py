"""Events over the wire: the day in JSON, and what bad input gets."""

from typing import Any

import pytest
from scene import PLAN

from pointsbank.core import clock
from pointsbank.core.database import transaction
from pointsbank.events.operations import PastEvent, record_events


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": "长" * 41}, "title"),
        ({"title": "   "}, "title"),
        ({"kind": "dancing"}, "kind"),
        ({"capacity": -1}, "capacity"),
        ({"capacity": 10**30}, "capacity"),
        ({"capacity": 3.5}, "capacity"),
        ({"starts_at": "2026-13-41"}, "starts_at"),
        ({"ends_at": "9999-12-31T23:59:59+00:00"}, "ends_at"),
        ({"state": "open"}, "state"),
    ],
)
def test_a_bad_plan_names_the_field(people: Any, changes: dict[str, Any], field: str) -> None:
    c = people.community
    answer = people.line(c.organiser).post("/events", PLAN | {"org_id": c.community} | changes)
    assert answer.status_code == 422
    assert list(answer.json["errors"]) == [field]


def test_a_cancelled_event_says_why(people: Any) -> None:
    c = people.community
    cancelled = people.line(c.organiser).post(
        f"/events/{people.event_id}/cancellation", {"reason": "大雨"}
    )
    assert cancelled.json["cancel_reason"] == "大雨"
    answer = people.line(c.volunteer).post("/check-ins", {"code": people.code, "key": "late"})
    assert (answer.status_code, answer.json["code"]) == (409, "event_cancelled")
    assert "大雨" in answer.json["title"]


def test_lists_are_paged_from_the_latest_back(people: Any) -> None:
    c, scene = people.community, people.scene
    with transaction() as session:
        for number in range(25):
            starts = scene.at(-1440 * (number // 2 + 1))
            past = PastEvent(
                c.community,
                f"第{number}次",
                "patrol",
                "小区",
                starts,
                scene.at(60 - 1440 * (number // 2 + 1)),
            )
            record_events(session, c.organiser, [past], at=clock.now())
    wang = people.line(c.volunteer)
    coming = wang.get("/events").json
    assert {event["id"] for event in coming["events"]} >= {people.event_id}
    assert people.draft_id not in {event["id"] for event in coming["events"]}
    first = wang.get("/events?when=past").json
    then = wang.get(f"/events?when=past&before={first['next_before']}").json
    titles = [event["title"] for event in first["events"] + then["events"]]
    assert len(titles) == len(set(titles)) == 25
    assert then["next_before"] is None
    assert wang.get("/events?when=never").status_code == 422
