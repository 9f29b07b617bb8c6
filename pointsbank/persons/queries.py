"""What is looked up of persons: duplicates, two records side by side, everything about one."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, case, exists, func, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from pointsbank.access import queries as access
from pointsbank.access.models import RoleGrant
from pointsbank.attendance.models import Attendance
from pointsbank.core.actor import Actor, Role
from pointsbank.exchange.models import Redemption
from pointsbank.ledger import queries as ledger
from pointsbank.ledger.models import Unit
from pointsbank.local_rules import queries as local_rules
from pointsbank.members import queries as members
from pointsbank.members.models import Card, Member
from pointsbank.members.rules import Leaving, NoSuchMember
from pointsbank.orgs import queries as orgs
from pointsbank.persons.collection import person_files
from pointsbank.persons.models import Departure, DistinctPair, Erasure, LeavingRuleRow, Merge
from pointsbank.persons.rules import (
    MERGERS,
    STANDING_RULE,
    LeavingRule,
    NoSuchMerge,
    NoSuchPair,
    SameRecord,
    Sign,
)
from pointsbank.signups import queries as signups

PAGE = 20
_one, _two = aliased(Member), aliased(Member)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two records that may be one person's, the older first, and why."""

    older: Member
    newer: Member
    signs: tuple[Sign, ...]


@dataclass(frozen=True, slots=True)
class PairsPage:
    pairs: Sequence[Pair]
    total: int


@dataclass(frozen=True, slots=True)
class RecordSide:
    """What one record has, for who decides whether two are one person's."""

    member: Member
    home: str
    phone: str
    document: str
    balances: dict[str, int]
    attendances: int
    redemptions: int
    cards: int
    signs_in: bool
    coming: tuple[str, ...]
    """The events to come for which it is signed up, or waits."""


@dataclass(slots=True)
class Section:
    """A part of everything about a person: columns in the order in which they were first told."""

    heading: str
    columns: list[str] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)


def duplicates(session: Session, actor: Actor, *, page: int) -> PairsPage:
    """A page of pairs within the actor's reach, set-based: who has the same name and one more sign.

    Only records in force, and no pair that was told apart; the reach is that of the residences.
    """
    reach = orgs.ids_below(grant.org_id for grant in actor.grants if grant.role in MERGERS)
    signs = {
        Sign.DOCUMENT: and_(
            col(_one.document_tail) == col(_two.document_tail), col(_one.document_tail) != ""
        ),
        Sign.PHONE: and_(col(_one.phone_tail) == col(_two.phone_tail), col(_one.phone_tail) != ""),
        Sign.BIRTH: col(_one.birth_on) == col(_two.birth_on),
    }
    wanted = [
        col(_one.name) == col(_two.name),
        col(_one.id) < col(_two.id),
        or_(*signs.values()),
        ~exists().where(
            col(DistinctPair.one_id) == col(_one.id),
            col(DistinctPair.two_id) == col(_two.id),
            col(DistinctPair.taken_back_at).is_(None),
        ),
        *(col(record.left_on).is_(None) for record in (_one, _two)),
        *(col(record.residence_id).in_(reach) for record in (_one, _two)),
    ]
    pairs = select(col(_one.id)).join(_two, and_(*wanted))
    total = session.execute(select(func.count()).select_from(pairs.subquery())).scalar_one()
    rows = session.execute(
        select(_one, _two, *(case((sign, 1), else_=0) for sign in signs.values()))
        .join(_two, and_(*wanted))
        .order_by(col(_two.id).desc(), col(_one.id))
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    )
    found = [
        Pair(one, two, tuple(sign for sign, is_so in zip(signs, so, strict=True) if is_so))
        for one, two, *so in rows
    ]
    return PairsPage(found, total)


def merges_in_reach(session: Session, actor: Actor, *, page: int) -> Sequence[Any]:
    """(merge, kept, other), the latest first: what may be undone, and what was."""
    reach = orgs.ids_below(grant.org_id for grant in actor.grants if grant.role in MERGERS)
    return session.execute(
        select(Merge, _one, _two)
        .join(_one, col(_one.id) == col(Merge.kept_id))
        .join(_two, col(_two.id) == col(Merge.other_id))
        .where(col(_one.residence_id).in_(reach), col(_two.residence_id).in_(reach))
        .order_by(col(Merge.id).desc())
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    ).all()


def pairs_told_apart(session: Session, actor: Actor) -> Sequence[Any]:
    """(pair, one, two) within reach that were told apart and still are, the latest first, at most
    a page of them.
    """
    reach = orgs.ids_below(grant.org_id for grant in actor.grants if grant.role in MERGERS)
    return session.execute(
        select(DistinctPair, _one, _two)
        .join(_one, col(_one.id) == col(DistinctPair.one_id))
        .join(_two, col(_two.id) == col(DistinctPair.two_id))
        .where(
            col(DistinctPair.taken_back_at).is_(None),
            col(_one.residence_id).in_(reach),
            col(_two.residence_id).in_(reach),
        )
        .order_by(col(DistinctPair.id).desc())
        .limit(PAGE)
    ).all()


def records_side_by_side(
    session: Session, actor: Actor, one_id: int, two_id: int, *, at: datetime
) -> tuple[RecordSide, RecordSide]:
    """Both records, each where the actor may join it; else ``NoSuchMember``."""
    found = members.members(session, [one_id, two_id])
    for member_id in (one_id, two_id):
        record = found.get(member_id)
        if record is None or not actor.may(*MERGERS, org_id=record.residence_id):
            raise NoSuchMember
    homes = members.homes(session, found.values())
    one, two = (_side(session, found[one], homes, at) for one in (one_id, two_id))
    return one, two


def records_by_number(session: Session, actor: Actor, one: str, two: str) -> tuple[int, int]:
    """The two records of these volunteer numbers, where the actor may join each.

    Refuses: NoSuchMember, SameRecord.
    """
    found = [members.member_by_number(session, actor, number) for number in (one, two)]
    if not all(actor.may(*MERGERS, org_id=record.residence_id) for record in found):
        raise NoSuchMember
    if found[0].id == found[1].id:
        raise SameRecord
    return found[0].id, found[1].id


def _side(session: Session, record: Member, homes: dict[int, str], at: datetime) -> RecordSide:
    ids = members.ids_of_person(session, record.id)

    def count(of: Any) -> int:
        return int(session.execute(select(func.count()).where(orgs.among(of, ids))).scalar_one())

    return RecordSide(
        member=record,
        home=homes[record.residence_id],
        phone=members.shown_phone(record),
        document=record.document_tail,
        balances=ledger.balances(session, *ids),
        attendances=count(Attendance.member_id),
        redemptions=count(Redemption.member_id),
        cards=count(Card.member_id),
        signs_in=access.user_of_member(session, record.id) is not None,
        coming=tuple(one.event.title for one in signups.coming(session, record.id, at)),
    )


def merge(session: Session, merge_id: int) -> Merge:
    """The merge, or ``NoSuchMerge``."""
    found = session.get(Merge, merge_id)
    if found is None:
        raise NoSuchMerge
    return found


def merge_of_key(session: Session, key: str) -> Merge | None:
    return session.execute(select(Merge).where(col(Merge.key) == key)).scalar_one_or_none()


def standing_merge_of(session: Session, member_id: int) -> Merge | None:
    """The merge by which this record belongs to another now."""
    return session.execute(
        select(Merge).where(col(Merge.other_id) == member_id, col(Merge.undone_at).is_(None))
    ).scalar_one_or_none()


def later_merge(session: Session, found: Merge) -> Merge | None:
    """A merge after this one that stands and touches one of its records."""
    touched = (found.kept_id, found.other_id)
    return (
        session.execute(
            select(Merge)
            .where(
                col(Merge.id) > found.id,
                col(Merge.undone_at).is_(None),
                or_(col(Merge.kept_id).in_(touched), col(Merge.other_id).in_(touched)),
            )
            .order_by(col(Merge.id).desc())
            .limit(1)
        )
        .scalars()
        .first()
    )


def distinct_pair(session: Session, pair_id: int) -> DistinctPair:
    """The pair that was told apart, or ``NoSuchPair``."""
    found = session.get(DistinctPair, pair_id)
    if found is None:
        raise NoSuchPair
    return found


def told_apart(session: Session, one_id: int, two_id: int) -> DistinctPair | None:
    """Whether these two, the smaller id first, are known to be two people's."""
    return session.execute(
        select(DistinctPair).where(
            col(DistinctPair.one_id) == one_id,
            col(DistinctPair.two_id) == two_id,
            col(DistinctPair.taken_back_at).is_(None),
        )
    ).scalar_one_or_none()


def records_for_change(session: Session, member_ids: Sequence[int]) -> dict[int, Member]:
    """Those of the records that exist, which nobody else changes until the transaction ends."""
    orgs.hold_tree(session)
    wanted = (
        select(Member)
        .where(col(Member.id).in_(member_ids))
        .order_by(col(Member.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {record.id: record for record in session.execute(wanted).scalars()}


def departure_of_key(session: Session, key: str) -> Departure | None:
    return session.execute(select(Departure).where(col(Departure.key) == key)).scalar_one_or_none()


def erasure_of_key(session: Session, key: str) -> Erasure | None:
    return session.execute(select(Erasure).where(col(Erasure.key) == key)).scalar_one_or_none()


def erasure_of(session: Session, member_id: int) -> Erasure | None:
    """When this person's data was erased, if it was."""
    return session.execute(
        select(Erasure).where(col(Erasure.member_id) == member_id)
    ).scalar_one_or_none()


def is_erased(record: Member) -> bool:
    return record.leaving is Leaving.ERASED


def holds_roles(session: Session, member_ids: Sequence[int], on: date) -> bool:
    """Whether somebody of these records holds a role on a day, or will."""
    return any(roles_of(session, member_id, on) for member_id in member_ids)


def roles_of(session: Session, member_id: int, on: date) -> list[RoleGrant]:
    """The roles that this record's account holds on a day, or will."""
    user = access.user_of_member(session, member_id)
    if user is None:
        return []
    grants = access.grants_of(session, user.id)
    return [grant for grant in grants if access.period_of(grant).reaches(on)]


def rule_in_force(session: Session, org_id: int, on: date) -> LeavingRule:
    """The nearest organisation's rule above (itself first) in force on a day, else the standing."""
    row = local_rules.rule_in_force(session, LeavingRuleRow, org_id, on)
    return row.frozen() if row else STANDING_RULE


@dataclass(frozen=True, slots=True)
class Ending:
    """What a membership would leave behind: for who is about to end or erase it. ``household`` has
    the points of a household in which nobody else is.
    """

    member: Member
    balances: dict[str, int]
    household: dict[str, int]
    rule: LeavingRule
    records: int


def ending(
    session: Session, actor: Actor, member_id: int, roles: Sequence[Role], on: date
) -> Ending:
    """For one who may end this membership, or she herself; else ``NoSuchMember``."""
    record = members.member(session, member_id)
    if actor.member_id != member_id and not actor.may(*roles, org_id=record.residence_id):
        raise NoSuchMember
    ids = members.ids_of_person(session, member_id)
    alone = members.households_of_nobody_else(session, member_id)
    balances = ledger.balances(session, *ids)
    household = ledger.household_balances(session, *alone)
    rule = rule_in_force(session, record.residence_id, on)
    return Ending(record, balances, household, rule, len(ids))


def points_left(session: Session, found: Ending) -> dict[str, int]:
    """What of the balances could be spent: units without any are left out."""
    spendable = session.execute(select(col(Unit.code)).where(col(Unit.spendable))).scalars()
    left: Counter[str] = Counter()
    for balances in (found.balances, found.household):
        left.update({code: max(balances[code], 0) for code in balances})
    return {code: left[code] for code in spendable if left[code]}


def everything(session: Session, member_id: int) -> list[Section]:
    """All that every feature holds of a person, those of her merged records included."""
    sections: dict[str, Section] = {}
    for record_id in members.ids_of_person(session, member_id):
        for file in person_files().values():
            for heading, rows in file.export(session, record_id).items():
                section = sections.setdefault(heading, Section(heading))
                for row in rows:
                    section.rows.append(dict(row))
                    section.columns += [name for name in row if name not in section.columns]
    return [section for section in sections.values() if section.rows]
