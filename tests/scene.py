"""What tests of events, attendance and hours share: the community, and its events in any state."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from community import Community, build
from sqlmodel import Session

from pointsbank.attendance import operations as attendance
from pointsbank.attendance.operations import ScanAnswer
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
