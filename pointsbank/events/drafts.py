"""How events come to be and to say something else: one, or a whole series at once."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert, select
from sqlmodel import Session, col

from pointsbank.core.actor import Actor
from pointsbank.events import parts
from pointsbank.events.codes import unused_codes
from pointsbank.events.content import columns_of, content_of
from pointsbank.events.models import Event
from pointsbank.events.posts import move_shifts, write_changes
from pointsbank.events.rules import (
    Content,
    EventState,
    changed_fields,
    check_change,
    check_places,
    check_safe,
    check_times,
)
from pointsbank.orgs.models import Organisation


def lock_organisation(session: Session, org_id: int) -> None:
    """One plan at a time in an organisation: two taps make one draft."""
    session.execute(
        select(col(Organisation.id))
        .where(col(Organisation.id) == org_id)
        .with_for_update(key_share=True)
    )


def drafted_before(session: Session, actor: Actor, org_id: int, key: str) -> Event | None:
    """What this actor's key made before."""
    lock_organisation(session, org_id)
    found: Event | None = session.execute(
        select(Event).where(col(Event.created_by) == actor.id, col(Event.key) == key)
    ).scalar_one_or_none()
    return found


def draft(
    session: Session,
    actor: Actor,
    org_id: int,
    contents: Sequence[Content],
    *,
    keys: Sequence[str],
    at: datetime,
    series_id: int | None = None,
) -> list[Event]:
    """Events that say this, each under its key."""
    codes = unused_codes(session, len(contents))
    rows = [
        {
            **columns_of(content),
            "org_id": org_id,
            "state": EventState.DRAFT,
            "code": code,
            "series_id": series_id,
            "created_by": actor.id,
            "key": key,
            "created_at": at,
            "cancel_reason": "",
        }
        for content, key, code in zip(contents, keys, codes, strict=True)
    ]
    if rows:
        session.connection().execute(insert(Event), rows)
    made = session.execute(
        select(Event).where(col(Event.created_by) == actor.id, col(Event.key).in_(keys))
    ).scalars()
    by_key = {event.key: event for event in made}
    return [by_key[key] for key in keys]


def say_otherwise(
    session: Session,
    actor: Actor,
    wanted: Sequence[tuple[Event, Content]],
    *,
    note: str,
    at: datetime,
) -> None:
    """Let events that ``held`` gave say something else, or all of them nothing else.

    Refuses, for each in turn, in order: as ``rules.check_change``; of new times EventInPast,
    TimesImpossible, TooFarAhead, ShiftOutside; PlacesTaken; of what is known RisksMissing,
    InsuranceMissing.
    """
    taken = parts.taken_of(session, [event.id for event, _ in wanted])
    changes: list[tuple[Event, list[str]]] = []
    moved = []
    for event, after in wanted:
        changed = changed_fields(content_of(event), after)
        if not changed:
            continue
        people = taken[event.id].people
        check_change(event.state, changed, note=note, people=people)
        if {"starts_at", "ends_at"} & set(changed):
            check_times(after["starts_at"], after["ends_at"], at)
            moved.append((event, after["starts_at"], after["ends_at"]))
        check_places(after["capacity"], people)
        changes.append((event, changed))
    move_shifts(session, moved)
    for event, after in wanted:
        if event.state is not EventState.DRAFT:
            check_safe(after)
    write_changes(session, actor, changes, note=note, at=at)
    for event, after in wanted:
        for name, value in columns_of(after).items():
            setattr(event, name, value)
    parts.changed(session, actor, [event.id for event, _ in changes], at)
