"""What every answer and every write must carry: security headers and a CSRF token."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from flask import Flask, Response, current_app, request
from flask_wtf.csrf import CSRFError, CSRFProtect, generate_csrf
from markupsafe import Markup

from pointsbank.core import bank
from pointsbank.core.errors import Forbidden, say
from pointsbank.web.access import ANYONE, audience_of
from pointsbank.web.sessions import by_cookie

P = ParamSpec("P")
R = TypeVar("R")
_POLICY = "; ".join(
    (
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:",
        "font-src 'self'", "connect-src 'self'", "manifest-src 'self'", "form-action 'self'",
        "base-uri 'none'", "frame-ancestors 'none'",
    )
)  # fmt: skip
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(), microphone=()",
}
_OVER_HTTPS = {"Strict-Transport-Security": "max-age=31536000"}
_DECODING = {
    "Content-Security-Policy": _POLICY.replace(
        "script-src 'self'", "script-src 'self' 'wasm-unsafe-eval'"
    )
}
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class FormExpired(Forbidden):
    """The page that the form stood on is too old, or the request came from another site."""

    sentence = say("页面已过期，请刷新后重新提交。")


def decodes(view: Callable[P, R]) -> Callable[P, R]:
    """Let the scripts of this one page run our WebAssembly, which reads codes off pictures."""
    view.decodes = True  # type: ignore[attr-defined]  # a mark
    return view


def register(app: Flask) -> None:
    app.config.update(WTF_CSRF_CHECK_DEFAULT=False, WTF_CSRF_TIME_LIMIT=None)
    protect = CSRFProtect(app)
    https = bank.settings().public_url.startswith("https://")
    headers = _HEADERS | (_OVER_HTTPS if https else {})

    @app.before_request
    def _check() -> None:
        if request.method in _SAFE or not by_cookie():
            return
        # An API route open to anyone acts on what its body carries, never on the cookie.
        if request.path.startswith("/api/") and ANYONE in audience_of(request.endpoint):
            return
        try:
            protect.protect()
        except CSRFError:
            raise FormExpired from None

    @app.after_request
    def _headers(response: Response) -> Response:
        view = current_app.view_functions.get(request.endpoint or "")
        response.headers.extend(headers | (_DECODING if hasattr(view, "decodes") else {}))
        if request.endpoint != "static":
            response.headers["Cache-Control"] = "no-store"
        return response

    app.jinja_env.globals.update(csrf=_csrf, csrf_token=generate_csrf)


def _csrf() -> Markup:
    return Markup('<input type="hidden" name="csrf_token" value="{}">').format(generate_csrf())
