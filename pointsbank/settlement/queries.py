"""What is looked up about settlement: who waits, with what suggested; a volunteer's hours."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, and_, func, select
from sqlmodel import Session, col

from pointsbank.attendance.models import Attendance
from pointsbank.attendance.rules import AttendanceState
from pointsbank.core.actor import Actor, Role
from pointsbank.core.encryption import unseal
from pointsbank.events.models import Event
from pointsbank.events.queries import hour_rule_for
from pointsbank.hours.queries import hour_rule
from pointsbank.hours.rules import Cut, HourRule, cuts_of
from pointsbank.members.models import Member
from pointsbank.members.queries import ids_of_person, own_ids
from pointsbank.orgs.queries import among, ancestors_of, ids_below
from pointsbank.settlement.models import (
    Evidence,
    HourChange,
    Objection,
    Supplement,
)
from pointsbank.settlement.rated import ratings, ratings_by_event
from pointsbank.settlement.rules import (
    APPROVERS,
    HELD_FOR,
    REVIEWERS,
    SETTLERS,
    AnswerState,
    NoSuchAttendance,
    NoSuchSupplement,
    Ratings,
    Suggestion,
    Tier,
    suggest,
)
from pointsbank.signups.queries import shift_end

PAGE = 20
MOST_LISTED = 200
_WATCHERS = (*SETTLERS, Role.OFFICIAL)


@dataclass(frozen=True, slots=True)
class Unsettled:
    """Somebody who never checked out, and what she probably served."""

    attendance: Attendance
    name: str
    phone_tail: str
    suggestion: Suggestion


def unsettled(session: Session, event: Event) -> list[Unsettled]:
    """Who of an event waits to be settled, in the order of their coming."""
    rows = session.execute(
        select(
            Attendance, col(Member.name), col(Member.phone_tail),
            shift_end(col(Attendance.event_id), col(Attendance.member_id)),
        )
        .join(Member, col(Member.id) == col(Attendance.member_id))
        .where(
            col(Attendance.event_id) == event.id,
            col(Attendance.state) == AttendanceState.UNSETTLED,
        )
        .order_by(col(Attendance.checked_in_at), col(Attendance.id))
    ).all()  # fmt: skip
    if not rows:
        return []
    left = session.execute(
        select(col(Attendance.minutes)).where(
            col(Attendance.event_id) == event.id,
            col(Attendance.checked_out_at).is_not(None),
            col(Attendance.minutes) > 0,
        )
    )
    others = [minutes for minutes in left.scalars() if minutes]
    terms = hour_rule_for(session, event).terms
    return [
        Unsettled(
            one, name, tail,
            suggest(
                one.checked_in_at, event.starts_at, event.ends_at, terms, others,
                left_at=left_at,
            ),
        )
        for one, name, tail, left_at in rows
    ]  # fmt: skip


def unsettled_counts(session: Session, event_ids: Collection[int]) -> dict[int, int]:
    """How many people of each of these events wait to be settled; no event without any."""
    found = session.execute(
        select(col(Attendance.event_id), func.count())
        .where(
            among(Attendance.event_id, event_ids),
            col(Attendance.state) == AttendanceState.UNSETTLED,
        )
        .group_by(col(Attendance.event_id))
    )
    return dict(found.all())


@dataclass(frozen=True, slots=True)
class Hours:
    """One attendance as its volunteer sees it: what it counts and why not more."""

    attendance: Attendance
    event: Event
    objection: Objection | None
    ratings: Ratings

    @property
    def cuts(self) -> list[Cut]:
        return cuts_of(self.attendance.why)


def my_hours(session: Session, member_id: int, *, page: int = 1) -> list[Hours]:
    """A person's attendances, of all her records, the newest first; a page of ``PAGE``."""
    rows = session.execute(
        select(Attendance, Event)
        .join(Event, col(Event.id) == col(Attendance.event_id))
        .where(_stays_of(session, member_id))
        .order_by(col(Event.starts_at).desc(), col(Attendance.id).desc())
        .offset((page - 1) * PAGE)
        .limit(PAGE)
    ).all()
    told = {one.attendance_id: one for one in _objections(session, [row[0].id for row in rows])}
    rated = ratings_by_event(session, [event.id for _, event in rows])
    return [
        Hours(one, event, told.get(one.id or 0), rated.get(event.id, Ratings()))
        for one, event in rows
    ]


def count_of_hours(session: Session, member_id: int) -> int:
    """How many attendances a person has."""
    counted = select(func.count(col(Attendance.id))).where(_stays_of(session, member_id))
    return int(session.execute(counted).scalar_one())


def _stays_of(session: Session, member_id: int) -> Any:
    return and_(
        among(Attendance.member_id, ids_of_person(session, member_id)),
        col(Attendance.state) != AttendanceState.ABSENT,
    )


def _objections(session: Session, attendance_ids: Sequence[int | None]) -> list[Objection]:
    """The oldest first."""
    ids = [one for one in attendance_ids if one is not None]
    rows = session.execute(
        select(Objection).where(among(Objection.attendance_id, ids)).order_by(col(Objection.id))
    )
    return list(rows.scalars())


@dataclass(frozen=True, slots=True)
class File:
    """All there is about the hours of one attendance."""

    attendance: Attendance
    event: Event
    name: str
    rule: HourRule
    objections: list[Objection]
    changes: list[HourChange]
    ratings: Ratings
    is_own: bool

    @property
    def cuts(self) -> list[Cut]:
        return cuts_of(self.attendance.why)


def file_of(session: Session, actor: Actor, attendance_id: int) -> File:
    """For the volunteer herself and those who settle there. Refuses, in order: NoSuchAttendance,
    Forbidden.
    """
    row = session.execute(
        select(Attendance, Event, col(Member.name))
        .join(Event, col(Event.id) == col(Attendance.event_id))
        .join(Member, col(Member.id) == col(Attendance.member_id))
        .where(col(Attendance.id) == attendance_id)
    ).first()
    if row is None:
        raise NoSuchAttendance
    one, event, name = row
    is_own = one.member_id in own_ids(session, actor)
    if not is_own:
        actor.require(*_WATCHERS, org_id=event.org_id)
    changes = session.execute(
        select(HourChange)
        .where(col(HourChange.attendance_id) == attendance_id)
        .order_by(col(HourChange.id))
    ).scalars()
    return File(
        one, event, name, hour_rule(session, one.hour_rule_id),
        _objections(session, [attendance_id]), list(changes),
        ratings(session, one.event_id), is_own,
    )  # fmt: skip


def open_objections(session: Session, actor: Actor) -> list[Row[Objection, Attendance, Event, str]]:
    """(objection, attendance, event, name) that wait for this actor's answer, the oldest first;
    at most 200.
    """
    return list(
        session.execute(
            select(Objection, Attendance, Event, col(Member.name))
            .join(Attendance, col(Attendance.id) == col(Objection.attendance_id))
            .join(Event, col(Event.id) == col(Attendance.event_id))
            .join(Member, col(Member.id) == col(Objection.member_id))
            .where(
                col(Objection.state) == AnswerState.OPEN,
                col(Event.org_id).in_(_held(actor, *SETTLERS)),
                col(Objection.member_id).not_in(own_ids(session, actor)),
            )
            .order_by(col(Objection.id))
            .limit(MOST_LISTED)
        )
    )


def _held(actor: Actor, *roles: Role) -> Any:
    return ids_below([grant.org_id for grant in actor.grants if grant.role in roles])


def open_supplements(session: Session, actor: Actor) -> list[Row[Supplement, Event, str]]:
    """(supplement, event, name) that wait for this actor's decision, the oldest first; at most
    200.
    """
    return list(
        session.execute(
            _supplements()
            .where(
                col(Supplement.state) == AnswerState.OPEN,
                col(Event.org_id).in_(_held(actor, *REVIEWERS)),
                col(Supplement.member_id).not_in(own_ids(session, actor)),
            )
            .order_by(col(Supplement.id))
            .limit(MOST_LISTED)
        )
    )


def _supplements() -> Any:
    return (
        select(Supplement, Event, col(Member.name))
        .join(Event, col(Event.id) == col(Supplement.event_id))
        .join(Member, col(Member.id) == col(Supplement.member_id))
    )


def supplements_of(session: Session, member_id: int) -> list[Row[Supplement, Event, str]]:
    """(supplement, event, name) of one person, the newest first; at most 200."""
    mine = among(Supplement.member_id, ids_of_person(session, member_id))
    newest = _supplements().where(mine).order_by(col(Supplement.id).desc())
    return list(session.execute(newest.limit(MOST_LISTED)))


def supplement_seen_by(
    session: Session, actor: Actor, supplement_id: int
) -> Row[Supplement, Event, str]:
    """(supplement, event, name) for the volunteer herself and those who settle there. Refuses, in
    order: NoSuchSupplement, Forbidden.
    """
    found = session.execute(_supplements().where(col(Supplement.id) == supplement_id)).first()
    if found is None:
        raise NoSuchSupplement
    supplement, event, _ = found
    if supplement.member_id not in own_ids(session, actor):
        actor.require(*_WATCHERS, org_id=event.org_id)
    row: Row[Supplement, Event, str] = found
    return row


def may_look(session: Session, actor: Actor, supplement: Supplement, event: Event) -> bool:
    """Whether its pictures are this actor's to see: people stand in them, so fewer may than see
    the supplement.
    """
    own = supplement.member_id in own_ids(session, actor)
    return own or actor.may(*SETTLERS, org_id=event.org_id)


def images_of(session: Session, supplement_id: int) -> list[str]:
    """A supplement's pictures, each a JPEG in base 64."""
    rows = session.execute(
        select(col(Evidence.image_sealed))
        .where(col(Evidence.supplement_id) == supplement_id)
        .order_by(col(Evidence.id))
    )
    return [unseal(image) for image in rows.scalars()]


@dataclass(frozen=True, slots=True)
class Held:
    """Minutes of one attendance that a day's tier holds for this actor's approval."""

    attendance: Attendance
    event: Event
    name: str
    tier: Tier
    minutes: int


def approver_of(line: Sequence[int], tier: Tier) -> int:
    """Of an organisation's line, itself first, the one that approves; at the top it is the last."""
    return line[min(1 if tier is Tier.PARENT else 2, len(line) - 1)]


def held_for(session: Session, actor: Actor) -> list[Held]:
    """What is over a day's tier and waits for this actor, the oldest first; at most 200."""
    reach = actor.reach(*APPROVERS)
    rows = session.execute(
        select(Attendance, Event, col(Member.name))
        .join(Event, col(Event.id) == col(Attendance.event_id))
        .join(Member, col(Member.id) == col(Attendance.member_id))
        .where(
            col(Attendance.held_minutes) > 0,
            col(Event.org_id).in_(_held(actor, *APPROVERS)),
            col(Attendance.member_id).not_in(own_ids(session, actor)),
        )
        .order_by(col(Attendance.id))
        .limit(MOST_LISTED)
    ).all()
    lines = ancestors_of(session, {event.org_id for _, event, _ in rows})
    return [
        Held(one, event, name, tier, cut.minutes)
        for one, event, name in rows
        for cut in cuts_of(one.why)
        for tier in Tier
        if cut.kind is HELD_FOR[tier]
        and approver_of([org.id for org in lines[event.org_id]], tier) in reach
    ]
