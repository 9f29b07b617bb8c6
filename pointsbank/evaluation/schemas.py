"""What evaluation takes in and gives out, as JSON and as forms."""

from marshmallow import fields, validate

from pointsbank.members.rules import Relation
from pointsbank.orgs.rules import Line
from pointsbank.web.schemas import Request, Text, View, Whole, choice


class EvaluationQuery(Request):
    org_id = Whole(least=1, required=True)
    page = Whole(least=1, most=100_000, load_default=1)
    most = Whole(least=1, most=500, load_default=100)


class SealRequest(Request):
    org_id = Whole(least=1, required=True)
    key = Text(64, required=True)


class RollUpQuery(Request):
    year = Whole(least=2000, most=2199)
    line = choice(Line)


class ListQuery(Request):
    """The page of organisations: part of a name, and which page."""

    q = Text(40, least=0, load_default="")
    page = Whole(least=1, most=100_000, load_default=1)


class SheetQuery(Request):
    """The page of one evaluation; ``sort``: a column's name, after a hyphen downwards."""

    org = Whole(least=1, required=True)
    sort = Text(100, load_default="number")
    page = Whole(least=1, most=100_000, load_default=1)


class OrgForm(Request):
    org = Whole(least=1, required=True)


class SealForm(OrgForm):
    key = Text(64, required=True)


class RollUpPageQuery(RollUpQuery):
    by = Text(100, load_default="minutes")


class ColumnView(View):
    name = fields.String()
    label = fields.String(metadata={"description": "in Chinese, as it is sealed"})
    unit = fields.String(validate=validate.OneOf(["minutes", "points", "count"]))


class SealView(View):
    id = fields.Integer()
    org_id = fields.Integer()
    year = fields.Integer()
    sealed_at = fields.AwareDateTime()
    rows_count = fields.Integer()
    digest = fields.String(metadata={"description": "SHA-256 in hexadecimal"})


class PersonView(View):
    member_id = fields.Integer()
    number = fields.String()
    name = fields.String(metadata={"description": "empty once erased"})
    party_status = fields.String()
    figures = fields.Dict(keys=fields.String(), values=fields.Integer())


class EvaluationView(View):
    org_id = fields.Integer()
    org_name = fields.String()
    year = fields.Integer()
    relation = choice(Relation)
    note = fields.String(metadata={"description": "a reference, not a grade"})
    seal = fields.Nested(SealView, allow_none=True)
    seal_holds = fields.Boolean(allow_none=True, metadata={"description": "rows give the digest"})
    columns = fields.List(fields.Nested(ColumnView))
    sums = fields.Dict(keys=fields.String(), values=fields.Integer())
    people = fields.List(fields.Nested(PersonView))
    page = fields.Integer()
    pages = fields.Integer()
    total = fields.Integer()


class SumsView(View):
    org_id = fields.Integer()
    name = fields.String()
    kind = fields.String()
    relation = choice(Relation)
    members = fields.Integer()
    minutes = fields.Integer()
    points_in = fields.Dict(keys=fields.String(), values=fields.Integer())
    points_out = fields.Dict(keys=fields.String(), values=fields.Integer())
    events = fields.Integer()
    redemptions = fields.Integer()


class RollUpView(View):
    year = fields.Integer()
    line = choice(Line, allow_none=True)
    whole = fields.Nested(SumsView)
    children = fields.List(fields.Nested(SumsView))
