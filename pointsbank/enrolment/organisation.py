"""What enrolment keeps for an organisation: applications that wait there, report-ins in force.

See ``orgs.ties``: both follow to a successor.
"""

from datetime import date, datetime

from sqlalchemy import func, or_, select, update
from sqlmodel import Session, col

from pointsbank.core.actor import Actor
from pointsbank.core.errors import say
from pointsbank.enrolment.models import Application, ReportIn
from pointsbank.enrolment.rules import ApplicationState
from pointsbank.orgs.rules import Tie

_PLACES = ("community_id", "grid_id", "employer_id", "branch_id")


def ties(session: Session, org_id: int) -> list[Tie]:
    waiting = select(func.count(col(Application.id))).where(
        col(Application.org_id) == org_id, col(Application.state) == ApplicationState.PENDING
    )
    reported = select(func.count(col(ReportIn.id))).where(
        or_(*(col(getattr(ReportIn, name)) == org_id for name in _PLACES)),
        col(ReportIn.ended_on).is_(None),
    )
    return [
        Tie(say("待审核的登记申请"), session.execute(waiting).scalar_one(), follows=True),
        Tie(say("有效的双报到"), session.execute(reported).scalar_one(), follows=True),
    ]


def hand_over(
    session: Session, actor: Actor, *, org_id: int, successor_id: int, on: date, at: datetime
) -> None:
    """Who waits, waits at the successor; who reported in is the successor's, slip and all."""
    session.execute(
        update(Application)
        .where(
            col(Application.org_id) == org_id, col(Application.state) == ApplicationState.PENDING
        )
        .values(org_id=successor_id)
    )
    for name in _PLACES:
        place = col(getattr(ReportIn, name))
        session.execute(
            update(ReportIn)
            .where(place == org_id, col(ReportIn.ended_on).is_(None))
            .values({name: successor_id})
        )
