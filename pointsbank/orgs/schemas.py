"""Organisations and what is done to them, as JSON and as forms."""

from typing import Any

import marshmallow as ma
from marshmallow import fields

from pointsbank.orgs.rules import (
    MOST_ADDRESS_CHARACTERS,
    MOST_CONTACT_CHARACTERS,
    MOST_CREDIT_CODE_CHARACTERS,
    MOST_KIND_CHARACTERS,
    MOST_NAME_CHARACTERS,
    MOST_REGION_DIGITS,
    Line,
    Verb,
)
from pointsbank.web.schemas import Day, Request, Text, View, Whole, choice, repeat_key

MOST_A_PAGE = 500
MOST_LEVEL = 1000
MOST_LIST_CHARACTERS = 120_000
MOST_CHILDREN = 1000


def _on() -> Day:
    about = "the first day on which it is so; today or earlier"
    return Day(required=True, metadata={"description": about})


def _region_code() -> Text:
    about = "GB/T 2260: six digits, nine for a street, twelve for a community; empty for none"
    return Text(MOST_REGION_DIGITS, least=0, load_default="", metadata={"description": about})


class OrganisationsQuery(Request):
    parent_id = Whole(least=1, metadata={"description": "only those directly under this one"})
    kind = Text(30, metadata={"description": "only of this kind: community, grid, team, …"})
    after = Whole(load_default=0, metadata={"description": "the `next` of the page before"})
    most = Whole(least=1, most=MOST_A_PAGE, load_default=100)


class FoundRequest(Request):
    parent_id = Whole(least=1, required=True)
    kind = Text(30, required=True)
    name = Text(MOST_NAME_CHARACTERS, required=True)
    region_code = _region_code()
    on = _on()
    key = repeat_key()


class RenamingRequest(Request):
    name = Text(MOST_NAME_CHARACTERS, required=True)
    on = _on()
    key = repeat_key()


class MoveRequest(Request):
    parent_id = Whole(least=1, required=True)
    on = _on()
    key = repeat_key()


class MergerRequest(Request):
    successor_id = Whole(least=1, required=True)
    on = _on()
    key = repeat_key()


class SplitRequest(Request):
    name = Text(MOST_NAME_CHARACTERS, required=True)
    child_ids = fields.List(
        Whole(least=1),
        load_default=list,
        validate=ma.validate.Length(max=MOST_CHILDREN),
        metadata={"description": "which of its children go to the new one"},
    )
    region_code = _region_code()
    on = _on()
    key = repeat_key()


class ClosingRequest(Request):
    on = _on()
    key = repeat_key()


class DetailsRequest(Request):
    region_code = Text(MOST_REGION_DIGITS, least=0, required=True)
    credit_code = Text(MOST_CREDIT_CODE_CHARACTERS, least=0, required=True)
    address = Text(MOST_ADDRESS_CHARACTERS, least=0, required=True)
    contact_name = Text(MOST_CONTACT_CHARACTERS, least=0, required=True)
    contact_phone = Text(
        30, least=0, metadata={"description": "left out: as it is; empty: none any more"}
    )


class DetailsForm(DetailsRequest):
    """The same from a page: a phone that is not typed stays."""

    @ma.pre_load
    def _typed(self, typed: Any, **_: Any) -> dict[str, str]:
        return {name: value for name, value in typed.items() if value or name != "contact_phone"}


class FoundForm(FoundRequest):
    class Meta:
        exclude = ("parent_id",)
        unknown = ma.RAISE


class FoundListForm(Request):
    kind = Text(30, required=True)
    names = Text(MOST_LIST_CHARACTERS, required=True)
    on = _on()


class KindRequest(Request):
    code = Text(30, required=True)
    line = choice(Line, required=True)
    level = Whole(least=1, most=MOST_LEVEL, required=True)
    name = Text(MOST_KIND_CHARACTERS, required=True)


class TreeQuery(Request):
    q = Text(MOST_NAME_CHARACTERS, load_default="")
    kind = Text(30, load_default="")
    under = Whole(least=1)
    closed = Whole(most=1, load_default=0)
    page = Whole(least=1, most=1_000_000, load_default=1)


class OrganisationView(View):
    id = fields.Integer()
    parent_id = fields.Integer(allow_none=True)
    line = choice(Line)
    kind = fields.String()
    name = fields.String()
    region_code = fields.String(metadata={"description": "GB/T 2260; empty where it has none"})
    credit_code = fields.String(metadata={"description": "GB 32100; empty where it has none"})
    credit_code_doubtful = fields.Boolean(
        metadata={"description": "the credit code fails its check; it is kept all the same"}
    )
    address = fields.String()
    opened_on = fields.Date()
    closed_on = fields.Date(allow_none=True, metadata={"description": "the first day without it"})
    successor_id = fields.Integer(allow_none=True, metadata={"description": "merged into this one"})


class OrganisationPage(View):
    organisations = fields.List(fields.Nested(OrganisationView))
    next = fields.Integer(
        allow_none=True, metadata={"description": "`after` of the next page; null on the last"}
    )


class ChangeView(View):
    id = fields.Integer()
    organisation_id = fields.Integer()
    verb = choice(Verb)
    on = fields.Date(attribute="effective_on")
    at = fields.DateTime()
    from_id = fields.Integer(allow_none=True)
    to_id = fields.Integer(allow_none=True)
    name_before = fields.String()
    name_after = fields.String()


class ChangesView(View):
    changes = fields.List(fields.Nested(ChangeView))


class KindView(View):
    code = fields.String()
    line = choice(Line)
    level = fields.Integer()
    name = fields.String()


class KindsView(View):
    kinds = fields.List(fields.Nested(KindView))
