"""What clerks do: put goods on the shelf, hand them over for points, take them back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import bindparam, insert, update
from sqlalchemy.dialects import postgresql, sqlite

from pointsbank.core import audit, clock
from pointsbank.core.actor import Actor, Role
from pointsbank.core.database import Session
from pointsbank.core.errors import Refused
from pointsbank.exchange import queries, rules
from pointsbank.exchange.models import ReceiptBook
from pointsbank.exchange.queries import (
    goods_table, line_table, movement_table, redemption_table,
)  # fmt: skip
from pointsbank.exchange.rules import (
    AlreadyTakenBack, Basket, GoodsExist, GoodsWithdrawn, KeyTaken, MovementKind, NoSuchGoods,
    NoSuchRedemption, Offer, PricedLine, RedemptionState, Settled, TakeBackTooLate, TooMuchStock,
    Wish, WrongPrice, WrongQuantity,
)  # fmt: skip
from pointsbank.ledger import operations as ledger
from pointsbank.ledger import queries as ledger_queries
from pointsbank.ledger.rules import MORALITY, Posting, SystemKind, member_account, system_account
from pointsbank.members import queries as members
from pointsbank.members.models import Member
from pointsbank.members.rules import MemberLeft, NoSuchMember
from pointsbank.orgs import queries as orgs

STAFF = (Role.CLERK, Role.SECRETARY)
_book = ReceiptBook.__table__  # type: ignore[attr-defined]
_upserts = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def add_goods(
    session: Session, actor: Actor, *, org_id: int, name: str, unit_name: str, price_points: int,
    at: datetime, unit: str = MORALITY,
) -> Offer:  # fmt: skip
    """Offer goods at a counter, none in stock yet; ``price_points`` is in points of ledger ``unit``.

    The name is the key: the same goods at the same price are the first answer again.
    Refuses: GoodsExist (same name, other content), NoSuchOrganisation, UnknownUnit, Forbidden,
    GoodsExist (withdrawn), WrongPrice.
    """
    raise NotImplementedError


def withdraw_goods(session: Session, actor: Actor, *, goods_id: int, at: datetime) -> Offer:
    """Offer goods no longer; what is in stock stays counted. A repeat changes nothing.

    Refuses: NoSuchGoods, Forbidden.
    """
    raise NotImplementedError


def stock_in(
    session: Session, actor: Actor, *, goods_id: int, quantity: int, key: str, at: datetime
) -> Offer:
    """Put a delivery on the shelf.

    Refuses: KeyTaken, NoSuchGoods, Forbidden, GoodsWithdrawn, WrongQuantity, TooMuchStock.
    """
    raise NotImplementedError


def redeem(
    session: Session, actor: Actor, *, org_id: int, member_id: int, lines: Sequence[Wish],
    key: str, at: datetime,
) -> Settled:  # fmt: skip
    """Hand over goods for points: points, stock and receipt move together or not at all.

    Refuses as ``redeem_many`` does for one basket.
    """
    raise NotImplementedError


def redeem_many(
    session: Session, actor: Actor, baskets: Sequence[Basket], *, at: datetime
) -> list[Settled | Refused]:
    """Settle baskets in order, each whole or not at all, in a constant number of statements.

    For imports and examples: up to some thousands at a time, keys all different, no audit entries.
    ``basket.at`` dates the redemption, ``at`` is when the book hears of it.
    Refusals of a basket: KeyTaken; EmptyBasket, WrongQuantity; NoSuchMember, NoSuchGoods,
    GoodsNotHere; Forbidden (clerk of the counter); MemberLeft, GoodsWithdrawn, MixedUnits;
    OutOfStock, TooFewPoints. The ledger's refusal of a closed period refuses the batch.
    """
    raise NotImplementedError


def take_back(
    session: Session, actor: Actor, *, redemption_id: int, reason: str, at: datetime
) -> Settled:
    """Undo a redemption: points back by a reversal, goods back on the shelf, once.

    A repeat with the same reason is the first answer again. Refuses: NoSuchRedemption,
    Forbidden (clerk or secretary of the counter), TakeBackTooLate (a clerk after the day),
    AlreadyTakenBack.
    """
    raise NotImplementedError
