"""Adopting a star ladder."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlalchemy import Select, insert, select, update
from sqlmodel import Session, col

from pointsbank.core import audit, clock
from pointsbank.core.actor import Actor, Role
from pointsbank.orgs.models import Organisation
from pointsbank.orgs.queries import organisation
from pointsbank.stars import queries
from pointsbank.stars.models import StarLadderRow
from pointsbank.stars.rules import (
    LadderBackdated,
    LaterLadderStands,
    Level,
    StarLadder,
    Window,
    check_levels,
)


def adopt_star_ladder(
    session: Session,
    actor: Actor,
    *,
    org_id: int,
    from_on: date,
    levels: Sequence[Level],
    window: Window = Window.LIFETIME,
    at: datetime,
) -> StarLadder:
    """Put a new version of a ladder into force from a day; it ends the version before on the eve.

    A repeat with the same day and content is an answer. Refuses, in order: ``NotFound``
    (organisation), ``Forbidden`` (secretary), ``LadderBackdated`` (before today, unless the system
    does it), ``LaterLadderStands``, ``LadderOutOfOrder``.
    """
    wanted = StarLadder(0, org_id, 1, from_on, None, window, tuple(levels))
    session.execute(_anchor(org_id))
    latest = queries.latest_star_ladder(session, org_id)
    if latest and replace(wanted, id=latest.id, version=latest.version) == latest:
        return latest
    organisation(session, org_id)
    actor.require(Role.SECRETARY, org_id=org_id)
    if actor.kind != "system" and from_on < clock.local_day(at):
        raise LadderBackdated(today=clock.local_day(at))
    if latest and from_on <= latest.from_on:
        raise LaterLadderStands(version=latest.version, from_on=latest.from_on)
    check_levels(levels)
    if latest:
        session.execute(
            update(StarLadderRow)
            .where(col(StarLadderRow.id) == latest.id)
            .values(until_on=from_on - timedelta(days=1))
        )
        wanted = replace(wanted, version=latest.version + 1)
    row = {
        "org_id": org_id,
        "version": wanted.version,
        "from_on": from_on,
        "window": window,
        "levels": [[level.star, level.hours] for level in levels],
    }
    ladder_id = session.execute(
        insert(StarLadderRow).returning(col(StarLadderRow.id)), row
    ).scalar_one()
    adopted = replace(wanted, id=ladder_id)
    audit.record(
        session,
        actor,
        "stars.adopt_star_ladder",
        ("star_ladder", adopted.id),
        at=at,
        org_id=org_id,
        version=adopted.version,
        from_on=from_on,
    )
    return adopted


def _anchor(org_id: int) -> Select[int]:
    """The row that adoptions of one organisation wait for."""
    anchor = select(col(Organisation.id)).where(col(Organisation.id) == org_id)
    return anchor.with_for_update(key_share=True)
