"""The list of who comes, by post and shift: for organisers' pages and for the table at the door."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlmodel import Session

from pointsbank.core import audit, clock, printing
from pointsbank.core.actor import Actor
from pointsbank.events.models import Event
from pointsbank.events.queries import event as event_seen
from pointsbank.events.rules import ORGANISERS
from pointsbank.orgs.queries import organisation
from pointsbank.signups import queries
from pointsbank.signups.queries import Listed
from pointsbank.signups.rules import SignUpState, Spot

_TEMPLATE = Path(__file__).parent / "print" / "roster.typ"


@dataclass(frozen=True, slots=True)
class Group:
    """A spot with who is signed up for it and who waits, in the order of asking."""

    name: str
    starts_at: datetime
    ends_at: datetime
    signed_up: Sequence[Listed]
    waiting: Sequence[Listed]


def groups(session: Session, event: Event) -> list[Group]:
    """Every spot of an event, and those no more offered that somebody is signed up for."""
    offered = queries.offer(session, event)
    by_spot: dict[Spot, list[Listed]] = {spot: [] for spot in offered.spots}
    for one in queries.listed(session, event.id or 0):
        by_spot.setdefault(one.sign_up.spot, []).append(one)
    found = []
    for spot, rows in by_spot.items():
        post = offered.posts.get(spot.post_id or 0)
        sorted_by = {state: [r for r in rows if r.sign_up.state is state] for state in SignUpState}
        found.append(
            Group(
                post.name if post else "",
                *offered.span(spot),
                sorted_by[SignUpState.SIGNED_UP],
                sorted_by[SignUpState.WAITING],
            )
        )
    return found


def print_roster(session: Session, actor: Actor, *, event_id: int, at: datetime) -> bytes:
    """The roster as A4 pages; the look is in the audit trail.

    Refuses, in order: EventNotFound, Forbidden, GlyphMissing.
    """
    event = event_seen(session, actor, event_id)
    actor.require(*ORGANISERS, org_id=event.org_id)
    found = groups(session, event)
    data = {
        "title": event.title,
        "organisation": organisation(session, event.org_id).name,
        "place": event.place,
        "times": times(event.starts_at, event.ends_at),
        "printed": f"{clock.local(at):%Y-%m-%d %H:%M}",
        "groups": [
            {
                "name": one.name,
                "times": times(one.starts_at, one.ends_at),
                "people": [_line(listed) for listed in one.signed_up],
                "waiting": [_line(listed) for listed in one.waiting],
            }
            for one in found
        ],
    }
    content = printing.pdf(_TEMPLATE, data)
    audit.record(
        session, actor, "signups.roster_printed", ("event", event_id), at=at, org_id=event.org_id,
        people=sum(len(one.signed_up) for one in found),
    )  # fmt: skip
    return content


def times(starts_at: datetime, ends_at: datetime) -> str:
    """11月21日 09:00—11:30, with the second day where there is one."""
    start, end = clock.local(starts_at), clock.local(ends_at)
    until = "" if start.date() == end.date() else f"{end.month}月{end.day}日 "
    return f"{start.month}月{start.day}日 {start:%H:%M}—{until}{end:%H:%M}"


def _line(one: Listed) -> dict[str, str]:
    return {"name": one.name, "tail": one.phone_tail, "team": one.team}
