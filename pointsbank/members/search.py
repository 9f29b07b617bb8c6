"""The register listed and searched: by where people belong, and by what somebody types.

Either few people are in question, and each is looked at; or many are, and the first that match are
soon found along an index. So no search walks the whole register.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select
from sqlmodel import Session, col

from pointsbank.core.actor import Actor
from pointsbank.core.narrowings import narrowing_of
from pointsbank.members import pinyin
from pointsbank.members.codes import CODE_DIGITS
from pointsbank.members.documents import NUMBERED_KINDS
from pointsbank.members.models import Affiliation, Card, Member, MemberConsent, NameKey
from pointsbank.members.queries import (
    PARTY_READERS,
    REGISTER_READERS,
    document_digest,
    held_by,
    phone_digest,
)
from pointsbank.members.rules import (
    PHONE,
    Consent,
    Document,
    DocumentInvalid,
    DocumentKind,
    PartyStatus,
    Relation,
    check_document,
    folded_digits,
)
from pointsbank.orgs import queries as orgs

FEW = 2_000
FEW_ONE_BY_ONE = 6_000
"""More are looked at one by one for a party status, a consent or a star: along an index so many
more would be passed.
"""
_KEYS_EACH = 4
_TAIL = 4
_LAST = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Filters:
    """Whom to list: of an organisation and those below it, by each relation; ``left``: those who
    are no longer in the register instead of those who are; ``stars``: of that level ``on`` a day;
    ``agreed``, ``not_agreed``: who agrees to that, or does not.
    """

    residence_id: int | None = None
    branch_id: int | None = None
    employer_id: int | None = None
    team_id: int | None = None
    party_status: PartyStatus | None = None
    stars: int | None = None
    agreed: Consent | None = None
    not_agreed: Consent | None = None
    left: bool = False
    on: date = date.max


@dataclass(frozen=True, slots=True)
class Page:
    """Some members in the order of their numbers, and whether there are more before and after."""

    members: Sequence[Member]
    before: bool = False
    after: bool = False


def listed(
    session: Session,
    actor: Actor,
    *,
    filters: Filters = Filters(),
    after: int | None = None,
    before: int | None = None,
    size: int = 30,
) -> Page:
    """The members whom this actor may see, by number: the first, those after a member, or those
    before her.
    """
    wanted = select(Member).where(*_scope(session, actor, filters).where)
    number = select(col(Member.number)).where(col(Member.id) == (after or before)).scalar_subquery()
    if before is not None:
        back = wanted.where(col(Member.number) < number).order_by(col(Member.number).desc())
        found = _members(session, back, size)
        return Page(found[:size][::-1], before=len(found) > size, after=True)
    if after is not None:
        wanted = wanted.where(col(Member.number) > number)
    found = _members(session, wanted.order_by(col(Member.number)), size)
    return Page(found[:size], before=after is not None, after=len(found) > size)


def search(
    session: Session, actor: Actor, *, typed: str, filters: Filters = Filters(), size: int = 30
) -> Page:
    """The members whom this actor may see and who match what was typed; ``after``: there are more.

    Typed may be a card's digits, a phone number or its last four, the beginning of a volunteer
    number, a document's whole number, or the beginning of any end of a name, of its pinyin or of
    its initials.
    """
    scope = _scope(session, actor, filters)
    bare = folded_digits(typed.strip())
    exact = _exactly(bare)
    if not exact:
        return _named(session, scope, pinyin.folded(typed), size)
    for condition in exact:
        wanted = select(Member).where(*scope.where, condition).order_by(col(Member.number))
        if found := _members(session, wanted, size):
            return Page(found[:size], after=len(found) > size)
    return Page([])


@dataclass(frozen=True, slots=True)
class _Scope:
    """Whom the filters and the actor's reach leave; ``few``: they are named one by one."""

    where: tuple[ColumnElement[bool], ...]
    few: bool


def _scope(session: Session, actor: Actor, filters: Filters) -> _Scope:
    narrowing = _narrowing(filters)
    status: list[ColumnElement[bool]] = []
    if filters.party_status is not None:
        status.append(col(Member.party_status) == filters.party_status)
    if filters.agreed is not None:
        status.append(col(Member.id).in_(_agreeing(filters.agreed)))
    if filters.not_agreed is not None:
        status.append(col(Member.id).not_in(_agreeing(filters.not_agreed)))
    is_left = col(Member.left_on).is_not(None) if filters.left else col(Member.left_on).is_(None)
    where = [is_left, *narrowing, *status]
    held = held_by(actor, *REGISTER_READERS)
    sensitive = bool(status) or filters.stars is not None
    few = _few(session, held, narrowing, most=FEW_ONE_BY_ONE if sensitive else FEW)
    if filters.stars is not None and (file := narrowing_of("stars")) is not None:
        where.append(file.holds(session, filters.stars, filters.on))
        if few is None:
            few = file.few(session, filters.stars, filters.on, most=FEW)
        elif len(few) > FEW:
            those = file.few(session, filters.stars, filters.on, most=FEW_ONE_BY_ONE)
            few = None if those is None else list(set(few).intersection(those))
    if few is None or narrowing or filters.stars is not None:
        where.append(_within(held))
    if few is not None:
        where.append(orgs.among(Member.id, few))
    if sensitive and (party := held_by(actor, *PARTY_READERS)) != held:
        where.append(_within(party))
    return _Scope(tuple(where), few is not None)


def _narrowing(filters: Filters) -> list[ColumnElement[bool]]:
    """The filters that name an organisation."""
    places = (
        (col(Member.residence_id), filters.residence_id),
        (col(Member.branch_id), filters.branch_id),
        (col(Member.employer_id), filters.employer_id),
    )
    where: list[ColumnElement[bool]] = [
        column.in_(orgs.ids_below([org_id])) for column, org_id in places if org_id
    ]
    if filters.team_id is not None:
        in_team = select(col(Affiliation.member_id)).where(
            col(Affiliation.org_id).in_(orgs.ids_below([filters.team_id])),
            col(Affiliation.relation) == Relation.TEAM,
            col(Affiliation.until_on).is_(None),
        )
        where.append(col(Member.id).in_(in_team))
    return where


def _agreeing(kind: Consent) -> Select[int]:
    """The ids of those who agree to this now."""
    return select(col(MemberConsent.member_id)).where(
        col(MemberConsent.kind) == kind, col(MemberConsent.withdrawn_at).is_(None)
    )


def _within(held: set[int]) -> ColumnElement[bool]:
    """Where a member belongs below one of these, by any relation.

    A sum is no column: so neither database goes by the indexes of the places, of which it would
    read everything, where the one of the names or the numbers soon gives enough.
    """
    reach = orgs.ids_below(held)
    places = (Member.residence_id, Member.branch_id, Member.employer_id)
    return or_(*((col(place) + 0).in_(reach) for place in places))


def _few(
    session: Session, held: set[int], narrowing: Sequence[ColumnElement[bool]], *, most: int
) -> list[int] | None:
    """The ids of those in question, each way to them along its index, unless they are many."""
    if narrowing:
        ways = [select(col(Member.id)).where(*narrowing)]
    else:
        places = (Member.residence_id, Member.branch_id, Member.employer_id)
        reach = orgs.ids_below(held)
        ways = [select(col(Member.id)).where(col(place).in_(reach)) for place in places]
    found: set[int] = set()
    for way in ways:
        found.update(session.execute(way.limit(most + 1)).scalars())
        if len(found) > most:
            return None
    return list(found)


def _named(session: Session, scope: _Scope, sought: str, size: int) -> Page:
    """Those with a key that begins so, the nearest ones of them where there are many."""
    if not sought:
        return Page([])
    begins = (col(NameKey.key) >= sought, col(NameKey.key) < sought + _LAST)
    if scope.few:
        has_key = exists().where(col(NameKey.member_id) == col(Member.id), *begins)
        wanted = select(Member).where(*scope.where, has_key).order_by(col(Member.number))
        found = _members(session, wanted, size)
        return Page(found[:size], after=len(found) > size)
    # The offset keeps PostgreSQL from joining all names with all members, to sort what it finds.
    one = select(col(Member.id)).where(col(Member.id) == col(NameKey.member_id), *scope.where)
    # One name may have several keys with one beginning: wangweiwei, weiwei, wei.
    most = size * _KEYS_EACH
    rows = (
        select(col(NameKey.member_id))
        .where(*begins, one.offset(0).exists())
        .order_by(col(NameKey.key), col(NameKey.member_id))
        .limit(most)
    )
    hits = list(session.execute(rows).scalars())
    nearest = list(dict.fromkeys(hits))[:size]
    wanted = select(Member).where(orgs.among(Member.id, nearest)).order_by(col(Member.number))
    more = len(hits) == most or len(set(hits)) > size
    return Page(_members(session, wanted, size), after=more)


def _exactly(bare: str) -> list[ColumnElement[bool]]:
    """The conditions that digits or a document's number stand for, tried in turn; of words none."""
    documents = [document_digest(document) for document in _documents(bare)]
    if documents:
        return [col(Member.document_digest).in_(documents)]
    if not bare.isdecimal():
        return []
    if len(bare) == CODE_DIGITS:
        holders = select(col(Card.member_id)).where(col(Card.digits) == bare)
        return [col(Member.id).in_(holders)]
    if PHONE.fullmatch(bare):
        return [col(Member.phone_digest) == phone_digest(bare)]
    number = and_(col(Member.number) >= bare, col(Member.number) < bare + ":")
    return [col(Member.phone_tail) == bare, number] if len(bare) == _TAIL else [number]


def _documents(bare: str) -> Iterator[Document]:
    """Whose documents' numbers this may be: a passport's has letters and digits."""
    mixed = bare.isascii() and not bare.isdecimal() and not bare.isalpha()
    for kind in DocumentKind:
        if kind in NUMBERED_KINDS or mixed:
            with suppress(DocumentInvalid):
                yield Document(kind, check_document(kind, bare))


def _members(session: Session, wanted: Select[Any], size: int) -> list[Member]:
    return list(session.execute(wanted.limit(size + 1)).scalars())
