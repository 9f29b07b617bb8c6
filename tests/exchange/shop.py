"""Rice, soap and a badge on the shelf; 王桂芳 with 120 morality points and 30 party points."""

from dataclasses import dataclass

from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM
from pointsbank.core.database import Session
from pointsbank.exchange import operations
from pointsbank.exchange.rules import Wish
from pointsbank.ledger import operations as ledger
from pointsbank.ledger.rules import (
    MORALITY,
    PARTY,
    Posting,
    SystemKind,
    member_account,
    system_account,
)
from tests.community import Community, build

POINTS = 120
PARTY_POINTS = 30


@dataclass(frozen=True, slots=True)
class Shop:
    people: Community
    rice: int  # 50 points, 10 in stock
    soap: int  # 5 points, 3 in stock
    badge: int  # 10 party points, 5 in stock
    oil_elsewhere: int  # 20 points, at 光明社区

    @property
    def org(self) -> int:
        return self.people.community

    def basket(self, *, rice: int = 0, soap: int = 0, badge: int = 0) -> list[Wish]:
        wanted = ((self.rice, rice), (self.soap, soap), (self.badge, badge))
        return [Wish(goods_id, quantity) for goods_id, quantity in wanted if quantity]


def open_shop(session: Session) -> Shop:
    people = build(session)
    at = clock.now()

    def stocked(org_id: int, name: str, unit_name: str, price: int, stock: int, unit: str) -> int:
        offer = operations.add_goods(
            session, SYSTEM, org_id=org_id, name=name, unit_name=unit_name,
            price_points=price, unit=unit, at=at,
        )  # fmt: skip
        operations.stock_in(
            session, SYSTEM, goods_id=offer.goods_id, quantity=stock, key=f"first-{offer.goods_id}",
            at=at,
        )  # fmt: skip
        return offer.goods_id

    shop = Shop(
        people,
        rice=stocked(people.community, "大米", "袋", 50, 10, MORALITY),
        soap=stocked(people.community, "肥皂", "块", 5, 3, MORALITY),
        badge=stocked(people.community, "徽章", "枚", 10, 5, PARTY),
        oil_elsewhere=stocked(people.other_community, "豆油", "桶", 20, 5, MORALITY),
    )
    give(session, people.wang, POINTS)
    give(session, people.wang, PARTY_POINTS, unit=PARTY)
    return shop


def give(session: Session, member_id: int, points: int, *, unit: str = MORALITY) -> None:
    """Points out of nothing: as if she had served."""
    posting = Posting(
        key=f"given:{member_id}:{unit}:{points}",
        source=system_account(unit, SystemKind.ISSUED, "environment"),
        destination=member_account(member_id, unit),
        amount=points,
        effective_on=clock.today(),
        reason="opening",
    )
    ledger.post_all(session, SYSTEM, [posting], at=clock.now())
