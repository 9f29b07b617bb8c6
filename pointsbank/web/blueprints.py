"""The two kinds of blueprint: JSON under /api/v1, described by OpenAPI, and pages."""

import json
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from flask import Blueprint as FlaskBlueprint
from flask import Request, abort
from flask_smorest import Blueprint as SmorestBlueprint
from webargs.flaskparser import FlaskParser
from werkzeug.routing import IntegerConverter, UnicodeConverter, ValidationError


class StrictParser(FlaskParser):
    """Takes every place of a request by the schema's own word on unknown fields: refused."""

    DEFAULT_UNKNOWN_BY_LOCATION: dict[str, str | None] = {}  # noqa: RUF012 - as its base has it

    def load_json(self, req: Request, schema: Any) -> Any:
        """The body, unless it is nested or holds numbers past what Python reads, or half a
        character that no answer and no table can hold."""
        try:
            body = super().load_json(req, schema)
            if b"\\u" in req.get_data():
                json.dumps(body, ensure_ascii=False, default=str).encode()
        except (ValueError, RecursionError):
            abort(400)
        return body

    def _get_schema(self, argmap: Any, req: Request) -> Any:
        # Made once: a schema's making costs more than its use.
        return super()._get_schema(_made(argmap) if isinstance(argmap, type) else argmap, req)


@cache
def _made(schema: type[Any]) -> Any:
    return schema()


class IdConverter(IntegerConverter):
    """A whole number in an address that a database can hold: at most eighteen plain digits."""

    regex = "[0-9]{1,18}"


class CodeConverter(UnicodeConverter):
    """A text in an address: printable, since PostgreSQL refuses to look for a NUL."""

    def to_python(self, value: str) -> str:
        if not value.isprintable():
            raise ValidationError
        return value


View = TypeVar("View", bound=Callable[..., Any])


class ApiBlueprint(SmorestBlueprint):  # type: ignore[misc]
    """JSON routes of one feature; the app mounts them under ``/api/v1``."""

    ARGUMENTS_PARSER = StrictParser()

    if TYPE_CHECKING:  # flask-smorest has no types

        def get(self, rule: str, **options: Any) -> Callable[[View], View]: ...
        def post(self, rule: str, **options: Any) -> Callable[[View], View]: ...
        def put(self, rule: str, **options: Any) -> Callable[[View], View]: ...
        def delete(self, rule: str, **options: Any) -> Callable[[View], View]: ...
        def arguments(self, schema: Any, **options: Any) -> Callable[[View], View]: ...
        def response(
            self, status_code: int, schema: Any = None, **options: Any
        ) -> Callable[[View], View]: ...
        def alt_response(self, status_code: int, **options: Any) -> Callable[[View], View]: ...
        def doc(self, **options: Any) -> Callable[[View], View]: ...


class PageBlueprint(FlaskBlueprint):
    """HTML routes of one feature, with its ``templates/`` folder."""

    def __init__(self, name: str, import_name: str) -> None:
        super().__init__(f"{name}_pages", import_name, template_folder="templates")
