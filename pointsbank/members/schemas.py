"""Members as JSON, and what the member list is asked."""

import marshmallow as ma

from pointsbank.members.rules import PartyStatus
from pointsbank.web.schemas import Request, Text, View, Whole


class SearchRequest(Request):
    sought = Text(50, least=0, load_default="")


class MembersQuery(Request):
    sought = Text(400, least=0, load_default="", metadata={"description": "a sealed search"})
    page = Whole(least=1, most=100_000, load_default=1)


class MemberView(View):
    id = ma.fields.Integer()
    number = ma.fields.String(metadata={"description": "volunteer number"})
    name = ma.fields.String()
    phone = ma.fields.String(metadata={"description": "masked; empty where there is none"})
    residence_id = ma.fields.Integer()
    branch_id = ma.fields.Integer(allow_none=True)
    employer_id = ma.fields.Integer(allow_none=True)
    party_status = ma.fields.Enum(
        PartyStatus,
        by_value=ma.fields.String,
        allow_none=True,
        metadata={"description": "null for roles that do not need it"},
    )
    registered_on = ma.fields.Date()
    left_on = ma.fields.Date(allow_none=True)
