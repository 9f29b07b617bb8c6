"""Settlement as JSON."""

import base64
from typing import Any

import pytest
from community import build, csrf_token, sign_in
from flask.testing import FlaskClient
from settlement.cases import adopt, of, picture, settled_event

from pointsbank.core.database import Database, transaction


class Line:
    """Calls as one person after another."""

    def __init__(self, client: FlaskClient, community: Any) -> None:
        self.client, self.community = client, community

    def call(self, who: str, verb: str, path: str, body: Any = None) -> Any:
        sign_in(self.client, getattr(self.community, who))
        headers = {"X-CSRFToken": csrf_token(self.client)}
        answer = self.client.open(f"/api/v1{path}", method=verb, json=body, headers=headers)
        assert answer.status_code < 300, answer.text
        return answer.json


@pytest.fixture
def line(bank: Database, client: FlaskClient, make_scene: Any) -> Any:
    with transaction() as session:
        scene = make_scene(session, build(session))
        adopt(scene)
        event = settled_event(scene)
        found = Line(client, scene.community)
        found.event, found.wang = event.id, of(scene, event, scene.community.wang).id
        return found


def test_from_the_missed_check_out_to_the_corrected_hour(line: Any) -> None:
    [one] = line.call("organiser", "GET", f"/events/{line.event}/settlement")
    assert one["suggestion"] == {"by_end": 150, "by_others": 90, "best": 90}
    settled = {"settled": [{"attendance_id": line.wang, "minutes": 90}], "key": "settling"}
    for people in (1, 0):
        told = line.call("organiser", "POST", f"/events/{line.event}/settlement", settled)
        assert told == {"people": people}
    [mine] = line.call("volunteer", "GET", "/me/hours")
    assert mine["why"] == ["没有签退，组织者核定为 90 分钟。"]
    wish = {"text": "我干到最后", "wanted_minutes": 150, "key": "objection"}
    objection = line.call("volunteer", "POST", f"/hours/{line.wang}/objections", wish)
    said = {"minutes": 140, "answer": "属实"}
    line.call("reviewer", "POST", f"/objections/{objection['id']}/answer", said)
    correction = {"minutes": 130, "reason": "再核对", "key": "correction"}
    line.call("secretary", "POST", f"/hours/{line.wang}/correction", correction)
    file = line.call("volunteer", "GET", f"/hours/{line.wang}")
    assert (file["minutes"], file["objections"][0]["state"]) == (130, "granted")
    assert [change["minutes_after"] for change in file["changes"]] == [90, 140, 130]
    assert line.call("reviewer", "GET", "/findings") == []


def test_a_supplement_and_the_ratings(line: Any) -> None:
    stay = {
        "came_at": "2026-11-21T09:00", "left_at": "2026-11-21T10:00", "text": "手机没电",
        "images": [base64.b64encode(picture()).decode()], "key": "supplement",
    }  # fmt: skip
    made = line.call("other_volunteer", "POST", f"/events/{line.event}/supplements", stay)
    said = {"grant": True, "answer": "属实"}
    done = line.call("reviewer", "POST", f"/supplements/{made['id']}/answer", said)
    assert (done["state"], done["attendance_id"] is None) == ("granted", False)
    marks = {f"marks_{n}": n for n in range(1, 6)}
    where = f"/events/{line.event}/ratings"
    assert line.call("organiser", "PUT", where, marks) == {
        "number": 15, "satisfied": 9, "mean": "3.7",
    }  # fmt: skip
    assert line.call("organiser", "GET", where)["number"] == 15
