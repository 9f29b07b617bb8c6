"""Roles 任职: given for an organisation and all below it, with dates, and withdrawn."""

from datetime import date, datetime

from pointsbank.access import queries, rules
from pointsbank.access.models import RoleGrant
from pointsbank.access.rules import Period
from pointsbank.access.sessions import end_sessions_of
from pointsbank.core import audit
from pointsbank.core.actor import Actor, Role
from pointsbank.core.clock import local_day
from pointsbank.core.database import Session
from pointsbank.orgs import queries as orgs


def grant_role(
    session: Session,
    actor: Actor,
    *,
    user_id: int,
    role: Role,
    org_id: int,
    from_on: date,
    until_on: date | None = None,
    at: datetime,
) -> RoleGrant:
    """Give a role for an organisation and all below it, until and including ``until_on``.

    Who signs in with a PIN must choose a password first; her sessions end, so that from now on
    they are staff's. Refuses: NoSuchUser, NoSuchOrganisation, Forbidden (administrator of the
    organisation), NotForOneself, UserDisabled, RoleHeldAlready, RolesConflict, NotGrantable,
    PeriodInvalid.
    """
    user = queries.locked_user(session, user_id)
    orgs.organisation(session, org_id)
    actor.require(Role.ADMINISTRATOR, org_id=org_id)
    if actor.kind != "system" and actor.id == user_id:
        raise rules.NotForOneself
    if user.disabled_at is not None:
        raise rules.UserDisabled(disabled_on=local_day(user.disabled_at))
    period = Period(from_on, until_on)
    held = queries.grants_of(session, user_id)
    if any(
        (grant.role, grant.org_id) == (role, org_id) and queries.period_of(grant).overlaps(period)
        for grant in held
    ):
        raise rules.RoleHeldAlready
    rules.check_roles_meet(role, period, [(g.role, queries.period_of(g)) for g in held])
    if role is Role.VOLUNTEER:
        raise rules.NotGrantable
    if period.empty:
        raise rules.PeriodInvalid
    given = RoleGrant(user_id=user_id, role=role, org_id=org_id, from_on=from_on, until_on=until_on)
    session.add(given)
    user.must_change = user.must_change or user.has_pin
    session.add(user)
    session.flush()
    end_sessions_of(session, user_id=user_id, at=at)
    audit.record(
        session, actor, "access.grant_role", ("user", user_id), at=at, org_id=org_id,
        role=role, from_on=from_on, until_on=until_on,
    )  # fmt: skip
    return given


def withdraw_role(
    session: Session, actor: Actor, *, grant_id: int, last_on: date, at: datetime
) -> RoleGrant:
    """End a grant with ``last_on`` as its last day: yesterday ends it at once.

    Refuses: NoSuchGrant, Forbidden (administrator of the organisation), WithdrawnFromAbove (another
    administrator's, or an auditor's: by an administrator above it only), GrantEnded.
    """
    given = queries.grant(session, grant_id)
    queries.locked_user(session, given.user_id)
    session.refresh(given)
    actor.require(Role.ADMINISTRATOR, org_id=given.org_id)
    watched = given.role is Role.AUDITOR or (
        given.role is Role.ADMINISTRATOR and actor.id != given.user_id
    )
    if watched and actor.kind != "system" and not stands_above(actor, given.org_id):
        raise rules.WithdrawnFromAbove
    if given.until_on is not None and given.until_on <= last_on:
        raise rules.GrantEnded(until_on=given.until_on)
    before, given.until_on = given.until_on, last_on
    session.add(given)
    session.flush()
    audit.record(
        session, actor, "access.withdraw_role", ("user", given.user_id), at=at,
        org_id=given.org_id, role=given.role, before={"until_on": before},
        after={"until_on": last_on},
    )  # fmt: skip
    return given


def stands_above(actor: Actor, org_id: int) -> bool:
    """Whether she is administrator of an organisation above this one, not only of itself."""
    return any(
        grant.role is Role.ADMINISTRATOR and org_id in grant.reach and grant.org_id != org_id
        for grant in actor.grants
    )
