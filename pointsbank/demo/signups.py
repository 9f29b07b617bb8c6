"""Who has signed up for what is to come: a busy day with posts and shifts, and a waiting list."""

from datetime import datetime, timedelta

from sqlmodel import Session, select

from pointsbank.access import operations as access
from pointsbank.access.models import User
from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM, Actor
from pointsbank.demo.people import Crowd
from pointsbank.demo.today import Day
from pointsbank.earning.rules import DeedCategory
from pointsbank.events import operations as events
from pointsbank.events.models import Event
from pointsbank.events.rules import EventState
from pointsbank.signups import operations
from pointsbank.signups.operations import Asked

FAIR_IN_DAYS = 9
SIGNED_UP_FOR_NEXT = 12
AHEAD_OF_THE_VISITOR = 3


def sign_people_up(day: Day, crowd: Crowd, visitor: Actor) -> None:
    """The first of the crowd, whose sign-in is printed, has one place and waits for another."""
    others = crowd.drawn(day.rng, 60, clock.local_day(day.now))
    others = [member_id for member_id in others if member_id not in crowd.member_ids[:2]]
    at = day.now - timedelta(days=1)
    for event in _to_come(day.session, day):
        for member_id in others[:SIGNED_UP_FOR_NEXT]:
            _sign_up(day, _herself(day, member_id), event, at=at)
        _sign_up(day, visitor, event, at=at)
    _the_fair(day, others, visitor)


def _to_come(session: Session, day: Day) -> list[Event]:
    wanted = select(Event).where(
        Event.org_id == day.org_id, Event.state == EventState.PUBLISHED, Event.starts_at > day.now
    )
    return list(session.exec(wanted).all())


def _the_fair(day: Day, others: list[int], visitor: Actor) -> None:
    """Posts with shifts: one full, with a queue in which the visitor stands."""
    starts_at = day.midnight() + timedelta(days=FAIR_IN_DAYS, hours=8)
    at = day.now - timedelta(days=1)
    fair = events.plan(
        day.session, day.organiser, org_id=day.org_id, title="邻里节志愿服务",
        kind=DeedCategory.CULTURE, place="社区文化广场", key="fair", at=at - timedelta(days=2),
        starts_at=starts_at, ends_at=starts_at + timedelta(hours=8), capacity=40,
        description="布置会场、引导居民、收拾场地。可以只报一个班次，请穿志愿者马甲。",
    )  # fmt: skip
    posts = [
        events.add_post(
            day.session, day.organiser, event_id=fair.id or 0, at=at - timedelta(days=2),
            name=name, duties=duties, capacity=capacity, skill="", least_age=least_age, place="",
        )
        for name, duties, capacity, least_age in _POSTS
    ]  # fmt: skip
    morning, afternoon = (
        events.add_shift(
            day.session, day.organiser, event_id=fair.id or 0, at=at - timedelta(days=2),
            post_id=posts[0].id, starts_at=starts_at + timedelta(hours=begins),
            ends_at=starts_at + timedelta(hours=begins + 4), capacity=8,
        )
        for begins in (0, 4)
    )  # fmt: skip
    events.publish(day.session, day.organiser, event_id=fair.id or 0, at=at - timedelta(days=1))
    for n, member_id in enumerate(others[:10]):
        shift = (morning, afternoon)[n % 2]
        _sign_up(day, _herself(day, member_id), fair, (posts[0].id, shift.id), at=at)
    full = (posts[1].capacity or 0) + AHEAD_OF_THE_VISITOR
    for member_id in others[10 : 10 + full]:
        _sign_up(day, _herself(day, member_id), fair, (posts[1].id, None), at=at)
    _sign_up(day, visitor, fair, (posts[1].id, None), at=at)


_POSTS = (
    ("引导员", "在入口引导居民，照看老人孩子。", None, None),
    ("摄影摄像", "拍摄活动照片，当天交给社区。", 3, None),
    ("搬运布置", "搬桌椅、搭展板。", 10, 18),
)


def _herself(day: Day, member_id: int) -> Actor:
    """She signs up under her own account; it has no password, so nobody else signs in by it."""
    known = day.session.exec(select(User).where(User.member_id == member_id)).first()
    user = known or access.open_user(day.session, SYSTEM, member_id=member_id, at=day.now)
    return Actor(kind="user", id=user.id, member_id=member_id)


def _sign_up(
    day: Day,
    who: Actor,
    event: Event,
    spot: tuple[int | None, int | None] = (None, None),
    *,
    at: datetime,
) -> None:
    asked = Asked(event.id or 0, f"demo-{event.id}", *spot, wait=True, despite_clash=True)
    operations.sign_up(day.session, who, asked=asked, at=at)
