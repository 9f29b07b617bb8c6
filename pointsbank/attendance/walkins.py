"""临时参加: people who came without being registered, kept until somebody knows who they are."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session, col

from pointsbank.attendance.batch import Sent, Taken, take_scans
from pointsbank.attendance.models import WalkIn
from pointsbank.attendance.rules import (
    PhoneInvalid,
    ScanKind,
    WalkInNotFound,
    WalkInSettled,
)
from pointsbank.core import audit
from pointsbank.core.actor import Actor
from pointsbank.core.encryption import seal, unseal
from pointsbank.events.operations import held
from pointsbank.events.rules import KeyReused
from pointsbank.hours.rules import Way
from pointsbank.members.models import Member
from pointsbank.members.queries import masked_phone, member_by_number, phone_digest
from pointsbank.members.rules import PHONE, folded_digits


@dataclass(frozen=True, slots=True)
class Unmatched:
    """A walk-in as the organiser sees her; ``likely`` is the member with that phone number."""

    id: int
    name: str
    phone: str
    came_at: datetime
    left_at: datetime | None
    likely: Member | None

    @property
    def likely_number(self) -> str | None:
        return self.likely.number if self.likely else None


def note_walk_in(
    session: Session, actor: Actor, *, event_id: int, name: str, phone: str, key: str, at: datetime
) -> WalkIn:
    """Write down somebody who is not registered. The same key again is answered.

    Refuses, in order: EventNotFound, Forbidden, PhoneInvalid, KeyReused.
    """
    event = held(session, actor, event_id)
    bare = folded_digits(phone)
    if not PHONE.fullmatch(bare):
        raise PhoneInvalid
    known: WalkIn | None = session.execute(
        select(WalkIn).where(col(WalkIn.event_id) == event_id, col(WalkIn.key) == key)
    ).scalar_one_or_none()
    if known is not None:
        if known.phone_digest != phone_digest(bare):
            raise KeyReused
        return known
    noted = WalkIn(
        event_id=event_id, key=key, name_sealed=seal(name), phone_sealed=seal(bare),
        phone_digest=phone_digest(bare), came_at=at, noted_at=at,
    )  # fmt: skip
    session.add(noted)
    session.flush()
    audit.record(
        session, actor, "attendance.note_walk_in", ("event", event_id), at=at, org_id=event.org_id
    )
    return noted


def walk_in_left(session: Session, actor: Actor, *, walk_in_id: int, at: datetime) -> WalkIn:
    """She leaves now; gone already is an answer.

    Refuses, in order: WalkInNotFound, EventNotFound, Forbidden, WalkInSettled.
    """
    found = _held(session, actor, walk_in_id)
    if found.left_at is None:
        found.left_at = at
        session.flush()
    return found


def match_walk_in(
    session: Session, actor: Actor, *, walk_in_id: int, number: str, at: datetime
) -> list[Taken]:
    """Let a walk-in be this member, by her volunteer number: her times count as the roster's do,
    and her name and phone go from here.

    Refuses, in order: WalkInNotFound, EventNotFound, Forbidden, WalkInSettled, NoSuchMember.
    """
    found = _held(session, actor, walk_in_id)
    member = member_by_number(session, actor, number)
    _settle(session, actor, found, at, member_id=member.id)
    times = [(ScanKind.IN, found.came_at), (ScanKind.OUT, found.left_at)]
    scans = [
        Sent(f"walk-in-{found.id}-{kind}", when, kind, Way.ROSTER, "", member.id, 0)
        for kind, when in times
        if when is not None
    ]
    return take_scans(
        session, actor, event_id=found.event_id, sent_at=at, scans=scans, at=at,
        also_on_roster=frozenset({member.id}),
    )  # fmt: skip


def dismiss_walk_in(session: Session, actor: Actor, *, walk_in_id: int, at: datetime) -> None:
    """Nobody's hours hang on her: her name and phone go.

    Refuses, in order: WalkInNotFound, EventNotFound, Forbidden, WalkInSettled.
    """
    _settle(session, actor, _held(session, actor, walk_in_id), at)


def unmatched(session: Session, event_id: int) -> list[Unmatched]:
    """Those of an event that nobody matched or dismissed yet, the first to come first."""
    rows = session.execute(
        select(WalkIn, Member)
        .outerjoin(Member, col(Member.phone_digest) == col(WalkIn.phone_digest))
        .where(col(WalkIn.event_id) == event_id, col(WalkIn.settled_at).is_(None))
        .order_by(col(WalkIn.came_at), col(WalkIn.id))
    )
    return [
        Unmatched(
            one.id, unseal(one.name_sealed), masked_phone(unseal(one.phone_sealed)), one.came_at,
            one.left_at, likely,
        )
        for one, likely in rows
    ]  # fmt: skip


def _held(session: Session, actor: Actor, walk_in_id: int) -> WalkIn:
    found: WalkIn | None = session.execute(
        select(WalkIn).where(col(WalkIn.id) == walk_in_id).with_for_update()
    ).scalar_one_or_none()
    if found is None:
        raise WalkInNotFound
    held(session, actor, found.event_id)
    if found.settled_at is not None:
        raise WalkInSettled
    return found


def _settle(
    session: Session, actor: Actor, found: WalkIn, at: datetime, *, member_id: int | None = None
) -> None:
    found.name_sealed = found.phone_sealed = found.phone_digest = None
    found.member_id, found.settled_at = member_id, at
    found.settled_by_id = actor.id if actor.kind == "user" else None
    session.flush()
    verb = "match_walk_in" if member_id else "dismiss_walk_in"
    audit.record(session, actor, f"attendance.{verb}", ("event", found.event_id), at=at)
