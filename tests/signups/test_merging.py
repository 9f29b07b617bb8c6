"""Two records of one person who are both signed up: one seat, and back."""

import secrets
from datetime import timedelta

import pytest

from pointsbank.core.actor import SYSTEM
from pointsbank.events import operations as events
from pointsbank.persons import operations as persons
from pointsbank.signups import mine, operations, queries
from pointsbank.signups.rules import SignUpState, Spot
from tests.signups.conftest import BEFORE, Door, person

SEATED, WAITING, GONE = SignUpState.SIGNED_UP, SignUpState.WAITING, SignUpState.WITHDRAWN
MERGED = -30  # half past eight


def join(door: Door, kept: int, other: int, at: float = MERGED) -> int:
    merge = persons.merge(
        door.scene.session, SYSTEM, kept_id=kept, other_id=other, key=secrets.token_hex(4),
        at=door.scene.at(at),
    )  # fmt: skip
    door.scene.session.expire_all()
    return merge.id


def part(door: Door, merge_id: int, at: float = MERGED + 5) -> None:
    persons.undo_merge(door.scene.session, SYSTEM, merge_id=merge_id, at=door.scene.at(at))
    door.scene.session.expire_all()


def coming(door: Door, member_id: int) -> list[tuple[int | None, SignUpState]]:
    found = mine.coming(door.scene.session, member_id, door.scene.at(MERGED))
    return [(one.event.id, one.sign_up.state) for one in found]


def test_what_either_signed_up_for_is_the_kept_ones_until_they_are_parted(door: Door) -> None:
    c = door.scene.community
    early = door.scene.published()
    late = door.scene.published(starts_at=door.scene.at(200), ends_at=door.scene.at(260))
    post = door.post(late, "分发")
    door.sign_up(early, c.wang)
    theirs = door.sign_up(late, c.li, post_id=post.id)

    merge_id = join(door, c.wang, c.li)
    assert coming(door, c.wang) == [(early.id, SEATED), (late.id, SEATED)]
    assert queries.expected(door.scene.session, late.id or 0) == 1
    assert [one.name for one in queries.listed(door.scene.session, late.id or 0)] == ["王桂芳"]
    part(door, merge_id)
    assert coming(door, c.wang) == [(early.id, SEATED)]
    assert coming(door, c.li) == [(late.id, SEATED)]
    assert theirs.spot == Spot(post.id)

    join_again = persons.merge(
        door.scene.session, SYSTEM, kept_id=c.wang, other_id=c.li, key="once-more",
        at=door.scene.at(MERGED + 6),
    )  # fmt: skip
    assert join_again.facts["signups"] == {"given_up": []}
    assert door.withdraw(theirs, actor=person(c.wang), at=MERGED + 7).state is GONE


def test_of_two_for_one_spot_the_better_stays_and_who_waits_gets_the_seat(door: Door) -> None:
    c = door.scene.community
    event = door.scene.published(capacity=2)
    hers = door.sign_up(event, c.li)
    also = door.sign_up(event, c.wang)
    next_one = door.sign_up(event, c.sun, wait=True)

    merge_id = join(door, c.wang, c.li)
    assert (hers.state, also.state, next_one.state) == (SEATED, GONE, SEATED)
    assert "重复登记" in also.withdrawal_reason
    assert coming(door, c.wang) == [(event.id, SEATED)]
    part(door, merge_id)
    assert (hers.state, also.state, next_one.state) == (SEATED, WAITING, SEATED)
    assert (also.withdrawn_at, also.withdrawal_reason, also.moved_up_at) == (None, "", None)
    door.withdraw(next_one, at=MERGED + 6)
    door.scene.session.expire_all()
    assert also.state is SEATED


@pytest.mark.parametrize("first", ["seat", "queue"])
def test_a_seat_is_better_than_a_place_in_the_queue_and_comes_back_where_one_is_left(
    door: Door, first: str
) -> None:
    c = door.scene.community
    event = door.scene.published(capacity=1)
    kept, other = (c.wang, c.li) if first == "seat" else (c.li, c.wang)
    seat = door.sign_up(event, c.wang)
    queue = door.sign_up(event, c.li, wait=True)
    merge_id = join(door, kept, other)
    assert (seat.state, queue.state) == (SEATED, GONE)
    part(door, merge_id)
    assert (seat.state, queue.state) == (SEATED, WAITING)


def test_a_seat_that_nobody_took_is_hers_again(door: Door) -> None:
    c = door.scene.community
    event = door.scene.published(capacity=2)
    door.sign_up(event, c.li)
    also = door.sign_up(event, c.wang)
    before = also.model_dump()
    part(door, join(door, c.wang, c.li))
    door.scene.session.refresh(also)
    assert also.model_dump() == before


@pytest.mark.parametrize("how", ["cancelled", "begun", "withdrawn", "again"])
def test_what_is_not_to_come_is_left_alone(door: Door, how: str) -> None:
    c, scene = door.scene.community, door.scene
    event = scene.published()
    hers, also = door.sign_up(event, c.wang), door.sign_up(event, c.li)
    at = MERGED
    if how == "cancelled":
        scene.do(events.cancel, event, -40, reason="暴雨")
    elif how == "begun":
        at = 10
    elif how == "withdrawn":
        door.withdraw(also)
    merge_id = join(door, c.li, c.wang, at)
    if how == "again":
        assert (hers.state, also.state) == (SEATED, GONE)
        door.withdraw(hers, actor=person(c.li), at=MERGED + 1)
        anew = door.sign_up(event, c.li, at=MERGED + 2)
        part(door, merge_id)
        assert (hers.state, also.state, anew.state) == (GONE, GONE, SEATED)
        return
    after = (SEATED, GONE) if how == "withdrawn" else (SEATED, SEATED)
    assert (hers.state, also.state) == after
    part(door, merge_id, at + 1)
    assert (hers.state, also.state) == after


def test_a_double_of_an_event_that_was_called_off_meanwhile_is_history_again(door: Door) -> None:
    c, scene = door.scene.community, door.scene
    event = scene.published(capacity=2)
    door.sign_up(event, c.wang)
    also = door.sign_up(event, c.li)
    merge_id = join(door, c.wang, c.li)
    scene.do(events.cancel, event, MERGED + 1, reason="暴雨")
    part(door, merge_id)
    assert also.state is SEATED


def test_the_calendar_address_of_who_has_one_reads_for_both(door: Door) -> None:
    c, session = door.scene.community, door.scene.session
    at = door.scene.at(BEFORE)
    operations.make_calendar_address(session, person(c.li), at=at)
    merge_id = join(door, c.wang, c.li)
    assert queries.calendar_address(session, c.wang)
    part(door, merge_id)
    assert queries.calendar_address(session, c.li)
    assert not queries.calendar_address(session, c.wang)

    merge_id = persons.merge(
        session, SYSTEM, kept_id=c.wang, other_id=c.li, key="twice", at=at + timedelta(minutes=30)
    ).id
    operations.make_calendar_address(session, person(c.wang), at=at + timedelta(minutes=31))
    part(door, merge_id)
    assert queries.calendar_address(session, c.wang)
    assert not queries.calendar_address(session, c.li)

    operations.make_calendar_address(session, person(c.li), at=at)
    part(door, join(door, c.wang, c.li))
    assert queries.calendar_address(session, c.wang)
    assert queries.calendar_address(session, c.li)


def test_the_doubles_are_told_before(door: Door) -> None:
    c, at = door.scene.community, door.scene.at(MERGED)
    event = door.scene.published()
    other = door.scene.published(title="另一处")
    door.sign_up(event, c.wang)
    door.sign_up(event, c.li)
    door.sign_up(other, c.li, despite_clash=True)
    assert queries.doubles(door.scene.session, c.wang, c.li, at) == [event.title]
