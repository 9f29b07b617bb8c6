"""Many at once, on both databases: never more than there is room for, and who waits gets it."""

import secrets
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from community import Community, build
from scene import Scene

from pointsbank.core.actor import SYSTEM
from pointsbank.core.database import Database, snapshot, transaction
from pointsbank.core.errors import Refused
from pointsbank.members.operations import register_many
from pointsbank.members.rules import NewMember
from pointsbank.signups import operations, queries
from pointsbank.signups.models import SignUp
from pointsbank.signups.operations import Asked
from pointsbank.signups.rules import SignUpState
from tests.signups.conftest import BEFORE, person

MANY = 12
PLACES = 5


class Town:
    """The community, its people and its events, each step a transaction of its own."""

    def __init__(self) -> None:
        with transaction() as session:
            self.community: Community = build(session)
            home = self.community.building_group
            rows = [NewMember(f"居民{number}", home) for number in range(MANY)]
            self.people = register_many(session, SYSTEM, rows, at=Scene.at(-200))
            scene = Scene(session, self.community)
            self.event_id = scene.published(capacity=PLACES).id or 0
            self.other_id = scene.published().id or 0

    def sign_up(self, member_id: int, event_id: int = 0, **given: Any) -> SignUpState:
        given.setdefault("key", secrets.token_hex(4))
        asked = Asked(event_id or self.event_id, **given)
        with transaction() as session:
            answer = operations.sign_up(
                session, person(member_id), asked=asked, at=Scene.at(BEFORE)
            )
            assert answer.sign_up
            return answer.sign_up.state

    def withdraw(self, sign_up_id: int, member_id: int) -> None:
        with transaction() as session:
            operations.withdraw(
                session, person(member_id), sign_up_id=sign_up_id, at=Scene.at(BEFORE)
            )

    def rows(self) -> list[SignUp]:
        with snapshot() as session:
            return [one.sign_up for one in queries.listed(session, self.event_id)]


@pytest.fixture
def town(bank: Database) -> Town:
    return Town()


def together(*tasks: Callable[[], Any]) -> list[Any]:
    """What each answers when all begin at once; of a refusal its name."""
    gate = threading.Barrier(len(tasks))
    answers: list[Any] = [None] * len(tasks)

    def run(place: int) -> None:
        gate.wait()
        try:
            answers[place] = tasks[place]()
        except Refused as refusal:
            answers[place] = type(refusal).__name__

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(tasks))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_of_twelve_at_once_five_get_the_five_places_and_the_others_wait_in_order(
    town: Town,
) -> None:
    told = together(*(lambda m=m: town.sign_up(m, wait=True) for m in town.people))  # type: ignore[misc]
    assert Counter(told) == {SignUpState.SIGNED_UP: PLACES, SignUpState.WAITING: MANY - PLACES}
    rows = town.rows()
    assert [one.state for one in rows] == sorted(told, key=list(SignUpState).index)


def test_who_does_not_wait_is_refused_and_leaves_no_trace(town: Town) -> None:
    told = together(*(lambda m=m: town.sign_up(m) for m in town.people))  # type: ignore[misc]
    assert Counter(told) == {SignUpState.SIGNED_UP: PLACES, "Full": MANY - PLACES}
    assert len(town.rows()) == PLACES


def test_one_who_taps_six_times_at_once_is_signed_up_once(town: Town) -> None:
    who = town.people[0]
    same, others = {"key": "the-same"}, [{"key": f"other-{n}"} for n in range(3)]
    told = together(*(lambda g=g: town.sign_up(who, **g) for g in (same, same, same, *others)))  # type: ignore[misc]
    assert set(told) == {SignUpState.SIGNED_UP}
    assert [one.member_id for one in town.rows()] == [who]


def test_one_who_signs_up_for_two_events_at_the_same_hour_at_once_gets_one(town: Town) -> None:
    who = town.people[0]
    told = together(lambda: town.sign_up(who), lambda: town.sign_up(who, town.other_id))
    assert Counter(told) == {SignUpState.SIGNED_UP: 1, "TimesClash": 1}


def test_as_many_move_up_as_withdraw_at_once_while_others_come(town: Town) -> None:
    for member_id in town.people[:10]:
        town.sign_up(member_id, wait=True)
    before = town.rows()
    leaving, waiting = before[:4], before[PLACES:]
    together(
        *(lambda one=one: town.withdraw(one.id, one.member_id) for one in leaving),  # type: ignore[misc]
        *(lambda m=m: town.sign_up(m, wait=True) for m in town.people[10:]),  # type: ignore[misc]
    )
    after = {one.member_id: one.state for one in town.rows()}
    seated = [member_id for member_id, state in after.items() if state is SignUpState.SIGNED_UP]
    assert seated == [before[4].member_id, *(one.member_id for one in waiting[:4])]
    assert len(after) == MANY - len(leaving)
