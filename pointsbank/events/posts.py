"""The verbs of posts and shifts, and what a change of a known event leaves behind.

A known event may get further posts, but none is taken away: somebody may have chosen it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict, Unpack

from sqlalchemy import insert, select
from sqlmodel import Session, col

from pointsbank.core import audit
from pointsbank.core.actor import Actor, Role
from pointsbank.events import parts, queries
from pointsbank.events.models import Event, EventChange, Post, Shift
from pointsbank.events.rules import (
    FIELD_NAMES,
    ORGANISERS,
    EventNotFound,
    EventState,
    Misleading,
    NoteMissing,
    PostNameTaken,
    PostNotFound,
    ShiftTwice,
    check_places,
    check_state,
    check_within,
    stricter,
)
from pointsbank.members.queries import skills
from pointsbank.members.rules import check_skills

EDITABLE = (EventState.DRAFT, EventState.PUBLISHED)


class PostFields(TypedDict):
    """What is said of a post."""

    name: str
    duties: str
    capacity: int | None
    skill: str
    least_age: int | None
    place: str


class ShiftFields(TypedDict):
    """What is said of a shift; ``post_id`` none: a shift of the whole event."""

    post_id: int | None
    starts_at: datetime
    ends_at: datetime
    capacity: int | None


def held(session: Session, actor: Actor, event_id: int, *roles: Role) -> Event:
    """The event, locked, for one who holds a role there: an organiser's, or one of these.

    Refuses, in order: EventNotFound (also for others' drafts), Forbidden.
    """
    event: Event | None = session.execute(
        select(Event).where(col(Event.id) == event_id).with_for_update()
    ).scalar_one_or_none()
    if event is None:
        raise EventNotFound
    if event.published_at is None and not actor.may(*ORGANISERS, org_id=event.org_id):
        raise EventNotFound
    actor.require(*(roles or ORGANISERS), org_id=event.org_id)
    return event


def add_post(
    session: Session,
    actor: Actor,
    *,
    event_id: int,
    at: datetime,
    note: str = "",
    **fields: Unpack[PostFields],
) -> Post:
    """Add a post to an event that has not begun. The same once more is an answer.

    Refuses, in order: EventNotFound, Forbidden, WrongState, PostNameTaken, NoSuchSkill, NoteMissing
    (of a known event).
    """
    event = _editable(session, actor, event_id)
    alike = _of_name(session, event_id, fields["name"])
    if alike:
        if any(getattr(alike, name) != value for name, value in fields.items()):
            raise PostNameTaken(name=alike.name)
        return alike
    _check_skill(session, fields["skill"])
    write_change(session, actor, event, ["posts"], note=note, at=at)
    post = Post(event_id=event_id, **fields)
    session.add(post)
    session.flush()
    return post


def change_post(
    session: Session,
    actor: Actor,
    *,
    post_id: int,
    at: datetime,
    note: str = "",
    **fields: Unpack[PostFields],
) -> Post:
    """Say something else of a post. What is said already is an answer.

    Refuses, in order: PostNotFound, EventNotFound, Forbidden, WrongState, PostNameTaken,
    NoSuchSkill, PlacesTaken, Misleading (asking more, or another place, of those who have signed
    up), NoteMissing (of a known event).
    """
    post = queries.post(session, post_id)
    event = _editable(session, actor, post.event_id)
    alike = _of_name(session, post.event_id, fields["name"])
    if alike and alike.id != post_id:
        raise PostNameTaken(name=alike.name)
    if all(getattr(post, name) == value for name, value in fields.items()):
        return post
    _check_skill(session, fields["skill"])
    taken = parts.taken_of(session, [post.event_id])[post.event_id].posts.get(post_id, 0)
    check_places(fields["capacity"], taken)
    if taken and (broken := stricter(post.model_dump(), fields)):
        raise Misleading(count=taken, what=broken)
    write_change(session, actor, event, ["posts"], note=note, at=at)
    for name, value in fields.items():
        setattr(post, name, value)
    parts.changed(session, actor, [post.event_id], at)
    return post


def remove_post(session: Session, actor: Actor, *, post_id: int, at: datetime) -> None:
    """Take a post with its shifts from a draft.

    Refuses, in order: PostNotFound, EventNotFound, Forbidden, WrongState.
    """
    post = queries.post(session, post_id)
    event = held(session, actor, post.event_id)
    check_state(event.state, EventState.DRAFT)
    for shift in queries.shifts_of(session, post.event_id):
        if shift.post_id == post_id:
            session.delete(shift)
    session.flush()
    session.delete(post)
    write_change(session, actor, event, ["posts"], note="", at=at)


def add_shift(
    session: Session,
    actor: Actor,
    *,
    event_id: int,
    at: datetime,
    note: str = "",
    **fields: Unpack[ShiftFields],
) -> Shift:
    """Add a shift to an event that has not begun. The same once more is an answer.

    Refuses, in order: EventNotFound, Forbidden, WrongState, PostNotFound, ShiftOutside, ShiftTwice,
    NoteMissing (of a known event).
    """
    event = _editable(session, actor, event_id)
    post_id = fields["post_id"]
    if post_id is not None and queries.post(session, post_id).event_id != event_id:
        raise PostNotFound
    starts_at, ends_at = fields["starts_at"], fields["ends_at"]
    check_within(starts_at, ends_at, begins=event.starts_at, ends=event.ends_at)
    alike = _at_the_time(session, event_id, fields)
    if alike:
        if alike.capacity != fields["capacity"]:
            raise ShiftTwice
        return alike
    write_change(session, actor, event, ["shifts"], note=note, at=at)
    shift = Shift(event_id=event_id, **fields)
    session.add(shift)
    session.flush()
    return shift


def change_shift(
    session: Session,
    actor: Actor,
    *,
    shift_id: int,
    starts_at: datetime,
    ends_at: datetime,
    capacity: int | None,
    at: datetime,
    note: str = "",
) -> Shift:
    """Move a shift, or say how many it takes. What is said already is an answer.

    Refuses, in order: ShiftNotFound, EventNotFound, Forbidden, WrongState, ShiftOutside,
    ShiftTwice, PlacesTaken, Misleading (another time), NoteMissing (of a known event).
    """
    shift = queries.shift(session, shift_id)
    event = _editable(session, actor, shift.event_id)
    check_within(starts_at, ends_at, begins=event.starts_at, ends=event.ends_at)
    fields: ShiftFields = {
        "post_id": shift.post_id, "starts_at": starts_at, "ends_at": ends_at, "capacity": capacity,
    }  # fmt: skip
    if all(getattr(shift, name) == value for name, value in fields.items()):
        return shift
    alike = _at_the_time(session, shift.event_id, fields)
    if alike and alike.id != shift_id:
        raise ShiftTwice
    taken = parts.taken_of(session, [shift.event_id])[shift.event_id].shifts.get(shift_id, 0)
    check_places(capacity, taken)
    if taken and (shift.starts_at, shift.ends_at) != (starts_at, ends_at):
        raise Misleading(count=taken, what=FIELD_NAMES["starts_at"])
    write_change(session, actor, event, ["shifts"], note=note, at=at)
    shift.starts_at, shift.ends_at, shift.capacity = starts_at, ends_at, capacity
    parts.changed(session, actor, [shift.event_id], at)
    return shift


def remove_shift(session: Session, actor: Actor, *, shift_id: int, at: datetime) -> None:
    """Take a shift from a draft. Refuses, in order: ShiftNotFound, EventNotFound, Forbidden,
    WrongState.
    """
    shift = queries.shift(session, shift_id)
    event = held(session, actor, shift.event_id)
    check_state(event.state, EventState.DRAFT)
    session.delete(shift)
    write_change(session, actor, event, ["shifts"], note="", at=at)


def move_shifts(session: Session, moved: Sequence[tuple[Event, datetime, datetime]]) -> None:
    """Move the shifts of events to where these will begin. Refuses: ShiftOutside."""
    shifts = queries.shifts_by_event(session, [event.id for event, _, _ in moved])
    for event, starts_at, ends_at in moved:
        by = starts_at - event.starts_at
        for shift in shifts[event.id]:
            times = shift.starts_at + by, shift.ends_at + by
            check_within(*times, begins=starts_at, ends=ends_at)
            shift.starts_at, shift.ends_at = times


def copy_posts(
    session: Session, origin_id: int, origin_starts_at: datetime, events: Sequence[Event]
) -> None:
    """Give events like one its posts and shifts, each as long after the beginning as there."""
    posts, shifts = queries.posts_of(session, origin_id), queries.shifts_of(session, origin_id)
    said = [post.model_dump(exclude={"id", "event_id"}) for post in posts]
    rows = [{**one, "event_id": event.id} for event in events for one in said]
    if rows:
        session.execute(insert(Post), rows)
    made = queries.posts_by_event(session, [event.id for event in events])
    names = {post.id: post.name for post in posts}
    shift_rows = []
    for event in events:
        by, its = (
            event.starts_at - origin_starts_at,
            {post.name: post.id for post in made[event.id]},
        )
        shift_rows += [
            {
                "event_id": event.id,
                "post_id": its[names[shift.post_id]] if shift.post_id else None,
                "starts_at": shift.starts_at + by,
                "ends_at": shift.ends_at + by,
                "capacity": shift.capacity,
            }
            for shift in shifts
        ]
    if shift_rows:
        session.execute(insert(Shift), shift_rows)


def write_change(
    session: Session, actor: Actor, event: Event, fields: list[str], *, note: str, at: datetime
) -> None:
    """As ``write_changes``, of one event."""
    write_changes(session, actor, [(event, fields)], note=note, at=at)


def write_changes(
    session: Session,
    actor: Actor,
    changes: Sequence[tuple[Event, list[str]]],
    *,
    note: str,
    at: datetime,
) -> None:
    """Keep what was changed of events, and tell it where an event is known already.

    Refuses: NoteMissing.
    """
    known = [(event, fields) for event, fields in changes if event.state is not EventState.DRAFT]
    if known and not note:
        raise NoteMissing
    told = [
        {"event_id": event.id, "at": at, "actor_id": actor.id, "fields": fields, "note": note}
        for event, fields in known
    ]
    if told:
        session.execute(insert(EventChange), told)
    for event, fields in changes:
        audit.record(
            session, actor, "events.change", ("event", event.id), at=at, org_id=event.org_id,
            fields=fields,
        )  # fmt: skip


def _editable(session: Session, actor: Actor, event_id: int) -> Event:
    event = held(session, actor, event_id)
    check_state(event.state, *EDITABLE)
    return event


def _check_skill(session: Session, skill: str) -> None:
    if skill:
        check_skills([skill], skills(session))


def _of_name(session: Session, event_id: int, name: str) -> Post | None:
    found: Post | None = session.execute(
        select(Post).where(col(Post.event_id) == event_id, col(Post.name) == name)
    ).scalar_one_or_none()
    return found


def _at_the_time(session: Session, event_id: int, fields: ShiftFields) -> Shift | None:
    return next(
        (
            shift
            for shift in queries.shifts_of(session, event_id)
            if (shift.post_id, shift.starts_at, shift.ends_at)
            == (fields["post_id"], fields["starts_at"], fields["ends_at"])
        ),
        None,
    )
