"""What changed a member's hours after the door, on her page."""

from datetime import date

from sqlalchemy import select
from sqlmodel import Session, col

from pointsbank.attendance.models import Attendance
from pointsbank.core import clock
from pointsbank.core.actor import Actor
from pointsbank.core.errors import say
from pointsbank.core.panels import Happened, Panel
from pointsbank.events.models import Event
from pointsbank.members.queries import ids_of_person
from pointsbank.orgs.queries import among
from pointsbank.settlement.models import HourChange
from pointsbank.settlement.rules import CHANGE_NAMES, SETTLERS

PLACE = 40
_NEWEST = 10


def panel(session: Session, actor: Actor, member_id: int, _on: date) -> Panel | None:
    """Her newest changes of hours, of events that this reader settles; none: no panel."""
    rows = session.execute(
        select(HourChange, Event)
        .join(Attendance, col(Attendance.id) == col(HourChange.attendance_id))
        .join(Event, col(Event.id) == col(Attendance.event_id))
        .where(among(HourChange.member_id, ids_of_person(session, member_id)))
        .order_by(col(HourChange.id).desc())
        .limit(_NEWEST)
    )
    lines = tuple(
        Happened(
            clock.local_day(change.at), event.title, CHANGE_NAMES[change.kind],
            f"{change.minutes_after - change.minutes_before:+}", say("分钟"),
            f"/hours/{change.attendance_id}",
        )
        for change, event in rows
        if actor.may(*SETTLERS, org_id=event.org_id)
    )  # fmt: skip
    return Panel(say("时长更改"), lines=lines) if lines else None
