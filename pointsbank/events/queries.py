"""What is looked up about events."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, or_, select
from sqlmodel import Session, col

from pointsbank.core import clock
from pointsbank.core.actor import Actor
from pointsbank.events.models import Event, Post, Shift
from pointsbank.events.rules import ORGANISERS, EventNotFound, EventState
from pointsbank.hours.queries import hour_rule, hour_rule_in_force
from pointsbank.hours.rules import HourRule
from pointsbank.members.models import Member
from pointsbank.orgs import queries as orgs
from pointsbank.orgs.models import Organisation
from pointsbank.orgs.rules import COMMUNITY, Line

PAGE = 20


def event(session: Session, actor: Actor, event_id: int) -> Event:
    """An event that the actor may know of. Refuses: EventNotFound (also for others' drafts)."""
    found = session.get(Event, event_id)
    if found is None:
        raise EventNotFound
    if found.state is EventState.DRAFT and not actor.may(*ORGANISERS, org_id=found.org_id):
        raise EventNotFound
    return found


def posts_of(session: Session, event_id: int) -> list[Post]:
    """An event's posts, in the order they were written down."""
    found = select(Post).where(col(Post.event_id) == event_id).order_by(col(Post.id))
    return list(session.execute(found).scalars())


def shifts_of(session: Session, event_id: int) -> list[Shift]:
    """An event's shifts, of all its posts and of none, earliest first."""
    found = (
        select(Shift)
        .where(col(Shift.event_id) == event_id)
        .order_by(col(Shift.starts_at), col(Shift.id))
    )
    return list(session.execute(found).scalars())


def hour_rule_for(session: Session, found: Event) -> HourRule:
    """The rule that decides an event: fixed when it was opened, before that the day's."""
    if found.opened_at:
        return hour_rule(session, found.hour_rule_id)
    return hour_rule_in_force(session, found.org_id, clock.local_day(found.starts_at))


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
