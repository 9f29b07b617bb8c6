"""The ladder that decides for a member, and where members stand."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Subquery,
    and_,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import aliased, join
from sqlmodel import Session, col

from pointsbank.ledger.models import Account, Transfer, Unit
from pointsbank.ledger.rules import MINUTES, OwnerKind
from pointsbank.local_rules.queries import bearing
from pointsbank.local_rules.rules import deciding
from pointsbank.members.models import Member
from pointsbank.members.queries import member, merged_into, same_person
from pointsbank.orgs.models import Organisation
from pointsbank.orgs.queries import among, ids_below
from pointsbank.stars.models import StarLadderRow
from pointsbank.stars.rules import (
    NATIONAL,
    StarLadder,
    StarStanding,
    Window,
    minutes_of,
    star_for,
)

_MINUTES = select(col(Unit.id)).where(col(Unit.code) == MINUTES).scalar_subquery()

_HOURS = (
    col(Account.owner_kind) == OwnerKind.MEMBER,
    col(Account.unit_id) == _MINUTES,
    col(Account.kind) == "balance",
)


def ladder_in_force(session: Session, org_id: int, on: date) -> StarLadder:
    """The nearest ancestor's ladder in force on a day, itself first; else the national one."""
    return ladders_in_force(session, [org_id], on).get(org_id, NATIONAL)


def ladders_in_force(
    session: Session, org_ids: Collection[int] | Select[int], on: date
) -> dict[int, StarLadder]:
    """The ladder that decides on a day, for those organisations that do not follow the national."""
    versions = bearing(session, StarLadderRow, org_ids, on)
    found = {org_id: deciding(versions[org_id], on) for org_id in versions}
    return {org_id: rules[""].frozen() for org_id, rules in found.items() if rules}


def standing(session: Session, member_id: int, on: date) -> StarStanding:
    """Where one member stands at the end of a day, on the ladder of where she lives."""
    ladder = ladder_in_force(session, member(session, member_id).residence_id, on)
    accounts = session.execute(
        select(col(Account.id), col(Account.balance)).where(
            col(Account.owner_id).in_(same_person(member_id)), *_HOURS
        )
    ).all()
    day = col(Transfer.effective_on)
    if ladder.window is Window.LIFETIME:
        minutes = sum(a.balance - _moved_on(session, a.id, day > on) for a in accounts)
    else:
        year = day.between(date(on.year, 1, 1), on)
        minutes = sum(_moved_on(session, a.id, year) for a in accounts)
    return star_for(minutes, ladder)


def _moved_on(session: Session, account_id: int, span: ColumnElement[bool]) -> int:
    """What came to one account, less what went; by the account's own indexes."""
    came = select(func.sum(col(Transfer.amount))).where(
        span,
        col(Transfer.destination_id) == account_id,
        col(Transfer.destination_version).is_not(None),
    )
    went = select(func.sum(col(Transfer.amount))).where(
        span, col(Transfer.source_id) == account_id, col(Transfer.source_version).is_not(None)
    )
    both = select(came.scalar_subquery(), went.scalar_subquery())
    in_, out = session.execute(both).one()
    return int(in_ or 0) - int(out or 0)


def standings(
    session: Session, members: Select[int], on: date
) -> Iterator[tuple[int, StarStanding]]:
    """Where all of a scope (a select of member ids) stand at the end of a day: four queries.

    A record merged into another stands nowhere by itself: its hours are the other's.
    """
    homes = select(col(Member.residence_id)).where(col(Member.id).in_(members))
    ladders = ladders_in_force(session, homes, on)
    windows = {ladder.window for ladder in ladders.values()}
    joined = merged_into(session, members)
    added: Counter[tuple[int, str]] = Counter()
    if joined:
        absorbed = select(col(Member.id)).where(among(Member.id, joined))
        for record_id, _, lifetime, year in session.execute(_minutes(absorbed, on, windows)):
            added[joined[record_id], Window.LIFETIME] += int(lifetime)
            added[joined[record_id], Window.CALENDAR_YEAR] += int(year)
    own = _minutes(members, on, windows).where(col(Member.merged_into_id).is_(None))
    for member_id, home_id, lifetime, year in session.execute(own):
        ladder = ladders.get(home_id, NATIONAL)
        minutes = lifetime if ladder.window is Window.LIFETIME else year
        yield member_id, star_for(int(minutes) + added[member_id, ladder.window], ladder)


def standing_at(session: Session, star: int, on: date) -> ColumnElement[bool]:
    """What holds of each ``Member`` of a statement who stands at a star at the end of a day.

    It is asked of one member after another, so that the first few are found without the others. A
    record merged into another stands nowhere.
    """
    there, elsewhere = _ladders_by_place(session, on)
    later = _any_later(session, on)
    listed = [org_id for org_ids in there.values() for org_id in org_ids]
    home = col(Member.residence_id)
    ways = [
        and_(among(home, org_ids), _stands(minutes_of(star, ladder), ladder.window, on, later))
        for ladder, org_ids in there.items()
    ]
    rest = _stands(minutes_of(star, elsewhere), elsewhere.window, on, later)
    ways.append(and_(not_(among(home, listed)), rest) if listed else rest)
    return and_(col(Member.merged_into_id).is_(None), or_(*ways))


def few_at(session: Session, star: int, on: date, *, most: int) -> list[int] | None:
    """Everybody who may stand at a star at the end of a day, and others; None where they are more.

    Who reached it in a year has as much of a lifetime: so only those are looked at.
    """
    there, elsewhere = _ladders_by_place(session, on)
    spans = [minutes_of(star, ladder) for ladder in (*there, elsewhere)]
    lows = [span[0] for span in spans if span is not None]
    if not lows:
        return []
    if None in lows or _any_later(session, on):
        return None
    low = min(low for low in lows if low is not None)
    # Of minutes only members have any: so no index of owners is gone along, all of it slower.
    has = (col(Account.balance) >= low, col(Account.unit_id) == _MINUTES)
    enough = select(col(Account.owner_id)).where(*has)
    joined = select(col(Member.merged_into_id)).where(col(Member.merged_into_id).is_not(None))
    found: set[int] = set()
    for ids in (enough, joined):
        found.update(session.execute(ids.limit(most + 1)).scalars())
    return list(found) if len(found) <= most else None


def _ladders_by_place(session: Session, on: date) -> tuple[dict[StarLadder, list[int]], StarLadder]:
    """The ladders of places that have another than the highest organisation, and the latter's."""
    adopters = set(session.execute(select(col(StarLadderRow.org_id)).distinct()).scalars())
    ladders = ladders_in_force(session, ids_below(adopters), on) if adopters else {}
    top = session.execute(
        select(col(Organisation.id)).where(col(Organisation.parent_id).is_(None))
    ).scalars()
    above = {ladders.get(org_id, NATIONAL) for org_id in top}
    elsewhere = above.pop() if len(above) == 1 else NATIONAL
    there: dict[StarLadder, list[int]] = defaultdict(list)
    for org_id, ladder in ladders.items():
        if ladder != elsewhere:
            there[ladder].append(org_id)
    return there, elsewhere


def _any_later(session: Session, on: date) -> bool:
    """Whether hours are dated after a day."""
    later = select(literal(1)).where(
        col(Transfer.effective_on) > on, col(Transfer.unit_id) == _MINUTES
    )
    return session.execute(later.limit(1)).first() is not None


def _stands(
    span: tuple[int | None, int | None] | None, window: Window, on: date, later: bool
) -> ColumnElement[bool]:
    if span is None:
        return false()
    if window is Window.LIFETIME:
        minutes = _held_by_person()
        if later:
            minutes = minutes - _moved_by_person(col(Transfer.effective_on) > on)
    else:
        minutes = _moved_by_person(col(Transfer.effective_on).between(date(on.year, 1, 1), on))
    low, high = span
    return and_(
        true(), *([minutes >= low] if low is not None else []),
        *([minutes < high] if high is not None else []),
    )  # fmt: skip


def _accounts_of_person(what: Any) -> list[Select[Any]]:
    """Of the accounts of each ``Member`` of a statement: her own, and those of merged records."""
    record = aliased(Member)
    owner = col(Account.owner_id)
    absorbed = select(col(record.id)).where(col(record.merged_into_id) == col(Member.id))
    return [
        select(what).where(*_HOURS, owned).correlate(Member)
        for owned in (owner == col(Member.id), owner.in_(absorbed.correlate(Member)))
    ]


def _held_by_person() -> ColumnElement[int]:
    held = func.coalesce(func.sum(col(Account.balance)), 0)
    own, absorbed = (found.scalar_subquery() for found in _accounts_of_person(held))
    return own + absorbed


def _moved_by_person(span: ColumnElement[bool]) -> ColumnElement[int]:
    moved: ColumnElement[int] = literal(0)
    amount = func.coalesce(func.sum(col(Transfer.amount)), 0)
    for accounts in _accounts_of_person(col(Account.id)):
        came, went = (
            select(amount)
            .where(span, col(side).in_(accounts), col(version).is_not(None))
            .correlate(Member)
            .scalar_subquery()
            for side, version in (
                (Transfer.destination_id, Transfer.destination_version),
                (Transfer.source_id, Transfer.source_version),
            )
        )
        moved = moved + came - went
    return moved


def _minutes(members: Select[int], on: date, windows: set[Window]) -> Select[int, int, int, int]:
    """By member: home, minutes of a lifetime to the end of a day, minutes of its year to then."""
    since = _moved(col(Transfer.effective_on) > on)
    lifetime = func.coalesce(col(Account.balance), 0) - func.coalesce(since.c.moved, 0)
    people = (
        join(Member, Account, and_(col(Account.owner_id) == col(Member.id), *_HOURS), isouter=True)
        .outerjoin(since, since.c.account_id == col(Account.id))
    )  # fmt: skip
    of_year: ColumnElement[int] = literal(0)
    if Window.CALENDAR_YEAR in windows:
        within = _moved(col(Transfer.effective_on).between(date(on.year, 1, 1), on))
        people = people.outerjoin(within, within.c.account_id == col(Account.id))
        of_year = func.coalesce(within.c.moved, 0)
    return (
        select(col(Member.id), col(Member.residence_id), lifetime, of_year)
        .select_from(people)
        .where(col(Member.id).in_(members))
    )


def _moved(span: ColumnElement[bool]) -> Subquery:
    """Minutes that came in, less those that went out, by account, in a span of days."""
    came: Select[Any, Any] = select(
        col(Transfer.destination_id).label("account_id"), col(Transfer.amount)
    )
    went = select(col(Transfer.source_id), -col(Transfer.amount))
    both = union_all(
        *(part.where(span, col(Transfer.unit_id) == _MINUTES) for part in (came, went))
    ).subquery()
    return (
        select(both.c.account_id, func.sum(both.c.amount).label("moved"))
        .group_by(both.c.account_id)
        .subquery()
    )
