"""What a member has signed up for, as she sees it herself."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from pointsbank.events.models import Event, Post, Shift
from pointsbank.events.rules import EventState
from pointsbank.members import queries as members
from pointsbank.orgs import queries as orgs
from pointsbank.orgs.models import Organisation
from pointsbank.signups.joins import begins, ends, of_event, with_times
from pointsbank.signups.models import SignUp
from pointsbank.signups.rules import STANDING, SignUpState

PAGE = 20
MOST_SINCE = 500


@dataclass(frozen=True, slots=True)
class Mine:
    """A sign-up as its owner sees it; ``queue`` is her place among those who wait."""

    sign_up: SignUp
    event: Event
    post: Post | None
    shift: Shift | None
    organisation: str
    queue: int | None

    @property
    def starts_at(self) -> datetime:
        return (self.shift or self.event).starts_at

    @property
    def ends_at(self) -> datetime:
        return (self.shift or self.event).ends_at

    @property
    def place(self) -> str:
        return (self.post.place if self.post else "") or self.event.place


def coming(session: Session, member_id: int, at: datetime) -> list[Mine]:
    """What she has signed up for, or waits for, that is not over, soonest first."""
    asked = _mine(member_id).where(
        col(SignUp.state).in_(STANDING), ends() > at, col(Event.state) != EventState.CLOSED
    )
    return _told(session, asked.order_by(begins(), col(SignUp.id)))


def doubles(session: Session, one_id: int, two_id: int, at: datetime) -> list[str]:
    """The events to come at which two records are both signed up for one spot, or wait for it."""
    of_one = {(one.event.id, one.sign_up.spot) for one in coming(session, one_id, at)}
    of_two = coming(session, two_id, at)
    return [one.event.title for one in of_two if (one.event.id, one.sign_up.spot) in of_one]


def since(session: Session, member_id: int, at: datetime) -> list[Mine]:
    """What she has signed up for, or waits for, that ended after an instant or will, by its time;
    at most 500.
    """
    asked = _mine(member_id).where(col(SignUp.state).in_(STANDING), ends() > at)
    return _told(session, asked.order_by(begins(), col(SignUp.id)).limit(MOST_SINCE))


def past(
    session: Session, member_id: int, at: datetime, *, before: int | None = None
) -> list[Mine]:
    """What is over or withdrawn, the last asked for first; ``before`` pages by id."""
    over = or_(
        col(SignUp.state) == SignUpState.WITHDRAWN,
        ends() <= at,
        col(Event.state) == EventState.CLOSED,
    )
    asked = _mine(member_id).where(over)
    if before is not None:
        asked = asked.where(col(SignUp.id) < before)
    return _told(session, asked.order_by(col(SignUp.id).desc()).limit(PAGE))


def at_event(session: Session, event_id: int, member_id: int | None) -> list[Mine]:
    """What a member has signed up for at an event."""
    if member_id is None:
        return []
    asked = _mine(member_id).where(of_event(event_id), col(SignUp.state).in_(STANDING))
    return _told(session, asked.order_by(begins(), col(SignUp.id)))


def states_at(session: Session, event_ids: Iterable[int], member_id: int) -> dict[int, SignUpState]:
    """Of these events those that a member has signed up for, or waits for."""
    rows = session.execute(
        select(col(SignUp.event_id), col(SignUp.state))
        .where(
            orgs.among(SignUp.event_id, event_ids),
            col(SignUp.member_id).in_(members.same_person(member_id)),
            col(SignUp.state).in_(STANDING),
        )
        .order_by(col(SignUp.state).desc())  # of both, signed up comes last
    )
    return dict(rows.all())


def places_in_queue(session: Session, sign_ups: Iterable[SignUp]) -> dict[int, int]:
    """For each that waits which it is, from 1, among those who wait for the same spot."""
    ids = [one.id for one in sign_ups if one.state is SignUpState.WAITING]
    other: Any = aliased(SignUp)
    rows = session.execute(
        select(col(SignUp.id), func.count(other.id))
        .join(
            other,
            and_(
                other.event_id == col(SignUp.event_id),
                other.post_id.is_not_distinct_from(col(SignUp.post_id)),
                other.shift_id.is_not_distinct_from(col(SignUp.shift_id)),
                other.state == SignUpState.WAITING,
                other.id <= col(SignUp.id),
            ),
        )
        .where(orgs.among(SignUp.id, [one for one in ids if one is not None]))
        .group_by(col(SignUp.id))
    )
    return dict(rows.all())


def _mine(member_id: int) -> Any:
    return (
        with_times(SignUp, Event, Post, Shift, col(Organisation.name))
        .join(Post, col(Post.id) == col(SignUp.post_id), isouter=True)
        .join(Organisation, col(Organisation.id) == col(Event.org_id))
        .where(col(SignUp.member_id).in_(members.same_person(member_id)))
    )


def _told(session: Session, asked: Any) -> list[Mine]:
    rows: Sequence[Any] = session.execute(asked).all()
    queue = places_in_queue(session, [row[0] for row in rows])
    return [Mine(row[0], row[1], row[2], row[3], row[4], queue.get(row[0].id)) for row in rows]
