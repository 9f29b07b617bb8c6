"""Series: the rule's dates, the events made from it, this and later, the end."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from statements import noting

from pointsbank.attendance import event as contributor
from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM
from pointsbank.core.errors import Forbidden
from pointsbank.events import operations, queries
from pointsbank.events.content import content_of
from pointsbank.events.models import Event
from pointsbank.events.repetition import (
    MOST_EVENTS_A_SERIES,
    DaysMissing,
    NoDates,
    PeriodImpossible,
    SeriesRule,
    TooManyEvents,
    occurrences,
)
from pointsbank.events.rules import (
    EventInPast,
    EventNotFound,
    EventState,
    InSeries,
    InsuranceMissing,
    KeyReused,
    Misleading,
    NoteMissing,
    NotInSeries,
    RisksMissing,
    SeriesNotFound,
    ShiftOutside,
    Taken,
    TooFarAhead,
)
from pointsbank.orgs.queries import organisation
from pointsbank.orgs.rules import OrganisationClosed

FRIDAY = date(2026, 11, 27)
FRIDAYS = SeriesRule(frozenset({5}), frozenset({time(9)}), FRIDAY, date(2026, 12, 18))


def rule(**changes: Any) -> SeriesRule:
    given: dict[str, Any] = {
        "weekdays": frozenset({5}), "begins": frozenset({time(9)}), "from_on": FRIDAY,
        "until_on": date(2026, 12, 18), "but": frozenset(),
    }  # fmt: skip
    return SeriesRule(**(given | changes))


def repeat(scene: Any, event: Event, **changes: Any) -> Any:
    given: dict[str, Any] = {"rule": FRIDAYS, "publish": False, "key": "fridays"}
    return scene.do(operations.repeat, event, -30, **(given | changes))


def begins_of(scene: Any, series: Any) -> list[str]:
    events = queries.events_of_series(scene.session, series.id)
    return [f"{clock.local(event.starts_at):%m-%d %H:%M}" for event in events]


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, ["11-27 09", "12-04 09", "12-11 09", "12-18 09"]),
        ({"but": frozenset({date(2026, 12, 4)})}, ["11-27 09", "12-11 09", "12-18 09"]),
        (
            {"weekdays": frozenset(range(1, 8)), "begins": frozenset({time(18), time(6)}),
             "until_on": date(2026, 11, 28)},
            ["11-27 06", "11-27 18", "11-28 06", "11-28 18"],
        ),
        ({"until_on": FRIDAY}, ["11-27 09"]),
    ],
)  # fmt: skip
def test_a_rule_gives_its_days(changes: dict[str, Any], found: list[str]) -> None:
    assert [f"{begins:%m-%d %H}" for begins in occurrences(rule(**changes))] == found


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"weekdays": frozenset()}, DaysMissing),
        ({"begins": frozenset()}, DaysMissing),
        ({"until_on": date(2026, 11, 26)}, PeriodImpossible),
        ({"until_on": date(2029, 11, 26)}, PeriodImpossible),
        ({"until_on": FRIDAY, "but": frozenset({FRIDAY})}, NoDates),
        ({"weekdays": frozenset(range(1, 8)), "until_on": date(2027, 6, 15)}, TooManyEvents),
    ],
)
def test_a_rule_that_gives_none_or_too_many_is_refused(
    changes: dict[str, Any], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        occurrences(rule(**changes))


def test_a_series_is_refused_fault_by_fault(scene: Any) -> None:
    origin, draft = scene.published(dangerous=False), scene.plan(dangerous=True)
    first = repeat(scene, scene.plan(), key="taken")
    asked: dict[str, Any] = {
        "event_id": 10**6, "actor": scene.community.volunteer, "key": "taken", "publish": True,
        "rule": rule(weekdays=frozenset()), "at": scene.at(-30),
    }  # fmt: skip
    in_series = queries.events_of_series(scene.session, first.id)[0]
    faults: list[tuple[type[Exception], dict[str, Any]]] = [
        (EventNotFound, {"event_id": draft.id}),
        (EventNotFound, {"event_id": origin.id}),
        (Forbidden, {"actor": scene.community.organiser}),
        (KeyReused, {"event_id": in_series.id, "rule": rule(until_on=FRIDAY)}),
        (KeyReused, {"key": "fresh"}),
        (InSeries, {"event_id": draft.id, "rule": rule(weekdays=frozenset())}),
        (DaysMissing, {"rule": rule(until_on=date(2025, 1, 1))}),
        (PeriodImpossible, {"rule": rule(but=frozenset({FRIDAY}), until_on=FRIDAY)}),
        (NoDates, {"rule": rule(weekdays=frozenset(range(1, 8)), until_on=date(2027, 11, 1))}),
        (TooManyEvents, {"rule": rule(from_on=date(2026, 11, 20))}),
        (EventInPast, {"rule": rule(from_on=FRIDAY, until_on=date(2028, 11, 25),
                                    but=_fridays_before(date(2028, 11, 20)))}),
        (TooFarAhead, {"rule": FRIDAYS}),
        (RisksMissing, {}),
    ]  # fmt: skip
    for refusal, mended in faults:
        with pytest.raises(refusal) as refused:
            operations.repeat(scene.session, **asked)
        assert type(refused.value) is refusal
        asked = {**asked, **mended}
    draft.risks = "登高"
    with pytest.raises(InsuranceMissing):
        operations.repeat(scene.session, **asked)
    draft.insurance = "保单 1 号"
    made = operations.repeat(scene.session, **asked)
    assert operations.repeat(scene.session, **asked) is made


def _fridays_before(day: date) -> frozenset[date]:
    return frozenset(FRIDAY + timedelta(days=7 * n) for n in range((day - FRIDAY).days // 7 + 1))


def test_a_series_copies_the_event_with_its_posts_to_the_rules_days(scene: Any) -> None:
    origin = scene.plan(starts_at=_local(FRIDAY, 9), ends_at=_local(FRIDAY, 11), in_charge="孙")
    post = operations.add_post(
        scene.session, scene.community.organiser, event_id=origin.id, name="登记台", duties="",
        capacity=2, skill="", least_age=None, place="", at=scene.at(-40),
    )  # fmt: skip
    operations.add_shift(
        scene.session, scene.community.organiser, event_id=origin.id, post_id=post.id,
        starts_at=_local(FRIDAY, 10), ends_at=_local(FRIDAY, 11), capacity=1, at=scene.at(-40),
    )  # fmt: skip
    series = repeat(scene, origin, publish=True)
    assert begins_of(scene, series) == [
        "11-27 09:00", "12-04 09:00", "12-11 09:00", "12-18 09:00",
    ]  # fmt: skip
    events = queries.events_of_series(scene.session, series.id)
    assert events[0] is origin
    assert {event.state for event in events} == {EventState.PUBLISHED}
    assert len({event.code for event in events}) == 4
    assert content_of(events[3])["in_charge"] == "孙"
    ids = [event.id for event in events]
    posts = queries.posts_by_event(scene.session, ids)
    shifts = queries.shifts_by_event(scene.session, ids)
    assert [one.name for one in posts[ids[3]]] == ["登记台"]
    assert shifts[ids[3]][0].post_id == posts[ids[3]][0].id
    assert shifts[ids[3]][0].starts_at == _local(date(2026, 12, 18), 10)


def _local(day: date, hour: int) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=clock.zone())


def test_the_most_events_take_as_many_statements_as_two(scene: Any) -> None:
    every_day = rule(weekdays=frozenset(range(1, 8)))
    few, many = scene.plan(), scene.plan()
    until = FRIDAY + timedelta(days=MOST_EVENTS_A_SERIES - 1)
    with noting(scene.session.connection()) as of_few:
        repeat(scene, few, key="few", rule=rule(until_on=date(2026, 12, 4)))
    with noting(scene.session.connection()) as of_many:
        long = rule(weekdays=every_day.weekdays, until_on=until)
        series = repeat(scene, many, key="many", rule=long)
    assert len(queries.events_of_series(scene.session, series.id)) == MOST_EVENTS_A_SERIES + 1
    assert len(of_many) == len(of_few)


def test_this_and_later_moves_those_of_the_same_time_of_day_only(scene: Any) -> None:
    origin = scene.plan(starts_at=_local(FRIDAY, 6), ends_at=_local(FRIDAY, 7))
    twice = rule(begins=frozenset({time(6), time(18)}), until_on=date(2026, 12, 11))
    series = repeat(scene, origin, rule=twice)
    second = queries.events_of_series(scene.session, series.id)[2]
    said: Any = {**content_of(second), "starts_at": second.starts_at + timedelta(hours=25)}
    said |= {"ends_at": said["starts_at"] + timedelta(hours=2), "title": "晨巡"}
    changed = scene.do(operations.change_from, second, -20, **said)
    assert len(changed) == 2
    assert begins_of(scene, series) == [
        "11-27 06:00", "11-27 18:00", "12-04 18:00", "12-05 07:00", "12-11 18:00", "12-12 07:00",
    ]  # fmt: skip
    events = queries.events_of_series(scene.session, series.id)
    assert [event.title for event in events].count("晨巡") == 2
    assert (events[5].ends_at - events[5].starts_at).seconds == 7200


def test_this_and_later_is_all_or_nothing(scene: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = scene.plan()
    with pytest.raises(NotInSeries):
        scene.do(operations.change_from, alone, -20, **content_of(alone))
    series = repeat(scene, alone, publish=True)
    events = queries.events_of_series(scene.session, series.id)
    first, last = events[1], events[-1]
    said = {**content_of(first), "place": "北门"}
    with pytest.raises(NoteMissing):
        scene.do(operations.change_from, first, -20, **said)
    taken = {last.id: Taken(people=2)}
    monkeypatch.setattr(contributor, "taken", lambda *_: taken, raising=False)
    with pytest.raises(Misleading):
        scene.do(operations.change_from, first, -20, note="换地方", **said)
    assert {event.place for event in events} == {"幸福社区广场"}
    told = {**content_of(first), "description": "带手套"}
    assert len(scene.do(operations.change_from, first, -20, note="说明", **told)) == 4
    assert alone.description == ""


def test_no_event_of_a_series_leaves_a_shift_outside(scene: Any) -> None:
    series = repeat(scene, scene.plan())
    events = queries.events_of_series(scene.session, series.id)
    last = events[-1]
    operations.add_shift(
        scene.session, scene.community.organiser, event_id=last.id, post_id=None,
        starts_at=last.starts_at, ends_at=last.ends_at, capacity=None, at=scene.at(-25),
    )  # fmt: skip
    said: Any = {**content_of(events[1])}
    said["ends_at"] -= timedelta(hours=1)
    with pytest.raises(ShiftOutside):
        scene.do(operations.change_from, events[1], -20, **said)


def test_a_series_may_be_of_the_event_alone(scene: Any) -> None:
    origin = scene.plan(starts_at=_local(FRIDAY, 9), ends_at=_local(FRIDAY, 11))
    series = repeat(scene, origin, rule=rule(until_on=FRIDAY))
    assert queries.events_of_series(scene.session, series.id) == [origin]


def test_drafts_of_a_series_are_published_together(scene: Any) -> None:
    series = repeat(scene, scene.plan())
    for actor in (scene.community.volunteer, scene.community.stranger):
        with pytest.raises(SeriesNotFound):
            operations.publish_series(scene.session, actor, series_id=series.id, at=scene.at(-20))
    publish = {"series_id": series.id, "at": scene.at(-20)}
    assert len(operations.publish_series(scene.session, SYSTEM, **publish)) == 5
    assert operations.publish_series(scene.session, SYSTEM, **publish) == []


def test_an_ended_series_calls_off_what_is_to_come(
    scene: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    series = repeat(scene, scene.plan(), publish=True)
    ending = {"series_id": series.id, "reason": "入冬", "at": scene.at(200)}
    with pytest.raises(SeriesNotFound):
        operations.end_series(
            scene.session, scene.community.organiser, **(ending | {"series_id": 10**6})
        )

    def objection(_: Any, event_id: int) -> None:
        raise NoDates

    monkeypatch.setattr(contributor, "check_cancel", objection)
    with pytest.raises(NoDates):
        operations.end_series(scene.session, scene.community.organiser, **ending)
    monkeypatch.undo()
    ended = operations.end_series(scene.session, scene.community.organiser, **ending)
    assert {event.cancel_reason for event in ended} == {"入冬"}
    assert len(ended) == 4  # the one of today is past
    assert operations.end_series(scene.session, scene.community.organiser, **ending) == []


def test_nothing_begins_at_a_closed_organisation(scene: Any) -> None:
    origin = scene.plan(org_id=scene.community.grid)
    org = organisation(scene.session, scene.community.grid)
    org.closed_on = date(2026, 11, 1)
    with pytest.raises(OrganisationClosed):
        repeat(scene, origin)
