"""幸福社区 and 光明社区 with people in both, points to lose, and staff of either side."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

import pytest

from pointsbank.access import operations as access
from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM, Actor, Grant, Role
from pointsbank.core.database import Database, transaction
from pointsbank.ledger import operations as ledger
from pointsbank.ledger.rules import (
    MINUTES,
    MORALITY,
    PARTY,
    Posting,
    SystemKind,
    member_account,
    system_account,
)
from pointsbank.members.rules import Relation
from pointsbank.orgs import queries as orgs
from pointsbank.transfers import operations
from pointsbank.transfers.models import MembershipTransfer
from tests.community import Community, build


@dataclass(frozen=True)
class Stage:
    """The people, and verbs that make their own keys."""

    people: Community
    receiver: Actor  # secretary of 光明社区
    second_receiver: Actor  # her colleague
    keys: Any

    def reaching_now(self) -> Actor:
        """The receiver, after organisations were founded below hers."""
        org_id = self.people.other_community
        with transaction() as session:
            reach = orgs.below(session, [org_id])[org_id]
        return replace(self.receiver, grants=(Grant(Role.SECRETARY, org_id, reach),))

    def key(self) -> str:
        return f"key-{next(self.keys):04d}"

    def ask(self, actor: Actor | None = None, **changes: Any) -> MembershipTransfer:
        """王桂芳 asks to go to 光明社区's grid; or as the changes say."""
        asked = {
            "member_id": self.people.wang,
            "relation": Relation.RESIDENCE,
            "to_org_id": self.people.other_grid,
            "key": self.key(),
            "at": clock.now(),
            **changes,
        }
        with transaction() as session:
            return operations.request(session, actor or self.people.volunteer, **asked)

    def do(
        self, verb: Callable[..., MembershipTransfer], actor: Actor, transfer_id: int, **given: Any
    ) -> MembershipTransfer:
        given = {"key": self.key(), "at": clock.now(), **given}
        with transaction() as session:
            return verb(session, actor, transfer_id=transfer_id, **given)


@pytest.fixture
def stage(bank: Database) -> Stage:
    with transaction() as session:
        people = build(session)
        reach = orgs.below(session, [people.other_community])[people.other_community]
        grants = (Grant(Role.SECRETARY, people.other_community, reach),)
        receivers = [
            Actor(
                "user",
                access.open_user(
                    session,
                    SYSTEM,
                    org_id=people.other_community,
                    staff_name=f"receiver{n}",
                    display_name="接收人",
                    at=clock.now(),
                ).id,
                grants=grants,
            )
            for n in (1, 2)
        ]
        earn(session, people.wang, MINUTES, 600)
        earn(session, people.wang, MORALITY, 80)
        earn(session, people.li, PARTY, 30)
    return Stage(people, *receivers, keys=count())


def earn(session: Any, member_id: int, unit: str, amount: int) -> None:
    ledger.post_all(
        session,
        SYSTEM,
        [
            Posting(
                key=f"earn:{member_id}:{unit}:{amount}",
                source=system_account(unit, SystemKind.ISSUED, "scanned"),
                destination=member_account(member_id, unit),
                amount=amount,
                effective_on=clock.today(),
                reason="service",
            )
        ],
        at=clock.now(),
    )
