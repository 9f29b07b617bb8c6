"""Signing up: oneself, another, a team. One way in, so that all meet the same checks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlmodel import Session, col

from pointsbank.core import clock
from pointsbank.core.actor import Actor
from pointsbank.core.errors import Refused
from pointsbank.events.models import Event
from pointsbank.events.queries import event as event_seen
from pointsbank.events.rules import ORGANISERS
from pointsbank.members import queries as members
from pointsbank.members.models import Member
from pointsbank.members.rules import Relation
from pointsbank.orgs.queries import among, organisation
from pointsbank.signups import queries
from pointsbank.signups.models import SignUp
from pointsbank.signups.queries import Offer
from pointsbank.signups.rules import (
    MOST_IN_A_TEAM,
    Full,
    KeyReused,
    NobodyChosen,
    NoMemberAccount,
    NotOfTeam,
    SignUpState,
    SignUpWay,
    Spot,
    check_open,
    check_spot,
    objection,
)
from pointsbank.signups.seating import locked, note, seat_waiting


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for: a spot at an event; to ``wait`` for it where it is full; to sign up
    ``despite_clash``.
    """

    event_id: int
    key: str
    post_id: int | None = None
    shift_id: int | None = None
    wait: bool = False
    despite_clash: bool = False
    team_id: int | None = None

    @property
    def spot(self) -> Spot:
        return Spot(self.post_id, self.shift_id)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one member's sign-up: it stands, or why not; ``repeated``: it stood before."""

    member_id: int
    sign_up: SignUp | None = None
    refused: Refused | None = None
    repeated: bool = False


def sign_up(session: Session, actor: Actor, *, asked: Asked, at: datetime) -> Answer:
    """Sign oneself up. Signed up or waiting already is an answer.

    Refuses, in order: NoMemberAccount, KeyReused, EventNotFound, SpotMissing, NoSuchSpot,
    EventCalledOff, WrongState, SignUpOver, MemberLeft, TooYoungForIt, GuardianNeeded, SkillNeeded,
    PartyMembersOnly, TimesClash (unless ``despite_clash``), Full (unless ``wait``).
    """
    if actor.member_id is None:
        raise NoMemberAccount
    desk = _Desk(session, actor, asked, at)
    return _only(_enter(desk, [actor.member_id], lambda _: SignUpWay.SELF))


def sign_up_other(
    session: Session,
    actor: Actor,
    *,
    member_id: int,
    asked: Asked,
    at: datetime,
    shown: bool = False,
) -> Answer:
    """Sign up somebody of one's household, or, as the event's organiser, whoever is in one's reach
    or has ``shown`` her card or phone code.

    Refuses, in order: KeyReused, EventNotFound, Forbidden, NoSuchMember; then as ``sign_up``.
    """

    def way(event: Event) -> SignUpWay:
        if member_id in {one.id for one in queries.relatives(session, actor.member_id)}:
            return SignUpWay.COMPANION
        actor.require(*ORGANISERS, org_id=event.org_id)
        if not shown:
            members.member_seen_by(session, actor, member_id)
        return SignUpWay.ORGANISER

    return _only(_enter(_Desk(session, actor, asked, at), [member_id], way))


def sign_up_team(
    session: Session, actor: Actor, *, member_ids: Sequence[int], asked: Asked, at: datetime
) -> list[Answer]:
    """Sign up members of the team ``asked.team_id`` as its captain: who may is, and of who may not
    the answer says why (NotOfTeam, and what ``sign_up`` refuses from MemberLeft on).

    Refuses, in order: KeyReused, EventNotFound, NoSuchOrganisation, Forbidden (organiser or
    secretary of the team), NobodyChosen; then as ``sign_up`` up to SignUpOver.
    """
    team_id = asked.team_id or 0
    chosen = list(dict.fromkeys(member_ids))[:MOST_IN_A_TEAM]

    def way(_: Event) -> SignUpWay:
        organisation(session, team_id)
        actor.require(*ORGANISERS, org_id=team_id)
        if not chosen:
            raise NobodyChosen
        return SignUpWay.TEAM

    return _enter(_Desk(session, actor, asked, at), chosen, way)


@dataclass(frozen=True, slots=True)
class _Desk:
    """Where one thing is asked for, by somebody, at an instant."""

    session: Session
    actor: Actor
    asked: Asked
    at: datetime


def _enter(
    desk: _Desk, member_ids: Sequence[int], way_of: Callable[[Event], SignUpWay]
) -> list[Answer]:
    """Sign these members up for one spot, each by herself; an answer for each, in their order.

    ``way_of`` refuses who may not, and says in which way the others do.
    """
    session, actor, asked = desk.session, desk.actor, desk.asked
    locked(session, asked.event_id)
    earlier = _of_key(desk, member_ids)
    if earlier and earlier.keys() >= set(member_ids):
        return [Answer(one, earlier[one], repeated=True) for one in member_ids]
    event = event_seen(session, actor, asked.event_id)
    way = way_of(event)
    offered = queries.offer(session, event)
    check_spot(asked.spot, offered.spots)
    known = queries.standing(session, asked.event_id, asked.spot, member_ids) | earlier
    answers = {one: Answer(one, row, repeated=True) for one, row in known.items()}
    if fresh := [one for one in member_ids if one not in answers]:
        check_open(
            event.state, event.cancel_reason, offered.demands(asked.spot), desk.at,
            by_organiser=actor.may(*ORGANISERS, org_id=event.org_id),
        )  # fmt: skip
        refused = _objections(desk, fresh, offered)
        answers |= {one: Answer(one, refused=why) for one, why in refused.items()}
        answers |= _seat(desk, way, [one for one in fresh if one not in refused], offered)
    return [answers[one] for one in member_ids]


def _objections(desk: _Desk, member_ids: Sequence[int], offered: Offer) -> dict[int, Refused]:
    """What speaks against whom, once they are locked: she may be signing up elsewhere, too."""
    session, asked = desk.session, desk.asked
    session.execute(
        select(col(Member.id))
        .where(among(Member.id, member_ids))
        .order_by(col(Member.id))
        .with_for_update(key_share=True)
    ).all()
    demands = offered.demands(asked.spot)
    found: dict[int, Refused] = {}
    for one in queries.candidates(session, member_ids, demands).values():
        herself = one.member_id == desk.actor.member_id
        against = objection(one, demands, despite_clash=asked.despite_clash, herself=herself)
        if against is not None:
            found[one.member_id] = against
    if asked.team_id is not None:
        pairs = members.affiliated(Relation.TEAM, clock.local_day(desk.at)).subquery()
        of_team = session.execute(select(pairs.c.member_id).where(pairs.c.org_id == asked.team_id))
        found |= {one: NotOfTeam() for one in set(member_ids) - set(of_team.scalars())}
    return found


def _seat(
    desk: _Desk, way: SignUpWay, member_ids: Sequence[int], offered: Offer
) -> dict[int, Answer]:
    """Write their sign-ups: with a seat while there are any, then waiting if they want to."""
    session, actor, asked, at = desk.session, desk.actor, desk.asked, desk.at
    seat_waiting(session, actor, offered, at)  # nobody gets what somebody has waited for
    seats = queries.seats(session, offered, member_ids)
    rows: list[dict[str, Any]] = []
    for member_id in member_ids:
        seated = seats.take(member_id, asked.spot)
        if seated or asked.wait:
            row = {
                "event_id": asked.event_id, "post_id": asked.post_id, "shift_id": asked.shift_id,
                "member_id": member_id, "team_id": asked.team_id, "way": way, "asked_at": at,
                "state": SignUpState.SIGNED_UP if seated else SignUpState.WAITING,
                "by_kind": actor.kind, "by_id": actor.id, "key": asked.key,
                "withdrawal_reason": "",
            }  # fmt: skip
            rows.append(row)
    if rows:
        session.execute(insert(SignUp), rows)
        waiting = sum(row["state"] is SignUpState.WAITING for row in rows)
        note(
            session, actor, "signed_up", offered.event, at,
            way=way, people=len(rows), waiting=waiting, members=[r["member_id"] for r in rows],
        )  # fmt: skip
    written = {one.member_id: one for one in queries.of_key(session, actor, asked.key)}
    full = Full(waiting=queries.waiting_by_spot(session, asked.event_id)[asked.spot])
    return {
        one: Answer(one, written[one]) if one in written else Answer(one, refused=full)
        for one in member_ids
    }


def _only(answers: list[Answer]) -> Answer:
    [answer] = answers
    if answer.refused is not None:
        raise answer.refused
    return answer


def _of_key(desk: _Desk, member_ids: Sequence[int]) -> dict[int, SignUp]:
    """What this key wrote, by member. Refuses: KeyReused where it was for something else."""
    asked = desk.asked
    rows = queries.of_key(desk.session, desk.actor, asked.key)
    same = (asked.event_id, asked.spot, asked.team_id)
    for one in rows:
        theirs = one.member_id in member_ids or asked.team_id is not None
        if (one.event_id, one.spot, one.team_id) != same or not theirs:
            raise KeyReused
    return {one.member_id: one for one in rows}
