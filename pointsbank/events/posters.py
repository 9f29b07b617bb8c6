"""The posters of an event: the address that their QR code holds, and what to print on A4.

One for the event, one for each of its posts, one for each place, or one that stays on the wall of
the station where it takes place; one to a page, or several small ones to a sheet. Any of them
checks a person in; that of a post, and of a place with one post, names the post. That of a station
leads to whatever event is open there.
"""

from collections.abc import Iterator, Sequence
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
    StationMissing,
    WrongState,
    post_code,
)

_TEMPLATE = Path(__file__).parent / "print" / "poster.typ"
_WEEKDAYS = "一二三四五六日"


def address(code: str) -> str:
    """What the QR code of an event or post holds: a plain short address that any scanner opens."""
    return f"{bank.settings().public_url.rstrip('/')}/c/{code}"


def station_address(org_id: int) -> str:
    """What the QR code on a station's wall holds."""
    return f"{bank.settings().public_url.rstrip('/')}/s/{org_id}"


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
    StationMissing, GlyphMissing.
    """
    if event.state in (EventState.DRAFT, EventState.CANCELLED):
        raise WrongState(state=STATE_NAMES[event.state])
    if is_local():
        raise PublicAddressLocal
    if of in (PosterOf.POST, PosterOf.PLACE) and not posts:
        raise PostsMissing
    if of is PosterOf.STATION and event.place_id is None:
        raise StationMissing
    common = {
        "title": event.title,
        "organisation": organisation,
        "place": event.place,
        "times": times(event),
        "code": event.code,
        "address": address(event.code),
        "head": "",
        "hours": "",
    }
    shown = [{**common, **one} for one in _differences(event, posts, shifts, of)]
    data = {
        "posters": [one for one in shown for _ in range(copies)],
        "per_sheet": per_sheet,
        "codes": {one["address"]: qr.svg(one["address"]) for one in shown},
    }
    return printing.pdf(_TEMPLATE, data)


def _differences(
    event: Event, posts: Sequence[Post], shifts: Sequence[Shift], of: PosterOf
) -> Iterator[dict[str, str]]:
    """What each poster says otherwise than the event's own."""
    if of is PosterOf.EVENT:
        yield {}
    elif of is PosterOf.STATION:
        yield {
            "title": event.place, "times": "", "place": "", "code": "",
            "address": station_address(event.place_id or 0),
        }  # fmt: skip
    elif of is PosterOf.POST:
        for number, post in enumerate(posts, start=1):
            hours = "、".join(_hours(shift) for shift in shifts if shift.post_id == post.id)
            place = post.place or event.place
            yield {"head": post.name, "place": place, "hours": hours, **_coded(event, number)}
    else:
        yield from _of_places(event, posts)


def _of_places(event: Event, posts: Sequence[Post]) -> Iterator[dict[str, str]]:
    by_place: dict[str, list[tuple[int, str]]] = {}
    for number, post in enumerate(posts, start=1):
        by_place.setdefault(post.place or event.place, []).append((number, post.name))
    for place, there in by_place.items():
        only = _coded(event, there[0][0]) if len(there) == 1 else {}
        yield {"head": "、".join(name for _, name in there), "place": place, **only}


def _coded(event: Event, number: int) -> dict[str, str]:
    code = post_code(event.code, number)
    return {"code": code, "address": address(code)}


def _hours(shift: Shift) -> str:
    return f"{clock.local(shift.starts_at):%H:%M}—{clock.local(shift.ends_at):%H:%M}"
