"""A year in 幸福社区: people who served, one who exchanged, and a way to add more."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from community import Community, build

from pointsbank.attendance.operations import PastAttendance, record_attendances
from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM
from pointsbank.core.database import Database, transaction
from pointsbank.earning.rules import DeedCategory
from pointsbank.events.operations import PastEvent, record_events
from pointsbank.exchange import operations as exchange
from pointsbank.exchange.rules import Wish
from pointsbank.hours.rules import Way

ZONE = ZoneInfo("Asia/Shanghai")
YEAR_END = datetime(2026, 12, 28, 9, 30, tzinfo=ZONE)


@dataclass(frozen=True, slots=True)
class Year:
    """``serve`` records an event of the community with one member's attendance; ``end`` is a day
    on which 2026 may be sealed."""

    place: Community
    serve: Callable[..., None]
    end: datetime


@pytest.fixture
def year(bank: Database) -> Year:
    """Li (full member of the branch) served 750 minutes in 2026 and 60 in 2025; Zhao 120; Wang 180
    and took soap for 15 points; Zhou of the neighbouring community 60."""
    with transaction() as session:
        place = build(session)

    def serve(
        member_id: int,
        minutes: int,
        kind: DeedCategory = DeedCategory.PATROL,
        on: tuple[int, int, int] = (2026, 3, 5),
        org_id: int = place.community,
        way: Way = Way.ROSTER,
    ) -> None:
        begin = datetime(*on, 9, tzinfo=ZONE)
        end = begin + timedelta(minutes=minutes)
        event = PastEvent(org_id, f"{kind} {minutes}", kind, "社区广场", begin, end)
        with transaction() as session:
            (event_id,) = record_events(session, SYSTEM, [event], at=clock.now())
            past = PastAttendance(event_id, member_id, begin, end, way)
            record_attendances(session, SYSTEM, [past], at=clock.now())

    serve(place.li, 450, DeedCategory.ENVIRONMENT, (2026, 4, 11))
    serve(place.li, 300, DeedCategory.PATROL, (2026, 5, 2))
    serve(place.li, 60, DeedCategory.PATROL, (2025, 12, 31))
    serve(place.zhao, 120, DeedCategory.CULTURE, (2026, 10, 1))
    serve(place.wang, 180, DeedCategory.PATROL, (2026, 1, 1))
    serve(place.zhou, 60, DeedCategory.HELP, (2026, 6, 1), place.other_community)
    with transaction() as session:
        soap = exchange.add_goods(
            session, SYSTEM, org_id=place.community, name="肥皂", unit_name="块", price_points=5,
            at=clock.now(),
        )  # fmt: skip
        exchange.stock_in(
            session, SYSTEM, goods_id=soap.goods_id, quantity=9, key="soap", at=clock.now()
        )
        exchange.redeem(
            session, place.clerk, org_id=place.community, member_id=place.wang,
            lines=[Wish(soap.goods_id, 3)], key="three-soaps", at=clock.now(),
        )  # fmt: skip
    return Year(place, serve, YEAR_END)
