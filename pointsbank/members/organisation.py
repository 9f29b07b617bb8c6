"""Who belongs to an organisation, and how they come to its successor: see ``orgs.ties``."""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import case, delete, func, insert, literal, or_, select, update
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from pointsbank.core import audit
from pointsbank.core.actor import Actor
from pointsbank.core.database import table_of
from pointsbank.core.errors import say
from pointsbank.members.models import Affiliation, Member
from pointsbank.members.rules import Relation
from pointsbank.orgs.rules import Tie

LABELS = {
    Relation.RESIDENCE: say("居民"),
    Relation.BRANCH: say("党员"),
    Relation.EMPLOYER: say("职工"),
    Relation.TEAM: say("队员"),
}
_affiliation = table_of(Affiliation)
_OF_TODAY = {
    Relation.RESIDENCE: "residence_id",
    Relation.BRANCH: "branch_id",
    Relation.EMPLOYER: "employer_id",
}


def ties(session: Session, org_id: int) -> list[Tie]:
    """Those who belong to it now, relation by relation."""
    counted = session.execute(
        select(col(Affiliation.relation), func.count())
        .where(col(Affiliation.org_id) == org_id, col(Affiliation.until_on).is_(None))
        .group_by(col(Affiliation.relation))
    )
    numbers = {row[0]: row[1] for row in counted}
    return [Tie(label, numbers.get(relation, 0), True) for relation, label in LABELS.items()]


def hand_over(
    session: Session, actor: Actor, *, org_id: int, successor_id: int, on: date, at: datetime
) -> None:
    """From a day on all who belong to an organisation belong to its successor, by dated ties.

    A constant number of statements. Who is in the successor's team already, stays in it once.
    """
    here = (_affiliation.c.org_id == org_id, _affiliation.c.until_on.is_(None))
    there: Any = aliased(Affiliation)
    since = case((_affiliation.c.from_on > on, _affiliation.c.from_on), else_=literal(on))
    known = select(there.member_id).where(
        there.member_id == _affiliation.c.member_id,
        there.relation == _affiliation.c.relation,
        there.org_id == successor_id,
        or_(there.until_on.is_(None), there.from_on == since),
    )
    coming = select(
        _affiliation.c.member_id, _affiliation.c.relation, literal(successor_id), since
    ).where(*here, ~known.exists())
    columns = ["member_id", "relation", "org_id", "from_on"]
    came = session.execute(insert(_affiliation).from_select(columns, coming))
    session.execute(delete(_affiliation).where(*here, _affiliation.c.from_on >= on))
    session.execute(update(_affiliation).where(*here).values(until_on=on - timedelta(days=1)))
    for column in _OF_TODAY.values():
        session.execute(
            update(Member)
            .where(getattr(Member, column) == org_id, col(Member.left_on).is_(None))
            .values({column: successor_id, "version": col(Member.version) + 1})
            .execution_options(synchronize_session="fetch")
        )
    audit.record(
        session, actor, "members.handed_over", ("organisation", org_id), at=at,
        org_id=org_id, to_id=successor_id, on=on, count=int(came.rowcount),  # type: ignore[attr-defined]
    )  # fmt: skip
