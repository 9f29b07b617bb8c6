"""JSON: sessions, who one is, one's password, the audit trail."""

from typing import Any

from flask import Response, request

from pointsbank.access import entrance, operations, queries
from pointsbank.access.rules import OpenedSession
from pointsbank.access.schemas import (
    PasswordRequest,
    SessionView,
    SignedInView,
    SignInRequest,
    TrailQuery,
    TrailView,
)
from pointsbank.core import clock
from pointsbank.core.actor import Actor, Role
from pointsbank.core.database import snapshot, transaction
from pointsbank.web import ANYONE, SIGNED_IN, ApiBlueprint, actor, allow
from pointsbank.web.sessions import close_session_cookie, open_session_cookie, token_of

PAGE = 50

api = ApiBlueprint("access", __name__, description="登录与审计 / sign-in and audit trail")


def _with_cookie(opened: OpenedSession) -> Response:
    response = Response(SessionView().dumps(opened), 201, mimetype="application/json")
    open_session_cookie(response, opened.token, opened.idle_minutes)
    return response


@api.post("/sessions")
@api.arguments(SignInRequest)
@api.response(201, SessionView)
@allow(ANYONE)
def sign_in(asked: dict[str, Any]) -> Response:
    """Sign in by phone number or staff name; the session comes as a cookie and in the body."""
    opened = entrance.enter(asked["name"], asked["password"], address=request.remote_addr or "")
    return _with_cookie(opened)


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
    return _with_cookie(entrance.renew(actor().id, **asked, address=request.remote_addr or ""))


@api.get("/me")
@api.response(200, SignedInView)
@allow(SIGNED_IN)
def me() -> Actor:
    """Who is signed in, and in which roles for which organisations."""
    return actor()


@api.get("/audit-entries")
@api.arguments(TrailQuery, location="query")
@api.response(200, TrailView)
@allow(Role.AUDITOR)
def audit_entries(asked: dict[str, Any]) -> dict[str, Any]:
    """The audit trail of the auditor's organisations, newest first, 50 at a time."""
    with snapshot() as session:
        entries = queries.trail(session, actor(), **asked, most=PAGE)
    return {"entries": entries, "next_before": entries[-1].id if len(entries) == PAGE else None}
