"""Writes the year behind the example: weeks of events and stays, exchange days, deliveries."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import accumulate
from random import Random

from sqlmodel import Session

from pointsbank.attendance import operations as attendance
from pointsbank.attendance.operations import PastAttendance
from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM
from pointsbank.core.statements import portions
from pointsbank.demo.activities import ACTIVITIES, ARTICLES, Activity
from pointsbank.demo.people import Crowd, Person
from pointsbank.demo.tree import Community
from pointsbank.events import operations as events
from pointsbank.events.operations import PastEvent
from pointsbank.exchange import operations as exchange
from pointsbank.exchange.rules import Basket, Settled, Wish
from pointsbank.hours.rules import Way
from pointsbank.ledger import operations as ledger
from pointsbank.ledger import queries as book
from pointsbank.ledger.rules import (
    MINUTES,
    MORALITY,
    Posting,
    SystemKind,
    member_account,
    system_account,
)  # fmt: skip

DAYS = 364
WEEKS_BETWEEN_EXCHANGES = 4
WEEKS_BETWEEN_DELIVERIES = 12
_WAYS = ((Way.STATIC, 50), (Way.ORGANISER, 35), (Way.ROSTER, 15))
_WEEKDAYS = (2, 2, 3, 2, 4, 9, 7)
_CHEAPEST = min(range(len(ARTICLES)), key=lambda n: ARTICLES[n].price)
_OF_ACTIVITIES = tuple(accumulate(activity.weight for activity in ACTIVITIES))
_POSTINGS_A_BATCH = 2_000


@dataclass(frozen=True, slots=True)
class Happening:
    """An event of the past, before it has an id."""

    community_id: int
    on: date
    activity: Activity
    begins: time
    minutes: int
    goers: int
    way: Way


def draw_happenings(
    rng: Random, communities: Sequence[Community], *, count: int, goers: int, first: date
) -> list[Happening]:
    """So many events over the year, by day; winter clears snow, weekends are busiest."""
    drawn: dict[tuple[int, date, time, str], Happening] = {}
    while len(drawn) < count:  # of the same activity at the same hour there is one
        community = communities[len(drawn) % len(communities)]
        week = rng.randrange(DAYS // 7)
        monday = first + timedelta(days=7 * week - first.weekday())
        day = max(first, monday + timedelta(days=rng.choices(range(7), weights=_WEEKDAYS)[0]))
        activity = _in_season(rng, day)
        happening = Happening(
            community_id=community.id,
            on=day,
            activity=activity,
            begins=time(rng.choice(activity.hours), rng.choice((0, 0, 30))),
            minutes=rng.choice(activity.minutes),
            goers=max(3, round(rng.gauss(goers, goers / 3))),
            way=rng.choices([w for w, _ in _WAYS], weights=[n for _, n in _WAYS])[0],
        )
        drawn.setdefault((community.id, day, happening.begins, activity.title), happening)
    return sorted(drawn.values(), key=lambda h: (h.on, h.begins, h.community_id))


def _in_season(rng: Random, day: date) -> Activity:
    while True:
        activity = rng.choices(ACTIVITIES, cum_weights=_OF_ACTIVITIES)[0]
        if ("雪" not in activity.title) or day.month in (11, 12, 1, 2, 3):
            return activity


def weeks(happenings: Sequence[Happening], first: date) -> Iterator[tuple[date, list[Happening]]]:
    """The last day of each week and what happened in it; weeks without events too."""
    for week in range(DAYS // 7):
        begin = first + timedelta(days=7 * week)
        end = begin + timedelta(days=6)
        yield end, [h for h in happenings if begin <= h.on <= end]


def record_week(
    session: Session,
    rng: Random,
    happenings: Sequence[Happening],
    crowds: dict[int, Crowd],
    *,
    at: datetime,
) -> int:
    """Enter a week's events and who came, crediting hours and points; how many came."""
    rows = [_past_event(h) for h in happenings]
    event_ids = events.record_events(session, SYSTEM, rows, at=at)
    busy: set[tuple[int, date]] = set()
    stays: list[PastAttendance] = []
    for event_id, row, happening in zip(event_ids, rows, happenings, strict=True):
        crowd = crowds.get(happening.community_id, Crowd())
        for member_id in crowd.drawn(rng, happening.goers, happening.on):
            if (member_id, happening.on) not in busy:
                busy.add((member_id, happening.on))
                stays.append(_stay(rng, event_id, member_id, row, happening.way))
    return attendance.record_attendances(session, SYSTEM, stays, at=at)


def _past_event(happening: Happening) -> PastEvent:
    starts_at = datetime.combine(happening.on, happening.begins, clock.zone())
    activity = happening.activity
    return PastEvent(
        org_id=happening.community_id,
        title=activity.title,
        kind=activity.kind,
        place=activity.place,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=happening.minutes),
        description=activity.description,
        capacity=happening.goers + 5,
    )


def _stay(rng: Random, event_id: int, member_id: int, row: PastEvent, way: Way) -> PastAttendance:
    """Most come a little early and leave about the end; a few late or soon."""
    come = rng.randint(-14, 2) if rng.random() < 0.9 else rng.randint(5, 30)
    go = rng.randint(-2, 12) if rng.random() < 0.9 else rng.randint(-30, -5)
    return PastAttendance(
        event_id=event_id,
        member_id=member_id,
        checked_in_at=row.starts_at + timedelta(minutes=come, seconds=rng.randrange(60)),
        checked_out_at=row.ends_at + timedelta(minutes=go, seconds=rng.randrange(60)),
        way=way,
    )


def carry_over(
    session: Session, people: Sequence[Person], ids: Sequence[int], *, at: datetime
) -> None:
    """Post the hours of the years before, as the old paper records gave them."""
    postings = [
        Posting(
            key=f"opening:{member_id}:{MINUTES}",
            source=system_account(MINUTES, SystemKind.ISSUED, "imported"),
            destination=member_account(member_id, MINUTES),
            amount=person.hours_before * 60,
            effective_on=clock.local_day(at),
            reason="opening",
        )
        for member_id, person in zip(ids, people, strict=True)
        if person.hours_before
    ]
    for part in portions(postings, _POSTINGS_A_BATCH):
        ledger.post_all(session, SYSTEM, part, at=at)


def open_counters(
    session: Session, communities: Sequence[Community], *, at: datetime
) -> dict[int, list[int]]:
    """Offer the articles in every community; goods ids in the order of ``ARTICLES``."""
    return {
        community.id: [
            exchange.add_goods(
                session, SYSTEM, org_id=community.id, name=article.name,
                unit_name=article.unit_name, price_points=article.price, at=at,
            ).goods_id
            for article in ARTICLES
        ]
        for community in communities
    }  # fmt: skip


def deliver(
    session: Session, shelves: dict[int, list[int]], *, times: int, round_: str, at: datetime
) -> None:
    """A delivery to every counter; ``times`` the articles' usual number."""
    for goods_ids in shelves.values():
        for goods_id, article in zip(goods_ids, ARTICLES, strict=True):
            exchange.stock_in(
                session, SYSTEM, goods_id=goods_id, quantity=article.delivery * times,
                key=f"delivery:{goods_id}:{round_}", at=at,
            )  # fmt: skip


def hold_exchange_day(
    session: Session,
    rng: Random,
    shelves: dict[int, list[int]],
    crowds: dict[int, Crowd],
    *,
    on: date,
) -> int:
    """Let some of those who can afford something redeem at each counter; how many did."""
    everybody = [member_id for crowd in crowds.values() for member_id in crowd.member_ids]
    has = book.balances_of(session, everybody, MORALITY)
    opens_at = datetime.combine(on, time(9), clock.zone())
    baskets = []
    for org_id, goods_ids in shelves.items():
        able = [m for m in crowds.get(org_id, Crowd()).member_ids if has.get(m, 0) >= 40]
        for n, member_id in enumerate(rng.sample(able, k=min(len(able), 9, 1 + len(able) // 8))):
            wishes = _wishes(rng, goods_ids, has[member_id])
            at = opens_at + timedelta(minutes=7 * n, seconds=rng.randrange(300))
            key = f"exchange:{on:%Y%m%d}:{org_id}:{member_id}"
            baskets.append(Basket(key, org_id, member_id, wishes, at))
    closes_at = opens_at + timedelta(hours=8)
    outcomes = exchange.redeem_many(session, SYSTEM, baskets, at=closes_at)
    return sum(isinstance(outcome, Settled) for outcome in outcomes)


def _wishes(rng: Random, goods_ids: Sequence[int], points: int) -> tuple[Wish, ...]:
    """Up to three articles that these points pay for; something of them is kept."""
    left = points * rng.choice((0.6, 0.8, 1.0))
    wanted: dict[int, int] = {}
    for _ in range(rng.randint(1, 3)):
        able = [n for n, article in enumerate(ARTICLES) if article.price <= left]
        if able:
            chosen = rng.choice(able[:4] if rng.random() < 0.6 else able)
            wanted[chosen] = wanted.get(chosen, 0) + 1
            left -= ARTICLES[chosen].price
    if not wanted:
        wanted = {_CHEAPEST: 1}
    return tuple(Wish(goods_ids[n], quantity) for n, quantity in wanted.items())
