"""What waits to be settled as one looks at the example: missed check-outs, an objection, a
supplement, an overlap, three people on one phone, and ratings of those served.
"""

import io
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from PIL import Image, ImageDraw
from sqlmodel import Session, select

from pointsbank.access import operations as access
from pointsbank.access.models import User
from pointsbank.attendance import operations as attendance
from pointsbank.attendance.queries import attendance_of
from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM, Actor
from pointsbank.demo.people import Crowd
from pointsbank.demo.today import Day
from pointsbank.earning.rules import DeedCategory
from pointsbank.events import operations as events
from pointsbank.events.models import Event
from pointsbank.events.operations import PastEvent
from pointsbank.hours.rules import Way
from pointsbank.settlement import operations

DAYS_AGO = 4
WENT_HOME = 9
FORGOT = 3
SHARED = 3


def leave_to_settle(day: Day, crowd: Crowd, visitor: Actor) -> None:
    """The crowd's first, whose sign-in is printed, forgot to check out, was settled at less than
    she served, and objects; three more forgot and wait.
    """
    others = crowd.drawn(day.rng, 60, clock.local_day(day.now))
    others = [member_id for member_id in others if member_id != crowd.member_ids[0]]
    event = _held(day, crowd.member_ids[0], others)
    at = event.ends_at + timedelta(hours=3)
    mine = attendance_of(day.session, event.id or 0, crowd.member_ids[0])
    if mine is None or mine.id is None:
        raise RuntimeError("the visitor checked in a moment ago")
    operations.settle(
        day.session, day.organiser, event_id=event.id or 0, minutes={mine.id: 60}, key="settled",
        at=at,
    )  # fmt: skip
    operations.object_to(
        day.session, visitor, attendance_id=mine.id, text="我一直干到结束，和队长一起收的工具。",
        wanted_minutes=150, key="objection", at=at + timedelta(hours=2),
    )  # fmt: skip
    _supplement(day, event, others[WENT_HOME + FORGOT])
    _overlap(day, event, others[0])
    operations.enter_paper_ratings(
        day.session, day.organiser, event_id=event.id or 0, numbers={5: 11, 4: 4, 3: 1}, at=at
    )


def _held(day: Day, visitor_id: int, others: list[int]) -> Event:
    starts_at = day.midnight() - timedelta(days=DAYS_AGO) + timedelta(hours=9)
    event = events.plan(
        day.session, day.organiser, org_id=day.org_id, title="河岸垃圾清理",
        kind=DeedCategory.ENVIRONMENT, place="鹤鸣湖西岸", key="river",
        description="沿岸捡拾垃圾，清理漂浮物。", starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=150), at=starts_at - timedelta(days=5),
    )  # fmt: skip
    at = starts_at - timedelta(days=4)
    events.publish(day.session, day.organiser, event_id=event.id or 0, at=at)
    opens_at = starts_at - timedelta(minutes=20)
    events.open_event(day.session, day.organiser, event_id=event.id or 0, at=opens_at)
    for n, member_id in enumerate([visitor_id, *others[: WENT_HOME + FORGOT]]):
        at = starts_at + timedelta(minutes=day.rng.randint(-8, 8))
        _scan(day, attendance.check_in, event, member_id, at)
        if 0 < n <= WENT_HOME:
            _scan(day, attendance.check_out, event, member_id, at + timedelta(minutes=100 + 4 * n))
    _on_one_phone(day, event, others[WENT_HOME + FORGOT + 1 :][:SHARED])
    closes_at = event.ends_at + timedelta(minutes=20)
    return attendance.close_event(day.session, day.organiser, event_id=event.id or 0, at=closes_at)


def _scan(day: Day, verb: Callable[..., Any], event: Event, member_id: int, at: datetime) -> None:
    verb(
        day.session, day.organiser, code=event.code, member_id=member_id, way=Way.ORGANISER,
        claimed_at=at, at=at, key=f"river:{member_id}:{at}",
    )  # fmt: skip


def _on_one_phone(day: Day, event: Event, member_ids: list[int]) -> None:
    """They scan the poster one after another, with the same phone."""
    for n, member_id in enumerate(member_ids):
        at = event.starts_at + timedelta(minutes=2 * n)
        attendance.check_in(
            day.session, _herself(day.session, member_id, day), code=event.code, claimed_at=at,
            at=at, key=f"river:phone:{member_id}", device="one phone",
        )  # fmt: skip


def _supplement(day: Day, event: Event, member_id: int) -> None:
    who = _herself(day.session, member_id, day)
    operations.ask_supplement(
        day.session, who, event_id=event.id or 0, member_id=member_id, came_at=event.starts_at,
        left_at=event.starts_at + timedelta(minutes=120), text="手机没电，签了纸质签到表。",
        images=[_sheet()], key="supplement", at=event.ends_at + timedelta(hours=6),
    )  # fmt: skip


def _overlap(day: Day, event: Event, member_id: int) -> None:
    """She is on the sheet of another activity at the same time."""
    other = PastEvent(
        day.org_id, "路口文明引导", DeedCategory.PATROL, "中兴路口",
        event.starts_at + timedelta(minutes=30), event.starts_at + timedelta(minutes=120),
    )  # fmt: skip
    [other_id] = events.record_events(day.session, SYSTEM, [other], at=day.now)
    stay = attendance.PastAttendance(other_id, member_id, other.starts_at, other.ends_at)
    attendance.record_attendances(day.session, SYSTEM, [stay], at=day.now)


def _herself(session: Session, member_id: int, day: Day) -> Actor:
    """She asks under her own account; it has no password, so nobody else signs in by it."""
    known = session.exec(select(User).where(User.member_id == member_id)).first()
    user = known or access.open_user(session, SYSTEM, member_id=member_id, at=day.now)
    return Actor(kind="user", id=user.id, member_id=member_id)


def _sheet() -> bytes:
    """A drawing of a sign-in sheet."""
    picture = Image.new("RGB", (900, 640), "white")
    pen = ImageDraw.Draw(picture)
    for row in range(9):
        pen.line((60, 80 + row * 60, 840, 80 + row * 60), fill="black", width=3)
    for column in (60, 160, 400, 620, 840):
        pen.line((column, 80, column, 560), fill="black", width=3)
    pen.line((430, 200, 470, 180, 500, 210, 560, 175), fill="navy", width=6)
    made = io.BytesIO()
    picture.save(made, "JPEG", quality=70)
    return made.getvalue()
