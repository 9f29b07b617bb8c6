"""Pages of the way in: sign in, its second step, and out."""

from urllib.parse import quote

from flask import Response, render_template, request
from flask_babel import gettext

from pointsbank.access import entrance, operations, provider
from pointsbank.access.rules import (
    CodeNeeded,
    Entry,
    LockedOut,
    OpenedSession,
    Origin,
    SecondStepOver,
    WrongCode,
    WrongPassword,
    agent_label,
    local_path,
)
from pointsbank.access.schemas import CodeForm, SignInForm
from pointsbank.core import clock
from pointsbank.core.database import transaction
from pointsbank.core.errors import Invalid, Refused
from pointsbank.web import ANYONE, PageBlueprint, allow, form
from pointsbank.web.access import person
from pointsbank.web.errors import sentence_of, status_of
from pointsbank.web.sessions import (
    close_session_cookie,
    device_token_of,
    open_session_cookie,
    token_of,
)

pages = PageBlueprint("sign_in", __name__)
Page = tuple[str, int]


def origin() -> Origin:
    """From where this request comes, as its owner may recognise it."""
    return Origin(request.remote_addr or "", agent_label(request.user_agent.string))


def provider_name() -> str:
    """What the reader calls the identity provider; empty where there is none."""
    return gettext(provider.name()) if provider.is_on() else ""


@pages.get("/sign-in")
@allow(ANYONE)
def sign_in_form() -> Response | str:
    wanted = local_path(request.args.get("next", "/"))
    asking = person()
    if asking is not None:
        return to(wanted if asking.roles else f"/password?next={quoted(wanted)}")
    return sign_in_page(wanted)[0]


@pages.post("/sign-in")
@allow(ANYONE)
def sign_in() -> Response | Page:
    wanted = local_path(request.form.get("next", "/"))
    try:
        asked = form(SignInForm)
        opened = entrance.enter(asked["name"], asked["password"], origin())
    except CodeNeeded as needed:
        return code_page(wanted, needed.half_way, None)
    except (Invalid, WrongPassword, LockedOut) as refused:
        return sign_in_page(wanted, refused)
    return entered(opened, wanted)


@pages.post("/sign-in/code")
@allow(ANYONE)
def sign_in_by_code() -> Response | Page:
    """The second step: the authenticator's code, or one of the printed recovery codes."""
    wanted, half_way = local_path(request.form.get("next", "/")), request.form.get("half_way", "")
    try:
        opened = entrance.enter_by_code(half_way[:500], form(CodeForm)["code"], origin())
    except (Invalid, WrongCode, LockedOut) as refused:
        return code_page(wanted, half_way[:500], refused)
    except SecondStepOver as over:
        return sign_in_page(wanted, over)
    return entered(opened, wanted)


def code_page(wanted: str, half_way: str, refused: Refused | None) -> Page:
    page = render_template(
        "access/code.html",
        wanted=wanted,
        half_way=half_way,
        errors=refused.fields if isinstance(refused, Invalid) else {},
        sentence=sentence_of(refused) if refused else "",
    )
    return page, status_of(refused) if refused else 200


def sign_in_page(wanted: str, refused: Refused | None = None) -> Page:
    """The form with what was typed, but the password, and what was wrong."""
    page = render_template(
        "access/sign_in.html",
        wanted=wanted,
        name=request.form.get("name", "")[:64],
        errors=refused.fields if isinstance(refused, Invalid) else {},
        sentence=sentence_of(refused) if refused else "",
        provider=provider_name(),
    )
    return page, status_of(refused) if refused else 200


def entered(opened: OpenedSession, wanted: str) -> Response:
    """To where she was going, by way of what must come first: a password, an authenticator."""
    first = "/password" if opened.must_change else "/security" if opened.must_enrol else ""
    response = to(f"{first}?next={quoted(wanted)}" if first else wanted)
    open_session_cookie(response, opened.token, opened.idle_minutes)
    return response


def quoted(path: str) -> str:
    return quote(path, safe="")


def to(path: str) -> Response:
    response = Response(status=303)
    response.location = path
    return response


@pages.post("/sign-out")
@allow(ANYONE)
def sign_out() -> Response:
    with transaction() as session:
        ended = operations.sign_out(session, token=token_of(request) or "", at=clock.now())
    there_too = provider.is_on() and ended is Entry.PROVIDER
    after = "/sign-in/provider/leaving" if there_too else "/sign-in"
    response = to("/device" if device_token_of(request) else after)
    close_session_cookie(response)
    return response
