"""Draws the example's people and enrols them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import accumulate, groupby
from random import Random

from sqlmodel import Session

from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM
from pointsbank.demo import names
from pointsbank.demo.tree import Community, Employer, Territory
from pointsbank.members import operations as members
from pointsbank.members.rules import (
    Document,
    DocumentKind,
    NewMember,
    PartyStatus,
    with_check_digit,
)

WITHOUT_PHONE = 0.3  # of those born before 1950
LOCAL_PARTY = 0.08  # retired and resident members of a community's own branch
IN_A_TEAM = 0.35
WOMEN = 0.6
GROWN = 1988  # who was born about then was of age when registrations began
FIRST_REGISTRATIONS = date(2018, 3, 5)  # 学雷锋纪念日
_PREFIXES = ("138", "139", "136", "137", "150", "151", "158", "159", "182", "188")
_GENERATIONS = tuple(names.GENERATIONS)
_OF_GENERATIONS = tuple(accumulate(names.GENERATIONS.values()))
_SURNAMES = tuple(names.SURNAMES)
_OF_SURNAMES = tuple(accumulate(names.SURNAMES.values()))
_GIVEN = {
    (born, woman): tuple(texts[born].split())
    for woman, texts in ((True, names.WOMEN), (False, names.MEN))
    for born in names.GENERATIONS
}
_RARE = tuple(names.RARE.split())


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in the register, how eagerly she volunteers, and her hours of the years before."""

    row: NewMember
    community_id: int
    registered_on: date
    eagerness: float
    hours_before: int


@dataclass(slots=True)
class Crowd:
    """The people of one community, with the weights by which they turn up."""

    member_ids: list[int] = field(default_factory=list)
    registered_on: list[date] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)

    def add(self, member_id: int, person: Person) -> None:
        self.member_ids.append(member_id)
        self.registered_on.append(person.registered_on)
        self.weights.append(person.eagerness + (self.weights[-1] if self.weights else 0.0))

    def drawn(self, rng: Random, count: int, on: date) -> list[int]:
        """About so many different people who were registered on that day."""
        if not self.weights:
            return []
        tries = rng.choices(range(len(self.member_ids)), cum_weights=self.weights, k=count * 2)
        came = [n for n in dict.fromkeys(tries) if self.registered_on[n] <= on]
        return [self.member_ids[n] for n in came[:count]]


def draw_people(
    rng: Random, territory: Territory, *, people: int, in_service: int, today: date
) -> list[Person]:
    """So many people in the order of their registration; the eager first one is known by name."""
    drawn = []
    for n in range(people):
        community = territory.communities[n % len(territory.communities)]
        employer = (
            territory.employers[n % len(territory.employers)] if 0 < n <= in_service else None
        )
        drawn.append(_person(rng, n, community, employer, today=today))
    first = sorted(drawn[1:], key=lambda person: person.registered_on)
    return [_known_one(territory.communities[0]), *first]


def _known_one(community: Community) -> Person:
    """王桂芳, whose sign-in is printed."""
    since = FIRST_REGISTRATIONS
    row = NewMember(
        name="王桂芳",
        residence_id=community.homes[0],
        phone="13800001234",
        team_ids=(community.team_ids[0],),
        registered_on=since,
    )
    return Person(row, community.id, since, 25.0, hours_before=520)


def _person(
    rng: Random, n: int, community: Community, employer: Employer | None, *, today: date
) -> Person:
    born = rng.choices(_GENERATIONS, cum_weights=_OF_GENERATIONS)[0]
    if employer:
        born = rng.choice((1968, 1978, 1978, 1988, 1988, 1998))
    since = _registration_day(rng, born, today)
    branch_id, employer_id, status = None, None, PartyStatus.NONE
    if employer:
        branch_id, employer_id = employer.branch_id, employer.id
        status = PartyStatus.PROBATIONARY if rng.random() < 0.03 else PartyStatus.FULL
    elif born < 2000 and rng.random() < LOCAL_PARTY:
        branch_id, status = community.branch_id, PartyStatus.FULL
    elif born < 2000 and rng.random() < 0.02:
        status = PartyStatus.APPLICANT
    woman = rng.random() < WOMEN
    in_team = rng.random() < IN_A_TEAM
    has_phone = employer is not None or born > 1950 or rng.random() > WITHOUT_PHONE
    row = NewMember(
        name=person_name(rng, born, woman=woman),
        residence_id=rng.choice(community.homes),
        # A block that no operator gives out: five digits of the serial behind three noughts.
        phone=f"{rng.choice(_PREFIXES)}000{n + 20_000:05d}" if has_phone else "",
        branch_id=branch_id,
        employer_id=employer_id,
        party_status=status,
        team_ids=(rng.choice(community.team_ids),) if in_team else (),
        registered_on=since,
        document=_document(rng, n, born, woman) if born <= GROWN else None,
    )
    eagerness = min(rng.paretovariate(1.15), 30.0) * (2.0 if in_team else 1.0)
    years = (today - since).days / 365 - 1
    hours = years * eagerness**1.15 * rng.expovariate(1 / 2.2)
    eagerness += 1.0 if employer else 0.0
    return Person(row, community.id, since, eagerness, min(max(0, int(hours)), 1_700))


def _registration_day(rng: Random, born: int, today: date) -> date:
    """Most came early; nobody before fourteen, nobody tomorrow."""
    earliest = max(FIRST_REGISTRATIONS, date(born + 14, 9, 1))
    span = (today - timedelta(days=7) - earliest).days
    return earliest + timedelta(days=int(span * rng.random() ** 1.6))


def _document(rng: Random, n: int, born: int, woman: bool) -> Document | None:
    """An identity card of a county that there is not; one in four has shown none."""
    if rng.random() < 0.25:
        return None
    birth = date(born, 1, 1) + timedelta(days=rng.randrange(3_600))
    digits = f"2299{n // 500:02d}{birth:%Y%m%d}{n % 500 * 2 + (not woman):03d}"
    return Document(DocumentKind.ID_CARD, with_check_digit(digits))


def person_name(rng: Random, born: int, *, woman: bool | None = None) -> str:
    """A surname by its frequency and a given name of the generation; now and then a rare one."""
    surname = rng.choices(_SURNAMES, cum_weights=_OF_SURNAMES)[0]
    if rng.random() < 0.004:
        return surname + rng.choice(_RARE)
    if woman is None:
        woman = rng.random() < WOMEN
    return surname + rng.choice(_GIVEN[born, woman])


def enrol(
    session: Session, rng: Random, people: Sequence[Person], *, start: datetime, now: datetime
) -> tuple[list[int], dict[int, Crowd]]:
    """Register everybody, the later ones month by month, with cards for those without a phone.

    Gives the ids in the order of the people, and each community's crowd.
    """
    everybody: list[int] = []
    crowds: dict[int, Crowd] = {}
    for at, part in _by_month(people, start, now):
        ids = members.register_many(session, SYSTEM, [person.row for person in part], at=at)
        everybody += ids
        for member_id, person in zip(ids, part, strict=True):
            crowds.setdefault(person.community_id, Crowd()).add(member_id, person)
        with_card = [
            member_id
            for member_id, person in zip(ids, part, strict=True)
            if not person.row.phone or person is people[0] or rng.random() < 0.1
        ]
        members.issue_cards(session, SYSTEM, member_ids=with_card, at=at, draw=rng.randrange)
    return everybody, crowds


def _by_month(
    people: Sequence[Person], start: datetime, now: datetime
) -> Iterator[tuple[datetime, list[Person]]]:
    """Those registered before ``start`` at once, then each month's at the month's end."""
    first_day = clock.local_day(start)

    def month(person: Person) -> tuple[int, int]:
        day = person.registered_on
        return (0, 0) if day < first_day else (day.year, day.month)

    for _, part in groupby(people, key=month):
        group = list(part)
        day = group[-1].registered_on
        yield (
            (start if day < first_day else min(clock.day_start(day) + timedelta(hours=16), now)),
            group,
        )
