"""The calendars there are: a member's own, a community's public one, a single event."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlmodel import Session, col

from pointsbank.core import bank
from pointsbank.events.models import Event
from pointsbank.events.rules import EventState
from pointsbank.members.queries import member
from pointsbank.orgs import queries as orgs
from pointsbank.orgs.rules import COMMUNITY, NoSuchOrganisation
from pointsbank.signups import mine, queries
from pointsbank.signups.feed import Entry, calendar
from pointsbank.signups.mine import Mine
from pointsbank.signups.rules import SignUpState

EVERY = timedelta(hours=1)
BACK = timedelta(days=60)
MOST_EVENTS = 500
MY_SIGN_UPS = "我的报名"


def of_member(session: Session, member_id: int, at: datetime) -> bytes:
    """What she has signed up for, or waits for (TENTATIVE), lately and to come."""
    kept = member(session, member_id)
    found = mine.since(session, kept.merged_into_id or member_id, at - BACK)
    sequences = queries.changes_counted(session, {one.event.id or 0 for one in found})
    entries = [_mine(one, sequences.get(one.event.id or 0, 0)) for one in found]
    return calendar(MY_SIGN_UPS, entries, at=at, every=EVERY)


def of_community(session: Session, org_id: int, at: datetime) -> bytes:
    """What a community and those below it have made known, lately and to come.

    Refuses: NoSuchOrganisation (also for what is no community).
    """
    community = orgs.organisation(session, org_id)
    if community.kind != COMMUNITY:
        raise NoSuchOrganisation
    found = session.execute(
        select(Event)
        .where(
            col(Event.org_id).in_(orgs.ids_below([org_id])),
            col(Event.published_at).is_not(None),
            col(Event.ends_at) > at - BACK,
        )
        .order_by(col(Event.starts_at), col(Event.id))
        .limit(MOST_EVENTS)
    ).scalars()
    return _of_events(session, community.name, found.all(), at)


def of_event(session: Session, event: Event, at: datetime) -> bytes:
    """One event, to be put into a calendar."""
    return _of_events(session, event.title, [event], at)


def _of_events(session: Session, name: str, found: Sequence[Event], at: datetime) -> bytes:
    sequences = queries.changes_counted(session, [event.id or 0 for event in found])
    return calendar(name, _entries(found, sequences), at=at, every=EVERY)


def _entries(found: Iterable[Event], sequences: dict[int, int]) -> Iterable[Entry]:
    for event in found:
        cancelled = event.state is EventState.CANCELLED
        yield Entry(
            f"event-{event.id}@{_host()}", event.starts_at, event.ends_at, event.title,
            event.place, _description(event), _page(event),
            "CANCELLED" if cancelled else "CONFIRMED",
            sequences.get(event.id or 0, 0) + cancelled,
        )  # fmt: skip


def _mine(one: Mine, changes: int) -> Entry:
    event, sign_up = one.event, one.sign_up
    spot = "".join(f"-{part}" for part in (sign_up.post_id, sign_up.shift_id) if part)
    cancelled = event.state is EventState.CANCELLED
    waiting = sign_up.state is SignUpState.WAITING
    status = "CANCELLED" if cancelled else "TENTATIVE" if waiting else "CONFIRMED"
    title = f"{event.title}（{one.post.name}）" if one.post else event.title
    moved_up = sign_up.moved_up_at is not None
    return Entry(
        f"event-{event.id}{spot}@{_host()}", one.starts_at, one.ends_at, title, one.place,
        _description(event), _page(event), status, changes + cancelled + moved_up,
    )  # fmt: skip


def _description(event: Event) -> str:
    if event.state is EventState.CANCELLED:
        return f"活动已取消：{event.cancel_reason}"
    return event.description


def _page(event: Event) -> str:
    return f"{bank.settings().public_url.rstrip('/')}/events/{event.id}"


def _host() -> str:
    return urlsplit(bank.settings().public_url).hostname or "localhost"
