"""What is looked up about events, hour rules, scans and attendances."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, case, func, or_, select
from sqlmodel import Session, col

from pointsbank.core import clock
from pointsbank.core.actor import Actor
from pointsbank.events.models import Attendance, Event, HourRuleRow, Scan
from pointsbank.events.rules import (
    ORGANISERS,
    STANDING_RULE,
    AttendanceState,
    EventNotFound,
    EventState,
    HourRule,
    ScanFact,
)
from pointsbank.ledger.queries import Clip, clips_of
from pointsbank.members.models import Member
from pointsbank.orgs import queries as orgs
from pointsbank.orgs.models import Organisation, OrganisationReach
from pointsbank.orgs.rules import COMMUNITY, Line

PAGE = 20


@dataclass(frozen=True, slots=True)
class Counts:
    """How many people are in which state of an event's attendance; ``came`` is all of them."""

    came: int = 0
    present: int = 0
    to_confirm: int = 0
    credited: int = 0
    minutes_to_confirm: int = 0


def event(session: Session, actor: Actor, event_id: int) -> Event:
    """An event that the actor may know of. Refuses: EventNotFound (also for others' drafts)."""
    found = session.get(Event, event_id)
    if found is None:
        raise EventNotFound
    if found.state is EventState.DRAFT and not actor.may(*ORGANISERS, org_id=found.org_id):
        raise EventNotFound
    return found


def hour_rule_in_force(session: Session, org_id: int, on: date) -> HourRule:
    """The rule that decides for an organisation on a day.

    The nearest above it (or its own) that has one; where nobody adopted any, the standing rule.
    """
    return hour_rules_in_force(session, [(org_id, on)])[org_id, on]


def hour_rules_in_force(
    session: Session, wanted: Sequence[tuple[int, date]]
) -> dict[tuple[int, date], HourRule]:
    """``hour_rule_in_force`` for many organisations and days in one statement."""
    above: dict[int, list[HourRule]] = {org_id: [] for org_id, _ in wanted}
    rows = session.execute(
        select(col(OrganisationReach.organisation_id), HourRuleRow)
        .join(HourRuleRow, col(HourRuleRow.org_id) == col(OrganisationReach.ancestor_id))
        .where(orgs.among(OrganisationReach.organisation_id, above))
        .order_by(col(OrganisationReach.depth), col(HourRuleRow.from_on).desc())
    )
    for org_id, rule in rows:
        above[org_id].append(rule.frozen())
    return {
        (org_id, on): next((rule for rule in above[org_id] if rule.from_on <= on), STANDING_RULE)
        for org_id, on in wanted
    }


def hour_rule(session: Session, rule_id: int | None) -> HourRule:
    """A rule by the number that an event or attendance names; None is the standing rule."""
    return STANDING_RULE if rule_id is None else session.get_one(HourRuleRow, rule_id).frozen()


def hour_rules(session: Session, rule_ids: Iterable[int]) -> dict[int, HourRule]:
    """Rules by number: what a ledger entry's ``hour_rule:…`` names."""
    wanted = select(HourRuleRow).where(col(HourRuleRow.id).in_(set(rule_ids)))
    return {row.id: row.frozen() for row in session.execute(wanted).scalars()}


def hour_rule_for(session: Session, found: Event) -> HourRule:
    """The rule that decides an event: fixed when it was opened, before that the day's."""
    if found.opened_at:
        return hour_rule(session, found.hour_rule_id)
    return hour_rule_in_force(session, found.org_id, clock.local_day(found.starts_at))


def latest_hour_rule(session: Session, org_id: int) -> HourRule | None:
    """The newest version of an organisation's own rule."""
    row = session.execute(
        select(HourRuleRow)
        .where(col(HourRuleRow.org_id) == org_id)
        .order_by(col(HourRuleRow.version).desc())
        .limit(1)
    ).scalar_one_or_none()
    return row.frozen() if row else None


def area(session: Session, actor: Actor) -> ColumnElement[bool]:
    """The condition on events that concern an actor.

    Staff: their organisations and all below. A volunteer: her own community with all below it,
    and every organisation above it.
    """
    reach = [grant.org_id for grant in actor.grants]
    concerns = col(Event.org_id).in_(orgs.ids_below(reach))
    home = session.get(Member, actor.member_id) if actor.member_id else None
    if home is None:
        return concerns
    above = orgs.ancestors(session, home.residence_id)
    community = [org.id for org in above if org.kind == COMMUNITY]
    return or_(
        concerns,
        orgs.among(Event.org_id, [org.id for org in above]),
        col(Event.org_id).in_(orgs.ids_below(community)),
    )


def may_see_draft(actor: Actor) -> ColumnElement[bool]:
    """The condition under which a list shows an event that may be a draft."""
    published = col(Event.state) != EventState.DRAFT
    held = [grant.org_id for grant in actor.grants if grant.role in ORGANISERS]
    return or_(published, col(Event.org_id).in_(orgs.ids_below(held)))


def is_past(at: datetime) -> ColumnElement[bool]:
    """Finished, called off, or never held."""
    return or_(
        col(Event.state).in_((EventState.CLOSED, EventState.CANCELLED)),
        and_(col(Event.state) != EventState.OPEN, col(Event.ends_at) < at),
    )


def coming_events(session: Session, actor: Actor, *, at: datetime) -> list[Row[Event, str]]:
    """(event, organisation's name) of what is open now or will be, soonest first; at most 200."""
    return list(
        session.execute(
            _events(session, actor)
            .where(~is_past(at))
            .order_by(col(Event.starts_at), col(Event.id))
            .limit(200)
        )
    )


def past_events(
    session: Session, actor: Actor, *, at: datetime, before: int | None = None, most: int = PAGE
) -> list[Row[Event, str]]:
    """(event, organisation's name) of what is over, latest first; ``before`` pages by event id."""
    asked = _events(session, actor).where(is_past(at))
    mark = session.get(Event, before) if before else None
    if mark:
        asked = asked.where(
            or_(
                col(Event.starts_at) < mark.starts_at,
                and_(col(Event.starts_at) == mark.starts_at, col(Event.id) < mark.id),
            )
        )
    ordered = asked.order_by(col(Event.starts_at).desc(), col(Event.id).desc())
    return list(session.execute(ordered.limit(most)))


def _events(session: Session, actor: Actor) -> Any:
    return (
        select(Event, col(Organisation.name))
        .join(Organisation, col(Organisation.id) == col(Event.org_id))
        .where(area(session, actor), may_see_draft(actor))
    )


def overdue_events(session: Session, before: datetime) -> list[int]:
    """The events that are still open though they ended before an instant."""
    found = session.execute(
        select(col(Event.id)).where(
            col(Event.state) == EventState.OPEN, col(Event.ends_at) < before
        )
    )
    return [event_id for event_id in found.scalars() if event_id is not None]


def scans_of(session: Session, event_id: int, member_id: int) -> list[ScanFact]:
    """One member's scans at one event, in the order of recording."""
    rows = session.execute(
        select(col(Scan.scanned_at), col(Scan.id), col(Scan.verdict))
        .where(col(Scan.event_id) == event_id, col(Scan.member_id) == member_id)
        .order_by(col(Scan.id))
    )
    return [ScanFact(*row) for row in rows]


def attendance_of(session: Session, event_id: int, member_id: int | None) -> Attendance | None:
    """A member's attendance at an event, if she came."""
    return session.execute(
        select(Attendance).where(
            col(Attendance.event_id) == event_id, col(Attendance.member_id) == member_id
        )
    ).scalar_one_or_none()


def why(session: Session, attendance_id: int | None) -> list[Any]:
    """The stored reasons for which an attendance counts no more minutes."""
    asked = select(col(Attendance.why)).where(col(Attendance.id) == attendance_id)
    return list(session.execute(asked).scalar_one_or_none() or [])


def clips(session: Session, attendance_ids: Sequence[int | None]) -> dict[int | None, list[Clip]]:
    """What caps took of the points of each of these attendances."""
    known = [attendance_id for attendance_id in attendance_ids if attendance_id is not None]
    found = clips_of(session, "attendance", known) if known else {}
    return {attendance_id: found.get(attendance_id or 0, []) for attendance_id in attendance_ids}


def attendances(
    session: Session, event_id: int, *, most: int = 500
) -> list[Row[Attendance, str, str]]:
    """(attendance, name, phone's last four) of an event, the last to come first."""
    return list(
        session.execute(
            select(Attendance, col(Member.name), col(Member.phone_tail))
            .join(Member, col(Member.id) == col(Attendance.member_id))
            .where(col(Attendance.event_id) == event_id)
            .order_by(col(Attendance.checked_in_at).desc(), col(Attendance.id).desc())
            .limit(most)
        )
    )


def waiting(
    session: Session, rows: Iterable[Row[Event, str]], org_ids: Collection[int]
) -> dict[int, int]:
    """Of listed events of these organisations, how many people wait for confirmation, by event."""
    listed = [event.id for event, _ in rows if event.id and event.org_id in org_ids]
    found = session.execute(
        select(col(Attendance.event_id), func.count())
        .where(
            orgs.among(Attendance.event_id, listed),
            col(Attendance.state) == AttendanceState.TO_CONFIRM,
        )
        .group_by(col(Attendance.event_id))
    )
    return dict(found.all())


def counts(session: Session, event_id: int) -> Counts:
    """How many came to an event and where their hours stand."""
    waiting = col(Attendance.state) == AttendanceState.TO_CONFIRM
    row = session.execute(
        select(
            func.count(),
            _number_in(AttendanceState.PRESENT),
            _number_in(AttendanceState.TO_CONFIRM),
            _number_in(AttendanceState.CREDITED),
            func.coalesce(func.sum(case((waiting, col(Attendance.minutes)), else_=0)), 0),
        ).where(col(Attendance.event_id) == event_id)
    ).one()
    return Counts(*(int(number) for number in row))


def _number_in(state: AttendanceState) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((col(Attendance.state) == state, 1), else_=0)), 0)


def places_for_events(session: Session, actor: Actor) -> list[Row[int, str]]:
    """(id, name) of the organisations that an organiser may hold events for; at most 500."""
    held = [grant.org_id for grant in actor.grants if grant.role in ORGANISERS]
    return list(
        session.execute(
            select(col(Organisation.id), col(Organisation.name))
            .where(
                col(Organisation.id).in_(orgs.ids_below(held)),
                col(Organisation.line) != Line.EMPLOYER,
                col(Organisation.closed_on).is_(None),
            )
            .order_by(col(Organisation.id))
            .limit(500)
        )
    )


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
            .where(orgs.among(Attendance.id, attendance_ids))
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
