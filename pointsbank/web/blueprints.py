"""The two kinds of blueprint: JSON under /api/v1, described by OpenAPI, and pages."""

from flask import Blueprint as FlaskBlueprint
from flask_smorest import Blueprint as SmorestBlueprint


class ApiBlueprint(SmorestBlueprint):  # type: ignore[misc]
    """JSON routes of one feature; the app mounts them under ``/api/v1``."""


class PageBlueprint(FlaskBlueprint):
    """HTML routes of one feature, with its ``templates/`` folder."""

    def __init__(self, name: str, import_name: str) -> None:
        super().__init__(f"{name}_pages", import_name, template_folder="templates")
