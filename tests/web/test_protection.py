"""What every answer carries, what a cookie is let do, how much may come in."""

from io import BytesIO

import pytest
from community import STAFF_PASSWORD, build, csrf_token, submit
from flask.testing import FlaskClient

from pointsbank.app import create_app
from pointsbank.core import bank
from pointsbank.core.database import Database, transaction


def flags(header: str) -> set[str]:
    return {part.strip().split("=")[0] for part in header.split(";")[1:]}


def test_scripts_and_frames_come_from_nowhere_else(client: FlaskClient) -> None:
    for path in ("/sign-in", "/pair", "/nowhere", "/api/v1/me", "/static/js/page.js"):
        policy = client.get(path).headers["Content-Security-Policy"]
        rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
        assert rules["default-src"] == "'none'", path
        assert rules["script-src"] == "'self'", path
        assert rules["frame-ancestors"] == "'none'", path
        assert rules["form-action"] == "'self'", path
        assert "unsafe" not in policy


def test_pages_carry_no_script_or_style_of_their_own(client: FlaskClient) -> None:
    for path in ("/sign-in", "/pair", "/nowhere"):
        page = client.get(path).text
        assert "<style" not in page
        assert " style=" not in page
        assert " onclick=" not in page
        assert all("src=" in tag for tag in page.split("<script")[1:])


@pytest.mark.parametrize(
    ("address", "secure"), [("http://b.test", False), ("https://b.test", True)]
)
def test_cookies_are_kept_from_scripts_and_over_https_from_all_else(
    bank_with_people: None, monkeypatch: pytest.MonkeyPatch, address: str, secure: bool
) -> None:
    monkeypatch.setattr(bank.settings(), "public_url", address)
    app = create_app()
    app.testing = True
    client = app.test_client()
    base = {"base_url": address}
    page = client.get("/sign-in", **base)
    assert ("Strict-Transport-Security" in page.headers) is secure
    token = page.text.split('name="csrf-token" content="')[1].split('"')[0]
    form = {"csrf_token": token, "name": "clerk", "password": STAFF_PASSWORD}
    headers = {"Referer": f"{address}/sign-in"}
    answer = client.post("/sign-in", data=form, headers=headers, **base)
    cookies = [*page.headers.getlist("Set-Cookie"), *answer.headers.getlist("Set-Cookie")]
    named = {cookie.split("=")[0]: flags(cookie) for cookie in cookies}
    assert "session_token" in named
    for name, found in named.items():
        assert {"HttpOnly", "SameSite"} <= found, name
        assert ("Secure" in found) is secure, name


@pytest.fixture
def bank_with_people(bank: Database) -> None:
    with transaction() as session:
        build(session, with_rules=False, with_passwords=True)


def test_too_large_a_form_or_file_is_refused_before_it_is_read(client: FlaskClient) -> None:
    most = bank.settings().upload_bytes
    answer = submit(client, "/sign-in", name="x" * (most + 1), password="x")
    assert answer.status_code == 413
    data = {"csrf_token": csrf_token(client), "file": (BytesIO(b"x" * (most + 1)), "../../etc")}
    assert client.post("/sign-in", data=data).status_code == 413


def test_a_refresh_of_many_cookies_is_no_way_round_the_token(client: FlaskClient) -> None:
    """CSRF is checked for the device's cookie too, and a token of another browser is none."""
    other = csrf_token(client)
    client.delete_cookie("session")
    assert client.post("/sign-in", data={"csrf_token": other, "name": "x"}).status_code == 403
