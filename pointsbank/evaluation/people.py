"""Who counts as an organisation's people in a year, by the relation that its line stands for."""

from datetime import date

from sqlalchemy import ColumnElement, ScalarSelect, Select, Subquery, func, or_, select
from sqlmodel import col

from pointsbank.core import clock
from pointsbank.members.models import Affiliation, Member, PartyStanding
from pointsbank.members.rules import IN_THE_PARTY, PartyStatus, Relation
from pointsbank.orgs import queries as orgs


def belonging(relation: Relation, year: int) -> Subquery:
    """Pairs of ``member_id`` and ``place_id``: everybody registered on some day of the year, where
    she belonged on its last day or, if she left before, on her last.

    Of a party branch those who were in the party then, probationary members included; of a team
    all who were in it that year. A record merged into another is that one's.
    """
    first, last = clock.year_span(year)
    pairs: Select[int, int] = (
        select(
            col(Affiliation.member_id).label("member_id"), col(Affiliation.org_id).label("place_id")
        )
        .join(Member, col(Member.id) == col(Affiliation.member_id))
        .where(
            col(Affiliation.relation) == relation,
            col(Affiliation.from_on) <= last,
            col(Member.merged_into_id).is_(None),
            col(Member.registered_on) <= last,
            or_(col(Member.left_on).is_(None), col(Member.left_on) >= first),
        )
    )
    if relation is Relation.TEAM:
        in_it = or_(col(Affiliation.until_on).is_(None), col(Affiliation.until_on) >= first)
        return pairs.where(in_it).distinct().subquery("belonging")
    pairs = pairs.where(_to_the_end(Affiliation, last))
    if relation is Relation.BRANCH:
        pairs = pairs.join(
            PartyStanding, col(PartyStanding.member_id) == col(Affiliation.member_id)
        ).where(
            col(PartyStanding.status).in_(IN_THE_PARTY),
            col(PartyStanding.from_on) <= last,
            _to_the_end(PartyStanding, last),
        )
    return pairs.subquery("belonging")


def _to_the_end(dated: type[Affiliation] | type[PartyStanding], last: date) -> ColumnElement[bool]:
    """What held on a year's last day, or until its member left."""
    return or_(
        col(dated.until_on).is_(None),
        col(dated.until_on) >= last,
        col(dated.until_on) >= col(Member.left_on),
    )


def place_of(relation: Relation, year: int) -> ScalarSelect[int]:
    """The organisation of each ``Member`` of the statement by a relation, as ``belonging``."""
    last = clock.year_span(year)[1]
    return (
        select(col(Affiliation.org_id))
        .where(
            col(Affiliation.member_id) == col(Member.id),
            col(Affiliation.relation) == relation,
            col(Affiliation.from_on) <= last,
            _to_the_end(Affiliation, last),
        )
        .order_by(col(Affiliation.from_on).desc())
        .limit(1)
        .correlate(Member)
        .scalar_subquery()
    )


def status_of(year: int) -> ColumnElement[str]:
    """The party status of each ``Member`` of the statement at a year's end."""
    last = clock.year_span(year)[1]
    held = (
        select(col(PartyStanding.status))
        .where(
            col(PartyStanding.member_id) == col(Member.id),
            col(PartyStanding.from_on) <= last,
            _to_the_end(PartyStanding, last),
        )
        .order_by(col(PartyStanding.from_on).desc())
        .limit(1)
        .correlate(Member)
        .scalar_subquery()
    )
    return func.coalesce(held, PartyStatus.NONE)


def people_of(relation: Relation, org_id: int, year: int) -> Select[int]:
    """The ids of everybody who belonged to this organisation or one below it in the year."""
    pairs = belonging(relation, year)
    return select(pairs.c.member_id).where(pairs.c.place_id.in_(places_of(org_id, year)))


def places_of(org_id: int, year: int) -> Select[int]:
    """The organisation and everything below it as the tree stood when the year ended, or stands."""
    return orgs.ids_below([org_id], clock.year_span(year)[1])
