"""The sign-ups tests take place in a community with events in any state."""

import secrets
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from scene import Scene, make_scene, scene

from pointsbank.core.actor import SYSTEM, Actor
from pointsbank.events import operations as events
from pointsbank.events.models import Event, Post, Shift
from pointsbank.members.operations import register_many
from pointsbank.members.rules import NewMember
from pointsbank.signups import operations
from pointsbank.signups.models import SignUp
from pointsbank.signups.operations import Answer, Asked
from pointsbank.signups.rules import SignUpState

__all__ = ["make_scene", "scene"]

BEFORE = -45  # minutes before nine: published, not yet begun


def person(member_id: int) -> Actor:
    """A volunteer with an account of her own."""
    return Actor("user", 10_000 + member_id, member_id=member_id)


@dataclass(frozen=True, slots=True)
class Door:
    """Signs people up at the scene's events."""

    scene: Scene

    def sign_up(self, event: Event, member_id: int, **given: Any) -> SignUp:
        """The sign-up that stands after her tap at 8:15, or ``at`` so many minutes from nine."""
        return self.answer(event, member_id, **given).sign_up  # type: ignore[return-value]

    def answer(self, event: Event, member_id: int, **given: Any) -> Answer:
        minutes = given.pop("at", BEFORE)
        return operations.sign_up(
            self.scene.session, given.pop("actor", person(member_id)), asked=asked(event, **given),
            at=self.scene.at(minutes),
        )  # fmt: skip

    def withdraw(self, sign_up: SignUp, at: float = BEFORE, **given: Any) -> SignUp:
        actor = given.pop("actor", person(sign_up.member_id))
        return operations.withdraw(
            self.scene.session, actor, sign_up_id=sign_up.id or 0, at=self.scene.at(at), **given
        )

    def post(self, event: Event, name: str = "清扫", **fields: Any) -> Post:
        plain = {"duties": "", "capacity": None, "skill": "", "least_age": None, "place": ""}
        return events.add_post(
            self.scene.session, self.scene.community.organiser, event_id=event.id or 0,
            at=self.scene.at(-55), note="增设岗位", name=name, **(plain | fields),
        )  # fmt: skip

    def shift(
        self, event: Event, begins: float, ends: float, post: Post | None = None,
        capacity: int | None = None,
    ) -> Shift:  # fmt: skip
        return events.add_shift(
            self.scene.session, self.scene.community.organiser, event_id=event.id or 0,
            at=self.scene.at(-55), note="分班次", post_id=post.id if post else None,
            starts_at=self.scene.at(begins), ends_at=self.scene.at(ends), capacity=capacity,
        )  # fmt: skip

    def register(self, name: str = "刘小满", birth_on: date | None = None, **facts: Any) -> int:
        home = self.scene.community.building_group
        row = NewMember(name, home, birth_on=birth_on, **facts)
        return register_many(self.scene.session, SYSTEM, [row], at=self.scene.at(-120))[0]

    def states(self, event: Event) -> dict[int, SignUpState]:
        """Who stands how at an event, withdrawn ones left out."""
        from pointsbank.signups.queries import listed

        self.scene.session.expire_all()
        rows = listed(self.scene.session, event.id or 0)
        return {one.member_id: one.sign_up.state for one in rows}


def asked(event: Event, **given: Any) -> Asked:
    given.setdefault("key", secrets.token_hex(4))
    return Asked(event.id or 0, **given)


@pytest.fixture
def door(scene: Scene) -> Door:
    return Door(scene)
