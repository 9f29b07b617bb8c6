"""What the register keeps for an organisation: the members who belong to it, by any relation."""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import delete, exists, func, insert, literal, select, update
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from pointsbank.core import audit
from pointsbank.core.actor import Actor
from pointsbank.core.database import table_of
from pointsbank.core.errors import say
from pointsbank.members.models import Affiliation, Member
from pointsbank.orgs.rules import Tie

_affiliation = table_of(Affiliation)
_COLUMNS = ("residence_id", "branch_id", "employer_id")


def ties(session: Session, org_id: int) -> list[Tie]:
    """How many members belong to the organisation now; they follow to its successor."""
    count = select(func.count()).select_from(_affiliation).where(*_open_at(org_id))
    return [Tie(say("登记的成员"), session.execute(count).scalar_one(), follows=True)]


def hand_over(
    session: Session, actor: Actor, *, org_id: int, successor_id: int, on: date, at: datetime
) -> None:
    """Everybody who belongs to the one belongs to the other from that day on, and once only."""
    there: Any = aliased(_affiliation, name="there")
    already = exists().where(
        there.c.member_id == _affiliation.c.member_id,
        there.c.relation == _affiliation.c.relation,
        there.c.org_id == successor_id,
        there.c.until_on.is_(None),
    )
    since_then = [*_open_at(org_id), _affiliation.c.from_on >= on]
    session.execute(delete(_affiliation).where(*since_then, already))
    session.execute(update(_affiliation).where(*since_then).values(org_id=successor_id))
    followed = select(
        _affiliation.c.member_id, _affiliation.c.relation, literal(successor_id), literal(on)
    ).where(*_open_at(org_id), ~already)
    columns = ["member_id", "relation", "org_id", "from_on"]
    session.execute(insert(_affiliation).from_select(columns, followed))
    last = on - timedelta(days=1)
    session.execute(update(_affiliation).where(*_open_at(org_id)).values(until_on=last))
    for name in _COLUMNS:
        column = col(getattr(Member, name))
        session.execute(update(Member).where(column == org_id).values({name: successor_id}))
    audit.record(
        session, actor, "members.handed_over", ("organisation", org_id), at=at,
        org_id=successor_id, on=on,
    )  # fmt: skip


def _open_at(org_id: int) -> list[Any]:
    return [_affiliation.c.org_id == org_id, _affiliation.c.until_on.is_(None)]
