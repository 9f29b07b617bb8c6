"""The end of a membership on a member's page: ways to departure and erasure."""

from datetime import date

from sqlmodel import Session

from pointsbank.core.actor import Actor
from pointsbank.core.errors import say
from pointsbank.core.panels import Panel, Way
from pointsbank.members.queries import member
from pointsbank.persons.rules import ERASERS, MERGERS

PLACE = 90


def panel(session: Session, actor: Actor, member_id: int, _on: date) -> Panel | None:
    """Ways for those whose work it is where she lives, while she is in the register."""
    seen = member(session, member_id)
    ways = [
        Way(f"/members/{member_id}/{page}", label)
        for page, label, roles in (
            ("departure", say("办理退出登记"), MERGERS),
            ("erasure", say("删除个人信息"), ERASERS),
        )
        if actor.may(*roles, org_id=seen.residence_id)
    ]
    if not ways or seen.left_on is not None:
        return None
    return Panel(say("退出与删除"), ways=tuple(ways))
