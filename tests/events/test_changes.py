"""What is said of an event: drafted, changed before and after it is known, published, copied."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from pointsbank.attendance import event as contributor
from pointsbank.core.actor import SYSTEM
from pointsbank.core.errors import Forbidden
from pointsbank.events import operations, queries
from pointsbank.events.content import content_of
from pointsbank.events.models import Event
from pointsbank.events.operations import PastEvent, record_events
from pointsbank.events.rules import (
    EventInPast,
    EventNotFound,
    InsuranceMissing,
    KeyReused,
    Misleading,
    NotAHouse,
    NoteMissing,
    PlaceMissing,
    PlacesTaken,
    RisksMissing,
    ShiftOutside,
    Taken,
    TimesImpossible,
    TooFarAhead,
    WrongState,
)
from pointsbank.members.rules import NoSuchSkill
from pointsbank.orgs import operations as orgs
from pointsbank.orgs.rules import NoSuchOrganisation, OrganisationClosed

RECORD = {"served": "独居老人", "in_charge": "孙丽", "recorder": "周明"}


@pytest.fixture
def signed_up(monkeypatch: pytest.MonkeyPatch) -> Callable[[Event, int], None]:
    """Let a neighbour feature say that so many people have signed up."""

    def sign_up(event: Event, people: int) -> None:
        found = {event.id: Taken(people=people)}
        monkeypatch.setattr(contributor, "taken", lambda *_: found, raising=False)

    return sign_up


def house(scene: Any, kind: str = "station", name: str = "志愿服务站") -> Any:
    return orgs.found(
        scene.session, SYSTEM, parent_id=scene.community.community, kind=kind, name=name,
        on=date(2026, 1, 1), at=scene.at(-600),
    )  # fmt: skip


def change(scene: Any, event: Event, minutes: float = -45, **changes: Any) -> Event:
    given = {**content_of(event), **changes}
    return scene.do(operations.change, event, minutes, **given)  # type: ignore[no-any-return]


def test_a_changed_event_is_refused_fault_by_fault(scene: Any, signed_up: Any) -> None:
    draft, event, over = scene.plan(), scene.published(), scene.open()
    shut = house(scene, name="旧站")
    orgs.close(
        scene.session, SYSTEM, org_id=shut.id, on=date(2026, 11, 1), key="shut", at=scene.at(-500)
    )
    scene.session.refresh(shut)
    operations.add_shift(
        scene.session, scene.community.organiser, event_id=event.id, post_id=None,
        starts_at=scene.at(0), ends_at=scene.at(150), capacity=None, note="排班", at=scene.at(-48),
    )  # fmt: skip
    asked: dict[str, Any] = {
        **content_of(event), "event_id": 10**6, "actor": scene.community.volunteer,
        "place_id": 10**6, "place": "", "skill": "飞行", "capacity": 2, "dangerous": True,
        "ends_at": scene.at(-180), "starts_at": scene.at(-200),
        "people": 3,
    }  # fmt: skip
    faults: list[tuple[type[Exception], dict[str, Any]]] = [
        (EventNotFound, {"event_id": draft.id}),
        (EventNotFound, {"event_id": over.id}),
        (Forbidden, {"actor": scene.community.organiser}),
        (NoSuchOrganisation, {"place_id": scene.community.community}),
        (NotAHouse, {"place_id": shut.id}),
        (OrganisationClosed, {"place_id": None}),
        (PlaceMissing, {"place": "北门"}),
        (NoSuchSkill, {"skill": "医疗护理"}),
        (WrongState, {"event_id": event.id}),
        (NoteMissing, {"note": "下雨，改到室内"}),
        (Misleading, {"people": 0}),
        (EventInPast, {"ends_at": scene.at(-3), "starts_at": scene.at(-2)}),
        (TimesImpossible, {"ends_at": scene.at(2_000_060), "starts_at": scene.at(2_000_000)}),
        (TooFarAhead, {"starts_at": scene.at(30), "ends_at": scene.at(150)}),
        (ShiftOutside, {"ends_at": scene.at(180), "people": 3}),
        (Misleading, {"people": 0}),
    ]
    for refusal, mended in faults:
        given = {"actor": scene.community.organiser, "at": scene.at(-45), **asked}
        signed_up(event, given.pop("people"))
        with pytest.raises(refusal) as refused:
            operations.change(scene.session, **given)
        assert type(refused.value) is refusal
        asked = {**asked, **mended}


def test_what_people_signed_up_for_stays_and_the_rest_may_change(
    scene: Any, signed_up: Any
) -> None:
    event = scene.published(capacity=10)
    signed_up(event, 4)
    for promised in (
        {"starts_at": scene.at(10)}, {"place": "北门"}, {"skill": "医疗护理"}, {"least_age": 18},
        {"kind": "patrol"}, {"risks": "路滑"}, {"dangerous": True, "capacity": 12},
    ):  # fmt: skip
        with pytest.raises(Misleading):
            change(scene, event, note="改了", **promised)
    with pytest.raises(PlacesTaken):
        change(scene, event, note="改了", capacity=3)
    change(scene, event, note="加了两个名额", capacity=12, description="请带手套", **RECORD)
    (told,) = queries.changes_of(scene.session, event.id)
    assert told.fields == ["description", "capacity", "served", "in_charge", "recorder"]
    assert told.note == "加了两个名额"
    assert content_of(event)["in_charge"] == "孙丽"
    assert "孙丽" not in repr(event)


def test_saying_the_same_again_is_an_answer(scene: Any) -> None:
    event = scene.published()
    assert change(scene, event) is event
    assert queries.changes_of(scene.session, event.id) == []


def test_a_published_event_never_becomes_dangerous_without_insurance(scene: Any) -> None:
    event = scene.published()
    with pytest.raises(RisksMissing):
        change(scene, event, note="要登高", dangerous=True)
    with pytest.raises(InsuranceMissing):
        change(scene, event, note="要登高", dangerous=True, risks="登高")
    change(scene, event, note="要登高", dangerous=True, risks="登高", insurance="保单 1 号")


def test_a_dangerous_draft_is_published_with_its_risks_and_insurance_only(scene: Any) -> None:
    event = scene.plan(dangerous=True)
    for refusal, mended in (
        (RisksMissing, {"risks": "除雪路滑"}), (InsuranceMissing, {"insurance": "保单 1 号"}),
    ):  # fmt: skip
        with pytest.raises(refusal):
            scene.do(operations.publish, event, -40)
        change(scene, event, **mended)
    assert scene.do(operations.publish, event, -40).state == "published"
    assert queries.changes_of(scene.session, event.id) == []


def test_what_has_begun_takes_only_what_its_record_lacks(scene: Any) -> None:
    event = scene.open()
    with pytest.raises(WrongState):
        change(scene, event, note="改名", title="清扫", **RECORD)
    with pytest.raises(NoteMissing):
        change(scene, event, **RECORD)
    change(scene, event, note="补记录", **RECORD)
    assert content_of(event)["served"] == "独居老人"
    scene.do(operations.cancel, event, -30, reason="下雨")
    with pytest.raises(WrongState):
        change(scene, event, note="补记录", served="")


def test_shifts_move_along_with_the_beginning(scene: Any) -> None:
    event = scene.plan()
    shift = operations.add_shift(
        scene.session, scene.community.organiser, event_id=event.id, post_id=None,
        starts_at=scene.at(10), ends_at=scene.at(150), capacity=None, at=scene.at(-48),
    )  # fmt: skip
    change(scene, event, starts_at=scene.at(60), ends_at=scene.at(210))
    assert (shift.starts_at, shift.ends_at) == (scene.at(70), scene.at(210))
    with pytest.raises(ShiftOutside):
        change(scene, event, ends_at=scene.at(200))


def test_a_station_lends_its_name_and_hands_its_events_to_its_successor(scene: Any) -> None:
    here, there = house(scene), house(scene, name="新站")
    event = scene.plan(place="", place_id=here.id, key="at the station")
    assert event.place == "志愿服务站"
    assert scene.plan(place="", place_id=here.id, key="at the station") is event
    scene.plan(place="二楼活动室", place_id=here.id)
    orgs.merge(
        scene.session, SYSTEM, org_id=here.id, successor_id=there.id, on=date(2026, 11, 21),
        key="merge", at=scene.at(-30),
    )  # fmt: skip
    scene.session.refresh(event)
    assert event.place_id == there.id


def test_a_copy_is_refused_fault_by_fault(scene: Any) -> None:
    origin, draft = scene.published(), scene.plan(key="taken", title="别的")
    asked: dict[str, Any] = {
        "event_id": 10**6, "actor": scene.community.volunteer, "key": "taken",
        "starts_at": scene.at(-300), "at": scene.at(-40),
    }  # fmt: skip
    faults: list[tuple[type[Exception], dict[str, Any]]] = [
        (EventNotFound, {"event_id": draft.id}),
        (EventNotFound, {"event_id": origin.id}),
        (Forbidden, {"actor": scene.community.organiser}),
        (KeyReused, {"key": "fresh"}),
        (EventInPast, {"starts_at": scene.at(2_000_000)}),
        (TooFarAhead, {"starts_at": scene.at(60)}),
    ]
    for refusal, mended in faults:
        with pytest.raises(refusal):
            operations.copy(scene.session, **asked)
        asked = {**asked, **mended}
    made = operations.copy(scene.session, **asked)
    assert made.id not in (origin.id, draft.id)
    assert operations.copy(scene.session, **asked) is made


def test_what_is_over_was_entered_with_empty_fields(scene: Any) -> None:
    past = PastEvent(
        scene.community.community, "清扫", "environment", "广场", scene.at(-3000), scene.at(-2900),  # type: ignore[arg-type]
    )  # fmt: skip
    (event_id,) = record_events(scene.session, scene.community.organiser, [past], at=scene.at(0))
    found = queries.event(scene.session, scene.community.volunteer, event_id)
    assert content_of(found)["recorder"] == ""
    assert not found.dangerous
