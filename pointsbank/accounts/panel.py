"""A member's way in, on her page: for who opens accounts and renews passwords where she lives."""

from datetime import date

from sqlmodel import Session

from pointsbank.access.operations import RENEWERS
from pointsbank.access.queries import user_of_member
from pointsbank.core.actor import Actor
from pointsbank.core.errors import say
from pointsbank.core.panels import Panel, Way
from pointsbank.members.queries import member

PLACE = 80
EVERY_READER = True


def panel(session: Session, actor: Actor, member_id: int, _on: date) -> Panel | None:
    """The way to her account, as long as she is in the register."""
    seen = member(session, member_id)
    if seen.left_on is not None or not actor.may(*RENEWERS, org_id=seen.residence_id):
        return None
    there = user_of_member(session, member_id) is not None
    label = say("查看账号、重设密码") if there else say("开通账号")
    return Panel(say("登录账号"), ways=(Way(f"/members/{member_id}/account", label),))
