"""What the auditor asks of the book, and what goes out."""

from marshmallow import fields

from pointsbank.ledger.rules import LONGEST_CODE, OwnerKind
from pointsbank.web.schemas import Day, Instant, Request, Text, View, Whole, choice


class TransfersQuery(Request):
    before = Whole(least=1, metadata={"description": "transfers older than this id"})
    unit = Text(LONGEST_CODE)
    owner_kind = choice(OwnerKind)
    owner_id = Whole()
    reason = Text(LONGEST_CODE)
    since = Day()
    until = Day()


class SealsQuery(Request):
    before = Whole(least=1, metadata={"description": "seals older than this id"})


class SideView(View):
    owner_kind = fields.String()
    owner_id = fields.Integer()
    kind = fields.String()
    category = fields.String()
    balance = fields.Integer(
        allow_none=True, metadata={"description": "right after it; null for the system's accounts"}
    )


class TransferView(View):
    id = fields.Integer()
    unit = fields.String()
    amount = fields.Integer()
    source = fields.Nested(SideView)
    destination = fields.Nested(SideView)
    effective_on = fields.Date()
    recorded_at = Instant()
    reason = fields.String()
    origin_kind = fields.String()
    origin_id = fields.Integer()
    rule = fields.String()
    actor_kind = fields.String()
    actor_id = fields.Integer()
    reverses = fields.Integer(allow_none=True)


class TransfersView(View):
    transfers = fields.List(fields.Nested(TransferView))
    next_before = fields.Integer(
        allow_none=True, metadata={"description": "ask with this as before; null at the end"}
    )


class BookSealView(View):
    id = fields.Integer()
    first_transfer_id = fields.Integer()
    last_transfer_id = fields.Integer()
    transfer_count = fields.Integer()
    sealed_at = Instant()
    digest = fields.Function(lambda seal: seal.digest.hex(), metadata={"type": "string"})
    line = fields.String(metadata={"description": "what goes on a public notice"})


class BookSealsView(View):
    seals = fields.List(fields.Nested(BookSealView))
    next_before = fields.Integer(
        allow_none=True, metadata={"description": "ask with this as before; null at the end"}
    )
    unsealed_count = fields.Integer(metadata={"description": "transfers not sealed yet"})
    sealing_behind = fields.Boolean(
        metadata={"description": "whether more are unsealed than the bank's setting unsealed_most"}
    )
