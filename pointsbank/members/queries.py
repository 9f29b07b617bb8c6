"""What people look up about members: by id, phone, card, phone code, or what they typed."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlmodel import Session, col

from pointsbank.core import clock
from pointsbank.core.actor import Actor, Role
from pointsbank.core.encryption import digest, unseal
from pointsbank.members import codes
from pointsbank.members.models import Card, Member
from pointsbank.members.rules import (
    CODE_DIGITS,
    PHONE,
    CardLost,
    CardReplaced,
    CodeInvalid,
    MemberLeft,
    NoCards,
    NoSuchCard,
    NoSuchMember,
    PrintedCard,
    check_digits_hold,
    folded_digits,
    is_phone_code,
    masked_phone,
)
from pointsbank.orgs import queries as orgs
from pointsbank.orgs.rules import HOMES

REGISTER_READERS = (
    Role.ORGANISER,
    Role.CLERK,
    Role.REVIEWER,
    Role.SECRETARY,
    Role.OFFICIAL,
    Role.ADMINISTRATOR,
)
"""The roles that see the register, each within its reach."""


PARTY_READERS = (Role.SECRETARY, Role.OFFICIAL, Role.ADMINISTRATOR)
"""The roles that see party status, which is sensitive."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of members, and how many there are on all pages."""

    members: Sequence[Member]
    total: int


def member(session: Session, member_id: int) -> Member:
    """The member, or ``NoSuchMember``."""
    found = session.get(Member, member_id)
    if found is None:
        raise NoSuchMember
    return found


def members(session: Session, member_ids: Iterable[int]) -> dict[int, Member]:
    """Those of the members that exist, by id."""
    wanted = select(Member).where(orgs.among(Member.id, member_ids))
    return {found.id: found for found in session.execute(wanted).scalars()}


def phone_digest(phone: str) -> bytes:
    """By what a phone number of eleven digits is found."""
    return digest(phone, "phone")


def member_by_phone(session: Session, phone: str) -> Member | None:
    """The member with this phone number, if it is one and somebody has it."""
    bare = folded_digits(phone).removeprefix("+86")
    if not PHONE.fullmatch(bare):
        return None
    wanted = select(Member).where(col(Member.phone_digest) == phone_digest(bare))
    return session.execute(wanted).scalar_one_or_none()


def shown_phone(seen: Member) -> str:
    """138****1234, or nothing."""
    return masked_phone(unseal(seen.phone_sealed)) if seen.phone_sealed else ""


def member_by_code(session: Session, digits: str, at: datetime) -> Member:
    """Whose printed card or phone code this is.

    Refuses: CodeInvalid, CodeExpired, CardLost or CardReplaced (new card's end), MemberLeft.
    """
    bare = folded_digits(digits)
    if not check_digits_hold(bare):
        raise CodeInvalid
    if is_phone_code(bare):
        holder = session.get(Member, codes.member_of_phone_code(bare, at))
    else:
        holder = _holder_of_card(session, bare)
    if holder is None:
        raise CodeInvalid
    if holder.left_on is not None:
        raise MemberLeft(left_on=holder.left_on)
    return holder


def phone_code(member_id: int, at: datetime) -> str:
    """The twenty digits that this member's phone shows now."""
    return codes.phone_code(member_id, at)


def phone_code_seconds_left(at: datetime) -> int:
    """In how many seconds the phone should fetch the next code."""
    return codes.seconds_left(at)


def _holder_of_card(session: Session, digits: str) -> Member | None:
    wanted = select(Member, col(Card.lost_at)).join(Card).where(col(Card.digits) == digits)
    found = session.execute(wanted).one_or_none()
    if found is None:
        return None
    holder: Member = found[0]
    lost_at: datetime | None = found[1]
    if lost_at is not None:
        lost_on = clock.local_day(lost_at)
        new = good_card(session, holder.id)
        if new is None:
            raise CardLost(lost_on=lost_on)
        raise CardReplaced(lost_on=lost_on, new_tail=new.digits[-4:])
    return holder


def card(session: Session, card_id: int) -> Card:
    """The card, or ``NoSuchCard``."""
    found = session.get(Card, card_id)
    if found is None:
        raise NoSuchCard
    return found


def good_card(session: Session, member_id: int) -> Card | None:
    """The member's newest card that is not lost."""
    wanted = (
        select(Card)
        .where(col(Card.member_id) == member_id, col(Card.lost_at).is_(None))
        .order_by(col(Card.id).desc())
        .limit(1)
    )
    return session.execute(wanted).scalar_one_or_none()


def good_cards(session: Session, member_ids: Iterable[int]) -> dict[int, str]:
    """The digits of each member's newest card that is not lost; who has none is left out."""
    wanted = (
        select(col(Card.member_id), col(Card.digits))
        .where(orgs.among(Card.member_id, member_ids), col(Card.lost_at).is_(None))
        .order_by(col(Card.id))
    )
    return {row.member_id: row.digits for row in session.execute(wanted)}


def search(
    session: Session, actor: Actor, *, text: str = "", page: int = 1, size: int = 30
) -> Page:
    """The members whom this actor may see and who match what was typed, by number.

    Typed may be a card's digits, a phone number or its last four, the beginning of a volunteer
    number, part of a name, or the beginning of its pinyin or initials.
    """
    wanted = select(Member).where(known_to(actor, *REGISTER_READERS), col(Member.left_on).is_(None))
    typed = text.strip()
    if typed:
        wanted = wanted.where(_matches(typed))
    total = session.execute(select(func.count()).select_from(wanted.subquery())).scalar_one()
    shown = wanted.order_by(col(Member.number)).limit(size).offset((page - 1) * size)
    return Page(list(session.execute(shown).scalars()), total)


def _matches(typed: str) -> ColumnElement[bool]:
    bare = folded_digits(typed)
    if bare.isdecimal():
        if len(bare) == CODE_DIGITS:
            holders = select(col(Card.member_id)).where(col(Card.digits) == bare)
            return col(Member.id).in_(holders)
        if PHONE.fullmatch(bare):
            return col(Member.phone_digest) == phone_digest(bare)
        number = col(Member.number).startswith(bare)
        return or_(number, col(Member.phone_tail) == bare) if len(bare) == 4 else number
    if bare.isascii():
        sound = bare.lower().replace("'", "")
        return or_(
            col(Member.initials).startswith(sound, autoescape=True),
            col(Member.pinyin).startswith(sound, autoescape=True),
        )
    return col(Member.name).contains(typed, autoescape=True)


def residing_below(org_ids: Collection[int]) -> Select[int]:
    """The ids of the members who live in these organisations or below: a scope for figures."""
    return select(col(Member.id)).where(col(Member.residence_id).in_(orgs.ids_below(org_ids)))


def of_branches_below(org_ids: Collection[int]) -> Select[int]:
    """The ids of the members whose party branch is one of these or below them."""
    return select(col(Member.id)).where(col(Member.branch_id).in_(orgs.ids_below(org_ids)))


def known_to(actor: Actor, *roles: Role) -> ColumnElement[bool]:
    """The condition under which this actor may see a member: by residence, branch, employer."""
    held = {grant.org_id for grant in actor.grants if grant.role in roles}
    reach = orgs.ids_below(held)
    return or_(
        col(Member.residence_id).in_(reach),
        col(Member.branch_id).in_(reach),
        col(Member.employer_id).in_(reach),
    )


def may_see(actor: Actor, seen: Member, *roles: Role) -> bool:
    """Whether this actor may see this member: by residence, branch or employer."""
    places = (seen.residence_id, seen.branch_id, seen.employer_id)
    return any(place is not None and actor.may(*roles, org_id=place) for place in places)


def member_seen_by(session: Session, actor: Actor, member_id: int) -> Member:
    """The member, for a reader of the register whose reach she is in; else ``NoSuchMember``."""
    seen = member(session, member_id)
    if not may_see(actor, seen, *REGISTER_READERS):
        raise NoSuchMember
    return seen


def cards_to_print(session: Session, holders: Sequence[Member]) -> list[PrintedCard]:
    """The good cards of these members, in their order. Refuses NoCards where nobody has one."""
    digits = good_cards(session, (holder.id for holder in holders))
    if not digits:
        raise NoCards
    called = homes(session, holders)
    return [
        PrintedCard(
            name=holder.name,
            number=holder.number,
            community=called[holder.residence_id].split(" ")[0],
            digits=digits[holder.id],
        )
        for holder in holders
        if holder.id in digits
    ]


def homes(session: Session, residents: Iterable[Member]) -> dict[int, str]:
    """How each residence is called from its community down: 幸福社区 第一网格 1号楼组."""
    lines = orgs.ancestors_of(session, (resident.residence_id for resident in residents))
    return {
        org_id: " ".join(place.name for place in reversed(line) if place.kind in HOMES)
        for org_id, line in lines.items()
    }
