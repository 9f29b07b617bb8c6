"""Input of pages: forms and query strings through the same schemas as JSON."""

import base64
from typing import Any

import marshmallow as ma
from cryptography.exceptions import InvalidTag
from flask import request
from webargs.multidictproxy import MultiDictProxy
from werkzeug.datastructures import MultiDict

from pointsbank.core.encryption import seal, unseal
from pointsbank.core.errors import Invalid, say

_NOT_INPUT = ("csrf_token",)


class SearchUnreadable(Invalid):
    sentence = say("查找链接已失效，请重新查找。")


def sealed_text(text: str) -> str:
    """What somebody searched for as an address may carry it: no name or phone in histories."""
    return base64.urlsafe_b64encode(seal(text)).decode() if text else ""


def opened_text(sealed: str) -> str:
    """What was searched for. Refuses: SearchUnreadable."""
    try:
        return unseal(base64.urlsafe_b64decode(sealed)) if sealed else ""
    except (ValueError, InvalidTag):
        raise SearchUnreadable from None


def form(schema: type[ma.Schema]) -> dict[str, Any]:
    """The posted form, checked. Refuses with ``Invalid``; show its ``fields`` by the inputs."""
    return _load(schema, request.form)


def query(schema: type[ma.Schema]) -> dict[str, Any]:
    """The query string, checked; empty values count as not given."""
    given = MultiDict((name, value) for name, value in request.args.items(multi=True) if value)
    return _load(schema, given)


def _load(schema: type[ma.Schema], given: MultiDict[str, str]) -> dict[str, Any]:
    rules = schema()
    wanted = MultiDict(
        (name, value) for name, value in given.items(multi=True) if name not in _NOT_INPUT
    )
    try:
        return dict(rules.load(MultiDictProxy(wanted, rules)))
    except ma.ValidationError as refused:
        raise Invalid(sentences(refused.messages)) from None


def sentences(messages: Any) -> dict[str, list[str]]:
    """marshmallow's nested messages as field to sentences; nested fields are joined by dots."""
    flat: dict[str, list[str]] = {}
    if not isinstance(messages, dict):
        return {"": [str(m) for m in messages]}
    for name, inner in messages.items():
        if isinstance(inner, dict):
            for path, found in sentences(inner).items():
                flat[f"{name}.{path}" if path else str(name)] = found
        else:
            flat["" if name == "_schema" else str(name)] = [str(m) for m in inner]
    return flat


def wants_fragment() -> bool:
    """Whether htmx asks for a part of a page."""
    return "HX-Request" in request.headers and "HX-Boosted" not in request.headers
