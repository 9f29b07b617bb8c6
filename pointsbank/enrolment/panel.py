"""Report-ins 双报到 on a member's page, and the way to receive her."""

from datetime import date

from sqlmodel import Session

from pointsbank.core.actor import Actor
from pointsbank.core.errors import say
from pointsbank.core.panels import Happened, Panel, Way
from pointsbank.enrolment import queries
from pointsbank.enrolment.rules import RECEIVERS, REPORT_READERS
from pointsbank.members.queries import member
from pointsbank.members.rules import IN_THE_PARTY
from pointsbank.orgs.queries import organisations

PLACE = 50
EVERY_READER = True


def panel(session: Session, actor: Actor, member_id: int, _on: date) -> Panel | None:
    """Those that this reader may open, newest first; for who receives people where she lives, the
    way to receive an in-service party member.
    """
    seen = member(session, member_id)
    found = [
        one
        for one in queries.report_ins_of(session, member_id)
        if any(
            actor.may(*REPORT_READERS, org_id=org_id)
            for org_id in (one.community_id, one.employer_id)
        )
    ]
    names = {
        org_id: org.name
        for org_id, org in organisations(session, (one.community_id for one in found)).items()
    }
    lines = tuple(
        Happened(
            one.reported_on, names[one.community_id], one.duty,
            amount=say("已结束") if one.ended_on else say("已报到"), url=f"/report-ins/{one.id}",
        )
        for one in found
    )  # fmt: skip
    in_service = seen.party_status in IN_THE_PARTY and seen.employer_id is not None
    receives = actor.may(*RECEIVERS, org_id=seen.residence_id)
    ways: tuple[Way, ...] = ()
    if in_service and receives and seen.left_on is None and all(one.ended_on for one in found):
        ways = (Way(f"/report-ins/new/{member_id}", say("办理报到")),)
    return Panel(say("双报到"), lines=lines, ways=ways) if lines or ways else None
