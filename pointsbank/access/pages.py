"""Pages: sign in and out, change one's password, the auditor's trail."""

from typing import Any
from urllib.parse import urlencode

from flask import Response, flash, render_template, request
from flask_babel import gettext

from pointsbank.access import entrance, operations, queries, words
from pointsbank.access.rules import LockedOut, OpenedSession, WrongPassword, local_path
from pointsbank.access.schemas import PasswordForm, SignInForm, TrailQuery
from pointsbank.core import clock
from pointsbank.core.actor import Role
from pointsbank.core.database import snapshot, transaction
from pointsbank.core.errors import Invalid, Refused, say
from pointsbank.web import ANYONE, SIGNED_IN, PageBlueprint, actor, allow, form, query
from pointsbank.web.access import visitor
from pointsbank.web.errors import sentence_of, status_of
from pointsbank.web.navigation import Link
from pointsbank.web.sessions import close_session_cookie, open_session_cookie, token_of

PAGE = 50
NAVIGATION = (Link("/audit", say("审计记录"), 80, frozenset({Role.AUDITOR})),)

pages = PageBlueprint("access", __name__)


@pages.get("/sign-in")
@allow(ANYONE)
def sign_in_form() -> Response | str:
    wanted = local_path(request.args.get("next", "/"))
    person = visitor()
    if person is not None:
        return _to(wanted if person.roles else _password_url(wanted))
    return render_template("access/sign_in.html", wanted=wanted, name="", errors={}, sentence="")


@pages.post("/sign-in")
@allow(ANYONE)
def sign_in() -> Response | tuple[str, int]:
    wanted = local_path(request.form.get("next", "/"))
    try:
        asked = form(SignInForm)
        opened = entrance.enter(asked["name"], asked["password"], address=_address())
    except (Invalid, WrongPassword, LockedOut) as refused:
        return _sign_in_again(wanted, refused)
    return _entered(opened, wanted)


def _sign_in_again(wanted: str, refused: Refused) -> tuple[str, int]:
    """The form with what was typed, but the password, and what was wrong."""
    page = render_template(
        "access/sign_in.html",
        wanted=wanted,
        name=request.form.get("name", "")[:64],
        errors=refused.fields if isinstance(refused, Invalid) else {},
        sentence=sentence_of(refused),
    )
    return page, status_of(refused)


def _entered(opened: OpenedSession, wanted: str) -> Response:
    """To where she was going, by way of the password page if she must change hers."""
    response = _to(_password_url(wanted) if opened.must_change else wanted)
    open_session_cookie(response, opened.token, opened.idle_minutes)
    return response


def _password_url(wanted: str) -> str:
    return f"/password?{urlencode({'next': wanted})}"


def _to(path: str) -> Response:
    response = Response(status=303)
    response.location = path
    return response


def _address() -> str:
    return request.remote_addr or ""


@pages.post("/sign-out")
@allow(ANYONE)
def sign_out() -> Response:
    with transaction() as session:
        operations.sign_out(session, token=token_of(request) or "", at=clock.now())
    response = _to("/sign-in")
    close_session_cookie(response)
    return response


@pages.get("/password")
@allow(SIGNED_IN)
def password_form() -> str:
    return _password_page(local_path(request.args.get("next", "/")), {}, "")


@pages.post("/password")
@allow(SIGNED_IN)
def change_password() -> Response | tuple[str, int]:
    wanted = local_path(request.form.get("next", "/"))
    try:
        asked = form(PasswordForm)
        opened = entrance.renew(actor().id, asked["current"], asked["new"], address=_address())
    except (Invalid, WrongPassword, LockedOut) as refused:
        errors, sentence = _placed(refused)
        return _password_page(wanted, errors, sentence), status_of(refused)
    flash(gettext("密码已修改，其他设备需要重新登录。"), "success")
    return _entered(opened, wanted)


def _password_page(wanted: str, errors: dict[str, list[str]], sentence: str) -> str:
    with snapshot() as session:
        user = queries.user(session, actor().id)
        staff = queries.is_staff(session, user, on=clock.today())
    return render_template(
        "access/password.html",
        wanted=wanted,
        errors=errors,
        sentence=sentence,
        staff=staff,
        staff_name=user.staff_name or "",
        must_change=user.must_change,
    )


def _placed(refused: Refused) -> tuple[dict[str, list[str]], str]:
    """What was wrong, beside its field, and the sentence above the form."""
    if isinstance(refused, LockedOut):
        return {}, sentence_of(refused)
    if isinstance(refused, WrongPassword):
        return {"current": [gettext("原密码不对，请重新填写。")]}, ""
    fields = refused.fields if isinstance(refused, Invalid) else {}
    return fields or {"new": [sentence_of(refused)]}, ""


@pages.get("/audit")
@allow(Role.AUDITOR)
def audit_trail() -> str:
    asked = query(TrailQuery)
    with snapshot() as session:
        lines = queries.trail(session, actor(), **asked, most=PAGE + 1)
    older = lines[PAGE - 1].id if len(lines) > PAGE else None
    return render_template(
        "access/audit.html",
        lines=lines[:PAGE],
        asked=asked,
        actions=sorted((code, gettext(name)) for code, name in words.ACTION_NAMES.items()),
        words=words,
        older_url=f"/audit?{urlencode(_given(asked) | {'before': older})}" if older else "",
        newest_url=f"/audit?{urlencode(_given(asked))}" if "before" in asked else "",
    )


def _given(asked: dict[str, Any]) -> dict[str, str]:
    """The filters as they stand in the address, without the page."""
    return {name: str(value) for name, value in asked.items() if name != "before"}
