"""A member's part of devices: the pairings that she offered and the tokens that she issued."""

from datetime import datetime

from sqlalchemy import select
from sqlmodel import col

from pointsbank.access.models import User
from pointsbank.core.database import Session
from pointsbank.core.errors import say
from pointsbank.core.person import Sections
from pointsbank.devices.models import Machine, Pairing

TABLES = ("pairing", "machine")


def export(session: Session, member_id: int) -> Sections:
    """What she set up for her organisation as its staff."""
    hers = select(col(User.id)).where(col(User.member_id) == member_id)
    pairings = session.execute(
        select(Pairing).where(col(Pairing.offered_by_id).in_(hers)).order_by(col(Pairing.id))
    ).scalars()
    machines = session.execute(
        select(Machine).where(col(Machine.made_by_id).in_(hers)).order_by(col(Machine.id))
    ).scalars()
    return {
        say("配对的设备"): [
            {say("名称"): found.name, say("时间"): found.offered_at} for found in pairings
        ],
        say("签发的接口令牌"): [
            {say("名称"): found.name, say("时间"): found.made_at, say("到期日"): found.expires_on}
            for found in machines
        ],
    }


def erase(session: Session, member_id: int, at: datetime) -> None:
    """Nothing goes: these are the organisation's, and name her by the number of her account."""
