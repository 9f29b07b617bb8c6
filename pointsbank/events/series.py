"""The verbs of series: make, change from one on, publish what is drafted, end.

An event that is wanted again and again is written once; a series copies it to further days.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Unpack

from sqlalchemy import select
from sqlmodel import Session, col

from pointsbank.core import audit, clock
from pointsbank.core.actor import Actor
from pointsbank.events import parts
from pointsbank.events.content import completed, content_of
from pointsbank.events.drafts import draft, lock_organisation, say_otherwise
from pointsbank.events.models import Event, EventSeries
from pointsbank.events.posts import copy_posts, held
from pointsbank.events.repetition import SeriesRule, occurrences
from pointsbank.events.rules import (
    ORGANISERS,
    Content,
    EventState,
    InSeries,
    KeyReused,
    NotInSeries,
    SeriesNotFound,
    check_safe,
    check_times,
    moved,
)
from pointsbank.orgs.queries import organisation
from pointsbank.orgs.rules import check_open

NOT_BEGUN = (EventState.DRAFT, EventState.PUBLISHED)


def dates(rule: SeriesRule) -> list[datetime]:
    """The instants at which a series' events will begin. Refuses: as ``repetition.occurrences``."""
    return [begins.replace(tzinfo=clock.zone()) for begins in occurrences(rule)]


def repeat(
    session: Session,
    actor: Actor,
    *,
    event_id: int,
    rule: SeriesRule,
    publish: bool,
    key: str,
    at: datetime,
) -> EventSeries:
    """Make a series of an event: drafts like it, or known events, with its posts and shifts, at
    the rule's times; the event itself stands for the one that begins when it does.

    Refuses, in order: EventNotFound (also for others' drafts), Forbidden, KeyReused, InSeries,
    OrganisationClosed; as ``repetition.occurrences``; EventInPast (the first), TimesImpossible,
    TooFarAhead (the last); of the place as ``plan``; to publish RisksMissing, InsuranceMissing.
    """
    origin = held(session, actor, event_id)
    lock_organisation(session, origin.org_id)
    before: EventSeries | None = session.execute(
        select(EventSeries).where(
            col(EventSeries.created_by) == actor.id, col(EventSeries.key) == key
        )
    ).scalar_one_or_none()
    if before:
        if origin.series_id != before.id or rule_of(before) != rule:
            raise KeyReused
        return before
    if origin.series_id is not None:
        raise InSeries
    check_open(organisation(session, origin.org_id).closed_on)
    begins = dates(rule)
    content = completed(session, content_of(origin))
    contents = [moved(content, one) for one in begins if one != origin.starts_at]
    for one in contents[:1] + contents[-1:]:
        check_times(one["starts_at"], one["ends_at"], at)
    if publish:
        check_safe(content)
    series = EventSeries(
        org_id=origin.org_id,
        weekdays=sorted(rule.weekdays),
        begins=[f"{one:%H:%M}" for one in sorted(rule.begins)],
        from_on=rule.from_on,
        until_on=rule.until_on,
        but=[str(day) for day in sorted(rule.but)],
        created_by=actor.id,
        key=key,
        created_at=at,
    )
    session.add(series)
    session.flush()
    keys = [f"series:{series.id}:{n}" for n in range(len(contents))]
    events = draft(session, actor, origin.org_id, contents, keys=keys, at=at, series_id=series.id)
    copy_posts(session, origin.id, origin.starts_at, events)
    origin.series_id = series.id
    if publish:
        _publish([one for one in (origin, *events) if one.state is EventState.DRAFT], at)
    _note(session, actor, "repeat", series, at=at, count=len(events))
    return series


def rule_of(series: EventSeries) -> SeriesRule:
    """The rule as its row holds it."""
    return SeriesRule.written(
        series.weekdays, series.begins, series.from_on, series.until_on, series.but
    )


def change_from(
    session: Session,
    actor: Actor,
    *,
    event_id: int,
    at: datetime,
    note: str = "",
    **content: Unpack[Content],
) -> list[Event]:
    """Let an event say this, and all later ones of its series that begin at the same time of the
    day and have not begun; those move by as many days, to the same new time. All change or none.

    Refuses, in order: EventNotFound, Forbidden, NotInSeries; then as ``change``, of any of them.
    """
    event = held(session, actor, event_id)
    if event.series_id is None:
        raise NotInSeries
    after = completed(session, content)
    was, becomes = clock.local(event.starts_at), clock.local(after["starts_at"])
    wanted = [(event, after)]
    for one in later_like(session, event):
        day = clock.local_day(one.starts_at) + (becomes.date() - was.date())
        wanted.append((one, moved(after, datetime.combine(day, becomes.timetz()))))
    say_otherwise(session, actor, wanted, note=note, at=at)
    return [one for one, _ in wanted]


def later_like(session: Session, event: Event) -> list[Event]:
    """The later events of an event's series that begin at the same time of the day and have not
    begun, locked, in their order.
    """
    time = clock.local(event.starts_at).time()
    since = event.starts_at + timedelta(minutes=1)
    later = _locked(session, event.series_id or 0, since)
    return [one for one in later if clock.local(one.starts_at).time() == time]


def publish_series(session: Session, actor: Actor, *, series_id: int, at: datetime) -> list[Event]:
    """Make all drafts of a series known that are not over; those that become so.

    Refuses, in order: SeriesNotFound (also for others), of any RisksMissing, InsuranceMissing.
    """
    series = _held(session, actor, series_id)
    drafts = [event for event in _locked(session, series_id, at) if event.state is EventState.DRAFT]
    for event in drafts:
        check_safe(content_of(event))
    _publish(drafts, at)
    _note(session, actor, "publish_series", series, at=at, count=len(drafts))
    return drafts


def end_series(
    session: Session, actor: Actor, *, series_id: int, reason: str, at: datetime
) -> list[Event]:
    """Hold a series no longer: what is still to come is called off; those events. Ended already is
    an answer.

    Refuses, in order: SeriesNotFound (also for others), then what other features have against it
    (SomebodyCame).
    """
    series = _held(session, actor, series_id)
    if series.ended_at:
        return []
    later = _locked(session, series_id, at)
    for event in later:
        parts.check_cancel(session, event.id)
        event.state = EventState.CANCELLED
        event.cancel_reason = reason
    series.ended_at = at
    _note(session, actor, "end_series", series, at=at, count=len(later))
    return later


def _publish(drafts: Sequence[Event], at: datetime) -> None:
    for event in drafts:
        event.state = EventState.PUBLISHED
        event.published_at = at


def _held(session: Session, actor: Actor, series_id: int) -> EventSeries:
    found: EventSeries | None = session.execute(
        select(EventSeries).where(col(EventSeries.id) == series_id).with_for_update()
    ).scalar_one_or_none()
    if found is None or not actor.may(*ORGANISERS, org_id=found.org_id):
        raise SeriesNotFound
    return found


def _locked(session: Session, series_id: int, since: datetime) -> list[Event]:
    """A series' events that begin at an instant or later and have not begun, in their order."""
    rows = (
        select(Event)
        .where(
            col(Event.series_id) == series_id,
            col(Event.starts_at) >= since,
            col(Event.state).in_(NOT_BEGUN),
        )
        .order_by(col(Event.id))
        .with_for_update()
    )
    return sorted(session.execute(rows).scalars(), key=lambda event: event.starts_at)


def _note(
    session: Session, actor: Actor, verb: str, series: EventSeries, *, at: datetime, count: int
) -> None:
    audit.record(
        session, actor, f"events.{verb}", ("event_series", series.id), at=at,
        org_id=series.org_id, count=count,
    )  # fmt: skip
