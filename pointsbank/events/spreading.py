"""One event's posts and shifts for the later ones of its series, all at once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlmodel import Session

from pointsbank.core.actor import Actor
from pointsbank.events import parts, queries
from pointsbank.events.models import Event, Post, Shift
from pointsbank.events.posts import held, write_changes
from pointsbank.events.rules import (
    Misleading,
    NotInSeries,
    Taken,
    check_places,
    check_within,
    stricter,
)
from pointsbank.events.series import later_like


@dataclass(slots=True)
class _Work:
    """What is to be done: rows to add, rows with what they are to say, and in which events what
    changes by it.
    """

    fresh: list[dict[str, Any]] = field(default_factory=list)
    otherwise: list[tuple[Post | Shift, dict[str, Any]]] = field(default_factory=list)
    events: set[int] = field(default_factory=set)

    def wants(self, event_id: int, there: Post | Shift | None, said: dict[str, Any]) -> bool:
        """Note what a row is to say; whether it is there and says something else."""
        if there is None:
            self.fresh.append({**said, "event_id": event_id})
        elif all(getattr(there, name) == value for name, value in said.items()):
            return False
        else:
            self.otherwise.append((there, said))
        self.events.add(event_id)
        return there is not None


def arrange_later(
    session: Session, actor: Actor, *, event_id: int, at: datetime, note: str = ""
) -> list[Event]:
    """Let the later events of a series that begin at the same time of the day and have not begun
    have this one's posts and shifts: what is missing is added, what differs is changed, nothing is
    taken away. Those that changed; all or none.

    Refuses, in order: EventNotFound, Forbidden, NotInSeries; of any of them PlacesTaken, Misleading
    (asking more, or another place, of those who have signed up), PlacesTaken (of a shift),
    ShiftOutside; NoteMissing (of a known event).
    """
    origin = held(session, actor, event_id)
    if origin.series_id is None:
        raise NotInSeries
    later = later_like(session, origin)
    ids = [event.id for event in later]
    taken = parts.taken_of(session, ids)
    of_posts = _posts(session, origin, ids, taken)
    if of_posts.fresh:
        session.execute(insert(Post), of_posts.fresh)
    of_shifts = _shifts(session, origin, later, taken)
    changed = [event for event in later if event.id in of_posts.events | of_shifts.events]
    fields = {
        event.id: [
            name
            for name, work in (("posts", of_posts), ("shifts", of_shifts))
            if event.id in work.events
        ]
        for event in changed
    }
    write_changes(session, actor, [(one, fields[one.id]) for one in changed], note=note, at=at)
    for row, said in (*of_posts.otherwise, *of_shifts.otherwise):
        for name, value in said.items():
            setattr(row, name, value)
    if of_shifts.fresh:
        session.execute(insert(Shift), of_shifts.fresh)
    parts.changed(session, actor, [event.id for event in changed], at)
    return changed


def _posts(
    session: Session, origin: Event, event_ids: Sequence[int], taken: Mapping[int, Taken]
) -> _Work:
    work, theirs = _Work(), queries.posts_by_event(session, event_ids)
    wanted = queries.posts_of(session, origin.id)
    for event_id in event_ids:
        by_name = {post.name: post for post in theirs[event_id]}
        for post in wanted:
            said, there = post.model_dump(exclude={"id", "event_id"}), by_name.get(post.name)
            if work.wants(event_id, there, said) and there:
                people = taken[event_id].posts.get(there.id, 0)
                check_places(said["capacity"], people)
                if people and (broken := stricter(there.model_dump(), said)):
                    raise Misleading(count=people, what=broken)
    return work


def _shifts(
    session: Session, origin: Event, later: Sequence[Event], taken: Mapping[int, Taken]
) -> _Work:
    """Each as long after the beginning as there, of the post of the same name."""
    ids = [event.id for event in later]
    work, theirs = _Work(), queries.shifts_by_event(session, ids)
    posts = queries.posts_by_event(session, ids)
    names = {post.id: post.name for post in queries.posts_of(session, origin.id)}
    wanted = queries.shifts_of(session, origin.id)
    for event in later:
        by, numbers = event.starts_at - origin.starts_at, _by_name(posts[event.id])
        known = {(one.post_id, one.starts_at, one.ends_at): one for one in theirs[event.id]}
        for shift in wanted:
            post_id = numbers[names[shift.post_id]] if shift.post_id else None
            place = post_id, shift.starts_at + by, shift.ends_at + by
            there = known.get(place)
            said = dict(zip(("post_id", "starts_at", "ends_at"), place, strict=True))
            if work.wants(event.id, there, {**said, "capacity": shift.capacity}) and there:
                check_places(shift.capacity, taken[event.id].shifts.get(there.id, 0))
            check_within(*place[1:], begins=event.starts_at, ends=event.ends_at)
    return work


def _by_name(posts: Iterable[Post]) -> dict[str, int]:
    return {post.name: post.id for post in posts}
