"""The ladder that decides for a member, and where members stand."""

from collections.abc import Iterable, Iterator
from datetime import date

from sqlalchemy import Select, select
from sqlmodel import Session, col

from pointsbank.orgs.models import OrganisationReach
from pointsbank.stars.models import StarLadderRow
from pointsbank.stars.rules import NATIONAL, Level, StarLadder, StarStanding

_FIELDS = tuple(getattr(StarLadderRow, name) for name in StarLadder.__dataclass_fields__)


def ladder_in_force(session: Session, org_id: int, on: date) -> StarLadder:
    """The nearest ancestor's ladder in force on a day, itself first; else the national one."""
    return ladders_in_force(session, [org_id], on)[org_id]


def ladders_in_force(session: Session, org_ids: Iterable[int], on: date) -> dict[int, StarLadder]:
    """For each organisation the ladder that decides on a day."""
    ladders = dict.fromkeys(org_ids, NATIONAL)
    rows = session.execute(
        select(col(OrganisationReach.organisation_id), *_FIELDS)
        .join(StarLadderRow, col(StarLadderRow.org_id) == col(OrganisationReach.ancestor_id))
        .where(
            col(OrganisationReach.organisation_id).in_(ladders),
            col(StarLadderRow.from_on) <= on,
            col(StarLadderRow.until_on).is_(None) | (col(StarLadderRow.until_on) >= on),
        )
        .order_by(OrganisationReach.organisation_id, col(OrganisationReach.depth).desc())
    )
    for organisation_id, *fields in rows:  # the nearest comes last and stays
        ladders[organisation_id] = _ladder(*fields)
    return ladders


def latest_star_ladder(session: Session, org_id: int) -> StarLadder | None:
    """The newest version of an organisation's own ladder, locked where the database locks rows."""
    row = session.execute(
        select(*_FIELDS)
        .where(col(StarLadderRow.org_id) == org_id)
        .order_by(col(StarLadderRow.version).desc())
        .limit(1)
        .with_for_update()
    ).one_or_none()
    return _ladder(*row) if row else None


def _ladder(*fields: object) -> StarLadder:
    *head, levels = fields
    return StarLadder(*head, tuple(Level(star, hours) for star, hours in levels))  # type: ignore


def standing(session: Session, member_id: int, on: date) -> StarStanding:
    """Where one member stands at the end of a day, on the ladder of where she lives."""
    raise NotImplementedError


def standings(
    session: Session, members: Select[tuple[int]], on: date
) -> Iterator[tuple[int, StarStanding]]:
    """Where all of a scope (a select of member ids) stand at the end of a day: two queries."""
    raise NotImplementedError
