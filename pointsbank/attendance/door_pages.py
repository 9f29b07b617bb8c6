"""Pages at the door: the screen with the rotating code, and the display on the wall."""

from typing import Any

from flask import flash, render_template
from flask_babel import gettext

from pointsbank.attendance import queries, rotating
from pointsbank.attendance.arrivals import arrivals_by_minute
from pointsbank.attendance.rules import Verdict
from pointsbank.core import clock, qr
from pointsbank.core.actor import Scope
from pointsbank.core.database import Session, snapshot
from pointsbank.events.models import Event
from pointsbank.events.queries import event as event_seen
from pointsbank.events.rules import ORGANISERS
from pointsbank.signups.queries import expected
from pointsbank.web import PageBlueprint, actor, allow, wants_fragment

pages = PageBlueprint("door", __name__)


@pages.get("/events/<int:event_id>/screen")
@allow(*ORGANISERS, Scope.AT_DOOR)
def screen(event_id: int) -> str:
    """The code of this moment; the page asks for the next by itself, and turns grey without it."""
    now = clock.now()
    with snapshot() as session:
        found = held(session, event_id)
        digits = rotating.digits(found.code, now)
        return render_template(
            "attendance/_screen.html" if wants_fragment() else "attendance/screen.html",
            event=found,
            drawing=qr.svg(rotating.address(found.code, now), digits),
            digits=digits,
            **_turnout(session, event_id),
        )


@pages.get("/events/<int:event_id>/wall")
@allow(*ORGANISERS, Scope.AT_DOOR)
def wall(event_id: int) -> str:
    """How many are in, of how many, and when they came: large, for everybody to see."""
    now = clock.now()
    with snapshot() as session:
        found = held(session, event_id)
        came = [clock.local(at) for at in queries.arrivals(session, event_id)]
        return render_template(
            "attendance/_wall.html" if wants_fragment() else "attendance/wall.html",
            event=found,
            arrivals=arrivals_by_minute(came),
            now=now,
            **_turnout(session, event_id),
        )


def held(session: Session, event_id: int) -> Event:
    """The event, for who runs it."""
    found = event_seen(session, actor(), event_id)
    actor().require(*ORGANISERS, org_id=found.org_id)
    return found


def _turnout(session: Session, event_id: int) -> dict[str, Any]:
    return {"counts": queries.counts(session, event_id), "expected": expected(session, event_id)}


def tell(event_id: int, told: dict[str, Any]) -> None:
    """Say what became of a scan, one of ``results``: with its undo, or with what now."""
    text = f"{told['name'] or ''} {gettext(told['headline'])}".strip()
    if told["undo"]:
        where = f"/events/{event_id}/scans/{told['id']}/undo"
        said: Any = {"text": text, "undo_url": where}
        flash(said, "success")
        return
    since = clock.local(told["since"]) if told["since"] else None
    if told["verdict"] == Verdict.ALREADY_IN:
        text = gettext("%(name)s 已于 %(since)s 签到。", name=told["name"], since=f"{since:%H:%M}")
    elif told["verdict"] == Verdict.ALREADY_OUT:
        text = gettext("%(name)s 已于 %(since)s 签退。", name=told["name"], since=f"{since:%H:%M}")
    elif since:
        text = f"{text} · {since:%Y-%m-%d}"
    now = f" · {gettext(told['now'])}" if told["now"] else ""
    flash(text + now, "warning" if told["tone"] == "amber" else "error")
