"""The scanner's page, its service worker and manifest, and a volunteer's pass, on the wire."""

import json
import re
from typing import Any

import pytest
from community import sign_in
from flask import Flask
from flask.testing import FlaskClient

from pointsbank.attendance.passes import pass_digits
from pointsbank.core.actor import Actor, Scope
from pointsbank.web.sessions import ACTING_AS, DEVICE_COOKIE
from tests.devices.tablet import paired


@pytest.fixture
def organiser(app: Flask, people: Any) -> FlaskClient:
    return sign_in(app.test_client(), people.community.organiser)


def door(app: Flask, people: Any) -> FlaskClient:
    """A browser that is the event's tablet."""
    community = people.community
    with people.at(1):
        _, token = paired(
            community.organiser, org_id=community.community, name="入口", scope=Scope.AT_DOOR,
            event_id=people.event_id, key="door",
        )  # fmt: skip
    tablet = app.test_client()
    tablet.set_cookie(DEVICE_COOKIE, token)
    return tablet


def policy(answer: Any) -> list[str]:
    return [rule.strip() for rule in answer.headers["Content-Security-Policy"].split(";")]


def test_only_the_scanners_page_may_run_the_decoder(organiser: FlaskClient, people: Any) -> None:
    page = organiser.get(f"/events/{people.event_id}/scanner")
    assert page.status_code == 200
    assert "script-src 'self' 'wasm-unsafe-eval'" in policy(page)
    assert len(page.headers.getlist("Content-Security-Policy")) == 1
    for path in ("/scanner/keyboard", "/attendance", "/scanner/worker.js"):
        assert "script-src 'self'" in policy(organiser.get(f"/events/{people.event_id}{path}"))


def test_what_a_device_keeps_of_the_page_names_nobody(
    app: Flask, organiser: FlaskClient, people: Any
) -> None:
    by_person = organiser.get(f"/events/{people.event_id}/scanner").text
    by_device = door(app, people).get(f"/events/{people.event_id}/scanner").text
    bare = [re.sub(r'name="csrf-token" content="[^"]+"|name="csrf_token" value="[^"]+"', "", page)
            for page in (by_person, by_device)]  # fmt: skip
    assert bare[0] == bare[1]


def test_the_worker_keeps_every_file_that_the_page_loads(
    organiser: FlaskClient, people: Any
) -> None:
    here = f"/events/{people.event_id}/scanner"
    answer = organiser.get(f"{here}/worker.js")
    assert answer.mimetype == "text/javascript"
    assert answer.headers["Service-Worker-Allowed"] == here
    told = json.loads(answer.text.split("const SCANNER = ")[1].split(";\n")[0])
    assert told["page"] == here
    page = organiser.get(here).text
    named = set(re.findall(r'(?:src|href|data-wasm)="(/static/[^"]+)"', page))
    assert named <= set(told["files"])
    loaded = {address.split("?")[0] for address in told["files"]}
    for address in told["files"]:
        answer = organiser.get(address)
        assert answer.status_code == 200, address
        if address.split("?")[0].endswith(".js") and "/vendor/" not in address:
            folder = address.split("?")[0].rpartition("/")[0]
            for module in re.findall(r'^import .*from "\./([^"]+)"', answer.text, re.MULTILINE):
                assert f"{folder}/{module}" in loaded, module


def test_another_language_is_another_version(organiser: FlaskClient, people: Any) -> None:
    path = f"/events/{people.event_id}/scanner/worker.js"
    before = organiser.get(path).text
    assert organiser.get(path).text == before
    organiser.set_cookie("language", "en")
    assert organiser.get(path).text != before


def test_a_tablet_is_ready_and_its_manifest_stays_on_the_page(app: Flask, people: Any) -> None:
    tablet, here = door(app, people), f"/events/{people.event_id}/scanner"
    ready = tablet.get(f"{here}/ready").json
    assert ready
    assert ready["csrf_token"]
    manifest = json.loads(tablet.get(f"{here}/manifest.webmanifest").text)
    assert manifest["start_url"] == manifest["scope"] == here
    other = f"/events/{people.event_id + 1}/scanner"
    for path in (other, f"{other}/ready", f"{other}/worker.js"):
        assert tablet.get(path).status_code == 303


def test_the_device_acts_though_a_person_is_signed_in(app: Flask, people: Any) -> None:
    tablet = sign_in(door(app, people), people.community.volunteer)
    path = f"/events/{people.event_id}/scanner/ready"
    assert tablet.get(path).status_code == 403
    assert tablet.get(path, headers={ACTING_AS: "device"}).status_code == 200
    unpaired = sign_in(app.test_client(), people.community.organiser)
    assert unpaired.get(path).status_code == 200
    assert unpaired.get(path, headers={ACTING_AS: "device"}).status_code == 303


def test_the_scanner_is_for_who_runs_the_event(app: Flask, people: Any) -> None:
    def asks(actor: Actor, path: str) -> int:
        return sign_in(app.test_client(), actor).get(path).status_code

    c, here = people.community, f"/events/{people.event_id}/scanner"
    for path in (here, f"{here}/ready", f"{here}/keyboard"):
        assert asks(c.stranger, path) == asks(c.volunteer, path) == 403
        assert asks(c.secretary, path) == 200


def test_a_volunteer_sees_her_own_pass_of_an_event_that_she_may_know_of(
    app: Flask, people: Any
) -> None:
    wang = sign_in(app.test_client(), people.community.volunteer)
    page = wang.get(f"/events/{people.event_id}/pass").text
    digits = pass_digits(people.event_id, people.community.wang)
    groups = re.findall(r"<span>(\d{4})</span>", page)
    assert "".join(groups) == digits
    assert wang.get(f"/events/{people.draft_id}/pass").status_code == 404
    assert f"/events/{people.event_id}/pass" in wang.get(f"/events/{people.event_id}").text
