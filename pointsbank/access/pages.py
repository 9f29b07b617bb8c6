"""Pages: sign in, its second step, and out; one's password, and what makes one's account safe."""

from urllib.parse import quote

from flask import Response, flash, render_template, request
from flask_babel import gettext

from pointsbank.access import authenticators, entrance, operations, queries
from pointsbank.access.rules import (
    CodeNeeded,
    LockedOut,
    OpenedSession,
    Origin,
    SecondStepOver,
    WrongCode,
    WrongPassword,
    agent_label,
    local_path,
)
from pointsbank.access.schemas import CodeForm, PasswordForm, RemovalForm, SignInForm
from pointsbank.core import bank, clock, qr
from pointsbank.core.actor import Role
from pointsbank.core.database import snapshot, transaction
from pointsbank.core.errors import Invalid, Refused
from pointsbank.web import ANYONE, SIGNED_IN, PageBlueprint, actor, allow, form
from pointsbank.web.access import person
from pointsbank.web.errors import sentence_of, status_of
from pointsbank.web.sessions import (
    close_session_cookie,
    device_token_of,
    open_session_cookie,
    token_of,
)

pages = PageBlueprint("access", __name__)
Page = tuple[str, int]


def origin() -> Origin:
    """From where this request comes, as its owner may recognise it."""
    return Origin(request.remote_addr or "", agent_label(request.user_agent.string))


@pages.get("/sign-in")
@allow(ANYONE)
def sign_in_form() -> Response | str:
    wanted = local_path(request.args.get("next", "/"))
    asking = person()
    if asking is not None:
        return _to(wanted if asking.roles else f"/password?next={_quoted(wanted)}")
    return render_template("access/sign_in.html", wanted=wanted, name="", errors={}, sentence="")


@pages.post("/sign-in")
@allow(ANYONE)
def sign_in() -> Response | Page:
    wanted = local_path(request.form.get("next", "/"))
    try:
        asked = form(SignInForm)
        opened = entrance.enter(asked["name"], asked["password"], origin())
    except CodeNeeded as needed:
        return _code_page(wanted, needed.half_way, None)
    except (Invalid, WrongPassword, LockedOut) as refused:
        return _sign_in_again(wanted, refused)
    return _entered(opened, wanted)


@pages.post("/sign-in/code")
@allow(ANYONE)
def sign_in_by_code() -> Response | Page:
    """The second step: the authenticator's code, or one of the printed recovery codes."""
    wanted, half_way = local_path(request.form.get("next", "/")), request.form.get("half_way", "")
    try:
        opened = entrance.enter_by_code(half_way[:500], form(CodeForm)["code"], origin())
    except (Invalid, WrongCode, LockedOut) as refused:
        return _code_page(wanted, half_way[:500], refused)
    except SecondStepOver as over:
        return _sign_in_again(wanted, over)
    return _entered(opened, wanted)


def _code_page(wanted: str, half_way: str, refused: Refused | None) -> Page:
    page = render_template(
        "access/code.html",
        wanted=wanted,
        half_way=half_way,
        errors=refused.fields if isinstance(refused, Invalid) else {},
        sentence=sentence_of(refused) if refused else "",
    )
    return page, status_of(refused) if refused else 200


def _sign_in_again(wanted: str, refused: Refused) -> Page:
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
    """To where she was going, by way of what must come first: a password, an authenticator."""
    first = "/password" if opened.must_change else "/security" if opened.must_enrol else ""
    response = _to(f"{first}?next={_quoted(wanted)}" if first else wanted)
    open_session_cookie(response, opened.token, opened.idle_minutes)
    return response


def _quoted(path: str) -> str:
    return quote(path, safe="")


def _to(path: str) -> Response:
    response = Response(status=303)
    response.location = path
    return response


@pages.post("/sign-out")
@allow(ANYONE)
def sign_out() -> Response:
    with transaction() as session:
        operations.sign_out(session, token=token_of(request) or "", at=clock.now())
    response = _to("/device" if device_token_of(request) else "/sign-in")
    close_session_cookie(response)
    return response


@pages.get("/password")
@allow(SIGNED_IN)
def password_form() -> str:
    return _password_page(local_path(request.args.get("next", "/")), {}, "")


@pages.post("/password")
@allow(SIGNED_IN)
def change_password() -> Response | Page:
    wanted = local_path(request.form.get("next", "/"))
    try:
        asked = form(PasswordForm)
        token = token_of(request) or ""
        opened = entrance.renew(actor().id, asked["current"], asked["new"], origin(), token=token)
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


@pages.get("/security")
@allow(SIGNED_IN)
def security() -> Page:
    """我的安全: where I am signed in, and what stands before my account."""
    return _security_page(None)


def _security_page(refused: Refused | None) -> Page:
    now, me = clock.now(), actor()
    with snapshot() as session:
        mine = queries.session_of_token(session, token_of(request) or "")
        page = render_template(
            "access/security.html",
            user=queries.user(session, me.id),
            sessions=queries.sessions_of(session, me.id, at=now),
            mine=mine.id if mine else 0,
            must_enrol=bool(mine and mine.must_enrol),
            enrolled=authenticators.is_asked(session, me.id),
            required=bank.settings().administrators_use_totp
            and queries.administers(session, me.id, on=clock.today()),
            is_clerk=Role.CLERK in me.roles,
            errors=refused.fields if isinstance(refused, Invalid) else {},
            sentence=sentence_of(refused) if refused else "",
        )
    return page, status_of(refused) if refused else 200


@pages.post("/security/sessions/<int:session_id>/end")
@allow(SIGNED_IN)
def end_session(session_id: int) -> Response:
    with transaction() as session:
        operations.end_session(session, actor(), session_id=session_id, at=clock.now())
    flash(gettext("已结束那里的登录。"), "success")
    return _to("/security")


@pages.post("/security/sessions/end")
@allow(SIGNED_IN)
def end_other_sessions() -> Response:
    token = token_of(request) or ""
    with transaction() as session:
        ended = operations.end_other_sessions(session, actor(), token=token, at=clock.now())
    flash(gettext("已结束其他 %(count)s 处登录。", count=ended), "success")
    return _to("/security")


@pages.post("/security/authenticator")
@allow(SIGNED_IN)
def begin_authenticator() -> Response:
    with transaction() as session:
        operations.begin_authenticator(session, actor(), at=clock.now())
    return _to("/security/authenticator")


@pages.get("/security/authenticator")
@allow(SIGNED_IN)
def authenticator() -> Page:
    return _authenticator_page(None)


def _authenticator_page(refused: Refused | None) -> Page:
    with snapshot() as session:
        secret, address = authenticators.unconfirmed(session, actor())
    page = render_template(
        "access/authenticator.html",
        secret=secret,
        drawing=qr.svg(address, gettext("动态口令的二维码，请用手机验证器扫描")),
        errors=refused.fields if isinstance(refused, Invalid) else {},
        sentence=sentence_of(refused) if refused else "",
    )
    return page, status_of(refused) if refused else 200


@pages.post("/security/authenticator/confirmation")
@allow(SIGNED_IN)
def confirm_authenticator() -> Page:
    try:
        code = form(CodeForm)["code"]
        with transaction() as session:
            codes = operations.confirm_authenticator(session, actor(), code=code, at=clock.now())
    except Invalid as refused:
        return _authenticator_page(refused)
    if isinstance(codes, WrongCode):
        return _authenticator_page(codes)
    return render_template("access/recovery_codes.html", codes=codes), 200


@pages.post("/security/authenticator/removal")
@allow(SIGNED_IN)
def remove_authenticator() -> Response | Page:
    try:
        asked = form(RemovalForm)
        entrance.remove_authenticator(actor(), asked["password"], asked["code"])
    except (Invalid, WrongPassword, WrongCode, LockedOut) as refused:
        return _security_page(refused)
    flash(gettext("动态口令已停用。"), "success")
    return _to("/security")
