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
from pointsbank.orgs.queries import among
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


def standing_at(session: Session, scope: Select[int], star: int, on: date) -> Select[int]:
    """Who of a scope (a select of member ids) stands at a star at the end of a day, as a select."""
    homes = select(col(Member.residence_id)).where(col(Member.id).in_(scope))
    ladders = ladders_in_force(session, homes, on)
    windows = {ladder.window for ladder in ladders.values()}
    records = select(col(Member.id)).where(
        or_(col(Member.id).in_(scope), col(Member.merged_into_id).in_(scope))
    )
    minutes = _minutes(records, on, windows).subquery()
    record = aliased(Member)
    person = func.coalesce(col(record.merged_into_id), col(record.id))
    sums = (
        select(
            person.label("id"),
            func.sum(minutes.c[2]).label("lifetime"),
            func.sum(minutes.c[3]).label("of_year"),
        )
        .join(minutes, minutes.c[0] == col(record.id))
        .group_by(person)
        .subquery()
    )
    by_ladder: dict[StarLadder, list[int]] = defaultdict(list)
    for org_id, ladder in ladders.items():
        by_ladder[ladder].append(org_id)
    home = col(Member.residence_id)
    there = [
        and_(home.in_(org_ids), _between(sums, minutes_of(star, ladder), ladder.window))
        for ladder, org_ids in by_ladder.items()
    ]
    elsewhere = _between(sums, minutes_of(star, NATIONAL), NATIONAL.window)
    return (
        select(col(Member.id))
        .join(sums, sums.c.id == col(Member.id))
        .where(col(Member.id).in_(scope), or_(*there, and_(home.not_in(list(ladders)), elsewhere)))
    )


def _between(
    sums: Subquery, span: tuple[int | None, int | None] | None, window: Window
) -> ColumnElement[bool]:
    if span is None:
        return false()
    minutes = sums.c.lifetime if window is Window.LIFETIME else sums.c.of_year
    low, high = span
    return and_(
        true(), *([minutes >= low] if low is not None else []),
        *([minutes < high] if high is not None else []),
    )  # fmt: skip


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
