"""Who may call a route: ``@allow`` on each, checked before it runs."""

from collections.abc import Callable
from enum import StrEnum
from functools import partial
from typing import ParamSpec, TypeVar

from flask import Flask, current_app, g, request

from pointsbank.core.actor import Actor, Role, Scope
from pointsbank.core.errors import Forbidden, Unauthenticated

P = ParamSpec("P")
R = TypeVar("R")


class Audience(StrEnum):
    ANYONE = "anyone"
    SIGNED_IN = "signed_in"


ANYONE = Audience.ANYONE
SIGNED_IN = Audience.SIGNED_IN


def allow(*who: Role | Audience | Scope) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Declare who may call a route: roles (any one of them), ``SIGNED_IN``, or ``ANYONE``; and with
    which scopes devices and machines may.
    """

    def mark(view: Callable[P, R]) -> Callable[P, R]:
        view.allowed = frozenset(who)  # type: ignore[attr-defined]
        return view

    return mark


def actor() -> Actor:
    """Who is asking. Refuses with ``Unauthenticated`` where nobody is signed in."""
    found = visitor()
    if found is None:
        raise Unauthenticated
    return found


def visitor() -> Actor | None:
    """Who is asking, or ``None``."""
    if "visitor" not in g:
        g.visitor = current_app.extensions["resolve_actor"](request)
    return g.visitor  # type: ignore[no-any-return]


def person() -> Actor | None:
    """The person who is signed in, or ``None``: a shared device by itself is nobody."""
    found = visitor()
    return found if found is not None and found.kind == "user" else None


def check_access() -> None:
    """Before every request: refuse with Unauthenticated, then Forbidden, unless the route's
    declaration is met.
    """
    allowed = audience_of(request.endpoint)
    if ANYONE in allowed:
        return
    asking = actor()
    if asking.kind == "user":
        met = SIGNED_IN in allowed or bool(allowed & asking.roles)
    else:
        met = bool(allowed & asking.scopes) and _is_of_its_event(asking)
    if not met and asking.kind == "device":
        raise Unauthenticated  # a person may sign in on it
    if not met:
        raise Forbidden


def _is_of_its_event(asking: Actor) -> bool:
    """A device at a door touches no other event than its own."""
    named = (request.view_args or {}).get("event_id", asking.event_id)
    return asking.event_id is None or bool(named == asking.event_id)


def audience_of(endpoint: str | None) -> frozenset[Role | Audience | Scope]:
    """Who may call the route of this name; an address without a route is anyone's to ask for."""
    view = current_app.view_functions.get(endpoint or "")
    return frozenset({ANYONE}) if view is None else getattr(view, "allowed")  # noqa: B009 - set by allow()


def require_declarations(app: Flask) -> None:
    """Stop the start when a route does not say who may call it."""
    for endpoint in ("static", "api-docs.openapi_json"):
        view = partial(app.view_functions[endpoint])
        app.view_functions[endpoint] = allow(ANYONE)(view)  # type: ignore[assignment]
    bare = sorted(name for name, view in app.view_functions.items() if not hasattr(view, "allowed"))
    if bare:
        raise RuntimeError(f"routes without @allow: {', '.join(bare)}")
