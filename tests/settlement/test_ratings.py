"""The quality rating by those served: on paper, or once by a printed code."""

from typing import Any

import pytest
from settlement.cases import settled_event

from pointsbank.core.errors import Forbidden
from pointsbank.events.rules import EventNotFound
from pointsbank.settlement import operations, rated
from pointsbank.settlement.rules import (
    AlreadyRated,
    NoSuchRatingCode,
    NotOverYet,
    RatingOver,
    Ratings,
    ratings_of,
)


@pytest.mark.parametrize(
    ("numbers", "mean", "satisfied"),
    [
        ({}, "", 0),
        ({5: 1}, "5.0", 1),
        ({5: 1, 4: 1}, "4.5", 2),
        ({5: 1, 4: 2}, "4.3", 3),
        ({5: 19, 4: 1}, "5.0", 20),  # 4.95, rounded half up
        ({3: 2, 1: 1}, "2.3", 0),
    ],
)
def test_the_mean_of_marks_is_to_a_tenth(
    numbers: dict[int, int], mean: str, satisfied: int
) -> None:
    found = ratings_of(numbers)
    assert (found.mean, found.satisfied) == (mean, satisfied)


def enter(scene: Any, event: Any, numbers: dict[int, int], **given: Any) -> None:
    actor = given.pop("actor", scene.community.organiser)
    operations.enter_paper_ratings(
        scene.session, actor, event_id=event.id, numbers=numbers, at=scene.at(200), **given
    )


def codes(scene: Any, event: Any, number: int, **given: Any) -> list[str]:
    actor = given.pop("actor", scene.community.organiser)
    return operations.make_rating_codes(
        scene.session, actor, event_id=event.id, number=number, at=scene.at(200)
    )


def test_paper_and_codes_add_up(scene: Any) -> None:
    event = settled_event(scene)
    enter(scene, event, {5: 3, 4: 0, 3: 1, 2: 0, 1: 0})
    enter(scene, event, {5: 4, 4: 0, 3: 1, 2: 0, 1: 0})
    enter(scene, event, {5: 4, 4: 0, 3: 1, 2: 0, 1: 0})
    first, *_ = codes(scene, event, 3)
    operations.rate(scene.session, code=first.lower(), marks=2, at=scene.at(300))
    assert rated.ratings(scene.session, event.id) == Ratings(6, 25, 4)
    enter(scene, event, {5: 0, 4: 0, 3: 0, 2: 0, 1: 0})
    assert rated.ratings(scene.session, event.id) == Ratings(1, 2, 0)


def test_a_code_rates_once_and_unused_ones_are_printed_again(scene: Any) -> None:
    event = settled_event(scene)
    three = codes(scene, event, 3)
    assert codes(scene, event, 2) == three[:2]
    for _ in "12":
        operations.rate(scene.session, code=three[0], marks=5, at=scene.at(300))
    assert codes(scene, event, 3)[:2] == three[1:]
    with pytest.raises(AlreadyRated):
        operations.rate(scene.session, code=three[0], marks=1, at=scene.at(301))
    with pytest.raises(NoSuchRatingCode):
        operations.rate(scene.session, code="AAAAAAAAAA", marks=1, at=scene.at(301))
    with pytest.raises(NoSuchRatingCode):
        rated.event_of_code(scene.session, "AAAAAAAAAA")
    with pytest.raises(RatingOver):
        operations.rate(scene.session, code=three[1], marks=1, at=scene.at(31 * 24 * 60))
    assert rated.event_of_code(scene.session, three[0])[1].marks == 5


def test_ratings_refuse_in_order(scene: Any) -> None:
    event, running = settled_event(scene), scene.open()
    with pytest.raises(EventNotFound):
        operations.enter_paper_ratings(
            scene.session, scene.community.stranger, event_id=0, numbers={}, at=scene.at(1)
        )
    for verb in (enter, codes):
        with pytest.raises(Forbidden):
            verb(scene, event, {} if verb is enter else 1, actor=scene.community.stranger)  # type: ignore[operator]
    with pytest.raises(NotOverYet):
        enter(scene, running, {5: 1})
