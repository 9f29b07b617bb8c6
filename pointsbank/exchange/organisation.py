"""What keeps an organisation from ending: goods on its shelf. See ``orgs.ties``."""

from datetime import date, datetime

from sqlalchemy import func, select
from sqlmodel import Session, col

from pointsbank.core.actor import Actor
from pointsbank.core.errors import say
from pointsbank.exchange.models import Goods
from pointsbank.orgs.rules import Tie


def ties(session: Session, org_id: int) -> list[Tie]:
    counted = select(func.count(col(Goods.id))).where(
        col(Goods.org_id) == org_id, col(Goods.stock) > 0, col(Goods.withdrawn_at).is_(None)
    )
    return [Tie(say("在架商品"), session.execute(counted).scalar_one(), False)]


def hand_over(
    session: Session, actor: Actor, *, org_id: int, successor_id: int, on: date, at: datetime
) -> None:
    """Stock is counted where it lies: it is withdrawn here and taken in there."""
