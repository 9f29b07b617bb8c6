"""The monthly recruitment notice of a community 招募通知: what it holds, and the A4 page to print.

Public, so it says nothing of anybody: events, posts, and how many places are left.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from pointsbank.core import bank, clock, printing, qr
from pointsbank.core.errors import NotFound, say
from pointsbank.earning.rules import DEED_CATEGORIES
from pointsbank.events import parts, posters, queries
from pointsbank.events.models import Event, Post, Shift
from pointsbank.events.rules import EventState, PublicAddressLocal
from pointsbank.orgs.models import Organisation
from pointsbank.orgs.queries import ids_below, organisation

MOST_EVENTS = 300
_TEMPLATE = Path(__file__).parent / "print" / "notice.typ"


class NoSuchMonth(NotFound):
    sentence = say("没有这个月份。")


@dataclass(frozen=True, slots=True)
class PostLine:
    """A post of a notice; ``left`` places, none for no limit."""

    post: Post
    shifts: Sequence[Shift]
    left: int | None


@dataclass(frozen=True, slots=True)
class EventLine:
    """An event of a notice; ``left`` places where it has no posts, none for no limit; ``over``: it
    was held, or its time is past.
    """

    event: Event
    over: bool
    organiser: str
    posts: Sequence[PostLine]
    shifts: Sequence[Shift]
    left: int | None


@dataclass(frozen=True, slots=True)
class Notice:
    """What a community and everything below it holds in a month; ``month`` is its first day."""

    organisation: Organisation
    month: date
    lines: Sequence[EventLine]


def month_of(text: str) -> date:
    """The first day of a month written 2026-12. Refuses: NoSuchMonth."""
    if not re.fullmatch(r"2[01][0-9]{2}-(0[1-9]|1[0-2])", text):
        raise NoSuchMonth
    return date.fromisoformat(f"{text}-01")


def month_after(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)


def notice(session: Session, org_id: int, month: date, *, at: datetime) -> Notice:
    """A month's notice as it stands at an instant. Refuses: NoSuchOrganisation."""
    org = organisation(session, org_id)
    begins, ends = clock.day_start(month), clock.day_start(month_after(month))
    rows = session.execute(
        select(Event, col(Organisation.name))
        .join(Organisation, col(Organisation.id) == col(Event.org_id))
        .where(
            col(Event.org_id).in_(ids_below([org_id])),
            col(Event.published_at).is_not(None),
            col(Event.starts_at) >= begins,
            col(Event.starts_at) < ends,
        )
        .order_by(col(Event.starts_at), col(Event.id))
        .limit(MOST_EVENTS)
    ).all()
    ids = [event.id for event, _ in rows]
    posts, shifts = queries.posts_by_event(session, ids), queries.shifts_by_event(session, ids)
    taken = parts.taken_of(session, ids)
    lines = []
    for event, organiser in rows:
        its = shifts[event.id]
        of_posts = [
            PostLine(
                post,
                [shift for shift in its if shift.post_id == post.id],
                _left(post.capacity, taken[event.id].posts.get(post.id, 0)),
            )
            for post in posts[event.id]
        ]
        free = [shift for shift in its if shift.post_id is None]
        left = _left(event.capacity, taken[event.id].people)
        off = event.state is EventState.CANCELLED
        over = not off and (event.state is EventState.CLOSED or event.ends_at <= at)
        lines.append(EventLine(event, over, organiser, of_posts, free, left))
    return Notice(org, month, lines)


def _left(capacity: int | None, taken: int) -> int | None:
    return None if capacity is None else max(0, capacity - taken)


def address(org_id: int, month: date) -> str:
    """Where the notice can be read, as its QR code holds it."""
    return f"{bank.settings().public_url.rstrip('/')}/recruitment/{org_id}/{month:%Y-%m}"


def pdf(found: Notice) -> bytes:
    """The notice on A4. Refuses, in order: PublicAddressLocal, GlyphMissing."""
    if posters.is_local():
        raise PublicAddressLocal
    where = address(found.organisation.id, found.month)
    data = {
        "organisation": found.organisation.name,
        "month": f"{found.month.year}年{found.month.month}月",
        "name": bank.settings().recruitment_name,
        "address": where,
        "qr": qr.svg(where),
        "house": found.organisation.address,
        "events": [_printed(line) for line in found.lines if not (line.over or _is_off(line))],
        "over": [_told(line.event) for line in found.lines if line.over],
        "off": [_told(line.event) for line in found.lines if _is_off(line)],
    }
    return printing.pdf(_TEMPLATE, data)


def _is_off(line: EventLine) -> bool:
    return line.event.state is EventState.CANCELLED


def _told(event: Event) -> dict[str, str]:
    return {
        "title": event.title, "times": _times(event), "place": event.place,
        "reason": event.cancel_reason,
    }  # fmt: skip


def _times(event: Event) -> str:
    return posters.times(event).partition("年")[2]


def _printed(line: EventLine) -> dict[str, Any]:
    event = line.event
    return {
        "title": event.title,
        "kind": DEED_CATEGORIES[event.kind],
        "times": _times(event),
        "place": event.place,
        "organiser": line.organiser,
        "served": event.served,
        "asks": _asks(event.skill, event.least_age),
        "risks": event.risks,
        "insurance": event.insurance,
        "left": _left_in_words(line.left),
        "shifts": [_hours(shift) for shift in line.shifts],
        "posts": [
            {
                "name": one.post.name,
                "duties": one.post.duties,
                "asks": _asks(one.post.skill, one.post.least_age),
                "place": one.post.place,
                "left": _left_in_words(one.left),
                "shifts": [_hours(shift) for shift in one.shifts],
            }
            for one in line.posts
        ],
    }


def _hours(shift: Shift) -> str:
    return f"{clock.local(shift.starts_at):%H:%M}—{clock.local(shift.ends_at):%H:%M}"


def _asks(skill: str, least_age: int | None) -> str:
    asked = [f"需会{skill}" if skill else "", f"满{least_age}岁" if least_age else ""]
    return "，".join(one for one in asked if one)


def _left_in_words(left: int | None) -> str:
    if left is None:
        return "不限名额"
    return f"还缺{left}人" if left else "已满"
