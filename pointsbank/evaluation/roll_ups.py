"""What lies below an organisation, added up for a year, and its children beside one another."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Select, func, select
from sqlmodel import Session, col

from pointsbank.core import clock
from pointsbank.core.actor import Actor
from pointsbank.core.errors import say
from pointsbank.evaluation.people import belonging, places_of
from pointsbank.evaluation.queries import READERS, organisation_in_reach, points_units
from pointsbank.evaluation.rules import (
    PointsUnit,
    columns_of_total,
    measure_of,
    relation_of,
)
from pointsbank.evaluation.totals import totals_by_place
from pointsbank.events.models import Event
from pointsbank.events.rules import EventState
from pointsbank.exchange.models import Redemption
from pointsbank.exchange.rules import RedemptionState
from pointsbank.members.rules import Relation
from pointsbank.orgs import queries as orgs
from pointsbank.orgs.models import Organisation
from pointsbank.orgs.rules import Line


@dataclass(frozen=True, slots=True)
class Sums:
    """One organisation with everything below it. ``points_in`` and ``points_out`` are by unit code.

    Members, minutes and points are those of the people who belong there by ``relation``; events
    and redemptions those that its organisations held and handed out.
    """

    org_id: int
    name: str
    kind: str
    relation: Relation
    members: int
    minutes: int
    points_in: dict[str, int]
    points_out: dict[str, int]
    events: int
    redemptions: int


@dataclass(frozen=True, slots=True)
class RollUp:
    """``above``: the ancestors within the actor's reach, highest first; ``lines``: the children's.

    ``children`` are those of one line, ``line``; an organisation without children has none.
    """

    year: int
    whole: Sums
    line: Line | None
    lines: tuple[Line, ...]
    children: tuple[Sums, ...]
    above: tuple[Organisation, ...]
    units: tuple[PointsUnit, ...]


@dataclass(frozen=True, slots=True)
class Measure:
    """Something that organisations are compared by."""

    name: str
    label: str
    unit: str
    """``minutes``, ``points`` or ``count``."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A child with its figures in the order of the measures; ``share``: percent of the largest."""

    sums: Sums
    figures: tuple[int, ...]
    share: int


def measures(units: Iterable[PointsUnit]) -> tuple[Measure, ...]:
    points = [
        Measure(f"{way}.{unit.code}", f"{unit.name}·{label}", "points")
        for unit in units
        for way, label in (("in", say("获得")), ("out", say("已兑换")))
    ]
    return (
        Measure("members", say("人数"), "count"),
        Measure("minutes", say("服务时长"), "minutes"),
        Measure("events", say("活动场次"), "count"),
        *points,
        Measure("redemptions", say("兑换次数"), "count"),
    )


def figure_of(sums: Sums, measure: str) -> int:
    way, _, unit = measure.partition(".")
    if unit:
        return (sums.points_in if way == "in" else sums.points_out).get(unit, 0)
    return int(getattr(sums, measure))


def compared(found: RollUp, by: str) -> list[Compared]:
    """The children by one measure, the largest first; by their hours where there is no such one."""
    names = [measure.name for measure in measures(found.units)]
    name = by if by in names else "minutes"
    largest = max((figure_of(child, name) for child in found.children), default=0)
    return [
        Compared(
            child,
            tuple(figure_of(child, one) for one in names),
            max(figure_of(child, name), 0) * 100 // largest if largest > 0 else 0,
        )
        for child in sorted(found.children, key=lambda child: -figure_of(child, name))
    ]


def roll_up(
    session: Session, actor: Actor, *, org_id: int, year: int, line: Line | None = None
) -> RollUp:
    """An organisation and its children of one line: statements do not grow with their number.

    Of a past year the tree, its names too, as it stood when that year ended.
    Without a line, or with one that no child is of, that of the first child. Refuses:
    NoSuchEvaluation, also for an organisation outside the actor's reach.
    """
    org = organisation_in_reach(session, actor, org_id)
    first, last = clock.year_span(year)
    children = [
        child
        for child in orgs.children(session, org_id, last)
        if child.closed_on is None or child.closed_on > first
    ]
    lines = tuple(one for one in Line if any(child.line == one for child in children))
    shown = line if line in lines else next(iter(lines), None)
    compared = [org, *(child for child in children if child.line == shown)]
    sums = _sums(session, org_id, compared, year)
    above = [
        one
        for one in orgs.ancestors(session, org_id, last)[1:]
        if actor.may(*READERS, org_id=one.id)
    ]
    units = tuple(points_units(session))
    return RollUp(year, sums[0], shown, lines, tuple(sums[1:]), tuple(reversed(above)), units)


def _sums(session: Session, org_id: int, compared: Sequence[Organisation], year: int) -> list[Sums]:
    """Sums of organisations that are all this one or below it."""
    last = clock.year_span(year)[1]
    below = orgs.below(session, [one.id for one in compared], last)
    names = orgs.names_on(session, below, last)
    kinds = orgs.kinds(session)
    relations = {relation_of(one.line) for one in compared}
    people = {relation: _people(session, relation, org_id, year) for relation in relations}
    events, redemptions = _events(session, org_id, year), _redemptions(session, org_id, year)
    return [
        Sums(
            org_id=one.id,
            name=names.get(one.id, one.name),
            kind=kinds[one.kind].name,
            relation=relation_of(one.line),
            members=_added(people[relation_of(one.line)]["members"], below[one.id]),
            minutes=_added(people[relation_of(one.line)]["minutes"], below[one.id]),
            points_in=_by_unit(people[relation_of(one.line)], "in.", below[one.id]),
            points_out=_by_unit(people[relation_of(one.line)], "out.", below[one.id]),
            events=_added(events, below[one.id]),
            redemptions=_added(redemptions, below[one.id]),
        )
        for one in compared
    ]


ByPlace = dict[int, int]


def _people(
    session: Session, relation: Relation, org_id: int, year: int
) -> defaultdict[str, ByPlace]:
    """Members, minutes, points in and out (``in.party`` …) of those below, by their place."""
    found: defaultdict[str, ByPlace] = defaultdict(lambda: defaultdict(int))
    pairs = belonging(relation, year)
    counts = (
        select(pairs.c.place_id, func.count())
        .where(pairs.c.place_id.in_(places_of(org_id, year)))
        .group_by(pairs.c.place_id)
    )
    found["members"] = _counts(session, counts)
    for total in totals_by_place(session, relation=relation, org_id=org_id, year=year):
        for name, sign in columns_of_total(total.unit, total.kind, total.category):
            measure = measure_of(name)
            if measure:
                found[measure][total.whose] += sign * total.net
    return found


def _counts(session: Session, question: Select[int, int]) -> ByPlace:
    return {row[0]: row[1] for row in session.execute(question)}


def _added(by_place: ByPlace, places: Iterable[int]) -> int:
    return sum(by_place.get(place, 0) for place in places)


def _by_unit(people: dict[str, ByPlace], prefix: str, places: Iterable[int]) -> dict[str, int]:
    return {
        name.removeprefix(prefix): _added(by_place, places)
        for name, by_place in people.items()
        if name.startswith(prefix)
    }


def _events(session: Session, org_id: int, year: int) -> ByPlace:
    """Events held, by the organisation that held them."""
    first, last = clock.year_span(year)
    found = (
        select(col(Event.org_id), func.count())
        .where(
            col(Event.org_id).in_(places_of(org_id, year)),
            col(Event.state).in_((EventState.OPEN, EventState.CLOSED)),
            col(Event.starts_at) >= clock.day_start(first),
            col(Event.starts_at) < clock.day_start(last + timedelta(days=1)),
        )
        .group_by(col(Event.org_id))
    )
    return _counts(session, found)


def _redemptions(session: Session, org_id: int, year: int) -> ByPlace:
    """Redemptions not taken back, by the organisation at whose counter they were."""
    found = (
        select(col(Redemption.org_id), func.count())
        .where(
            col(Redemption.org_id).in_(places_of(org_id, year)),
            col(Redemption.state) == RedemptionState.HANDED_OVER,
            col(Redemption.on_day).between(*clock.year_span(year)),
        )
        .group_by(col(Redemption.org_id))
    )
    return _counts(session, found)
