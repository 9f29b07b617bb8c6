"""Points rules as JSON."""

import marshmallow as ma

from pointsbank.earning.rules import Audience, Credited, Rounding
from pointsbank.ledger.rules import OverCap
from pointsbank.web.schemas import Day, Request, View, Whole


class PointsRulesQuery(Request):
    org_id = Whole(least=1, required=True, metadata={"description": "the event's organisation"})
    on = Day(metadata={"description": "the day of service; today when left out"})


class PointsRuleView(View):
    id = ma.fields.Integer()
    org_id = ma.fields.Integer(metadata={"description": "whose rule it is: the nearest above"})
    unit = ma.fields.String()
    version = ma.fields.Integer()
    from_on = ma.fields.Date()
    until_on = ma.fields.Date(allow_none=True)
    points_per_hour = ma.fields.Integer()
    by_category = ma.fields.Dict(
        keys=ma.fields.String(),
        values=ma.fields.Integer(),
        metadata={"description": "points per hour of categories that differ"},
    )
    each_time = ma.fields.Dict(
        keys=ma.fields.String(),
        values=ma.fields.Integer(),
        metadata={"description": "points added once for an activity of the category"},
    )
    most_minutes_an_activity = ma.fields.Integer(allow_none=True)
    caps = ma.fields.Dict(
        keys=ma.fields.String(),
        values=ma.fields.Integer(),
        metadata={"description": "the most points in a day, week, month, quarter or year"},
    )
    over_cap = ma.fields.Enum(
        OverCap,
        by_value=ma.fields.String,
        metadata={"description": "what is over: clip keeps what fits, withhold keeps none of it"},
    )
    audience = ma.fields.Enum(Audience, by_value=ma.fields.String)
    rounding = ma.fields.Enum(Rounding, by_value=ma.fields.String)
    credited = ma.fields.Enum(
        Credited,
        by_value=ma.fields.String,
        metadata={"description": "whose account: the member's, or her household's if she has one"},
    )
