"""Those who may not, and texts that are not what they say: nobody learns or changes anything."""

import re
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from community import sign_in
from conftest import NOW
from flask import Flask
from journeys.bodies import forms, jsons
from journeys.ground import ROLES, Ground, Visitor, filled, is_refused, nothing_happens, routes

from pointsbank.attendance import claims
from pointsbank.core import clock, tokens
from pointsbank.exchange import customers
from pointsbank.members.queries import phone_code

OF_ONE_THING = re.compile(r"/\d+(/|$)")
NO_IDS = (0, -1, 2**53, 2**63 - 1, 2**63, 10**30, "1" * 5000)
ITS_OWN = {"/sign-out", "/api/v1/sessions/current", "/language"}
SCRIPT = "<script>alert(1)</script>"


def test_reading_anything_in_any_role_writes_nothing(app: Flask, ground: Ground) -> None:
    for role in ROLES:
        visitor = Visitor(app, ground, role)
        with nothing_happens():
            for _, rule in routes(app, "GET"):
                if rule.rule.endswith(".pdf"):
                    continue
                for number in (1, 2, ground.code) if rule.arguments else (1,):
                    path = filled(rule, number)
                    for asked in ("", f"?org_id={ground.place.community}", "?org=6&page=2&x=1"):
                        answer = visitor.client.get(path + asked)
                        assert answer.status_code < 500, (role, path + asked)


def test_no_question_is_too_odd_for_an_answer(app: Flask, ground: Ground) -> None:
    here = ground.place.community
    odd = (
        "-1", "1.5", "9" * 16, "9" * 30, "\x00", "x" * 3000, "0001-01-01", "9999-12-31",
        "2026-02-30", "１２", b"\xff\xed\xa0\x80",
    )  # fmt: skip
    questions = {
        "auditor": {
            "/audit": ("before", "action", "actor_id", "since", "until"),
            "/api/v1/audit-entries": ("before", "action", "actor_id", "since", "until"),
            "/ledger": ("before", "unit", "owner_kind", "owner_id", "reason", "since", "until"),
            "/api/v1/ledger/transfers": ("before", "unit", "owner_id", "since", "until"),
            "/api/v1/ledger/seals": ("before",),
        },
        "secretary": {
            "/members": ("sought", "page"),
            "/evaluations": ("q", "page"),
            f"/evaluations/2026?org={here}": ("org", "sort", "page"),
            f"/api/v1/evaluations/2026?org_id={here}": ("org_id", "page", "most"),
            f"/organisations/{here}": ("year", "line", "by"),
            f"/api/v1/organisations/{here}/roll-up": ("year", "line"),
            "/api/v1/organisations": ("parent_id", "kind", "after", "most"),
            "/counter/day": ("org_id", "on"),
        },
        "volunteer": {
            "/events": ("when", "before"),
            "/me/statement": ("unit", "before", "since", "until"),
            "/api/v1/me/statement": ("unit", "before", "since", "until"),
            f"/api/v1/hour-rules?org_id={here}": ("org_id", "on"),
            f"/api/v1/points-rules?org_id={here}": ("org_id", "on"),
            f"/c/{ground.code}": ("claim", "done"),
            "/sign-in": ("next",),
        },
    }
    for role, asked in questions.items():
        visitor = Visitor(app, ground, role)
        with nothing_happens():
            for path, name, value in [
                (page, name, value) for page in asked for name in asked[page] for value in odd
            ]:
                join = "&" if "?" in path else "?"
                answer = visitor.client.get(f"{path}{join}{urlencode({name: value})}")
                assert answer.status_code < 500, (path, name, value)
                assert "Must be" not in answer.text, (path, name, value)


def test_no_such_thing_is_an_answer_for_everybody(app: Flask, ground: Ground) -> None:
    for role in ROLES:
        visitor = Visitor(app, ground, role)
        with nothing_happens():
            for verb, rule in routes(app, "GET", "POST", "PUT", "DELETE"):
                if not any(name.endswith("_id") for name in rule.arguments):
                    continue
                for number in NO_IDS:
                    path = filled(rule, number)
                    if verb == "GET":
                        answer = visitor.client.get(path)
                    elif path.startswith("/api/"):
                        answer = visitor.send(verb, path, {})
                    else:
                        answer = visitor.submit(path, {})
                    if answer.status_code == 303:
                        answer = visitor.client.get(answer.headers["Location"])
                    is_refused(answer, (role, verb, path[:60]))


def test_nothing_is_written_without_the_token_of_a_page(app: Flask, ground: Ground) -> None:
    for role in ROLES:
        client = sign_in(app.test_client(), getattr(ground.place, role))
        with nothing_happens():
            for verb, rule in routes(app, "POST", "PUT", "DELETE"):
                path = filled(rule)
                if path == "/api/v1/sessions":
                    continue
                for headers in ({}, {"Authorization": "Basic eDp5"}):
                    answer = client.open(path, method=verb, json={}, headers=headers)
                    assert answer.status_code == 403, (role, verb, path)


def test_a_neighbour_changes_nothing_here(app: Flask, ground: Ground) -> None:
    """Every role of 光明社区, on each thing of 幸福社区; a transfer between the two is both's."""
    visitor = Visitor(app, ground, "stranger")
    own = ("transfers", f"/events/{ground.elsewhere}/")
    with nothing_happens():
        for (_, verb, path), body in jsons(ground).items():
            if OF_ONE_THING.search(path) and not any(part in path for part in own):
                assert visitor.send(verb, path, body).status_code in {403, 404}, path
        for (_, path), body in forms(ground).items():
            if OF_ONE_THING.search(path) and not any(part in path for part in own):
                assert visitor.submit(path, body).status_code in {403, 404}, path


@pytest.mark.parametrize(
    "path",
    [
        "/counter/redemptions/{redemption_elsewhere}",
        "/api/v1/redemptions/{redemption_elsewhere}",
        "/events/{elsewhere}/attendance",
        "/api/v1/events/{elsewhere}/attendances",
        "/events/{elsewhere}/poster",
        "/events/{elsewhere}/poster.pdf",
        "/counter?done={redemption_elsewhere}",
        "/counter?org_id={other}",
        "/counter/day?org_id={other}",
        "/goods?org_id={other}",
        "/evaluations/2026?org={other}",
        "/evaluations/2026/seal?org={other}",
        "/organisations/{other}",
        "/api/v1/evaluations/2026?org_id={other}",
        "/api/v1/organisations/{other}",
        "/api/v1/organisations/{other}/roll-up",
        "/api/v1/members/{zhou}",
        "/evaluations/2026?org={city}",
        "/api/v1/organisations/{city}/roll-up",
    ],
)
def test_nobody_here_reads_what_is_theirs(app: Flask, ground: Ground, path: str) -> None:
    place = ground.place
    path = path.format(
        redemption_elsewhere=ground.redemption_elsewhere, elsewhere=ground.elsewhere,
        other=place.other_community, zhou=place.zhou, city=place.city,
    )  # fmt: skip
    for role in ("volunteer", "organiser", "clerk", "secretary"):
        answer = Visitor(app, ground, role).client.get(path)
        assert answer.status_code in {403, 404}, (role, path)
        assert "周明" not in answer.text


def test_a_claim_is_good_for_one_event_a_while_and_one_person_a_time(
    app: Flask, ground: Ground
) -> None:
    volunteer = Visitor(app, ground, "volunteer")
    good = claims.sign(ground.code, at=NOW)
    bad = {
        "foreign": claims.sign(ground.code_elsewhere, at=NOW),
        "old": claims.sign(ground.code, at=NOW - timedelta(minutes=11)),
        "altered": good[:-3] + "AAA",
        "of another purpose": tokens.sign("counter", {"code": ground.code, "nonce": "x"}, at=NOW),
        "from tomorrow": claims.sign(ground.code, at=NOW + timedelta(days=1)),
    }
    with nothing_happens():
        for what, claim in bad.items():
            is_refused(volunteer.submit(f"/c/{ground.code}/check-in", {"claim": claim}), what)
            body = {"code": ground.code, "claim": claim}
            is_refused(volunteer.send("POST", "/api/v1/check-ins", body), what)
    assert volunteer.submit(f"/c/{ground.code}/check-in", {"claim": good}).status_code == 303
    other = Visitor(app, ground, "other_volunteer")
    assert other.submit(f"/c/{ground.code}/check-in", {"claim": good}).status_code == 303
    with nothing_happens():
        volunteer.submit(f"/c/{ground.code}/check-in", {"claim": good})
        other.submit(f"/c/{ground.code}/check-in", {"claim": good})


@pytest.mark.parametrize("code", ["%00", "A%00B", "%ED%A0%80", "x" * 3000, "%0D%0AX:1", "' OR 1"])
def test_no_code_in_an_address_is_too_odd(app: Flask, ground: Ground, code: str) -> None:
    visitor = Visitor(app, ground, "volunteer")
    with nothing_happens():
        is_refused(visitor.client.get(f"/c/{code}"), code)
        is_refused(app.test_client().get(f"/c/{code}"), code)
        claim = {"claim": claims.sign(ground.code, at=NOW)}
        is_refused(visitor.submit(f"/c/{code}/check-in", claim), code)


def test_codes_that_are_guessed_old_or_lost_open_nothing(app: Flask, ground: Ground) -> None:
    clerk = Visitor(app, ground, "clerk")
    shown = phone_code(ground.place.wang, NOW)

    def asked(code: str) -> dict[str, object]:
        return {"org_id": ground.place.community, "code": code}

    guessed = [f"{shown[:12]}{n:06d}{check:02d}" for n in range(3) for check in range(0, 97, 8)]
    lost = clerk.send("POST", "/api/v1/member-lookups", asked(ground.lost_card))
    assert "挂失" in lost.json["title"]
    with nothing_happens():
        for code in (ground.lost_card, phone_code(10**7, NOW), shown[::-1], *guessed):
            is_refused(clerk.send("POST", "/api/v1/member-lookups", asked(code)), code[:3])
    with clock.frozen(NOW + timedelta(minutes=4)):
        answer = clerk.send("POST", "/api/v1/member-lookups", asked(shown))
        is_refused(answer, "an old code")


def test_a_script_in_a_text_is_a_text(app: Flask, ground: Ground) -> None:
    place = ground.place
    organiser, clerk = Visitor(app, ground, "organiser"), Visitor(app, ground, "clerk")
    made = organiser.send("POST", "/api/v1/events", {
        "org_id": place.community, "title": SCRIPT, "kind": "environment", "place": SCRIPT,
        "description": SCRIPT, "starts_at": "2026-11-22T09:00", "ends_at": "2026-11-22T10:00",
        "key": "script-1",
    })  # fmt: skip
    event = f"/events/{made.json['id']}"
    organiser.send("POST", f"/api/v1{event}/publication", {})
    organiser.send("POST", f"/api/v1{event}/cancellation", {"reason": SCRIPT})
    goods = clerk.send("POST", "/api/v1/goods", {
        "org_id": place.community, "name": SCRIPT, "unit_name": "<b>", "price_points": 1,
    })  # fmt: skip
    clerk.send(
        "POST",
        f"/api/v1/goods/{goods.json['id']}/stock-movements",
        {"quantity": 1, "key": "d-script"},
    )
    sold = clerk.send("POST", "/api/v1/redemptions", {
        "customer": customers.known_as(place.wang, place.community, at=NOW), "key": "sale-script",
        "lines": [{"goods_id": goods.json["id"], "quantity": 1}],
    })  # fmt: skip
    clerk.send("POST", f"/api/v1/redemptions/{sold.json['id']}/reversal", {"reason": SCRIPT})
    seen = {
        "organiser": ["/events", event, f"{event}/poster", f"{event}/attendance",
                      f"/c/{made.json['code']}"],
        "clerk": [f"/counter?done={sold.json['id']}", f"/counter/redemptions/{sold.json['id']}",
                  "/counter/day", "/goods"],
        "volunteer": ["/me", "/me/statement", "/events", event],
        "auditor": ["/audit", "/ledger"],
    }  # fmt: skip
    shown = 0
    for role, paths in seen.items():
        for path in paths:
            text = Visitor(app, ground, role).client.get(path).text
            assert SCRIPT not in text, path
            assert not re.search(r"<b>", text), path
            shown += "&lt;script&gt;" in text
    assert shown >= 8


def test_what_was_done_once_is_not_done_twice(app: Flask, ground: Ground) -> None:
    clerk, organiser = Visitor(app, ground, "clerk"), Visitor(app, ground, "organiser")
    volunteer, other = Visitor(app, ground, "volunteer"), Visitor(app, ground, "other_volunteer")
    undo = f"/api/v1/redemptions/{ground.redemption}/reversal"
    event = f"/api/v1/events/{ground.open_event}"
    came, left = {"code": ground.code, "key": "came"}, {"code": ground.code, "key": "left"}
    volunteer.send("POST", "/api/v1/check-ins", came)
    with clock.frozen(NOW + timedelta(minutes=25)):
        assert volunteer.send("POST", "/api/v1/check-outs", left).json["minutes"] == 25
        assert organiser.send("POST", f"{event}/confirmations", {}).json["people"] == 1
        assert organiser.send("POST", f"{event}/closing", {}).status_code == 200
        assert clerk.send("POST", undo, {"reason": "错了"}).status_code == 200
        with nothing_happens():
            assert clerk.send("POST", undo, {"reason": "错了"}).status_code == 200
            assert clerk.send("POST", undo, {"reason": "又错了"}).status_code == 409
            assert organiser.send("POST", f"{event}/confirmations", {}).json["people"] == 0
            assert volunteer.send("POST", "/api/v1/check-outs", left).json["repeated"]
            assert volunteer.send("POST", "/api/v1/check-ins", came).json["repeated"]
            assert volunteer.send("POST", "/api/v1/check-outs", came).status_code == 409
            assert other.send("POST", "/api/v1/check-ins", came).status_code == 409
            assert other.send("POST", "/api/v1/check-outs", left).status_code == 409


def test_a_clock_that_was_set_back_breaks_nothing(app: Flask, ground: Ground) -> None:
    volunteer, organiser = Visitor(app, ground, "volunteer"), Visitor(app, ground, "organiser")
    came, left = {"code": ground.code, "key": "came"}, {"code": ground.code, "key": "left"}
    with clock.frozen(NOW + timedelta(minutes=25)):
        assert volunteer.send("POST", "/api/v1/check-ins", came).status_code == 201
    answer = volunteer.send("POST", "/api/v1/check-outs", left)
    assert answer.status_code < 500
    for path in ("/me", "/events", f"/events/{ground.open_event}", f"/c/{ground.code}"):
        assert volunteer.client.get(path).status_code == 200, path
    assert organiser.client.get(f"/events/{ground.open_event}/attendance").status_code == 200
    with clock.frozen(NOW + timedelta(hours=26)):
        for path in ("/me", "/events", f"/events/{ground.open_event}", f"/c/{ground.code}"):
            assert volunteer.client.get(path).status_code == 200, path
