"""What people look up at the counter: goods, who stands there, receipts, a day's sheet."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Row, Select, func, select, text

from pointsbank.core import clock
from pointsbank.core.actor import Actor, Role
from pointsbank.core.database import Session, table_of
from pointsbank.exchange import purses, rules
from pointsbank.exchange.models import Goods, Redemption, StockMovement
from pointsbank.exchange.rules import NoSuchGoods, Offer, RedemptionState
from pointsbank.ledger.models import Unit
from pointsbank.ledger.queries import NextLapse, next_lapses, told_until
from pointsbank.ledger.rules import OwnerKind
from pointsbank.members import queries as members
from pointsbank.members.models import Member
from pointsbank.orgs import queries as orgs
from pointsbank.orgs.models import Organisation

goods_table = table_of(Goods)
redemption_table = table_of(Redemption)
movement_table = table_of(StockMovement)

# Keys share 64 locks: a batch of thousands would fill PostgreSQL's table of locks.
_LOCK_KEYS = text(
    "SELECT pg_advisory_xact_lock(230711, bucket) FROM (SELECT DISTINCT"
    " CAST(mod(hashtextextended(k, 0), 64) AS integer) AS bucket"
    " FROM unnest(CAST(:keys AS text[])) AS k ORDER BY 1) AS buckets"
)


@dataclass(frozen=True, slots=True)
class Customer:
    """Who stands at the counter and what she has by unit: ``balances`` her own, ``household`` what
    she may spend of her household's; ``lapsing``: what of her own lapses soon.
    """

    member_id: int
    number: str
    name: str
    phone_tail: str
    balances: dict[str, int]
    household: dict[str, int]
    lapsing: dict[str, NextLapse]

    @property
    def spendable(self) -> dict[str, int]:
        """What she can pay with, of both."""
        return {
            unit: rules.together(own, self.household.get(unit, 0))
            for unit, own in self.balances.items()
        }


@dataclass(frozen=True, slots=True)
class Place:
    """The counter that one stands at, and those that one may go to: id and name."""

    org_id: int
    org_name: str
    counters: tuple[tuple[int, str], ...]


def goods_of(session: Session, org_id: int, *, withdrawn: bool = False) -> list[Offer]:
    """What a counter offers, cheapest first; with ``withdrawn`` then what it offered once."""
    wanted = _offers().where(goods_table.c.org_id == org_id)
    if not withdrawn:
        wanted = wanted.where(goods_table.c.withdrawn_at.is_(None))
    rows = session.execute(
        wanted.order_by(
            goods_table.c.withdrawn_at.is_not(None), goods_table.c.price_points, goods_table.c.id
        )
    )
    return [_offer(row) for row in rows]


def goods(session: Session, goods_id: int) -> Offer:
    """One of the goods, or ``NoSuchGoods``."""
    found = session.execute(_offers().where(goods_table.c.id == goods_id)).first()
    if found is None:
        raise NoSuchGoods
    return _offer(found)


def goods_for_change(session: Session, goods_ids: Iterable[int]) -> dict[int, Offer]:
    """Goods by id, locked in the order of their ids until the transaction ends."""
    rows = session.execute(
        _offers()
        .where(goods_table.c.id.in_(set(goods_ids)))
        .order_by(goods_table.c.id)
        .with_for_update(key_share=True)
    )
    return {row.id: _offer(row) for row in rows}


def goods_named(session: Session, org_id: int, name: str) -> Offer | None:
    """The counter's goods of this name, if there are any."""
    found = session.execute(
        _offers().where(goods_table.c.org_id == org_id, goods_table.c.name == name)
    ).first()
    return _offer(found) if found is not None else None


def delivery(session: Session, key: str) -> tuple[int, int] | None:
    """Goods and quantity of the delivery with this key, if there is one."""
    found = session.execute(
        select(movement_table.c.goods_id, movement_table.c.quantity).where(
            movement_table.c.key == key
        )
    ).first()
    return (found.goods_id, found.quantity) if found is not None else None


def spendable_units(session: Session) -> dict[str, str]:
    """The ledger units that goods may be priced in: code to name."""
    unit = table_of(Unit)
    rows = session.execute(
        select(unit.c.code, unit.c.name).where(unit.c.spendable).order_by(unit.c.id)
    )
    return {row.code: row.name for row in rows}


def left_on(session: Session, member_ids: Iterable[int]) -> dict[int, date | None]:
    """Those of the members that exist, with the day on which they left, if they did."""
    member = table_of(Member)
    rows = session.execute(
        select(member.c.id, member.c.left_on).where(member.c.id.in_(set(member_ids)))
    )
    return {row.id: row.left_on for row in rows}


def lock_keys(session: Session, keys: Iterable[str]) -> None:
    """Let one client at a time use a key; SQLite has one writer and needs no lock."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(_LOCK_KEYS, {"keys": list(keys)})


def customer_by_code(
    session: Session, actor: Actor, *, org_id: int, digits: str, at: datetime
) -> Customer:
    """Whose card or phone code this is and what she has, for a clerk of the counter.

    Refuses, in order: Forbidden; then as ``members.member_by_code``.
    """
    actor.require(Role.CLERK, org_id=org_id)
    return _customer(session, members.member_by_code(session, digits, at), at)


def customer(session: Session, member_id: int, at: datetime) -> Customer:
    """A member whose code was read a moment ago, or ``NoSuchMember``."""
    return _customer(session, members.member(session, member_id), at)


def place(session: Session, actor: Actor, org_id: int | None, *roles: Role) -> Place:
    """The counter asked for, or the first where this actor holds one of the roles."""
    found = counters(session, actor, *roles)
    if org_id is None:
        return Place(*found[0], tuple(found))
    actor.require(*roles, org_id=org_id)
    return Place(org_id, orgs.organisation(session, org_id).name, tuple(found))


def counters(session: Session, actor: Actor, *roles: Role) -> list[tuple[int, str]]:
    """Where this actor holds one of the roles: organisations with goods first, then its own."""
    given = {grant.org_id for grant in actor.grants if grant.role in roles}
    table = table_of(Organisation)
    with_goods = (
        select(goods_table.c.org_id)
        .where(goods_table.c.org_id.in_(actor.reach(*roles)), goods_table.c.withdrawn_at.is_(None))
        .distinct()
    )
    rows = session.execute(
        select(table.c.id, table.c.name)
        .where(table.c.id.in_(with_goods) | table.c.id.in_(given))
        .order_by(table.c.id.not_in(with_goods), table.c.id)
    )
    return [(row.id, row.name) for row in rows]


def redeemed_by_member(
    session: Session, since: date, until: date, scope: Select[tuple[int]]
) -> Iterable[tuple[int, int]]:
    """Points that members exchanged between two days, both included, net of what was taken back."""
    rows = session.execute(
        select(redemption_table.c.member_id, func.sum(redemption_table.c.total_points))
        .where(
            redemption_table.c.on_day.between(since, until),
            redemption_table.c.state == RedemptionState.HANDED_OVER,
            redemption_table.c.member_id.in_(scope),
        )
        .group_by(redemption_table.c.member_id)
    )
    return ((member_id, int(points)) for member_id, points in rows)


def _customer(session: Session, member: Member, at: datetime) -> Customer:
    today = clock.local_day(at)
    own, joint = purses.balances(session, member.id, today)
    hers = members.ids_of_person(session, member.id)
    return Customer(
        member_id=member.id,
        number=member.number,
        name=member.name,
        phone_tail=member.phone_tail,
        balances=own,
        household=joint,
        lapsing=next_lapses(session, OwnerKind.MEMBER, hers, on=today, until=told_until(today)),
    )


def _offers() -> Select[tuple[object, ...]]:
    return select(goods_table)


def _offer(row: Row[tuple[object, ...]]) -> Offer:
    return Offer(
        goods_id=row.id,
        org_id=row.org_id,
        name=row.name,
        unit_name=row.unit_name,
        unit=row.unit,
        price_points=row.price_points,
        stock=row.stock,
        withdrawn_at=row.withdrawn_at,
    )
