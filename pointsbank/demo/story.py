"""Writes the whole example into an empty bank, chapter by chapter."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from random import Random
from typing import Any

from sqlmodel import Session

from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM, Role
from pointsbank.core.database import transaction
from pointsbank.demo import (
    history,
    month,
    people,
    register,
    settlement,
    signups,
    staff,
    today,
    tree,
)
from pointsbank.demo.history import Happening
from pointsbank.demo.people import Crowd
from pointsbank.demo.shape import SHAPES, Shape
from pointsbank.demo.staff import SignIn
from pointsbank.demo.today import Going
from pointsbank.demo.tree import SINCE, Territory
from pointsbank.earning.operations import adopt_points_rule
from pointsbank.earning.presets import PRESETS as POINTS_RULES
from pointsbank.earning.rules import Credited, DeedCategory
from pointsbank.hours.operations import adopt_hour_rule
from pointsbank.hours.presets import PRESETS as HOUR_RULES
from pointsbank.ledger.operations import declare_default_units, seal_next
from pointsbank.members.queries import good_cards
from pointsbank.stars.operations import adopt_star_ladder
from pointsbank.stars.presets import PRESETS as LADDERS

SEED = 2026
JOINT_FOR = timedelta(days=60)  # how long the first community has credited households


class Chapter(StrEnum):
    """What is being written, as the progress bar names it."""

    PLACE = "组织与规则 organisations, rules"
    PEOPLE = "成员 members"
    YEAR = "一年的活动和兑换 a year of service"
    TODAY = "今天 today"
    DESK = "登记工作 the register's desk"
    SEALS = "账本封存 sealing the ledger"


Told = Callable[[Chapter, int, int], None]
"""Hears which chapter is being written, how far it is, and of how much."""


@dataclass(frozen=True, slots=True)
class Written:
    """What is in the bank, and how to get in."""

    sign_ins: dict[Role, SignIn]
    card_digits: str
    going: Going
    people: int
    events: int
    stays: int
    redemptions: int


@dataclass(frozen=True, slots=True)
class Cast:
    """Who and what a year is made of."""

    territory: Territory
    shelves: dict[int, list[int]]
    crowds: dict[int, Crowd]
    sign_ins: dict[Role, SignIn]
    card_digits: str
    people: int


def write(size: str, *, seed: int = SEED, now: datetime, told: Told = lambda *_: None) -> Written:
    """Fill the bank that is open; the same seed, size and instant give the same rows."""
    shape, rng = SHAPES[size], Random(seed)  # noqa: S311 - an example, not a secret
    first = clock.local_day(now) - timedelta(days=history.DAYS)
    cast = _cast(shape, rng, first, now, told)
    happenings = history.draw_happenings(
        rng, cast.territory.communities, count=shape.events, goers=shape.goers, first=first
    )
    stays = redemptions = 0
    all_weeks = list(history.weeks(happenings, first))
    for number, (end, week) in enumerate(all_weeks, start=1):
        told(Chapter.YEAR, number - 1, len(all_weeks))
        came, redeemed = _week(cast, rng, number, end, week)
        stays, redemptions = stays + came, redemptions + redeemed
    told(Chapter.TODAY, 0, 1)
    going, redeemed = _today(cast, rng, now)
    told(Chapter.DESK, 0, 1)
    added = _desk(cast, rng, now)
    told(Chapter.SEALS, 0, 1)
    _seal(now)
    told(Chapter.SEALS, 1, 1)
    return Written(
        sign_ins=cast.sign_ins,
        card_digits=cast.card_digits,
        going=going,
        people=cast.people + added,
        events=len(happenings),
        stays=stays,
        redemptions=redemptions + redeemed,
    )


def _cast(shape: Shape, rng: Random, first: date, now: datetime, told: Told) -> Cast:
    """Organisations, rules, counters, members and staff, as they stood when the year began."""
    start = clock.day_start(first)
    told(Chapter.PLACE, 0, 1)
    with transaction() as session:
        territory = tree.found_territory(session, shape, at=start)
        _adopt_rules(session, territory.city_id, at=start)
        _adopt_own_rules(session, territory, first, now)
        shelves = history.open_counters(session, territory.communities, at=start)
        history.deliver(session, shelves, times=2, round_="opening", at=start)
    told(Chapter.PEOPLE, 0, 1)
    drawn = people.draw_people(
        rng, territory, people=shape.people, in_service=shape.in_service, today=clock.local_day(now)
    )
    with transaction() as session:
        ids, crowds = people.enrol(session, rng, drawn, start=start, now=now)
        history.carry_over(session, drawn, ids, at=start)
        register.found_households(session, crowds[territory.communities[0].id], on=first, at=start)
        sign_ins = staff.open_sign_ins(
            session,
            territory,
            volunteer_id=ids[0],
            phone=drawn[0].row.phone,
            at=start,
            now=now,
        )
        digits = good_cards(session, ids[:1])[ids[0]]
    return Cast(territory, shelves, crowds, sign_ins, digits, len(ids))


def _adopt_rules(session: Session, city_id: int, *, at: datetime) -> None:
    """Baicheng's points, hours by the minute, the national stars: for the city and all below."""
    declare_default_units(session, SYSTEM, at=at)
    for terms in POINTS_RULES["baicheng"].rules:
        adopt_points_rule(session, SYSTEM, org_id=city_id, from_on=SINCE, at=at, **terms)
    _, hour_terms = HOUR_RULES["standard"]
    adopt_hour_rule(session, SYSTEM, org_id=city_id, from_on=SINCE, terms=hour_terms, at=at)
    ladder = LADDERS["national"]
    adopt_star_ladder(
        session, SYSTEM, org_id=city_id, from_on=SINCE, levels=ladder.levels,
        window=ladder.window, at=at,
    )  # fmt: skip


def _adopt_own_rules(session: Session, territory: Territory, first: date, now: datetime) -> None:
    """What some communities decided for themselves: the first one credits households lately, and
    gives more for patrols from next month.
    """
    home, *others = (community.id for community in territory.communities)
    month = (clock.local_day(now).replace(day=1) + timedelta(days=32)).replace(day=1)
    ten: dict[str, Any] = {**POINTS_RULES["baicheng"].rules[0], "at": clock.day_start(first)}
    patrol = {"by_category": {DeedCategory.PATROL: 15}}
    lately = clock.local_day(now) - JOINT_FOR
    joint = {"credited": Credited.HOUSEHOLD}
    adopt_points_rule(session, SYSTEM, org_id=home, from_on=lately, **(ten | joint))
    adopt_points_rule(session, SYSTEM, org_id=home, from_on=month, **(ten | joint | patrol))
    if others:
        adopt_points_rule(session, SYSTEM, org_id=others[0], from_on=first, **(ten | patrol))
        ladder = LADDERS["zhangjiagang"]
        adopt_star_ladder(
            session, SYSTEM, org_id=others[-1], from_on=first, levels=ladder.levels,
            window=ladder.window, at=ten["at"],
        )  # fmt: skip


def _week(
    cast: Cast, rng: Random, number: int, end: date, happenings: list[Happening]
) -> tuple[int, int]:
    """A week's service; now and then a delivery, and an exchange day on its last day."""
    at = clock.day_start(end) + timedelta(hours=22)
    with transaction() as session:
        came = history.record_week(session, rng, happenings, cast.crowds, at=at)
        if number % history.WEEKS_BETWEEN_DELIVERIES == 0:
            history.deliver(session, cast.shelves, times=1, round_=str(number), at=at)
        if number % history.WEEKS_BETWEEN_EXCHANGES:
            return came, 0
        return came, history.hold_exchange_day(session, rng, cast.shelves, cast.crowds, on=end)


def _today(cast: Cast, rng: Random, now: datetime) -> tuple[Going, int]:
    community = cast.territory.communities[0]
    home = community.id
    organiser, clerk = (cast.sign_ins[role].actor for role in (Role.ORGANISER, Role.CLERK))
    with transaction() as session:
        day = today.Day(session, rng, organiser, home, community.station_id, now)
        going = today.set_today(day, cast.crowds[home])
        visitor = cast.sign_ins[Role.VOLUNTEER].actor
        signups.sign_people_up(day, cast.crowds[home], visitor)
        month.offer(day, visitor, community.team_ids[0])
        settlement.leave_to_settle(day, cast.crowds[home], visitor)
        redeemed = today.redeem_today(
            session, rng, clerk, org_id=home, crowd=cast.crowds[home],
            goods_ids=cast.shelves[home], now=now,
        )  # fmt: skip
    return going, redeemed


def _desk(cast: Cast, rng: Random, now: datetime) -> int:
    home, *others = cast.territory.communities
    secretary, beside = cast.sign_ins[Role.SECRETARY].actor, others[0] if others else None
    with transaction() as session:
        return register.lay_out(
            register.Desk(session, rng, secretary, home, beside, cast.crowds, now)
        )


def _seal(now: datetime) -> None:
    """Seal what the ledger holds, as the service's job will go on doing."""
    with transaction() as session:
        while seal_next(session, SYSTEM, at=now):
            pass
