"""The verbs of sign-ups: withdraw, move up, set terms, have a calendar address.

Those of signing up are in ``signing``.
"""

import secrets
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, insert, select
from sqlmodel import Session, col

from pointsbank.access.queries import token_digest
from pointsbank.core import audit
from pointsbank.core.actor import SYSTEM, Actor
from pointsbank.core.errors import Forbidden
from pointsbank.events import operations as events
from pointsbank.events.models import Event
from pointsbank.events.rules import ORGANISERS, EventNotFound, EventState, check_state
from pointsbank.members import queries as members
from pointsbank.signups import queries
from pointsbank.signups.models import CalendarAddress, SignUp, SignUpTerms
from pointsbank.signups.rules import (
    SIGN_UP_STATES,
    STANDING,
    BegunAlready,
    ClosesTooLate,
    NoMemberAccount,
    NoSuchSpot,
    SignUpNotFound,
    SignUpState,
)
from pointsbank.signups.seating import locked, note, seat_waiting
from pointsbank.signups.signing import Answer, Asked, sign_up, sign_up_other, sign_up_team

__all__ = [
    "Answer", "Asked", "drop_calendar_address", "make_calendar_address", "move_up", "set_terms",
    "sign_up", "sign_up_other", "sign_up_team", "withdraw", "withdraw_all",
]  # fmt: skip


def withdraw(
    session: Session, actor: Actor, *, sign_up_id: int, at: datetime, reason: str = ""
) -> SignUp:
    """Take a sign-up back, until it begins; who waits moves up. Withdrawn already is an answer.

    She herself may, somebody of her household, her team's captain, the event's organiser. Refuses,
    in order: SignUpNotFound, Forbidden, WrongState (closed, cancelled), BegunAlready.
    """
    found = session.get(SignUp, sign_up_id)
    if found is None:
        raise SignUpNotFound
    event = locked(session, found.event_id)
    assert event is not None  # noqa: S101 - its foreign key holds
    session.refresh(found)
    if not _may_withdraw(session, actor, found, event):
        raise Forbidden
    if found.state is SignUpState.WITHDRAWN:
        return found
    check_state(event.state, *SIGN_UP_STATES)
    offered = queries.offer(session, event)
    starts_at, _ = offered.span(found.spot)
    if at >= starts_at:
        raise BegunAlready(starts_at=starts_at)
    found.state = SignUpState.WITHDRAWN
    found.withdrawn_at = at
    found.withdrawal_reason = reason
    session.flush()
    note(session, actor, "withdrawn", event, at, member=found.member_id)
    seat_waiting(session, actor, offered, at)
    return found


def move_up(session: Session, actor: Actor, *, event_id: int, at: datetime) -> int:
    """Give the seats that there are to those who wait, first come first served; how many got one.

    Refuses: EventNotFound.
    """
    event = locked(session, event_id)
    if event is None:
        raise EventNotFound
    if event.state not in SIGN_UP_STATES:
        return 0
    return seat_waiting(session, actor, queries.offer(session, event), at)


def set_terms(
    session: Session,
    actor: Actor,
    *,
    event_id: int,
    at: datetime,
    closes_at: datetime | None = None,
    party_only: bool = False,
    party_post_ids: Collection[int] = (),
) -> None:
    """Say until when people sign up, and what only party members do: the event, or some posts.

    Refuses, in order: EventNotFound, Forbidden, WrongState (closed, cancelled), NoSuchSpot,
    ClosesTooLate.
    """
    event = events.held(session, actor, event_id)
    check_state(event.state, EventState.DRAFT, *SIGN_UP_STATES)
    offered = queries.offer(session, event)
    if not set(party_post_ids) <= offered.posts.keys():
        raise NoSuchSpot
    if closes_at is not None and closes_at > event.ends_at:
        raise ClosesTooLate
    session.execute(delete(SignUpTerms).where(col(SignUpTerms.event_id) == event_id))
    own = {"event_id": event_id, "post_id": None, "closes_at": closes_at, "party_only": party_only}
    of_posts = [
        {"event_id": event_id, "post_id": post_id, "closes_at": None, "party_only": True}
        for post_id in sorted(party_post_ids)
    ]
    session.execute(insert(SignUpTerms), [own, *of_posts])
    note(
        session, actor, "terms_set", event, at,
        until=closes_at, party_only=party_only, posts=sorted(party_post_ids),
    )  # fmt: skip


def make_calendar_address(session: Session, actor: Actor, *, at: datetime) -> str:
    """Give a member a secret address for her calendar program: its token, told this once. The one
    before, if any, is void. Refuses: NoMemberAccount.
    """
    drop_calendar_address(session, actor, at=at)
    token = secrets.token_urlsafe(32)
    made = {"member_id": actor.member_id, "token_digest": token_digest(token), "made_at": at}
    session.execute(insert(CalendarAddress), made)
    subject = ("member", actor.member_id or 0)
    audit.record(session, actor, "signups.calendar_address_made", subject, at=at)
    return token


def drop_calendar_address(session: Session, actor: Actor, *, at: datetime) -> None:
    """Void a member's calendar address; none is an answer. Refuses: NoMemberAccount."""
    if actor.member_id is None:
        raise NoMemberAccount
    held = queries.calendar_address(session, actor.member_id)
    if held is not None:
        session.delete(held)
        session.flush()
        subject = ("member", actor.member_id)
        audit.record(session, actor, "signups.calendar_address_dropped", subject, at=at)


def withdraw_all(session: Session, *, member_id: int, at: datetime) -> None:
    """Take back what a member who is erased has signed up for and what has not begun."""
    rows = session.execute(
        select(SignUp)
        .where(col(SignUp.member_id) == member_id, col(SignUp.state).in_(STANDING))
        .order_by(col(SignUp.event_id), col(SignUp.id))
    ).scalars()
    for one in rows.all():
        event = locked(session, one.event_id)
        assert event is not None  # noqa: S101 - its foreign key holds
        offered = queries.offer(session, event)
        if event.state in SIGN_UP_STATES and offered.span(one.spot)[0] > at:
            one.state = SignUpState.WITHDRAWN
            one.withdrawn_at = at
            session.flush()
            seat_waiting(session, SYSTEM, offered, at)


def _may_withdraw(session: Session, actor: Actor, found: SignUp, event: Event) -> bool:
    if actor.may(*ORGANISERS, org_id=event.org_id):
        return True
    if found.team_id is not None and actor.may(*ORGANISERS, org_id=found.team_id):
        return True
    if actor.member_id is None:
        return False
    relatives = [one.id for one in queries.relatives(session, actor.member_id)]
    hers = members.records_of([actor.member_id, *relatives])
    return found.member_id in set(session.execute(hers).scalars())
