"""What people do with the register: enrol members, issue cards, report them lost."""

import secrets
from collections.abc import Callable, Sequence
from datetime import date, datetime

from sqlmodel import Session

from pointsbank.core.actor import Actor
from pointsbank.members.models import Card, Member
from pointsbank.members.rules import NewMember, PartyStatus


def register(
    session: Session,
    actor: Actor,
    *,
    name: str,
    residence_id: int,
    at: datetime,
    phone: str = "",
    branch_id: int | None = None,
    employer_id: int | None = None,
    party_status: PartyStatus = PartyStatus.NONE,
    team_ids: tuple[int, ...] = (),
    registered_on: date | None = None,
) -> Member:
    """Enrol one member. Refuses as ``register_many``."""
    raise NotImplementedError


def register_many(
    session: Session, actor: Actor, rows: Sequence[NewMember], *, at: datetime
) -> list[int]:
    """Enrol members, all or none, and give their ids in the order of the rows.

    Refuses: NoSuchOrganisation, Forbidden (secretary or administrator of each residence), NameInvalid,
    PhoneInvalid, NotAHome, WrongLine, PhoneTaken.
    """
    raise NotImplementedError


def issue_card(
    session: Session, actor: Actor, *, member_id: int, at: datetime,
    draw: Callable[[int], int] = secrets.randbelow,
) -> Card:  # fmt: skip
    """Give a member a new card; an older one that is not lost stays good.

    Refuses: NoSuchMember, Forbidden (clerk, secretary or administrator of the residence), MemberLeft.
    """
    raise NotImplementedError


def issue_cards(
    session: Session, actor: Actor, *, member_ids: Sequence[int], at: datetime,
    draw: Callable[[int], int] = secrets.randbelow,
) -> list[str]:  # fmt: skip
    """Give many members new cards, all or none; their digits in the order of the members. Refuses as ``issue_card``."""
    raise NotImplementedError


def report_card_lost(session: Session, actor: Actor, *, card_id: int, at: datetime) -> Card:
    """From now on the card's digits answer that it was lost.

    Refuses: NoSuchCard, Forbidden (the member herself, or staff of the residence), CardAlreadyLost.
    """
    raise NotImplementedError
