"""Noting training, honours and deputy roles, and striking out what was noted by mistake."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlmodel import Session, col

from pointsbank.core import audit, clock
from pointsbank.core.actor import Actor
from pointsbank.members.models import DeputyRole, HonourRecord, Member, TrainingRecord
from pointsbank.members.places import locked
from pointsbank.members.registration import REGISTRARS
from pointsbank.members.rules import (
    DEPUTY_NAMES,
    MOST_TRAINING_MINUTES,
    AlreadyDeputy,
    DayInFuture,
    DeputyKind,
    HonourLevel,
    MoveBackdated,
    NoSuchNote,
    NoteKind,
    TermOver,
    TrainingTooLong,
    check_note,
)

_TABLES: dict[NoteKind, Any] = {
    NoteKind.TRAINING: TrainingRecord,
    NoteKind.HONOUR: HonourRecord,
    NoteKind.DEPUTY_ROLE: DeputyRole,
}


def note_training(
    session: Session,
    actor: Actor,
    *,
    member_id: int,
    title: str,
    provider: str,
    on: date,
    minutes: int,
    at: datetime,
) -> int:
    """Note a training; ``minutes`` of it, 0 where nobody counted. Its id.

    Refuses: NoSuchMember, Forbidden (secretary or administrator of the residence), NoteInvalid,
    DayInFuture, TrainingTooLong.
    """
    trained = _whose(session, actor, member_id)
    texts = check_note(title), check_note(provider, least=0)
    _check_day(on, at)
    if not 0 <= minutes <= MOST_TRAINING_MINUTES:
        raise TrainingTooLong(most=MOST_TRAINING_MINUTES)
    values = {
        "member_id": member_id, "title": texts[0], "provider": texts[1], "on_day": on,
        "minutes": minutes,
    }  # fmt: skip
    made = insert(TrainingRecord).values(values).returning(col(TrainingRecord.id))
    note_id: int = session.execute(made).scalar_one()
    _audit(session, actor, "members.training_noted", trained, note_id, at=at)
    return note_id


def note_honour(
    session: Session,
    actor: Actor,
    *,
    member_id: int,
    title: str,
    awarded_by: str,
    level: HonourLevel,
    on: date,
    at: datetime,
) -> int:
    """Note an honour that she was given. Its id.

    Refuses: NoSuchMember, Forbidden (secretary or administrator of the residence), NoteInvalid,
    DayInFuture.
    """
    honoured = _whose(session, actor, member_id)
    texts = check_note(title), check_note(awarded_by)
    _check_day(on, at)
    values = {
        "member_id": member_id, "title": texts[0], "awarded_by": texts[1], "level": level,
        "on_day": on,
    }  # fmt: skip
    made = insert(HonourRecord).values(values).returning(col(HonourRecord.id))
    note_id: int = session.execute(made).scalar_one()
    _audit(session, actor, "members.honour_noted", honoured, note_id, at=at)
    return note_id


def note_deputy_role(
    session: Session,
    actor: Actor,
    *,
    member_id: int,
    kind: DeputyKind,
    body: str,
    on: date,
    at: datetime,
) -> int:
    """Note that she is a deputy from a day on; ``body``: of which congress or conference. Its id.

    Refuses: NoSuchMember, Forbidden (secretary or administrator of the residence), NoteInvalid,
    DayInFuture, AlreadyDeputy.
    """
    elected = _whose(session, actor, member_id)
    named = check_note(body)
    _check_day(on, at)
    standing = select(col(DeputyRole.id)).where(
        col(DeputyRole.member_id) == member_id,
        col(DeputyRole.kind) == kind,
        col(DeputyRole.until_on).is_(None),
    )
    if session.execute(standing).first():
        raise AlreadyDeputy(kind=DEPUTY_NAMES[kind])
    values = {"member_id": member_id, "kind": kind, "body": named, "from_on": on}
    made = insert(DeputyRole).values(values).returning(col(DeputyRole.id))
    note_id: int = session.execute(made).scalar_one()
    _audit(session, actor, "members.deputy_role_noted", elected, note_id, at=at)
    return note_id


def end_deputy_role(
    session: Session, actor: Actor, *, member_id: int, note_id: int, on: date, at: datetime
) -> None:
    """End a term with a day.

    Refuses: NoSuchMember, Forbidden (as ``note_deputy_role``), NoSuchNote, DayInFuture, TermOver,
    MoveBackdated (before the term began).
    """
    deputy = _whose(session, actor, member_id)
    role = session.get(DeputyRole, note_id)
    if role is None or role.member_id != member_id:
        raise NoSuchNote
    _check_day(on, at)
    if role.until_on is not None:
        raise TermOver(until_on=role.until_on)
    if on < role.from_on:
        raise MoveBackdated(since=role.from_on)
    session.execute(update(DeputyRole).where(col(DeputyRole.id) == note_id).values(until_on=on))
    _audit(session, actor, "members.deputy_role_ended", deputy, note_id, at=at)


def strike_out(
    session: Session, actor: Actor, *, member_id: int, kind: NoteKind, note_id: int, at: datetime
) -> None:
    """Take away what was noted by mistake.

    Refuses: NoSuchMember, Forbidden (secretary or administrator of the residence), NoSuchNote.
    """
    whose = _whose(session, actor, member_id)
    note = _TABLES[kind]
    this = (col(note.id) == note_id, col(note.member_id) == member_id)
    if not session.execute(select(col(note.id)).where(*this)).first():
        raise NoSuchNote
    session.execute(delete(note).where(*this))
    audit.record(
        session, actor, "members.note_struck_out", ("member", member_id), at=at,
        org_id=whose.residence_id, kind=kind, note=note_id,
    )  # fmt: skip


def _whose(session: Session, actor: Actor, member_id: int) -> Member:
    noted = locked(session, member_id)
    actor.require(*REGISTRARS, org_id=noted.residence_id)
    return noted


def _check_day(on: date, at: datetime) -> None:
    if on > (today := clock.local_day(at)):
        raise DayInFuture(today=today)


def _audit(
    session: Session, actor: Actor, action: str, noted: Member, note_id: int, *, at: datetime
) -> None:
    audit.record(
        session, actor, action, ("member", noted.id), at=at, org_id=noted.residence_id, note=note_id
    )
