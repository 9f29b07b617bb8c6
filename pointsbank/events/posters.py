"""The posters of an event: the address that their QR code holds, and what to print on A4.

One for the event, one for each of its posts or one for each place; one to a page, or several small
ones to a sheet. All hold the event's own code, so that any of them checks a person in.
"""

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from pointsbank.core import bank, clock, printing, qr
from pointsbank.events.models import Event, Post, Shift
from pointsbank.events.rules import (
    STATE_NAMES,
    EventState,
    PosterOf,
    PostsMissing,
    PublicAddressLocal,
    WrongState,
)

_TEMPLATE = Path(__file__).parent / "print" / "poster.typ"
_WEEKDAYS = "一二三四五六日"


def address(event: Event) -> str:
    """What the QR code holds: a plain short address that any scanner opens."""
    return f"{bank.settings().public_url.rstrip('/')}/c/{event.code}"


def is_local() -> bool:
    """Whether the address is of this machine only, so that no phone could open it."""
    host = urlsplit(bank.settings().public_url).hostname or ""
    return host in {"", "localhost", "::1"} or host.startswith("127.")


def times(event: Event) -> str:
    """Day, weekday and hours as a poster says them."""
    start, end = clock.local(event.starts_at), clock.local(event.ends_at)
    day = f"{start.year}年{start.month}月{start.day}日 星期{_WEEKDAYS[start.weekday()]}"
    until = "" if start.date() == end.date() else f"{end.month}月{end.day}日 "
    return f"{day} {start:%H:%M}—{until}{end:%H:%M}"


def pdf(
    event: Event,
    organisation: str,
    *,
    posts: Sequence[Post] = (),
    shifts: Sequence[Shift] = (),
    of: PosterOf = PosterOf.EVENT,
    per_sheet: int = 1,
    copies: int = 1,
) -> bytes:
    """So many copies of each poster, so many to an A4 sheet (one of ``PER_SHEET``).

    Refuses, in order: WrongState (draft, cancelled), PublicAddressLocal, PostsMissing,
    GlyphMissing.
    """
    if event.state in (EventState.DRAFT, EventState.CANCELLED):
        raise WrongState(state=STATE_NAMES[event.state])
    if is_local():
        raise PublicAddressLocal
    if of is not PosterOf.EVENT and not posts:
        raise PostsMissing
    common = {
        "title": event.title,
        "organisation": organisation,
        "place": event.place,
        "times": times(event),
        "code": event.code,
        "address": address(event),
    }
    shown = [{**common, **one} for one in _heads(event, posts, shifts, of)]
    data = {
        "posters": [one for one in shown for _ in range(copies)],
        "per_sheet": per_sheet,
        "qr": qr.svg(address(event)),
    }
    return printing.pdf(_TEMPLATE, data)


def _heads(
    event: Event, posts: Sequence[Post], shifts: Sequence[Shift], of: PosterOf
) -> list[dict[str, str]]:
    """What each poster says besides what all say: its post, or the posts at its place."""
    if of is PosterOf.EVENT:
        return [{"head": "", "hours": ""}]
    if of is PosterOf.POST:
        return [
            {
                "head": post.name,
                "place": post.place or event.place,
                "hours": "、".join(_hours(shift) for shift in shifts if shift.post_id == post.id),
            }
            for post in posts
        ]
    by_place: dict[str, list[str]] = {}
    for post in posts:
        by_place.setdefault(post.place or event.place, []).append(post.name)
    return [
        {"head": "、".join(names), "place": place, "hours": ""} for place, names in by_place.items()
    ]


def _hours(shift: Shift) -> str:
    return f"{clock.local(shift.starts_at):%H:%M}—{clock.local(shift.ends_at):%H:%M}"
