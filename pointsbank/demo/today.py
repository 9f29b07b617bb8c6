"""What is going on as one looks at the example: an open event, one to confirm, one to come."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sqlmodel import Session

from pointsbank.access import operations as access
from pointsbank.attendance import operations as attendance
from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM, Actor
from pointsbank.demo.activities import ARTICLES
from pointsbank.demo.people import Crowd
from pointsbank.earning.rules import DeedCategory
from pointsbank.events import operations as events
from pointsbank.events.models import Event
from pointsbank.exchange import operations as exchange
from pointsbank.exchange.rules import Wish
from pointsbank.hours.rules import Way
from pointsbank.ledger import queries as book
from pointsbank.ledger.rules import MORALITY

COME_TO_THE_OPEN_ONE = 7
COME_TO_THE_CLOSED_ONE = 14
LONG_BEFORE = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Going:
    """Today's events: what to scan, what to confirm."""

    open_event_id: int
    open_title: str
    open_code: str
    to_confirm_id: int


@dataclass(frozen=True, slots=True)
class Day:
    """The day as an organiser of a community lives it."""

    session: Session
    rng: Random
    organiser: Actor
    org_id: int
    station_id: int
    now: datetime

    def midnight(self) -> datetime:
        return clock.day_start(clock.local_day(self.now))


def set_today(day: Day, crowd: Crowd) -> Going:
    """Hold the events of these days by the organiser's own verbs, static posters and all.

    The crowd's first, whose sign-in is printed, stays away: checking in is left to the visitor.
    """
    others = crowd.drawn(day.rng, 60, clock.local_day(day.now))
    others = [member_id for member_id in others if member_id != crowd.member_ids[0]]
    closed = _closed_yesterday(day, others[:COME_TO_THE_CLOSED_ONE])
    running = _open_now(day, others[-COME_TO_THE_OPEN_ONE:])
    _to_come(day)
    return Going(running.id or 0, running.title, running.code, closed.id or 0)


def _open_now(day: Day, goers: list[int]) -> Event:
    starts_at = _ten_minutes(day.now) - timedelta(minutes=20)
    event = _published(
        day, "open", starts_at, hours=6,
        title="社区便民服务集市", kind=DeedCategory.REPAIRS, place="", place_id=day.station_id,
        description="磨刀、修小家电、量血压、代办缴费，志愿者随到随做。",
        posts=(("登记台", "门厅"), ("义务维修", "一楼活动室"), ("量血压", "一楼活动室")),
    )  # fmt: skip
    opens_at = starts_at - timedelta(minutes=20)
    events.open_event(day.session, day.organiser, event_id=event.id or 0, at=opens_at)
    for member_id in goers:
        at = starts_at + timedelta(minutes=day.rng.randint(-10, 12), seconds=day.rng.randrange(60))
        attendance.check_in(
            day.session, day.organiser, code=event.code, member_id=member_id, way=Way.ORGANISER,
            claimed_at=at, at=at, key=f"open:{member_id}",
        )  # fmt: skip
    return event


def _closed_yesterday(day: Day, member_ids: list[int]) -> Event:
    """They scanned the poster with their own phones, so their hours wait for confirmation."""
    starts_at = day.midnight() - timedelta(hours=15)  # yesterday at nine
    event = _published(
        day, "closed", starts_at, hours=2,
        title="清扫小区庭院", kind=DeedCategory.ENVIRONMENT, place="3号楼庭院",
        description="清扫落叶和杂物，清理楼道小广告。",
    )  # fmt: skip
    opens_at = starts_at - timedelta(minutes=20)
    events.open_event(day.session, day.organiser, event_id=event.id or 0, at=opens_at)
    goers = [_with_account(day, member_id, starts_at) for member_id in member_ids]
    for goer in goers:
        at = starts_at + timedelta(minutes=day.rng.randint(-12, 6), seconds=day.rng.randrange(60))
        attendance.check_in(day.session, goer, code=event.code, claimed_at=at, at=at, key="in")
    for goer in goers[:-1]:  # one forgets
        minutes, seconds = day.rng.randint(-6, 15), day.rng.randrange(60)
        at = event.ends_at + timedelta(minutes=minutes, seconds=seconds)
        attendance.check_out(day.session, goer, code=event.code, claimed_at=at, at=at, key="out")
    closes_at = event.ends_at + timedelta(minutes=30)
    return attendance.close_event(day.session, day.organiser, event_id=event.id or 0, at=closes_at)


def _with_account(day: Day, member_id: int, at: datetime) -> Actor:
    """She scans under her own account; it has no password, so nobody else signs in by it."""
    user = access.open_user(day.session, SYSTEM, member_id=member_id, at=at - LONG_BEFORE)
    return Actor(kind="user", id=user.id, member_id=member_id)


def _to_come(day: Day) -> None:
    _published(
        day, "to come", day.midnight() + timedelta(days=2, hours=9), hours=2,
        title="看望独居老人", kind=DeedCategory.HELP, place="第二网格老人家中",
        description="两人一组，送去米面油，帮助打扫卫生。",
    )  # fmt: skip
    starts_at = day.midnight() + timedelta(days=6, hours=14)
    events.plan(
        day.session, day.organiser, org_id=day.org_id, title="反诈宣传进楼道",
        kind=DeedCategory.PUBLICITY, place="小区各楼门", description="张贴提示，入户讲解。",
        capacity=20, starts_at=starts_at, ends_at=starts_at + timedelta(hours=2), key="draft",
        at=day.now - timedelta(hours=5),
    )  # fmt: skip


def _published(
    day: Day, key: str, starts_at: datetime, *, hours: int, posts: Sequence[tuple[str, str]] = (),
    **said: Any,
) -> Event:  # fmt: skip
    """``posts`` are names and places."""
    at = min(starts_at, day.now) - LONG_BEFORE
    event = events.plan(
        day.session, day.organiser, org_id=day.org_id, starts_at=starts_at, capacity=30,
        ends_at=starts_at + timedelta(hours=hours), key=key, at=at, **said,
    )  # fmt: skip
    for name, place in posts:
        events.add_post(
            day.session, day.organiser, event_id=event.id, name=name, place=place, duties="",
            capacity=None, skill="", least_age=None, at=at,
        )  # fmt: skip
    at += timedelta(minutes=4)
    return events.publish(day.session, day.organiser, event_id=event.id or 0, at=at)


def redeem_today(
    session: Session,
    rng: Random,
    clerk: Actor,
    *,
    org_id: int,
    crowd: Crowd,
    goods_ids: list[int],
    now: datetime,
) -> int:
    """Some come to the counter this morning; the last brings hers back. How many came."""
    has = book.balances_of(session, crowd.member_ids, MORALITY)
    dearest = max(article.price for article in ARTICLES[2:5])
    able = [member_id for member_id in crowd.member_ids[1:] if has.get(member_id, 0) > dearest]
    came = rng.sample(able, k=min(4, len(able)))
    settled = None
    opening = clock.day_start(clock.local_day(now))
    for n, member_id in enumerate(came):
        at = now - timedelta(minutes=9 * (len(came) - n), seconds=rng.randrange(60))
        settled = exchange.redeem(
            session, clerk, org_id=org_id, member_id=member_id,
            lines=[Wish(goods_ids[2 + n % 3], 1)], key=f"today:{member_id}", at=max(at, opening),
        )  # fmt: skip
    if settled:
        exchange.take_back(
            session, clerk, redemption_id=settled.redemption_id, reason="包装破损，退回",
            at=max(now - timedelta(minutes=2), opening),
        )  # fmt: skip
    return len(came)


def _ten_minutes(instant: datetime) -> datetime:
    return instant.replace(minute=instant.minute // 10 * 10, second=0, microsecond=0)
