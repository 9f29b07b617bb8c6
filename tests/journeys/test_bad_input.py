"""What nobody should send, sent to every route that takes a body: a sentence and a status.

Never a failure of the program, always problem details or a page that says what is wrong, nothing
written, and nothing in the log that says who it was.
"""

import re
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from journeys.bodies import forms, jsons
from journeys.ground import Ground, Visitor, is_refused, nothing_happens
from journeys.ground_enrolment import OPTIONAL
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from pointsbank.access.operations import open_session
from pointsbank.core import clock
from pointsbank.core.database import transaction

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
    "head_id", "place_id", "post_id",
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

FITS: dict[str, Any] = {
    "by_category": {}, "each_time": {}, "caps": {}, "most_minutes_an_activity": None,
}  # fmt: skip
"""Of the above what is nothing wrong for some."""


def test_every_json_body_is_looked_at_before_anything_is_done(app: Flask, ground: Ground) -> None:
    described = app.test_client().get("/api/v1/openapi.json").json["paths"]
    assert {
        re.sub(r"\{\w+\}", "{}", path)
        for path, told in described.items()
        if "requestBody" in str(told)
    } == {re.sub(r"/\d+(?=/|$)", "/{}", path) for _, _, path in jsons(ground)}, (
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
                    if value == FITS.get(field, ()):
                        continue
                    body = {**good, field: value}
                    is_refused(visitor.send(verb, path, body), (path, field, repr(value)[:20]))
                if field in OPTIONAL:
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
