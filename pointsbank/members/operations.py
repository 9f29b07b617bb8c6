"""What people do with the register: enrol members, issue cards, report them lost."""

import secrets
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select, text, update
from sqlmodel import Session, col

from pointsbank.core import audit, clock
from pointsbank.core.actor import Actor, Role
from pointsbank.core.database import table_of
from pointsbank.core.encryption import seal
from pointsbank.core.errors import Forbidden
from pointsbank.members import pinyin, queries
from pointsbank.members.models import Card, Member, TeamMembership
from pointsbank.members.rules import (
    CardAlreadyLost,
    MemberLeft,
    NewMember,
    NoSuchMember,
    NotAHome,
    PartyStatus,
    PhoneTaken,
    WrongLine,
    card_digits,
    check_name,
    check_phone,
    member_number,
)
from pointsbank.orgs import queries as orgs
from pointsbank.orgs.models import Organisation
from pointsbank.orgs.rules import HOMES, Line, NoSuchOrganisation, OrganisationClosed

REGISTRARS = (Role.SECRETARY, Role.ADMINISTRATOR)
CARD_STAFF = (Role.CLERK, Role.SECRETARY, Role.ADMINISTRATOR)
_SLICE = 10_000
_members = table_of(Member)


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
    row = NewMember(
        name, residence_id, phone, branch_id, employer_id, party_status, team_ids, registered_on
    )
    return queries.member(session, register_many(session, actor, [row], at=at)[0])


def register_many(
    session: Session, actor: Actor, rows: Sequence[NewMember], *, at: datetime
) -> list[int]:
    """Enrol members, all or none; their ids in the order of the rows.

    Refuses: NoSuchOrganisation, Forbidden (secretary or administrator of each residence),
    NameInvalid, PhoneInvalid, NotAHome, WrongLine, OrganisationClosed, PhoneTaken.
    """
    known = orgs.organisations(session, (org_id for row in rows for org_id in _places(row)))
    if any(org_id not in known for row in rows for org_id in _places(row)):
        raise NoSuchOrganisation
    for residence_id in {row.residence_id for row in rows}:
        actor.require(*REGISTRARS, org_id=residence_id)
    names = [check_name(row.name) for row in rows]
    phones = [check_phone(row.phone) if row.phone else "" for row in rows]
    for row in rows:
        _check_places(row, known)
    digests = [queries.phone_digest(phone) if phone else None for phone in phones]
    _check_phones_free(session, [digest for digest in digests if digest is not None])
    if not rows:
        return []

    days = [row.registered_on or clock.local_day(at) for row in rows]
    numbers = _numbers(session, [day.year for day in days])
    values = [
        {
            "number": next(numbers[day.year]),
            "name": name,
            "pinyin": pinyin.pinyin(name),
            "initials": pinyin.initials(name),
            "phone_sealed": seal(phone) if phone else None,
            "phone_digest": digest,
            "phone_tail": phone[-4:],
            "residence_id": row.residence_id,
            "branch_id": row.branch_id,
            "employer_id": row.employer_id,
            "party_status": row.party_status,
            "registered_on": day,
        }
        for row, name, phone, digest, day in zip(rows, names, phones, digests, days, strict=True)
    ]
    ids = _insert(session, values)
    _join_teams(session, rows, ids, days)
    audit.record(
        session, actor, "members.registered", ("member", ids[0]), at=at,
        org_id=rows[0].residence_id, count=len(ids), last_id=ids[-1],
    )  # fmt: skip
    return ids


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
    if actor.member_id != holder.id and not actor.may(*CARD_STAFF, org_id=holder.residence_id):
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


def _places(row: NewMember) -> Iterator[int]:
    yield row.residence_id
    for org_id in (row.branch_id, row.employer_id, *row.team_ids):
        if org_id is not None:
            yield org_id


def _check_places(row: NewMember, known: dict[int, Organisation]) -> None:
    if known[row.residence_id].kind not in HOMES:
        raise NotAHome
    lines = [
        (row.branch_id, Line.PARTY),
        (row.employer_id, Line.EMPLOYER),
        *((team_id, Line.TEAM) for team_id in row.team_ids),
    ]
    if any(org_id is not None and known[org_id].line is not line for org_id, line in lines):
        raise WrongLine
    for org_id in _places(row):
        if (closed_on := known[org_id].closed_on) is not None:
            raise OrganisationClosed(closed_on=closed_on)


def _check_phones_free(session: Session, digests: Sequence[bytes]) -> None:
    """Nobody in the register, and no two of these, have one phone number."""
    if len(set(digests)) < len(digests):
        raise PhoneTaken
    for start in range(0, len(digests), _SLICE):
        part = col(Member.phone_digest).in_(digests[start : start + _SLICE])
        if session.execute(select(col(Member.id)).where(part).limit(1)).first():
            raise PhoneTaken


def _numbers(session: Session, years: Sequence[int]) -> dict[int, Iterator[str]]:
    """A fresh volunteer number for every year named; registrations of a year queue here."""
    numbers = {}
    for year in sorted(set(years)):
        wanted = years.count(year)
        last = session.execute(_TAKE_NUMBERS, {"year": year, "wanted": wanted}).scalar_one()
        serials = range(last - wanted + 1, last + 1)
        numbers[year] = iter([member_number(year, serial) for serial in serials])
    return numbers


_TAKE_NUMBERS = text(
    "INSERT INTO member_numbering (year, last) VALUES (:year, :wanted) "
    "ON CONFLICT (year) DO UPDATE SET last = member_numbering.last + excluded.last RETURNING last"
)


def _insert(session: Session, values: list[dict[str, Any]]) -> list[int]:
    """Their ids in the order of the rows. Without the ORM, whose answer grows with the square."""
    returning = insert(_members).returning(_members.c.id, sort_by_parameter_order=True)
    return list(session.connection().execute(returning, values).scalars())


def _join_teams(
    session: Session, rows: Sequence[NewMember], ids: Sequence[int], days: Sequence[date]
) -> None:
    joined: list[dict[str, Any]] = [
        {"member_id": member_id, "team_id": team_id, "since_on": day}
        for row, member_id, day in zip(rows, ids, days, strict=True)
        for team_id in dict.fromkeys(row.team_ids)
    ]
    if joined:
        session.connection().execute(insert(TeamMembership), joined)
