"""The verbs of settlement: settle missed check-outs, correct, approve what is over a day's tier.

Objections have theirs in ``objections``, supplements in ``supplements``, the review list in
``reviews``, the ratings of those served in ``ratings``.
"""

from collections.abc import Mapping
from datetime import datetime

from sqlmodel import Session

from pointsbank.attendance import operations as attendances
from pointsbank.attendance.models import Attendance
from pointsbank.attendance.rules import AttendanceState
from pointsbank.core.actor import Actor
from pointsbank.events import operations as events
from pointsbank.events.models import Event
from pointsbank.events.rules import EventState, KeyReused
from pointsbank.hours.rules import cuts_of
from pointsbank.orgs.queries import ancestors
from pointsbank.settlement.changes import approved, change, check_not_own, earlier, held
from pointsbank.settlement.models import HourChange
from pointsbank.settlement.objections import answer_objection, object_to
from pointsbank.settlement.queries import approver_of
from pointsbank.settlement.ratings import enter_paper_ratings, make_rating_codes, rate
from pointsbank.settlement.reviews import review
from pointsbank.settlement.rules import (
    APPROVERS,
    HELD_FOR,
    REVIEWERS,
    SETTLERS,
    AlreadySettled,
    ChangeKind,
    MoreThanHeld,
    NoSuchAttendance,
    NothingHeld,
    NotOverYet,
    Tier,
)
from pointsbank.settlement.supplements import (
    answer_supplement,
    ask_supplement,
    look_at_evidence,
)

__all__ = [
    "answer_objection", "answer_supplement", "approve_held", "ask_supplement", "correct",
    "enter_paper_ratings", "look_at_evidence", "make_rating_codes", "object_to", "rate", "review",
    "settle",
]  # fmt: skip


def settle(
    session: Session, actor: Actor, *, event_id: int, minutes: Mapping[int, int], key: str,
    at: datetime,
) -> int:  # fmt: skip
    """Let attendances without a check-out count so many minutes each, by attendance; how many were
    settled now. All are credited in one batch. A repeat of the key is an answer.

    Refuses, in order: EventNotFound, Forbidden (organiser, secretary, reviewer), KeyReused,
    NotOverYet, NoSuchAttendance (also of another event), OwnHours, AlreadySettled,
    LongerThanActivity; then as the ledger does.
    """
    event = events.held(session, actor, event_id, *SETTLERS)
    before = {one.attendance_id: one.minutes_after for one in earlier(session, actor, key)}
    if before:
        if before != dict(minutes):
            raise KeyReused
        return 0
    if event.state is not EventState.CLOSED:
        raise NotOverYet
    found = attendances.locked(session, list(minutes))
    if {one.id for one in found if one.event_id == event_id} != set(minutes):
        raise NoSuchAttendance
    for one in found:
        check_not_own(session, actor, one.member_id)
    if any(one.state is not AttendanceState.UNSETTLED for one in found):
        raise AlreadySettled
    if found:
        change(
            session,
            actor,
            event,
            found,
            wanted=minutes,
            kind=ChangeKind.SETTLED,
            reason="",
            key=key,
            at=at,
        )
    return len(found)


def correct(
    session: Session, actor: Actor, *, attendance_id: int, minutes: int, reason: str, key: str,
    at: datetime,
) -> Attendance:  # fmt: skip
    """Set what an attendance counts, whatever was credited: by reversing entries of the difference,
    points included. A repeat of the key is an answer.

    Refuses, in order: NoSuchAttendance, Forbidden (reviewer, secretary), OwnHours, KeyReused,
    NotOverYet, LongerThanActivity; then as the ledger does.
    """
    event, attendance = held(session, actor, attendance_id, *REVIEWERS)
    if _repeated(earlier(session, actor, key), attendance_id, minutes):
        return attendance
    if event.state is not EventState.CLOSED:
        raise NotOverYet
    kind = ChangeKind.CORRECTED
    wanted = {attendance_id: minutes}
    change(
        session, actor, event, [attendance], wanted=wanted, kind=kind, reason=reason, key=key, at=at
    )
    return attendance


def approve_held(
    session: Session, actor: Actor, *, attendance_id: int, tier: Tier, minutes: int, reason: str,
    key: str, at: datetime,
) -> Attendance:  # fmt: skip
    """Answer for the minutes that a day's tier held: so many are credited, the others never.

    A repeat of the key is an answer. Refuses, in order: NoSuchAttendance, Forbidden (reviewer,
    secretary or official of the organisation above, or of the one above that), OwnHours, KeyReused,
    NothingHeld, MoreThanHeld; then as the ledger does.
    """
    found = attendances.locked(session, [attendance_id])
    if not found:
        raise NoSuchAttendance
    attendance = found[0]
    event = session.get_one(Event, attendance.event_id)
    line = ancestors(session, event.org_id)
    actor.require(*APPROVERS, org_id=approver_of([org.id for org in line], tier))
    check_not_own(session, actor, attendance.member_id)
    before = earlier(session, actor, key)
    if before:
        if [(one.attendance_id, one.kind) for one in before] != [
            (attendance_id, ChangeKind.APPROVED)
        ]:
            raise KeyReused
        return attendance
    waiting = sum(cut.minutes for cut in cuts_of(attendance.why) if cut.kind is HELD_FOR[tier])
    if not waiting:
        raise NothingHeld
    if minutes > waiting:
        raise MoreThanHeld(most=waiting)
    approved(
        session,
        actor,
        event,
        attendance,
        tier=HELD_FOR[tier],
        minutes=minutes,
        reason=reason,
        key=key,
        at=at,
    )
    return attendance


def _repeated(before: list[HourChange], attendance_id: int, minutes: int) -> bool:
    """Whether the key did this already. Refuses: KeyReused."""
    if not before:
        return False
    if [(one.attendance_id, one.minutes_after) for one in before] != [(attendance_id, minutes)]:
        raise KeyReused
    return True
