"""Leaving the register, and coming back to it."""

from datetime import date, datetime, timedelta

from sqlalchemy import insert, select, update
from sqlmodel import Session

from pointsbank.core import audit
from pointsbank.core.actor import Actor
from pointsbank.core.database import table_of
from pointsbank.members.households import pass_on, reopen
from pointsbank.members.models import (
    Affiliation,
    HouseholdMember,
    Member,
    MemberConsent,
    PartyStanding,
)
from pointsbank.members.places import (
    check_here_on,
    check_not_future,
    end_open,
    locked,
    update_member,
)
from pointsbank.members.registration import REGISTRARS
from pointsbank.members.rules import Consent, Leaving, MoveBackdated, NotLeft

_DATED = (table_of(Affiliation), table_of(PartyStanding), table_of(HouseholdMember))
_CONSENT = table_of(MemberConsent)
_DAY = timedelta(days=1)


def leave(
    session: Session,
    actor: Actor,
    *,
    member_id: int,
    leaving: Leaving,
    on: date,
    at: datetime,
    into_id: int | None = None,
) -> Member:
    """Take a member out of the register with a day; her ties, teams and party status end with it,
    and where she leaves by herself her consent to be registered.

    Her balances stay as they are. ``into_id``: the member into whom she is merged. Refuses:
    NoSuchMember, Forbidden (who keeps the register where she lives; she herself, to leave),
    MemberLeft, DayInFuture, MoveBackdated (before she was registered).
    """
    gone = locked(session, member_id)
    herself = actor.member_id == member_id and leaving is Leaving.LEFT
    if not herself:
        actor.require(*REGISTRARS, org_id=gone.residence_id)
    check_here_on(gone, on, at)
    if on < gone.registered_on:
        raise MoveBackdated(since=gone.registered_on)

    for dated in _DATED:
        end_open(session, dated, [dated.c.member_id == member_id], until=on)
    pass_on(session, member_id, on)
    if herself:
        consent = _CONSENT.c
        session.execute(
            update(_CONSENT)
            .where(
                consent.member_id == member_id,
                consent.kind == Consent.REGISTRATION,
                consent.withdrawn_at.is_(None),
            )
            .values(withdrawn_at=at)
        )
    update_member(session, gone, {"left_on": on, "leaving": leaving, "merged_into_id": into_id})
    audit.record(
        session, actor, "members.left", ("member", member_id), at=at,
        org_id=gone.residence_id, leaving=leaving, on=on, into=into_id,
    )  # fmt: skip
    return gone


def come_back(session: Session, actor: Actor, *, member_id: int, on: date, at: datetime) -> Member:
    """Take a member into the register again, with the ties that ended as she left.

    From the day after at the latest it is as if she had never left. Refuses: NoSuchMember,
    Forbidden (who keeps the register where she lived), NotLeft, DayInFuture.
    """
    back = locked(session, member_id)
    actor.require(*REGISTRARS, org_id=back.residence_id)
    if back.left_on is None:
        raise NotLeft
    check_not_future(on, at)
    left_on = back.left_on
    for dated in _DATED:
        ended = (dated.c.member_id == member_id) & (dated.c.until_on == left_on)
        if on <= left_on + _DAY:
            session.execute(update(dated).where(ended).values(until_on=None))
            continue
        rows = session.execute(select(dated).where(ended)).mappings().all()
        again = [{**row, "from_on": on, "until_on": None} for row in rows]
        if again:
            session.execute(insert(dated), again)
    reopen(session, member_id, left_on)
    update_member(session, back, {"left_on": None, "leaving": None, "merged_into_id": None})
    audit.record(
        session, actor, "members.came_back", ("member", member_id), at=at,
        org_id=back.residence_id, on=on,
    )  # fmt: skip
    return back
