"""Puts the service together: every feature's routes, found by file name, behind the shared edge."""

import importlib
import secrets
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any

import structlog
from flask import Flask, Request, Response, g, jsonify, redirect, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask_smorest import Api
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response as AnyResponse

from pointsbank.access import queries as access
from pointsbank.access.operations import note_seen
from pointsbank.access.rules import IDLE_TOKEN, local_path
from pointsbank.core import bank, database, encryption, resources
from pointsbank.core.actor import Actor
from pointsbank.core.tokens import LastSeen
from pointsbank.devices import queries as devices
from pointsbank.devices.rules import is_of_a_thing
from pointsbank.web import access as web_access
from pointsbank.web import (
    assets,
    errors,
    formats,
    navigation,
    protection,
    sessions,
    translations,
    uploads,
)
from pointsbank.web.access import ANYONE, allow, person, visitor
from pointsbank.web.blueprints import CodeConverter, IdConverter
from pointsbank.web.schemas import ProblemView

log = structlog.get_logger()


class ProblemApi(Api):  # type: ignore[misc]
    """flask-smorest with our problem details in its document."""

    ERROR_SCHEMA = ProblemView

    def _register_responses(self) -> None:
        # Refusals, unlike answers, are of this type; flask-smorest has one type for both.
        self.DEFAULT_RESPONSE_CONTENT_TYPE = "application/problem+json"
        super()._register_responses()
        del self.DEFAULT_RESPONSE_CONTENT_TYPE


def create_app() -> Flask:
    """The WSGI application of the bank that is open (``core.bank.open_bank``)."""
    settings = bank.settings()
    app = Service(
        "pointsbank",
        static_folder=str(resources.folder("static")),
        template_folder="web/templates",
        root_path=str(importlib.resources.files("pointsbank")),
    )
    app.session_interface = CookieWhenThere()
    app.config.update(
        SECRET_KEY=encryption.derived("flask-session").hex(),
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.public_url.startswith("https://"),
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(hours=1),
        MAX_CONTENT_LENGTH=settings.upload_bytes,
        MAX_FORM_MEMORY_SIZE=settings.upload_bytes,
        API_TITLE="Points Bank 积分银行",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/api/v1",
        OPENAPI_JSON_PATH="openapi.json",
    )
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]
    app.url_map.converters.update(int=IdConverter, default=CodeConverter)
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    assets.register(app, resources.folder("static"))
    translations.register(app)
    formats.register(app)
    sessions.register(app, _actor_of, _last_seen, _note_seen)
    _log_requests(app)
    api = ProblemApi(app)
    found: list[navigation.Link] = []
    for feature in resources.features():
        if module := _module(feature, "api"):
            api.register_blueprint(module.api, url_prefix=f"/api/v1{module.api.url_prefix or ''}")
        if module := _module(feature, "pages"):
            app.register_blueprint(module.pages)
            found.extend(getattr(module, "NAVIGATION", ()))
    navigation.register(app, found)
    _own_routes(app)
    app.before_request(web_access.check_access)
    uploads.register(app)
    protection.register(app)
    errors.register(app)
    web_access.require_declarations(app)
    return app


class Service(Flask):
    """Flask without coroutines: it would ask eleven times a request whether a function is one."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return func


class CookieWhenThere(SecureCookieSessionInterface):
    """Flask's cookie of the CSRF token, without setting up signatures where none was sent."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        if self.get_cookie_name(app) not in request.cookies:
            return self.session_class()
        return super().open_session(app, request)


def _module(feature: str, name: str) -> ModuleType | None:
    path = f"pointsbank.{feature}.{name}"
    if feature in {"core", "web"} or not importlib.util.find_spec(path):
        return None
    return importlib.import_module(path)


def _actor_of(token: str, at: datetime, address: str) -> Actor | None:
    """A person by her session; a shared device or a machine by a token of its own."""
    find = devices.actor_of_token if is_of_a_thing(token) else access.actor_of_token
    with database.reading() as connection:
        return find(connection, token, at, address=address)


def _last_seen(token: str) -> LastSeen | None:
    if not token.startswith(IDLE_TOKEN):
        return None
    with database.reading() as connection:
        return access.last_seen(connection, token)


def _note_seen(token: str, at: datetime) -> None:
    with database.transaction() as session:
        note_seen(session, token=token, at=at)


def _own_routes(app: Flask) -> None:
    @app.get("/healthz")
    @allow(ANYONE)
    def healthz() -> tuple[Response, int]:
        try:
            alive = database.answers()
        except Exception as failure:
            log.error("database_silent", error=type(failure).__name__)
            alive = False
        return jsonify(status="ok" if alive else "database does not answer"), 200 if alive else 503

    @app.get("/")
    @allow(ANYONE)
    def home() -> AnyResponse:
        asking = person()
        if asking is None:
            return redirect("/device" if visitor() else "/sign-in", 303)
        first = next((link for link in app.extensions["navigation"] if link.seen_by(asking)), None)
        return redirect(first.url if first else "/password", 303)

    @app.post("/language")
    @allow(ANYONE)
    def language() -> AnyResponse:
        wanted = request.form.get("language", "")
        back = request.form.get("next", "/")
        response = redirect(local_path(back), 303)
        if wanted in translations.LANGUAGES:
            response.set_cookie(
                translations.COOKIE,
                wanted,
                max_age=timedelta(days=400),
                samesite="Lax",
                httponly=True,
            )
        return response


def _log_requests(app: Flask) -> None:
    """One line a request: the route's name, never its address, which holds what people typed."""

    @app.before_request
    def _begin() -> None:
        g.begun = time.perf_counter()
        g.request_id = secrets.token_hex(6)

    @app.after_request
    def _end(response: Response) -> Response:
        if request.endpoint not in {"static", "healthz"}:
            log.info(
                "request",
                id=g.get("request_id"),
                method=request.method,
                endpoint=request.endpoint,
                status=response.status_code,
                ms=round((time.perf_counter() - g.begun) * 1000, 1) if "begun" in g else None,
            )
        return response
