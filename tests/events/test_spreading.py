"""An event's posts and shifts for the later ones of its series: on the page, as JSON, refused."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from community import submit
from scene import House, read
from statements import noting

from pointsbank.attendance import event as contributor
from pointsbank.core import clock
from pointsbank.core.database import snapshot, transaction
from pointsbank.core.errors import Forbidden
from pointsbank.events import operations, queries
from pointsbank.events.models import Event
from pointsbank.events.repetition import SeriesRule
from pointsbank.events.rules import (
    EventNotFound,
    Misleading,
    NoteMissing,
    NotInSeries,
    PlacesTaken,
    ShiftOutside,
    Taken,
)

FIRST, LAST = date(2026, 11, 27), date(2026, 12, 11)
DESK: Any = {
    "name": "登记台", "duties": "签到", "capacity": 2, "skill": "", "least_age": None, "place": "",
}  # fmt: skip


def at(day: date, hour: int) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=clock.zone())


def patrols(scene: Any, until: date = LAST, *, publish: bool = True) -> list[Event]:
    """At six in the morning and in the evening, every Friday."""
    origin = scene.plan(starts_at=at(FIRST, 6), ends_at=at(FIRST, 8))
    rule = SeriesRule(frozenset({5}), frozenset({time(6), time(18)}), FIRST, until)
    series = scene.do(operations.repeat, origin, -30, rule=rule, publish=publish, key=str(until))
    return queries.events_of_series(scene.session, series.id)


def arrange(scene: Any, event: Event, **given: Any) -> list[Event]:
    changed: list[Event] = scene.do(operations.arrange_later, event, -20, **given)
    return changed


def add(scene: Any, event: Event, **fields: Any) -> Any:
    said = {**DESK, **fields}
    return scene.do(operations.add_post, event, -25, note="加岗", **said)


def shift(scene: Any, event: Event, post_id: int | None, **given: Any) -> Any:
    said = {"starts_at": event.starts_at, "ends_at": event.starts_at + timedelta(hours=1)}
    return scene.do(
        operations.add_shift, event, -25, note="排班", post_id=post_id,
        **({**said, "capacity": None} | given),
    )  # fmt: skip


def test_later_events_of_the_same_hour_get_the_posts_and_shifts(scene: Any) -> None:
    events = patrols(scene)
    second = events[2]  # the morning of the second Friday
    desk = add(scene, second)
    add(scene, events[4], name="送水")
    add(scene, events[4], capacity=1, duties="登记")
    shift(scene, second, desk.id, capacity=1)
    shift(scene, second, None)
    assert arrange(scene, second, note="增设登记台") == [events[4]]
    scene.session.flush()
    posts = queries.posts_of(scene.session, events[4].id)
    told = [(one.name, one.capacity, one.duties) for one in posts]
    assert told == [("送水", 2, "签到"), ("登记台", 2, "签到")]
    shifts = queries.shifts_of(scene.session, events[4].id)
    assert [(one.post_id, one.starts_at, one.capacity) for one in shifts] == [
        (posts[1].id, events[4].starts_at, 1), (None, events[4].starts_at, None),
    ]  # fmt: skip
    for other in (events[0], events[1], events[3], events[5]):
        assert queries.posts_of(scene.session, other.id) == []
    [change, *_] = queries.changes_of(scene.session, events[4].id)
    assert (change.fields, change.note) == (["posts", "shifts"], "增设登记台")
    assert arrange(scene, second) == []  # the same again


def test_a_shift_takes_as_many_as_here(scene: Any) -> None:
    events = patrols(scene, publish=False)
    of_first, of_last = (shift(scene, one, None, capacity=n) for n, one in
                         ((3, events[0]), (5, events[4])))  # fmt: skip
    assert arrange(scene, events[0]) == [events[2], events[4]]
    assert (of_first.capacity, of_last.capacity) == (3, 3)


def test_arranging_is_refused_fault_by_fault(scene: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    c, events = scene.community, patrols(scene)
    first, last = events[0], events[4]
    desk = add(scene, first)
    theirs = add(scene, last, capacity=3)
    one = shift(scene, first, desk.id, capacity=1)
    other = shift(scene, last, theirs.id, capacity=2)
    with pytest.raises(EventNotFound):
        operations.arrange_later(scene.session, c.organiser, event_id=0, at=scene.at(-20))
    with pytest.raises(Forbidden):
        arrange(scene, first, actor=c.stranger)
    with pytest.raises(NotInSeries):
        arrange(scene, scene.plan())

    def held(**places: Any) -> None:
        none = dict.fromkeys((event.id for event in events), Taken())
        taken = none | {last.id: Taken(people=3, **places)}
        monkeypatch.setattr(contributor, "taken", lambda *_: taken, raising=False)

    held(posts={theirs.id: 3})
    with pytest.raises(PlacesTaken):
        arrange(scene, first)
    held(posts={theirs.id: 2})
    desk.place = "北门"
    with pytest.raises(Misleading):
        arrange(scene, first)
    desk.place = ""
    held(posts={theirs.id: 2}, shifts={other.id: 2})
    with pytest.raises(PlacesTaken):
        arrange(scene, first)
    held(posts={theirs.id: 2}, shifts={other.id: 1})
    ends_at, last.ends_at = last.ends_at, last.starts_at + timedelta(minutes=30)
    with pytest.raises(ShiftOutside):
        arrange(scene, first)
    last.ends_at = ends_at
    with pytest.raises(NoteMissing):
        arrange(scene, first)
    assert (theirs.capacity, other.capacity) == (3, 2)
    assert len(arrange(scene, first, note="人手够了")) == 2
    assert (theirs.capacity, other.capacity, one.capacity) == (2, 1, 1)


def test_many_events_take_as_many_statements_as_few(scene: Any) -> None:
    counts = []
    for until in (LAST, date(2027, 9, 3)):
        events = patrols(scene, until, publish=False)
        shift(scene, events[0], add(scene, events[0]).id)
        scene.session.flush()
        with noting(scene.session.connection()) as run:
            arrange(scene, events[0])
        of_trail = ("audit_entry", "advisory")  # a line for each event
        counts.append(sum(not any(word in one for word in of_trail) for one in run))
    assert counts[0] == counts[1]


def test_the_page_of_posts_spreads_them(house: House) -> None:
    with transaction() as session:
        scene = type(house.scene)(session, house.community)
        events = patrols(scene, publish=False)
        add(scene, events[0])
        first, last = events[0].id, events[4].id
        alone = scene.plan()
        add(scene, alone)
        alone_id = alone.id
    browser = house.browser(house.community.organiser)
    page = f"/events/{first}/posts"
    assert "用到以后各场" in read(browser.get(page))
    assert "用到以后各场" not in read(browser.get(f"/events/{alone_id}/posts"))
    assert submit(browser, f"/events/{alone_id}/posts/and-later").status_code == 409
    assert submit(browser, f"{page}/and-later").location == page
    with snapshot() as session:
        assert [post.name for post in queries.posts_of(session, last)] == ["登记台"]
