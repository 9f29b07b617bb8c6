"""Local rules over JSON: one set of routes, made for each kind."""

from dataclasses import dataclass
from typing import Any

import pytest
from community import Community
from flask import Flask
from flask.testing import FlaskClient

from pointsbank.access import operations as access
from pointsbank.core import clock
from pointsbank.core.actor import Actor
from pointsbank.core.database import transaction
from pointsbank.local_rules.queries import rule_kinds
from pointsbank.local_rules.rules import RuleKind

API = "/api/v1"


@dataclass
class Line:
    """A client of the API with somebody's bearer token."""

    client: FlaskClient
    headers: dict[str, str]

    def get(self, path: str) -> Any:
        return self.client.get(path, headers=self.headers)

    def post(self, path: str, json: Any) -> Any:
        return self.client.post(path, json=json, headers=self.headers)


@pytest.fixture
def by(app: Flask, place: Community) -> Any:
    def signed_in(actor: Actor) -> Line:
        with transaction() as session:
            token = access.open_session(session, user_id=actor.id, at=clock.now()).token
        return Line(app.test_client(), {"Authorization": f"Bearer {token}"})

    return signed_in


def body(kind: RuleKind, part: str, org_id: int) -> dict[str, Any]:
    named = {kind.table.PART: part} if part else {}
    return {"org_id": org_id, "from_on": "2026-12-01", **named, **kind.standing[part]}


@pytest.mark.parametrize("kind", rule_kinds(), ids=lambda kind: kind.path)
def test_each_kind_is_adopted_read_and_listed(kind: RuleKind, place: Community, by: Any) -> None:
    org_id, adopter = place.community, by(place.secretary)
    if kind.bank_wide:
        org_id, adopter = place.city, by(place.administrator)
    for part in kind.standing:
        asked = body(kind, part, org_id)
        refused = by(place.stranger).post(f"{API}/{kind.path}", json=asked)
        assert refused.status_code == 403
        first = adopter.post(f"{API}/{kind.path}", json=asked)
        assert first.status_code == 201, first.json
        assert {name: first.json[name] for name in asked} == asked
        again = adopter.post(f"{API}/{kind.path}", json=asked)
        assert (again.status_code, again.json) == (201, first.json)
        other_day = adopter.post(f"{API}/{kind.path}", json={**asked, "from_on": "2026-11-20"})
        assert (other_day.status_code, other_day.json["code"]) == (409, "rule_backdated")
        reader = by(place.volunteer)
        later = reader.get(f"{API}/{kind.path}?org_id={place.grid}&on=2026-12-01").json
        assert first.json in later
        today = reader.get(f"{API}/{kind.path}?org_id={place.grid}").json
        assert len(today) == len(kind.standing)
        assert first.json not in today
        listed = reader.get(f"{API}/{kind.path}/versions?org_id={org_id}").json
        assert first.json in listed
        named = {name: asked[name] for name in ("org_id", kind.table.PART) if name in asked}
        back = {**named, "from_on": "2027-01-01"}
        assert by(place.stranger).post(f"{API}/{kind.path}/returns", json=back).status_code == 403
        returned = adopter.post(f"{API}/{kind.path}/returns", json=back)
        assert (returned.status_code, returned.json["as_above"]) == (201, True)
        for step in (returned.json, first.json):
            taken = {**named, "version": step["version"]}
            for _ in range(2):
                answer = adopter.post(f"{API}/{kind.path}/recalls", json=taken)
                assert answer.status_code == 204, answer.json
        later = reader.get(f"{API}/{kind.path}?org_id={place.grid}&on=2026-12-01").json
        assert first.json not in later
        assert reader.get(f"{API}/{kind.path}/versions?org_id={place.grid}").json == []


def test_the_standing_rule_has_no_number_and_no_adopter(place: Community, by: Any) -> None:
    (rule,) = by(place.volunteer).get(f"{API}/transfer-rules?org_id={place.grid}").json
    assert rule == {
        "id": None, "org_id": None, "version": 0, "from_on": None, "as_above": False,
        "points": "keep",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("path", "wrong", "field"),
    [
        ("star-ladders", {"window": "moonlit"}, "window"),
        ("star-ladders", {"levels": {"10": 5}}, "levels.10.key"),
        ("star-ladders", {"levels": {"1": "x"}}, "levels.1.value"),
        ("registration-rules", {"least_age": 19}, "least_age"),
        ("points-rules", {"unit": "gold"}, "unit"),
        ("points-rules", {"over_cap": "refuse"}, "over_cap"),
        ("consent-texts", {"body": "  "}, "body"),
        ("hour-rules", {"from_on": "2026-02-30"}, "from_on"),
        ("hour-rules", {"travel": 5}, "travel"),
    ],
)
def test_what_is_not_of_the_form_is_refused_by_field(
    place: Community, by: Any, path: str, wrong: dict[str, Any], field: str
) -> None:
    kind = next(kind for kind in rule_kinds() if kind.path == path)
    asked = body(kind, next(iter(kind.standing)), place.community) | wrong
    answer = by(place.secretary).post(f"{API}/{path}", json=asked)
    assert answer.status_code == 422
    assert field in answer.json["errors"]


def test_rules_of_no_organisation_are_not_found(place: Community, by: Any) -> None:
    for path in ("hour-rules?org_id=999999", "hour-rules/versions?org_id=999999"):
        assert by(place.volunteer).get(f"{API}/{path}").status_code == 404
