"""JSON: sessions, who one is, one's password, where one is signed in."""

from typing import Any

from flask import Response, request

from pointsbank.access import entrance, operations, queries
from pointsbank.access.rules import OpenedSession, Origin, agent_label
from pointsbank.access.schemas import (
    ApiSignInRequest,
    OwnSessionsView,
    PasswordRequest,
    SessionView,
    SignedInView,
)
from pointsbank.core import clock
from pointsbank.core.actor import Actor
from pointsbank.core.database import snapshot, transaction
from pointsbank.web import ANYONE, SIGNED_IN, ApiBlueprint, actor, allow
from pointsbank.web.sessions import close_session_cookie, open_session_cookie, token_of

api = ApiBlueprint("access", __name__, description="登录 / sign-in")


def _origin() -> Origin:
    return Origin(request.remote_addr or "", agent_label(request.user_agent.string))


def _with_cookie(opened: OpenedSession) -> Response:
    response = Response(SessionView().dumps(opened), 201, mimetype="application/json")
    open_session_cookie(response, opened.token, opened.idle_minutes)
    return response


@api.post("/sessions")
@api.arguments(ApiSignInRequest)
@api.response(201, SessionView)
@allow(ANYONE)
def sign_in(asked: dict[str, Any]) -> Response:
    """Sign in by phone number or staff name; the session comes as a cookie and in the body."""
    return _with_cookie(entrance.enter(**asked, origin=_origin()))


@api.delete("/sessions/current")
@api.response(204)
@allow(SIGNED_IN)
def sign_out() -> Response:
    """End the session that this request came with."""
    with transaction() as session:
        operations.sign_out(session, token=token_of(request) or "", at=clock.now())
    response = Response(status=204)
    close_session_cookie(response)
    return response


@api.put("/me/password")
@api.arguments(PasswordRequest)
@api.response(201, SessionView)
@allow(SIGNED_IN)
def change_password(asked: dict[str, Any]) -> Response:
    """Change one's own password: all sessions end, and a new one opens."""
    token = token_of(request) or ""
    return _with_cookie(entrance.renew(actor().id, **asked, origin=_origin(), token=token))


@api.get("/me")
@api.response(200, SignedInView)
@allow(SIGNED_IN)
def me() -> Actor:
    """Who is signed in, and in which roles for which organisations."""
    return actor()


@api.get("/me/sessions")
@api.response(200, OwnSessionsView)
@allow(SIGNED_IN)
def own_sessions() -> dict[str, Any]:
    """Where one is signed in, newest first."""
    with snapshot() as session:
        mine = queries.session_of_token(session, token_of(request) or "")
        found = queries.sessions_of(session, actor().id, at=clock.now())
    return {"sessions": found, "current": mine.id if mine else None}


@api.delete("/me/sessions/<int:session_id>")
@api.response(204)
@allow(SIGNED_IN)
def end_session(session_id: int) -> None:
    """End one of one's own sessions."""
    with transaction() as session:
        operations.end_session(session, actor(), session_id=session_id, at=clock.now())


@api.delete("/me/sessions")
@api.response(204)
@allow(SIGNED_IN)
def end_other_sessions() -> None:
    """End all of one's own sessions but this one."""
    token = token_of(request) or ""
    with transaction() as session:
        operations.end_other_sessions(session, actor(), token=token, at=clock.now())
