"""In-service party members report to the community where they live 双报到; slip and receipt."""

from datetime import date, datetime

from sqlalchemy import select
from sqlmodel import Session, col

from pointsbank.core import audit, clock
from pointsbank.core.actor import SYSTEM, Actor
from pointsbank.enrolment import queries
from pointsbank.enrolment.models import ReportIn
from pointsbank.enrolment.rules import (
    RECEIVERS,
    DayOutOfOrder,
    KeyReused,
    NoSuchReportIn,
    NotInService,
    NotInThisCommunity,
    ReceiptReturned,
    ReportedInAlready,
    ReportInEnded,
)
from pointsbank.members import operations as members
from pointsbank.members import queries as member_queries
from pointsbank.members.models import Member
from pointsbank.members.rules import IN_THE_PARTY, MemberLeft
from pointsbank.orgs import queries as orgs
from pointsbank.orgs.rules import GRID


def report_in(
    session: Session,
    actor: Actor,
    *,
    member_id: int,
    on: date,
    key: str,
    at: datetime,
    grid_id: int | None = None,
    duty: str = "",
) -> ReportIn:
    """Receive an in-service party member in the community where she lives, and place her in a grid.

    Her branch at work and her unit stay what they are; her residence becomes the grid. ``duty`` is
    what she takes on. A repeat with the same key is an answer. Refuses: KeyReused, NoSuchMember,
    Forbidden (organiser, secretary or administrator where she lives), MemberLeft, NotInService,
    NotInThisCommunity (a grid elsewhere), DayOutOfOrder (later than today, or before the report-in
    that it takes the place of), ReportedInAlready (here, for this unit). One in a community where
    she does not live any more, or for a former unit, ends with this day.
    """
    earlier: ReportIn | None = session.execute(
        select(ReportIn).where(col(ReportIn.key) == key)
    ).scalar()
    if earlier is not None:
        if (earlier.member_id, earlier.received_by) != (member_id, actor.id):
            raise KeyReused
        return earlier
    orgs.hold_tree(session)
    person = _locked_member(session, member_id)
    actor.require(*RECEIVERS, org_id=person.residence_id)
    if person.left_on is not None:
        raise MemberLeft(left_on=person.left_on)
    if person.party_status not in IN_THE_PARTY or person.employer_id is None:
        raise NotInService
    community_id = queries.communities_of(session, [person.residence_id])[person.residence_id]
    _check_grid(session, community_id, grid_id)
    _check_day(on, earliest=person.registered_on, at=at)
    open_one = queries.open_report_in(session, member_id)
    if open_one is not None:
        if (open_one.community_id, open_one.employer_id) == (community_id, person.employer_id):
            raise ReportedInAlready(on=open_one.reported_on)
        _check_day(on, earliest=open_one.reported_on, at=at)
        open_one.ended_on = on
        _kept(session, actor, open_one, "enrolment.report_in_ended", on=on, at=at)

    _place(session, person, grid_id, on, at)
    found = ReportIn(
        key=key, member_id=member_id,
        community_id=community_id, grid_id=grid_id, employer_id=person.employer_id,
        branch_id=person.branch_id, duty=duty, reported_on=on, received_by=actor.id,
    )  # fmt: skip
    session.add(found)
    session.flush()
    audit.record(
        session, actor, "enrolment.reported_in", ("member", member_id), at=at,
        org_id=community_id, number=found.number, on=on,
    )  # fmt: skip
    return found


def return_receipt(
    session: Session, actor: Actor, *, report_in_id: int, on: date, to: str = "", at: datetime
) -> ReportIn:
    """Note that the receipt went back to the unit on a day, and to whom.

    Refuses: NoSuchReportIn (also outside the actor's reach: those who receive at the community),
    ReceiptReturned, ReportInEnded, DayOutOfOrder.
    """
    found = _locked(session, actor, report_in_id)
    if found.receipt_on is not None:
        raise ReceiptReturned(on=found.receipt_on)
    if found.ended_on is not None:
        raise ReportInEnded(on=found.ended_on)
    _check_day(on, earliest=found.reported_on, at=at)
    found.receipt_on, found.receipt_to = on, to
    return _kept(session, actor, found, "enrolment.receipt_returned", on=on, at=at)


def end_report_in(
    session: Session, actor: Actor, *, report_in_id: int, on: date, at: datetime
) -> ReportIn:
    """End a report-in: she moved away, retired or changed her unit; she may report in anew.

    Refuses: NoSuchReportIn, ReportInEnded, DayOutOfOrder.
    """
    found = _locked(session, actor, report_in_id)
    if found.ended_on is not None:
        raise ReportInEnded(on=found.ended_on)
    _check_day(on, earliest=found.reported_on, at=at)
    found.ended_on = on
    return _kept(session, actor, found, "enrolment.report_in_ended", on=on, at=at)


def end_report_ins(
    session: Session, actor: Actor, *, member_id: int, on: date, at: datetime
) -> int:
    """End what stands of a member who leaves the register with a day; how many that was.

    For features that end a membership, which have asked who may: it refuses nothing.
    """
    found = queries.open_report_in(session, member_id)
    if found is None:
        return 0
    found.ended_on = max(on, found.reported_on)
    _kept(session, actor, found, "enrolment.report_in_ended", on=found.ended_on, at=at)
    return 1


def _kept(
    session: Session, actor: Actor, found: ReportIn, action: str, *, on: date, at: datetime
) -> ReportIn:
    session.add(found)
    session.flush()
    audit.record(
        session, actor, action, ("member", found.member_id), at=at,
        org_id=found.community_id, number=found.number, on=on,
    )  # fmt: skip
    return found


def _locked_member(session: Session, member_id: int) -> Member:
    """The member, whom no other report-in may take until this transaction ends."""
    session.execute(
        select(col(Member.id)).where(col(Member.id) == member_id).with_for_update()
    ).first()
    return member_queries.member(session, member_id)


def _locked(session: Session, actor: Actor, report_in_id: int) -> ReportIn:
    found = queries.report_in(session, actor, report_in_id, lock=True)
    if not actor.may(*RECEIVERS, org_id=found.community_id):
        raise NoSuchReportIn
    return found


def _check_grid(session: Session, community_id: int, grid_id: int | None) -> None:
    if grid_id is None:
        return
    if grid_id not in orgs.below(session, [community_id])[community_id]:
        raise NotInThisCommunity
    if orgs.organisation(session, grid_id).kind != GRID:
        raise NotInThisCommunity


def _check_day(on: date, *, earliest: date, at: datetime) -> None:
    if not earliest <= on <= clock.local_day(at):
        raise DayOutOfOrder(earliest=earliest)


def _place(session: Session, person: Member, grid_id: int | None, on: date, at: datetime) -> None:
    """Her residence becomes the grid, unless she lives there, or in a part of it, already."""
    if grid_id is None or person.residence_id in orgs.below(session, [grid_id])[grid_id]:
        return
    members.move_member(session, SYSTEM, member_id=person.id, residence_id=grid_id, on=on, at=at)
