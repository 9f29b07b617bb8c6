"""What is looked up about scans and attendances."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, case, func, or_, select
from sqlmodel import Session, col

from pointsbank.attendance.models import Attendance, LateScan, Scan, WalkIn
from pointsbank.attendance.rules import COUNTED, EFFECTIVE, AttendanceState, ScanFact, Verdict
from pointsbank.core import clock
from pointsbank.events.models import Event, Post
from pointsbank.ledger.queries import clips_of
from pointsbank.ledger.rules import Clip
from pointsbank.members.models import Member
from pointsbank.members.queries import Holder, affiliated, members
from pointsbank.members.rules import MemberLeft, Relation
from pointsbank.orgs.queries import among, ids_below
from pointsbank.signups.queries import people_expected

CAME = col(Attendance.state) != AttendanceState.ABSENT
"""The condition on attendances of people who were there."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many people are in which state of an event's attendance; ``came`` is all of them."""

    came: int = 0
    present: int = 0
    unsettled: int = 0
    to_confirm: int = 0
    credited: int = 0
    minutes_to_confirm: int = 0


def facts_of(
    session: Session, event_id: int, member_ids: Iterable[int]
) -> dict[int, list[ScanFact]]:
    """The scans of these members at one event that count, by member; nobody without any."""
    accepted = (
        select(col(LateScan.scan_id))
        .where(col(LateScan.scan_id) == col(Scan.id), col(LateScan.accepted).is_(True))
        .exists()
    )
    rows = session.execute(
        select(
            col(Scan.member_id), col(Scan.scanned_at), col(Scan.key), col(Scan.kind),
            col(Scan.way), col(Scan.undoes), col(Scan.by_kind), col(Scan.by_id),
        ).where(
            col(Scan.event_id) == event_id,
            among(Scan.member_id, member_ids),
            or_(
                col(Scan.verdict).in_(EFFECTIVE),
                and_(col(Scan.device_at).is_not(None), col(Scan.verdict).in_(COUNTED)),
                and_(col(Scan.verdict) == Verdict.IN_REVIEW, accepted),
            ),
        )
    )  # fmt: skip
    found: dict[int, list[ScanFact]] = {}
    for member_id, scanned_at, key, kind, way, undoes, by_kind, by_id in rows:
        fact = ScanFact(scanned_at, key, kind, way, undoes or "", (by_kind, by_id))
        found.setdefault(member_id, []).append(fact)
    return found


def standing(session: Session, event_id: int, member_ids: Iterable[int]) -> dict[int, Attendance]:
    """What these members' attendances at an event are now, by member."""
    rows = session.execute(
        select(Attendance)
        .where(col(Attendance.event_id) == event_id, among(Attendance.member_id, member_ids))
        .execution_options(populate_existing=True)
    )
    return {one.member_id: one for one in rows.scalars()}


def scans_by_key(session: Session, event_id: int, keys: Collection[str]) -> dict[str, Scan]:
    """What devices sent of an event under these keys."""
    rows = session.execute(
        select(Scan).where(
            col(Scan.event_id) == event_id,
            col(Scan.key).in_(keys),
            col(Scan.device_at).is_not(None),
        )
    )
    return {scan.key: scan for scan in rows.scalars()}


def people(session: Session, member_ids: Iterable[int]) -> dict[int, Holder]:
    """Those of the members that exist, as the holders of codes."""
    found = members(session, member_ids)
    return {
        member_id: Holder(one, MemberLeft(left_on=one.left_on) if one.left_on else None)
        for member_id, one in found.items()
        if one.merged_into_id is None
    }


def _may_come(event: Event) -> ColumnElement[bool]:
    """The condition on members who may be ticked at an event: who signed up, lives there, or is of
    the team or branch that holds it.
    """
    on = clock.local_day(event.starts_at)
    tied = [affiliated(relation, on).subquery() for relation in (Relation.TEAM, Relation.BRANCH)]
    theirs = [select(one.c.member_id).where(one.c.org_id == event.org_id) for one in tied]
    return and_(
        col(Member.left_on).is_(None),
        col(Member.merged_into_id).is_(None),
        or_(
            col(Member.residence_id).in_(ids_below([event.org_id])),
            col(Member.id).in_(people_expected(event.id)),
            *(col(Member.id).in_(ids) for ids in theirs),
        ),
    )


def tickable(session: Session, event: Event, member_ids: Collection[int]) -> set[int]:
    """Those of the members who are on an event's roster."""
    if not member_ids:
        return set()
    wanted = select(col(Member.id)).where(among(Member.id, member_ids), _may_come(event))
    return set(session.execute(wanted).scalars())


def on_roster(session: Session, event: Event, *, most: int) -> list[Row[int, str, str]]:
    """(member, name, phone's last four) of who may be ticked at an event: who signed up first, then
    by name.
    """
    wanted = select(col(Member.id), col(Member.name), col(Member.phone_tail))
    unexpected = col(Member.id).not_in(people_expected(event.id or 0))
    ordered = wanted.where(_may_come(event)).order_by(unexpected, col(Member.name), col(Member.id))
    return list(session.execute(ordered.limit(most)))


def expected_members(session: Session, event_id: int) -> list[int]:
    """Who is signed up for an event, by name."""
    wanted = (
        select(col(Member.id))
        .where(col(Member.id).in_(people_expected(event_id)))
        .order_by(col(Member.name), col(Member.id))
    )
    return list(session.execute(wanted).scalars())


MOST_NAMES = 60


def names(
    session: Session, event: Event, *, sought: str = ""
) -> list[Row[int, str, str, str, Attendance | None]]:
    """(member, name, number, phone's last four, attendance if she came) of who may be ticked, whose
    name, number or phone's end has these characters; who signed up first, then by name.
    """
    here = and_(
        col(Attendance.member_id) == col(Member.id), col(Attendance.event_id) == event.id, CAME
    )
    wanted = (
        select(
            col(Member.id), col(Member.name), col(Member.number), col(Member.phone_tail),
            Attendance,
        )
        .outerjoin(Attendance, here)
        .where(_may_come(event))
    )  # fmt: skip
    if sought:
        wanted = wanted.where(
            or_(
                col(Member.name).contains(sought, autoescape=True),
                col(Member.number) == sought,
                col(Member.phone_tail) == sought,
            )
        )
    unexpected = col(Member.id).not_in(people_expected(event.id or 0))
    ordered = wanted.order_by(unexpected, col(Member.name), col(Member.id))
    return list(session.execute(ordered.limit(MOST_NAMES)))


def known_by_scan(
    session: Session, event_id: int, member_ids: Iterable[int]
) -> dict[int, Row[int, str, str, int | None]]:
    """(member, name, phone's last four, attendance's id or None) by member."""
    wanted = set(member_ids)
    if not wanted:
        return {}
    here = and_(
        col(Attendance.member_id) == col(Member.id), col(Attendance.event_id) == event_id, CAME
    )
    rows = session.execute(
        select(col(Member.id), col(Member.name), col(Member.phone_tail), col(Attendance.id))
        .outerjoin(Attendance, here)
        .where(among(Member.id, wanted))
    )
    return {row[0]: row for row in rows}


def attendance_of(session: Session, event_id: int, member_id: int | None) -> Attendance | None:
    """A member's attendance at an event, if she came."""
    return session.execute(
        select(Attendance).where(
            col(Attendance.event_id) == event_id,
            col(Attendance.member_id) == member_id,
            CAME,
        )
    ).scalar_one_or_none()


def counted_today(
    session: Session, member_ids: Collection[int], on: date, *, but_event_id: int = 0
) -> dict[int, int]:
    """What these members' other activities of a day count, by member: what was credited or will be,
    and what is held for approval; nobody without any.
    """
    since, until = clock.day_span(on)
    counted = func.coalesce(col(Attendance.minutes), 0) + col(Attendance.held_minutes)
    rows = session.execute(
        select(col(Attendance.member_id), func.sum(counted))
        .join(Event, col(Event.id) == col(Attendance.event_id))
        .where(
            among(Attendance.member_id, member_ids),
            col(Event.starts_at) >= since,
            col(Event.starts_at) < until,
            col(Event.id) != but_event_id,
        )
        .group_by(col(Attendance.member_id))
    )
    return {member_id: int(minutes) for member_id, minutes in rows}


def why(session: Session, attendance_id: int | None) -> list[Any]:
    """The stored reasons for which an attendance counts no more minutes."""
    asked = select(col(Attendance.why)).where(col(Attendance.id) == attendance_id)
    return list(session.execute(asked).scalar_one_or_none() or [])


def clips(session: Session, attendance_ids: Sequence[int | None]) -> dict[int | None, list[Clip]]:
    """What caps took of the points of each of these attendances."""
    known = [attendance_id for attendance_id in attendance_ids if attendance_id is not None]
    found = clips_of(session, "attendance", known) if known else {}
    return {attendance_id: found.get(attendance_id or 0, []) for attendance_id in attendance_ids}


PAGE = 500


def attendances(
    session: Session, event_id: int, *, before: int | None = None
) -> list[Row[Attendance, str, str]]:
    """(attendance, name, phone's last four) of an event, the last to come first, so many a page;
    ``before`` pages by attendance id.
    """
    wanted = (
        select(Attendance, col(Member.name), col(Member.phone_tail))
        .join(Member, col(Member.id) == col(Attendance.member_id))
        .where(col(Attendance.event_id) == event_id, CAME)
    )
    mark = session.get(Attendance, before) if before else None
    if mark:
        sooner = and_(
            col(Attendance.checked_in_at) == mark.checked_in_at, col(Attendance.id) < mark.id
        )
        wanted = wanted.where(or_(col(Attendance.checked_in_at) < mark.checked_in_at, sooner))
    ordered = wanted.order_by(col(Attendance.checked_in_at).desc(), col(Attendance.id).desc())
    return list(session.execute(ordered.limit(PAGE)))


def posts_scanned(session: Session, event_id: int, member_ids: Collection[int]) -> dict[int, str]:
    """The post by whose own poster each of these members came, or came back last; nobody who came
    in another way.
    """
    rows = session.execute(
        select(col(Scan.member_id), col(Post.name))
        .join(Post, col(Post.id) == col(Scan.post_id))
        .where(
            among(Scan.member_id, member_ids),
            col(Scan.event_id) == event_id,
            col(Scan.verdict) == Verdict.CHECKED_IN,
        )
        .order_by(col(Scan.id))
    )
    return {member_id: name for member_id, name in rows if member_id is not None}


def arrivals(session: Session, event_id: int) -> list[datetime]:
    """When each of those who came to an event came first."""
    wanted = select(col(Attendance.checked_in_at)).where(col(Attendance.event_id) == event_id, CAME)
    return list(session.execute(wanted).scalars())


def waiting(session: Session, event_ids: Collection[int]) -> dict[int, int]:
    """How many people wait for confirmation, by event; no event without any."""
    found = session.execute(
        select(col(Attendance.event_id), func.count())
        .where(
            among(Attendance.event_id, event_ids),
            col(Attendance.state) == AttendanceState.TO_CONFIRM,
        )
        .group_by(col(Attendance.event_id))
    )
    return dict(found.all())


def walk_ins_waiting(session: Session, event_id: int) -> int:
    """How many who came to an event without being registered nobody matched or dismissed yet."""
    unmatched = col(WalkIn.event_id) == event_id, col(WalkIn.settled_at).is_(None)
    counted = select(func.count()).select_from(WalkIn).where(*unmatched)
    return int(session.execute(counted).scalar_one())


def counts(session: Session, event_id: int) -> Counts:
    """How many came to an event and where their hours stand."""
    waiting = col(Attendance.state) == AttendanceState.TO_CONFIRM
    row = session.execute(
        select(
            func.count(),
            _number_in(AttendanceState.PRESENT),
            _number_in(AttendanceState.UNSETTLED),
            _number_in(AttendanceState.TO_CONFIRM),
            _number_in(AttendanceState.CREDITED),
            func.coalesce(func.sum(case((waiting, col(Attendance.minutes)), else_=0)), 0),
        ).where(col(Attendance.event_id) == event_id, CAME)
    ).one()
    return Counts(*(int(number) for number in row))


def _number_in(state: AttendanceState) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((col(Attendance.state) == state, 1), else_=0)), 0)


def attended(
    session: Session, attendance_ids: Sequence[int]
) -> list[Row[int, int, str, str, datetime, datetime | None]]:
    """(attendance id, event id, title, place, checked in, checked out) of these attendances."""
    return list(
        session.execute(
            select(
                col(Attendance.id),
                col(Event.id),
                col(Event.title),
                col(Event.place),
                col(Attendance.checked_in_at),
                col(Attendance.checked_out_at),
            )
            .join(Event, col(Event.id) == col(Attendance.event_id))
            .where(among(Attendance.id, attendance_ids))
        )
    )


def activities_by_member(
    session: Session, since: datetime, until: datetime, scope: Select[tuple[int]]
) -> list[Row[int, int]]:
    """(member, number of events) credited, of events that began in the half-open span."""
    return list(
        session.execute(
            select(col(Attendance.member_id), func.count())
            .join(Event, col(Event.id) == col(Attendance.event_id))
            .where(
                col(Attendance.state) == AttendanceState.CREDITED,
                col(Event.starts_at) >= since,
                col(Event.starts_at) < until,
                col(Attendance.member_id).in_(scope),
            )
            .group_by(col(Attendance.member_id))
        )
    )
