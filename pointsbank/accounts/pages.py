"""Pages of who keeps accounts: the list, one account with its roles, slips with first passwords."""

from datetime import timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from pointsbank.access import operations as access
from pointsbank.access.models import SignInSession
from pointsbank.access.operations import RENEWERS
from pointsbank.accounts import operations, queries
from pointsbank.accounts.rules import GRANTABLE, STATE_NAMES, AccountLine, Slip
from pointsbank.accounts.schemas import (
    AccountsQuery,
    PlacesQuery,
    RoleForm,
    SearchForm,
    StaffAccountForm,
    WithdrawalForm,
)
from pointsbank.core import bank, clock
from pointsbank.core.actor import ROLE_NAMES, Role
from pointsbank.core.database import Session, snapshot, transaction
from pointsbank.core.errors import Conflict, Invalid, Refused, say
from pointsbank.members.rules import RELATION_NAMES
from pointsbank.web import PageBlueprint, actor, allow, form, query
from pointsbank.web.errors import sentence_of, status_of
from pointsbank.web.navigation import Link
from pointsbank.web.requests import opened_text, sealed_text

pages = PageBlueprint("accounts", __name__)
NAVIGATION = (Link("/accounts", say("账号与权限"), 70, frozenset({Role.ADMINISTRATOR})),)
PAGE = 50
Page = tuple[str, int]


@pages.context_processor
def _words() -> dict[str, Any]:
    return {"role_names": ROLE_NAMES, "account_states": STATE_NAMES, "grantable": GRANTABLE}


def _told(refused: Refused | None) -> dict[str, Any]:
    return {
        "errors": refused.fields if isinstance(refused, Invalid) else {},
        "sentence": sentence_of(refused) if refused else "",
        "asked": request.form if refused else {},
    }


@pages.get("/accounts")
@allow(Role.ADMINISTRATOR)
def accounts() -> str:
    asked = query(AccountsQuery)
    sought = opened_text(asked["sought"])
    wanted = {name: asked[name] for name in ("role", "org_id", "after") if name in asked}
    with snapshot() as session:
        found = queries.accounts(
            session, actor(), on=clock.today(), sought=sought, most=PAGE + 1, **wanted
        )
        places = queries.places(session, actor(), named=asked.get("org_id"))
    return _listed(asked, found, places, sought)


def _listed(
    asked: dict[str, Any], found: list[AccountLine], places: list[tuple[int, str]], sought: str
) -> str:
    """A page of the list; its filters stay in the address of the next."""
    kept: dict[str, Any] = {name: str(value) for name, value in asked.items() if value}
    if more := len(found) > PAGE:
        kept["after"] = found[PAGE - 1].user_id
    return render_template(
        "accounts/accounts.html",
        accounts=found[:PAGE],
        places=places,
        filters=asked,
        sought=sought,
        next_url=url_for("accounts_pages.accounts", **kept) if more else "",
    )


@pages.post("/accounts/searches")
@allow(Role.ADMINISTRATOR)
def search() -> Response:
    """A name is posted and stands sealed in the address, where filters stay."""
    sought = form(SearchForm)["sought"]
    return redirect(url_for("accounts_pages.accounts", sought=sealed_text(sought) or None), 303)


@pages.get("/accounts/new")
@allow(Role.ADMINISTRATOR)
def new() -> Page:
    return _new_page(None)


@pages.post("/accounts")
@allow(Role.ADMINISTRATOR)
def open_account() -> Page:
    """The answer is the slip: its password is shown this once."""
    try:
        asked = form(StaffAccountForm)
        with transaction() as session:
            slip = operations.open_staff_account(session, actor(), **asked, at=clock.now())
    except Refused as refused:
        return _new_page(refused)
    return _slip_page(slip)


def _new_page(refused: Refused | None) -> Page:
    with snapshot() as session:
        offered = _places(session)
    page = render_template("accounts/new.html", today=clock.today(), **offered, **_told(refused))
    return page, status_of(refused) if refused else 200


def _places(session: Session) -> dict[str, Any]:
    """The organisations to choose from: where they are many, those that were sought by ``q``."""
    asked = query(PlacesQuery) if request.method == "GET" else PlacesQuery().load({})
    typed = request.form.get("org_id", "")
    named = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 16 else None
    found = queries.places(session, actor(), asked["q"], named=asked.get("org_id", named))
    return {
        "places": found, "place": asked.get("org_id", ""), "q": asked["q"],
        "many": bool(asked["q"]) or len(found) >= queries.MOST_PLACES,
    }  # fmt: skip


def _slip_page(slip: Slip) -> Page:
    return render_template(
        "accounts/slip.html",
        slip=slip,
        address=bank.settings().public_url,
        day=clock.today(),
        keeps_accounts=Role.ADMINISTRATOR in actor().roles,
    ), 200


@pages.get("/accounts/<int:user_id>")
@allow(Role.ADMINISTRATOR)
def account(user_id: int) -> Page:
    with snapshot() as session:
        return _account_page(session, user_id, None)


def _account_page(session: Session, user_id: int, refused: Refused | None) -> Page:
    me, today = actor(), clock.today()
    page = render_template(
        "accounts/account.html",
        account=queries.account(session, me, user_id, on=today),
        enrolled=access.has_authenticator(session, user_id),
        **_places(session),
        sessions=_sessions(session, user_id),
        role_relations=queries.ROLE_RELATIONS,
        relation_names=RELATION_NAMES,
        is_me=me.id == user_id,
        today=today,
        yesterday=today - timedelta(days=1),
        **_told(refused),
    )
    return page, status_of(refused) if refused else 200


def _sessions(session: Session, user_id: int) -> list[SignInSession]:
    """Where she is signed in; nothing for who may not end it."""
    try:
        return queries.sessions(session, actor(), user_id, at=clock.now())
    except Refused:
        return []


@pages.post("/accounts/<int:user_id>/roles")
@allow(Role.ADMINISTRATOR)
def grant_role(user_id: int) -> Response | Page:
    try:
        asked = form(RoleForm)
        with transaction() as session:
            queries.account(session, actor(), user_id, on=clock.today())
            access.grant_role(session, actor(), user_id=user_id, **asked, at=clock.now())
    except Refused as refused:
        with snapshot() as session:
            return _account_page(session, user_id, refused)
    flash(gettext("角色已授予，对方下次登录时生效。"), "success")
    return redirect(f"/accounts/{user_id}", 303)


@pages.post("/accounts/<int:user_id>/roles/<int:grant_id>/withdrawal")
@allow(Role.ADMINISTRATOR)
def withdraw_role(user_id: int, grant_id: int) -> Response | Page:
    try:
        last_on = form(WithdrawalForm)["last_on"]
        with transaction() as session:
            queries.held_role(session, actor(), user_id, grant_id, on=clock.today())
            access.withdraw_role(
                session, actor(), grant_id=grant_id, last_on=last_on, at=clock.now()
            )
    except Refused as refused:
        with snapshot() as session:
            return _account_page(session, user_id, refused)
    flash(gettext("角色已收回。"), "success")
    return redirect("/accounts", 303)


@pages.post("/accounts/<int:user_id>/password")
@allow(Role.ADMINISTRATOR)
def renew_password(user_id: int) -> Page:
    try:
        with transaction() as session:
            slip = operations.renew_password(session, actor(), user_id=user_id, at=clock.now())
    except Refused as refused:
        with snapshot() as session:
            return _account_page(session, user_id, refused)
    return _slip_page(slip)


@pages.post("/accounts/<int:user_id>/authenticator-reset")
@allow(Role.ADMINISTRATOR)
def reset_authenticator(user_id: int) -> Response | Page:
    return _changed(user_id, access.reset_authenticator, gettext("动态口令已重设。"))


@pages.post("/accounts/<int:user_id>/disabling")
@allow(Role.ADMINISTRATOR)
def disable(user_id: int) -> Response | Page:
    return _changed(user_id, access.disable_user, gettext("账号已停用。"))


@pages.post("/accounts/<int:user_id>/enabling")
@allow(Role.ADMINISTRATOR)
def enable(user_id: int) -> Response | Page:
    return _changed(user_id, access.enable_user, gettext("账号已启用，请重设密码并打印。"))


@pages.post("/accounts/<int:user_id>/sessions/end")
@allow(Role.ADMINISTRATOR)
def end_sessions(user_id: int) -> Response | Page:
    return _changed(user_id, access.end_their_sessions, gettext("对方已在所有设备上退出。"))


@pages.post("/accounts/<int:user_id>/sessions/<int:session_id>/end")
@allow(Role.ADMINISTRATOR)
def end_session(user_id: int, session_id: int) -> Response | Page:
    told = gettext("已结束那里的登录。")
    return _changed(user_id, access.end_their_sessions, told, session_id=session_id)


def _changed(user_id: int, change: Any, told: str, **named: int) -> Response | Page:
    try:
        with transaction() as session:
            change(session, actor(), user_id=user_id, at=clock.now(), **named)
    except Refused as refused:
        with snapshot() as session:
            return _account_page(session, user_id, refused)
    flash(told, "success")
    return redirect(f"/accounts/{user_id}", 303)


@pages.get("/members/<int:member_id>/account")
@allow(*RENEWERS)
def member_account(member_id: int) -> Page:
    return _member_account(member_id, None)


def _member_account(member_id: int, refused: Refused | None) -> Page:
    with snapshot() as session:
        page = render_template(
            "accounts/member_account.html",
            found=queries.account_of_member(session, actor(), member_id),
            keeps_accounts=Role.ADMINISTRATOR in actor().roles,
            **_told(refused),
        )
    return page, status_of(refused) if refused else 200


@pages.post("/members/<int:member_id>/account")
@allow(*RENEWERS)
def open_member_account(member_id: int) -> Page:
    """A member's way in: her first PIN on a slip, or a new one."""
    try:
        with transaction() as session:
            slip = operations.open_member_account(
                session, actor(), member_id=member_id, at=clock.now()
            )
    except Conflict as refused:
        return _member_account(member_id, refused)
    return _slip_page(slip)
