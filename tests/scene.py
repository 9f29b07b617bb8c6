"""What tests of events, attendance and hours share: the community, and its events in any state."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from community import Community, build, sign_in
from flask import Flask
from flask.testing import FlaskClient
from sqlmodel import Session

from pointsbank.access import operations as access
from pointsbank.attendance import operations as attendance
from pointsbank.attendance.operations import ScanAnswer
from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM, Actor
from pointsbank.core.database import Database, transaction
from pointsbank.earning.rules import DeedCategory
from pointsbank.events import operations
from pointsbank.events.models import Event

NINE = datetime(2026, 11, 21, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


@dataclass(frozen=True, slots=True)
class Scene:
    """An open transaction in the community; minutes count from 9:00 of the events' day."""

    session: Session
    community: Community

    @staticmethod
    def at(minutes: float) -> datetime:
        return NINE + timedelta(minutes=minutes)

    def plan(self, **changes: Any) -> Event:
        """A clean-up from 9:00 to 11:30, drafted at 8:00 by the community's organiser."""
        given: dict[str, Any] = {
            "org_id": self.community.community,
            "title": "周末清洁家园",
            "kind": DeedCategory.ENVIRONMENT,
            "place": "幸福社区广场",
            "starts_at": NINE,
            "ends_at": self.at(150),
            "key": secrets.token_hex(4),
            "at": self.at(-60),
        }
        actor = changes.pop("actor", self.community.organiser)
        return operations.plan(self.session, actor, **(given | changes))

    def published(self, **changes: Any) -> Event:
        event = self.plan(**changes)
        return self.do(operations.publish, event, -50, **self._by(changes))

    def open(self, **changes: Any) -> Event:
        event = self.published(**changes)
        return self.do(operations.open_event, event, -40, **self._by(changes))

    @staticmethod
    def _by(changes: dict[str, Any]) -> dict[str, Any]:
        return {name: changes[name] for name in ("actor",) if name in changes}

    def do(self, verb: Any, event: Event, minutes: float, **given: Any) -> Any:
        """A verb of the organiser's on an event, so many minutes after nine."""
        actor = given.pop("actor", self.community.organiser)
        return verb(self.session, actor, event_id=event.id, at=self.at(minutes), **given)

    def scan(self, verb: Any, event: Event, minutes: float, **given: Any) -> ScanAnswer:
        """The volunteer's own scan, unless another actor is given."""
        asked: dict[str, Any] = {
            "code": event.code,
            "claimed_at": self.at(minutes),
            "key": secrets.token_hex(4),
            "at": self.at(minutes),
        }
        actor: Actor = given.pop("actor", self.community.volunteer)
        answer: ScanAnswer = verb(self.session, actor, **(asked | given))
        return answer

    def stay(self, event: Event, came: float, went: float, **given: Any) -> ScanAnswer:
        self.scan(attendance.check_in, event, came, **given)
        return self.scan(attendance.check_out, event, went, **given)

    def stays_of_everybody(self, event: Event) -> None:
        """All members of the community come by the poster at 9:00 and leave at 11:00."""
        c = self.community
        for member in (c.wang, c.li, c.zhao, c.sun, c.chen, c.zhou):
            self.stay(event, 0, 120, actor=Actor("user", SYSTEM.id, member_id=member))


@pytest.fixture
def scene(bank: Database) -> Iterator[Scene]:
    with transaction() as session:
        yield Scene(session, build(session))


@pytest.fixture
def make_scene() -> type[Scene]:
    """For tests with transactions of their own."""
    return Scene


API = "/api/v1"
PLAN = {
    "title": "冬日送暖",
    "kind": "help",
    "place": "居民家中",
    "starts_at": "2026-11-21T14:00:00+08:00",
    "ends_at": "2026-11-21T16:00:00+08:00",
    "key": "plan-1",
}


class Line:
    """A client of the API with somebody's bearer token."""

    def __init__(self, client: FlaskClient, actor: Actor | None) -> None:
        self.client, self.headers = client, {}
        if actor:
            with transaction() as session:
                token = access.open_session(session, user_id=actor.id, at=clock.now()).token
            self.headers = {"Authorization": f"Bearer {token}"}

    def post(self, path: str, body: Any = None) -> Any:
        return self.client.post(API + path, json=body, headers=self.headers)

    def get(self, path: str) -> Any:
        return self.client.get(API + path, headers=self.headers)


@pytest.fixture
def people(app: Flask, make_scene: Any) -> Any:
    """Lines for everybody, and an event that is open at nine."""

    class People:
        def __init__(self) -> None:
            with transaction() as session:
                self.community: Community = build(session)
                self.scene = make_scene(session, self.community)
                event = self.scene.open()
                self.event_id, self.code = event.id, event.code
                self.published = self.scene.published().code
                self.draft_id = self.scene.plan().id

        def line(self, actor: Actor | None) -> Line:
            return Line(app.test_client(), actor)

        def at(self, minutes: float) -> Any:
            return clock.frozen(self.scene.at(minutes))

    return People()


class House:
    """The community with an open event, and browsers signed in for whoever is asked for."""

    def __init__(self, app: Flask, scene_type: Any) -> None:
        self.app = app
        with transaction() as session:
            self.community: Community = build(session)
            self.scene = scene_type(session, self.community)
            event = self.scene.open(capacity=20)
            self.event_id, self.code, self.draft_id = event.id, event.code, self.scene.plan().id
            self.published_id = self.scene.published().id

    def browser(self, actor: Actor | None = None) -> FlaskClient:
        client = self.app.test_client()
        return sign_in(client, actor) if actor else client

    def at(self, minutes: float) -> Any:
        return clock.frozen(self.scene.at(minutes))


@pytest.fixture
def house(app: Flask, make_scene: Any) -> House:
    return House(app, make_scene)


def read(response: Any) -> str:
    return str(response.get_data(as_text=True))
