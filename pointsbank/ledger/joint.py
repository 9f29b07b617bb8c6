"""Several accounts read as one: those of records that are one person's. Nothing moves for it."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from itertools import islice

from sqlalchemy import ColumnElement, and_, case, func, or_, select

from pointsbank.core.database import Session
from pointsbank.ledger.columns import is_account
from pointsbank.ledger.models import TABLES
from pointsbank.ledger.rules import AccountRef
from pointsbank.ledger.statements import (
    PeriodFigures,
    StatementEntry,
    period_figures,
    statement,
)

_account, _transfer = TABLES["account"], TABLES["transfer"]


def joint_statement(
    session: Session,
    refs: Sequence[AccountRef],
    *,
    since: date | None = None,
    until: date | None = None,
    before: int | None = None,
    most: int = 20,
) -> list[StatementEntry]:
    """``statement`` over accounts of one unit; each balance is what all of them held then."""
    if len(refs) == 1:
        return statement(session, refs[0], since=since, until=until, before=before, most=most)
    found: list[tuple[StatementEntry, AccountRef]] = []
    for ref in refs:
        own = None if before is None else _first_from(session, ref, before)
        page = statement(session, ref, since=since, until=until, before=own, most=most)
        found += [(entry, ref) for entry in page]
    found.sort(key=lambda one: one[0].id, reverse=True)
    page_of_all = list(islice(found, most))
    if not page_of_all:
        return []
    first, last = page_of_all[-1][0].id, page_of_all[0][0].id
    held = {ref: _balances_between(session, ref, first, last) for ref in refs}
    return [
        replace(
            entry,
            balance=entry.balance
            + sum(_held_at(held[other], entry.id) for other in refs if other != ref),
        )
        for entry, ref in page_of_all
    ]


def joint_period_figures(
    session: Session, refs: Sequence[AccountRef], *, since: date | None, until: date | None
) -> PeriodFigures:
    """``period_figures`` of accounts of one unit, added up."""
    all_of = [period_figures(session, ref, since=since, until=until) for ref in refs]
    return PeriodFigures(
        opening=sum(figures.opening for figures in all_of),
        came=sum(figures.came for figures in all_of),
        went=sum(figures.went for figures in all_of),
        closing=sum(figures.closing for figures in all_of),
    )


def _sides(
    ref: AccountRef,
) -> tuple[ColumnElement[bool], ColumnElement[bool], ColumnElement[int]]:
    """Whether a transfer came to this account, went from it, and the balance after it."""
    account_id = select(_account.c.id).where(is_account(ref)).scalar_subquery()
    came = and_(
        _transfer.c.destination_id == account_id, _transfer.c.destination_version.is_not(None)
    )
    went = and_(_transfer.c.source_id == account_id, _transfer.c.source_version.is_not(None))
    balance = case((came, _transfer.c.destination_balance), else_=_transfer.c.source_balance)
    return came, went, balance


def _first_from(session: Session, ref: AccountRef, transfer_id: int) -> int | None:
    """The account's first entry from a transfer on: what is before it is before that transfer."""
    came, went, _ = _sides(ref)
    wanted = select(func.min(_transfer.c.id)).where(or_(came, went), _transfer.c.id >= transfer_id)
    found: int | None = session.execute(wanted).scalar()
    return found


def _balances_between(
    session: Session, ref: AccountRef, first: int, last: int
) -> tuple[list[int], list[int]]:
    """Ids and balances of the account's entries in a span, and of the last one before it."""
    came, went, balance = _sides(ref)
    hers = or_(came, went)
    before = select(func.max(_transfer.c.id)).where(hers, _transfer.c.id < first)
    start = session.execute(before).scalar() or first
    rows = session.execute(
        select(_transfer.c.id, balance)
        .where(hers, _transfer.c.id.between(start, last))
        .order_by(_transfer.c.id)
    ).all()
    return [row[0] for row in rows], [row[1] for row in rows]


def _held_at(held: tuple[list[int], list[int]], transfer_id: int) -> int:
    ids, amounts = held
    place = bisect_right(ids, transfer_id)
    return amounts[place - 1] if place else 0
