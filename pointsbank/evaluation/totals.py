"""Sums of the book over a year: by member, and by the place that members belong to."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement, FromClause, Select, func, or_, select
from sqlmodel import Session, col

from pointsbank.core import clock
from pointsbank.core.database import table_of
from pointsbank.evaluation.people import belonging, places_of
from pointsbank.ledger.models import Account, Transfer, Unit
from pointsbank.ledger.rules import OwnerKind
from pointsbank.members.models import Member
from pointsbank.members.rules import Relation

_account = table_of(Account)
_member = table_of(Member)
_transfer = table_of(Transfer)
_reversed = _transfer.alias("reversed")
_CARRIED_OVER = "opening"
_ROWS_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Total:
    """What came to somebody, less what went, between her and one system account.

    ``whose`` is a member's or a place's id; ``kind`` and ``category`` are the system account's.
    """

    whose: int
    unit: str
    kind: str
    category: str
    net: int


def totals_by_member(session: Session, *, scope: Select[int], year: int) -> Iterator[Total]:
    """Net sums of a scope's members; reversals count in the year that they are dated into.

    What was carried over from before the book ("opening") is nobody's service of this year.
    """
    return _totals(session, _account, _account.c.owner_id, year, _account.c.owner_id.in_(scope))


def totals_by_place(
    session: Session, *, relation: Relation, org_id: int, year: int
) -> Iterator[Total]:
    """The same for everybody below an organisation, summed by the place that each belongs to:
    also what was entered under records merged into hers.
    """
    pairs = belonging(relation, year)
    here = pairs.c.place_id.in_(places_of(org_id, year))
    own = _account.join(pairs, pairs.c.member_id == _account.c.owner_id)
    yield from _totals(session, own, pairs.c.place_id, year, here)
    merged = pairs.join(_member, _member.c.merged_into_id == pairs.c.member_id).join(
        _account, _account.c.owner_id == _member.c.id
    )
    yield from _totals(session, merged, pairs.c.place_id, year, here)


def _totals(
    session: Session,
    source: FromClause,
    whose: ColumnElement[int],
    year: int,
    where: ColumnElement[bool],
) -> Iterator[Total]:
    contras = _system_accounts(session)
    for side, other, sign in (("destination", "source", 1), ("source", "destination", -1)):
        contra_id = _transfer.c[f"{other}_id"]
        sums = (
            select(whose, contra_id, func.sum(_transfer.c.amount))
            .select_from(source.join(_transfer, _transfer.c[f"{side}_id"] == _account.c.id))
            .where(
                _account.c.owner_kind == OwnerKind.MEMBER,
                # A member's side always has a version; saying so lets its partial index be used.
                _transfer.c[f"{side}_version"].is_not(None),
                _transfer.c.effective_on.between(*clock.year_span(year)),
                _transfer.c.reason != _CARRIED_OVER,
                or_(_transfer.c.reverses.is_(None), ~_reverses_carried_over()),
                where,
            )
            .group_by(whose, contra_id)
            .execution_options(yield_per=_ROWS_AT_ONCE)
        )
        for owner, contra, amount in session.execute(sums):
            if contra in contras:
                yield Total(owner, *contras[contra], sign * int(amount))


def _reverses_carried_over() -> ColumnElement[bool]:
    return (
        select(_reversed.c.id)
        .where(_reversed.c.id == _transfer.c.reverses, _reversed.c.reason == _CARRIED_OVER)
        .exists()
    )


def _system_accounts(session: Session) -> dict[int, tuple[str, str, str]]:
    """Unit, kind and category of the system's accounts, by id."""
    found = session.execute(
        select(_account.c.id, col(Unit.code), _account.c.kind, _account.c.category)
        .join(Unit, col(Unit.id) == _account.c.unit_id)
        .where(_account.c.owner_kind == OwnerKind.SYSTEM)
    )
    return {row[0]: (row[1], row[2], row[3]) for row in found}
