"""Who counts as an organisation's people in a year, by the relation that its line stands for."""

from sqlalchemy import Select, Subquery, or_, select
from sqlmodel import col

from pointsbank.core import clock
from pointsbank.evaluation.rules import Relation
from pointsbank.members.models import Member, TeamMembership
from pointsbank.members.rules import IN_THE_PARTY
from pointsbank.orgs import queries as orgs

_PLACES = {
    Relation.RESIDENCE: col(Member.residence_id),
    Relation.BRANCH: col(Member.branch_id),
    Relation.EMPLOYER: col(Member.employer_id),
    Relation.TEAM: col(TeamMembership.team_id),
}


def belonging(relation: Relation, year: int) -> Subquery:
    """Pairs of ``member_id`` and ``place_id``: everybody registered on some day of the year.

    Of a party branch those in the party, probationary members included; of a team those who were
    in it that year.
    """
    first, last = clock.year_span(year)
    pairs: Select[int, int | None] = select(
        col(Member.id).label("member_id"), _PLACES[relation].label("place_id")
    ).where(
        col(Member.registered_on) <= last,
        or_(col(Member.left_on).is_(None), col(Member.left_on) >= first),
    )
    if relation is Relation.BRANCH:
        pairs = pairs.where(col(Member.party_status).in_(IN_THE_PARTY))
    if relation is Relation.TEAM:
        pairs = (
            pairs.join(TeamMembership, col(TeamMembership.member_id) == col(Member.id))
            .where(
                col(TeamMembership.since_on) <= last,
                or_(col(TeamMembership.until_on).is_(None), col(TeamMembership.until_on) >= first),
            )
            .distinct()
        )
    return pairs.subquery("belonging")


def people_of(relation: Relation, org_id: int, year: int) -> Select[int]:
    """The ids of everybody who belonged to this organisation or one below it in the year."""
    pairs = belonging(relation, year)
    return select(pairs.c.member_id).where(pairs.c.place_id.in_(places_of(org_id, year)))


def places_of(org_id: int, year: int) -> Select[int]:
    """The organisation and everything below it as the tree stood when the year ended, or stands."""
    return orgs.ids_below([org_id], clock.year_span(year)[1])
