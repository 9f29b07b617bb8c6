"""Tables of the counter: goods, their stock movements, redemptions with lines, receipt books."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field

from pointsbank.core.database import Table, append_only, choice, key, reference
from pointsbank.exchange.rules import MovementKind, RedemptionState


class Goods(Table, table=True):
    """One kind of goods at one counter. ``stock`` is the sum of its movements."""

    __tablename__ = "goods"
    __table_args__ = (
        UniqueConstraint("org_id", "name"),
        CheckConstraint("stock >= 0", name="stock"),
        CheckConstraint("price_points > 0", name="price_points"),
    )

    id: int | None = key()
    org_id: int = reference("organisation.id")
    name: str
    unit_name: str
    unit: str
    price_points: int
    stock: int = 0
    added_at: datetime
    withdrawn_at: datetime | None = None


class Redemption(Table, table=True):
    """Goods handed over for points; its receipt is what these rows say."""

    __tablename__ = "redemption"
    __table_args__ = (
        UniqueConstraint("org_id", "number"),
        CheckConstraint("total_points > 0", name="total_points"),
        Index(None, "org_id", "on_day"),
        Index(None, "member_id", "on_day"),
    )

    id: int | None = key()
    key: str = Field(unique=True)
    number: str
    org_id: int = reference("organisation.id")
    member_id: int = reference("member.id")
    unit: str
    total_points: int
    balance_after: int
    at: datetime
    on_day: date
    by_kind: str
    by_id: int
    state: RedemptionState = Field(sa_type=choice(RedemptionState))
    taken_back_at: datetime | None = None
    taken_back_by: int | None = None
    taken_back_reason: str = ""


class RedemptionLine(Table, table=True):
    """What was handed over at what price; name and price as they were on the day."""

    __tablename__ = "redemption_line"
    __table_args__ = (CheckConstraint("quantity > 0", name="quantity"),)

    id: int | None = key()
    redemption_id: int = reference("redemption.id", index=True)
    goods_id: int = reference("goods.id")
    name: str
    unit_name: str
    price_points: int
    quantity: int


class StockMovement(Table, table=True):
    """Goods that came to the shelf (+) or left it (−). ``key`` is that of a delivery."""

    __tablename__ = "stock_movement"
    __table_args__ = (CheckConstraint("quantity <> 0", name="quantity"),)

    id: int | None = key()
    goods_id: int = reference("goods.id", index=True)
    kind: MovementKind = Field(sa_type=choice(MovementKind))
    quantity: int
    stock_after: int
    redemption_id: int | None = reference("redemption.id", optional=True)
    key: str | None = Field(default=None, unique=True)
    at: datetime
    by_kind: str
    by_id: int


class ReceiptBook(Table, table=True):
    """How many receipts a counter has written on a day."""

    __tablename__ = "receipt_book"

    org_id: int = reference("organisation.id", primary_key=True)
    on_day: date = Field(primary_key=True)
    issued: int


append_only("redemption_line", "stock_movement")
