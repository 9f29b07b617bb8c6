"""Receipts and a day's sheet of them, read as they were written."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, select

from pointsbank.core.actor import Actor, Role
from pointsbank.core.database import Session, table_of
from pointsbank.exchange.models import Redemption, RedemptionLine
from pointsbank.exchange.rules import STAFF, NoSuchRedemption, RedemptionState
from pointsbank.members import queries as members
from pointsbank.members.models import Member
from pointsbank.orgs.models import Organisation

redemption_table = table_of(Redemption)
line_table = table_of(RedemptionLine)


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """What was handed over, as it was named and priced on the day."""

    goods_id: int
    name: str
    unit_name: str
    price_points: int
    quantity: int

    @property
    def points(self) -> int:
        return self.quantity * self.price_points


@dataclass(frozen=True, slots=True)
class Receipt:
    """All that a receipt says."""

    id: int
    number: str
    org_id: int
    org_name: str
    member_id: int
    member_name: str
    member_number: str
    phone_tail: str
    unit: str
    total_points: int
    balance_points: int
    at: datetime
    on_day: date
    state: RedemptionState
    taken_back_at: datetime | None
    lines: tuple[ReceiptLine, ...]


@dataclass(frozen=True, slots=True)
class GoodsOfDay:
    """How many of one of the goods were handed over on a day and kept, and for how many points."""

    name: str
    unit_name: str
    unit: str
    quantity: int
    points: int


@dataclass(frozen=True, slots=True)
class DaySheet:
    """A counter's day: every receipt in order, the sums of those that stand."""

    org_id: int
    on_day: date
    receipts: tuple[Receipt, ...]
    goods: tuple[GoodsOfDay, ...]
    points: dict[str, int]


def receipt(session: Session, redemption_id: int) -> Receipt:
    """One redemption as its receipt says it, or ``NoSuchRedemption``."""
    found = receipts(session, [redemption_id])
    if not found:
        raise NoSuchRedemption
    return found[0]


def receipt_for_change(session: Session, redemption_id: int) -> tuple[Receipt, str]:
    """A receipt, locked until the transaction ends, and why it was taken back (if it was)."""
    found = session.execute(
        select(redemption_table.c.taken_back_reason)
        .where(redemption_table.c.id == redemption_id)
        .with_for_update(key_share=True)
    ).first()
    if found is None:
        raise NoSuchRedemption
    return receipt(session, redemption_id), found.taken_back_reason


def receipt_for(session: Session, actor: Actor, redemption_id: int) -> Receipt:
    """A receipt for the member herself, the counter's staff and those above; else Forbidden."""
    found = receipt(session, redemption_id)
    if found.member_id not in members.own_ids(session, actor):
        actor.require(*STAFF, Role.OFFICIAL, Role.AUDITOR, org_id=found.org_id)
    return found


def receipts(session: Session, redemption_ids: Sequence[int]) -> list[Receipt]:
    """Those of the redemptions that exist, in the order in which they were made."""
    if not redemption_ids:
        return []
    return _receipts(session, redemption_table.c.id.in_(set(redemption_ids)))


def day_sheet(session: Session, org_id: int, on_day: date) -> DaySheet:
    """A counter's receipts of a day, with the sums by goods and unit of those not taken back."""
    receipts = _receipts(
        session, redemption_table.c.org_id == org_id, redemption_table.c.on_day == on_day
    )
    goods: dict[tuple[str, str, str], tuple[int, int]] = {}
    points: dict[str, int] = {}
    for receipt in receipts:
        if receipt.state is RedemptionState.TAKEN_BACK:
            continue
        points[receipt.unit] = points.get(receipt.unit, 0) + receipt.total_points
        for line in receipt.lines:
            of_one = (line.name, line.unit_name, receipt.unit)
            quantity, spent = goods.get(of_one, (0, 0))
            goods[of_one] = (quantity + line.quantity, spent + line.points)
    return DaySheet(
        org_id=org_id,
        on_day=on_day,
        receipts=tuple(receipts),
        goods=tuple(GoodsOfDay(*of_one, *goods[of_one]) for of_one in sorted(goods)),
        points=points,
    )


def redemptions_by_key(session: Session, keys: Iterable[str]) -> dict[str, Receipt]:
    """The redemptions that these keys stand for, by key."""
    found = session.execute(
        select(redemption_table.c.key, redemption_table.c.id).where(
            redemption_table.c.key.in_(set(keys))
        )
    ).all()
    receipts_by_id = {receipt.id: receipt for receipt in receipts(session, [r.id for r in found])}
    return {row.key: receipts_by_id[row.id] for row in found}


def _receipts(session: Session, *wanted: ColumnElement[bool]) -> list[Receipt]:
    member, org = table_of(Member), table_of(Organisation)
    rows = session.execute(
        select(
            redemption_table,
            org.c.name.label("org_name"),
            member.c.name.label("member_name"),
            member.c.number.label("member_number"),
            member.c.phone_tail,
        )
        .join(org, org.c.id == redemption_table.c.org_id)
        .join(member, member.c.id == redemption_table.c.member_id)
        .where(*wanted)
        .order_by(redemption_table.c.id)
    ).all()
    lines = _lines(session, select(redemption_table.c.id).where(*wanted))
    return [
        Receipt(
            id=row.id,
            number=row.number,
            org_id=row.org_id,
            org_name=row.org_name,
            member_id=row.member_id,
            member_name=row.member_name,
            member_number=row.member_number,
            phone_tail=row.phone_tail,
            unit=row.unit,
            total_points=row.total_points,
            balance_points=row.balance_after,
            at=row.at,
            on_day=row.on_day,
            state=RedemptionState(row.state),
            taken_back_at=row.taken_back_at,
            lines=tuple(lines[row.id]),
        )
        for row in rows
    ]


def _lines(session: Session, redemption_ids: Select[tuple[int]]) -> dict[int, list[ReceiptLine]]:
    rows = session.execute(
        select(line_table)
        .where(line_table.c.redemption_id.in_(redemption_ids))
        .order_by(line_table.c.id)
    )
    found: dict[int, list[ReceiptLine]] = {}
    for row in rows:
        found.setdefault(row.redemption_id, []).append(
            ReceiptLine(row.goods_id, row.name, row.unit_name, row.price_points, row.quantity)
        )
    return found
