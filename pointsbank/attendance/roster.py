"""Who may come to an event, as its organiser's devices need to know it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session, col

from pointsbank.core import audit
from pointsbank.core.actor import Actor
from pointsbank.events.models import Event
from pointsbank.events.queries import event as event_seen
from pointsbank.events.rules import ORGANISERS
from pointsbank.members.models import Card, Member
from pointsbank.orgs import queries as orgs

MOST = 5_000


@dataclass(frozen=True, slots=True)
class Expected:
    """Somebody who may come: her name, her phone's last four, her good cards."""

    member_id: int
    name: str
    phone_tail: str
    cards: tuple[str, ...] = ()


def expected(session: Session, actor: Actor, event_id: int) -> tuple[Event, list[Expected]]:
    """The event, and who lives where it is held; at most 5,000.

    Refuses: EventNotFound, Forbidden (organiser, secretary).
    """
    found = event_seen(session, actor, event_id)
    actor.require(*ORGANISERS, org_id=found.org_id)
    members = list(
        session.execute(
            select(col(Member.id), col(Member.name), col(Member.phone_tail))
            .where(
                col(Member.residence_id).in_(orgs.ids_below([found.org_id])),
                col(Member.left_on).is_(None),
                col(Member.merged_into_id).is_(None),
            )
            .order_by(col(Member.name), col(Member.id))
            .limit(MOST)
        )
    )
    cards = _good_cards(session, [row[0] for row in members])
    return found, [
        Expected(member_id, name, tail, tuple(cards.get(member_id, ())))
        for member_id, name, tail in members
    ]


def _good_cards(session: Session, member_ids: list[int]) -> dict[int, list[str]]:
    cards: dict[int, list[str]] = {}
    for member_id, digits in session.execute(
        select(col(Card.member_id), col(Card.digits)).where(
            orgs.among(Card.member_id, member_ids), col(Card.lost_at).is_(None)
        )
    ):
        cards.setdefault(member_id, []).append(digits)
    return cards


def take_names_along(
    session: Session, actor: Actor, *, event_id: int, at: datetime
) -> list[Expected]:
    """The list that a device locks up behind its PIN, for ticking people off without network.

    Refuses as ``expected``.
    """
    found, people = expected(session, actor, event_id)
    audit.record(
        session, actor, "attendance.take_names_along", ("event", event_id), at=at,
        org_id=found.org_id, count=len(people),
    )  # fmt: skip
    return people
