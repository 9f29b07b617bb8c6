"""The edge as a browser and a client meet it: sessions, CSRF, languages, bad requests."""

from datetime import timedelta

import pytest
import structlog
from community import build, sign_in, submit
from conftest import NOW
from flask import Flask
from flask.testing import FlaskClient

from pointsbank.core import clock
from pointsbank.core.database import Database, transaction
from pointsbank.web import ANYONE, allow, errors


def test_a_page_sends_a_stranger_to_sign_in_and_back(client: FlaskClient) -> None:
    answer = client.get("/events?page=2&kind=help")
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/sign-in?next=/events%3Fpage%3D2%26kind%3Dhelp"


def test_the_api_tells_a_stranger_to_sign_in(client: FlaskClient) -> None:
    answer = client.get("/api/v1/me")
    assert answer.status_code == 401
    assert answer.json["title"] == "请先登录。"


def test_the_reader_chooses_the_language(client: FlaskClient) -> None:
    submit(client, "/language", language="en", next="/events")
    assert client.get("/api/v1/me").json["title"] == "Please sign in first."


def test_the_switch_goes_to_no_other_site(client: FlaskClient) -> None:
    answer = submit(client, "/language", language="en", next="//evil.example/")
    assert answer.headers["Location"] == "/"


def test_staff_who_are_idle_are_signed_out(client: FlaskClient) -> None:
    with transaction() as session:
        village = build(session)
    sign_in(client, village.auditor)
    for minutes in (20, 40):
        with clock.frozen(NOW + timedelta(minutes=minutes)):
            assert client.get("/ledger").status_code == 200
    with clock.frozen(NOW + timedelta(minutes=71)):
        assert client.get("/ledger").status_code == 303


def test_a_form_without_its_token_is_refused(client: FlaskClient) -> None:
    with transaction() as session:
        village = build(session)
    sign_in(client, village.organiser)
    answer = client.post("/events/new", data={"title": "清扫"})
    assert answer.status_code == 403
    assert "页面已过期" in answer.text


def test_a_body_that_is_not_json_is_refused(client: FlaskClient) -> None:
    for body, kind in (
        ("{", "application/json"),
        ("a=b", "text/plain"),
        ("[]", "application/json"),
    ):
        answer = client.post("/api/v1/sessions", data=body, content_type=kind)
        assert answer.status_code in {400, 415, 422}
        assert answer.mimetype == "application/problem+json"
        assert answer.json["title"]


def test_a_body_that_is_too_large_is_refused(client: FlaskClient) -> None:
    answer = client.post("/api/v1/sessions", json={"name": "x" * 3_000_000})
    assert answer.status_code == 413


def test_the_health_check_says_when_the_database_is_gone(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert client.get("/healthz").json == {"status": "ok"}

    def gone() -> bool:
        raise OSError

    monkeypatch.setattr("pointsbank.core.database.answers", gone)
    assert client.get("/healthz").status_code == 503


def test_the_api_describes_itself(client: FlaskClient, app: Flask, bank: Database) -> None:
    document = client.get("/api/v1/openapi.json").json
    assert document["openapi"] == "3.1.0"
    routes = {
        rule.rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/api/v1/")
    } - {"/api/v1/openapi.json"}
    assert len(document["paths"]) == len(routes)


def test_an_unknown_query_parameter_is_refused_by_the_api(client: FlaskClient) -> None:
    with transaction() as session:
        village = build(session)
    sign_in(client, village.volunteer)
    answer = client.get("/api/v1/me/statement?unit=minutes&member_id=2")
    assert answer.status_code == 422
    assert answer.json["errors"] == {"member_id": ["没有这一项。"]}


@pytest.mark.parametrize("elsewhere", ["/\\evil.example/", "/\r\nSet-Cookie: a=b", "https://a/"])
def test_the_switch_goes_nowhere_that_a_browser_reads_as_another_site(
    client: FlaskClient, elsewhere: str
) -> None:
    answer = submit(client, "/language", language="en", next=elsewhere)
    assert answer.headers["Location"] == "/"


def test_a_name_and_password_in_a_link_do_not_stand_in_for_the_token(client: FlaskClient) -> None:
    with transaction() as session:
        village = build(session)
    sign_in(client, village.volunteer)
    basic = {"Authorization": "Basic eDp5"}
    assert client.delete("/api/v1/sessions/current", headers=basic).status_code == 403
    assert client.get("/api/v1/me").status_code == 200


@pytest.mark.parametrize(
    "body",
    [b"[" * 100_000, b'{"name": ' + b"1" * 5_000 + b"}", b'{"\\ud800": 1}', b'{"name": "\\ud800"}'],
)
def test_json_that_python_chokes_on_is_a_bad_request(client: FlaskClient, body: bytes) -> None:
    answer = client.post("/api/v1/sessions", data=body, content_type="application/json")
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")


@pytest.mark.parametrize("number", [2**63, 10**30, "9" * 5_000])
def test_a_number_that_no_table_holds_is_no_address(client: FlaskClient, number: object) -> None:
    with transaction() as session:
        village = build(session)
    sign_in(client, village.secretary)
    assert client.get(f"/events/{number}").status_code == 404
    assert client.get(f"/api/v1/events/{number}").status_code == 404


def test_what_people_read_is_kept_by_no_cache(client: FlaskClient) -> None:
    with transaction() as session:
        village = build(session)
    sign_in(client, village.secretary)
    for answer in (
        submit(client, "/evaluations/2025.csv", org=village.community),
        client.get("/members"),
        client.get("/api/v1/me"),
    ):
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "no-store"


def test_a_failure_is_told_without_what_was_being_worked_on(
    app: Flask,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    @allow(ANYONE)
    def broken(code: str) -> str:
        raise ValueError(f"cannot greet {code}")

    structlog.reset_defaults()  # another test may have sent the log elsewhere
    monkeypatch.setattr(errors, "log", structlog.get_logger())
    monkeypatch.setattr(app, "testing", False)
    monkeypatch.setitem(app.view_functions, "attendance_pages.scanned", broken)
    answer = app.test_client().get("/c/wang-guifang")
    assert (answer.status_code, "系统出错了" in answer.text) == (500, True)
    captured = capfd.readouterr()
    assert "wang-guifang" not in captured.out + captured.err + caplog.text
    assert "ValueError" in captured.out
