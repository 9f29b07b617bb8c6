"""What transfers keep for an organisation: those under way from it or to it. See ``orgs.ties``."""

from datetime import date, datetime

from sqlalchemy import func, or_, select, update
from sqlmodel import Session, col

from pointsbank.core.actor import Actor
from pointsbank.core.errors import say
from pointsbank.orgs.rules import Tie
from pointsbank.transfers.models import MembershipTransfer
from pointsbank.transfers.operations import end_pointless
from pointsbank.transfers.rules import UNDER_WAY


def ties(session: Session, org_id: int) -> list[Tie]:
    here = or_(
        col(MembershipTransfer.from_org_id) == org_id, col(MembershipTransfer.to_org_id) == org_id
    )
    counted = select(func.count(col(MembershipTransfer.id))).where(
        here, col(MembershipTransfer.state).in_(UNDER_WAY)
    )
    return [Tie(say("未办结的关系转接"), session.execute(counted).scalar_one(), follows=True)]


def hand_over(
    session: Session, actor: Actor, *, org_id: int, successor_id: int, on: date, at: datetime
) -> None:
    """They go on from or to the successor; one between the two has nowhere to go and ends."""
    for name in ("from_org_id", "to_org_id"):
        place = col(getattr(MembershipTransfer, name))
        session.execute(
            update(MembershipTransfer)
            .where(place == org_id, col(MembershipTransfer.state).in_(UNDER_WAY))
            .values({name: successor_id})
        )
    end_pointless(session, actor, org_id=successor_id, at=at)
