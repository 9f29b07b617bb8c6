"""JSON: accounts as administrators keep them."""

from typing import Any

from pointsbank.access import operations as access
from pointsbank.access.models import SignInSession
from pointsbank.accounts import operations, queries
from pointsbank.accounts.rules import AccountLine, HeldRole, Slip
from pointsbank.accounts.schemas import (
    AccountPageQuery,
    AccountSearchRequest,
    AccountSessionView,
    AccountsView,
    AccountView,
    FoundAccountsView,
    HeldRoleView,
    RoleRequest,
    SlipView,
    StaffAccountRequest,
    WithdrawalForm,
)
from pointsbank.core import clock
from pointsbank.core.actor import Role
from pointsbank.core.database import snapshot, transaction
from pointsbank.web import ApiBlueprint, actor, allow

api = ApiBlueprint(
    "accounts", __name__, url_prefix="/accounts", description="账号与权限 / accounts and roles"
)
_PAGE = 50


@api.get("")
@api.arguments(AccountPageQuery, location="query")
@api.response(200, AccountsView)
@allow(Role.ADMINISTRATOR)
def accounts(asked: dict[str, Any]) -> dict[str, Any]:
    """Staff's accounts of one's organisations, and whoever holds a role there, a page at a time."""
    most = asked.pop("most")
    with snapshot() as session:
        found = queries.accounts(session, actor(), on=clock.today(), most=most + 1, **asked)
    more = len(found) > most
    return {"accounts": found[:most], "next": found[most - 1].user_id if more else None}


@api.post("/searches")
@api.arguments(AccountSearchRequest)
@api.response(200, FoundAccountsView)
@allow(Role.ADMINISTRATOR)
def find(asked: dict[str, Any]) -> dict[str, Any]:
    """Accounts by name, members' too; posted, for what is typed belongs in no address."""
    with snapshot() as session:
        found = queries.accounts(session, actor(), on=clock.today(), most=_PAGE + 1, **asked)
    return {"accounts": found[:_PAGE], "more": len(found) > _PAGE}


@api.post("")
@api.arguments(StaffAccountRequest)
@api.response(201, SlipView)
@allow(Role.ADMINISTRATOR)
def open_account(asked: dict[str, Any]) -> Slip:
    """Open a staff account; its first password is in this answer only."""
    with transaction() as session:
        return operations.open_staff_account(session, actor(), **asked, at=clock.now())


@api.get("/<int:user_id>")
@api.response(200, AccountView)
@allow(Role.ADMINISTRATOR)
def account(user_id: int) -> AccountLine:
    """One account with the roles that it holds in one's organisations."""
    with snapshot() as session:
        return queries.account(session, actor(), user_id, on=clock.today())


@api.post("/<int:user_id>/roles")
@api.arguments(RoleRequest)
@api.response(201, HeldRoleView)
@allow(Role.ADMINISTRATOR)
def grant_role(asked: dict[str, Any], user_id: int) -> HeldRole:
    """Give a role for an organisation and all below; her sessions end."""
    with transaction() as session:
        queries.account(session, actor(), user_id, on=clock.today())
        given = access.grant_role(session, actor(), user_id=user_id, **asked, at=clock.now())
        return queries.told_role(session, given)


@api.post("/<int:user_id>/roles/<int:grant_id>/withdrawal")
@api.arguments(WithdrawalForm)
@api.response(204)
@allow(Role.ADMINISTRATOR)
def withdraw_role(asked: dict[str, Any], user_id: int, grant_id: int) -> None:
    """End a role with its last day; yesterday ends it at once."""
    with transaction() as session:
        queries.held_role(session, actor(), user_id, grant_id, on=clock.today())
        access.withdraw_role(session, actor(), grant_id=grant_id, **asked, at=clock.now())


@api.post("/<int:user_id>/password")
@api.response(201, SlipView)
@allow(Role.ADMINISTRATOR)
def renew_password(user_id: int) -> Slip:
    """Give an account a new first password, in this answer only; its sessions end."""
    with transaction() as session:
        return operations.renew_password(session, actor(), user_id=user_id, at=clock.now())


@api.post("/<int:user_id>/authenticator-reset")
@api.response(204)
@allow(Role.ADMINISTRATOR)
def reset_authenticator(user_id: int) -> None:
    """Take a lost second factor from an account; its sessions end."""
    with transaction() as session:
        access.reset_authenticator(session, actor(), user_id=user_id, at=clock.now())


@api.post("/<int:user_id>/disabling")
@api.response(204)
@allow(Role.ADMINISTRATOR)
def disable(user_id: int) -> None:
    """Close an account: its sessions end and nobody signs in by it."""
    with transaction() as session:
        access.disable_user(session, actor(), user_id=user_id, at=clock.now())


@api.post("/<int:user_id>/enabling")
@api.response(204)
@allow(Role.ADMINISTRATOR)
def enable(user_id: int) -> None:
    """Open a closed account again, with its roles; it needs a new password."""
    with transaction() as session:
        access.enable_user(session, actor(), user_id=user_id, at=clock.now())


@api.get("/<int:user_id>/sessions")
@api.response(200, AccountSessionView(many=True))
@allow(Role.ADMINISTRATOR)
def sessions(user_id: int) -> list[SignInSession]:
    """Where an account is signed in, newest first."""
    with snapshot() as session:
        return queries.sessions(session, actor(), user_id, at=clock.now())


@api.delete("/<int:user_id>/sessions/<int:session_id>")
@api.response(204)
@allow(Role.ADMINISTRATOR)
def end_session(user_id: int, session_id: int) -> None:
    """End one session of an account."""
    with transaction() as session:
        access.end_their_sessions(
            session, actor(), user_id=user_id, session_id=session_id, at=clock.now()
        )


@api.delete("/<int:user_id>/sessions")
@api.response(204)
@allow(Role.ADMINISTRATOR)
def end_sessions(user_id: int) -> None:
    """End all sessions of an account; its password stays."""
    with transaction() as session:
        access.end_their_sessions(session, actor(), user_id=user_id, at=clock.now())
