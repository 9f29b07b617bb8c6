"""What decides on baskets: the shelf and the accounts, locked and read once for a whole batch."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from pointsbank.core.actor import Actor, Role
from pointsbank.core.database import Session
from pointsbank.core.errors import Refused
from pointsbank.exchange import queries, receipts, rules
from pointsbank.exchange.purses import Purses, purses_for_change
from pointsbank.exchange.receipts import Receipt
from pointsbank.exchange.rules import Basket, KeyTaken, Offer, PricedLine, Settled, Wish
from pointsbank.ledger.rules import AccountRef
from pointsbank.members.rules import MemberLeft, NoSuchMember


@dataclass(frozen=True, slots=True)
class Sale:
    """A basket that nothing refuses any more; ``stock_after`` goes with ``lines``.

    ``drawn``: (account, points): more than one where records were merged into hers, or where her
    household's points help out.
    """

    basket: Basket
    lines: tuple[PricedLine, ...]
    unit: str
    total_points: int
    drawn: tuple[tuple[AccountRef, int], ...]
    balance_after: int
    stock_after: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Till:
    """What decides on a batch of baskets; ``left`` and the purses go down with each sale."""

    first: dict[str, Receipt]
    left_on: dict[int, date | None]
    offers: dict[int, Offer]
    left: dict[int, int]
    purses: Purses

    @classmethod
    def read(cls, session: Session, baskets: Sequence[Basket], on: date) -> "Till":
        """Lock goods, then accounts, and read them; ``on`` says who is of age."""
        member_ids = {basket.member_id for basket in baskets}
        wanted = {wish.goods_id for basket in baskets for wish in basket.wishes}
        offers = queries.goods_for_change(session, wanted)
        return cls(
            first=receipts.redemptions_by_key(session, [basket.key for basket in baskets]),
            left_on=queries.left_on(session, member_ids),
            offers=offers,
            left={goods_id: offer.stock for goods_id, offer in offers.items()},
            purses=purses_for_change(session, member_ids, on),
        )

    def decide(self, actor: Actor, basket: Basket) -> "Settled | Refused | Sale":
        try:
            return self._answer(basket) or self._sale(actor, basket)
        except Refused as refusal:
            return refusal

    def _answer(self, basket: Basket) -> Settled | None:
        """The first answer to this key, where it was used before."""
        earlier = self.first.get(basket.key)
        if earlier is None:
            return None
        asked = (basket.org_id, basket.member_id, rules.merged(basket.wishes))
        bought = tuple(Wish(line.goods_id, line.quantity) for line in earlier.lines)
        if asked != (earlier.org_id, earlier.member_id, bought):
            raise KeyTaken
        return Settled(
            redemption_id=earlier.id,
            number=earlier.number,
            unit=earlier.unit,
            total_points=earlier.total_points,
            balance_points=earlier.balance_points,
            repeated=True,
        )

    def _sale(self, actor: Actor, basket: Basket) -> Sale:
        wishes = rules.merged(basket.wishes)
        rules.check_form(wishes)
        if basket.member_id not in self.left_on:
            raise NoSuchMember
        lines = rules.priced(wishes, self.offers)
        rules.check_at_counter(lines, basket.org_id)
        actor.require(Role.CLERK, org_id=basket.org_id)
        left_on = self.left_on[basket.member_id]
        if left_on is not None:
            raise MemberLeft(left_on=left_on)
        unit = rules.check_on_offer(lines)
        rules.check_stock(lines, self.left)
        total = rules.total_points(lines)
        purse = self.purses.of(basket.member_id, unit)
        has = rules.spendable(purse)
        rules.check_points(needed=total, has=has)
        drawn = rules.drawn(purse, total)
        for ref, points in drawn:
            self.purses.points[ref] -= points
        for line in lines:
            self.left[line.offer.goods_id] -= line.quantity
        return Sale(
            basket=basket,
            lines=tuple(lines),
            unit=unit,
            total_points=total,
            drawn=drawn,
            balance_after=has - total,
            stock_after=tuple(self.left[line.offer.goods_id] for line in lines),
        )
