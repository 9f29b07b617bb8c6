"""A town with a real server in front of it, and people who come with their own passwords."""

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import community
import httpx
import pytest
from community import PIN, STAFF_PASSWORD
from conftest import without
from flask import Flask
from journeys.cast import Person, Story, Town
from journeys.ground import Ground, lay
from playwright.sync_api import Browser, sync_playwright
from werkzeug.serving import make_server

from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM
from pointsbank.core.database import Database, transaction
from pointsbank.members.operations import issue_card


@pytest.fixture
def story(bank: Database) -> Iterator[Story]:
    with ExitStack() as held:
        yield Story(held)


@pytest.fixture
def town(bank: Database, story: Story) -> Town:
    story.at("08:00")
    with transaction() as session:
        place = community.build(session, with_passwords=True)
        card = issue_card(session, SYSTEM, member_id=place.li, at=clock.now())
        return Town(place, card.digits)


@pytest.fixture
def served(app: Flask, town: Town) -> Iterator[int]:
    """The service, on a free port of this machine."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.port
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def person(served: int) -> Iterator[Callable[[str], Person]]:
    """``person("clerk")`` is staff, ``person("13800000001")`` a volunteer."""
    with ExitStack() as held:

        def arrive(name: str) -> Person:
            client = httpx.Client(base_url=f"http://127.0.0.1:{served}", timeout=30)
            held.enter_context(client)
            return Person(client).sign_in(name, PIN if name.isdigit() else STAFF_PASSWORD)

        yield arrive


@pytest.fixture
def ground(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Ground:
    monkeypatch.setattr(app, "testing", False)  # a failure becomes the 500 that people would see
    return lay()


@pytest.fixture
def browser(served: int) -> Iterator[Browser]:
    """Headless Chromium, in which ``bank.test`` is the town's server."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        without("Chromium (apt-get install chromium)")
    resolve = f"--host-resolver-rules=MAP bank.test 127.0.0.1:{served}"
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", resolve]
        )
        yield opened
        opened.close()
