"""Persons' JSON and forms."""

from typing import Any

import marshmallow as ma

from pointsbank.core import clock
from pointsbank.members.rules import Leaving
from pointsbank.persons.rules import LONGEST_REASON, ErasureAsked, Sign
from pointsbank.web.schemas import Day, Instant, Request, Text, View, Whole, choice, repeat_key


class PageQuery(Request):
    page = Whole(least=1, most=100_000, load_default=1)


class ComparisonForm(Request):
    one = Text(20, required=True, metadata={"description": "a volunteer number"})
    two = Text(20, required=True, metadata={"description": "another"})


class MergeRequest(Request):
    kept_id = Whole(least=1, required=True)
    other_id = Whole(least=1, required=True)
    key = repeat_key()


class DistinctPairRequest(Request):
    one_id = Whole(least=1, required=True)
    two_id = Whole(least=1, required=True)


class DepartureRequest(Request):
    leaving = ma.fields.String(
        required=True, validate=ma.validate.OneOf([Leaving.LEFT.value, Leaving.DIED.value])
    )
    on = Day(required=True)
    reason = Text(LONGEST_REASON, least=0, load_default="")
    key = repeat_key()


class OwnDepartureForm(Request):
    reason = Text(LONGEST_REASON, least=0, load_default="")
    key = repeat_key()


class ErasureQuestionRequest(Request):
    asked = choice(ErasureAsked, required=True)
    asked_on = Day(required=True)


class ErasureRequest(Request):
    question = Text(600, required=True, metadata={"description": "as the first step answered it"})
    number = Text(20, required=True, metadata={"description": "her volunteer number, typed again"})
    key = repeat_key()


class OwnPasswordRequest(Request):
    password = ma.fields.String(required=True, validate=ma.validate.Length(min=1, max=200))


class RecordView(View):
    id = ma.fields.Integer()
    number = ma.fields.String()
    name = ma.fields.String()
    registered_on = ma.fields.Date()


class PairView(View):
    older = ma.fields.Nested(RecordView)
    newer = ma.fields.Nested(RecordView)
    signs = ma.fields.List(choice(Sign))


class DuplicatesView(View):
    pairs = ma.fields.List(ma.fields.Nested(PairView))
    total = ma.fields.Integer()


class MergeView(View):
    id = ma.fields.Integer()
    kept_id = ma.fields.Integer()
    other_id = ma.fields.Integer()
    merged_at = Instant()
    undone_at = Instant(allow_none=True)


class DistinctPairView(View):
    id = ma.fields.Integer()
    one_id = ma.fields.Integer()
    two_id = ma.fields.Integer()
    told_at = Instant()
    taken_back_at = Instant(allow_none=True)


class DepartureView(View):
    member_id = ma.fields.Integer()
    leaving = choice(Leaving)
    left_on = ma.fields.Date()
    points_given_up = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.Integer())


class ErasureQuestionView(View):
    question = ma.fields.String(metadata={"description": "for the second step, 15 minutes long"})
    number = ma.fields.String()
    points = ma.fields.Dict(
        keys=ma.fields.String(),
        values=ma.fields.Integer(),
        metadata={"description": "what would be given up, by unit"},
    )


class ErasureView(View):
    member_id = ma.fields.Integer()
    erased_at = Instant()
    points_given_up = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.Integer())


class SectionView(View):
    heading = ma.fields.String()
    rows = ma.fields.Function(lambda section: [_told(row) for row in section.rows])


def _told(row: dict[str, Any]) -> dict[str, Any]:
    """Days and instants as text, instants in the service's zone."""
    return {
        name: clock.local(value).isoformat()
        if hasattr(value, "hour")
        else value.isoformat()
        if hasattr(value, "isoformat")
        else value
        for name, value in row.items()
    }
