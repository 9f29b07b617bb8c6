"""What may be exchanged for what: baskets, receipt numbers, and why a counter says no."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from pointsbank.core.actor import Role
from pointsbank.core.errors import Conflict, Exhausted, Forbidden, Invalid, NotFound, say
from pointsbank.ledger.rules import AccountRef, OwnerKind

STAFF = (Role.CLERK, Role.SECRETARY)
"""Who keeps the shelf and undoes redemptions; handing over is the clerk's alone."""

MOST_LINES = 50
MOST_OF_ONE = 999
MOST_STOCKED = 1_000_000
HIGHEST_PRICE = 1_000_000


class RedemptionState(StrEnum):
    """Whether the goods are with the member or back on the shelf."""

    HANDED_OVER = "handed_over"
    TAKEN_BACK = "taken_back"


class MovementKind(StrEnum):
    """Why a number of goods came to the shelf or left it."""

    STOCKED = "stocked"
    REDEEMED = "redeemed"
    TAKEN_BACK = "taken_back"


@dataclass(frozen=True, slots=True)
class Wish:
    """So many of one of the goods."""

    goods_id: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Basket:
    """What one member wants at one counter; the client makes a ``key`` for each redemption."""

    key: str
    org_id: int
    member_id: int
    wishes: tuple[Wish, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class Offer:
    """One of the goods as it stands on the shelf: ``price_points`` of the ledger unit ``unit``."""

    goods_id: int
    org_id: int
    name: str
    unit_name: str
    unit: str
    price_points: int
    stock: int
    withdrawn_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PricedLine:
    """A wish with the offer that answers it."""

    offer: Offer
    quantity: int

    @property
    def points(self) -> int:
        return self.quantity * self.offer.price_points


@dataclass(frozen=True, slots=True)
class Settled:
    """A redemption done or undone; ``balance_points`` is what the member had right after.

    ``repeated`` when it was so already and this is the first answer again.
    """

    redemption_id: int
    number: str
    unit: str
    total_points: int
    balance_points: int
    repeated: bool = False


class KeyTaken(Conflict):
    """The key belongs to another redemption or delivery."""

    sentence = say("这次操作的编号已用于另一笔业务，请刷新页面后重试。")


class EmptyBasket(Invalid):
    sentence = say("请至少选择一件商品。")


class WrongQuantity(Invalid):
    sentence = say("数量应为 1 至 %(most)s 之间的整数。")


class WrongDelivery(Invalid):
    sentence = say("入库数量应为 1 至 %(most)s 之间的整数。")


class WrongPrice(Invalid):
    sentence = say("价格应为 1 至 %(most)s 分之间的整数。")


class MixedUnits(Invalid):
    """One redemption is paid in one kind of points."""

    sentence = say("所选商品使用不同种类的积分，请分两次兑换。")


class NoSuchGoods(NotFound):
    sentence = say("没有这件商品。")


class GoodsNotHere(NotFound):
    """The goods belong to another counter."""

    sentence = say("%(goods)s不在这个兑换点，请到它所在的兑换点兑换。")


class NoSuchRedemption(NotFound):
    sentence = say("没有这笔兑换。")


class GoodsWithdrawn(Conflict):
    sentence = say("%(goods)s已于 %(since)s 下架，请选择其他商品。")


class GoodsExist(Conflict):
    """Two goods of one counter may not bear the same name."""

    sentence = say("这个兑换点已有“%(goods)s”，请直接为它入库。")


class OutOfStock(Exhausted):
    sentence = say("%(goods)s只剩 %(left)s %(unit_name)s，不够 %(wanted)s %(unit_name)s。")


class TooFewPoints(Exhausted):
    sentence = say("积分不够：现有 %(has)s 分，需要 %(needed)s 分，还差 %(short)s 分。")


class InDebt(Exhausted):
    """What was spent was not rightly earned; what is earned later repays it first."""

    sentence = say(
        "还欠 %(debt)s 分：有积分花掉以后被更正了。以后记入的积分先还欠分，还清之前不能兑换。"
    )


class TooMuchStock(Exhausted):
    sentence = say("%(goods)s的库存不能超过 %(most)s %(unit_name)s。")


class AlreadyTakenBack(Conflict):
    sentence = say("这笔兑换已于 %(since)s 撤销，不能再次撤销。")


class TakeBackTooLate(Forbidden):
    """A clerk takes back on the same day; later it is the secretary's."""

    sentence = say("兑换点只能撤销当天的兑换，这笔是 %(on)s 的，请由社区书记办理。")


def merged(wishes: Sequence[Wish]) -> tuple[Wish, ...]:
    """The same wishes with one line for each of the goods, in the order of their ids."""
    wanted: dict[int, int] = {}
    for wish in wishes:
        wanted[wish.goods_id] = wanted.get(wish.goods_id, 0) + wish.quantity
    return tuple(Wish(goods_id, wanted[goods_id]) for goods_id in sorted(wanted))


def priced(wishes: Sequence[Wish], offers: Mapping[int, Offer]) -> list[PricedLine]:
    """Each wish with its offer; refuses goods that there are not."""
    if any(wish.goods_id not in offers for wish in wishes):
        raise NoSuchGoods
    return [PricedLine(offers[wish.goods_id], wish.quantity) for wish in wishes]


def check_form(wishes: Sequence[Wish]) -> None:
    """Refuse what no shelf could answer: nothing, fewer than one, more than a person carries."""
    if not wishes:
        raise EmptyBasket
    if any(not 0 < wish.quantity <= MOST_OF_ONE for wish in wishes):
        raise WrongQuantity(most=MOST_OF_ONE)


def check_at_counter(lines: Sequence[PricedLine], org_id: int) -> None:
    """Refuse goods of another counter."""
    for line in lines:
        if line.offer.org_id != org_id:
            raise GoodsNotHere(goods=line.offer.name)


def check_on_offer(lines: Sequence[PricedLine]) -> str:
    """The unit that pays for all lines; refuses withdrawn goods, and two kinds of points."""
    for line in lines:
        if line.offer.withdrawn_at is not None:
            raise GoodsWithdrawn(goods=line.offer.name, since=line.offer.withdrawn_at)
    units = {line.offer.unit for line in lines}
    if len(units) > 1:
        raise MixedUnits
    return units.pop()


def check_stock(lines: Sequence[PricedLine], left: Mapping[int, int]) -> None:
    """Refuse more than the shelf holds (``left``: goods to number), saying what is left."""
    for line in lines:
        offer = line.offer
        if line.quantity > left[offer.goods_id]:
            raise OutOfStock(
                goods=offer.name,
                left=left[offer.goods_id],
                wanted=line.quantity,
                unit_name=offer.unit_name,
            )


def together(own: int, joint: int) -> int:
    """What a person can spend of her own and her household's points: a debt is its owner's only."""
    return max(own, 0) + joint if joint > 0 else own


def spendable(purse: Mapping[AccountRef, int]) -> int:
    """What a person can spend of these accounts."""
    sums = Counter[bool]()
    for ref, points in purse.items():
        sums[ref.owner_kind is OwnerKind.HOUSEHOLD] += points
    return together(sums[False], sums[True])


def drawn(purse: Mapping[AccountRef, int], total: int) -> tuple[tuple[AccountRef, int], ...]:
    """How much is taken of each account of a person, in their order; together they suffice."""
    taken = []
    for ref, points in purse.items():
        share = min(max(points, 0), total)
        if share:
            taken.append((ref, share))
        total -= share
    return tuple(taken)


def check_points(needed: int, has: int) -> None:
    """Refuse while there is debt, and more points than there are, saying how many are missing."""
    if has < 0:
        raise InDebt(debt=-has)
    if needed > has:
        raise TooFewPoints(has=has, needed=needed, short=needed - has)


def check_delivery(offer: Offer, quantity: int) -> None:
    """Refuse a delivery of fewer than one, or of more than a shelf is counted to."""
    if not 0 < quantity <= MOST_STOCKED:
        raise WrongDelivery(most=MOST_STOCKED)
    if offer.stock + quantity > MOST_STOCKED:
        raise TooMuchStock(goods=offer.name, most=MOST_STOCKED, unit_name=offer.unit_name)


def check_price(price_points: int) -> None:
    if not 0 < price_points <= HIGHEST_PRICE:
        raise WrongPrice(most=HIGHEST_PRICE)


def total_points(lines: Sequence[PricedLine]) -> int:
    return sum(line.points for line in lines)


def receipt_number(day: date, sequence: int) -> str:
    """``2026-0312-0007``: the seventh receipt that a counter wrote on 12 March 2026."""
    return f"{day:%Y-%m%d}-{sequence:04d}"


def summary(lines: Sequence[tuple[str, int]]) -> str:
    """Goods and counts in one line, as told on the member's page: ``大米 ×1、肥皂 ×2``."""
    return "、".join(f"{name} ×{quantity}" for name, quantity in lines)
