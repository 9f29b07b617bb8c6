"""Leaving the register, and coming back to it."""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update
from sqlmodel import Session, col

from pointsbank.core import audit
from pointsbank.core.actor import Actor
from pointsbank.core.database import table_of
from pointsbank.members import queries
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
from pointsbank.members.rules import Consent, Leaving, MoveBackdated, NotLeft, Relation
from pointsbank.orgs import queries as orgs
from pointsbank.orgs.models import Organisation
from pointsbank.orgs.rules import check_open

_AFFILIATION = table_of(Affiliation)
_DATED = (_AFFILIATION, table_of(PartyStanding), table_of(HouseholdMember))
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
    and where she leaves (and does not die) her consent to be registered.

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
    if leaving is Leaving.LEFT:
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

    From the day after at the latest it is as if she had never left, but for her consent, which she
    gives anew. What was merged meanwhile is its successor now; of what was closed she is no more.
    Refuses: NoSuchMember, Forbidden (who
    keeps the register where she lived), NotLeft, DayInFuture, OrganisationClosed (her home).
    """
    back = locked(session, member_id)
    actor.require(*REGISTRARS, org_id=back.residence_id)
    if back.left_on is None:
        raise NotLeft
    check_not_future(on, at)
    check_open(orgs.organisation(session, back.residence_id).closed_on)
    left_on = back.left_on
    closed = select(col(Organisation.id)).where(col(Organisation.closed_on).is_not(None))
    for dated in _DATED:
        ended = (dated.c.member_id == member_id) & (dated.c.until_on == left_on)
        if dated is _AFFILIATION:
            ended &= dated.c.org_id.not_in(closed)
        if on <= left_on + _DAY:
            session.execute(update(dated).where(ended).values(until_on=None))
            continue
        rows = session.execute(select(dated).where(ended)).mappings().all()
        again = [{**row, "from_on": on, "until_on": None} for row in rows]
        if again:
            session.execute(insert(dated), again)
    reopen(session, member_id, left_on)
    places = _follow(session, back, on)
    update_member(
        session, back, {"left_on": None, "leaving": None, "merged_into_id": None, **places}
    )
    audit.record(
        session, actor, "members.came_back", ("member", member_id), at=at,
        org_id=back.residence_id, on=on,
    )  # fmt: skip
    return back


def _follow(session: Session, back: Member, on: date) -> dict[str, Any]:
    """Tie her to the successors of what was merged while she was away; the columns of hers that
    name what was closed.
    """
    tied = {tie.relation for tie in queries.affiliations(session, back.id) if tie.until_on is None}
    gone: dict[str, Any] = {}
    for relation in (Relation.RESIDENCE, Relation.BRANCH, Relation.EMPLOYER):
        org_id = getattr(back, f"{relation}_id")
        if org_id is None or relation in tied:
            continue
        if orgs.organisation(session, org_id).closed_on is not None:
            gone[f"{relation}_id"] = None
            continue
        tie = {"member_id": back.id, "relation": relation, "org_id": org_id, "from_on": on}
        session.execute(insert(_AFFILIATION), tie)
    return gone
