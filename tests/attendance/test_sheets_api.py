"""Sign-in sheets and walk-ins on the wire, and another program that sends scans."""

from datetime import timedelta
from typing import Any

from attendance.test_scans_api import card, scan, send
from conftest import NOW
from flask import Flask
from scene import Line

from pointsbank.core import clock
from pointsbank.core.actor import Actor, Scope
from pointsbank.core.database import snapshot, transaction
from pointsbank.devices.operations import issue_machine
from pointsbank.ledger.queries import balances
from pointsbank.ledger.rules import MINUTES
from pointsbank.members.codes import card_digits
from pointsbank.members.models import Member

__all__ = ["card"]


def number_of(member_id: int) -> str:
    with snapshot() as session:
        return str(session.get_one(Member, member_id).number)


def test_a_sheet_is_made_entered_once_and_told(people: Any) -> None:
    where, c = f"/events/{people.event_id}/sheets", people.community
    with people.at(130):
        organiser = people.line(c.organiser)
        made = organiser.post(where, {"blank": 3, "key": "sheet-1"})
        assert (made.status_code, made.json["number"], made.json["line_count"]) == (201, 1, 3)
        assert organiser.post(where, {"blank": 3, "key": "sheet-1"}).json == made.json
        assert organiser.get(f"{where}/1").json == made.json | {"named": []}
        assert organiser.get(f"{where}/2").status_code == 404
        for bad in ({"line": 1, "came": "25:00"}, {"line": 501, "came": "9:00"}, {"line": 1}):
            assert organiser.post(f"{where}/1/entry", {"lines": [bad]}).status_code == 422
        lines = [
            {"line": 1, "came": "9:05", "left": "10：05", "number": number_of(c.chen)},
            {"line": 2, "came": "09:10", "number": "nobody"},
        ]
        told = organiser.post(f"{where}/1/entry", {"lines": lines})
        assert told.json == [
            {"line": 1, "member_id": c.chen, "verdict": "checked_out"},
            {"line": 2, "member_id": None, "verdict": "not_on_roster"},
        ]
        again = organiser.post(f"{where}/1/entry", {"lines": lines})
        assert (again.status_code, again.json["code"]) == (409, "sheet_entered")
        [one] = organiser.get(where).json
        assert one["entered_at"].startswith("2026-11-21T11:10")
    with snapshot() as session:
        assert balances(session, c.chen)[MINUTES] == 60


def test_a_sheet_that_nobody_signed_is_not_used_up(people: Any) -> None:
    where = f"/events/{people.event_id}/sheets"
    organiser = people.line(people.community.organiser)
    organiser.post(where, {"blank": 3, "key": "sheet-1"})
    assert organiser.post(f"{where}/1/entry", {"lines": []}).status_code == 422
    assert organiser.get(where).json[0]["entered_at"] is None


def test_walk_ins_are_noted_seen_matched_and_dismissed(people: Any) -> None:
    where, wang = f"/events/{people.event_id}/walk-ins", people.community.wang
    with people.at(2):
        organiser = people.line(people.community.organiser)
        asked = {"name": "王姨", "phone": "138 0000 0001", "key": "walk-1"}
        noted = organiser.post(where, asked)
        assert noted.status_code == 201
        assert organiser.post(where, asked).json == noted.json
        other = organiser.post(where, {"name": "路人", "phone": "13900000009", "key": "walk-2"})
        bad = organiser.post(where, {"name": "谁", "phone": "1", "key": "walk-3"})
        assert (bad.status_code, bad.json["code"]) == (422, "phone_invalid")
        assert [(one["phone"], one["likely_number"]) for one in organiser.get(where).json] == [
            ("138****0001", number_of(wang)), ("139****0009", None),
        ]  # fmt: skip
    path = f"/walk-ins/{noted.json['id']}"
    with people.at(62):
        organiser = people.line(people.community.organiser)
        assert organiser.post(f"{path}/leaving").json["left_at"].startswith("2026-11-21T10:02")
        told = organiser.post(f"{path}/match", {"number": number_of(wang)})
        assert told.json == [
            {"member_id": wang, "verdict": "checked_in"},
            {"member_id": wang, "verdict": "checked_out"},
        ]
        assert organiser.post(f"/walk-ins/{other.json['id']}/dismissal").status_code == 204
        settled = organiser.post(f"{path}/match", {"number": number_of(wang)})
        assert (settled.status_code, settled.json["code"]) == (409, "walk_in_settled")
        assert organiser.get(where).json == []
    with snapshot() as session:
        assert balances(session, wang)[MINUTES] == 60


def machine(app: Flask, administrator: Actor, org_id: int, *scopes: Scope) -> Line:
    """Another program with a token of its own."""
    with transaction() as session:
        _, token = issue_machine(
            session, administrator, org_id=org_id, name="闸机", scopes=scopes,
            expires_on=NOW.date() + timedelta(days=90), at=clock.now(),
        )  # fmt: skip
    line = Line(app.test_client(), None)
    line.headers = {"Authorization": f"Bearer {token}"}
    return line


def test_another_program_sends_scans_by_a_scope_of_its_own(
    app: Flask, people: Any, card: str
) -> None:
    c, where = people.community, f"/events/{people.event_id}"
    gate = machine(app, c.administrator, c.street, Scope.SEND_SCANS)
    [told] = send(people, gate, 5, scan(1, people, 4, code=card)).json["results"]
    assert (told["verdict"], told["name"]) == ("checked_in", "陈玉兰")
    with people.at(6):
        assert gate.post(f"{where}/scans/{told['id']}/undo").json["verdict"] == "undone"
        told = gate.get(f"{where}/clock").json
        assert told["now"].startswith("2026-11-21T09:06")
        assert (told["came"], told["expected"]) == (0, 0)
        assert gate.get(f"{where}/roster").json["event"]["id"] == people.event_id
        for path in (where, f"{where}/attendances", f"{where}/walk-ins", "/members/1", "/events"):
            assert gate.get(path).status_code == 403, path
        for path in (f"{where}/closing", f"{where}/roster-ticks", f"{where}/sheets", "/check-ins"):
            assert gate.post(path, {}).status_code == 403, path
    reader = machine(app, c.administrator, c.street, Scope.READ_EVENTS)
    assert send(people, reader, 5, scan(2, people, 4, code=card)).status_code == 403
    elsewhere = machine(app, c.administrator, c.other_community, Scope.SEND_SCANS)
    assert send(people, elsewhere, 5, scan(3, people, 4, code=card)).status_code == 403
    assert elsewhere.get(f"{where}/roster").status_code == 403


def test_a_program_that_guesses_codes_is_stopped(app: Flask, people: Any) -> None:
    c = people.community
    gate = machine(app, c.administrator, c.community, Scope.SEND_SCANS)
    guesses = [card_digits(lambda n, seed=number: seed % n) for number in range(30)]
    scans = [scan(number, people, 4, code=digits) for number, digits in enumerate(guesses)]
    told = send(people, gate, 5, *scans)
    assert told.json["results"][-1]["verdict"] == "wait"
    assert send(people, gate, 6, scan(99, people, 4, code="1" * 20)).json["code"] == (
        "too_many_guesses"
    )
