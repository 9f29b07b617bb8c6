"""The session cookie: a signed envelope round the session's token, which also carries when it was
last used; and beside it, on a shared device, the device's own.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from flask import Flask, Request, g, request
from werkzeug.wrappers import Response

from pointsbank.core import bank, clock, tokens
from pointsbank.core.actor import Actor
from pointsbank.core.errors import Refused, Unavailable
from pointsbank.core.tokens import LastSeen

COOKIE = "session_token"
DEVICE_COOKIE = "device_token"
ACTING_AS = "Acting-As"
"""What a shared device's own page sends, with "device", so that a person's session does not count:
what was scanned on the device is the device's, whoever is signed in on it."""
_LONGEST = timedelta(days=400)
_BEARER = "Bearer "
_REFRESH = timedelta(minutes=1)


def open_session_cookie(response: Response, token: str, idle_minutes: int = 0) -> None:
    """Hand the session's token to the browser; with ``idle_minutes`` it stops counting when unused
    that long.
    """
    _write(response, token, idle_minutes, clock.now())


def close_session_cookie(response: Response) -> None:
    response.delete_cookie(COOKIE, path="/")


def open_device_cookie(response: Response, token: str) -> None:
    """Make this browser the device that the token stands for."""
    response.set_cookie(
        DEVICE_COOKIE,
        token,
        max_age=_LONGEST,
        secure=bank.settings().public_url.startswith("https://"),
        httponly=True,
        samesite="Lax",
        path="/",
    )


def close_device_cookie(response: Response) -> None:
    response.delete_cookie(DEVICE_COOKIE, path="/")


def device_token_of(asked: Request) -> str | None:
    """The token of the shared device that this browser is, if it is one."""
    return asked.cookies.get(DEVICE_COOKIE) or None


def token_of(asked: Request) -> str | None:
    """The session's token: from the Authorization header (machines) or from a cookie that is not
    idle.
    """
    header = asked.headers.get("Authorization", "")
    if header.startswith(_BEARER):
        return header.removeprefix(_BEARER).strip()
    cookie = asked.cookies.get(COOKIE)
    if cookie is None:
        return None
    now = clock.now()
    try:
        held, seen_at = tokens.read("session-cookie", cookie, at=now, lifetime=_LONGEST)
    except Refused:
        return None
    token, idle_minutes = str(held["token"]), int(held["idle"])
    if idle_minutes:
        if now - seen_at > timedelta(minutes=idle_minutes):
            return None
        if now - seen_at > _REFRESH:
            g.refresh = (token, idle_minutes)
    return token


def by_cookie() -> bool:
    """Whether the browser sent its cookie, and so could have been made to by another site.

    Only a bearer's token speaks for itself: a link with a name and a password in its address makes
    a browser send an Authorization header too.
    """
    return not request.headers.get("Authorization", "").startswith(_BEARER)


def register(
    app: Flask,
    actor_of: Callable[[str, datetime, str], Actor | None],
    last_seen: Callable[[str], LastSeen | None],
    note_seen: Callable[[str, datetime], None],
) -> None:
    """Make ``actor_of(token, at, address)`` the way a request becomes an ``Actor``: the person who
    is signed in, else the shared device that she would sign in on.

    A token that comes by itself, without its cookie, ends when idle just as well: ``last_seen``
    says when it came before (``None``: it does not end so), ``note_seen`` that it came now.
    """

    def resolve(asked: Request) -> Actor | None:
        at = clock.now()
        as_device = asked.headers.get(ACTING_AS) == "device"
        for token in (None if as_device else _in_use(asked, at), device_token_of(asked)):
            found = actor_of(token, at, asked.remote_addr or "") if token else None
            if found is not None:
                return found
        return None

    def _in_use(asked: Request, at: datetime) -> str | None:
        token = token_of(asked)
        seen = None if token is None or by_cookie() else last_seen(token)
        if seen is not None and seen.is_idle(at):
            return None
        if seen is not None and seen.is_stale(at):
            g.seen_again = token
        return token

    @app.after_request
    def _note(response: Response) -> Response:
        if "seen_again" in g:
            with suppress(Unavailable):  # the answer stands all the same
                note_seen(g.seen_again, clock.now())
        return response

    app.extensions["resolve_actor"] = resolve
    app.after_request(_refresh)


def _refresh(response: Response) -> Response:
    if "refresh" in g and not any(
        h.startswith(COOKIE) for h in response.headers.getlist("Set-Cookie")
    ):
        token, idle_minutes = g.refresh
        _write(response, token, idle_minutes, clock.now())
    return response


def _write(response: Response, token: str, idle_minutes: int, at: datetime) -> None:
    response.set_cookie(
        COOKIE,
        tokens.sign(
            "session-cookie", {"token": token, "idle": idle_minutes}, at=at.astimezone(UTC)
        ),
        max_age=None if idle_minutes else timedelta(days=bank.settings().volunteer_session_days),
        secure=bank.settings().public_url.startswith("https://"),
        httponly=True,
        samesite="Lax",
        path="/",
    )
