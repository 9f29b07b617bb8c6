"""What keeps an organisation from ending: hours of its events that wait. See ``orgs.ties``."""

from datetime import date, datetime

from sqlalchemy import Select, func, or_, select
from sqlmodel import Session, col

from pointsbank.attendance.models import Attendance
from pointsbank.attendance.rules import AttendanceState
from pointsbank.core.actor import Actor
from pointsbank.core.errors import say
from pointsbank.events.models import Event
from pointsbank.orgs.rules import Tie
from pointsbank.settlement.models import Objection, Supplement
from pointsbank.settlement.rules import AnswerState


def ties(session: Session, org_id: int) -> list[Tie]:
    here = col(Event.org_id) == org_id
    to_settle = (
        select(func.count(col(Attendance.id)))
        .join(Event, col(Event.id) == col(Attendance.event_id))
        .where(
            here,
            or_(
                col(Attendance.state) == AttendanceState.UNSETTLED,
                col(Attendance.held_minutes) > 0,
            ),
        )
    )
    objections = (
        select(func.count(col(Objection.id)))
        .join(Attendance, col(Attendance.id) == col(Objection.attendance_id))
        .join(Event, col(Event.id) == col(Attendance.event_id))
        .where(here, col(Objection.state) == AnswerState.OPEN)
    )
    supplements = (
        select(func.count(col(Supplement.id)))
        .join(Event, col(Event.id) == col(Supplement.event_id))
        .where(here, col(Supplement.state) == AnswerState.OPEN)
    )
    waiting: list[tuple[str, Select[int]]] = [
        (say("待核定的时长"), to_settle),
        (say("待答复的异议"), objections),
        (say("待审核的补录"), supplements),
    ]
    return [Tie(label, session.execute(count).scalar_one(), False) for label, count in waiting]


def hand_over(
    session: Session, actor: Actor, *, org_id: int, successor_id: int, on: date, at: datetime
) -> None:
    """Events stay with who held them, and what waits of them is settled first."""
