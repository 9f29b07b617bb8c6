"""Larger bodies for the few routes that take files, kept in memory, not clear on a disk."""

import io
from collections.abc import Callable
from typing import IO, ParamSpec, TypeVar

from flask import Flask, Request, current_app, request

from pointsbank.core import bank

P = ParamSpec("P")
R = TypeVar("R")
_BESIDE_THE_FILE = 100_000


class InMemory(Request):
    """A request whose files never touch the disk: what people upload holds names and numbers."""

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        return io.BytesIO()


def takes_file(setting: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let a route's body be as large as this setting says, instead of ``upload_bytes``."""

    def mark(view: Callable[P, R]) -> Callable[P, R]:
        view.largest_file = setting  # type: ignore[attr-defined]  # a mark
        return view

    return mark


def register(app: Flask) -> None:
    """Call it after access is checked: a stranger's body is held to the smaller limit."""
    app.request_class = InMemory

    @app.before_request
    def _widen() -> None:
        view = current_app.view_functions.get(request.endpoint or "")
        if setting := getattr(view, "largest_file", ""):
            largest: int = getattr(bank.settings(), setting)
            request.max_content_length = largest + _BESIDE_THE_FILE
