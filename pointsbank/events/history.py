"""The batch form for what is over: finished events, of a demo or an import."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select
from sqlmodel import Session, col

from pointsbank.core import audit, clock
from pointsbank.core.actor import Actor
from pointsbank.core.statements import portions
from pointsbank.earning.rules import DeedCategory
from pointsbank.events.codes import unused_codes
from pointsbank.events.content import columns_of
from pointsbank.events.models import Event
from pointsbank.events.rules import ORGANISERS, Content, EventState, check_span
from pointsbank.hours.queries import hour_rules_in_force
from pointsbank.orgs.queries import organisations
from pointsbank.orgs.rules import NoSuchOrganisation

ROWS_A_BATCH = 4_000


@dataclass(frozen=True, slots=True)
class PastEvent:
    """A finished event; its organisation, title, place and times together name it."""

    org_id: int
    title: str
    kind: DeedCategory
    place: str
    starts_at: datetime
    ends_at: datetime
    description: str = ""
    capacity: int | None = None

    @property
    def key(self) -> str:
        named = (self.org_id, self.title, self.place, self.starts_at, self.ends_at)
        return "past:" + hashlib.sha256(repr(named).encode()).hexdigest()[:40]


def record_events(
    session: Session, actor: Actor, rows: Sequence[PastEvent], *, at: datetime
) -> list[int]:
    """Enter finished events; their ids, in the order of the rows. A repeated row is an answer.

    Refuses, in order: NoSuchOrganisation, Forbidden (organiser, secretary), TimesImpossible.
    """
    org_ids = {row.org_id for row in rows}
    if org_ids - organisations(session, org_ids).keys():
        raise NoSuchOrganisation
    for org_id in org_ids:
        actor.require(*ORGANISERS, org_id=org_id)
    for row in rows:
        check_span(row.starts_at, row.ends_at)
    ids: dict[str, int] = {}
    for part in portions(rows, ROWS_A_BATCH):
        keys = [row.key for row in part]
        known = _ids_by_key(session, actor, keys)
        fresh = {row.key: row for row in part if row.key not in known}
        if fresh:
            _insert_events(session, actor, fresh, at)
        ids |= _ids_by_key(session, actor, keys)
    audit.record(session, actor, "events.record_events", ("event", 0), at=at, count=len(rows))
    return [ids[row.key] for row in rows]


def _ids_by_key(session: Session, actor: Actor, keys: Sequence[str]) -> dict[str, int]:
    found = session.execute(
        select(col(Event.key), col(Event.id)).where(
            col(Event.created_by) == actor.id, col(Event.key).in_(keys)
        )
    )
    return {key: event_id for key, event_id in found if event_id is not None}


def _insert_events(
    session: Session, actor: Actor, fresh: dict[str, PastEvent], at: datetime
) -> None:
    days = {key: (row.org_id, clock.local_day(row.starts_at)) for key, row in fresh.items()}
    rules = hour_rules_in_force(session, list(days.values()))
    codes = unused_codes(session, len(fresh))
    new = [
        {
            **columns_of(_content(row)),
            "org_id": row.org_id,
            "state": EventState.CLOSED,
            "code": code,
            "hour_rule_id": rules[days[key]].id,
            "created_by": actor.id,
            "key": key,
            "created_at": at,
            "published_at": at,
            "opened_at": row.starts_at,
            "closed_at": row.ends_at,
            "cancel_reason": "",
        }
        for (key, row), code in zip(fresh.items(), codes, strict=True)
    ]
    session.connection().execute(insert(Event), new)


def _content(row: PastEvent) -> Content:
    return {
        "title": row.title, "kind": row.kind, "place": row.place, "starts_at": row.starts_at,
        "ends_at": row.ends_at, "description": row.description, "capacity": row.capacity,
    }  # fmt: skip
