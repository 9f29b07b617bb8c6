"""What people look up in the book: balances, statements, totals, transfers, seals."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import CTE, ColumnElement, String, and_, cast, literal, select, union_all

from pointsbank.core.database import Session
from pointsbank.ledger.columns import among, is_account, total
from pointsbank.ledger.joint import joint_period_figures, joint_statement
from pointsbank.ledger.lapses import Lapsing, NextLapse, lapsing, next_lapses, told_until
from pointsbank.ledger.models import TABLES
from pointsbank.ledger.periods import last_period
from pointsbank.ledger.rules import AccountRef, Clip, OwnerKind
from pointsbank.ledger.statements import PeriodFigures, StatementEntry, period_figures, statement

__all__ = [
    "AccountFigures", "Lapsing", "MemberTotal", "NextLapse", "OriginTransfer", "PeriodFigures",
    "Reversible", "StatementEntry", "account", "balances", "balances_of", "household_balances",
    "joint_period_figures", "joint_statement", "lapsing", "next_lapses", "open_day",
    "period_figures", "reversible", "statement", "told_until", "totals_by_member", "transfers_of",
]  # fmt: skip

_unit = TABLES["unit"]
_account = TABLES["account"]
_transfer = TABLES["transfer"]
_use = TABLES["cap_use"]
_SIDES = ((-1, "source", "destination"), (1, "destination", "source"))


class MemberTotal(NamedTuple):
    """What came to a member, less what went, between her and one kind of system account."""

    member_id: int
    unit: str
    system_kind: str
    category: str
    net_amount: int


@dataclass(frozen=True, slots=True)
class OriginTransfer:
    """A transfer by the thing that it came from. ``left`` is what of it is not reversed."""

    id: int
    key: str
    unit: str
    amount: int
    left: int
    reverses: int | None
    effective_on: date


@dataclass(frozen=True, slots=True)
class Reversible:
    """A transfer with its two accounts and what is left of it to reverse."""

    source: AccountRef
    destination: AccountRef
    left: int
    origin_kind: str
    origin_id: int
    rule: str


@dataclass(frozen=True, slots=True)
class AccountFigures:
    """An account's figures now. ``held`` is reserved of the balance."""

    balance: int
    held: int
    version: int


def balances(session: Session, *member_ids: int) -> dict[str, int]:
    """A member's balance by unit code, or several records' together; a unit in which there never
    was a transfer is 0.
    """
    return _balances(session, OwnerKind.MEMBER, member_ids)


def household_balances(session: Session, *household_ids: int) -> dict[str, int]:
    """The same of households."""
    return _balances(session, OwnerKind.HOUSEHOLD, household_ids)


def _balances(session: Session, owner: OwnerKind, owner_ids: Iterable[int]) -> dict[str, int]:
    rows = session.execute(
        select(_unit.c.code, total(_account.c.balance))
        .outerjoin_from(
            _unit,
            _account,
            and_(
                _account.c.unit_id == _unit.c.id,
                _account.c.owner_kind == owner,
                among(_account.c.owner_id, owner_ids),
                _account.c.kind == "balance",
                _account.c.category == "",
            ),
        )
        .group_by(_unit.c.id, _unit.c.code)
        .order_by(_unit.c.id)
    )
    return dict(rows.all())


def balances_of(session: Session, member_ids: Sequence[int], unit: str) -> dict[int, int]:
    """Balances of many members in one unit; those without an account are 0."""
    found = dict.fromkeys(member_ids, 0)
    rows = session.execute(
        select(_account.c.owner_id, _account.c.balance)
        .join(_unit, _unit.c.id == _account.c.unit_id)
        .where(
            _account.c.owner_kind == OwnerKind.MEMBER,
            among(_account.c.owner_id, member_ids),
            _unit.c.code == unit,
            _account.c.kind == "balance",
            _account.c.category == "",
        )
    )
    found.update((owner_id, balance) for owner_id, balance in rows)
    return found


def open_day(session: Session, on: date, today: date) -> date:
    """The day that a correction of something of that day is dated: itself, or today where its
    period is closed.
    """
    return on if on > last_period(session)[1] else today


def account(session: Session, ref: AccountRef) -> AccountFigures:
    """An account's figures; zeros if it never had a transfer."""
    row = session.execute(
        select(_account.c.balance, _account.c.held, _account.c.version).where(is_account(ref))
    ).first()
    return AccountFigures(*row) if row else AccountFigures(0, 0, 0)


def totals_by_member(session: Session, *, since: date, until: date) -> Iterator[MemberTotal]:
    """Sums by member, unit and contra account, dated ``since`` to ``until``, both included.

    Reversals are netted, in the period that they are dated into. One statement, however many
    members; ordered by member.
    """
    dated = _transfer.c.effective_on.between(since, until)
    net = _net_by_pair(dated)
    member, system = _account.alias("member"), _account.alias("system")
    rows = session.execute(
        select(member.c.owner_id, _unit.c.code, system.c.kind, system.c.category, net.c.net)
        .join_from(net, member, member.c.id == net.c.member_account_id)
        .join(system, system.c.id == net.c.system_account_id)
        .join(_unit, _unit.c.id == member.c.unit_id)
        .where(member.c.owner_kind == OwnerKind.MEMBER, member.c.kind == "balance")
        .order_by(member.c.owner_id, _unit.c.id, system.c.kind, system.c.category)
    )
    for owner_id, unit, kind, category, amount in rows:
        yield MemberTotal(owner_id, unit, kind, category, amount)


def _net_by_pair(dated: ColumnElement[bool]) -> CTE:
    """Net amounts by pair of an account that carries figures and one that does not."""
    flows = union_all(
        *(
            select(
                _transfer.c[f"{mine}_id"].label("member_account_id"),
                _transfer.c[f"{other}_id"].label("system_account_id"),
                (sign * _transfer.c.amount).label("amount"),
            ).where(
                dated,
                _transfer.c[f"{mine}_version"].is_not(None),
                _transfer.c[f"{other}_version"].is_(None),
            )
            for sign, mine, other in _SIDES
        )
    ).subquery()
    return (
        select(
            flows.c.member_account_id,
            flows.c.system_account_id,
            total(flows.c.amount).label("net"),
        )
        .group_by(flows.c.member_account_id, flows.c.system_account_id)
        .cte("net")
    )


def _left(reversal: Any, *, but: ColumnElement[Any] | None = None) -> ColumnElement[int]:
    """What of a transfer is not reversed, but for the reversal of one key."""
    undone = select(total(reversal.c.amount)).where(reversal.c.reverses == _transfer.c.id)
    if but is not None:
        undone = undone.where(reversal.c.key != but)
    return _transfer.c.amount - undone.scalar_subquery()


def transfers_of(session: Session, origin_kind: str, origin_id: int) -> list[OriginTransfer]:
    """Every transfer that came from this thing, oldest first, reversals included."""
    rows = session.execute(
        select(
            *_transfer.c["id", "key"],
            _unit.c.code,
            _transfer.c.amount,
            _left(_transfer.alias("reversal")),
            *_transfer.c["reverses", "effective_on"],
        )
        .join(_unit, _unit.c.id == _transfer.c.unit_id)
        .where(
            _transfer.c.origin_kind == origin_kind,
            _transfer.c.origin_kind != "",
            _transfer.c.origin_id == origin_id,
        )
        .order_by(_transfer.c.id)
    )
    return [OriginTransfer(*row) for row in rows]


def reversible(session: Session, transfer_ids: Iterable[int], key: str) -> dict[int, Reversible]:
    """The transfers with their accounts; ``left`` as it was before the reversal of this key."""
    source, destination = _account.alias("source"), _account.alias("destination")
    parts = ("owner_kind", "owner_id", "kind", "category")
    own = literal(f"{key}:") + cast(_transfer.c.id, String)
    rows = session.execute(
        select(
            _transfer.c.id,
            _unit.c.code,
            *source.c[parts],
            *destination.c[parts],
            _left(_transfer.alias("reversal"), but=own),
            *_transfer.c["origin_kind", "origin_id", "rule"],
        )
        .join(_unit, _unit.c.id == _transfer.c.unit_id)
        .join(source, source.c.id == _transfer.c.source_id)
        .join(destination, destination.c.id == _transfer.c.destination_id)
        .where(among(_transfer.c.id, transfer_ids))
    )
    return {
        row[0]: Reversible(
            AccountRef(OwnerKind(row[2]), row[3], row[1], row[4], row[5]),
            AccountRef(OwnerKind(row[6]), row[7], row[1], row[8], row[9]),
            row[10],
            *row[11:],
        )
        for row in rows
    }


def clips_of_transfers(session: Session, transfer_ids: Iterable[int]) -> dict[int, Clip]:
    """Those of these transfers that caps made smaller, each with the cap that left the least."""
    found = _clips(session, among(_use.c.transfer_id, transfer_ids))
    return {clip.transfer_id: clip for _, clip in found if clip.transfer_id is not None}


def clips_of(
    session: Session, origin_kind: str, origin_ids: Iterable[int]
) -> dict[int, list[Clip]]:
    """What caps took of the postings that came from these things, by the thing; also all of it."""
    clips: dict[int, list[Clip]] = {}
    wanted = and_(_use.c.origin_kind == origin_kind, among(_use.c.origin_id, origin_ids))
    for origin_id, clip in _clips(session, wanted):
        clips.setdefault(origin_id, []).append(clip)
    return clips


def _clips(session: Session, wanted: ColumnElement[bool]) -> list[tuple[int, Clip]]:
    """The clip of each posting with its origin's id."""
    rows = session.execute(
        select(
            *_use.c["key", "origin_id"],
            _unit.c.code,
            *_use.c["window", "most", "used", "asked", "amount", "transfer_id"],
        )
        .join(_account, _account.c.id == _use.c.account_id)
        .join(_unit, _unit.c.id == _account.c.unit_id)
        .where(wanted, _use.c.amount < _use.c.asked)
        .order_by(_unit.c.id, (_use.c.most - _use.c.used).desc(), _use.c.id.desc())
    )
    decided = {key: (origin_id, Clip(*clip)) for key, origin_id, *clip in rows}
    return list(decided.values())
