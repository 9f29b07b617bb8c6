"""What nobody should send, sent to every route that takes a body: a sentence and a status.

Never a failure of the program, always problem details or a page that says what is wrong, nothing
written, and nothing in the log that says who it was.
"""

import re
from typing import Any

import pytest
import schemathesis
from conftest import NOW
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from journeys.ground import Ground, Visitor, is_refused, nothing_happens
from journeys.ground_enrolment import OPTIONAL, enrolment_forms, enrolment_jsons
from journeys.member_bodies import member_forms, member_jsons
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from pointsbank.access.operations import open_session
from pointsbank.core import clock, tokens
from pointsbank.core.database import transaction
from pointsbank.events import claims
from pointsbank.exchange import customers
from pointsbank.persons import questions
from pointsbank.persons.questions import Question
from pointsbank.persons.rules import ErasureAsked

NOT_JSON = (
    b"", b"{", b"x", b"\xff\xfe", b"[" * 100_000, b'{"a":' + b"1" * 5000 + b"}", b"[]", b"null",
    b"7", b'"a"', b'{"\\ud800": 1}', b'{"a": NaN}', b'{"a": 1e999}',
)  # fmt: skip
WRONG: tuple[Any, ...] = (
    None, True, -1, 1.5, 2**53, 2**63, 10**30, [], [[]], {}, {"a": 1}, "a\x00b", "\ud800",
    "不可外传" * 2000,
)  # fmt: skip
WRONG_IN_FORMS = ("\x00", "不可外传" * 2000, "\x1b[2J")
NUMBERS = {
    "org_id", "org", "to_org_id", "kept_id", "other_id", "level", "goods_id", "quantity",
    "price_points", "capacity", "version", "residence_id", "team_id", "least_age", "note_id",
    "head_id",
}  # fmt: skip
WRONG_NUMBERS = ("-1", "1.5", "1e3", "１２", "true", "9" * 18, "9" * 30, "")
INSTANTS = {"starts_at", "ends_at", "from_on", "on", "asked_on"}
WRONG_INSTANTS = (
    "9999-12-31T23:59:59+14:00",
    "2026-02-30T09:00",
    "0001-01-01T00:00",
    "9999-12-31T23:59",
    "明天",
    "",
)


def jsons(ground: Ground) -> dict[tuple[str, str, str], dict[str, Any]]:
    """Each JSON route that takes a body, with somebody who may call it and a good body."""
    here = ground.place.community
    key = "a-key-of-mine"
    line = {"goods_id": ground.goods, "quantity": 1}
    transfer = f"/api/v1/membership-transfers/{ground.transfer}"
    question = Question(ErasureAsked.IN_PERSON, NOW.date())
    erasure = questions.put(ground.place.administrator, ground.place.li, question, at=NOW)
    return {
        ("clerk", "POST", "/api/v1/sessions"): {"name": "clerk", "password": "nothing-near"},
        ("clerk", "PUT", "/api/v1/me/password"): {"current": "nothing-near", "new": "Neu-2026-x"},
        ("organiser", "POST", "/api/v1/events"): {
            "org_id": here, "title": "清扫", "kind": "environment", "place": "广场",
            "starts_at": "2026-11-22T09:00", "ends_at": "2026-11-22T10:00", "key": key,
        },
        ("organiser", "POST", f"/api/v1/events/{ground.draft}/cancellation"): {"reason": "下雨"},
        ("volunteer", "POST", "/api/v1/check-ins"): {"code": ground.code, "key": key},
        ("volunteer", "POST", "/api/v1/check-outs"): {"code": ground.code, "key": key},
        ("secretary", "POST", "/api/v1/hour-rules"): {
            "org_id": here, "from_on": "2027-01-01", "least_minutes": 10, "rounding": "minute",
        },
        ("clerk", "POST", "/api/v1/goods"): {
            "org_id": here, "name": "香皂", "unit_name": "块", "price_points": 4,
        },
        ("clerk", "POST", f"/api/v1/goods/{ground.goods}/stock-movements"): {
            "quantity": 3, "key": key,
        },
        ("clerk", "POST", "/api/v1/member-lookups"): {
            "org_id": here, "code": ground.card,
        },
        ("clerk", "POST", "/api/v1/redemptions"): {
            "customer": customers.known_as(ground.place.wang, here, at=NOW), "lines": [line],
            "key": key,
        },
        ("clerk", "POST", f"/api/v1/redemptions/{ground.redemption}/reversal"): {"reason": "错"},
        ("secretary", "POST", "/api/v1/evaluations/2025/seal"): {"org_id": here, "key": key},
        ("secretary", "POST", "/api/v1/organisations"): {
            "parent_id": here, "kind": "grid", "name": "第九网格", "on": "2026-01-01", "key": key,
        },
        ("secretary", "PUT", f"/api/v1/organisations/{here}/details"): _DETAILS,
        ("administrator", "POST", "/api/v1/organisation-kinds"): {
            "code": "hamlet", "line": "territory", "level": 55, "name": "自然屯",
        },
        **{
            ("administrator", "POST", f"/api/v1/organisations/{here}/{change}"): {
                **asked, "on": "2026-01-01", "key": key,
            }
            for change, asked in _changes(ground).items()
        },
        ("volunteer", "POST", "/api/v1/membership-transfers"): {
            "relation": "residence", "to_org_id": ground.place.other_grid, "key": key,
        },
        ("secretary", "POST", f"{transfer}/consent"): {"key": key},
        ("stranger", "POST", f"{transfer}/acceptance"): {"key": key},
        ("stranger", "POST", f"{transfer}/refusal"): {"reason": "不住这里", "key": key},
        ("secretary", "POST", f"{transfer}/withdrawal"): {"key": key},
        ("secretary", "POST", "/api/v1/merges"): {
            "kept_id": ground.place.wang, "other_id": ground.place.li, "key": key,
        },
        ("secretary", "POST", f"/api/v1/members/{ground.place.li}/departure"): {
            "leaving": "left", "on": "2026-11-20", "key": key,
        },
        ("administrator", "POST", f"/api/v1/members/{ground.place.li}/erasure-questions"): {
            "asked": "in_person", "asked_on": "2026-11-20",
        },
        ("administrator", "POST", f"/api/v1/members/{ground.place.li}/erasure"): {
            "question": erasure, "number": "2026000002", "key": key,
        },
        ("volunteer", "POST", "/api/v1/me/data"): {"password": "nothing-near"},
        **member_jsons(ground),
        **enrolment_jsons(ground.place, ground.enrolments),
    }  # fmt: skip


_DETAILS = {
    "region_code": "220802001005", "credit_code": "", "address": "中兴西路", "contact_name": "孙",
}  # fmt: skip


def _changes(ground: Ground) -> dict[str, dict[str, Any]]:
    """What is asked of each change of the tree, besides its day and key."""
    return {
        "renaming": {"name": "幸福里社区"},
        "move": {"parent_id": ground.place.county},
        "merger": {"successor_id": ground.place.other_community},
        "split": {"name": "育才社区"},
        "closing": {},
    }


def forms(ground: Ground) -> dict[tuple[str, str], dict[str, Any]]:
    """Each form with fields, with somebody who sees it and a good content."""
    here = ground.place.community
    key = "a-key-of-mine"
    who = {"member": ground.place.wang, "org": here}
    basket = tokens.sign("counter", who, at=NOW)
    question = Question(ErasureAsked.IN_PERSON, NOW.date())
    erasure = questions.put(ground.place.administrator, ground.place.li, question, at=NOW)
    return {
        ("clerk", "/sign-in"): {"name": "clerk", "password": "nothing-near"},
        ("clerk", "/password"): {"current": "wrong", "new": "Neu-2026-x", "again": "Neu-2026-x"},
        ("organiser", "/events"): {
            "org_id": here, "title": "清扫", "kind": "environment", "place": "广场", "key": key,
            "starts_at": "2026-11-22T09:00", "ends_at": "2026-11-22T10:00",
        },
        ("organiser", f"/events/{ground.draft}/cancellation"): {"reason": "下雨"},
        ("organiser", f"/events/{ground.open_event}/scans"): {
            "member_code": ground.card, "key": key,
        },
        ("volunteer", f"/c/{ground.code}/check-in"): {"claim": claims.sign(ground.code, at=NOW)},
        ("volunteer", f"/c/{ground.code}/check-out"): {"claim": claims.sign(ground.code, at=NOW)},
        ("clerk", "/members/searches"): {"sought": "王"},
        ("secretary", "/members/cards"): {"sought": "AAAA"},
        ("clerk", "/counter/lookups"): {"code": ground.card, "org_id": here},
        ("clerk", f"/counter/customers/{basket}"): {
            "key": key, "goods_id": ground.goods, "quantity": 1,
        },
        ("clerk", f"/counter/redemptions/{ground.redemption}/reversal"): {"reason": "错"},
        ("clerk", "/goods"): {
            "org_id": here, "name": "香皂", "unit_name": "块", "price_points": 4,
        },
        ("clerk", f"/goods/{ground.goods}/stock-movements"): {
            "quantity": 3, "key": key, "org_id": here,
        },
        ("clerk", "/sign-in/code"): {"half_way": "x", "code": "123456"},
        ("clerk", "/security/authenticator/removal"): {"password": "x", "code": "1"},
        ("clerk", "/counter-pin"): {"password": "nothing-near", "pin": "730195"},
        ("secretary", "/devices/pairings"): {
            "org_id": here, "name": "平板", "scope": "at_counter", "key": key,
        },
        ("clerk", "/pair"): {"code": "AAAAAAAAAA"},
        ("administrator", "/machines"): {
            "org_id": here, "name": "大屏", "scopes": "read_events", "expires_on": "2026-12-31",
        },
        ("administrator", "/accounts"): {
            "org_id": here, "staff_name": "new", "display_name": "新人", "role": "clerk",
            "from_on": "2026-11-21",
        },
        ("administrator", "/accounts/searches"): {"sought": "王"},
        ("administrator", f"/accounts/{ground.place.clerk.id}/roles"): {
            "role": "reviewer", "org_id": here, "from_on": "2026-11-21",
        },
        ("secretary", "/evaluations/2025.xlsx"): {"org": here},
        ("secretary", "/evaluations/2025/seal"): {"org": here, "key": key},
        ("secretary", f"/organisations/{here}/details"): _DETAILS,
        ("administrator", "/organisations/kinds"): {
            "code": "hamlet", "line": "territory", "level": 55, "name": "自然屯",
        },
        ("administrator", f"/organisations/{here}/founding"): {
            "kind": "grid", "name": "第九网格", "on": "2026-01-01", "key": key,
        },
        **{
            ("administrator", f"/organisations/{here}/{change}"): {
                **asked, "on": "2026-01-01", "key": key,
            }
            for change, asked in _changes(ground).items()
        },
        ("secretary", "/transfers"): {
            "way": "out", "relation": "residence", "to_org_id": ground.place.other_grid,
            "number": "2026000002", "name": "李建国", "key": key,
        },
        ("secretary", f"/transfers/{ground.transfer}/consent"): {"key": key},
        ("stranger", f"/transfers/{ground.transfer}/acceptance"): {"key": key},
        ("stranger", f"/transfers/{ground.transfer}/refusal"): {"reason": "否", "key": key},
        ("secretary", f"/transfers/{ground.transfer}/withdrawal"): {"key": key},
        ("secretary", "/merges"): {
            "kept_id": ground.place.wang, "other_id": ground.place.li, "key": key,
        },
        ("secretary", f"/members/{ground.place.li}/departure"): {
            "leaving": "left", "on": "2026-11-20", "key": key,
        },
        ("volunteer", "/me/departure"): {"reason": "搬走", "key": key},
        ("administrator", f"/members/{ground.place.li}/erasure-questions"): {
            "asked": "in_person", "asked_on": "2026-11-20",
        },
        ("administrator", f"/members/{ground.place.li}/erasure"): {
            "question": erasure, "number": "2026000002", "key": key,
        },
        ("volunteer", "/me/data"): {"password": "nothing-near"},
        **member_forms(ground),
        **enrolment_forms(ground.place, ground.enrolments),
    }  # fmt: skip


def test_every_json_body_is_looked_at_before_anything_is_done(app: Flask, ground: Ground) -> None:
    described = app.test_client().get("/api/v1/openapi.json").json["paths"]
    assert {
        re.sub(r"\{\w+\}", "{}", path)
        for path, told in described.items()
        if "requestBody" in str(told)
    } == {re.sub(r"/\d+/", "/{}/", path) for _, _, path in jsons(ground)}, (
        "every route that takes a body is here"
    )
    for (role, verb, path), good in jsons(ground).items():
        visitor = Visitor(app, ground, role)
        with nothing_happens():
            for body in NOT_JSON:
                is_refused(visitor.send(verb, path, body), (path, body[:20]))
            is_refused(visitor.client.open(path, method=verb, headers={
                "X-CSRFToken": visitor.token,
            }), path)  # fmt: skip
            is_refused(visitor.send(verb, path, {**good, "不可外传": "王桂芳"}), path)
            for field in good:
                for value in WRONG + (WRONG_INSTANTS if field in INSTANTS else ()):
                    body = {**good, field: value}
                    is_refused(visitor.send(verb, path, body), (path, field, repr(value)[:20]))
                if field in {"least_minutes", "rounding"} | OPTIONAL:
                    continue
                body = {name: value for name, value in good.items() if name != field}
                is_refused(visitor.send(verb, path, body), (path, f"without {field}"))


def test_every_form_is_looked_at_before_anything_is_done(app: Flask, ground: Ground) -> None:
    for (role, path), good in forms(ground).items():
        visitor = Visitor(app, ground, role)
        if path == "/sign-in":
            visitor.client.delete_cookie("session_token")
        with nothing_happens():
            told = [({**good, "不可外传": "王桂芳"}, "unknown field")]
            for field in good:
                values = WRONG_IN_FORMS
                values += WRONG_NUMBERS if field in NUMBERS else ()
                values += WRONG_INSTANTS if field in INSTANTS else ()
                if (path, field) == ("/goods", "org_id"):
                    values = tuple(v for v in values if v)
                told += [({**good, field: value}, (field, value[:9])) for value in values]
            for form, what in told:
                answer = visitor.submit(path, form)
                if answer.status_code == 303:  # the event's own page says what is wrong
                    answer = visitor.client.get(answer.headers["Location"])
                    assert 'role="alert"' in answer.text, (path, what)
                else:
                    is_refused(answer, (path, what))


@pytest.mark.only("sqlite")
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("role", ["secretary", "organiser", "clerk", "volunteer", "auditor"])
def test_the_document_keeps_its_word_whatever_is_sent(
    app: Flask, ground: Ground, role: str
) -> None:
    """Requests that another program makes up from openapi.json."""
    with transaction() as session:
        opened = open_session(session, user_id=getattr(ground.place, role).id, at=clock.now())
    headers = {"Authorization": f"Bearer {opened.token}"}
    checks = [not_a_server_error, content_type_conformance, response_schema_conformance]
    document = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    for found in document.get_all_operations():
        operation = found.ok()
        if operation.path.endswith(("/sessions/current", "/me/password")):
            continue

        @settings(
            max_examples=5, deadline=None, database=None, derandomize=True,
            phases=[Phase.generate], suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(case=operation.as_strategy())
        def ask(case: schemathesis.Case) -> None:
            case.call_and_validate(headers=headers, checks=checks)

        ask()
