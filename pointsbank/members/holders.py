"""Whose many cards and phone codes these are, in a constant number of statements."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session, col

from pointsbank.core import clock
from pointsbank.core.actor import Actor
from pointsbank.core.errors import Refused
from pointsbank.members import codes
from pointsbank.members.models import Card, Member
from pointsbank.members.rules import (
    CardLost,
    CardReplaced,
    CodeInvalid,
    MemberLeft,
    folded_digits,
)
from pointsbank.orgs.queries import among


@dataclass(frozen=True, slots=True)
class Holder:
    """Who a code is of, where anybody, and why it does not do, if it does not."""

    member: Member | None = None
    refused: Refused | None = None


def holders(session: Session, asked: Sequence[tuple[str, datetime]]) -> list[Holder]:
    """The holder of each code as it was read at that instant; ``refused`` as by
    ``queries.member_by_code``.
    """
    read = [_read(folded_digits(digits), at) for digits, at in asked]
    cards = _cards(session, {digits for digits in read if isinstance(digits, str)})
    ids = {one for one in read if isinstance(one, int)}
    people = _kept(session, ids | {member_id for member_id, _ in cards.values()})
    lost = [
        cards[one][0] for one in read if isinstance(one, str) and one in cards and cards[one][1]
    ]
    tails = _tails(session, lost)
    return [_holder(one, cards, people, tails) for one in read]


def _read(bare: str, at: datetime) -> str | int | Refused:
    """A card's digits, a member by her phone's code, or why it is neither."""
    if not codes.check_digits_hold(bare):
        return CodeInvalid()
    if not codes.is_phone_code(bare):
        return bare
    try:
        return codes.member_of_phone_code(bare, at)
    except Refused as refused:
        return refused


def _holder(
    read: str | int | Refused,
    cards: dict[str, tuple[int, datetime | None]],
    people: dict[int, Member],
    tails: dict[int, str],
) -> Holder:
    if isinstance(read, Refused):
        return Holder(None, read)
    member_id, lost_at = cards.get(read, (0, None)) if isinstance(read, str) else (read, None)
    holder = people.get(member_id)
    if holder is None:
        return Holder(None, CodeInvalid())
    if lost_at is not None:
        lost_on, tail = clock.local_day(lost_at), tails.get(member_id)
        refused = (
            CardReplaced(lost_on=lost_on, new_tail=tail) if tail else CardLost(lost_on=lost_on)
        )
        return Holder(holder, refused)
    if holder.left_on is not None:
        return Holder(holder, MemberLeft(left_on=holder.left_on))
    return Holder(holder)


def _cards(session: Session, digits: set[str]) -> dict[str, tuple[int, datetime | None]]:
    """Of each card that there is: whose, and since when it is lost."""
    if not digits:
        return {}
    rows = session.execute(
        select(col(Card.digits), col(Card.member_id), col(Card.lost_at)).where(
            col(Card.digits).in_(digits)
        )
    )
    return {found: (member_id, lost_at) for found, member_id, lost_at in rows}


def _kept(session: Session, ids: Iterable[int]) -> dict[int, Member]:
    """The members, each by the record that hers is part of now."""
    found = _members(session, ids)
    merged = {one.merged_into_id for one in found.values() if one.merged_into_id is not None}
    kept = _members(session, merged)
    return {
        member_id: one if one.merged_into_id is None else kept[one.merged_into_id]
        for member_id, one in found.items()
    }


def _members(session: Session, ids: Iterable[int]) -> dict[int, Member]:
    wanted = set(ids)
    if not wanted:
        return {}
    rows = session.execute(select(Member).where(among(Member.id, wanted))).scalars()
    return {one.id: one for one in rows}


def _tails(session: Session, member_ids: Sequence[int]) -> dict[int, str]:
    """The end of each one's newest good card."""
    if not member_ids:
        return {}
    rows = session.execute(
        select(col(Card.member_id), col(Card.digits))
        .where(among(Card.member_id, member_ids), col(Card.lost_at).is_(None))
        .order_by(col(Card.id))
    )
    return {member_id: digits[-4:] for member_id, digits in rows}


def members_by_numbers(session: Session, actor: Actor, numbers: Iterable[str]) -> dict[str, int]:
    """The member with each of these volunteer numbers whom the actor's roles reach; no other."""
    wanted = {folded_digits(number): number for number in numbers}
    places = {org_id for grant in actor.grants for org_id in grant.reach}
    found = session.execute(
        select(col(Member.number), col(Member.id), col(Member.residence_id)).where(
            col(Member.number).in_(wanted), col(Member.left_on).is_(None)
        )
    )
    return {wanted[number]: member_id for number, member_id, home in found if home in places}
