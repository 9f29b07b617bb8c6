"""The register searched by what people type: a name, its sound, a phone, a card, a number."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, or_, select
from sqlmodel import Session, col

from pointsbank.core.actor import Actor
from pointsbank.members import pinyin
from pointsbank.members.codes import CODE_DIGITS
from pointsbank.members.models import Card, Member, NameKey
from pointsbank.members.queries import REGISTER_READERS, known_to, phone_digest
from pointsbank.members.rules import PHONE, folded_digits


@dataclass(frozen=True, slots=True)
class Page:
    """A page of members, and how many there are on all pages."""

    members: Sequence[Member]
    total: int


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
    sought = pinyin.folded(typed)
    return col(Member.id).in_(
        select(col(NameKey.member_id)).where(
            col(NameKey.key) >= sought, col(NameKey.key) < sought + "\U0010ffff"
        )
    )
