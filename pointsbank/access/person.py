"""A member's part of access: the account by which she signs in, its sessions and roles."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, func, select, update
from sqlmodel import col

from pointsbank.access import queries
from pointsbank.access.models import (
    Authenticator,
    LinkedIdentity,
    RecoveryCode,
    RoleGrant,
    SignInAttempt,
    SignInSession,
    User,
)
from pointsbank.core import clock
from pointsbank.core.actor import ROLE_NAMES
from pointsbank.core.database import Session
from pointsbank.core.encryption import unseal
from pointsbank.core.errors import say
from pointsbank.core.person import Sections
from pointsbank.orgs.models import Organisation

TABLES = (
    "user", "sign_in_session", "role_grant", "authenticator", "recovery_code", "linked_identity",
)  # fmt: skip


def export(session: Session, member_id: int) -> Sections:
    """Her account, where she is signed in, the roles that she held and holds."""
    hers = select(col(User.id)).where(col(User.member_id) == member_id)
    users = session.execute(select(User).where(col(User.member_id) == member_id)).scalars()
    sessions = session.execute(
        select(SignInSession)
        .where(col(SignInSession.user_id).in_(hers))
        .order_by(col(SignInSession.opened_at))
    ).scalars()
    grants = session.execute(
        select(RoleGrant, col(Organisation.name))
        .join(Organisation, col(Organisation.id) == col(RoleGrant.org_id))
        .where(col(RoleGrant.user_id).in_(hers))
        .order_by(col(RoleGrant.id))
    )
    confirmed = session.execute(
        select(col(Authenticator.confirmed_at)).where(col(Authenticator.user_id).in_(hers))
    ).scalars()
    unused = session.execute(
        select(func.count()).where(
            col(RecoveryCode.user_id).in_(hers), col(RecoveryCode.used_at).is_(None)
        )
    ).scalar_one()
    return {
        say("登录账号"): [
            {
                say("工作账号"): user.staff_name,
                say("显示名称"): user.display_name,
                say("开通时间"): user.opened_at,
                say("停用时间"): user.disabled_at,
            }
            for user in users
        ],
        say("动态口令"): [
            {say("启用时间"): at, say("未用的恢复码"): unused} for at in confirmed if at
        ],
        say("统一身份认证"): _identities(session, hers),
        say("登录会话"): [
            {
                say("登录时间"): opened.opened_at,
                say("设备"): opened.agent,
                say("来自"): opened.address,
                say("有效期至"): opened.expires_at,
                say("退出时间"): opened.revoked_at,
            }
            for opened in sessions
        ],
        say("任职"): [
            {
                say("角色"): ROLE_NAMES[grant.role],
                say("组织"): name,
                say("自"): grant.from_on,
                say("至"): grant.until_on,
            }
            for grant, name in grants
        ],
    }


def _identities(session: Session, hers: Select[int]) -> list[dict[str, Any]]:
    """Who she is at the identity provider."""
    held = session.execute(select(LinkedIdentity).where(col(LinkedIdentity.user_id).in_(hers)))
    return [
        {
            say("认证服务"): one.issuer,
            say("在那里的编号"): unseal(one.subject_sealed) if one.subject_sealed else "",
            say("关联时间"): one.linked_at,
            say("解除时间"): one.unlinked_at,
        }
        for one in held.scalars()
    ]


def merge(session: Session, *, kept_id: int, other_id: int, at: datetime) -> Mapping[str, Any]:
    """One person signs in by one account: the kept record's, or the other's where that has none.

    The other's is closed, and its roles pass, but for those held already; both accounts' sessions
    end.
    """
    kept = queries.user_of_member(session, kept_id)
    other = queries.user_of_member(session, other_id)
    if other is None:
        return {}
    _end_sessions(session, other.id)
    if kept is None:
        session.execute(update(User).where(col(User.id) == other.id).values(member_id=kept_id))
        return {"moved_user": other.id}
    facts: dict[str, Any] = {
        "from_user": other.id,
        "grants": _pass_grants(session, other, kept, at),
    }
    if other.disabled_at is None:
        session.execute(update(User).where(col(User.id) == other.id).values(disabled_at=at))
        facts["closed_user"] = other.id
    return facts


def _pass_grants(session: Session, other: User, kept: User, at: datetime) -> list[int]:
    """Give the kept account the roles in force or to come that it lacks; their ids."""
    held = queries.grants_of(session, kept.id)
    grants = [
        grant
        for grant in queries.grants_of(session, other.id)
        if queries.period_of(grant).reaches(clock.local_day(at))
        and not any(
            (mine.role, mine.org_id) == (grant.role, grant.org_id)
            and queries.period_of(mine).overlaps(queries.period_of(grant))
            for mine in held
        )
    ]
    ids = [grant.id for grant in grants]
    if ids:
        _end_sessions(session, kept.id)
        session.execute(
            update(User).where(col(User.id) == kept.id, col(User.has_pin)).values(must_change=True)
        )
        _hold(session, ids, kept.id)
    return ids


def _hold(session: Session, grant_ids: Sequence[int], user_id: int) -> None:
    session.execute(
        update(RoleGrant).where(col(RoleGrant.id).in_(grant_ids)).values(user_id=user_id)
    )


def unmerge(
    session: Session, *, kept_id: int, other_id: int, facts: Mapping[str, Any], at: datetime
) -> None:
    """The account goes back, or is opened again with the roles that it had."""
    if grant_ids := facts.get("grants"):
        kept = queries.user_of_member(session, kept_id)
        if kept is not None:
            _end_sessions(session, kept.id)
        _hold(session, grant_ids, facts["from_user"])
    if user_id := facts.get("moved_user"):
        _end_sessions(session, user_id)
        session.execute(update(User).where(col(User.id) == user_id).values(member_id=other_id))
    if user_id := facts.get("closed_user"):
        session.execute(update(User).where(col(User.id) == user_id).values(disabled_at=None))


def erase(session: Session, member_id: int, at: datetime) -> None:
    """The account stays as a number, which the book and the audit trail name; what it says of her,
    its password, sessions and failures go, and its roles end.
    """
    user = queries.user_of_member(session, member_id)
    if user is None:
        return
    _end_sessions(session, user.id)
    account = queries.account_digest(user, "")
    session.execute(delete(SignInAttempt).where(col(SignInAttempt.account_digest) == account))
    for table in (RecoveryCode, Authenticator, LinkedIdentity):
        session.execute(delete(table).where(col(table.user_id) == user.id))
    session.execute(
        update(User)
        .where(col(User.id) == user.id)
        .values(
            staff_name=None,
            display_name="",
            password_hash="",
            counter_pin_hash="",
            has_pin=False,
            disabled_at=user.disabled_at or at,
        )
    )


def _end_sessions(session: Session, user_id: int) -> None:
    session.execute(delete(SignInSession).where(col(SignInSession.user_id) == user_id))
