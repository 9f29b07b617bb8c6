"""Posts and shifts: added, changed, refused, copied."""

from collections.abc import Callable
from typing import Any

import pytest

from pointsbank.attendance import event as contributor
from pointsbank.core.errors import Forbidden
from pointsbank.events import operations, queries
from pointsbank.events.models import Event
from pointsbank.events.rules import (
    EventNotFound,
    Misleading,
    NoteMissing,
    PlacesTaken,
    PostNameTaken,
    PostNotFound,
    ShiftNotFound,
    ShiftOutside,
    ShiftTwice,
    Taken,
    WrongState,
)
from pointsbank.members.rules import NoSuchSkill

POST = {
    "name": "楼道保洁", "duties": "扫楼道", "capacity": 4, "skill": "", "least_age": None,
    "place": "",
}  # fmt: skip
Asked = dict[str, Any]
Faults = list[tuple[type[Exception], Asked]]


@pytest.fixture
def people(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let a neighbour feature say that so many people have signed up."""

    def sign_up(event: Event, **taken: Any) -> None:
        found = {event.id: Taken(**taken)}
        monkeypatch.setattr(contributor, "taken", lambda *_: found, raising=False)

    return sign_up


def add_post(scene: Any, event: Event, **changes: Any) -> Any:
    actor = changes.pop("actor", scene.community.organiser)
    asked = {"event_id": event.id, "at": scene.at(-50), **POST, **changes}
    return operations.add_post(scene.session, actor, **asked)


def add_shift(scene: Any, event: Event, begins: int, ends: int, **changes: Any) -> Any:
    actor = changes.pop("actor", scene.community.organiser)
    asked = {
        "event_id": event.id, "post_id": None, "starts_at": scene.at(begins),
        "ends_at": scene.at(ends), "capacity": None, "at": scene.at(-50),
    } | changes  # fmt: skip
    return operations.add_shift(scene.session, actor, **asked)


def walk(faults: Faults, asked: Asked, do: Callable[[Asked], Any]) -> Any:
    """A hopeless request, mended fault by fault; the answer when nothing is wrong any more."""
    for refusal, mended in faults:
        with pytest.raises(refusal) as refused:
            do(asked)
        assert type(refused.value) is refusal
        asked = {**asked, **mended}
    return do(asked)


def test_a_new_post_is_refused_fault_by_fault(scene: Any) -> None:
    event, over = scene.published(), scene.open()
    first = add_post(scene, event, note="加岗")
    hopeless = {"actor": scene.community.volunteer, "event_id": 10**6, "skill": "飞行"}
    faults: Faults = [
        (EventNotFound, {"event_id": over.id}),
        (Forbidden, {"actor": scene.community.organiser}),
        (WrongState, {"event_id": event.id}),
        (PostNameTaken, {"name": "登记台"}),
        (NoSuchSkill, {"skill": "医疗护理"}),
        (NoteMissing, {"note": "多设一个岗"}),
    ]
    made = walk(faults, hopeless, lambda asked: add_post(scene, event, **asked))
    assert made.id != first.id
    assert add_post(scene, event).id == first.id
    notes = [change.note for change in queries.changes_of(scene.session, event.id)]
    assert notes == ["多设一个岗", "加岗"]


def test_a_changed_post_is_refused_fault_by_fault(scene: Any, people: Any) -> None:
    event, draft = scene.published(), scene.plan()
    add_post(scene, event, name="登记台", note="加岗")
    post = add_post(scene, event, note="加岗")
    theirs = add_post(scene, draft)
    scene.open()
    people(event, people=3, posts={post.id: 3})

    def change(asked: Asked) -> Any:
        given = {**POST, "at": scene.at(-45), **asked}
        actor = given.pop("actor", scene.community.organiser)
        return operations.change_post(scene.session, actor, **given)

    hopeless = {
        "post_id": 10**6, "actor": scene.community.volunteer, "name": "登记台", "skill": "飞行",
        "capacity": 2, "place": "北门", "least_age": 18,
    }  # fmt: skip
    faults: Faults = [
        (PostNotFound, {"post_id": theirs.id}),
        (EventNotFound, {"post_id": post.id}),
        (Forbidden, {"actor": scene.community.organiser}),
        (PostNameTaken, {"name": "楼道清扫"}),
        (NoSuchSkill, {"skill": "医疗护理"}),
        (PlacesTaken, {"capacity": 3}),
        (Misleading, {"place": ""}),
        (Misleading, {"skill": ""}),
        (Misleading, {"least_age": None}),
        (NoteMissing, {"note": "改个名"}),
    ]
    changed = walk(faults, hopeless, change)
    assert (changed.name, changed.capacity) == ("楼道清扫", 3)
    told = len(queries.changes_of(scene.session, event.id))
    again = change({"post_id": post.id, "name": "楼道清扫", "capacity": 3})
    assert again.id == post.id
    assert len(queries.changes_of(scene.session, event.id)) == told


def test_a_post_that_nobody_chose_changes_freely(scene: Any) -> None:
    event = scene.plan()
    post = add_post(scene, event)
    operations.change_post(
        scene.session, scene.community.organiser, post_id=post.id, at=scene.at(-40),
        **(POST | {"place": "北门", "skill": "医疗护理", "least_age": 18}),
    )  # fmt: skip
    assert (post.place, post.skill, post.least_age) == ("北门", "医疗护理", 18)
    assert queries.changes_of(scene.session, event.id) == []


def test_a_post_goes_from_a_draft_with_its_shifts_and_from_nothing_else(scene: Any) -> None:
    event = scene.plan()
    post, other = add_post(scene, event), add_post(scene, event, name="登记台")
    add_shift(scene, event, 0, 60, post_id=post.id)
    kept = add_shift(scene, event, 0, 60)
    remove, organiser = operations.remove_post, scene.community.organiser
    for refusal, actor, post_id in (
        (PostNotFound, organiser, 10**6), (EventNotFound, scene.community.volunteer, post.id),
    ):  # fmt: skip
        with pytest.raises(refusal):
            remove(scene.session, actor, post_id=post_id, at=scene.at(-40))
    remove(scene.session, organiser, post_id=post.id, at=scene.at(-40))
    assert queries.posts_of(scene.session, event.id) == [other]
    assert queries.shifts_of(scene.session, event.id) == [kept]
    scene.do(operations.publish, event, -39)
    with pytest.raises(Forbidden):
        remove(scene.session, scene.community.volunteer, post_id=other.id, at=scene.at(-40))
    with pytest.raises(WrongState):
        remove(scene.session, organiser, post_id=other.id, at=scene.at(-38))
    with pytest.raises(WrongState):
        operations.remove_shift(scene.session, organiser, shift_id=kept.id, at=scene.at(-38))


def test_a_new_shift_is_refused_fault_by_fault(scene: Any) -> None:
    event, running = scene.published(), scene.open()
    elsewhere = add_post(scene, scene.plan())
    post = add_post(scene, event, note="加岗")
    first = add_shift(scene, event, 0, 60, post_id=post.id, capacity=2, note="排班")
    hopeless = {
        "actor": scene.community.volunteer, "event_id": 10**6, "post_id": 10**6, "capacity": 3,
        "starts_at": scene.at(-1),
    }  # fmt: skip
    faults: Faults = [
        (EventNotFound, {"event_id": running.id}),
        (Forbidden, {"actor": scene.community.organiser}),
        (WrongState, {"event_id": event.id}),
        (PostNotFound, {"post_id": elsewhere.id}),
        (PostNotFound, {"post_id": post.id}),
        (ShiftOutside, {"starts_at": scene.at(60)}),
        (ShiftOutside, {"starts_at": scene.at(0)}),
        (ShiftTwice, {"ends_at": scene.at(61)}),
        (NoteMissing, {"note": "再加一班"}),
    ]
    made = walk(faults, hopeless, lambda asked: add_shift(scene, event, 0, 60, **asked))
    assert made.id != first.id
    assert add_shift(scene, event, 0, 60, post_id=post.id, capacity=2).id == first.id


def test_a_changed_shift_is_refused_fault_by_fault(scene: Any, people: Any) -> None:
    event, draft = scene.published(), scene.plan()
    theirs = add_shift(scene, draft, 0, 60)
    shift = add_shift(scene, event, 0, 60, capacity=4, note="排班")
    add_shift(scene, event, 60, 120, note="排班")
    people(event, people=3, shifts={shift.id: 3})

    def change(asked: Asked) -> Any:
        given = {"ends_at": scene.at(120), "at": scene.at(-45), **asked}
        actor = given.pop("actor", scene.community.organiser)
        return operations.change_shift(scene.session, actor, **given)

    hopeless = {
        "shift_id": 10**6, "actor": scene.community.volunteer, "starts_at": scene.at(-9),
        "capacity": 2,
    }  # fmt: skip
    faults: Faults = [
        (ShiftNotFound, {"shift_id": theirs.id}),
        (EventNotFound, {"shift_id": shift.id}),
        (Forbidden, {"actor": scene.community.organiser}),
        (ShiftOutside, {"starts_at": scene.at(60)}),
        (ShiftTwice, {"starts_at": scene.at(30)}),
        (PlacesTaken, {"capacity": 5}),
        (Misleading, {"starts_at": scene.at(0), "ends_at": scene.at(60)}),
        (NoteMissing, {"note": "多一个名额"}),
    ]
    assert walk(faults, hopeless, change).capacity == 5
    told = len(queries.changes_of(scene.session, event.id))
    same = {"starts_at": scene.at(0), "ends_at": scene.at(60), "capacity": 5}
    change({"shift_id": shift.id, **same})
    assert len(queries.changes_of(scene.session, event.id)) == told


def test_a_shift_goes_from_a_draft(scene: Any) -> None:
    event = scene.plan()
    shift = add_shift(scene, event, 0, 60)
    with pytest.raises(ShiftNotFound):
        operations.remove_shift(
            scene.session, scene.community.organiser, shift_id=10**6, at=scene.at(-40)
        )
    operations.remove_shift(
        scene.session, scene.community.organiser, shift_id=shift.id, at=scene.at(-40)
    )
    assert queries.shifts_of(scene.session, event.id) == []


def test_a_copy_has_the_posts_and_shifts_as_long_after_its_beginning(scene: Any) -> None:
    origin = scene.plan(in_charge="孙丽", dangerous=True)
    post = add_post(scene, origin)
    add_shift(scene, origin, 10, 70, post_id=post.id, capacity=2)
    add_shift(scene, origin, 90, 150)
    week = 7 * 24 * 60
    copied = scene.do(operations.copy, origin, -40, starts_at=scene.at(week), key="next week")
    assert (copied.title, copied.ends_at) == (origin.title, scene.at(week + 150))
    assert copied.dangerous
    (its_post,) = queries.posts_of(scene.session, copied.id)
    assert its_post.model_dump(exclude={"id", "event_id"}) == post.model_dump(
        exclude={"id", "event_id"}
    )
    shifts = queries.shifts_of(scene.session, copied.id)
    assert [(s.post_id, s.starts_at, s.capacity) for s in shifts] == [
        (its_post.id, scene.at(week + 10), 2), (None, scene.at(week + 90), None),
    ]  # fmt: skip
