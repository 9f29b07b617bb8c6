"""A volunteer's objection to her hours, and its answer by a second person."""

from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session, col

from pointsbank.attendance import operations as attendances
from pointsbank.core import audit
from pointsbank.core.actor import Actor
from pointsbank.events.models import Event
from pointsbank.events.rules import EventState, KeyReused
from pointsbank.members.queries import own_ids
from pointsbank.settlement.changes import change, held
from pointsbank.settlement.models import HourChange, Objection
from pointsbank.settlement.rules import (
    SETTLERS,
    AlreadyAnswered,
    AnswerState,
    ChangeKind,
    NoSuchAttendance,
    NoSuchObjection,
    NotOverYet,
    ObjectionOpen,
    SamePerson,
    activity_minutes,
    check_minutes,
)


def object_to(
    session: Session, actor: Actor, *, attendance_id: int, text: str, wanted_minutes: int | None,
    key: str, at: datetime,
) -> Objection:  # fmt: skip
    """Object to what one of one's own attendances counts. A repeat of the key is an answer.

    Refuses, in order: NoSuchAttendance (also another's), KeyReused, NotOverYet, ObjectionOpen,
    LongerThanActivity.
    """
    found = attendances.locked(session, [attendance_id])
    mine = own_ids(session, actor)
    if not found or found[0].member_id not in mine:
        raise NoSuchAttendance
    attendance = found[0]
    event = session.get_one(Event, attendance.event_id)
    before: Objection | None = session.execute(
        select(Objection).where(
            col(Objection.member_id) == attendance.member_id, col(Objection.key) == key
        )
    ).scalar_one_or_none()
    content = (attendance_id, text, wanted_minutes)
    if before:
        if (before.attendance_id, before.text, before.wanted_minutes) != content:
            raise KeyReused
        return before
    if not attendance.checked_out_at and event.state is not EventState.CLOSED:
        raise NotOverYet
    waiting: Objection | None = session.execute(
        select(Objection).where(
            col(Objection.attendance_id) == attendance_id,
            col(Objection.state) == AnswerState.OPEN,
        )
    ).scalar_one_or_none()
    if waiting:
        raise ObjectionOpen(since=waiting.made_at)
    if wanted_minutes is not None:
        check_minutes(wanted_minutes, activity_minutes(event.starts_at, event.ends_at))
    made = Objection(
        attendance_id=attendance_id, member_id=attendance.member_id, text=text,
        wanted_minutes=wanted_minutes, state=AnswerState.OPEN, made_at=at, key=key,
    )  # fmt: skip
    session.add(made)
    session.flush()
    audit.record(
        session, actor, "settlement.object", ("attendance", attendance_id), at=at,
        org_id=event.org_id, objection=made.id,
    )  # fmt: skip
    return made


def answer_objection(
    session: Session, actor: Actor, *, objection_id: int, minutes: int | None, answer: str,
    at: datetime,
) -> Objection:  # fmt: skip
    """Answer an objection: with other minutes it is granted and they are corrected, without it is
    not. The same answer again is no change.

    Refuses, in order: NoSuchObjection, Forbidden (organiser, secretary, reviewer), OwnHours,
    AlreadyAnswered, SamePerson (who set the minutes last), LongerThanActivity; then as the ledger
    does.
    """
    objection: Objection | None = session.execute(
        select(Objection).where(col(Objection.id) == objection_id).with_for_update()
    ).scalar_one_or_none()
    if objection is None:
        raise NoSuchObjection
    event, attendance = held(session, actor, objection.attendance_id, *SETTLERS)
    state = AnswerState.REFUSED if minutes is None else AnswerState.GRANTED
    if objection.state is not AnswerState.OPEN:
        by = (objection.by_kind, objection.by_id)
        if (objection.state, objection.answer, *by) == (state, answer, actor.kind, actor.id):
            return objection
        raise AlreadyAnswered(since=objection.answered_at)
    if _last_by(session, objection.attendance_id) == (actor.kind, actor.id):
        raise SamePerson
    if minutes is not None:
        wanted = {objection.attendance_id: minutes}
        change(
            session, actor, event, [attendance], wanted=wanted, kind=ChangeKind.OBJECTION,
            reason=answer, key=f"objection:{objection_id}", at=at,
        )  # fmt: skip
    objection.state, objection.answer, objection.answered_at = state, answer, at
    objection.by_kind, objection.by_id = actor.kind, actor.id
    audit.record(
        session, actor, "settlement.answer_objection", ("attendance", objection.attendance_id),
        at=at, org_id=event.org_id, objection=objection_id, state=state.value,
    )  # fmt: skip
    return objection


def _last_by(session: Session, attendance_id: int) -> tuple[str, int] | None:
    """Who set this attendance's minutes last, after the door did."""
    row = session.execute(
        select(col(HourChange.by_kind), col(HourChange.by_id))
        .where(col(HourChange.attendance_id) == attendance_id)
        .order_by(col(HourChange.id).desc())
        .limit(1)
    ).first()
    return (row[0], row[1]) if row else None
