"""Two records that look like one person's and are not: somebody looked, and said so."""

from datetime import datetime

from sqlmodel import Session

from pointsbank.core import audit, clock
from pointsbank.core.actor import Actor
from pointsbank.members.models import Member
from pointsbank.members.rules import NoSuchMember
from pointsbank.persons import queries, rules
from pointsbank.persons.models import DistinctPair
from pointsbank.persons.rules import MERGERS


def tell_apart(
    session: Session, actor: Actor, *, one_id: int, two_id: int, at: datetime
) -> DistinctPair:
    """Two records are two people's: the pair is suggested no more. A repeat is an answer.

    Refuses, in order: SameRecord, NoSuchMember, Forbidden (secretary or administrator of both
    residences), AlreadyMerged (one is part of another record).
    """
    if one_id == two_id:
        raise rules.SameRecord
    records = queries.records_for_change(session, [one_id, two_id])
    if len(records) < 2:
        raise NoSuchMember
    for record in records.values():
        actor.require(*MERGERS, org_id=record.residence_id)
    for record in records.values():
        if (standing := queries.standing_merge_of(session, record.id)) is not None:
            raise rules.AlreadyMerged(since=clock.local_day(standing.merged_at))
    one_id, two_id = sorted(records)
    if (earlier := queries.told_apart(session, one_id, two_id)) is not None:
        return earlier
    pair = DistinctPair(one_id=one_id, two_id=two_id, told_at=at, told_by=actor.id)
    session.add(pair)
    session.flush()
    for record in records.values():
        audit.record(
            session, actor, "persons.tell_apart", ("member", record.id), at=at,
            org_id=record.residence_id, pair=pair.id, one=one_id, two=two_id,
        )  # fmt: skip
    return pair


def take_back_apart(session: Session, actor: Actor, *, pair_id: int, at: datetime) -> DistinctPair:
    """They may be one person's after all: the pair is suggested again. A repeat is an answer.

    Refuses, in order: NoSuchPair, Forbidden (secretary or administrator of both residences).
    """
    pair = queries.distinct_pair(session, pair_id)
    records: dict[int, Member] = queries.records_for_change(session, [pair.one_id, pair.two_id])
    session.refresh(pair)
    for record in records.values():
        actor.require(*MERGERS, org_id=record.residence_id)
    if pair.taken_back_at is not None:
        return pair
    pair.taken_back_at, pair.taken_back_by = at, actor.id
    session.add(pair)
    session.flush()
    for record in records.values():
        audit.record(
            session, actor, "persons.take_back_apart", ("member", record.id), at=at,
            org_id=record.residence_id, pair=pair.id, one=pair.one_id, two=pair.two_id,
        )  # fmt: skip
    return pair
