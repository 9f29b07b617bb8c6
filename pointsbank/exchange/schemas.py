"""The counter's JSON and forms."""

from typing import Any

import marshmallow as ma
from flask_babel import lazy_gettext
from marshmallow import fields, validate

from pointsbank.exchange.rules import (
    HIGHEST_PRICE,
    MOST_LINES,
    MOST_OF_ONE,
    MOST_STOCKED,
    RedemptionState,
    Wish,
)
from pointsbank.web.schemas import Day, Request, Text, View, Whole, choice, repeat_key

_lines = validate.Length(max=MOST_LINES, error=lazy_gettext("最多 {max} 项。"))


def _id(**options: Any) -> Whole:
    return Whole(least=1, **options)


class LineRequest(Request):
    goods_id = _id(required=True)
    quantity = Whole(least=1, most=MOST_OF_ONE, required=True)

    @ma.post_load
    def _wish(self, line: dict[str, Any], **_: Any) -> Wish:
        return Wish(**line)


class RedemptionRequest(Request):
    customer = Text(600, required=True, metadata={"description": "as a look-up answered it"})
    lines = fields.List(fields.Nested(LineRequest), required=True, validate=_lines)
    key = repeat_key()


class ReversalRequest(Request):
    reason = Text(200, required=True)


class GoodsRequest(Request):
    org_id = _id(required=True)
    name = Text(40, required=True)
    unit_name = Text(10, required=True, metadata={"description": "what one is called: 袋, 块"})
    price_points = Whole(least=1, most=HIGHEST_PRICE, required=True)
    unit = Text(40, metadata={"description": "the ledger's unit: morality, party"})


class StockMovementRequest(Request):
    quantity = Whole(least=1, most=MOST_STOCKED, required=True)
    key = repeat_key()


class GoodsQuery(Request):
    org_id = _id(required=True, metadata={"description": "the counter's organisation"})


class MemberLookupRequest(Request):
    org_id = _id(required=True, metadata={"description": "the counter's organisation"})
    code = Text(60, required=True, metadata={"description": "card number or phone code"})


class CounterQuery(Request):
    """Which counter, and the redemption just made there."""

    org_id = _id()
    done = _id()


class DayQuery(Request):
    org_id = _id()
    on = Day()


class DeliveryForm(StockMovementRequest):
    org_id = _id(required=True)


class BasketForm(Request):
    """Goods and quantities side by side, as a form without script sends them; none is zero."""

    key = repeat_key()
    goods_id = fields.List(_id(), load_default=list, validate=_lines)
    quantity = fields.List(Whole(most=MOST_OF_ONE), load_default=list)

    @ma.validates_schema
    def _pairs(self, given: dict[str, Any], **_: Any) -> None:
        if len(given["goods_id"]) != len(given["quantity"]):
            raise ma.ValidationError(lazy_gettext("格式有误。"), "quantity")

    @ma.post_load
    def _wishes(self, given: dict[str, Any], **_: Any) -> dict[str, Any]:
        pairs = zip(given["goods_id"], given["quantity"], strict=True)
        return {"key": given["key"], "lines": [Wish(g, n) for g, n in pairs if n]}


class GoodsView(View):
    id = fields.Integer(attribute="goods_id")
    org_id = fields.Integer()
    name = fields.String()
    unit_name = fields.String()
    unit = fields.String()
    price_points = fields.Integer()
    stock = fields.Integer()
    withdrawn_at = fields.AwareDateTime(allow_none=True)


class ReceiptLineView(View):
    goods_id = fields.Integer()
    name = fields.String()
    unit_name = fields.String()
    price_points = fields.Integer()
    quantity = fields.Integer()
    points = fields.Integer()


class RedemptionView(View):
    id = fields.Integer()
    number = fields.String(metadata={"description": "of the receipt: day and serial"})
    org_id = fields.Integer()
    member_id = fields.Integer()
    unit = fields.String()
    total_points = fields.Integer()
    balance_points = fields.Integer(metadata={"description": "what was left right after"})
    at = fields.AwareDateTime()
    state = choice(RedemptionState)
    taken_back_at = fields.AwareDateTime(allow_none=True)
    lines = fields.List(fields.Nested(ReceiptLineView))


class MemberLookupView(View):
    customer = fields.String(metadata={"description": "stands for her here for 15 minutes"})
    member_id = fields.Integer()
    number = fields.String()
    name = fields.String()
    phone_tail = fields.String(metadata={"description": "last four digits"})
    balances = fields.Dict(keys=fields.String(), values=fields.Integer())
    household = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(),
        metadata={"description": "what she may spend of her household's points"},
    )
