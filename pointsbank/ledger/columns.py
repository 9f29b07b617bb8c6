"""What statements on the book's tables are made of: sums, lists of ids, which account."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, and_, bindparam, cast, func, select

from pointsbank.ledger.models import TABLES
from pointsbank.ledger.rules import AccountRef

_account = TABLES["account"]
_unit = TABLES["unit"]


def total(amount: ColumnElement[Any]) -> ColumnElement[int]:
    # PostgreSQL's sum of bigints is a numeric, which comes back as a Decimal.
    return cast(func.coalesce(func.sum(amount), 0), BigInteger)


def among(column: ColumnElement[Any], ids: Iterable[int]) -> ColumnElement[bool]:
    """Whether a column holds one of the ids; written into the statement, so however many."""
    return column.in_(bindparam(None, sorted(set(ids)), expanding=True, literal_execute=True))


def unindexed(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """A column by which rows are told apart but not looked up, as another index is the narrower."""
    return func.coalesce(column, column)


def is_account(ref: AccountRef) -> ColumnElement[bool]:
    """The condition on table ``account`` that names this one."""
    unit_id = select(_unit.c.id).where(_unit.c.code == ref.unit).scalar_subquery()
    return and_(
        _account.c.owner_kind == ref.owner_kind,
        _account.c.owner_id == ref.owner_id,
        _account.c.unit_id == unit_id,
        _account.c.kind == ref.kind,
        _account.c.category == ref.category,
    )
