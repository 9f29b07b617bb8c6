"""What clerks do: put goods on the shelf, hand them over for points, take them back."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import insert, update
from sqlalchemy.dialects import postgresql, sqlite

from pointsbank.core import audit, clock
from pointsbank.core.actor import Actor, Role
from pointsbank.core.database import Session, table_of
from pointsbank.core.errors import Refused
from pointsbank.exchange import purses, queries, receipts, rules
from pointsbank.exchange.models import ReceiptBook
from pointsbank.exchange.queries import goods_table
from pointsbank.exchange.receipts import Receipt, line_table, redemption_table
from pointsbank.exchange.rules import (
    STAFF,
    AlreadyTakenBack,
    Basket,
    GoodsExist,
    GoodsWithdrawn,
    KeyTaken,
    MovementKind,
    NoSuchGoods,
    Offer,
    RedemptionState,
    Settled,
    TakeBackTooLate,
    Wish,
)
from pointsbank.exchange.stock import Move, move
from pointsbank.exchange.till import Sale, Till
from pointsbank.ledger import operations as ledger
from pointsbank.ledger import queries as ledger_queries
from pointsbank.ledger.rules import (
    MORALITY,
    Posting,
    SystemKind,
    UnknownUnit,
    system_account,
)
from pointsbank.orgs import queries as orgs
from pointsbank.orgs.rules import check_open

_book = table_of(ReceiptBook)
_upserts: dict[str, Callable[..., Any]] = {
    "sqlite": sqlite.insert,
    "postgresql": postgresql.insert,
}


def look_up(
    session: Session, actor: Actor, *, org_id: int, digits: str, at: datetime
) -> queries.Customer:
    """Whose card or phone code this is and what she has; the look stays on the audit trail.

    Refuses as ``queries.customer_by_code``.
    """
    found = queries.customer_by_code(session, actor, org_id=org_id, digits=digits, at=at)
    subject = ("member", found.member_id)
    audit.record(session, actor, "exchange.look_up", subject, at=at, org_id=org_id)
    return found


def add_goods(
    session: Session, actor: Actor, *, org_id: int, name: str, unit_name: str, price_points: int,
    at: datetime, unit: str = MORALITY,
) -> Offer:  # fmt: skip
    """Offer goods at a counter, none in stock yet; ``price_points`` is in the ledger's ``unit``.

    The name is the key: the same goods at the same price are the first answer again.
    Refuses: GoodsExist (the name with other content), NoSuchOrganisation, UnknownUnit (or not one
    to spend), Forbidden (clerk or secretary of the counter), OrganisationClosed, WrongPrice.
    """
    queries.lock_keys(session, [f"goods:{org_id}:{name}"])
    earlier = queries.goods_named(session, org_id, name)
    if earlier is not None:
        if (earlier.unit_name, earlier.price_points, earlier.unit) != (
            unit_name, price_points, unit,
        ):  # fmt: skip
            raise GoodsExist(goods=name)
        return earlier
    org = orgs.organisation(session, org_id)
    if unit not in queries.spendable_units(session):
        raise UnknownUnit(unit=unit)
    actor.require(*STAFF, org_id=org_id)
    check_open(org.closed_on)
    rules.check_price(price_points)
    goods_id = session.execute(
        insert(goods_table)
        .values(
            org_id=org_id,
            name=name,
            unit_name=unit_name,
            unit=unit,
            price_points=price_points,
            stock=0,
            added_at=at,
        )
        .returning(goods_table.c.id)
    ).scalar_one()
    audit.record(
        session, actor, "exchange.add_goods", ("goods", goods_id),
        at=at, org_id=org_id, price_points=price_points, unit=unit,
    )  # fmt: skip
    return queries.goods(session, goods_id)


def withdraw_goods(session: Session, actor: Actor, *, goods_id: int, at: datetime) -> Offer:
    """Offer goods no longer; what is in stock stays counted. A repeat changes nothing.

    Refuses: NoSuchGoods, Forbidden (clerk or secretary of the counter).
    """
    offer = _locked_goods(session, goods_id)
    actor.require(*STAFF, org_id=offer.org_id)
    if offer.withdrawn_at is not None:
        return offer
    session.execute(update(goods_table).where(goods_table.c.id == goods_id).values(withdrawn_at=at))
    audit.record(
        session, actor, "exchange.withdraw_goods", ("goods", goods_id), at=at, org_id=offer.org_id
    )
    return replace(offer, withdrawn_at=at)


def stock_in(
    session: Session, actor: Actor, *, goods_id: int, quantity: int, key: str, at: datetime
) -> Offer:
    """Put a delivery on the shelf; what comes back is the goods with the new stock.

    Refuses: KeyTaken, NoSuchGoods, Forbidden (clerk or secretary of the counter), GoodsWithdrawn,
    WrongDelivery, TooMuchStock.
    """
    queries.lock_keys(session, [key])
    earlier = queries.delivery(session, key)
    if earlier is not None and earlier != (goods_id, quantity):
        raise KeyTaken
    offer = _locked_goods(session, goods_id)
    if earlier is not None:
        return offer
    actor.require(*STAFF, org_id=offer.org_id)
    if offer.withdrawn_at is not None:
        raise GoodsWithdrawn(goods=offer.name, since=offer.withdrawn_at)
    rules.check_delivery(offer, quantity)
    stock = offer.stock + quantity
    move(session, actor, MovementKind.STOCKED, [Move(goods_id, quantity, stock, at, key=key)])
    audit.record(
        session, actor, "exchange.stock_in", ("goods", goods_id),
        at=at, org_id=offer.org_id, quantity=quantity,
    )  # fmt: skip
    return replace(offer, stock=stock)


def redeem(
    session: Session, actor: Actor, *, org_id: int, member_id: int, lines: Sequence[Wish],
    key: str, at: datetime,
) -> Settled:  # fmt: skip
    """Hand over goods for points: points, stock and receipt move together or not at all.

    Refuses as ``redeem_many`` does for one basket, in the same order.
    """
    basket = Basket(key=key, org_id=org_id, member_id=member_id, wishes=tuple(lines), at=at)
    [outcome] = redeem_many(session, actor, [basket], at=at)
    if isinstance(outcome, Refused):
        raise outcome
    if not outcome.repeated:
        audit.record(
            session, actor, "exchange.redeem", ("redemption", outcome.redemption_id),
            at=at, org_id=org_id, number=outcome.number, points=outcome.total_points,
        )  # fmt: skip
    return outcome


def redeem_many(
    session: Session, actor: Actor, baskets: Sequence[Basket], *, at: datetime
) -> list[Settled | Refused]:
    """Settle baskets in order, each whole or not at all, in a constant number of statements.

    For imports and examples: up to some thousands at a time, keys all different, no audit entries.
    ``basket.at`` dates the redemption, ``at`` is when the book hears of it.
    Refusals of a basket: KeyTaken; EmptyBasket, WrongQuantity; NoSuchMember, NoSuchGoods,
    GoodsNotHere; Forbidden (clerk of the counter); MemberLeft, GoodsWithdrawn, MixedUnits;
    OutOfStock, InDebt, TooFewPoints. A refusal of the ledger (a closed period) refuses the batch.
    """
    queries.lock_keys(session, [basket.key for basket in baskets])
    till = Till.read(session, baskets, clock.local_day(at))
    outcomes = [till.decide(actor, basket) for basket in baskets]
    sales = [outcome for outcome in outcomes if isinstance(outcome, Sale)]
    settled = _hand_over(session, actor, sales, at=at) if sales else {}
    return [settled[o.basket.key] if isinstance(o, Sale) else o for o in outcomes]


def take_back(
    session: Session, actor: Actor, *, redemption_id: int, reason: str, at: datetime
) -> Settled:
    """Undo a redemption: points back by a reversal, goods back on the shelf, once.

    A repeat for the same reason is the first answer again. Refuses: NoSuchRedemption,
    Forbidden (clerk or secretary of the counter), TakeBackTooLate (a clerk after the day),
    AlreadyTakenBack.
    """
    receipt, told = receipts.receipt_for_change(session, redemption_id)
    actor.require(*STAFF, org_id=receipt.org_id)
    if receipt.state is RedemptionState.TAKEN_BACK and told == reason:
        return _undone(session, receipt, at, repeated=True)
    if not _in_time(actor, receipt, at):
        raise TakeBackTooLate(on=receipt.on_day)
    if receipt.state is RedemptionState.TAKEN_BACK:
        raise AlreadyTakenBack(since=receipt.taken_back_at)
    shelf = queries.goods_for_change(session, [line.goods_id for line in receipt.lines])
    returned = [
        Move(
            goods_id=line.goods_id,
            quantity=line.quantity,
            stock_after=shelf[line.goods_id].stock + line.quantity,
            at=at,
            redemption_id=redemption_id,
        )
        for line in receipt.lines
    ]
    paid = ledger_queries.transfers_of(session, "redemption", redemption_id)
    ledger.reverse(
        session,
        actor,
        transfer_ids=[transfer.id for transfer in paid if transfer.reverses is None],
        key=f"take_back:{redemption_id}",
        reason="take_back",
        effective_on=clock.local_day(at),
        at=at,
        text=reason,
    )
    move(session, actor, MovementKind.TAKEN_BACK, returned)
    session.execute(
        update(redemption_table)
        .where(redemption_table.c.id == redemption_id)
        .values(
            state=RedemptionState.TAKEN_BACK,
            taken_back_at=at,
            taken_back_by=actor.id,
            taken_back_reason=reason,
        )
    )
    audit.record(
        session, actor, "exchange.take_back", ("redemption", redemption_id),
        at=at, org_id=receipt.org_id, number=receipt.number, points=receipt.total_points,
    )  # fmt: skip
    return _undone(session, receipt, at, repeated=False)


def may_take_back(actor: Actor, receipt: Receipt, *, at: datetime) -> bool:
    """Whether ``take_back`` would let this actor undo it now: what an Undo button asks."""
    return (
        receipt.state is RedemptionState.HANDED_OVER
        and actor.may(*STAFF, org_id=receipt.org_id)
        and _in_time(actor, receipt, at)
    )


def _in_time(actor: Actor, receipt: Receipt, at: datetime) -> bool:
    """A clerk undoes on the same day, a secretary later too."""
    same_day = clock.local_day(at) <= receipt.on_day
    return same_day or actor.may(Role.SECRETARY, org_id=receipt.org_id)


def _hand_over(
    session: Session, actor: Actor, sales: Sequence[Sale], *, at: datetime
) -> dict[str, Settled]:
    """Write the sales: nothing is refused here but by the ledger. Answers by key."""
    numbers = _receipt_numbers(session, sales)
    rows = session.execute(
        insert(redemption_table).returning(redemption_table.c.key, redemption_table.c.id),
        [_row(actor, sale, number) for sale, number in zip(sales, numbers, strict=True)],
    )
    ids = {row.key: row.id for row in rows}
    payments = [one for sale in sales for one in _payments(sale, ids[sale.basket.key])]
    ledger.post_all(session, actor, payments, at=at)
    session.execute(
        insert(line_table),
        [
            {
                "redemption_id": ids[sale.basket.key],
                "goods_id": line.offer.goods_id,
                "name": line.offer.name,
                "unit_name": line.offer.unit_name,
                "price_points": line.offer.price_points,
                "quantity": line.quantity,
            }
            for sale in sales
            for line in sale.lines
        ],
    )
    handed_over = [
        Move(
            goods_id=line.offer.goods_id,
            quantity=-line.quantity,
            stock_after=stock_after,
            at=sale.basket.at,
            redemption_id=ids[sale.basket.key],
        )
        for sale in sales
        for line, stock_after in zip(sale.lines, sale.stock_after, strict=True)
    ]
    move(session, actor, MovementKind.REDEEMED, handed_over)
    return {
        sale.basket.key: Settled(
            redemption_id=ids[sale.basket.key],
            number=number,
            unit=sale.unit,
            total_points=sale.total_points,
            balance_points=sale.balance_after,
        )
        for sale, number in zip(sales, numbers, strict=True)
    }


def _row(actor: Actor, sale: Sale, number: str) -> dict[str, Any]:
    return {
        "key": sale.basket.key,
        "number": number,
        "org_id": sale.basket.org_id,
        "member_id": sale.basket.member_id,
        "unit": sale.unit,
        "total_points": sale.total_points,
        "balance_after": sale.balance_after,
        "at": sale.basket.at,
        "on_day": clock.local_day(sale.basket.at),
        "by_kind": actor.kind,
        "by_id": actor.id,
        "state": RedemptionState.HANDED_OVER,
        "taken_back_reason": "",
    }


def _payments(sale: Sale, redemption_id: int) -> list[Posting]:
    """Points to the account of redeemed ones: never minutes, which make stars."""
    return [
        Posting(
            key=f"redemption:{sale.basket.key}" + (f":{place}" if place else ""),
            source=account,
            destination=system_account(sale.unit, SystemKind.REDEEMED),
            amount=points,
            effective_on=clock.local_day(sale.basket.at),
            reason="redemption",
            origin_kind="redemption",
            origin_id=redemption_id,
        )
        for place, (account, points) in enumerate(sale.drawn)
    ]


def _receipt_numbers(session: Session, sales: Sequence[Sale]) -> list[str]:
    """The next numbers of each counter's day; its row is locked until the transaction ends."""
    days = [(sale.basket.org_id, clock.local_day(sale.basket.at)) for sale in sales]
    upsert = _upserts[session.get_bind().dialect.name](_book)
    rows = session.execute(
        upsert.on_conflict_do_update(
            index_elements=["org_id", "on_day"],
            set_={"issued": _book.c.issued + upsert.excluded.issued},
        ).returning(_book.c.org_id, _book.c.on_day, _book.c.issued),
        [
            {"org_id": org_id, "on_day": on_day, "issued": wanted}
            for (org_id, on_day), wanted in sorted(Counter(days).items())
        ],
    )
    wanted = Counter(days)
    last = {(row.org_id, row.on_day): row.issued - wanted[row.org_id, row.on_day] for row in rows}
    numbers = []
    for day in days:
        last[day] += 1
        numbers.append(rules.receipt_number(day[1], last[day]))
    return numbers


def _locked_goods(session: Session, goods_id: int) -> Offer:
    found = queries.goods_for_change(session, [goods_id]).get(goods_id)
    if found is None:
        raise NoSuchGoods
    return found


def _undone(session: Session, receipt: Receipt, at: datetime, *, repeated: bool) -> Settled:
    left = purses.balance(session, receipt.member_id, receipt.unit, clock.local_day(at))
    return Settled(
        redemption_id=receipt.id,
        number=receipt.number,
        unit=receipt.unit,
        total_points=receipt.total_points,
        balance_points=left,
        repeated=repeated,
    )
