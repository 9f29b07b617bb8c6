"""What may be signed up for, by whom, and who gets a seat: tables of values."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest

from pointsbank.events.rules import EventState, WrongState
from pointsbank.members.rules import MemberLeft
from pointsbank.signups.rules import (
    Candidate,
    Demands,
    EventCalledOff,
    GuardianNeeded,
    NoSuchSpot,
    PartyMembersOnly,
    Seats,
    SignUpOver,
    SkillNeeded,
    Spot,
    SpotMissing,
    TheirTimesClash,
    TimesClash,
    TooYoungForIt,
    Waiting,
    check_open,
    check_spot,
    moving_up,
    objection,
    spots,
)

NINE = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
NOON = NINE + timedelta(hours=3)
EIGHT = NINE - timedelta(hours=1)
DAY = date(2026, 11, 21)
CLASH = ("清扫", NINE)


def demands(**asked: object) -> Demands:
    return Demands(NINE, NOON, EIGHT, DAY, **asked)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("posts", "shifts", "offered"),
    [
        ([], [], [Spot()]),
        ([], [(1, None), (2, None)], [Spot(None, 1), Spot(None, 2)]),
        ([7], [], [Spot(7)]),
        ([7, 8], [(1, 7), (2, 7)], [Spot(7, 1), Spot(7, 2), Spot(8)]),
        ([7, 8], [(1, 7), (3, None)], [Spot(7, 1), Spot(7, 3), Spot(8, 3)]),
    ],
)
def test_one_signs_up_for_a_shift_a_post_or_the_event(
    posts: list[int], shifts: list[tuple[int, int | None]], offered: list[Spot]
) -> None:
    assert spots(posts, shifts) == offered


def test_where_there_are_posts_one_chooses_one_of_them() -> None:
    check_spot(Spot(7), [Spot(7)])
    with pytest.raises(SpotMissing):
        check_spot(Spot(), [Spot(7)])
    with pytest.raises(NoSuchSpot):
        check_spot(Spot(8), [Spot(7)])


@pytest.mark.parametrize("state", [EventState.DRAFT, EventState.CLOSED])
def test_nobody_signs_up_for_what_is_not_known_or_over(state: EventState) -> None:
    with pytest.raises(WrongState):
        check_open(state, "", demands(), EIGHT - timedelta(hours=1), by_organiser=True)


def test_sign_up_ends_at_its_hour_and_for_organisers_with_the_shift() -> None:
    published = EventState.PUBLISHED
    check_open(published, "", demands(), EIGHT - timedelta(seconds=1), by_organiser=False)
    with pytest.raises(SignUpOver):
        check_open(published, "", demands(), EIGHT, by_organiser=False)
    check_open(EventState.OPEN, "", demands(), NOON - timedelta(seconds=1), by_organiser=True)
    with pytest.raises(SignUpOver):
        check_open(EventState.OPEN, "", demands(), NOON, by_organiser=True)
    with pytest.raises(EventCalledOff) as refused:
        check_open(EventState.CANCELLED, "下雨", demands(), EIGHT, by_organiser=True)
    assert refused.value.facts == {"reason": "下雨"}


CHILD = date(2010, 11, 22)  # sixteen on the twenty-second
SIXTEEN = date(2010, 11, 21)


@pytest.mark.parametrize(
    ("who", "asked", "refused"),
    [
        (Candidate(1), {}, None),
        (Candidate(1), {"least_age": 18}, None),  # no birth date: counts as grown
        (Candidate(1, left_on=DAY, birth_on=CHILD), {}, MemberLeft),
        (Candidate(1, birth_on=CHILD), {"least_age": 16}, TooYoungForIt),
        (Candidate(1, birth_on=SIXTEEN), {"least_age": 16}, GuardianNeeded),
        (Candidate(1, birth_on=SIXTEEN, has_guardian=True), {"least_age": 16}, None),
        (Candidate(1, birth_on=date(1960, 1, 1)), {"least_age": 18}, None),
        (Candidate(1, skills=["理发"]), {"skills": ("理发", "驾驶")}, SkillNeeded),
        (Candidate(1, skills=["驾驶", "理发"]), {"skills": ("理发", "驾驶")}, None),
        (Candidate(1), {"party_only": True}, PartyMembersOnly),
        (Candidate(1, in_party=True), {"party_only": True}, None),
        (Candidate(1, clash=CLASH), {}, TimesClash),
        (Candidate(1, clash=CLASH), {"party_only": True}, PartyMembersOnly),
    ],
)
def test_what_speaks_against_somebody(
    who: Candidate, asked: dict[str, object], refused: type | None
) -> None:
    found = objection(who, demands(**asked), despite_clash=False, herself=True)
    assert type(found) is (refused or type(None))


def test_a_clash_is_told_with_what_to_herself_only_and_may_be_wanted() -> None:
    who = Candidate(1, clash=CLASH)
    own = objection(who, demands(), despite_clash=False, herself=True)
    assert own is not None
    assert own.facts == {"title": "清扫", "starts_at": NINE}
    theirs = objection(who, demands(), despite_clash=False, herself=False)
    assert isinstance(theirs, TheirTimesClash)
    assert theirs.facts == {}
    assert objection(who, demands(), despite_clash=True, herself=True) is None


A, B = Spot(7, 1), Spot(7, 2)


@pytest.mark.parametrize(
    ("seats", "spot", "left"),
    [
        (Seats(), A, None),
        (Seats(most_people=3, people=1), Spot(), 2),
        (Seats(most_people=3, people=4), Spot(), 0),
        (Seats(most_of_post={7: 5}, taken=Counter({A: 2, B: 2})), A, 1),
        (Seats(most_of_post={8: 5}, taken=Counter({A: 2})), A, None),
        (Seats(most_of_shift={1: 5}, taken=Counter({A: 2, Spot(8, 1): 1})), A, 2),
        (Seats(most_of_post={7: 9}, most_of_shift={1: 2}, taken=Counter({A: 2})), A, 0),
    ],
)
def test_what_is_left_is_the_least_of_event_post_and_shift(
    seats: Seats, spot: Spot, left: int | None
) -> None:
    assert seats.left(spot) == left


def test_a_person_takes_one_of_the_events_places_however_many_shifts_she_does() -> None:
    seats = Seats(most_people=1)
    assert seats.take(5, A)
    assert not seats.take(6, B)
    assert seats.take(5, B)
    assert (seats.people, seats.taken) == (1, Counter({A: 1, B: 1}))


def test_who_asked_first_moves_up_first_and_who_asks_for_what_is_full_keeps_her_place() -> None:
    seats = Seats(most_of_shift={1: 1, 2: 2}, taken=Counter({A: 1}))
    queue = [Waiting(1, 11, A), Waiting(2, 12, B), Waiting(3, 13, B), Waiting(4, 14, B)]
    assert moving_up(seats, queue) == [2, 3]
