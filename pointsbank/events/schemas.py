"""Events as JSON and as forms."""

from typing import Any

import marshmallow as ma
from flask_babel import lazy_gettext
from marshmallow import fields, validate

from pointsbank.earning.rules import DeedCategory
from pointsbank.events.rules import EventState
from pointsbank.web.schemas import Instant, Request, Text, View, Whole, choice, repeat_key

MOST_EXPECTED = 100_000
OLDEST_LEAST_AGE = 99


def _places(**options: Any) -> Whole:
    return Whole(least=1, most=MOST_EXPECTED, allow_none=True, **options)


def _least_age(**options: Any) -> Whole:
    return Whole(least=1, most=OLDEST_LEAST_AGE, allow_none=True, **options)


class Form(Request):
    """From a page, where what was left empty is not given."""

    @ma.pre_load
    def _given(self, typed: Any, **_: Any) -> dict[str, str]:
        return {name: value for name, value in typed.items() if value != ""}


class ContentRequest(Request):
    """What is said of an event, but for its times."""

    title = Text(40, required=True)
    kind = choice(DeedCategory, required=True)
    place = Text(60, least=0, metadata={"description": "may be empty where place_id is given"})
    place_id = Whole(
        least=1,
        allow_none=True,
        metadata={"description": "the station or partner in whose house it takes place"},
    )
    description = Text(2000, least=0)
    capacity = _places(metadata={"description": "how many expected"})
    served = Text(60, least=0, metadata={"description": "whom it serves"})
    dangerous = fields.Boolean(
        metadata={"description": "published only with its risks and an insurance"}
    )
    risks = Text(500, least=0)
    insurance = Text(100, least=0)
    skill = Text(40, least=0, metadata={"description": "one of the bank's skills"})
    least_age = _least_age()
    in_charge = Text(30, least=0)
    recorder = Text(30, least=0)


class TimesRequest(Request):
    starts_at = Instant(required=True)
    ends_at = Instant(required=True)


class PlanRequest(ContentRequest, TimesRequest):
    org_id = Whole(least=1, required=True)
    key = repeat_key()


class PlanForm(Form, PlanRequest):
    pass


class NotedRequest(Request):
    note = Text(
        200, least=0, metadata={"description": "what changed and why; needed once it is published"}
    )


class EventChangeRequest(ContentRequest, TimesRequest, NotedRequest):
    pass


class ChangeForm(Form, EventChangeRequest):
    pass


class CopyRequest(Request):
    starts_at = Instant(required=True)
    key = repeat_key()


class PostRequest(NotedRequest):
    name = Text(40, required=True)
    duties = Text(500, least=0, load_default="")
    capacity = _places(load_default=None)
    skill = Text(40, least=0, load_default="")
    least_age = _least_age(load_default=None)
    place = Text(60, least=0, load_default="")


class PostForm(Form, PostRequest):
    pass


class ShiftRequest(TimesRequest, NotedRequest):
    capacity = _places(load_default=None)


class NewShiftRequest(ShiftRequest):
    post_id = Whole(
        least=1,
        allow_none=True,
        load_default=None,
        metadata={"description": "none: a shift of the whole event"},
    )


class ShiftForm(Form, ShiftRequest):
    pass


class NewShiftForm(Form, NewShiftRequest):
    pass


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
    place_id = fields.Integer(allow_none=True)
    description = fields.String()
    served = fields.String(metadata={"description": "whom it serves"})
    dangerous = fields.Boolean()
    risks = fields.String()
    insurance = fields.String()
    skill = fields.String()
    least_age = fields.Integer(allow_none=True)
    starts_at = Instant()
    ends_at = Instant()
    state = choice(EventState)
    code = fields.String(metadata={"description": "what its QR code's address ends with"})
    capacity = fields.Integer(allow_none=True)
    opened_at = Instant(allow_none=True)
    closed_at = Instant(allow_none=True)
    cancel_reason = fields.String()


class PostView(View):
    id = fields.Integer()
    event_id = fields.Integer()
    name = fields.String()
    duties = fields.String()
    capacity = fields.Integer(
        allow_none=True, metadata={"description": "in all its shifts together; null: no limit"}
    )
    skill = fields.String()
    least_age = fields.Integer(allow_none=True)
    place = fields.String(metadata={"description": "empty: that of the event"})


class ShiftView(View):
    id = fields.Integer()
    event_id = fields.Integer()
    post_id = fields.Integer(
        allow_none=True, metadata={"description": "null: a shift of the whole event"}
    )
    starts_at = Instant()
    ends_at = Instant()
    capacity = fields.Integer(allow_none=True)


class PostsView(View):
    posts = fields.List(fields.Nested(PostView))
    shifts = fields.List(fields.Nested(ShiftView))


class EventsView(View):
    events = fields.List(fields.Nested(EventView))
    next_before = fields.Integer(
        allow_none=True, metadata={"description": "give it as `before` for the page after"}
    )
