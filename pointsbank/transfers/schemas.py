"""Transfers' JSON and forms."""

from typing import Any

import marshmallow as ma

from pointsbank.members.rules import Relation
from pointsbank.transfers.rules import LONGEST_TEXT, TRANSFERABLE, Side, TransferState
from pointsbank.web.schemas import Instant, Request, Text, View, Whole, choice, repeat_key

_RELATIONS = [relation.value for relation in TRANSFERABLE]


def _relation(**options: Any) -> ma.fields.String:
    return ma.fields.String(validate=ma.validate.OneOf(_RELATIONS), **options)


class TransferRequest(Request):
    """Number and name of another; without them the member asks for herself."""

    number = Text(20, least=0, load_default="", metadata={"description": "her volunteer number"})
    name = Text(50, least=0, load_default="", metadata={"description": "her name in full"})
    relation = _relation(required=True)
    to_org_id = Whole(least=1, required=True)
    note = Text(LONGEST_TEXT, least=0, load_default="")
    key = repeat_key()


class StepRequest(Request):
    key = repeat_key()


class TransferRefusalRequest(Request):
    reason = Text(LONGEST_TEXT, required=True)
    key = repeat_key()


class BoxQuery(Request):
    box = ma.fields.String(validate=ma.validate.OneOf(["incoming", "outgoing", "mine"]))
    page = Whole(least=1, most=100_000, load_default=1)


class NewQuery(Request):
    member_id = Whole(least=1, load_default=0)
    way = ma.fields.String(validate=ma.validate.OneOf(["in", "out", "mine"]), load_default="mine")
    relation = _relation(load_default=Relation.RESIDENCE.value)
    q = Text(40, least=0, load_default="")


class TransferForm(TransferRequest):
    way = ma.fields.String(validate=ma.validate.OneOf(["in", "out", "mine"]), required=True)
    q = Text(40, least=0, load_default="")


class MembershipTransferView(View):
    id = ma.fields.Integer(attribute="transfer.id")
    member_id = ma.fields.Integer(attribute="transfer.member_id")
    member_name = ma.fields.String()
    member_number = ma.fields.String()
    relation = choice(Relation, attribute="transfer.relation")
    from_org_id = ma.fields.Integer(allow_none=True, attribute="transfer.from_org_id")
    from_name = ma.fields.String()
    to_org_id = ma.fields.Integer(attribute="transfer.to_org_id")
    to_name = ma.fields.String()
    state = choice(TransferState, attribute="transfer.state")
    asked_by = choice(Side, attribute="transfer.asked_by")
    asked_at = Instant(attribute="transfer.asked_at")
    note = ma.fields.String(attribute="transfer.note")
    settled_at = Instant(allow_none=True, attribute="transfer.settled_at")
    reason = ma.fields.String(attribute="transfer.reason")
    points_lapsed = ma.fields.Integer(attribute="transfer.points_lapsed")


class BoxView(View):
    transfers = ma.fields.List(ma.fields.Nested(MembershipTransferView), attribute="found")
    total = ma.fields.Integer()
    waiting = ma.fields.Integer(metadata={"description": "how many of them are not settled"})
