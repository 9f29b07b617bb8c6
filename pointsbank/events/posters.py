"""The poster of an event: the address that its QR code holds, and the A4 page to print."""

from pathlib import Path
from urllib.parse import urlsplit

from pointsbank.core import bank, clock, printing, qr
from pointsbank.events.models import Event
from pointsbank.events.rules import STATE_NAMES, EventState, PublicAddressLocal, WrongState

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


def pdf(event: Event, organisation: str) -> bytes:
    """The A4 poster.

    Refuses, in order: WrongState (draft, cancelled), PublicAddressLocal, GlyphMissing.
    """
    if event.state in (EventState.DRAFT, EventState.CANCELLED):
        raise WrongState(state=STATE_NAMES[event.state])
    if is_local():
        raise PublicAddressLocal
    data = {
        "title": event.title,
        "organisation": organisation,
        "place": event.place,
        "times": times(event),
        "code": event.code,
        "address": address(event),
        "qr": qr.svg(address(event)),
    }
    return printing.pdf(_TEMPLATE, data)
