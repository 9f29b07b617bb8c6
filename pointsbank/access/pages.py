"""Pages of one's password and of what makes one's account safe; those of the way in are beside."""

from flask import Response, flash, render_template, request
from flask_babel import gettext

from pointsbank.access import (
    authenticators,
    entrance,
    identities,
    operations,
    provider_pages,
    queries,
    sign_in_pages,
)
from pointsbank.access.rules import LockedOut, WrongCode, WrongPassword, local_path
from pointsbank.access.schemas import CodeForm, PasswordForm, RemovalForm
from pointsbank.access.sign_in_pages import Page, entered, origin, provider_name, to
from pointsbank.core import bank, clock, qr
from pointsbank.core.actor import Role
from pointsbank.core.database import snapshot, transaction
from pointsbank.core.errors import Invalid, Refused
from pointsbank.web import SIGNED_IN, PageBlueprint, actor, allow, form
from pointsbank.web.errors import sentence_of, status_of
from pointsbank.web.sessions import token_of

pages = PageBlueprint("access", __name__)
pages.register_blueprint(sign_in_pages.pages)
pages.register_blueprint(provider_pages.pages)


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
    return entered(opened, wanted)


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
        chosen=user.password_chosen_at is not None,
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
            provider=provider_name(),
            identity=identities.linked(session, me.id),
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
    return to("/security")


@pages.post("/security/sessions/end")
@allow(SIGNED_IN)
def end_other_sessions() -> Response:
    token = token_of(request) or ""
    with transaction() as session:
        ended = operations.end_other_sessions(session, actor(), token=token, at=clock.now())
    flash(gettext("已结束其他 %(count)s 处登录。", count=ended), "success")
    return to("/security")


@pages.post("/security/authenticator")
@allow(SIGNED_IN)
def begin_authenticator() -> Response:
    with transaction() as session:
        operations.begin_authenticator(session, actor(), at=clock.now())
    return to("/security/authenticator")


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
    return to("/security")
