"""Scans of devices on the wire, and the roster that they take along."""

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from scene import Line
from sqlmodel import func, select

from pointsbank.attendance.models import Scan
from pointsbank.attendance.passes import pass_digits
from pointsbank.core.database import snapshot, transaction
from pointsbank.members.operations import issue_card


def scan(number: int, people: Any, minutes: float, **given: Any) -> dict[str, Any]:
    asked = {"id": f"made-by-a-tablet-{number}", "scanned_at": people.scene.at(minutes).isoformat()}
    return asked | {"offset_ms": 0} | given


def send(people: Any, line: Line, minutes: float, *scans: Any) -> Any:
    with people.at(minutes):
        sent_at = people.scene.at(minutes).isoformat()
        asked = {"sent_at": sent_at, "scans": list(scans)}
        return line.post(f"/events/{people.event_id}/scans", asked)


@pytest.fixture
def card(people: Any) -> str:
    c = people.community
    with transaction() as session:
        issued = issue_card(session, c.administrator, member_id=c.chen, at=people.scene.at(-9))
        return str(issued.digits)


def test_a_batch_is_answered_scan_by_scan(people: Any, card: str) -> None:
    organiser = people.line(people.community.organiser)
    answer = send(
        people, organiser, 5,
        scan(1, people, 2, code=card),
        {"id": "short"},
        scan(2, people, 3, code="1" * 20),
        "no object",
    )  # fmt: skip
    assert answer.status_code == 422  # a scan is an object
    answer = send(
        people, organiser, 5,
        scan(1, people, 2, code=card),
        {"id": "short"},
        scan(2, people, 3, code="1" * 20),
    )  # fmt: skip
    assert answer.status_code == 200
    first, malformed, refused = answer.json["results"]
    assert (first["verdict"], first["tone"], first["name"]) == ("checked_in", "green", "陈玉兰")
    assert (first["final"], first["undo"], first["repeated"]) == (True, True, False)
    assert first["attendance_id"]
    assert first["since"].startswith("2026-11-21T09:02")
    assert (malformed["id"], malformed["verdict"], malformed["final"]) == (
        "short", "malformed", True,
    )  # fmt: skip
    assert (refused["verdict"], refused["tone"], refused["name"]) == ("code_invalid", "red", None)
    [again] = send(people, organiser, 9, scan(1, people, 2, code=card)).json["results"]
    assert again == first | {"repeated": True}
    undone = organiser.post(f"/events/{people.event_id}/scans/{first['id']}/undo")
    assert (undone.status_code, undone.json["verdict"]) == (200, "undone")
    missing = organiser.post(f"/events/{people.event_id}/scans/nothing/undo")
    assert (missing.status_code, missing.json["code"]) == (404, "scan_not_found")


@pytest.mark.parametrize(
    "change",
    [
        {"id": "x" * 41},
        {"id": "with space 1234567"},
        {"id": 7},
        {"code": None},
        {"member_id": 3},
        {"way": "static"},
        {"way": "roster"},
        {"way": "companion", "code": None, "member_id": 3},
        {"kind": "undo"},
        {"reason": "不该有"},
        {"offset_ms": 1.5},
        {"offset_ms": 10**15},
        {"scanned_at": "yesterday"},
        {"scanned_at": "0001-01-01T00:00:00+14:00"},
        {"colour": "red"},
    ],
)
def test_a_malformed_scan_is_told_so_and_kept_nowhere(
    people: Any, card: str, change: dict[str, Any]
) -> None:
    asked = scan(1, people, 2, code=card) | change
    asked = {name: value for name, value in asked.items() if value is not None}
    [result] = send(people, people.line(people.community.organiser), 5, asked).json["results"]
    assert (result["verdict"], result["tone"], result["final"]) == ("malformed", "red", True)
    assert result["now"]
    with snapshot() as session:
        assert session.execute(select(func.count()).select_from(Scan)).scalar_one() == 0


def test_a_device_at_the_door_scans_at_its_event_and_at_no_other(people: Any, card: str) -> None:
    stranger, organiser = (
        people.line(actor) for actor in (people.community.stranger, people.community.organiser)
    )
    one = scan(1, people, 2, code=card)
    assert send(people, stranger, 5, one).status_code == 403
    assert send(people, people.line(None), 5, one).status_code == 401
    assert send(people, people.line(people.community.volunteer), 5, one).status_code == 403
    assert organiser.get(f"/events/{people.event_id}/clock").json["now"]
    assert stranger.get(f"/events/{people.event_id}/roster").status_code == 403


def test_a_roster_names_nobody_before_a_code_is_shown(people: Any, card: str) -> None:
    c = people.community
    told = people.line(c.organiser).get(f"/events/{people.event_id}/roster")
    assert told.status_code == 200
    assert "陈玉兰" not in told.text
    assert told.json["event"]["title"] == "周末清洁家园"
    salt = base64.b64decode(told.json["salt"])
    by_tag = {entry["tag"]: base64.b64decode(entry["sealed"]) for entry in told.json["entries"]}
    assert len(by_tag) == 6  # five people's passes and a card
    for digits, name in ((card, "陈玉兰"), (pass_digits(people.event_id, c.wang), "王桂芳")):
        times = told.json["iterations"]
        secret = hashlib.pbkdf2_hmac("sha256", digits.encode(), salt, times)
        sealed = by_tag[hmac.digest(secret, b"tag", "sha256")[:8].hex()]
        key = hmac.digest(secret, b"key", "sha256")
        assert json.loads(AESGCM(key).decrypt(sealed[:12], sealed[12:], None))["name"] == name
    wrong = hashlib.pbkdf2_hmac("sha256", b"1" * 20, salt, times)
    with pytest.raises(InvalidTag):
        AESGCM(wrong).decrypt(sealed[:12], sealed[12:], None)


def test_the_list_for_ticking_opens_by_the_pin_only(people: Any) -> None:
    path = f"/events/{people.event_id}/roster-ticks"
    organiser = people.line(people.community.organiser)
    assert organiser.post(path, {"pin": "12345"}).status_code == 422
    told = organiser.post(path, {"pin": "246810"}).json
    assert told["count"] == 5
    assert told["iterations"] >= 600_000
    salt, sealed = (base64.b64decode(told[name]) for name in ("salt", "sealed"))
    key = hashlib.pbkdf2_hmac("sha256", b"246810", salt, told["iterations"], 32)
    names = [one["name"] for one in json.loads(AESGCM(key).decrypt(sealed[:12], sealed[12:], None))]
    assert sorted(names) == sorted(["王桂芳", "李建国", "赵晓梅", "孙立军", "陈玉兰"])
