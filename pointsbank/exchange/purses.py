"""What people can spend: their own points, and their household's where they are of age."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import and_, func, or_, select

from pointsbank.core.database import Session, table_of
from pointsbank.exchange import rules
from pointsbank.ledger import queries as ledger
from pointsbank.ledger.models import Account, Unit
from pointsbank.ledger.rules import AccountRef, OwnerKind
from pointsbank.members import queries as members
from pointsbank.members.models import Member
from pointsbank.members.rules import is_grown


@dataclass(frozen=True, slots=True)
class Purses:
    """``accounts`` by member and unit, in the order in which they are drawn on: those of records
    merged into hers, her own, her household's. ``points`` goes down with each sale.
    """

    accounts: dict[tuple[int, str], list[AccountRef]]
    points: dict[AccountRef, int]

    def of(self, member_id: int, unit: str) -> dict[AccountRef, int]:
        return {ref: self.points[ref] for ref in self.accounts.get((member_id, unit), ())}


def purses_for_change(session: Session, member_ids: Iterable[int], on: date) -> Purses:
    """What members can spend on a day, less what is held, locked in the order of account until
    the transaction ends.
    """
    wanted = set(member_ids)
    spenders = joint_spenders(session, wanted, on)
    account, unit, record = table_of(Account), table_of(Unit), table_of(Member)
    of_member = account.c.owner_kind == OwnerKind.MEMBER
    theirs = and_(of_member, account.c.owner_id.in_(members.records_of(wanted)))
    if spenders:
        joint = {household_id for ids in spenders.values() for household_id in ids}
        of_household = account.c.owner_kind == OwnerKind.HOUSEHOLD
        theirs = or_(theirs, and_(of_household, account.c.owner_id.in_(joint)))
    rows = session.execute(
        select(
            *account.c["owner_kind", "owner_id"],
            unit.c.code,
            account.c.balance - account.c.held,
            func.coalesce(record.c.merged_into_id, record.c.id),
        )
        .join_from(account, unit, unit.c.id == account.c.unit_id)
        .outerjoin(record, and_(of_member, record.c.id == account.c.owner_id))
        .where(theirs, account.c.kind == "balance")
        .order_by(account.c.id)
        .with_for_update(of=account, key_share=True)
    )
    found = Purses(defaultdict(list), {})
    joint_accounts: dict[int, list[AccountRef]] = defaultdict(list)
    for kind, owner_id, code, points, person_id in rows:
        ref = AccountRef(OwnerKind(kind), owner_id, code)
        found.points[ref] = points
        if ref.owner_kind is OwnerKind.MEMBER:
            found.accounts[person_id, code].append(ref)
        else:
            joint_accounts[owner_id].append(ref)
    for (member_id, _), refs in found.accounts.items():
        refs.sort(key=lambda ref: ref.owner_id == member_id)
    for member_id, household_ids in spenders.items():
        for ref in (ref for one in household_ids for ref in joint_accounts[one]):
            found.accounts[member_id, ref.unit].append(ref)
    return found


def joint_spenders(session: Session, member_ids: Iterable[int], on: date) -> dict[int, list[int]]:
    """Whose points besides their own these people may spend on a day: their households'. Minors
    may not.
    """
    shared = members.shared_households(session, member_ids)
    people = members.members(session, shared) if shared else {}
    return {
        member_id: household_ids
        for member_id, household_ids in shared.items()
        if is_grown(people[member_id].birth_on, on)
    }


def balances(session: Session, member_id: int, on: date) -> tuple[dict[str, int], dict[str, int]]:
    """What a person has by unit now: over all her records, and what is her household's if she may
    spend it.
    """
    own = ledger.balances(session, *members.ids_of_person(session, member_id))
    shared = joint_spenders(session, [member_id], on).get(member_id)
    return own, ledger.household_balances(session, *shared) if shared else {}


def balance(session: Session, member_id: int, unit: str, on: date) -> int:
    """What a person can spend in a unit now."""
    own, joint = balances(session, member_id, on)
    return rules.together(own[unit], joint.get(unit, 0))
