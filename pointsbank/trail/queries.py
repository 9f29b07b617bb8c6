"""The audit trail as auditors search it: by person, action, organisation and day."""

from datetime import date, timedelta

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from pointsbank.access import queries as access
from pointsbank.access.models import User
from pointsbank.core.actor import Actor, Role
from pointsbank.core.audit import AuditEntry
from pointsbank.core.clock import day_start
from pointsbank.core.database import Session
from pointsbank.members.models import Member
from pointsbank.orgs import queries as orgs
from pointsbank.orgs.models import Organisation
from pointsbank.orgs.rules import CITY, COMMUNITY, COUNTY, STREET
from pointsbank.trail.rules import TrailLine

_entry = AuditEntry


def trail(
    session: Session,
    actor: Actor,
    *,
    before: int | None = None,
    action: str | None = None,
    actor_id: int | None = None,
    number: str | None = None,
    org_id: int | None = None,
    since: date | None = None,
    until: date | None = None,
    most: int = 50,
) -> list[TrailLine]:
    """The audit trail that an auditor may see, newest first, from before an entry's id.

    Entries of an organisation only where she is its auditor; those of none concern the whole bank
    and are for the auditors of the topmost organisations. ``number`` is a volunteer's: what she did
    and what was done about her. ``org_id`` means it and all below.
    """
    name = func.coalesce(col(Member.name), col(User.display_name), "")
    about = aliased(Member)
    wanted = (
        select(_entry, name, func.coalesce(col(about.number), ""))
        .outerjoin(User, and_(col(_entry.actor_kind) == "user", col(User.id) == _entry.actor_id))
        .outerjoin(Member, col(Member.id) == col(User.member_id))
        .outerjoin(
            about, and_(col(_entry.subject_kind) == "member", col(about.id) == _entry.subject_id)
        )
        .where(_audited_by(session, actor))
        .order_by(col(_entry.id).desc())
        .limit(most)
    )
    if before is not None:
        wanted = wanted.where(col(_entry.id) < before)
    if action is not None:
        wanted = wanted.where(col(_entry.action) == action)
    if actor_id is not None:
        wanted = wanted.where(col(_entry.actor_kind) == "user", col(_entry.actor_id) == actor_id)
    if number is not None:
        wanted = wanted.where(_concerns(number))
    if org_id is not None:
        wanted = wanted.where(col(_entry.org_id).in_(orgs.ids_below([org_id])))
    if since is not None:
        wanted = wanted.where(col(_entry.at) >= day_start(since))
    if until is not None:
        wanted = wanted.where(col(_entry.at) < day_start(until + timedelta(days=1)))
    return [_trail_line(*found) for found in session.execute(wanted)]


def _audited_by(session: Session, actor: Actor) -> ColumnElement[bool]:
    audited = {grant.org_id for grant in actor.grants if grant.role is Role.AUDITOR}
    below = col(_entry.org_id).in_(orgs.ids_below(audited))
    if audited & {top.id for top in access.topmost(session)}:
        return or_(below, col(_entry.org_id).is_(None))
    return below


def _concerns(number: str) -> ColumnElement[bool]:
    """What the volunteer of this number did, and what was done about her or her account."""
    member = select(col(Member.id)).where(col(Member.number) == number)
    user = select(col(User.id)).where(col(User.member_id).in_(member))
    return or_(
        and_(col(_entry.actor_kind) == "user", col(_entry.actor_id).in_(user)),
        and_(col(_entry.subject_kind) == "user", col(_entry.subject_id).in_(user)),
        and_(col(_entry.subject_kind) == "member", col(_entry.subject_id).in_(member)),
    )


def places(session: Session, actor: Actor) -> list[tuple[int, str]]:
    """The organisations by which an auditor may search, from the city down to communities."""
    audited = {grant.org_id for grant in actor.grants if grant.role is Role.AUDITOR}
    wanted = (
        select(col(Organisation.id), col(Organisation.name))
        .where(
            col(Organisation.id).in_(orgs.ids_below(audited)),
            or_(
                col(Organisation.kind).in_((CITY, COUNTY, STREET, COMMUNITY)),
                orgs.among(Organisation.id, audited),
            ),
        )
        .order_by(col(Organisation.id))
    )
    return [(row.id, row.name) for row in session.execute(wanted)]


def _trail_line(entry: AuditEntry, actor_name: str, subject_number: str) -> TrailLine:
    return TrailLine(
        id=entry.id,
        at=entry.at,
        actor_kind=entry.actor_kind,
        actor_id=entry.actor_id,
        actor_name=actor_name,
        roles=tuple(dict.fromkeys(entry.roles.split(","))) if entry.roles else (),
        address=entry.address,
        action=entry.action,
        subject_kind=entry.subject_kind,
        subject_id=entry.subject_id,
        org_id=entry.org_id,
        facts=entry.facts,
        subject_number=subject_number,
    )
