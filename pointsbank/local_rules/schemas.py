"""Local rules as JSON and as forms, made from what each kind says of its terms."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import marshmallow as ma
from flask_babel import lazy_gettext
from marshmallow import validate

from pointsbank.core.errors import Invalid
from pointsbank.local_rules.rules import Choice, Number, Numbers, RuleKind, Term, Terms
from pointsbank.web.requests import sentences
from pointsbank.web.schemas import Day, Request, Text, View, Whole


class RulesQuery(Request):
    org_id = Whole(least=1, required=True, metadata={"description": "whose rules"})
    on = Day(metadata={"description": "the day on which they hold; today when left out"})


class VersionsQuery(Request):
    org_id = Whole(least=1, required=True, metadata={"description": "the adopter"})


class FormQuery(Request):
    """What a form is first filled with: the preset of this place in the kind's list."""

    part = Text(20, least=0, load_default="")
    preset = Whole(most=99)


class Option(ma.fields.String):
    """A choice's value, as the member of its enum that it is."""

    def __init__(self, choice: Choice, **options: Any) -> None:
        self.members: dict[str, str] = {str(value): value for value in choice.options}
        found = lazy_gettext("没有这个选项。")
        super().__init__(validate=validate.OneOf(list(self.members), error=found), **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = str(super()._deserialize(value, attr, data, **kwargs))
        return self.members.get(text, text)


def _taken(term: Term) -> ma.fields.Field[Any]:
    if isinstance(term, Number):
        return Whole(term.least, term.most, required=True, allow_none=term.optional)
    if isinstance(term, Numbers):
        return ma.fields.Dict(
            keys=ma.fields.String(validate=validate.OneOf(list(term.options))),
            values=Whole(term.least, term.most),
            required=True,
        )
    if isinstance(term, Choice):
        return Option(term, required=True)
    return Text(term.most, required=True)


def _shown(term: Term) -> ma.fields.Field[Any]:
    if isinstance(term, Number):
        return ma.fields.Integer(allow_none=term.optional)
    if isinstance(term, Numbers):
        return ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.Integer())
    if isinstance(term, Choice):
        return ma.fields.String(validate=validate.OneOf(list(term.options)))
    return ma.fields.String()


def _part(kind: RuleKind) -> dict[str, ma.fields.Field[Any]]:
    names = list(kind.part_names)
    if not names:
        return {}
    return {kind.table.PART: ma.fields.String(required=True, validate=validate.OneOf(names))}


def _adopter() -> Whole:
    return Whole(least=1, required=True, metadata={"description": "the adopter"})


def _first_day() -> Day:
    return Day(required=True, metadata={"description": "today at the earliest"})


@cache
def request_of(kind: RuleKind) -> type[Request]:
    """The body that adopts a rule of this kind."""
    fields = {
        "org_id": _adopter(),
        "from_on": _first_day(),
        **_part(kind),
        **{term.name: _taken(term) for term in kind.terms},
    }
    return _named(Request, kind, fields, "Request")


@cache
def view_of(kind: RuleKind) -> type[View]:
    """A rule of this kind; ``id`` and ``org_id`` are null for the standing rule."""
    fields = {
        "id": ma.fields.Integer(allow_none=True, metadata={"description": "null: standing rule"}),
        "org_id": ma.fields.Integer(allow_none=True, metadata={"description": "the adopter"}),
        "version": ma.fields.Integer(),
        "from_on": ma.fields.Date(allow_none=True),
        "as_above": ma.fields.Boolean(
            metadata={"description": "from then on the rule above decides; the terms do not"}
        ),
        **_part(kind),
        **{term.name: _shown(term) for term in kind.terms},
    }
    return _named(View, kind, fields, "View")


@cache
def recall_of(kind: RuleKind) -> type[Request]:
    """The body that takes back a version that has not begun."""
    version = Whole(least=1, most=1_000_000, required=True)
    return _named(
        Request, kind, {"org_id": _adopter(), "version": version, **_part(kind)}, "Recall"
    )


@cache
def return_of(kind: RuleKind) -> type[Request]:
    """The body by which an organisation goes by the rule above it again."""
    fields = {"org_id": _adopter(), "from_on": _first_day(), **_part(kind)}
    return _named(Request, kind, fields, "Return")


class RecallForm(Request):
    part = Text(20, least=0, load_default="")
    version = Whole(least=1, most=1_000_000, required=True)
    confirmed = Text(1, least=0, load_default="")


class ReturnForm(Request):
    part = Text(20, least=0, load_default="")
    from_on = Day(required=True)
    confirmed = Text(1, least=0, load_default="")


def _named(base: type[Any], kind: RuleKind, fields: dict[str, Any], ending: str) -> type[Any]:
    name = "".join(word.capitalize() for word in str(kind.table.__tablename__).split("_"))
    return type(f"{name}{ending}", (base,), fields)


_NO_TERMS = ("part", "confirmed", "csrf_token")


def adoption_of(kind: RuleKind, org_id: int, typed: Mapping[str, str]) -> dict[str, Any]:
    """The boxes of a form as the body that they mean, checked. Refuses: Invalid."""
    boxes = {name: text for name, text in typed.items() if name not in _NO_TERMS}
    given: dict[str, Any] = {"org_id": org_id}
    if kind.table.PART:
        given[kind.table.PART] = typed.get("part", "")
    for term in kind.terms:
        if isinstance(term, Numbers):
            each = {option: boxes.pop(f"{term.name}.{option}", "") for option in term.options}
            given[term.name] = {option: text for option, text in each.items() if text.strip()}
        elif isinstance(term, Number) and term.optional:
            given[term.name] = boxes.pop(term.name, "") or None
    given |= boxes  # what is no term is refused like any unknown field
    try:
        return dict(request_of(kind)().load(given))
    except ma.ValidationError as refused:
        fields = sentences(refused.messages)
        raise Invalid({name.removesuffix(".value"): fields[name] for name in fields}) from None


def boxes_of(kind: RuleKind, terms: Terms) -> dict[str, str]:
    """Terms as the boxes of the form hold them."""
    boxes: dict[str, str] = {}
    for term in kind.terms:
        value = terms[term.name]
        if isinstance(term, Numbers):
            boxes |= {f"{term.name}.{option}": str(value[option]) for option in value}
        else:
            boxes[term.name] = "" if value is None else str(value)
    return boxes
