"""What changed a member's hours after the door, and what those served said, on her page."""

from datetime import date

from sqlalchemy import Row, select
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
from pointsbank.settlement.rated import rated_services
from pointsbank.settlement.rules import CHANGE_NAMES, RATED, SETTLERS

PLACE = 40
_NEWEST = 10


def panel(session: Session, actor: Actor, member_id: int, _on: date) -> Panel | None:
    """What those served said of her newest services, and her newest changes of hours, of events
    that this reader settles; none of either: no panel.
    """
    mine = ids_of_person(session, member_id)
    lines = [
        Happened(
            clock.local_day(event.starts_at), event.title, RATED, rated.mean, say("分"),
            _file(actor, event, one.id),
        )
        for one, event, rated in rated_services(session, mine, most=_NEWEST)
    ] + [
        Happened(
            clock.local_day(change.at), event.title, CHANGE_NAMES[change.kind],
            f"{change.minutes_after - change.minutes_before:+}", say("分钟"),
            _file(actor, event, change.attendance_id),
        )
        for change, event in _changes(session, mine)
        if actor.may(*SETTLERS, org_id=event.org_id)
    ]  # fmt: skip
    lines.sort(key=lambda line: line.on, reverse=True)
    return Panel(say("时长更改和服务评价"), lines=tuple(lines)) if lines else None


def _file(actor: Actor, event: Event, attendance_id: int) -> str:
    return f"/hours/{attendance_id}" if actor.may(*SETTLERS, org_id=event.org_id) else ""


def _changes(session: Session, member_ids: list[int]) -> list[Row[HourChange, Event]]:
    rows = session.execute(
        select(HourChange, Event)
        .join(Attendance, col(Attendance.id) == col(HourChange.attendance_id))
        .join(Event, col(Event.id) == col(Attendance.event_id))
        .where(among(HourChange.member_id, member_ids))
        .order_by(col(HourChange.id).desc())
        .limit(_NEWEST)
    )
    return list(rows)
