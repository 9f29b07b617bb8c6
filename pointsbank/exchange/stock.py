"""Stock moves by append-only rows; the number on the shelf is always the sum of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, insert, update

from pointsbank.core.actor import Actor
from pointsbank.core.database import Session
from pointsbank.exchange.queries import goods_table, movement_table
from pointsbank.exchange.rules import MovementKind


class Move(NamedTuple):
    """So many of the goods to the shelf (+) or from it (-), and how many lie there then."""

    goods_id: int
    quantity: int
    stock_after: int
    at: datetime
    redemption_id: int | None = None
    key: str | None = None


def move(session: Session, actor: Actor, kind: MovementKind, moves: Sequence[Move]) -> None:
    """Write movements, and bring the stock of their goods to the sum of them."""
    session.execute(
        insert(movement_table),
        [
            {**move._asdict(), "kind": kind, "by_kind": actor.kind, "by_id": actor.id}
            for move in moves
        ],
    )
    session.execute(
        update(goods_table)
        .where(goods_table.c.id == bindparam("moved_id"))
        .values(stock=bindparam("stock_now")),
        [
            {"moved_id": goods_id, "stock_now": stock}
            for goods_id, stock in {move.goods_id: move.stock_after for move in moves}.items()
        ],
    )
