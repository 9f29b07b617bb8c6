"""A year of 王桂芳 in 幸福社区, written through the real operations."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import community
import pytest
from community import Community
from sqlalchemy import update
from sqlmodel import col, select

from pointsbank.access.operations import open_user
from pointsbank.attendance.models import Attendance
from pointsbank.attendance.operations import PastAttendance, record_attendances
from pointsbank.attendance.rules import AttendanceState
from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM, Actor
from pointsbank.core.database import Database, Session, transaction
from pointsbank.earning.operations import adopt_points_rule
from pointsbank.earning.rules import DeedCategory
from pointsbank.events.operations import PastEvent, record_events
from pointsbank.exchange import operations as exchange
from pointsbank.exchange.rules import Wish
from pointsbank.ledger.operations import reverse
from pointsbank.ledger.queries import transfers_of
from pointsbank.ledger.rules import MORALITY, CapWindow
from pointsbank.members.operations import issue_card
from pointsbank.stars.operations import adopt_star_ladder
from pointsbank.stars.rules import Level, Window

ZONE = ZoneInfo("Asia/Shanghai")
DEEDS = (
    ("3·5 学雷锋便民服务", DeedCategory.REPAIRS, "社区广场", 3, 5, 150),
    ("楼道杂物清理", DeedCategory.ENVIRONMENT, "1号楼", 4, 12, 120),
    ("夏夜治安巡逻", DeedCategory.PATROL, "幸福社区", 7, 3, 180),
    ("端午慰问独居老人", DeedCategory.HELP, "居民家中", 6, 19, 90),
    ("冬季供暖政策宣传", DeedCategory.PUBLICITY, "社区活动室", 10, 18, 60),
)


@dataclass(frozen=True, slots=True)
class Year:
    """Ids of what she did: 600 minutes and 100 points earned, 45 spent and 30 of it taken back."""

    place: Community
    event_ids: list[int]
    rice: int
    taken_back: int


@pytest.fixture
def newcomers(bank: Database) -> Community:
    with transaction() as session:
        return community.build(session)


@pytest.fixture
def year(newcomers: Community) -> Year:
    with transaction() as session:
        return live(session, newcomers)


def live(session: Session, place: Community) -> Year:
    at = clock.now()
    event_ids = serve(session, place, place.wang)
    issue_card(session, SYSTEM, member_id=place.wang, at=at)
    rice = exchange.add_goods(
        session, SYSTEM, org_id=place.community, name="大米 5kg", unit_name="袋",
        price_points=15, at=at,
    )  # fmt: skip
    exchange.stock_in(session, SYSTEM, goods_id=rice.goods_id, quantity=9, key="rice", at=at)
    for key, quantity in (("one", 1), ("two", 2)):
        settled = exchange.redeem(
            session, place.clerk, org_id=place.community, member_id=place.wang,
            lines=[Wish(rice.goods_id, quantity)], key=key, at=at,
        )  # fmt: skip
    exchange.take_back(
        session, place.clerk, redemption_id=settled.redemption_id, reason="拿错了", at=at
    )
    return Year(place, event_ids, rice.goods_id, settled.redemption_id)


def serve(session: Session, place: Community, member_id: int, times: int = 1) -> list[int]:
    """The deeds above, each ``times`` on days in a row."""
    events, stays = [], []
    for title, kind, where, month, day, minutes in DEEDS:
        for repeat in range(times):
            begin = datetime(2026, month, day, 9, tzinfo=ZONE) + timedelta(days=repeat)
            end = begin + timedelta(minutes=minutes)
            events.append(PastEvent(place.community, title, kind, where, begin, end))
            stays.append((begin, end))
    ids = record_events(session, SYSTEM, events, at=clock.now())
    attended = [
        PastAttendance(event_id, member_id, begin, end)
        for event_id, (begin, end) in zip(ids, stays, strict=True)
    ]
    record_attendances(session, SYSTEM, attended, at=clock.now())
    return ids


@pytest.fixture
def many(newcomers: Community) -> Community:
    """王桂芳 with twenty-five entries a unit, 李建国 with two hundred hours."""
    with transaction() as session:
        serve(session, newcomers, newcomers.wang, times=5)
        serve(session, newcomers, newcomers.li, times=20)
    return newcomers


@pytest.fixture
def comrade(many: Community) -> Actor:
    """李建国, a full party member, signed up."""
    with transaction() as session:
        user = open_user(session, SYSTEM, member_id=many.li, at=clock.now())
        return Actor("user", user.id, member_id=many.li)


@pytest.fixture
def correction(year: Year) -> None:
    """What her first activity was credited with is taken back."""
    with transaction() as session:
        first = select(Attendance.id).where(col(Attendance.event_id) == year.event_ids[0])
        attendance_id = session.execute(first).scalar_one()
        transfers = transfers_of(session, "attendance", attendance_id)
        reverse(
            session, year.place.secretary, transfer_ids=[t.id for t in transfers], key="mend",
            reason="correction", effective_on=clock.today(), at=clock.now(), text="重复登记",
        )  # fmt: skip


@pytest.fixture
def clipped(year: Year) -> Year:
    """Three activities of yesterday under a month's cap: in full, in part, and for nothing."""
    with transaction() as session:
        adopt_points_rule(
            session, SYSTEM, org_id=year.place.community, unit=MORALITY,
            from_on=date(2026, 11, 1), points_per_hour=10,
            caps={CapWindow.DAY: 80, CapWindow.MONTH: 28}, at=clock.now(),
        )  # fmt: skip
        eve = datetime(2026, 11, 20, 9, tzinfo=ZONE)
        deeds = ("清理小广告", "看望独居老人", "小区防火巡查")
        begins = [eve + timedelta(hours=3 * n) for n in range(len(deeds))]
        events = [
            PastEvent(
                year.place.community, title, DeedCategory.HELP, "1号楼", at, at + timedelta(hours=2)
            )
            for title, at in zip(deeds, begins, strict=True)
        ]
        ids = record_events(session, SYSTEM, events, at=clock.now())
        stays = [
            PastAttendance(event_id, year.place.wang, at, at + timedelta(hours=2))
            for event_id, at in zip(ids, begins, strict=True)
        ]
        record_attendances(session, SYSTEM, stays, at=clock.now())
    return year


@pytest.fixture
def low_ladder(year: Year) -> None:
    """A ladder of one star for five hours of the calendar year."""
    with transaction() as session:
        adopt_star_ladder(
            session, SYSTEM, org_id=year.place.community, from_on=clock.today(),
            levels=[Level(1, 5)], window=Window.CALENDAR_YEAR, at=clock.now(),
        )  # fmt: skip


@pytest.fixture
def waiting(year: Year) -> None:
    """Her first activity waits for the organiser."""
    with transaction() as session:
        session.execute(
            update(Attendance)
            .where(col(Attendance.event_id) == year.event_ids[0])
            .values(state=AttendanceState.TO_CONFIRM)
        )
