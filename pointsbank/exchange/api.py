"""Goods, redemptions and who stands at the counter, as JSON."""

from typing import Any

from pointsbank.core import clock
from pointsbank.core.actor import Role
from pointsbank.core.database import snapshot, transaction
from pointsbank.exchange import operations, queries, receipts
from pointsbank.exchange.queries import Customer
from pointsbank.exchange.receipts import Receipt
from pointsbank.exchange.rules import Offer
from pointsbank.exchange.schemas import (
    GoodsQuery,
    GoodsRequest,
    GoodsView,
    MemberLookupRequest,
    MemberLookupView,
    RedemptionRequest,
    RedemptionView,
    ReversalRequest,
    StockMovementRequest,
)
from pointsbank.orgs.queries import organisation
from pointsbank.web import SIGNED_IN, ApiBlueprint, actor, allow

api = ApiBlueprint("exchange", __name__)


@api.get("/goods")
@api.arguments(GoodsQuery, location="query")
@api.response(200, GoodsView(many=True))
@allow(SIGNED_IN)
def goods(asked: dict[str, Any]) -> list[Offer]:
    """What a counter offers now, cheapest first."""
    with snapshot() as session:
        return queries.goods_of(session, organisation(session, asked["org_id"]).id)


@api.post("/goods")
@api.arguments(GoodsRequest)
@api.response(201, GoodsView)
@allow(Role.CLERK, Role.SECRETARY)
def add_goods(asked: dict[str, Any]) -> Offer:
    """Offer goods at a counter, none in stock yet."""
    with transaction() as session:
        return operations.add_goods(session, actor(), **asked, at=clock.now())


@api.post("/goods/<int:goods_id>/stock-movements")
@api.arguments(StockMovementRequest)
@api.response(201, GoodsView)
@allow(Role.CLERK, Role.SECRETARY)
def stock_in(asked: dict[str, Any], goods_id: int) -> Offer:
    """Put a delivery on the shelf."""
    with transaction() as session:
        return operations.stock_in(session, actor(), goods_id=goods_id, **asked, at=clock.now())


@api.post("/member-lookups")
@api.arguments(MemberLookupRequest)
@api.response(200, MemberLookupView)
@allow(Role.CLERK)
def look_up(asked: dict[str, Any]) -> Customer:
    """Whose card number or phone code this is, and what she has."""
    with snapshot() as session:
        return queries.customer_by_code(session, asked["code"], clock.now())


@api.post("/redemptions")
@api.arguments(RedemptionRequest)
@api.response(201, RedemptionView)
@allow(Role.CLERK)
def redeem(asked: dict[str, Any]) -> Receipt:
    """Hand over goods for points: points, stock and receipt together, or nothing."""
    with transaction() as session:
        settled = operations.redeem(session, actor(), **asked, at=clock.now())
        return receipts.receipt(session, settled.redemption_id)


@api.get("/redemptions/<int:redemption_id>")
@api.response(200, RedemptionView)
@allow(SIGNED_IN)
def redemption(redemption_id: int) -> Receipt:
    """A receipt: for the member herself, the counter's staff and those above."""
    with snapshot() as session:
        return receipts.receipt_for(session, actor(), redemption_id)


@api.post("/redemptions/<int:redemption_id>/reversal")
@api.arguments(ReversalRequest)
@api.response(200, RedemptionView)
@allow(Role.CLERK, Role.SECRETARY)
def take_back(asked: dict[str, Any], redemption_id: int) -> Receipt:
    """Take the goods back and give the points back, once."""
    with transaction() as session:
        operations.take_back(session, actor(), redemption_id=redemption_id, **asked, at=clock.now())
        return receipts.receipt(session, redemption_id)
