"""How a page's form is carried out: done and told on the next page, or shown again."""

import secrets
from collections.abc import Callable
from typing import Any

import marshmallow as ma
from flask import flash, redirect, render_template, request
from werkzeug.wrappers import Response

from pointsbank.core import clock
from pointsbank.core.database import transaction
from pointsbank.core.errors import Invalid, Refused
from pointsbank.web.access import actor
from pointsbank.web.errors import sentence_of, status_of
from pointsbank.web.requests import form

Page = tuple[str, int]


def form_page(template: str, refused: Refused | None, **given: Any) -> Page:
    """A page with its forms, and what was wrong with the one that was sent."""
    shown = render_template(
        template,
        key=secrets.token_urlsafe(16),
        typed=request.form,
        refused=sentence_of(refused) if refused else "",
        errors=refused.fields if isinstance(refused, Invalid) else {},
        **given,
    )
    return shown, status_of(refused) if refused else 200


def carried_out(
    verb: Callable[..., Any], schema: type[ma.Schema], *, then: str, told: str,
    again: Callable[[Refused], Page], **whose: int,
) -> Response | Page:  # fmt: skip
    """What the sent form asks of ``verb``: ``told`` on the page ``then``; refused, the form
    ``again``.
    """
    try:
        asked = form(schema)
        with transaction() as session:
            verb(session, actor(), **whose, **asked, at=clock.now())
    except Refused as refused:
        return again(refused)
    flash(told, "success")
    return redirect(then, 303)
