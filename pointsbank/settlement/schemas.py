"""Settlement as JSON and as forms."""

import base64
import binascii
from typing import Any

import marshmallow as ma
from flask_babel import lazy_gettext
from marshmallow import fields, validate

from pointsbank.attendance.rules import AttendanceState
from pointsbank.hours.rules import MOST_MINUTES, Way
from pointsbank.settlement.rules import (
    LONGEST_TEXT,
    MARKS,
    MOST_CODES,
    MOST_IMAGES,
    MOST_PAPERS,
    AnswerState,
    ChangeKind,
    FindingKind,
    Tier,
)
from pointsbank.web.schemas import Instant, Request, Text, View, Whole, choice, repeat_key

_MOST_AT_ONCE = 5_000


def _minutes(**options: Any) -> Whole:
    return Whole(most=MOST_MINUTES, **options)


class Picture(fields.String):
    """A JPEG, PNG or WebP in base 64."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            return base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            raise self.make_error("invalid") from None


class PageQuery(Request):
    page = Whole(least=1, most=100_000, load_default=1)


class SettledRequest(Request):
    attendance_id = Whole(least=1, required=True)
    minutes = _minutes(required=True)


class SettlementRequest(Request):
    settled = fields.List(
        fields.Nested(SettledRequest),
        required=True,
        validate=validate.Length(
            min=1, max=_MOST_AT_ONCE, error=lazy_gettext("请填写 {min} 到 {max} 项。")
        ),
    )
    key = repeat_key()


class SettlementForm(Request):
    """As many minutes as attendances, in the same order."""

    attendance_id = fields.List(Whole(least=1), required=True)
    minutes = fields.List(_minutes(), required=True)
    key = repeat_key()

    @ma.validates_schema
    def _is_even(self, asked: dict[str, Any], **_: Any) -> None:
        if len(asked["attendance_id"]) != len(asked["minutes"]):
            raise ma.ValidationError(lazy_gettext("填写的内容有误。"), "minutes")

    @ma.post_load
    def _by_attendance(self, asked: dict[str, Any], **_: Any) -> dict[str, Any]:
        minutes = dict(zip(asked.pop("attendance_id"), asked["minutes"], strict=True))
        return asked | {"minutes": minutes}


class CorrectionRequest(Request):
    minutes = _minutes(required=True)
    reason = Text(LONGEST_TEXT, required=True)
    key = repeat_key()


class HeldApprovalRequest(Request):
    tier = choice(Tier, required=True)
    minutes = _minutes(required=True, metadata={"description": "0: none are approved"})
    reason = Text(LONGEST_TEXT, required=True)
    key = repeat_key()


class ObjectionRequest(Request):
    text = Text(LONGEST_TEXT, required=True)
    wanted_minutes = _minutes(load_default=None, allow_none=True)
    key = repeat_key()


class ObjectionForm(ObjectionRequest):
    @ma.pre_load
    def _empty_is_none(self, asked: Any, **_: Any) -> Any:
        """A form sends an empty text where no minutes are named."""
        return {name: value for name, value in asked.items() if value or name != "wanted_minutes"}


class ObjectionAnswerRequest(Request):
    """With minutes the objection is granted, without them it is not."""

    minutes = _minutes(load_default=None, allow_none=True)
    answer = Text(LONGEST_TEXT, required=True)


class ObjectionAnswerForm(Request):
    """Its minutes count only with the button that grants."""

    grant = fields.Boolean(required=True)
    minutes = _minutes(required=True)
    answer = Text(LONGEST_TEXT, required=True)

    @ma.post_load
    def _granted(self, asked: dict[str, Any], **_: Any) -> dict[str, Any]:
        return asked if asked.pop("grant") else asked | {"minutes": None}


class _StayRequest(Request):
    number = Text(20, least=0, load_default="", metadata={"description": "her volunteer number"})
    name = Text(50, least=0, load_default="", metadata={"description": "her name in full"})
    came_at = Instant(required=True)
    left_at = Instant(required=True)
    text = Text(LONGEST_TEXT, required=True)
    key = repeat_key()


class SupplementForm(_StayRequest):
    """The pictures come as files beside it."""


class SupplementRequest(_StayRequest):
    """Number and name of another; without them the volunteer asks for herself."""

    images = fields.List(
        Picture(metadata={"description": "JPEG, PNG or WebP in base 64"}),
        required=True,
        validate=validate.Length(max=MOST_IMAGES, error=lazy_gettext("最多 {max} 项。")),
    )


class SupplementAnswerRequest(Request):
    grant = fields.Boolean(required=True)
    answer = Text(LONGEST_TEXT, required=True)


class ReviewRequest(Request):
    """``accept`` says of a late scan whether it counts."""

    kind = choice(FindingKind, required=True)
    subject = Text(80, required=True)
    word = Text(LONGEST_TEXT, required=True)
    accept = fields.Boolean(load_default=False)


class PaperRatingsForm(Request):
    """How many gave which marks."""

    marks_5 = Whole(most=MOST_PAPERS, required=True)
    marks_4 = Whole(most=MOST_PAPERS, required=True)
    marks_3 = Whole(most=MOST_PAPERS, required=True)
    marks_2 = Whole(most=MOST_PAPERS, required=True)
    marks_1 = Whole(most=MOST_PAPERS, required=True)

    @ma.post_load
    def _by_marks(self, asked: dict[str, int], **_: Any) -> dict[str, Any]:
        return {"numbers": {marks: asked[f"marks_{marks}"] for marks in MARKS}}


class RatingCodesForm(Request):
    number = Whole(least=1, most=MOST_CODES, required=True)


class RatingForm(Request):
    marks = Whole(least=1, most=5, required=True)


class RatingsView(View):
    """What those served said: of five marks, four and five are satisfied."""

    number = fields.Integer()
    satisfied = fields.Integer()
    mean = fields.String(metadata={"description": "to a tenth; empty where nobody rated"})


class FindingView(View):
    kind = choice(FindingKind)
    subject = fields.String(metadata={"description": "what a word on it names"})
    member_id = fields.Integer()
    name = fields.String()
    event_id = fields.Integer()
    title = fields.String()
    on = fields.Date()
    other_title = fields.String()
    others = fields.Function(
        lambda one: [name for _, name in one.others],
        metadata={"type": "array", "items": {"type": "string"}},
    )
    one_household = fields.Boolean(metadata={"description": "she and those others are"})
    minutes = fields.Integer()
    scanned_at = Instant(allow_none=True)
    attendance_id = fields.Integer(allow_none=True, metadata={"description": "of a late scan"})
    set_by_hand = fields.Boolean(metadata={"description": "a late scan cannot change these hours"})


class SuggestionView(View):
    by_end = fields.Integer(metadata={"description": "minutes, as if she had stayed to the end"})
    by_others = fields.Integer(allow_none=True, metadata={"description": "the others' median"})
    best = fields.Integer()


class UnsettledView(View):
    attendance_id = fields.Integer(attribute="attendance.id")
    member_id = fields.Integer(attribute="attendance.member_id")
    name = fields.String()
    checked_in_at = Instant(attribute="attendance.checked_in_at")
    suggestion = fields.Nested(SuggestionView)


class SettlementView(View):
    people = fields.Integer(metadata={"description": "whose hours were settled now"})


class HourChangeView(View):
    kind = choice(ChangeKind)
    minutes_before = fields.Integer()
    minutes_after = fields.Integer()
    reason = fields.String()
    at = Instant()


class ObjectionView(View):
    id = fields.Integer()
    attendance_id = fields.Integer()
    text = fields.String()
    wanted_minutes = fields.Integer(allow_none=True)
    state = choice(AnswerState)
    made_at = Instant()
    answer = fields.String()
    answered_at = Instant(allow_none=True)


class HoursView(View):
    """One attendance: what it counts, and why not more."""

    attendance_id = fields.Integer()
    event_id = fields.Integer()
    title = fields.String()
    checked_in_at = Instant()
    checked_out_at = Instant(allow_none=True)
    way = choice(Way)
    state = choice(AttendanceState)
    minutes = fields.Integer(allow_none=True)
    held_minutes = fields.Integer()
    why = fields.List(fields.String(), metadata={"description": "why not more minutes"})


class HourFileView(HoursView):
    ratings = fields.Nested(RatingsView)
    rule_version = fields.Integer()
    objections = fields.List(fields.Nested(ObjectionView))
    changes = fields.List(fields.Nested(HourChangeView))


class SupplementView(View):
    id = fields.Integer()
    event_id = fields.Integer()
    member_id = fields.Integer()
    came_at = Instant()
    left_at = Instant()
    text = fields.String()
    state = choice(AnswerState)
    asked_at = Instant()
    answer = fields.String()
    answered_at = Instant(allow_none=True)
    attendance_id = fields.Integer(allow_none=True)
