"""What the audit trail is asked, and its lines."""

from marshmallow import fields

from pointsbank.web.schemas import Day, Instant, Request, Text, View, Whole


class TrailQuery(Request):
    before = Whole(least=1, metadata={"description": "entries older than this id"})
    action = Text(64)
    actor_id = Whole(least=1)
    number = Text(20, metadata={"description": "a volunteer's number: by her, or about her"})
    org_id = Whole(least=1, metadata={"description": "of this organisation and all below"})
    since = Day()
    until = Day()


class TrailLineView(View):
    id = fields.Integer()
    at = Instant()
    actor_kind = fields.String()
    actor_id = fields.Integer()
    actor_name = fields.String()
    roles = fields.List(fields.String())
    address = fields.String()
    action = fields.String()
    subject_kind = fields.String()
    subject_id = fields.Integer()
    org_id = fields.Integer(allow_none=True)
    facts = fields.Dict()


class TrailView(View):
    entries = fields.List(fields.Nested(TrailLineView))
    next_before = fields.Integer(
        allow_none=True, metadata={"description": "ask with this as before; null at the end"}
    )
