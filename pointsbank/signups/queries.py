"""What is looked up about sign-ups: seats, who comes, who waits, what one has signed up for.

A person is asked for under all her records: ``member_id`` here is that of the record kept.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from pointsbank.core import clock
from pointsbank.core.actor import Actor
from pointsbank.events import queries as events
from pointsbank.events.models import Event, EventChange, Post, Shift
from pointsbank.events.rules import ORGANISERS, Taken
from pointsbank.members import queries as members
from pointsbank.members.models import Member, MemberGuardian
from pointsbank.members.rules import IN_THE_PARTY, Relation, folded_digits
from pointsbank.orgs import queries as orgs
from pointsbank.orgs.models import Organisation
from pointsbank.orgs.rules import Line
from pointsbank.signups.joins import (
    begins,
    ends,
    is_here,
    is_in,
    of_event,
    people,
    person,
    shift_end,
    with_times,
)
from pointsbank.signups.mine import coming, doubles
from pointsbank.signups.models import CalendarAddress, SignUp, SignUpTerms
from pointsbank.signups.rules import (
    SIGN_UP_STATES,
    STANDING,
    Candidate,
    Demands,
    Seats,
    SignUpNotFound,
    SignUpState,
    Spot,
    Waiting,
    spots,
)

__all__ = ["coming", "doubles", "shift_end"]

MOST_LISTED = 10_000
MOST_TEAMS = 500
CARD_DIGITS = 20


@dataclass(frozen=True, slots=True)
class Offer:
    """An event as it is signed up for: its posts and shifts by id, its terms by post (``None``:
    the event's own).
    """

    event: Event
    posts: dict[int, Post]
    shifts: dict[int, Shift]
    terms: dict[int | None, SignUpTerms]

    @property
    def spots(self) -> list[Spot]:
        return spots(list(self.posts), [(s.id or 0, s.post_id) for s in self.shifts.values()])

    def span(self, spot: Spot) -> tuple[datetime, datetime]:
        """From when to when: the shift's times, else the event's."""
        held = self.shifts[spot.shift_id] if spot.shift_id else self.event
        return held.starts_at, held.ends_at

    def demands(self, spot: Spot) -> Demands:
        """What the event and the post ask together; sign-up closes as the spot begins at latest."""
        starts_at, ends_at = self.span(spot)
        post = self.posts.get(spot.post_id or 0)
        own = self.terms.get(None)
        asked = [one for one in (own, self.terms.get(spot.post_id)) if one]
        ages = [self.event.least_age or 0, post.least_age or 0 if post else 0]
        skills = [self.event.skill, post.skill if post else ""]
        closes_at = own.closes_at if own and own.closes_at else starts_at
        return Demands(
            starts_at,
            ends_at,
            min(closes_at, starts_at),
            clock.local_day(starts_at),
            max(ages),
            tuple(dict.fromkeys(skill for skill in skills if skill)),
            any(one.party_only for one in asked),
        )


def event_of(session: Session, sign_up_id: int) -> tuple[Event, int]:
    """The event of a sign-up, and whose that is. Refuses: SignUpNotFound."""
    found = session.get(SignUp, sign_up_id)
    if found is None:
        raise SignUpNotFound
    return session.get_one(Event, found.event_id), found.member_id


def offer(session: Session, event: Event) -> Offer:
    """What people may sign up for at an event."""
    terms = session.execute(
        select(SignUpTerms).where(col(SignUpTerms.event_id) == event.id)
    ).scalars()
    return Offer(
        event,
        {post.id or 0: post for post in events.posts_of(session, event.id)},
        {shift.id or 0: shift for shift in events.shifts_of(session, event.id)},
        {one.post_id: one for one in terms},
    )


def seats(session: Session, offered: Offer, asking: Iterable[int] = ()) -> Seats:
    """What is taken at an event; ``asking``: the people whose own seats matter."""
    signed_up = (of_event(offered.event.id), is_in(SignUpState.SIGNED_UP), is_here())
    taken_of = session.execute(
        people(col(SignUp.post_id), col(SignUp.shift_id), func.count())
        .where(*signed_up)
        .group_by(col(SignUp.post_id), col(SignUp.shift_id))
    )
    counted = session.execute(people(func.count(person().distinct())).where(*signed_up))
    ids = set(asking)
    theirs = people(person()).where(*signed_up, person().in_(ids))
    return Seats(
        offered.event.capacity,
        {post.id: post.capacity for post in offered.posts.values() if post.id and post.capacity},
        {one.id: one.capacity for one in offered.shifts.values() if one.id and one.capacity},
        Counter({Spot(post_id, shift_id): count for post_id, shift_id, count in taken_of}),
        counted.scalar_one(),
        set(session.execute(theirs).scalars()) if ids else set(),
    )


def waiting(session: Session, event_id: int) -> list[Waiting]:
    """Who waits for a seat at an event, in the order of asking."""
    rows = session.execute(
        people(col(SignUp.id), person(), col(SignUp.post_id), col(SignUp.shift_id))
        .where(of_event(event_id), is_in(SignUpState.WAITING), is_here())
        .order_by(col(SignUp.id))
    )
    return [Waiting(row[0], row[1], Spot(row[2], row[3])) for row in rows]


def waiting_by_spot(session: Session, event_id: int) -> Counter[Spot]:
    """How many wait for each spot of an event."""
    return Counter(one.spot for one in waiting(session, event_id))


def events_waited_for(
    session: Session, at: datetime, event_ids: Collection[int] | None = None
) -> list[int]:
    """The events to come, all or of these, for which somebody waits."""
    wanted = (
        select(col(SignUp.event_id))
        .distinct()
        .join(Event, col(Event.id) == col(SignUp.event_id))
        .where(
            is_in(SignUpState.WAITING),
            col(Event.state).in_(SIGN_UP_STATES),
            col(Event.ends_at) > at,
        )
        .order_by(col(SignUp.event_id))
    )
    if event_ids is not None:
        wanted = wanted.where(orgs.among(SignUp.event_id, event_ids))
    return list(session.execute(wanted).scalars())


def taken(session: Session, event_ids: Iterable[int]) -> dict[int, Taken]:
    """How many have a seat at each of these events where anybody has: people, and seats by post
    and by shift.
    """
    ids = list(event_ids)
    signed_up = (orgs.among(SignUp.event_id, ids), is_in(SignUpState.SIGNED_UP), is_here())
    counted = session.execute(
        people(col(SignUp.event_id), func.count(person().distinct()))
        .where(*signed_up)
        .group_by(col(SignUp.event_id))
    )
    posts: dict[int, Counter[int]] = {}
    shifts: dict[int, Counter[int]] = {}
    seats_of = session.execute(
        people(col(SignUp.event_id), col(SignUp.post_id), col(SignUp.shift_id), func.count())
        .where(*signed_up)
        .group_by(col(SignUp.event_id), col(SignUp.post_id), col(SignUp.shift_id))
    )
    for event_id, post_id, shift_id, count in seats_of:
        posts.setdefault(event_id, Counter())[post_id] += count
        shifts.setdefault(event_id, Counter())[shift_id] += count
    return {row[0]: Taken(row[1], posts[row[0]], shifts[row[0]]) for row in counted}


def candidates(
    session: Session, member_ids: Collection[int], demands: Demands
) -> dict[int, Candidate]:
    """What decides about each of these members, who are locked already."""
    found = members.members(session, member_ids)
    guarded = set(
        session.execute(
            select(col(MemberGuardian.member_id)).where(
                orgs.among(MemberGuardian.member_id, member_ids)
            )
        ).scalars()
    )
    clashes = _clashes(session, member_ids, demands)
    return {
        member_id: Candidate(
            member_id,
            one.left_on,
            one.birth_on,
            member_id in guarded,
            one.skills,
            one.party_status in IN_THE_PARTY,
            clashes.get(member_id),
        )
        for member_id, one in found.items()
    }


def _clashes(
    session: Session, member_ids: Collection[int], demands: Demands
) -> dict[int, tuple[str, datetime]]:
    """What each has signed up for, or waits for, that overlaps: the earliest of it."""
    starts_at, ends_at = begins(), ends()
    rows = session.execute(
        with_times(person(), col(Event.title), starts_at)
        .where(
            person().in_(set(member_ids)),
            col(SignUp.state).in_(STANDING),
            col(Event.state).in_(SIGN_UP_STATES),
            starts_at < demands.ends_at,
            ends_at > demands.starts_at,
        )
        .order_by(starts_at.desc(), col(SignUp.id).desc())
    )
    return {row[0]: (row[1], row[2]) for row in rows}


def standing(
    session: Session, event_id: int, spot: Spot, member_ids: Collection[int]
) -> dict[int, SignUp]:
    """Those of these people who are signed up for a spot, or wait for it."""
    rows = session.execute(
        people(person(), SignUp).where(
            of_event(event_id),
            col(SignUp.post_id).is_not_distinct_from(spot.post_id),
            col(SignUp.shift_id).is_not_distinct_from(spot.shift_id),
            col(SignUp.state).in_(STANDING),
            person().in_(set(member_ids)),
        )
    )
    return {row[0]: row[1] for row in rows}


def changes_counted(session: Session, event_ids: Iterable[int]) -> dict[int, int]:
    """How often each of these events was changed after it was known; none without a change."""
    rows = session.execute(
        select(col(EventChange.event_id), func.count())
        .where(orgs.among(EventChange.event_id, event_ids))
        .group_by(col(EventChange.event_id))
    )
    return {row[0]: row[1] for row in rows}


def of_key(session: Session, actor: Actor, key: str) -> list[SignUp]:
    """What this actor wrote under a key."""
    wanted = select(SignUp).where(
        col(SignUp.by_kind) == actor.kind, col(SignUp.by_id) == actor.id, col(SignUp.key) == key
    )
    return list(session.execute(wanted).scalars())


@dataclass(frozen=True, slots=True)
class Listed:
    """A line of an event's list: the sign-up, who she is, her phone's last four."""

    sign_up: SignUp
    member_id: int
    name: str
    phone_tail: str
    team: str


def listed(session: Session, event_id: int) -> list[Listed]:
    """Who is signed up for an event or waits for it, in the order of asking."""
    return _listed(session, of_event(event_id))


def listed_for(
    session: Session, event_id: int, *, member_ids: Collection[int], team_ids: Collection[int]
) -> list[Listed]:
    """Those of them who are these people or came with these teams: whom one signed up oneself."""
    theirs = or_(person().in_(set(member_ids)), col(SignUp.team_id).in_(set(team_ids)))
    return _listed(session, of_event(event_id), theirs)


def _listed(session: Session, *which: ColumnElement[bool]) -> list[Listed]:
    kept = aliased(Member)
    rows = session.execute(
        people(SignUp, kept.id, kept.name, kept.phone_tail, col(Organisation.name))
        .join(kept, kept.id == person())
        .join(Organisation, col(Organisation.id) == col(SignUp.team_id), isouter=True)
        .where(*which, col(SignUp.state).in_(STANDING), is_here())
        .order_by(col(SignUp.id))
        .limit(MOST_LISTED)
    )
    return [Listed(row[0], row[1], row[2], row[3], row[4] or "") for row in rows]


def people_expected(event_id: int) -> Select[int]:
    """The members who are signed up for an event, each once: for ``column.in_(…)``, and less those
    who came it is those who did not.
    """
    signed_up = (of_event(event_id), is_in(SignUpState.SIGNED_UP), is_here())
    found: Select[int] = people(person()).where(*signed_up).distinct()
    return found


def expected(session: Session, event_id: int) -> int:
    """How many people are signed up for an event: the door's "in / expected"."""
    counted = select(func.count()).select_from(people_expected(event_id).subquery())
    return int(session.execute(counted).scalar_one())


def team_choices(session: Session, actor: Actor) -> list[tuple[int, str]]:
    """The teams that an actor may sign up: those that she is captain of, or that are below hers."""
    held = [grant.org_id for grant in actor.grants if grant.role in ORGANISERS]
    rows = session.execute(
        select(col(Organisation.id), col(Organisation.name))
        .where(
            col(Organisation.id).in_(orgs.ids_below(held)),
            col(Organisation.line) == Line.TEAM,
            col(Organisation.closed_on).is_(None),
        )
        .order_by(col(Organisation.id))
        .limit(MOST_TEAMS)
    )
    return [(row[0], row[1]) for row in rows]


def of_team(session: Session, team_id: int, at: datetime) -> list[Member]:
    """The members of a team today, by name."""
    pairs = members.affiliated(Relation.TEAM, clock.local_day(at)).subquery()
    wanted = (
        select(Member)
        .join(pairs, pairs.c.member_id == col(Member.id))
        .where(pairs.c.org_id == team_id, col(Member.left_on).is_(None))
        .order_by(col(Member.name), col(Member.id))
    )
    return list(session.execute(wanted).scalars())


def relatives(session: Session, member_id: int | None) -> list[Member]:
    """Who lives in one household with a member today."""
    if member_id is None:
        return []
    times = members.household_times(session, [member_id])
    now = next((one.household_id for one in times if one.until_on is None), None)
    if now is None:
        return []
    ids = [one.member_id for one in members.household_members(session, now)]
    found = members.members(session, [one for one in ids if one != member_id])
    return list(found.values())


def member_meant(
    session: Session, actor: Actor, member_id: int, code: str, *, at: datetime
) -> tuple[int, bool]:
    """The member of this id, or whose card, phone code or volunteer number this is; and whether a
    card or phone was shown. Refuses as ``member_by_code`` and ``member_by_number`` do.
    """
    if not code:
        return member_id, False
    shown = len(folded_digits(code)) >= CARD_DIGITS
    if shown:
        return members.member_by_code(session, code, at).id, True
    return members.member_by_number(session, actor, code).id, False


def calendar_address(session: Session, member_id: int | None) -> CalendarAddress | None:
    """A member's calendar address, if she has one."""
    return session.get(CalendarAddress, member_id) if member_id else None


def member_of_calendar(session: Session, token_digest: bytes) -> int | None:
    """Whose calendar address this is."""
    wanted = (
        select(col(CalendarAddress.member_id))
        .join(Member, col(Member.id) == col(CalendarAddress.member_id))
        .where(col(CalendarAddress.token_digest) == token_digest, col(Member.left_on).is_(None))
    )
    return session.execute(wanted).scalar_one_or_none()
