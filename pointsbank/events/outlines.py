"""Templates 模板: what an organisation's new events begin with, and the presets for everybody.

Kept without times and names: those belong to one day. Shifts are kept by minutes after the
beginning.
"""

from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import insert, select
from sqlmodel import Session, col

from pointsbank.core import audit
from pointsbank.core.actor import Actor
from pointsbank.earning.rules import DeedCategory
from pointsbank.events import queries
from pointsbank.events.content import completed, content_of
from pointsbank.events.drafts import draft, drafted_before, lock_organisation
from pointsbank.events.models import Event, EventTemplate, Post, Shift
from pointsbank.events.posts import held
from pointsbank.events.presets import PRESETS, Outline
from pointsbank.events.rules import (
    ORGANISERS,
    Content,
    KeyReused,
    TemplateNotFound,
    check_times,
)
from pointsbank.orgs.queries import organisation
from pointsbank.orgs.rules import check_open

# What belongs to one occasion and not to the next.
_OF_THE_DAY = ("starts_at", "ends_at", "in_charge", "recorder", "place_id")


def save_template(
    session: Session, actor: Actor, *, event_id: int, name: str, key: str, at: datetime
) -> EventTemplate:
    """Keep an event as a template of its organisation.

    Refuses, in order: EventNotFound (also for others' drafts), Forbidden, KeyReused.
    """
    origin = held(session, actor, event_id)
    lock_organisation(session, origin.org_id)
    before: EventTemplate | None = session.execute(
        select(EventTemplate).where(
            col(EventTemplate.created_by) == actor.id, col(EventTemplate.key) == key
        )
    ).scalar_one_or_none()
    if before:
        if (before.org_id, before.name) != (origin.org_id, name):
            raise KeyReused
        return before
    outline = outline_of(session, origin)
    template = EventTemplate(
        org_id=origin.org_id,
        name=name,
        length_minutes=outline.length_minutes,
        content=outline.content,
        posts=outline.posts,
        created_by=actor.id,
        key=key,
        created_at=at,
    )
    session.add(template)
    session.flush()
    _note(session, actor, "save_template", template, at)
    return template


def put_away_template(session: Session, actor: Actor, *, template_id: int, at: datetime) -> None:
    """Offer a template no longer. Put away already is an answer.

    Refuses: TemplateNotFound (also for others).
    """
    template = queries.template(session, actor, template_id)
    if template.put_away_at is None:
        template.put_away_at = at
        _note(session, actor, "put_away_template", template, at)


def plan_from(
    session: Session,
    actor: Actor,
    *,
    outline: Outline,
    org_id: int,
    place: str,
    starts_at: datetime,
    key: str,
    at: datetime,
) -> Event:
    """Draft an event as an outline says; ``place`` empty: the outline's.

    Refuses, in order: KeyReused, then as ``plan``.
    """
    before = drafted_before(session, actor, org_id, key)
    ends_at = starts_at + timedelta(minutes=outline.length_minutes)
    said = {**outline.content, "starts_at": starts_at, "ends_at": ends_at}
    said["place"] = place or said.get("place", "")
    said["kind"] = DeedCategory(said["kind"])
    content = cast("Content", said)
    if before:
        asked = (org_id, content["title"], starts_at)
        if (before.org_id, before.title, before.starts_at) != asked:
            raise KeyReused
        return before
    org = organisation(session, org_id)
    actor.require(*ORGANISERS, org_id=org_id)
    check_open(org.closed_on)
    check_times(starts_at, ends_at, at)
    [event] = draft(session, actor, org_id, [completed(session, content)], keys=[key], at=at)
    _add_posts(session, event, outline)
    audit.record(session, actor, "events.plan", ("event", event.id), at=at, org_id=org_id)
    return event


def outline_of(session: Session, event: Event) -> Outline:
    """What the next event like this one begins with."""
    content = {name: value for name, value in content_of(event).items() if name not in _OF_THE_DAY}
    shifts = queries.shifts_of(session, event.id)
    posts = [
        {
            **post.model_dump(exclude={"id", "event_id"}),
            "shifts": [_kept(shift, event) for shift in shifts if shift.post_id == post.id],
        }
        for post in queries.posts_of(session, event.id)
    ]
    free = [_kept(shift, event) for shift in shifts if shift.post_id is None]
    length = int((event.ends_at - event.starts_at).total_seconds()) // 60
    return Outline(content, length, [*posts, {"shifts": free}] if free else posts)


def chosen(session: Session, actor: Actor, asked: dict[str, Any]) -> Outline:
    """The outline that a request names as ``template_id`` or ``preset``, which it then has no
    longer. Refuses: TemplateNotFound (also of others).
    """
    name, template_id = asked.pop("preset", None), asked.pop("template_id", None)
    if template_id is not None:
        kept = queries.template(session, actor, template_id)
        return Outline(kept.content, kept.length_minutes, kept.posts)
    if name not in PRESETS:
        raise TemplateNotFound
    return PRESETS[name]


def _kept(shift: Shift, event: Event) -> dict[str, Any]:
    after = shift.starts_at - event.starts_at
    length = shift.ends_at - shift.starts_at
    return {
        "after_minutes": int(after.total_seconds()) // 60,
        "minutes": int(length.total_seconds()) // 60,
        "capacity": shift.capacity,
    }


def _add_posts(session: Session, event: Event, outline: Outline) -> None:
    """The outline's posts and shifts; what has no name is a shift of the whole event."""
    empty = {"duties": "", "capacity": None, "skill": "", "least_age": None, "place": ""}
    shifts = []
    for one in outline.posts:
        post_id = None
        if "name" in one:
            said = {name: value for name, value in one.items() if name != "shifts"}
            post = Post(**{**empty, **said}, event_id=event.id)
            session.add(post)
            session.flush()
            post_id = post.id
        for shift in one.get("shifts", ()):
            starts_at = event.starts_at + timedelta(minutes=shift["after_minutes"])
            shifts.append(
                {
                    "event_id": event.id,
                    "post_id": post_id,
                    "starts_at": starts_at,
                    "ends_at": starts_at + timedelta(minutes=shift["minutes"]),
                    "capacity": shift["capacity"],
                }
            )
    if shifts:
        session.execute(insert(Shift), shifts)


def _note(session: Session, actor: Actor, verb: str, template: EventTemplate, at: datetime) -> None:
    audit.record(
        session, actor, f"events.{verb}", ("event_template", template.id), at=at,
        org_id=template.org_id,
    )  # fmt: skip
