"""Events, scans and attendances as JSON and as forms."""

from typing import Any

import marshmallow as ma
from flask_babel import lazy_gettext
from marshmallow import fields, validate

from pointsbank.earning.rules import DeedCategory
from pointsbank.events.rules import (
    MOST_MINUTES,
    AttendanceState,
    Credit,
    EventState,
    HourTerms,
    Rounding,
    Verdict,
    Way,
)
from pointsbank.web.schemas import Day, Instant, Request, Text, View, Whole

MOST_EXPECTED = 100_000


def _choice(kind: Any, **options: Any) -> Any:
    return fields.Enum(kind, by_value=fields.String, **options)


def _key() -> Text:
    about = "made by the client, once for each wish to do this; a repeat is only answered"
    return Text(60, least=4, required=True, metadata={"description": about})


class PlanRequest(Request):
    org_id = Whole(least=1, required=True)
    title = Text(40, required=True)
    kind = _choice(DeedCategory, required=True)
    place = Text(60, required=True)
    description = Text(2000, least=0)
    starts_at = Instant(required=True)
    ends_at = Instant(required=True)
    capacity = Whole(
        least=1, most=MOST_EXPECTED, allow_none=True, metadata={"description": "how many expected"}
    )
    key = _key()


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


class ScanRequest(Request):
    """A scan of one's own; with ``member_code`` an organiser's scan of somebody's card or phone."""

    code = Text(12, required=True, metadata={"description": "the event's short code"})
    key = Text(60, least=4, metadata={"description": "made by the client; not with a claim"})
    claim = Text(400, metadata={"description": "signed at the scan, carries its time and key"})
    member_code = Text(40, metadata={"description": "20 digits of a card or phone code"})

    @ma.validates_schema
    def _has_a_key(self, asked: dict[str, Any], **_: Any) -> None:
        if ("key" in asked) == ("claim" in asked):
            raise ma.ValidationError(lazy_gettext("key 与 claim 须填且只填一项。"), "key")


class ClaimForm(Request):
    claim = Text(400, required=True)


class DoorForm(Request):
    """What an organiser's device posts; ``key`` is made by the page that shows the box."""

    member_code = Text(40, required=True)
    leaving = fields.Boolean(load_default=False)
    key = _key()


class ScannedQuery(Request):
    """Where a scan's page comes from: the sign-in with a claim, or the deed just done."""

    claim = Text(400)
    done = fields.String(
        validate=validate.OneOf(["in", "out"], error=lazy_gettext("没有这个选项。"))
    )


class HourRuleRequest(Request):
    org_id = Whole(least=1, required=True)
    from_on = Day(required=True)
    rounding = _choice(Rounding, load_default=Rounding.MINUTE)
    least_minutes = Whole(most=MOST_MINUTES, load_default=10)
    most_minutes = Whole(least=1, most=MOST_MINUTES, load_default=480)
    early_minutes = Whole(most=MOST_MINUTES, load_default=30)
    late_minutes = Whole(most=MOST_MINUTES, load_default=120)
    repeat_minutes = Whole(most=60, load_default=5)
    credit_static = _choice(Credit, load_default=Credit.AFTER_CONFIRMATION)
    credit_organiser = _choice(Credit, load_default=Credit.AT_CHECK_OUT)
    credit_roster = _choice(Credit, load_default=Credit.AT_CHECK_OUT)

    @ma.post_load
    def _terms(self, asked: dict[str, Any], **_: Any) -> dict[str, Any]:
        terms = HourTerms(**{name: asked.pop(name) for name in HourTerms.__slots__})
        return {**asked, "terms": terms}


class HourRuleQuery(Request):
    org_id = Whole(least=1, required=True)
    on = Day(metadata={"description": "the day of the event; today when left out"})


class EventView(View):
    id = fields.Integer()
    org_id = fields.Integer()
    title = fields.String()
    kind = _choice(DeedCategory)
    place = fields.String()
    description = fields.String()
    starts_at = Instant()
    ends_at = Instant()
    state = _choice(EventState)
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


class ScanView(View):
    """What a scan was answered; the same again when repeated."""

    verdict = _choice(Verdict)
    repeated = fields.Boolean()
    event_id = fields.Integer()
    title = fields.String()
    member_id = fields.Integer()
    attendance_id = fields.Integer()
    state = _choice(AttendanceState)
    checked_in_at = Instant()
    checked_out_at = Instant(allow_none=True)
    minutes = fields.Integer(allow_none=True)


class AttendanceView(View):
    id = fields.Integer()
    member_id = fields.Integer()
    name = fields.String()
    way = _choice(Way)
    state = _choice(AttendanceState)
    checked_in_at = Instant()
    checked_out_at = Instant(allow_none=True)
    minutes = fields.Integer(allow_none=True)
    why = fields.List(fields.String(), metadata={"description": "why not more minutes"})
    clips = fields.List(fields.String(), metadata={"description": "why not more points"})


class CountsView(View):
    came = fields.Integer()
    present = fields.Integer()
    to_confirm = fields.Integer()
    credited = fields.Integer()


class AttendancesView(View):
    counts = fields.Nested(CountsView)
    attendances = fields.List(fields.Nested(AttendanceView))


class ConfirmationView(View):
    people = fields.Integer(metadata={"description": "whose hours were credited now"})
    minutes = fields.Integer()


class TermsView(View):
    rounding = _choice(Rounding)
    least_minutes = fields.Integer()
    most_minutes = fields.Integer()
    early_minutes = fields.Integer()
    late_minutes = fields.Integer()
    repeat_minutes = fields.Integer()
    credit_static = _choice(Credit)
    credit_organiser = _choice(Credit)
    credit_roster = _choice(Credit)


class HourRuleView(View):
    id = fields.Integer(allow_none=True, metadata={"description": "none: the standing rule"})
    org_id = fields.Integer(allow_none=True)
    version = fields.Integer()
    from_on = fields.Date()
    terms = fields.Nested(TermsView)
