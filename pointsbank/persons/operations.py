"""What is done with a person's records: joined and parted, ended, erased, given to herself."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import update
from sqlmodel import Session, col

from pointsbank.access import queries as access
from pointsbank.access.rules import check_roles_meet
from pointsbank.core import audit, clock
from pointsbank.core.actor import Actor, Role
from pointsbank.core.errors import Forbidden
from pointsbank.enrolment import operations as enrolment
from pointsbank.ledger import operations as ledger
from pointsbank.local_rules.operations import adopt
from pointsbank.members import operations as members
from pointsbank.members import queries as member_queries
from pointsbank.members.rules import Leaving, MemberLeft, NoSuchMember
from pointsbank.persons import queries, rules
from pointsbank.persons.apart import take_back_apart, tell_apart
from pointsbank.persons.collection import person_files
from pointsbank.persons.models import Departure, Erasure, LeavingRuleRow, Merge
from pointsbank.persons.queries import Section
from pointsbank.persons.rules import (
    ERASERS,
    MERGERS,
    ErasureAsked,
    LeavingRule,
    PointsOnLeaving,
)
from pointsbank.transfers import operations as transfers


def merge(
    session: Session, actor: Actor, *, kept_id: int, other_id: int, key: str, at: datetime
) -> Merge:
    """Two records are one person's: from now on the kept one has both histories.

    No entry of the book moves: what a person has is asked of all her records.
    Refuses, in order: KeyTaken, SameRecord, NoSuchMember, Forbidden (secretary or administrator of
    both residences), AlreadyMerged, CannotMerge (one left or was erased), HoldsRoles (the other
    has roles that this actor could not grant, or both are one's own), RolesConflict (roles of both
    must not meet in one person).
    """
    records = queries.records_for_change(session, [kept_id, other_id])
    if (earlier := queries.merge_of_key(session, key)) is not None:
        if (earlier.kept_id, earlier.other_id) != (kept_id, other_id):
            raise rules.KeyTaken
        return earlier
    if kept_id == other_id:
        raise rules.SameRecord
    if len(records) < 2:
        raise NoSuchMember
    for record in records.values():
        actor.require(*MERGERS, org_id=record.residence_id)
    for record in records.values():
        if (standing := queries.standing_merge_of(session, record.id)) is not None:
            raise rules.AlreadyMerged(since=clock.local_day(standing.merged_at))
    if any(record.left_on is not None for record in records.values()):
        raise rules.CannotMerge
    _check_roles_pass(session, actor, kept_id, other_id, clock.local_day(at))

    transfers.end_transfers(session, actor, member_id=other_id, at=at)
    facts = {
        feature: dict(file.merge(session, kept_id=kept_id, other_id=other_id, at=at))
        for feature, file in person_files().items()
        if hasattr(file, "merge")
    }
    done = Merge(
        key=key, kept_id=kept_id, other_id=other_id, merged_at=at, merged_by=actor.id, facts=facts
    )
    session.add(done)
    session.flush()
    for record in records.values():
        audit.record(
            session, actor, "persons.merge", ("member", record.id), at=at,
            org_id=record.residence_id, merge=done.id, kept=kept_id, other=other_id,
        )  # fmt: skip
    return done


def _check_roles_pass(
    session: Session, actor: Actor, kept_id: int, other_id: int, today: date
) -> None:
    """A merger gives nobody a role that who merges could not give her."""
    grants = queries.roles_of(session, other_id, today)
    if not grants:
        return
    own = actor.member_id in (kept_id, other_id)
    may_grant = all(actor.may(Role.ADMINISTRATOR, org_id=grant.org_id) for grant in grants)
    if actor.kind != "system" and (own or not may_grant):
        raise rules.HoldsRoles
    held = [(g.role, access.period_of(g)) for g in queries.roles_of(session, kept_id, today)]
    for grant in grants:
        check_roles_meet(grant.role, access.period_of(grant), held)


def undo_merge(session: Session, actor: Actor, *, merge_id: int, at: datetime) -> Merge:
    """They are two people after all: both records as they were. A repeat is an answer.

    What was earned or spent meanwhile stays where it was entered. Refuses, in order: NoSuchMerge,
    Forbidden (secretary or administrator of both residences), LaterMergeStands, ErasedMeanwhile.
    """
    found = queries.merge(session, merge_id)
    records = queries.records_for_change(session, [found.kept_id, found.other_id])
    session.refresh(found)
    for record in records.values():
        actor.require(*MERGERS, org_id=record.residence_id)
    if found.undone_at is not None:
        return found
    if queries.later_merge(session, found) is not None:
        raise rules.LaterMergeStands
    if any(queries.is_erased(record) for record in records.values()):
        raise rules.ErasedMeanwhile

    for feature, file in person_files().items():
        if hasattr(file, "unmerge"):
            file.unmerge(
                session,
                kept_id=found.kept_id,
                other_id=found.other_id,
                facts=found.facts.get(feature, {}),
                at=at,
            )
    session.execute(
        update(Merge).where(col(Merge.id) == merge_id).values(undone_at=at, undone_by=actor.id)
    )
    session.refresh(found)
    for record in records.values():
        audit.record(
            session, actor, "persons.undo_merge", ("member", record.id), at=at,
            org_id=record.residence_id, merge=merge_id, kept=found.kept_id, other=found.other_id,
        )  # fmt: skip
    return found


def leave(
    session: Session,
    actor: Actor,
    *,
    member_id: int,
    leaving: Leaving,
    on: date,
    key: str,
    at: datetime,
    reason: str = "",
) -> Departure:
    """A member leaves the register, or died: her record, hours and history stay.

    What becomes of her points says the rule of where she lives. Refuses, in order: KeyTaken,
    NoSuchMember, Forbidden (secretary or administrator of the residence; she herself, to leave),
    MemberLeft, HoldsRoles, LeavingInFuture, ReasonTooLong, and what ``members.leave`` refuses.
    """
    record = queries.records_for_change(session, [member_id]).get(member_id)
    if (earlier := queries.departure_of_key(session, key)) is not None:
        if (earlier.member_id, earlier.leaving, earlier.left_on) != (member_id, leaving, on):
            raise rules.KeyTaken
        return earlier
    if record is None:
        raise NoSuchMember
    if leaving not in (Leaving.LEFT, Leaving.DIED):
        raise Forbidden
    if not (actor.member_id == member_id and leaving is Leaving.LEFT):
        actor.require(*MERGERS, org_id=record.residence_id)
    if record.left_on is not None:
        raise MemberLeft(left_on=record.left_on)
    today = clock.local_day(at)
    ids = member_queries.ids_of_person(session, member_id)
    if queries.holds_roles(session, ids, today):
        raise rules.HoldsRoles
    if on > today:
        raise rules.LeavingInFuture(today=today)
    meant = rules.check_reason(reason)

    rule = queries.rule_in_force(session, record.residence_id, on)
    gone = Departure(
        key=key, member_id=member_id, leaving=leaving, left_on=on, reason=meant,
        rule_version=rule.version, recorded_at=at, recorded_by=actor.id,
    )  # fmt: skip
    session.add(gone)
    session.flush()
    if rule.points is PointsOnLeaving.EXPIRE:
        gone.points_given_up = _give_up(
            session, actor, ids, reason="left", origin=("departure", gone.id), at=at
        )
        session.add(gone)
        session.flush()
    transfers.end_transfers(session, actor, member_id=member_id, at=at)
    enrolment.end_report_ins(session, actor, member_id=member_id, on=on, at=at)
    members.leave(session, actor, member_id=member_id, leaving=leaving, on=on, at=at)
    audit.record(
        session, actor, "persons.leave", ("member", member_id), at=at, org_id=record.residence_id,
        leaving=leaving, on=on, rule_version=rule.version, points=gone.points_given_up,
    )  # fmt: skip
    return gone


def erase(
    session: Session,
    actor: Actor,
    *,
    member_id: int,
    asked: ErasureAsked,
    asked_on: date,
    number: str,
    key: str,
    at: datetime,
) -> Erasure:
    """What the bank knows of a person goes, for ever; the book stays, under her number.

    Points that are left are given up: under a number nobody could spend them. ``number`` is her
    volunteer number, typed once more. Refuses, in order: KeyTaken, NoSuchMember, Forbidden
    (administrator of the residence), OwnErasure, AlreadyErased, AlreadyMerged (the record is now
    part of another), HoldsRoles, LeavingInFuture, NumberDiffers.
    """
    record = queries.records_for_change(session, [member_id]).get(member_id)
    if (earlier := queries.erasure_of_key(session, key)) is not None:
        if earlier.member_id != member_id:
            raise rules.KeyTaken
        return earlier
    if record is None:
        raise NoSuchMember
    actor.require(*ERASERS, org_id=record.residence_id)
    if actor.member_id == member_id:
        raise rules.OwnErasure
    if (before := queries.erasure_of(session, member_id)) is not None:
        raise rules.AlreadyErased(since=clock.local_day(before.erased_at))
    if (standing := queries.standing_merge_of(session, member_id)) is not None:
        raise rules.AlreadyMerged(since=clock.local_day(standing.merged_at))
    today = clock.local_day(at)
    ids = member_queries.ids_of_person(session, member_id)
    if queries.holds_roles(session, ids, today):
        raise rules.HoldsRoles
    if asked_on > today:
        raise rules.LeavingInFuture(today=today)
    if number.strip() != record.number:
        raise rules.NumberDiffers

    done = Erasure(
        key=key, member_id=member_id, asked=asked, asked_on=asked_on,
        points_given_up=_give_up(
            session, actor, ids, reason="given_up", origin=("member", member_id), at=at
        ),
        erased_at=at, erased_by=actor.id,
    )  # fmt: skip
    session.add(done)
    session.flush()
    for record_id in ids:
        transfers.end_transfers(session, actor, member_id=record_id, at=at)
        enrolment.end_report_ins(session, actor, member_id=record_id, on=today, at=at)
        for file in reversed(person_files().values()):
            file.erase(session, record_id, at)
    audit.record(
        session, actor, "persons.erase", ("member", member_id), at=at, org_id=record.residence_id,
        asked=asked, asked_on=asked_on, records=len(ids), points=done.points_given_up,
    )  # fmt: skip
    return done


def take_out(session: Session, actor: Actor, *, at: datetime) -> list[Section]:
    """Everything about the person who asks, for herself; that it was taken is recorded.

    Who has proved her password again may call this. Refuses ``Forbidden`` to who is no member.
    """
    if actor.member_id is None:
        raise Forbidden
    record = member_queries.member(session, actor.member_id)
    audit.record(
        session, actor, "persons.take_out", ("member", record.id), at=at,
        org_id=record.residence_id,
    )  # fmt: skip
    return queries.everything(session, record.id)


def adopt_leaving_rule(
    session: Session,
    actor: Actor,
    *,
    org_id: int,
    from_on: date,
    points: PointsOnLeaving,
    at: datetime,
) -> LeavingRule:
    """Put a new version of the rule into force from a day, for who leaves this organisation or one
    below it. Refuses as ``local_rules.adopt``.
    """
    terms = {"points": points}
    row = adopt(session, actor, LeavingRuleRow, org_id=org_id, from_on=from_on, terms=terms, at=at)
    return row.frozen()


def _give_up(
    session: Session, actor: Actor, ids: Sequence[int], *, reason: str, origin: tuple[str, int],
    at: datetime,
) -> dict[str, int]:  # fmt: skip
    """All that these records of a person could spend, and of her household's what nobody else
    could.
    """
    return ledger.give_up(
        session, actor, member_ids=ids,
        household_ids=member_queries.households_of_nobody_else(session, ids[0]),
        key=f"{reason}:{origin[0]}:{origin[1]}",
        reason=reason, origin_kind=origin[0], origin_id=origin[1], effective_on=clock.local_day(at),
        at=at,
    )  # fmt: skip


__all__ = [
    "adopt_leaving_rule", "erase", "leave", "merge", "take_back_apart", "take_out", "tell_apart",
    "undo_merge",
]  # fmt: skip
