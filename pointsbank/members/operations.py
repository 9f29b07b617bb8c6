"""What people do with the register: enrol, change, move and part with members; consents, cards."""

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlmodel import Session, col

from pointsbank.core import audit, clock
from pointsbank.core.actor import Actor
from pointsbank.core.errors import Forbidden
from pointsbank.members import queries
from pointsbank.members.adoptions import adopt_consent_text, adopt_registration_rule
from pointsbank.members.agreements import give_consent, withdraw_consent
from pointsbank.members.codes import card_digits
from pointsbank.members.households import (
    change_head,
    found_household,
    join_household,
    leave_household,
)
from pointsbank.members.leaving import come_back, leave
from pointsbank.members.models import Card
from pointsbank.members.notes import (
    end_deputy_role,
    note_deputy_role,
    note_honour,
    note_training,
    strike_out,
)
from pointsbank.members.places import (
    change_party_status,
    join_team,
    leave_team,
    move_member,
)
from pointsbank.members.record import add_skill, change_member, show
from pointsbank.members.registration import (
    CARD_STAFF,
    REGISTRARS,
    register,
    register_many,
    unregister_many,
)
from pointsbank.members.rules import CardAlreadyLost, MemberLeft, NoSuchCard, NoSuchMember

__all__ = [
    "CARD_STAFF", "REGISTRARS", "add_skill", "adopt_consent_text", "adopt_registration_rule",
    "change_head", "change_member", "change_party_status", "come_back", "end_deputy_role",
    "found_household", "give_consent", "issue_card", "issue_cards", "issue_missing_cards",
    "join_household", "join_team", "leave", "leave_household", "leave_team", "move_member",
    "note_deputy_role", "note_honour", "note_training", "register", "register_many",
    "report_card_lost", "report_cards_lost", "show", "strike_out", "unregister_many",
    "withdraw_consent",
]  # fmt: skip


def issue_card(
    session: Session,
    actor: Actor,
    *,
    member_id: int,
    at: datetime,
    draw: Callable[[int], int] = secrets.randbelow,
) -> Card:
    """Give a member a new card; older ones stay good. Refuses as ``issue_cards``."""
    digits = issue_cards(session, actor, member_ids=[member_id], at=at, draw=draw)[0]
    card: Card = session.execute(select(Card).where(col(Card.digits) == digits)).scalar_one()
    return card


def issue_cards(
    session: Session,
    actor: Actor,
    *,
    member_ids: Sequence[int],
    at: datetime,
    draw: Callable[[int], int] = secrets.randbelow,
) -> list[str]:
    """Give members new cards, all or none; their digits in the order of the members.

    ``draw(n)`` gives a random number below n. Refuses: NoSuchMember, Forbidden (clerk, secretary or
    administrator of the residence), MemberLeft.
    """
    holders = queries.members(session, member_ids)
    if any(member_id not in holders for member_id in member_ids):
        raise NoSuchMember
    for residence_id in {holder.residence_id for holder in holders.values()}:
        actor.require(*CARD_STAFF, org_id=residence_id)
    for holder in holders.values():
        if holder.left_on is not None:
            raise MemberLeft(left_on=holder.left_on)
    if not member_ids:
        return []

    cards = [
        {"member_id": member_id, "digits": card_digits(draw), "issued_at": at}
        for member_id in member_ids
    ]
    session.connection().execute(insert(Card), cards)
    audit.record(
        session, actor, "members.cards_issued", ("member", member_ids[0]), at=at,
        org_id=holders[member_ids[0]].residence_id, count=len(cards),
    )  # fmt: skip
    return [str(card["digits"]) for card in cards]


def issue_missing_cards(
    session: Session, actor: Actor, *, member_ids: Sequence[int], at: datetime
) -> int:
    """Give a card to each of these who has no good one; how many. Refuses as ``issue_cards``."""
    have = queries.good_cards(session, member_ids)
    without = [member_id for member_id in member_ids if member_id not in have]
    return len(issue_cards(session, actor, member_ids=without, at=at))


def report_card_lost(session: Session, actor: Actor, *, card_id: int, at: datetime) -> Card:
    """From now on the card's digits answer that it was lost.

    Refuses: NoSuchCard, Forbidden (its holder, or staff who issue cards at the residence),
    CardAlreadyLost.
    """
    card = queries.card(session, card_id)
    holder = queries.member(session, card.member_id)
    hers = actor.member_id is not None and actor.member_id in (holder.id, holder.merged_into_id)
    if not hers and not actor.may(*CARD_STAFF, org_id=holder.residence_id):
        raise Forbidden
    if card.lost_at is not None:
        raise CardAlreadyLost(lost_on=clock.local_day(card.lost_at))
    session.execute(update(Card).where(col(Card.id) == card_id).values(lost_at=at))
    audit.record(
        session, actor, "members.card_lost", ("member", holder.id), at=at,
        org_id=holder.residence_id, card=card_id,
    )  # fmt: skip
    session.refresh(card)
    return card


def report_cards_lost(session: Session, actor: Actor, *, member_id: int, at: datetime) -> int:
    """Report every good card of a person lost, those of her merged records too; how many.

    Refuses: NoSuchMember, NoSuchCard (she has none), Forbidden (as ``report_card_lost``).
    """
    queries.member(session, member_id)
    good = queries.good_card_ids(session, queries.ids_of_person(session, member_id))
    if not good:
        raise NoSuchCard
    for card_id in good:
        report_card_lost(session, actor, card_id=card_id, at=at)
    return len(good)
