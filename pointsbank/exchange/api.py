"""Goods, redemptions and who stands at the counter, as JSON."""

from dataclasses import asdict
from typing import Any

from pointsbank.access.entrance import reading_codes
from pointsbank.core import clock
from pointsbank.core.actor import Role
from pointsbank.core.database import snapshot, transaction
from pointsbank.exchange import customers, operations, queries, receipts
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
def look_up(asked: dict[str, Any]) -> dict[str, Any]:
    """Whose card number or phone code this is, and what she has."""
    org_id, now = asked["org_id"], clock.now()
    with reading_codes(actor()), transaction() as session:
        found = operations.look_up(session, actor(), org_id=org_id, digits=asked["code"], at=now)
    return {**asdict(found), "customer": customers.known_as(found.member_id, org_id, at=now)}


@api.post("/redemptions")
@api.arguments(RedemptionRequest)
@api.response(201, RedemptionView)
@allow(Role.CLERK)
def redeem(asked: dict[str, Any]) -> Receipt:
    """Hand over goods for points to who was looked up: points, stock and receipt, or nothing."""
    now = clock.now()
    member_id, org_id = customers.who(asked.pop("customer"), at=now)
    with transaction() as session:
        settled = operations.redeem(
            session, actor(), org_id=org_id, member_id=member_id, **asked, at=now
        )
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
