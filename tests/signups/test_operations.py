"""Signing up: refusals in their order, repeats, and withdrawal."""

from datetime import date

import pytest

from pointsbank.access.queries import token_digest
from pointsbank.core.actor import SYSTEM
from pointsbank.core.errors import Forbidden, Refused
from pointsbank.events import operations as events
from pointsbank.events.models import Event
from pointsbank.events.rules import EventNotFound, WrongState
from pointsbank.members.models import Member
from pointsbank.members.operations import add_skill, leave
from pointsbank.members.rules import Guardian, Leaving, MemberLeft, PartyStatus
from pointsbank.signups import mine, operations, queries
from pointsbank.signups.models import CalendarAddress
from pointsbank.signups.rules import (
    BegunAlready,
    ClosesTooLate,
    EventCalledOff,
    Full,
    GuardianNeeded,
    KeyReused,
    NoMemberAccount,
    NoSuchSpot,
    PartyMembersOnly,
    SignUpNotFound,
    SignUpOver,
    SignUpState,
    SignUpWay,
    SkillNeeded,
    SpotMissing,
    TimesClash,
    TooYoungForIt,
)
from tests.signups.conftest import BEFORE, Door, person

SEATED, WAITING, GONE = SignUpState.SIGNED_UP, SignUpState.WAITING, SignUpState.WITHDRAWN


def refusal(door: Door, event: Event, member_id: int, **given: object) -> Refused:
    with pytest.raises(Refused) as refused:
        door.answer(event, member_id, **given)
    return refused.value


def test_a_hopeless_wish_is_refused_fault_by_fault_in_the_documented_order(door: Door) -> None:
    scene, c = door.scene, door.scene.community
    draft, other = scene.plan(), scene.published()
    event = scene.published(capacity=1, skill="理发", least_age=16)
    post = door.post(event, skill="驾驶")
    shift = door.shift(event, 0, 60, post)
    member = door.register()
    her = scene.session.get(Member, member)
    assert her is not None
    her.birth_on = date(2014, 1, 1)
    scene.session.flush()
    operations.set_terms(
        scene.session, c.organiser, event_id=event.id or 0, party_post_ids=[post.id or 0],
        closes_at=scene.at(-30), at=scene.at(-54),
    )  # fmt: skip
    key = "one-key-of-hers"
    door.sign_up(other, c.wang, key=key)
    wish = {"key": key, "post_id": 99_999, "at": -29}

    clerk = scene.community.clerk
    assert isinstance(refusal(door, event, 0, actor=clerk, **wish), NoMemberAccount)
    assert isinstance(refusal(door, draft, c.wang, **wish), KeyReused)
    wish["key"] = "another-key"
    assert isinstance(refusal(door, draft, member, **wish), EventNotFound)
    assert isinstance(refusal(door, event, member, **(wish | {"post_id": None})), SpotMissing)
    assert isinstance(refusal(door, event, member, **wish), NoSuchSpot)
    wish |= {"post_id": post.id, "shift_id": shift.id}
    assert isinstance(refusal(door, event, member, **wish), SignUpOver)
    wish["at"] = BEFORE
    leave(
        scene.session, SYSTEM, member_id=member, leaving=Leaving.LEFT, on=date(2026, 11, 21),
        at=scene.at(-50),
    )  # fmt: skip
    assert isinstance(refusal(door, event, member, **wish), MemberLeft)
    her.left_on = None
    assert isinstance(refusal(door, event, member, **wish), TooYoungForIt)
    her.birth_on = date(2010, 1, 1)
    assert isinstance(refusal(door, event, member, **wish), GuardianNeeded)
    her.birth_on = date(1990, 1, 1)
    assert isinstance(refusal(door, event, member, **wish), SkillNeeded)
    her.skills = ["理发", "驾驶"]
    assert isinstance(refusal(door, event, member, **wish), PartyMembersOnly)
    her.party_status = PartyStatus.FULL
    door.sign_up(other, member)
    fills = Member(**her.model_dump(exclude={"id", "number"}), number="2026999999")
    scene.session.add(fills)
    scene.session.flush()
    door.sign_up(event, fills.id, post_id=post.id, shift_id=shift.id)
    clash = refusal(door, event, member, **wish)
    assert isinstance(clash, TimesClash)
    assert clash.facts == {"title": other.title, "starts_at": other.starts_at}
    full = refusal(door, event, member, despite_clash=True, **wish)
    assert isinstance(full, Full)
    assert full.facts == {"waiting": 0}
    stands = door.sign_up(event, member, despite_clash=True, wait=True, **wish)
    assert (stands.state, stands.way, stands.spot) == (WAITING, SignUpWay.SELF, stands.spot)
    repeated = door.answer(event, member, **(wish | {"key": "a-third-key"}))
    assert repeated.repeated
    assert repeated.sign_up is stands


def test_a_cancelled_event_says_why_and_a_closed_one_that_it_is_over(door: Door) -> None:
    scene, wang = door.scene, door.scene.community.wang
    event = scene.published()
    scene.do(events.cancel, event, -50, reason="下雨")
    off = refusal(door, event, wang)
    assert isinstance(off, EventCalledOff)
    assert off.facts == {"reason": "下雨"}
    over = scene.open()
    events.end_event(over, at=scene.at(160))
    assert isinstance(refusal(door, over, wang), WrongState)


def test_a_minor_with_a_guardian_signs_up(door: Door) -> None:
    guardian = Guardian("刘大山", "13900009999", "父亲")
    child = door.register(birth_on=date(2010, 1, 1), guardian=guardian)
    assert door.sign_up(door.scene.published(), child).state is SEATED


def test_the_same_key_is_answered_again_even_when_all_is_over(door: Door) -> None:
    event, wang = door.scene.published(), door.scene.community.wang
    first = door.sign_up(event, wang, key="hers")
    door.withdraw(first)
    again = door.answer(event, wang, key="hers", at=300)
    assert (again.sign_up, again.repeated) == (first, True)
    assert isinstance(refusal(door, door.scene.published(), wang, key="hers"), KeyReused)
    assert door.sign_up(event, wang, key="new").id != first.id


def test_the_last_place_goes_to_the_first_and_who_withdraws_gives_hers_to_who_waits_longest(
    door: Door,
) -> None:
    c = door.scene.community
    event = door.scene.published(capacity=1)
    first = door.sign_up(event, c.wang)
    second = door.sign_up(event, c.li, wait=True)
    third = door.sign_up(event, c.zhao, wait=True)
    assert [one.state for one in (first, second, third)] == [SEATED, WAITING, WAITING]
    assert isinstance(full := refusal(door, event, c.sun), Full)
    assert full.facts == {"waiting": 2}
    queue = [
        mine.coming(door.scene.session, one, door.scene.at(0))[0].queue
        for one in (c.wang, c.li, c.zhao)
    ]
    assert queue == [None, 1, 2]
    door.withdraw(first, reason="孩子病了")
    assert door.states(event) == {c.li: SEATED, c.zhao: WAITING}
    assert first.withdrawal_reason == "孩子病了"
    assert second.moved_up_at == door.scene.at(BEFORE)
    assert door.withdraw(first).withdrawn_at == door.scene.at(BEFORE)
    assert isinstance(refusal(door, event, c.wang), Full)  # from the end again


def test_who_waited_goes_before_who_comes_when_there_is_more_room(door: Door) -> None:
    c, session = door.scene.community, door.scene.session
    event = door.scene.published(capacity=1)
    door.sign_up(event, c.wang)
    door.sign_up(event, c.li, wait=True)
    event.capacity = 2
    assert door.sign_up(event, c.zhao, wait=True).state is WAITING
    assert door.states(event) == {c.wang: SEATED, c.li: SEATED, c.zhao: WAITING}
    event.capacity = None
    moved = operations.move_up(session, SYSTEM, event_id=event.id or 0, at=door.scene.at(-40))
    assert moved == 1
    assert door.states(event)[c.zhao] is SEATED
    assert not operations.move_up(session, SYSTEM, event_id=event.id or 0, at=door.scene.at(-40))


def test_who_waits_moves_up_at_once_when_the_event_its_post_or_its_shift_takes_more(
    door: Door,
) -> None:
    c, scene = door.scene.community, door.scene
    event = scene.published(capacity=1)
    said = {"title": event.title, "kind": event.kind, "place": event.place,
            "starts_at": event.starts_at, "ends_at": event.ends_at}  # fmt: skip
    door.sign_up(event, c.wang)
    door.sign_up(event, c.li, wait=True)
    scene.do(events.change, event, -40, note="换了说明", **said, capacity=1, description="带手套")
    assert door.states(event)[c.li] is WAITING
    scene.do(events.change, event, -40, note="加了名额", **said, capacity=2)
    assert door.states(event) == {c.wang: SEATED, c.li: SEATED}

    event = scene.published(title="看望老人")
    post = door.post(event, capacity=1)
    shift = door.shift(event, 0, 60, post, capacity=1)
    spot = {"post_id": post.id, "shift_id": shift.id, "despite_clash": True}
    for member_id in (c.wang, c.li, c.zhao):
        door.sign_up(event, member_id, wait=True, **spot)
    at, organiser = scene.at(-40), c.organiser
    times = {"starts_at": shift.starts_at, "ends_at": shift.ends_at}
    events.change_shift(
        scene.session, organiser, shift_id=shift.id, capacity=3, note="加了名额", at=at, **times
    )
    assert door.states(event) == {c.wang: SEATED, c.li: WAITING, c.zhao: WAITING}  # its post: one
    fields = {"name": "清扫", "duties": "", "skill": "", "least_age": None, "place": ""}
    events.change_post(
        scene.session, organiser, post_id=post.id, capacity=2, note="加了名额", at=at, **fields
    )
    assert door.states(event) == {c.wang: SEATED, c.li: SEATED, c.zhao: WAITING}


def test_nobody_moves_up_once_it_has_begun_or_is_off(door: Door) -> None:
    c, session = door.scene.community, door.scene.session
    event = door.scene.published(capacity=1)
    door.sign_up(event, c.wang)
    door.sign_up(event, c.li, wait=True)
    event.capacity = 2
    assert not operations.move_up(session, SYSTEM, event_id=event.id or 0, at=door.scene.at(0))
    door.scene.do(events.cancel, event, -40, reason="下雨")
    assert not operations.move_up(session, SYSTEM, event_id=event.id or 0, at=door.scene.at(-30))
    with pytest.raises(EventNotFound):
        operations.move_up(session, SYSTEM, event_id=99_999, at=door.scene.at(0))


def test_a_withdrawal_is_refused_in_order(door: Door) -> None:
    scene, c = door.scene, door.scene.community
    event = scene.published()
    hers = door.sign_up(event, c.wang)
    with pytest.raises(SignUpNotFound):
        operations.withdraw(scene.session, c.organiser, sign_up_id=99_999, at=scene.at(BEFORE))
    for nobody in (person(c.zhou), c.clerk, c.stranger):
        with pytest.raises(Forbidden):
            door.withdraw(hers, at=0, actor=nobody)
    with pytest.raises(BegunAlready):
        door.withdraw(hers, at=0)
    scene.do(events.cancel, event, -40, reason="下雨")
    with pytest.raises(WrongState):
        door.withdraw(hers, at=0)


def test_an_organiser_withdraws_for_somebody_who_called(door: Door) -> None:
    c = door.scene.community
    hers = door.sign_up(door.scene.published(), c.wang)
    assert door.withdraw(hers, actor=c.organiser).state is GONE


def test_shifts_at_different_hours_do_not_clash_and_count_by_themselves(door: Door) -> None:
    c = door.scene.community
    event = door.scene.published(capacity=2)
    post = door.post(event, capacity=3)
    early, late = door.shift(event, 0, 60, post, 1), door.shift(event, 60, 150, post)
    door.sign_up(event, c.wang, post_id=post.id, shift_id=early.id)
    assert isinstance(refusal(door, event, c.li, post_id=post.id, shift_id=early.id), Full)
    door.sign_up(event, c.wang, post_id=post.id, shift_id=late.id)
    door.sign_up(event, c.li, post_id=post.id, shift_id=late.id)
    assert isinstance(refusal(door, event, c.zhao, post_id=post.id, shift_id=late.id), Full)
    found = queries.taken(door.scene.session, [event.id or 0])[event.id or 0]
    assert (found.people, found.posts[post.id or 0]) == (2, 3)
    assert found.shifts == {early.id: 1, late.id: 2}
    assert queries.expected(door.scene.session, event.id or 0) == 2


def test_terms_are_refused_in_order_and_replace_those_before(door: Door) -> None:
    scene, c = door.scene, door.scene.community
    event = scene.published()
    post = door.post(event)
    given = {"event_id": event.id or 0, "at": scene.at(-50), "party_post_ids": [99_999]}
    late = given | {"closes_at": scene.at(151)}
    with pytest.raises(EventNotFound):
        operations.set_terms(scene.session, c.organiser, **(late | {"event_id": 0}))
    with pytest.raises(Forbidden):
        operations.set_terms(scene.session, c.clerk, **late)
    with pytest.raises(NoSuchSpot):
        operations.set_terms(scene.session, c.organiser, **late)
    late["party_post_ids"] = []
    with pytest.raises(ClosesTooLate):
        operations.set_terms(scene.session, c.organiser, **late)
    operations.set_terms(
        scene.session, c.organiser, **(late | {"closes_at": None}), party_only=True
    )
    assert isinstance(refusal(door, event, c.wang, post_id=post.id), PartyMembersOnly)
    assert door.sign_up(event, c.li, post_id=post.id)
    operations.set_terms(scene.session, c.organiser, **(late | {"closes_at": scene.at(-46)}))
    assert isinstance(refusal(door, event, c.wang, post_id=post.id), SignUpOver)
    scene.do(events.cancel, event, -40, reason="下雨")
    with pytest.raises(WrongState):
        operations.set_terms(scene.session, c.organiser, **late)


def test_a_calendar_address_is_one_a_member_and_kept_as_a_digest(door: Door) -> None:
    session, c = door.scene.session, door.scene.community
    wang, at = person(c.wang), door.scene.at(0)
    for verb in (operations.make_calendar_address, operations.drop_calendar_address):
        with pytest.raises(NoMemberAccount):
            verb(session, c.clerk, at=at)
    digest = token_digest
    first = operations.make_calendar_address(session, wang, at=at)
    assert queries.member_of_calendar(session, digest(first)) == c.wang
    second = operations.make_calendar_address(session, wang, at=at)
    assert queries.member_of_calendar(session, digest(first)) is None
    assert queries.member_of_calendar(session, digest(second)) == c.wang
    kept = session.get(CalendarAddress, c.wang)
    assert kept is not None
    assert second.encode() not in kept.token_digest
    operations.drop_calendar_address(session, wang, at=at)
    operations.drop_calendar_address(session, wang, at=at)
    assert queries.member_of_calendar(session, digest(second)) is None


def test_who_leaves_the_register_leaves_her_seat_to_who_waits(door: Door) -> None:
    c, session = door.scene.community, door.scene.session
    event = door.scene.published(capacity=1)
    door.sign_up(event, c.wang)
    door.sign_up(event, c.li, wait=True)
    leave(
        session, SYSTEM, member_id=c.wang, leaving=Leaving.LEFT, on=date(2026, 11, 21),
        at=door.scene.at(-50),
    )  # fmt: skip
    assert operations.move_up(session, SYSTEM, event_id=event.id or 0, at=door.scene.at(-40)) == 1
    assert door.states(event) == {c.li: SEATED}


def test_an_erasure_withdraws_what_is_to_come_and_keeps_what_was(door: Door) -> None:
    c, session = door.scene.community, door.scene.session
    event = door.scene.published(capacity=1)
    past = door.scene.open()
    hers = door.sign_up(event, c.wang)
    was = door.sign_up(past, c.wang, despite_clash=True)
    events.end_event(past, at=door.scene.at(-46))
    session.flush()
    door.sign_up(event, c.li, wait=True)
    operations.withdraw_all(session, member_id=c.wang, at=door.scene.at(-40))
    assert (hers.state, was.state) == (GONE, SEATED)
    assert door.states(event) == {c.li: SEATED}


def test_skills_are_the_registers(door: Door) -> None:
    add_skill(
        door.scene.session,
        SYSTEM,
        name="磨刀",
        org_id=door.scene.community.city,
        at=door.scene.at(-60),
    )
    event = door.scene.published(skill="磨刀")
    member = door.register(skills=("磨刀",))
    assert door.sign_up(event, member).state is SEATED
    assert refusal(door, event, door.scene.community.wang).facts == {"skill": "磨刀"}
