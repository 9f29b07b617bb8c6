"""What is looked up about events."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, or_, select
from sqlmodel import Session, col

from pointsbank.core import clock
from pointsbank.core.actor import Actor
from pointsbank.events.models import Event, EventChange, EventSeries, EventTemplate, Post, Shift
from pointsbank.events.rules import (
    HOUSES,
    ORGANISERS,
    EventNotFound,
    EventState,
    PostNotFound,
    SeriesNotFound,
    ShiftNotFound,
    TemplateNotFound,
)
from pointsbank.hours.queries import hour_rule, hour_rule_in_force
from pointsbank.hours.rules import HourRule
from pointsbank.members.models import Member
from pointsbank.orgs import queries as orgs
from pointsbank.orgs.models import Organisation
from pointsbank.orgs.rules import COMMUNITY, Line, NoSuchOrganisation

PAGE = 20


def event(session: Session, actor: Actor, event_id: int) -> Event:
    """An event that the actor may know of. Refuses: EventNotFound (also for others' drafts, called
    off or not).
    """
    found = session.get(Event, event_id)
    if found is None:
        raise EventNotFound
    if found.published_at is None and not actor.may(*ORGANISERS, org_id=found.org_id):
        raise EventNotFound
    return found


def posts_of(session: Session, event_id: int) -> list[Post]:
    """An event's posts, in the order they were written down."""
    found = select(Post).where(col(Post.event_id) == event_id).order_by(col(Post.id))
    return list(session.execute(found).scalars())


def post_numbered(session: Session, event_id: int, number: int) -> Post | None:
    """An event's n-th post, as its poster numbers them, if there is one."""
    return session.execute(
        select(Post)
        .where(col(Post.event_id) == event_id)
        .order_by(col(Post.id))
        .offset(number - 1)
        .limit(1)
    ).scalar_one_or_none()


def shifts_of(session: Session, event_id: int) -> list[Shift]:
    """An event's shifts, of all its posts and of none, earliest first."""
    found = (
        select(Shift)
        .where(col(Shift.event_id) == event_id)
        .order_by(col(Shift.starts_at), col(Shift.id))
    )
    return list(session.execute(found).scalars())


def shifts_by_event(session: Session, event_ids: Sequence[int]) -> dict[int, list[Shift]]:
    """The shifts of each of these events, earliest first."""
    found: dict[int, list[Shift]] = {event_id: [] for event_id in event_ids}
    rows = (
        select(Shift)
        .where(col(Shift.event_id).in_(event_ids))
        .order_by(col(Shift.starts_at), col(Shift.id))
    )
    for shift in session.execute(rows).scalars():
        found[shift.event_id].append(shift)
    return found


def posts_by_event(session: Session, event_ids: Sequence[int]) -> dict[int, list[Post]]:
    """The posts of each of these events, in the order they were written down."""
    found: dict[int, list[Post]] = {event_id: [] for event_id in event_ids}
    rows = select(Post).where(col(Post.event_id).in_(event_ids)).order_by(col(Post.id))
    for post in session.execute(rows).scalars():
        found[post.event_id].append(post)
    return found


def series(session: Session, actor: Actor, series_id: int) -> EventSeries:
    """A series, for those who organise there. Refuses: SeriesNotFound."""
    found = session.get(EventSeries, series_id)
    if found is None or not actor.may(*ORGANISERS, org_id=found.org_id):
        raise SeriesNotFound
    return found


def events_of_series(session: Session, series_id: int) -> list[Event]:
    """Its events, earliest first."""
    rows = (
        select(Event)
        .where(col(Event.series_id) == series_id)
        .order_by(col(Event.starts_at), col(Event.id))
    )
    return list(session.execute(rows).scalars())


def template(session: Session, actor: Actor, template_id: int) -> EventTemplate:
    """A template, for those who organise there. Refuses: TemplateNotFound."""
    found = session.get(EventTemplate, template_id)
    if found is None or not actor.may(*ORGANISERS, org_id=found.org_id):
        raise TemplateNotFound
    return found


def templates(session: Session, actor: Actor) -> list[Row[EventTemplate, str]]:
    """(template, organisation's name) of what an organiser's own organisations offer, by name; at
    most 200.
    """
    return list(
        session.execute(
            select(EventTemplate, col(Organisation.name))
            .join(Organisation, col(Organisation.id) == col(EventTemplate.org_id))
            .where(
                col(EventTemplate.org_id).in_(orgs.ids_below(_organised(actor))),
                col(EventTemplate.put_away_at).is_(None),
            )
            .order_by(col(EventTemplate.name), col(EventTemplate.id))
            .limit(200)
        )
    )


def post(session: Session, post_id: int) -> Post:
    """Refuses: PostNotFound."""
    found = session.get(Post, post_id)
    if found is None:
        raise PostNotFound
    return found


def shift(session: Session, shift_id: int) -> Shift:
    """Refuses: ShiftNotFound."""
    found = session.get(Shift, shift_id)
    if found is None:
        raise ShiftNotFound
    return found


def changes_of(session: Session, event_id: int) -> list[EventChange]:
    """What was changed of an event since it was known, latest first."""
    found = (
        select(EventChange)
        .where(col(EventChange.event_id) == event_id)
        .order_by(col(EventChange.id).desc())
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
    """The condition under which a list shows an event that may never have been known."""
    known = col(Event.published_at).is_not(None)
    return or_(known, col(Event.org_id).in_(orgs.ids_below(_organised(actor))))


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


def house(session: Session, org_id: int) -> Organisation:
    """A station or partner, where events take place. Refuses: NoSuchOrganisation (others, too)."""
    found = orgs.organisation(session, org_id)
    if found.kind not in HOUSES:
        raise NoSuchOrganisation
    return found


def events_at(session: Session, place_id: int, *, at: datetime) -> list[Event]:
    """What is open at a station or partner, or known to be held there next, soonest first."""
    found = (
        select(Event)
        .where(
            col(Event.place_id) == place_id,
            col(Event.state).in_((EventState.PUBLISHED, EventState.OPEN)),
            ~is_past(at),
        )
        .order_by(col(Event.starts_at), col(Event.id))
        .limit(PAGE)
    )
    return list(session.execute(found).scalars())


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


def home(session: Session, actor: Actor) -> int | None:
    """The community whose notices an actor reads first: what she organises for, or where she
    lives, or the first that she holds a role in.
    """
    reach = _organised(actor) or [grant.org_id for grant in actor.grants]
    member = session.get(Member, actor.member_id) if actor.member_id and not reach else None
    if member is None:
        return reach[0] if reach else None
    above = orgs.ancestors(session, member.residence_id)
    return next((org.id for org in above if org.kind == COMMUNITY), member.residence_id)


def houses(session: Session, actor: Actor) -> list[Row[int, str]]:
    """(id, name) of the stations and partners in an organiser's area that may be an event's place;
    at most 500.
    """
    return list(
        session.execute(
            select(col(Organisation.id), col(Organisation.name))
            .where(
                col(Organisation.id).in_(orgs.ids_below(_organised(actor))),
                col(Organisation.kind).in_(HOUSES),
                col(Organisation.closed_on).is_(None),
            )
            .order_by(col(Organisation.name))
            .limit(500)
        )
    )


def _organised(actor: Actor) -> list[int]:
    return [grant.org_id for grant in actor.grants if grant.role in ORGANISERS]


def places_for_events(session: Session, actor: Actor) -> list[Row[int, str]]:
    """(id, name) of the organisations that an organiser may hold events for; at most 500."""
    return list(
        session.execute(
            select(col(Organisation.id), col(Organisation.name))
            .where(
                col(Organisation.id).in_(orgs.ids_below(_organised(actor))),
                col(Organisation.line) != Line.EMPLOYER,
                col(Organisation.closed_on).is_(None),
            )
            .order_by(col(Organisation.id))
            .limit(500)
        )
    )
