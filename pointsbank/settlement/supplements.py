"""Supplements 补录: hours that no scan recorded, with evidence, approved by a second person."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlmodel import Session, col

from pointsbank.attendance import operations as attendances
from pointsbank.attendance.models import Attendance
from pointsbank.attendance.rules import AttendanceState
from pointsbank.core import audit
from pointsbank.core.actor import SYSTEM, Actor
from pointsbank.core.database import rows_changed
from pointsbank.core.encryption import seal
from pointsbank.core.errors import Forbidden
from pointsbank.events.models import Event
from pointsbank.events.queries import event as event_seen
from pointsbank.events.queries import hour_rule_for
from pointsbank.events.rules import ORGANISERS, EventState, KeyReused
from pointsbank.hours.rules import Stay, worth
from pointsbank.members.queries import member, own_ids
from pointsbank.settlement.changes import change, check_not_own
from pointsbank.settlement.evidence import as_text, made_anew
from pointsbank.settlement.models import Evidence, Supplement
from pointsbank.settlement.queries import images_of, may_look, supplement_seen_by
from pointsbank.settlement.rules import (
    MOST_IMAGES,
    REVIEWERS,
    AlreadyAnswered,
    AnswerState,
    AttendanceStands,
    ChangeKind,
    EvidenceMissing,
    NoSuchSupplement,
    NotOverYet,
    OutsideActivity,
    SamePerson,
    SupplementWaits,
    TooMuchEvidence,
    without_tiers,
)


def ask_supplement(
    session: Session, actor: Actor, *, event_id: int, member_id: int, came_at: datetime,
    left_at: datetime, text: str, images: Sequence[bytes], key: str, at: datetime,
) -> Supplement:  # fmt: skip
    """Ask that a stay be recorded that no scan tells of: the volunteer her own, or an organiser.

    A repeat of the key is an answer. Refuses, in order: EventNotFound, NoSuchMember, Forbidden
    (another's, and no organiser or secretary), KeyReused, NotOverYet, AttendanceStands,
    SupplementWaits, OutsideActivity, EvidenceMissing, TooMuchEvidence, EvidenceUnreadable.
    """
    event = event_seen(session, actor, event_id)
    whose = member(session, member_id)
    if whose.id not in own_ids(session, actor):
        actor.require(*ORGANISERS, org_id=event.org_id)
    before = _earlier(session, actor, key)
    if before:
        asked = (before.event_id, before.member_id, before.came_at, before.left_at, before.text)
        if asked != (event_id, member_id, came_at, left_at, text):
            raise KeyReused
        return before
    if event.state is not EventState.CLOSED:
        raise NotOverYet
    _check_none_stands(session, event_id, member_id)
    if not event.starts_at <= came_at < left_at <= event.ends_at:
        raise OutsideActivity
    if not images:
        raise EvidenceMissing
    if len(images) > MOST_IMAGES:
        raise TooMuchEvidence(most=MOST_IMAGES)
    pictures = [made_anew(image) for image in images]
    made = Supplement(
        event_id=event_id, member_id=member_id, came_at=came_at, left_at=left_at, text=text,
        state=AnswerState.OPEN, asked_by_kind=actor.kind, asked_by_id=actor.id, asked_at=at,
        key=key,
    )  # fmt: skip
    session.add(made)
    session.flush()
    session.add_all(
        [
            Evidence(supplement_id=made.id, image_sealed=seal(as_text(picture)))
            for picture in pictures
        ]
    )
    _note(session, actor, "ask_supplement", made, event, at=at)
    return made


def answer_supplement(
    session: Session, actor: Actor, *, supplement_id: int, grant: bool, answer: str, at: datetime
) -> Supplement:
    """Credit a supplement, by the event's hour rule and from the account of what is supplemented;
    or refuse it with a reason. The same answer again is no change.

    Refuses, in order: NoSuchSupplement, Forbidden (reviewer, secretary), OwnHours, SamePerson (who
    asked for it), AlreadyAnswered, AttendanceStands; then as the ledger does.
    """
    supplement: Supplement | None = session.execute(
        select(Supplement).where(col(Supplement.id) == supplement_id).with_for_update()
    ).scalar_one_or_none()
    if supplement is None:
        raise NoSuchSupplement
    event = session.get_one(Event, supplement.event_id)
    actor.require(*REVIEWERS, org_id=event.org_id)
    check_not_own(session, actor, supplement.member_id)
    if (supplement.asked_by_kind, supplement.asked_by_id) == (actor.kind, actor.id):
        raise SamePerson
    state = AnswerState.GRANTED if grant else AnswerState.REFUSED
    if supplement.state is not AnswerState.OPEN:
        by = (supplement.by_kind, supplement.by_id)
        if (supplement.state, *by) == (state, actor.kind, actor.id):
            return supplement
        raise AlreadyAnswered(since=supplement.answered_at)
    if grant:
        supplement.attendance_id = _recorded(
            session, actor, supplement, event, answer=answer, at=at
        )
    supplement.state, supplement.answer, supplement.answered_at = state, answer, at
    supplement.by_kind, supplement.by_id = actor.kind, actor.id
    _note(session, actor, "answer_supplement", supplement, event, at=at, state=state.value)
    return supplement


def _recorded(
    session: Session,
    actor: Actor,
    supplement: Supplement,
    event: Event,
    *,
    answer: str,
    at: datetime,
) -> int:
    """The new attendance's id; what it counts is the hour rule's to say."""
    _check_no_attendance(session, supplement.event_id, supplement.member_id)
    stay = Stay(supplement.came_at, supplement.left_at)
    terms = without_tiers(hour_rule_for(session, event).terms)
    minutes, _ = worth([stay], event.starts_at, event.ends_at, terms)
    attendance = attendances.add_stay(
        session, event, member_id=supplement.member_id, came_at=supplement.came_at,
        left_at=supplement.left_at,
    )  # fmt: skip
    change(
        session, actor, event, [attendance], wanted={attendance.id: minutes},
        kind=ChangeKind.SUPPLEMENTED, reason=answer, key=f"supplement:{supplement.id}", at=at,
    )  # fmt: skip
    return attendance.id


def _earlier(session: Session, actor: Actor, key: str) -> Supplement | None:
    found: Supplement | None = session.execute(
        select(Supplement).where(
            col(Supplement.asked_by_kind) == actor.kind,
            col(Supplement.asked_by_id) == actor.id,
            col(Supplement.key) == key,
        )
    ).scalar_one_or_none()
    return found


def _check_none_stands(session: Session, event_id: int, member_id: int) -> None:
    _check_no_attendance(session, event_id, member_id)
    waiting: datetime | None = session.execute(
        select(col(Supplement.asked_at)).where(
            col(Supplement.event_id) == event_id,
            col(Supplement.member_id) == member_id,
            col(Supplement.state) == AnswerState.OPEN,
        )
    ).scalar_one_or_none()
    if waiting:
        raise SupplementWaits(since=waiting)


def _check_no_attendance(session: Session, event_id: int, member_id: int) -> None:
    stands = select(col(Attendance.id)).where(
        col(Attendance.event_id) == event_id,
        col(Attendance.member_id) == member_id,
        col(Attendance.state) != AttendanceState.ABSENT,
    )
    if session.execute(stands).first():
        raise AttendanceStands


def _note(
    session: Session, actor: Actor, verb: str, supplement: Supplement, event: Event, *,
    at: datetime, **facts: str,
) -> None:  # fmt: skip
    audit.record(
        session, actor, f"settlement.{verb}", ("supplement", supplement.id), at=at,
        org_id=event.org_id, event=event.id, **facts,
    )  # fmt: skip


def forget_evidence(session: Session, *, before: datetime, at: datetime) -> None:
    """Delete the pictures of what was answered before an instant; for the job, it asks no role."""
    old = select(col(Supplement.id)).where(col(Supplement.answered_at) < before)
    gone = session.execute(delete(Evidence).where(col(Evidence.supplement_id).in_(old)))
    if count := rows_changed(gone):
        what = "settlement.forget_evidence"
        audit.record(session, SYSTEM, what, ("supplement", 0), at=at, count=count)


def look_at_evidence(
    session: Session, actor: Actor, *, supplement_id: int, at: datetime
) -> list[str]:
    """The pictures of a supplement, each a JPEG in base 64; the look is written down.

    Refuses, in order: NoSuchSupplement, Forbidden (but the volunteer herself and those who settle
    there).
    """
    supplement, event, _ = supplement_seen_by(session, actor, supplement_id)
    if not may_look(session, actor, supplement, event):
        raise Forbidden
    _note(session, actor, "look_at_evidence", supplement, event, at=at)
    return images_of(session, supplement_id)
