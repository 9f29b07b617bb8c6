"""王桂芳 with two records: one with a phone and a user, one made anew by a card at the counter.

Both have served, earned, redeemed; the second is what a merge joins to the first.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pytest

from pointsbank.attendance import operations as attendance
from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM, Actor
from pointsbank.core.database import Database, Session, transaction
from pointsbank.earning.rules import DeedCategory
from pointsbank.events import operations as events
from pointsbank.exchange import operations as exchange
from pointsbank.ledger import operations as ledger
from pointsbank.ledger.rules import (
    MINUTES,
    MORALITY,
    Posting,
    SystemKind,
    member_account,
    system_account,
)
from pointsbank.members import operations as members
from tests.exchange.shop import Shop, open_shop

BORN = date(1970, 3, 8)


@dataclass(frozen=True)
class Twice:
    """The shop, the first record, the second, and the second's card."""

    shop: Shop
    kept: int  # 120 morality, 30 party points, 120 minutes
    other: int  # 60 morality points, 5,940 minutes; one redemption of 5
    card: str


@pytest.fixture
def twice(bank: Database) -> Twice:
    with transaction() as session:
        shop = open_shop(session)
        people = shop.people
        other = members.register(
            session, SYSTEM, name="王桂芳", residence_id=people.grid, birth_on=BORN, at=clock.now()
        ).id
        card = members.issue_card(session, SYSTEM, member_id=other, at=clock.now()).digits
        serve(session, people.wang, 120)
        serve(session, other, 5_940, day=clock.today() - timedelta(days=400))
        earn(session, other, MORALITY, 65)
        attend(session, shop, other)
        exchange.redeem(
            session, SYSTEM, org_id=shop.org, member_id=other, lines=shop.basket(soap=1),
            key="by-the-second", at=clock.now(),
        )  # fmt: skip
    return Twice(shop, people.wang, other, card)


def earn(
    session: Session, member_id: int, unit: str, amount: int, *, day: date | None = None,
    category: str = "scanned", text: str = "",
) -> None:  # fmt: skip
    ledger.post_all(
        session,
        SYSTEM,
        [
            Posting(
                key=f"earn:{member_id}:{unit}:{amount}:{day}",
                source=system_account(unit, SystemKind.ISSUED, category),
                destination=member_account(member_id, unit),
                amount=amount,
                effective_on=day or clock.today(),
                reason="service",
                text=text,
            )
        ],
        at=clock.now(),
    )


def serve(session: Session, member_id: int, minutes: int, *, day: date | None = None) -> None:
    earn(session, member_id, MINUTES, minutes, day=day)


def attend(session: Session, shop: Shop, member_id: int) -> None:
    """She checked in at an event that is open."""
    now: datetime = clock.now()
    event = events.plan(
        session, SYSTEM, org_id=shop.org, title="清扫楼道", kind=DeedCategory.ENVIRONMENT,
        place="广场", starts_at=now, ends_at=now + timedelta(hours=2), key="plan", at=now,
    )  # fmt: skip
    events.publish(session, SYSTEM, event_id=event.id, at=now)
    events.open_event(session, SYSTEM, event_id=event.id, at=now)
    attendance.check_in(
        session, Actor("user", 0, member_id=member_id), code=event.code, claimed_at=now,
        key="checked-in", at=now,
    )  # fmt: skip
