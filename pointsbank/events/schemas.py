"""Events as JSON and as forms."""

import re
from typing import Any

import marshmallow as ma
from flask_babel import lazy_gettext
from marshmallow import fields, validate

from pointsbank.earning.rules import DeedCategory
from pointsbank.events.presets import PRESETS
from pointsbank.events.repetition import SeriesRule
from pointsbank.events.rules import PER_SHEET, EventState, PosterOf
from pointsbank.web.schemas import Day, Instant, Request, Text, View, Whole, choice, repeat_key

MOST_EXPECTED = 100_000
OLDEST_LEAST_AGE = 99
MOST_COPIES = 40


def _places(**options: Any) -> Whole:
    return Whole(least=1, most=MOST_EXPECTED, allow_none=True, **options)


def _least_age(**options: Any) -> Whole:
    return Whole(least=1, most=OLDEST_LEAST_AGE, allow_none=True, **options)


class Form(Request):
    """From a page, where what was left empty is not given."""

    @ma.pre_load
    def _given(self, typed: Any, **_: Any) -> dict[str, Any]:
        given = ((name, self._filled(value)) for name, value in typed.items())
        return {name: value for name, value in given if value != ""}

    @staticmethod
    def _filled(value: Any) -> Any:
        return [one for one in value if one != ""] if isinstance(value, list) else value


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


class LaterRequest(Request):
    note = Text(
        200, least=0, required=True,
        metadata={"description": "what changed and why; empty where none is published"},
    )  # fmt: skip


class NotedForm(Form, NotedRequest):
    pass


class EventChangeRequest(ContentRequest, TimesRequest, NotedRequest):
    pass


class ChangeForm(Form, EventChangeRequest):
    """``scope``: of a series this event only, or the later ones too."""

    scope = fields.String(
        validate=validate.OneOf(["this", "later"], error=lazy_gettext("没有这个选项。")),
        load_default="this",
    )


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


class SeriesRuleRequest(Request):
    weekdays = fields.List(
        Whole(least=1, most=7), required=True, metadata={"description": "1 Monday to 7 Sunday"}
    )
    begins = fields.List(
        Text(5),
        required=True,
        validate=validate.Length(max=6, error=lazy_gettext("最多 {max} 个。")),
        metadata={"description": "times of the day at which events begin, as 06:30"},
    )
    from_on = Day(required=True)
    until_on = Day(required=True)
    but = fields.List(
        Day(),
        load_default=list,
        validate=validate.Length(max=200, error=lazy_gettext("最多 {max} 个。")),
        metadata={"description": "days without"},
    )

    @ma.validates("begins")
    def _are_times(self, begins: list[str], **_: Any) -> None:
        if not all(re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", one) for one in begins):
            raise ma.ValidationError([lazy_gettext("时间请写成 06:30 的样子。")])

    @ma.post_load
    def _as_rule(self, asked: dict[str, Any], **_: Any) -> dict[str, Any]:
        rule = SeriesRule.written(
            asked.pop("weekdays"),
            asked.pop("begins"),
            asked.pop("from_on"),
            asked.pop("until_on"),
            [str(day) for day in asked.pop("but")],
        )
        return {**asked, "rule": rule}


class SeriesRequest(SeriesRuleRequest):
    publish = fields.Boolean(
        load_default=False, metadata={"description": "make them known at once; else drafts"}
    )
    key = repeat_key()


class SeriesQuery(Form, SeriesRuleRequest):
    """From a page, where the days without are one text."""

    @ma.pre_load
    def _days(self, typed: Any, **_: Any) -> dict[str, Any]:
        given = dict(typed.items())
        written = given.get("but") or []
        text = " ".join(written) if isinstance(written, list) else written
        return {**given, "but": [day for day in re.split(r"[\s,，、;；]+", text) if day]}


class SeriesForm(SeriesQuery, SeriesRequest):
    pass


class TemplateRequest(Request):
    name = Text(40, required=True)
    key = repeat_key()


class FromTemplateRequest(Request):
    template_id = Whole(least=1, metadata={"description": "an organisation's own"})
    preset = fields.String(
        validate=validate.OneOf(list(PRESETS), error=lazy_gettext("没有这个选项。")),
        metadata={"description": "or one of the program's"},
    )
    org_id = Whole(least=1, required=True)
    place = Text(60, least=0, load_default="", metadata={"description": "empty: the template's"})
    starts_at = Instant(required=True)
    key = repeat_key()

    @ma.validates_schema
    def _names_one(self, asked: dict[str, Any], **_: Any) -> None:
        if ("template_id" in asked) == ("preset" in asked):
            raise ma.ValidationError([lazy_gettext("请选一个模板。")])


class FromTemplateForm(Form, FromTemplateRequest):
    pass


class TemplateQuery(Request):
    template_id = Whole(least=1)
    preset = Text(20)


class CancellationRequest(Request):
    reason = Text(100, required=True)


class PosterQuery(Request):
    of = choice(PosterOf, load_default=PosterOf.EVENT)
    per_sheet = Whole(least=1, most=max(PER_SHEET), load_default=1)
    copies = Whole(least=1, most=MOST_COPIES, load_default=1)

    @ma.validates("per_sheet")
    def _fits(self, per_sheet: int, **_: Any) -> None:
        if per_sheet not in PER_SHEET:
            raise ma.ValidationError([lazy_gettext("没有这个选项。")])


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
    series_id = fields.Integer(allow_none=True)
    code = fields.String(metadata={"description": "what its QR code's address ends with"})
    capacity = fields.Integer(allow_none=True)
    opened_at = Instant(allow_none=True)
    closed_at = Instant(allow_none=True)
    cancel_reason = fields.String()


class TemplateView(View):
    id = fields.Integer()
    org_id = fields.Integer()
    name = fields.String()
    length_minutes = fields.Integer()
    content = fields.Dict(metadata={"description": "what the event will say"})
    posts = fields.List(fields.Dict())


class TemplatesView(View):
    templates = fields.List(fields.Nested(TemplateView))
    presets = fields.Dict(
        keys=fields.String(), metadata={"description": "the program's, by their names"}
    )


class SeriesView(View):
    id = fields.Integer()
    org_id = fields.Integer()
    weekdays = fields.List(fields.Integer())
    begins = fields.List(fields.String())
    from_on = fields.Date()
    until_on = fields.Date()
    but = fields.List(fields.Date())
    ended_at = Instant(allow_none=True)
    events = fields.List(fields.Nested(EventView))


class DatesView(View):
    starts_at = fields.List(Instant())


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


class ManyEventsView(View):
    events = fields.List(fields.Nested(EventView))


class EventsView(ManyEventsView):
    next_before = fields.Integer(
        allow_none=True, metadata={"description": "give it as `before` for the page after"}
    )


class PostLineView(View):
    post = fields.Nested(PostView)
    shifts = fields.List(fields.Nested(ShiftView))
    left = fields.Integer(allow_none=True, metadata={"description": "places left; null: no limit"})


class EventLineView(View):
    event = fields.Nested(EventView)
    over = fields.Boolean(metadata={"description": "it was held, or its time is past"})
    organiser = fields.String(metadata={"description": "the organisation that holds it"})
    posts = fields.List(fields.Nested(PostLineView))
    shifts = fields.List(fields.Nested(ShiftView))
    left = fields.Integer(allow_none=True, metadata={"description": "places left; null: no limit"})


class NoticeView(View):
    month = fields.Date(metadata={"description": "its first day"})
    organisation = fields.Pluck("OrganisationNameView", "name")
    lines = fields.List(fields.Nested(EventLineView))


class OrganisationNameView(View):
    name = fields.String()
