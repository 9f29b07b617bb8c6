"""What people look up about members: by id, phone, card, phone code, or what they typed."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, or_, select
from sqlmodel import Session, col

from pointsbank.core import clock
from pointsbank.core.actor import Actor, Role
from pointsbank.core.encryption import digest, unseal
from pointsbank.local_rules.queries import rules_in_force
from pointsbank.local_rules.rules import deciding, standing
from pointsbank.members import codes
from pointsbank.members.affiliations import (
    affiliated,
    affiliations,
    household,
    household_members,
    household_times,
    households_of_nobody_else,
    households_on,
    noted,
    party_standings,
    shared_households,
)
from pointsbank.members.codes import check_digits_hold, is_phone_code, with_check_digits
from pointsbank.members.holders import Holder, holders, members_by_numbers
from pointsbank.members.models import (
    Card,
    ConsentText,
    Member,
    MemberConsent,
    MemberGuardian,
    RegistrationRuleRow,
    Skill,
)
from pointsbank.members.rules import (
    CONSENT_TEXTS,
    PHONE,
    PROGRAM_TEXT,
    SKILLS,
    CardLost,
    CardReplaced,
    CodeInvalid,
    Consent,
    Document,
    MemberLeft,
    NoCards,
    NoSuchCard,
    NoSuchMember,
    PrintedCard,
    RegistrationRule,
    Relation,
    folded_digits,
    masked_phone,
)
from pointsbank.orgs import queries as orgs

__all__ = [
    "Holder", "affiliated", "affiliations", "check_digits_hold", "holders", "household",
    "household_members", "household_times", "households_of_nobody_else", "households_on",
    "masked_phone", "members_by_numbers", "noted", "party_standings", "shared_households",
    "with_check_digits",
]  # fmt: skip

REGISTER_READERS = (
    Role.ORGANISER,
    Role.CLERK,
    Role.REVIEWER,
    Role.SECRETARY,
    Role.OFFICIAL,
    Role.ADMINISTRATOR,
)
"""The roles that see the register, each within its reach."""

READ_BY = (Relation.RESIDENCE, Relation.BRANCH, Relation.EMPLOYER)
"""By which relation they reach a member. Who keeps the register does so by residence alone."""


PARTY_READERS = (Role.SECRETARY, Role.OFFICIAL, Role.ADMINISTRATOR)
"""The roles that see party status, which is sensitive."""


def member(session: Session, member_id: int) -> Member:
    """The member, or ``NoSuchMember``."""
    found = session.get(Member, member_id)
    if found is None:
        raise NoSuchMember
    return found


def member_by_number(session: Session, actor: Actor, number: str) -> Member:
    """The member with this volunteer number, for a reader whose reach she is in; else
    ``NoSuchMember``.
    """
    wanted = select(Member).where(col(Member.number) == folded_digits(number))
    found: Member | None = session.execute(wanted).scalar_one_or_none()
    if found is None or not may_see(actor, found, *REGISTER_READERS):
        raise NoSuchMember
    return found


def members(session: Session, member_ids: Iterable[int]) -> dict[int, Member]:
    """Those of the members that exist, by id."""
    wanted = select(Member).where(orgs.among(Member.id, member_ids))
    return {found.id: found for found in session.execute(wanted).scalars()}


def phone_digest(phone: str) -> bytes:
    """By what a phone number of eleven digits is found."""
    return digest(phone, "phone")


def document_digest(document: Document) -> bytes:
    """By what a checked document is found."""
    return digest(f"{document.kind}:{document.number}", "document")


def taken_phones(session: Session, digests: Sequence[bytes], *, but: int = 0) -> set[bytes]:
    """Those of the digests under which somebody (``but`` one member) is registered."""
    return _taken(session, Member.phone_digest, digests, but)


def taken_documents(session: Session, digests: Sequence[bytes], *, but: int = 0) -> set[bytes]:
    """Those of the digests under which somebody (``but`` one member) is registered."""
    return _taken(session, Member.document_digest, digests, but)


def _taken(session: Session, column: Any, digests: Sequence[bytes], but: int) -> set[bytes]:
    found: set[bytes] = set()
    for start in range(0, len(digests), _SLICE):
        part = col(column).in_(digests[start : start + _SLICE])
        found.update(session.execute(select(column).where(part, col(Member.id) != but)).scalars())
    return found


_SLICE = 10_000


def skills(session: Session) -> list[str]:
    """The program's skills and those that the bank added."""
    added = session.execute(select(col(Skill.name)).order_by(col(Skill.name))).scalars()
    return [*SKILLS, *(name for name in added if name not in SKILLS)]


def registration_rules(
    session: Session, org_ids: Iterable[int], on: date
) -> dict[int, RegistrationRule]:
    """For each organisation the nearest rule above (its own first) in force on a day."""
    rules = {org_id: RegistrationRule() for org_id in org_ids}
    nearest = rules_in_force(session, RegistrationRuleRow, [(org_id, on) for org_id in rules])
    return rules | {place[0]: found[""].frozen() for place, found in nearest.items() if found}


def text_versions(session: Session, on: date) -> dict[Consent, int]:
    """The version of each consent's text in use on a day."""
    adopted = session.execute(
        select(ConsentText)
        .where(col(ConsentText.from_on) <= on)
        .order_by(col(ConsentText.from_on).desc())
    ).scalars()
    program = dict.fromkeys(Consent, PROGRAM_TEXT)
    found = deciding(standing(adopted), on)
    return program | {Consent(kind): found[kind].version for kind in found}


def consent_text(session: Session, kind: Consent, version: int) -> str:
    """The words of a version."""
    adopted = session.execute(
        select(col(ConsentText.body)).where(
            col(ConsentText.kind) == kind, col(ConsentText.version) == version
        )
    ).scalar()
    return CONSENT_TEXTS[kind] if adopted is None else str(adopted)


def consents(session: Session, member_id: int) -> list[MemberConsent]:
    """Everything that a member ever agreed to, in order."""
    wanted = (
        select(MemberConsent)
        .where(col(MemberConsent.member_id) == member_id)
        .order_by(col(MemberConsent.id))
    )
    return list(session.execute(wanted).scalars())


def standing_consents(session: Session, member_id: int) -> dict[Consent, MemberConsent]:
    """What a member agrees to now."""
    return {
        given.kind: given for given in consents(session, member_id) if given.withdrawn_at is None
    }


def guardian(session: Session, member_id: int) -> MemberGuardian | None:
    """Who agreed to a minor's registration."""
    return session.get(MemberGuardian, member_id)


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
    if holder.merged_into_id is not None:
        holder = member(session, holder.merged_into_id)
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


def good_card_ids(session: Session, member_ids: Iterable[int]) -> list[int]:
    """The cards of these members that are not lost, the newest first."""
    wanted = select(col(Card.id)).where(
        orgs.among(Card.member_id, member_ids), col(Card.lost_at).is_(None)
    )
    return list(session.execute(wanted.order_by(col(Card.id).desc())).scalars())


def good_cards(session: Session, member_ids: Iterable[int]) -> dict[int, str]:
    """The digits of each member's newest card that is not lost; who has none is left out."""
    wanted = (
        select(col(Card.member_id), col(Card.digits))
        .where(orgs.among(Card.member_id, member_ids), col(Card.lost_at).is_(None))
        .order_by(col(Card.id))
    )
    return {row.member_id: row.digits for row in session.execute(wanted)}


def residing_below(org_ids: Collection[int]) -> Select[int]:
    """The ids of the members who live in these organisations or below: a scope for figures."""
    return select(col(Member.id)).where(col(Member.residence_id).in_(orgs.ids_below(org_ids)))


def of_branches_below(org_ids: Collection[int]) -> Select[int]:
    """The ids of the members whose party branch is one of these or below them."""
    return select(col(Member.id)).where(col(Member.branch_id).in_(orgs.ids_below(org_ids)))


def held_by(actor: Actor, *roles: Role) -> set[int]:
    """The organisations for which the actor holds one of these roles; what is below is reached."""
    return {grant.org_id for grant in actor.grants if grant.role in roles}


def may_see(actor: Actor, seen: Member, *roles: Role) -> bool:
    """Whether this actor may see this member, by one of ``READ_BY``."""
    places = [getattr(seen, f"{relation}_id") for relation in READ_BY]
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
    """How each one's residence is called from its community down: 幸福社区 第一网格 1号楼组."""
    return called_from_community(session, (resident.residence_id for resident in residents))


def called_from_community(session: Session, org_ids: Iterable[int]) -> dict[int, str]:
    """How each home is called from its community down."""
    lines = orgs.ancestors_of(session, org_ids)
    kinds = orgs.kinds(session)
    return {
        org_id: " ".join(place.name for place in reversed(line) if kinds[place.kind].is_home)
        for org_id, line in lines.items()
    }


def same_person(member_id: int) -> Select[int]:
    """The ids of this record and of those merged into it: what is hers is under one of them."""
    return records_of([member_id])


def records_of(member_ids: Iterable[int]) -> Select[int]:
    """The same for several: for ``column.in_(records_of(…))``."""
    wanted = set(member_ids)
    return select(col(Member.id)).where(
        or_(orgs.among(Member.id, wanted), orgs.among(Member.merged_into_id, wanted))
    )


def ids_of_person(session: Session, member_id: int) -> list[int]:
    """The same as ids, her own record's first."""
    found = session.execute(same_person(member_id)).scalars()
    return sorted(found, key=lambda record_id: (record_id != member_id, record_id))


def own_ids(session: Session, actor: Actor) -> list[int]:
    """The records of the person who acts; none where she is no member."""
    return ids_of_person(session, actor.member_id) if actor.member_id else []


def merged_into(session: Session, scope: Select[int]) -> dict[int, int]:
    """The records merged into those of a scope (a select of ids), each with the one that it is
    part of now.
    """
    rows = session.execute(
        select(col(Member.id), col(Member.merged_into_id)).where(
            col(Member.merged_into_id).is_not(None), col(Member.merged_into_id).in_(scope)
        )
    )
    return {record_id: kept_id for record_id, kept_id in rows if kept_id is not None}
