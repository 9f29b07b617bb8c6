"""Events as JSON and as forms."""

from typing import Any

import marshmallow as ma
from flask_babel import lazy_gettext
from marshmallow import fields, validate

from pointsbank.earning.rules import DeedCategory
from pointsbank.events.rules import EventState
from pointsbank.web.schemas import Instant, Request, Text, View, Whole, choice, repeat_key

MOST_EXPECTED = 100_000


class PlanRequest(Request):
    org_id = Whole(least=1, required=True)
    title = Text(40, required=True)
    kind = choice(DeedCategory, required=True)
    place = Text(60, required=True)
    description = Text(2000, least=0)
    starts_at = Instant(required=True)
    ends_at = Instant(required=True)
    capacity = Whole(
        least=1, most=MOST_EXPECTED, allow_none=True, metadata={"description": "how many expected"}
    )
    key = repeat_key()


class PlanForm(PlanRequest):
    """The same from a page, where what was left empty is not given."""

    @ma.pre_load
    def _given(self, typed: Any, **_: Any) -> dict[str, str]:
        return {name: value for name, value in typed.items() if value != ""}


class CancellationRequest(Request):
    reason = Text(100, required=True)


class EventsQuery(Request):
    when = fields.String(
        validate=validate.OneOf(["coming", "past"], error=lazy_gettext("没有这个选项。")),
        load_default="coming",
    )
    before = Whole(least=1, metadata={"description": "the last event of the page before"})


class EventView(View):
    id = fields.Integer()
    org_id = fields.Integer()
    title = fields.String()
    kind = choice(DeedCategory)
    place = fields.String()
    description = fields.String()
    starts_at = Instant()
    ends_at = Instant()
    state = choice(EventState)
    code = fields.String(metadata={"description": "what its QR code's address ends with"})
    capacity = fields.Integer(allow_none=True)
    opened_at = Instant(allow_none=True)
    closed_at = Instant(allow_none=True)
    cancel_reason = fields.String()


class EventsView(View):
    events = fields.List(fields.Nested(EventView))
    next_before = fields.Integer(
        allow_none=True, metadata={"description": "give it as `before` for the page after"}
    )
