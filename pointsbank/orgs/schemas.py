"""Organisations as JSON."""

import marshmallow as ma

from pointsbank.orgs.rules import Line
from pointsbank.web.schemas import Request, Text, View, Whole

MOST_A_PAGE = 500


class OrganisationsQuery(Request):
    parent_id = Whole(least=1, metadata={"description": "only those directly under this one"})
    kind = Text(30, metadata={"description": "only of this kind: community, grid, team, …"})
    after = Whole(load_default=0, metadata={"description": "the `next` of the page before"})
    most = Whole(least=1, most=MOST_A_PAGE, load_default=100)


class OrganisationView(View):
    id = ma.fields.Integer()
    parent_id = ma.fields.Integer(allow_none=True)
    line = ma.fields.Enum(Line, by_value=ma.fields.String)
    kind = ma.fields.String()
    name = ma.fields.String()
    region_code = ma.fields.String(metadata={"description": "GB/T 2260; empty where it has none"})
    opened_on = ma.fields.Date()
    closed_on = ma.fields.Date(allow_none=True)


class OrganisationPage(View):
    organisations = ma.fields.List(ma.fields.Nested(OrganisationView))
    next = ma.fields.Integer(
        allow_none=True, metadata={"description": "`after` of the next page; null on the last"}
    )
