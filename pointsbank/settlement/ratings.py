"""Quality rating 满意度 by the persons served: on paper, or once by a printed code."""

import secrets
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import delete, insert, select
from sqlmodel import Session, col

from pointsbank.core import audit
from pointsbank.core.actor import Actor
from pointsbank.events import operations as events
from pointsbank.events.models import Event
from pointsbank.events.rules import EventState
from pointsbank.settlement.models import PaperRating, RatingCode
from pointsbank.settlement.rated import paper_ratings
from pointsbank.settlement.rules import (
    MARKS,
    RATED_FOR,
    SETTLERS,
    AlreadyRated,
    NoSuchRatingCode,
    NotOverYet,
    RatingOver,
)

_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # none that another is taken for
_CODE_LENGTH = 10


def enter_paper_ratings(
    session: Session, actor: Actor, *, event_id: int, numbers: Mapping[int, int], at: datetime
) -> None:
    """How many gave which marks on paper; entered again, the new numbers stand.

    Refuses, in order: EventNotFound, Forbidden (organiser, secretary, reviewer), NotOverYet.
    """
    event = events.held(session, actor, event_id, *SETTLERS)
    if event.state is not EventState.CLOSED:
        raise NotOverYet
    before = paper_ratings(session, event_id)
    after = {marks: number for marks, number in numbers.items() if number and marks in MARKS}
    if before == after:
        return
    session.execute(delete(PaperRating).where(col(PaperRating.event_id) == event_id))
    rows = [
        {"event_id": event_id, "marks": marks, "number": number} for marks, number in after.items()
    ]
    if rows:
        session.execute(insert(PaperRating), rows)
    audit.record(
        session, actor, "settlement.enter_ratings", ("event", event_id), at=at,
        org_id=event.org_id, before=before, after=after,
    )  # fmt: skip


def make_rating_codes(
    session: Session, actor: Actor, *, event_id: int, number: int, at: datetime
) -> list[str]:
    """See that an event has so many codes that nobody used yet, and give them to be printed.

    Refuses, in order: EventNotFound, Forbidden (organiser, secretary, reviewer).
    """
    event = events.held(session, actor, event_id, *SETTLERS)
    unused = select(col(RatingCode.code)).where(
        col(RatingCode.event_id) == event_id, col(RatingCode.marks).is_(None)
    )
    there = list(session.execute(unused.order_by(col(RatingCode.id)).limit(number)).scalars())
    fresh = [
        "".join(secrets.choice(_LETTERS) for _ in range(_CODE_LENGTH))
        for _ in range(number - len(there))
    ]
    if fresh:
        session.execute(
            insert(RatingCode), [{"event_id": event_id, "code": code} for code in fresh]
        )
        audit.record(
            session, actor, "settlement.make_rating_codes", ("event", event_id), at=at,
            org_id=event.org_id, number=len(fresh),
        )  # fmt: skip
    return there + fresh


def rate(session: Session, *, code: str, marks: int, at: datetime) -> None:
    """One person's marks by her printed code, 1 to 5; the same again is an answer.

    Refuses, in order: NoSuchRatingCode, AlreadyRated, RatingOver (30 days after the event).
    """
    found: RatingCode | None = session.execute(
        select(RatingCode).where(col(RatingCode.code) == code.strip().upper()).with_for_update()
    ).scalar_one_or_none()
    if found is None:
        raise NoSuchRatingCode
    if found.marks == marks:
        return
    if found.marks is not None:
        raise AlreadyRated(since=found.rated_at)
    until = session.get_one(Event, found.event_id).ends_at + RATED_FOR
    if at > until:
        raise RatingOver(until=until)
    found.marks, found.rated_at = marks, at
