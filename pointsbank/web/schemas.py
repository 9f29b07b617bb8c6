"""What every marshmallow schema shares: unknown fields refused, strict numbers, sentences in
Chinese.
"""

import re
from datetime import date, datetime
from enum import Enum
from typing import Any

import marshmallow as ma
from flask_babel import lazy_gettext
from marshmallow import fields, validate

from pointsbank.core import clock

MOST_INTEGER = 2**53 - 1

_SENTENCES: dict[type[fields.Field[Any]], dict[str, str]] = {
    fields.Field: {
        "required": lazy_gettext("请填写此项。"),
        "null": lazy_gettext("请填写此项。"),
        "validator_failed": lazy_gettext("填写的内容有误。"),
    },
    fields.String: {
        "invalid": lazy_gettext("请填写文字。"),
        "invalid_utf8": lazy_gettext("文字编码有误。"),
    },
    fields.Integer: {"invalid": lazy_gettext("请填写整数。")},
    fields.Number: {
        "too_large": lazy_gettext("数值过大。"),
        "invalid": lazy_gettext("请填写数字。"),
    },
    fields.Boolean: {"invalid": lazy_gettext("请填写是或否。")},
    fields.DateTime: {
        "invalid": lazy_gettext("日期时间有误。"),
        "format": lazy_gettext("日期时间有误。"),
        "invalid_awareness": lazy_gettext("日期时间有误。"),
    },
    fields.Date: {"invalid": lazy_gettext("日期有误。"), "format": lazy_gettext("日期有误。")},
    fields.List: {"invalid": lazy_gettext("请填写列表。")},
    fields.Nested: {"type": lazy_gettext("格式有误。")},
    fields.Enum: {"unknown": lazy_gettext("没有这个选项。")},
}
for _field, _sentences in _SENTENCES.items():
    # In a list: marshmallow takes apart whatever is no str, and a lazy sentence is none.
    _listed = {name: [sentence] for name, sentence in _sentences.items()}
    _field.default_error_messages = {**_field.default_error_messages, **_listed}
ma.Schema._default_error_messages = {
    "type": lazy_gettext("格式有误。"),
    "unknown": lazy_gettext("没有这一项。"),
}


class Request(ma.Schema):
    """What comes in; an unknown field is refused."""

    class Meta:
        unknown = ma.RAISE


class View(ma.Schema):
    """What goes out: the fields that are named and no others."""


class Whole(fields.Integer):
    """An integer from ``least`` to ``most``: a JSON number or, from a form, its digits; never 3.0
    or true.
    """

    def __init__(self, least: int = 0, most: int = MOST_INTEGER, **options: Any) -> None:
        checks = [
            validate.Range(
                min=least,
                max=most,
                error=lazy_gettext("请填写 {min} 到 {max} 之间的整数。"),
            )
        ]
        super().__init__(validate=checks, **options)

    def _validated(self, value: Any) -> int:
        if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,18}", value):
            return int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.make_error("invalid")
        return value


class Text(fields.String):
    """A text of at most ``most`` characters, trimmed; control characters are refused."""

    def __init__(self, most: int, *, least: int = 1, **options: Any) -> None:
        checks = [
            validate.Length(max=most, error=lazy_gettext("最多 {max} 个字。")),
            validate.Length(
                min=least, error=lazy_gettext("请填写此项。" if least == 1 else "至少 {min} 个字。")
            ),
            validate.Regexp(
                r"[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]*\Z",
                error=lazy_gettext("含有无法使用的字符。"),
            ),
        ]
        super().__init__(validate=checks, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        return str(super()._deserialize(value, attr, data, **kwargs)).strip()


def repeat_key(**options: Any) -> Text:
    """The key of a write that a client may repeat."""
    about = "made by the client, once for each wish to do this; a repeat is only answered"
    given: dict[str, Any] = {"required": True, "metadata": {"description": about}} | options
    return Text(60, least=4, **given)


def choice(kind: type[Enum], **options: Any) -> fields.Enum[Any]:
    """One of an enum's values, named by the value."""
    return fields.Enum(kind, by_value=fields.String, **options)


class Day(fields.Date):
    """An ISO 8601 date from 1901 to 2199, as an instant."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> date:
        day = super()._deserialize(value, attr, data, **kwargs)
        if not 1900 < day.year < 2200:
            raise self.make_error("invalid", input=value, obj_type=self.OBJ_TYPE)
        return day


class Instant(fields.DateTime):
    """An ISO 8601 instant from 1901 to 2199; without an offset it is the service's local time."""

    def __init__(self, **options: Any) -> None:
        super().__init__(format="iso", **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        try:
            instant = super()._deserialize(value, attr, data, **kwargs)
        except OverflowError:
            raise self.make_error("invalid", input=value, obj_type=self.OBJ_TYPE) from None
        if not 1900 < instant.year < 2200:
            raise self.make_error("invalid", input=value, obj_type=self.OBJ_TYPE)
        return instant if instant.tzinfo else instant.replace(tzinfo=clock.zone())

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return None if value is None else clock.local(value).isoformat()


class ProblemView(View):
    """RFC 9457 problem details: the body of every refusal."""

    type = fields.String(metadata={"description": "urn:pointsbank:<code>"})
    title = fields.String(metadata={"description": "what is wrong, in the reader's language"})
    status = fields.Integer()
    code = fields.String(metadata={"description": "stable name of the refusal"})
    errors = fields.Dict(metadata={"description": "field to sentences, where the input was wrong"})
