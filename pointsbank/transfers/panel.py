"""Membership transfers on a member's page: from where she came, and the way to another."""

from datetime import date

from sqlmodel import Session

from pointsbank.core.actor import Actor
from pointsbank.core.clock import local_day
from pointsbank.core.errors import say
from pointsbank.core.panels import Happened, Panel, Way
from pointsbank.members.queries import member
from pointsbank.members.rules import RELATION_NAMES
from pointsbank.transfers.queries import listed_of_member, place_of
from pointsbank.transfers.rules import STAFF, STATE_NAMES, TRANSFERABLE

PLACE = 60


def panel(session: Session, actor: Actor, member_id: int, _on: date) -> Panel | None:
    """All of hers, newest first; for those who ask for transfers where she is, the way to one."""
    seen = member(session, member_id)
    places = (place_of(seen, relation) for relation in TRANSFERABLE)
    may = seen.left_on is None and any(p and actor.may(*STAFF, org_id=p) for p in places)
    lines = tuple(
        Happened(
            local_day(one.transfer.settled_at or one.transfer.asked_at),
            f"{one.from_name} → {one.to_name}" if one.from_name else one.to_name,
            RELATION_NAMES[one.transfer.relation],
            amount=STATE_NAMES[one.transfer.state],
            url=f"/transfers/{one.transfer.id}" if may else "",
        )
        for one in reversed(listed_of_member(session, member_id))
    )
    ways = (Way(f"/transfers/new?way=out&member_id={member_id}", say("办理转接")),) if may else ()
    return Panel(say("关系转接"), lines=lines, ways=ways) if lines or ways else None
