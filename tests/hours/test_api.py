"""Hour rules on the wire."""

from typing import Any

import pytest
from community import Community, build
from flask import Flask
from flask.testing import FlaskClient

from pointsbank.access import operations as access
from pointsbank.core import clock
from pointsbank.core.actor import Actor
from pointsbank.core.database import transaction

API = "/api/v1"


class Line:
    """A client of the API with somebody's bearer token."""

    def __init__(self, client: FlaskClient, actor: Actor | None) -> None:
        self.client, self.headers = client, {}
        if actor:
            with transaction() as session:
                token = access.open_session(session, user_id=actor.id, at=clock.now()).token
            self.headers = {"Authorization": f"Bearer {token}"}

    def post(self, path: str, body: Any = None) -> Any:
        return self.client.post(API + path, json=body, headers=self.headers)

    def get(self, path: str) -> Any:
        return self.client.get(API + path, headers=self.headers)


@pytest.fixture
def people(app: Flask, make_scene: Any) -> Any:
    """Lines for everybody, and an event that is open at nine."""

    class People:
        def __init__(self) -> None:
            with transaction() as session:
                self.community: Community = build(session)
                self.scene = make_scene(session, self.community)
                event = self.scene.open()
                self.event_id, self.code = event.id, event.code
                self.published = self.scene.published().code
                self.draft_id = self.scene.plan().id

        def line(self, actor: Actor | None) -> Line:
            return Line(app.test_client(), actor)

        def at(self, minutes: float) -> Any:
            return clock.frozen(self.scene.at(minutes))

    return People()


def test_the_hour_rule_is_read_by_anyone_and_adopted_by_the_secretary(people: Any) -> None:
    c = people.community
    terms = {
        "rounding": "half", "least_minutes": 30, "most_minutes": 480, "early_minutes": 30,
        "late_minutes": 120, "repeat_minutes": 5, "credit_static": "after_confirmation",
        "credit_organiser": "at_check_out", "credit_roster": "at_check_out",
        "least_percent": 60, "most_pairs": 3, "day_minutes": 480, "parent_minutes": 720,
    }  # fmt: skip
    rule = {"org_id": c.community, "from_on": "2026-12-01", **terms}
    assert people.line(c.organiser).post("/hour-rules", rule).status_code == 403
    adopted = people.line(c.secretary).post("/hour-rules", rule)
    assert (adopted.status_code, adopted.json["rounding"]) == (201, "half")
    wang = people.line(c.volunteer)
    (now,) = wang.get(f"/hour-rules?org_id={c.community}").json
    assert (now["org_id"], now["rounding"]) == (c.city, "minute")
    assert wang.get(f"/hour-rules?org_id={c.community}&on=2026-12-24").json == [adopted.json]
