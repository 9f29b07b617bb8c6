"""The review list: what is unlikely about recent hours, found by sets. No places are tracked."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import CTE, ColumnElement, Integer, Row, and_, column, func, select, values
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from pointsbank.access.models import User
from pointsbank.attendance.models import Attendance, LateScan, Scan
from pointsbank.attendance.rules import LATE_REASONS
from pointsbank.core import clock
from pointsbank.core.actor import Actor
from pointsbank.core.database import table_of
from pointsbank.events.models import Event
from pointsbank.hours.rules import Way, cuts_of, is_by_hand
from pointsbank.members.models import Member
from pointsbank.members.queries import households_on
from pointsbank.orgs.queries import among, ids_below
from pointsbank.settlement.models import ReviewWord
from pointsbank.settlement.rules import (
    LONG_DAY_MINUTES,
    LOOKS_BACK,
    REVIEWERS,
    SHARED_FROM,
    FindingKind,
)

MOST_FOUND = 200
_BY_STAFF = (Way.ORGANISER, Way.ROSTER, Way.SHEET, Way.COMPANION)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something unlikely: of whom, at which event and, of an overlap, at which other too.

    ``subject`` names it by ids; ``minutes`` are those of a long day; ``late_for`` is why a scan is
    late, ``scanned_at`` its time, ``attendance_id`` her hours there, ``set_by_hand`` whether
    somebody set those already, so that the scan cannot change them; ``others`` (member, name) are
    those on the same phone as she, and whether they are ``one_household``.
    """

    kind: FindingKind
    subject: str
    member_id: int
    name: str
    event_id: int
    title: str
    on: date
    other_title: str = ""
    minutes: int = 0
    late_for: str = ""
    scanned_at: datetime | None = None
    attendance_id: int | None = None
    set_by_hand: bool = False
    others: tuple[tuple[int, str], ...] = ()
    one_household: bool = False


def findings(session: Session, actor: Actor, at: datetime) -> list[Finding]:
    """What stands on this actor's review list: of events of the last 90 days in the organisations
    that she reviews, without her word or another's; at most 200 of each kind.
    """
    held = ids_below([grant.org_id for grant in actor.grants if grant.role in REVIEWERS])
    recent = and_(col(Event.org_id).in_(held), col(Event.starts_at) >= at - LOOKS_BACK)
    found = [
        *_late_scans(session, recent),
        *_self_credits(session, recent),
        *_shared_phones(session, recent),
        *_overlaps(session, recent),
        *_long_days(session, recent, at),
    ]
    said = _said(session, {one.event_id for one in found})
    return [one for one in found if (one.kind, one.subject) not in said]


def _said(session: Session, event_ids: Iterable[int]) -> set[tuple[FindingKind, str]]:
    rows = session.execute(
        select(col(ReviewWord.kind), col(ReviewWord.subject)).where(
            among(ReviewWord.event_id, event_ids)
        )
    )
    return {(kind, subject) for kind, subject in rows}


def _late_scans(session: Session, recent: ColumnElement[bool]) -> list[Finding]:
    rows = session.execute(
        select(LateScan, Scan, Event, col(Member.name), Attendance)
        .join(Scan, col(Scan.id) == col(LateScan.scan_id))
        .join(Event, col(Event.id) == col(LateScan.event_id))
        .join(Member, col(Member.id) == col(Scan.member_id))
        .outerjoin(
            Attendance,
            and_(
                col(Attendance.event_id) == col(LateScan.event_id),
                col(Attendance.member_id) == col(Scan.member_id),
            ),
        )
        .where(recent, col(LateScan.accepted).is_(None))
        .order_by(col(LateScan.scan_id))
        .limit(MOST_FOUND)
    )
    return [
        Finding(
            FindingKind.LATE_SCAN, str(late.scan_id), scan.member_id, name, event.id, event.title,
            clock.local_day(event.starts_at), late_for=LATE_REASONS[late.reason],
            scanned_at=scan.scanned_at, attendance_id=hers.id if hers else None,
            set_by_hand=hers is not None and is_by_hand(cuts_of(hers.why)),
        )
        for late, scan, event, name, hers in rows
    ]  # fmt: skip


def _self_credits(session: Session, recent: ColumnElement[bool]) -> list[Finding]:
    """Who scanned, ticked or entered herself as staff."""
    rows = session.execute(
        select(
            col(Event.id), col(Event.title), col(Event.starts_at), col(Member.id), col(Member.name)
        )
        .select_from(Event)
        .join(Scan, col(Scan.event_id) == col(Event.id))
        .join(User, and_(col(User.id) == col(Scan.by_id), col(Scan.by_kind) == "user"))
        .join(Member, col(Member.id) == col(Scan.member_id))
        .where(
            recent, col(Scan.way).in_(_BY_STAFF), col(User.member_id) == col(Scan.member_id)
        )
        .distinct()
        .order_by(col(Event.id), col(Member.id))
        .limit(MOST_FOUND)
    )  # fmt: skip
    return [
        Finding(
            FindingKind.SELF_CREDIT, f"{event_id}:{member_id}", member_id, name, event_id, title,
            clock.local_day(starts_at),
        )
        for event_id, title, starts_at, member_id, name in rows
    ]  # fmt: skip


def _shared_phones(session: Session, recent: ColumnElement[bool]) -> list[Finding]:
    """Whose own scans at an event came from one browser: three people or more."""
    mark = col(Scan.device_mark)
    scans = (
        select(col(Scan.event_id), mark)
        .select_from(Event)
        .join(Attendance, col(Attendance.event_id) == col(Event.id))
        .join(  # by the attendance: a member's scans have an index, an event's have none
            Scan,
            and_(
                col(Scan.member_id) == col(Attendance.member_id),
                col(Scan.event_id) == col(Attendance.event_id),
            ),
        )
        .where(recent, mark.is_not(None))
    )
    shared = (
        scans.group_by(col(Scan.event_id), mark)
        .having(func.count(col(Scan.member_id).distinct()) >= SHARED_FROM)
        .order_by(col(Scan.event_id), mark)
        .limit(MOST_FOUND)
        .cte("shared")
    )
    on_it = and_(shared.c.event_id == col(Scan.event_id), shared.c.device_mark == mark)
    who = col(Event.title), col(Event.starts_at), col(Member.id), col(Member.name)
    rows = session.execute(
        scans.join(shared, on_it)
        .join(Member, col(Member.id) == col(Scan.member_id))
        .add_columns(*who)
        .group_by(col(Scan.event_id), mark, *who)
        .order_by(col(Scan.event_id), mark, func.min(col(Scan.id)))
    ).all()
    phones: dict[Any, list[Row[int, bytes, str, datetime, int, str]]] = {}
    for row in rows:
        phones.setdefault(row[:2], []).append(row)
    homes = households_on(session, {(row[4], clock.local_day(row[3])) for row in rows})
    return [_shared(people, homes) for people in phones.values()]


def _shared(
    people: Sequence[Row[int, bytes, str, datetime, int, str]],
    homes: Mapping[tuple[int, date], int],
) -> Finding:
    event_id, device, title, starts_at, first, name = people[0]
    on = clock.local_day(starts_at)
    lived_in = {homes.get((row[4], on), -row[4]) for row in people}
    return Finding(
        FindingKind.SHARED_PHONE, f"{event_id}:{device.hex()}", first, name, event_id, title, on,
        others=tuple((row[4], row[5]) for row in people[1:]), one_household=len(lived_in) == 1,
    )  # fmt: skip


def _overlaps(session: Session, recent: ColumnElement[bool]) -> list[Finding]:
    """One person's counted stays at two events at once; coming early or leaving late is none."""
    other, elsewhere = aliased(Attendance), aliased(Event)
    begins = col(Attendance.checked_in_at), col(Event.starts_at)
    ends = func.coalesce(col(Attendance.checked_out_at), col(Event.ends_at)), col(Event.ends_at)
    other_begins = col(other.checked_in_at), col(elsewhere.starts_at)
    other_ends = (
        func.coalesce(col(other.checked_out_at), col(elsewhere.ends_at)), col(elsewhere.ends_at)
    )  # fmt: skip
    crossing = [begin < end for begin in begins for end in other_ends]
    crossing += [begin < end for begin in other_begins for end in ends]
    rows = session.execute(
        select(Attendance, Event, col(other.id), col(elsewhere.title), col(Member.name))
        .join(Event, col(Event.id) == col(Attendance.event_id))
        .join(other, col(other.member_id) == col(Attendance.member_id))
        .join(elsewhere, col(elsewhere.id) == col(other.event_id))
        .join(Member, col(Member.id) == col(Attendance.member_id))
        .where(
            recent,
            col(other.id) != col(Attendance.id),
            col(Attendance.minutes) > 0,
            col(other.minutes) > 0,
            *crossing,
        )
        .order_by(col(Attendance.id), col(other.id))
        .limit(MOST_FOUND * 2)
    )
    found: dict[str, Finding] = {}
    for one, event, other_id, title, name in rows:
        subject = "{}:{}".format(*sorted((one.id, other_id)))
        on = clock.local_day(event.starts_at)
        overlap = Finding(
            FindingKind.OVERLAP, subject, one.member_id, name, event.id, event.title, on, title
        )
        found.setdefault(subject, overlap)
    return list(found.values())[:MOST_FOUND]


def _long_days(session: Session, recent: ColumnElement[bool], at: datetime) -> list[Finding]:
    """Who counts more than 16 hours in a day, what waits for approval included."""
    days = _days(at)
    minutes = func.sum(func.coalesce(col(Attendance.minutes), 0) + col(Attendance.held_minutes))
    rows = session.execute(
        select(
            col(Attendance.member_id), days.c.number, minutes, func.min(col(Event.id)),
            func.min(col(Member.name)),
        )
        .select_from(days)
        .join(Event, and_(col(Event.starts_at) >= days.c.begin, col(Event.starts_at) < days.c.end))
        .join(Attendance, col(Attendance.event_id) == col(Event.id))
        .join(Member, col(Member.id) == col(Attendance.member_id))
        .where(recent)
        .group_by(col(Attendance.member_id), days.c.number)
        .having(minutes > LONG_DAY_MINUTES)
        .order_by(days.c.number, col(Attendance.member_id))
        .limit(MOST_FOUND)
    ).all()  # fmt: skip
    titles = dict(
        session.execute(
            select(col(Event.id), col(Event.title)).where(among(Event.id, [row[3] for row in rows]))
        ).all()
    )
    return [
        Finding(
            FindingKind.LONG_DAY, f"{member_id}:{date.fromordinal(number)}", member_id, name,
            event_id, titles[event_id], date.fromordinal(number), minutes=int(total),
        )
        for member_id, number, total, event_id, name in rows
    ]  # fmt: skip


def _days(at: datetime) -> CTE:
    """The days that are looked back at, by their ordinal numbers, with their first instants."""
    instant, today = table_of(Event).c.starts_at.type, clock.local_day(at)
    rows = []
    for back in range(LOOKS_BACK.days + 1):
        day = today - timedelta(days=back)
        rows.append((day.toordinal(), *clock.day_span(day)))
    columns = column("number", Integer), column("begin", instant), column("end", instant)
    return values(*columns, name="days").data(rows).cte("days")
