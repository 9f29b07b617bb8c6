"""Hour rules as JSON."""

from typing import Any

import marshmallow as ma
from marshmallow import fields

from pointsbank.hours.rules import MOST_MINUTES, MOST_PAIRS, Credit, HourTerms, Rounding
from pointsbank.web.schemas import Day, Request, View, Whole, choice


class HourRuleRequest(Request):
    org_id = Whole(least=1, required=True)
    from_on = Day(required=True)
    rounding = choice(Rounding, load_default=Rounding.MINUTE)
    least_minutes = Whole(most=MOST_MINUTES, load_default=10)
    most_minutes = Whole(least=1, most=MOST_MINUTES, load_default=480)
    early_minutes = Whole(most=MOST_MINUTES, load_default=30)
    late_minutes = Whole(most=MOST_MINUTES, load_default=120)
    repeat_minutes = Whole(most=60, load_default=5)
    credit_static = choice(Credit, load_default=Credit.AFTER_CONFIRMATION)
    credit_organiser = choice(Credit, load_default=Credit.AT_CHECK_OUT)
    credit_roster = choice(Credit, load_default=Credit.AT_CHECK_OUT)
    least_percent = Whole(most=100, load_default=0)
    most_pairs = Whole(least=1, most=MOST_PAIRS, load_default=3)
    day_minutes = Whole(least=1, most=MOST_MINUTES, load_default=MOST_MINUTES)
    parent_minutes = Whole(least=1, most=MOST_MINUTES, load_default=MOST_MINUTES)

    @ma.post_load
    def _terms(self, asked: dict[str, Any], **_: Any) -> dict[str, Any]:
        terms = HourTerms(**{name: asked.pop(name) for name in HourTerms.__slots__})
        return {**asked, "terms": terms}


class HourRuleQuery(Request):
    org_id = Whole(least=1, required=True)
    on = Day(metadata={"description": "the day of the event; today when left out"})


class TermsView(View):
    rounding = choice(Rounding)
    least_minutes = fields.Integer()
    most_minutes = fields.Integer()
    early_minutes = fields.Integer()
    late_minutes = fields.Integer()
    repeat_minutes = fields.Integer()
    credit_static = choice(Credit)
    credit_organiser = choice(Credit)
    credit_roster = choice(Credit)
    least_percent = fields.Integer()
    most_pairs = fields.Integer()
    day_minutes = fields.Integer()
    parent_minutes = fields.Integer()


class HourRuleView(View):
    id = fields.Integer(allow_none=True, metadata={"description": "none: the standing rule"})
    org_id = fields.Integer(allow_none=True)
    version = fields.Integer()
    from_on = fields.Date()
    terms = fields.Nested(TermsView)
