"""Sign-ups of two records that become one person's, and back.

They stay under the record that they were made for, and are the person's by ``joins``; but she has
one seat where both had one.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from pointsbank.core.actor import SYSTEM
from pointsbank.core.errors import say
from pointsbank.events.models import Event
from pointsbank.signups import mine, queries
from pointsbank.signups.models import SignUp
from pointsbank.signups.queries import Offer
from pointsbank.signups.rules import SIGN_UP_STATES, STANDING, SignUpState, Spot
from pointsbank.signups.seating import locked, seat_waiting

DOUBLE = say("重复登记已合并，保留另一条报名。")


def give_up_doubles(session: Session, kept_id: int, at: datetime) -> list[tuple[int, str]]:
    """Of two sign-ups of hers for one spot to come the better stays: a seat before a place in the
    queue, then the earlier. Who waits gets the other's seat. Each one's id and state before.
    """
    by_spot: dict[tuple[int, Spot], list[SignUp]] = defaultdict(list)
    for shown in mine.coming(session, kept_id, at):
        by_spot[shown.event.id or 0, shown.sign_up.spot].append(shown.sign_up)
    given_up: list[tuple[int, str]] = []
    for (event_id, spot), both in sorted(by_spot.items(), key=lambda found: found[0][0]):
        offered = _to_come(session, event_id, spot, at) if len(both) > 1 else None
        if offered is None:
            continue
        for one in both:
            session.refresh(one)  # it may have been withdrawn before the event was locked
        standing = [one for one in both if one.state in STANDING]
        standing.sort(key=lambda one: (one.state is SignUpState.WAITING, one.id))
        for one in standing[1:]:
            given_up.append((one.id or 0, one.state.value))
            one.state, one.withdrawn_at = SignUpState.WITHDRAWN, at
            one.withdrawal_reason = DOUBLE
        session.flush()
        seat_waiting(session, SYSTEM, offered, at)
    return given_up


def take_up_again(session: Session, given_up: Sequence[tuple[int, str]], at: datetime) -> None:
    """The sign-ups are as they were; who had a seat that is another's now waits for the next.

    Not where she signed up there again meanwhile.
    """
    for sign_up_id, state in given_up:
        one = session.get_one(SignUp, sign_up_id)
        offered = _to_come(session, one.event_id, one.spot, at)
        member_id = one.member_id
        if queries.standing(session, one.event_id, one.spot, [member_id]):
            continue
        one.state, one.withdrawn_at, one.withdrawal_reason = SignUpState(state), None, ""
        if offered and one.state is SignUpState.SIGNED_UP:
            with session.no_autoflush:
                seats = queries.seats(session, offered, [member_id])
            if not seats.take(member_id, one.spot):
                one.state, one.moved_up_at = SignUpState.WAITING, None
        session.flush()


def _to_come(session: Session, event_id: int, spot: Spot, at: datetime) -> Offer | None:
    """What the event offers, which is then locked; none if the spot has begun or is called off."""
    event: Event | None = locked(session, event_id)
    if event is None or event.state not in SIGN_UP_STATES:
        return None
    offered = queries.offer(session, event)
    return offered if offered.span(spot)[0] > at else None
