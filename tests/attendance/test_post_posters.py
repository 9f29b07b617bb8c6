"""Checking in by the poster of a post: the same attendance, and at which post."""

from typing import Any

import pytest
from community import submit
from scene import House, read
from sqlmodel import select

from pointsbank.attendance import queries
from pointsbank.attendance.door import find, note_refusal
from pointsbank.attendance.models import Scan
from pointsbank.attendance.operations import check_in, check_out
from pointsbank.attendance.person import export
from pointsbank.attendance.rules import CodeUnknown, NotBegun, ScanKind
from pointsbank.core.database import transaction
from pointsbank.events import operations
from pointsbank.events.models import Event, Post
from pointsbank.events.rules import post_code
from tests.attendance.test_pages import claim_in


def with_posts(scene: Any, event: Event) -> list[Post]:
    return [
        operations.add_post(
            scene.session, scene.community.organiser, event_id=event.id, name=name, duties="",
            capacity=None, skill="", least_age=None, place="", note="加岗", at=scene.at(-45),
        )
        for name in ("登记台", "楼道保洁")
    ]  # fmt: skip


def test_a_scan_of_a_posts_poster_tells_the_post_and_of_the_events_none(scene: Any) -> None:
    event = scene.published()
    desk, cleaning = with_posts(scene, event)
    with pytest.raises(NotBegun) as refused:
        scene.scan(check_in, event, 0, code=post_code(event.code, 1))
    note_refusal(
        scene.session, scene.community.volunteer, refused.value, kind=ScanKind.IN,
        code=f"{event.code}-1", claimed_at=scene.at(0), at=scene.at(0),
    )  # fmt: skip
    scene.do(operations.open_event, event, -40)
    scene.scan(check_in, event, 0, code=f"{event.code.lower()}-2")
    scene.scan(check_out, event, 30)
    scene.scan(check_in, event, 60, code=f"{event.code}-1")  # back again, by the fold
    told = scene.session.execute(select(Scan.post_id).order_by(Scan.id)).scalars()
    assert list(told) == [desk.id, cleaning.id, None, desk.id]
    wang = scene.community.wang
    assert queries.posts_scanned(scene.session, event.id, [wang]) == {wang: "登记台"}
    exported = export(scene.session, wang)["签到扫码"]
    assert [row["岗位"] for row in exported] == ["登记台", "楼道保洁", None, "登记台"]


def test_a_post_that_there_is_not_is_an_unknown_code(scene: Any) -> None:
    event, other = scene.open(), scene.published(title="别的活动")
    with_posts(scene, other)
    for text in (f"{event.code}-1", f"{other.code}-3", f"{other.code}-1-1"):
        with pytest.raises(CodeUnknown):
            find(scene.session, code=text, member_id=None)
    assert find(scene.session, code=f"{other.code}-0", member_id=None).post is None


def test_the_page_of_a_posts_code_says_which_post_and_the_list_too(house: House) -> None:
    with transaction() as session:
        event = session.get(Event, house.published_id)
        with_posts(type(house.scene)(session, house.community), event)
        operations.open_event(
            session, house.community.organiser, event_id=house.published_id, at=house.scene.at(-20)
        )
        code = f"{event.code}-2"
    stranger, wang = house.browser(), house.browser(house.community.volunteer)
    with house.at(0):
        assert stranger.get(f"/c/{code}").location.startswith(f"/sign-in?next=/c/{code}?claim=")
        page = read(wang.get(f"/c/{code}"))
        assert f'action="/c/{code}/check-in"' in page
        done = submit(wang, f"/c/{code}/check-in", claim=claim_in(page))
        assert done.location == f"/c/{code}?done=in"
        assert "楼道保洁" in read(wang.get(done.location))
        listed = read(house.browser(house.community.organiser).get(
            f"/events/{house.published_id}/attendance"
        ))  # fmt: skip
        assert "楼道保洁" in listed
    with house.at(90):
        page = read(wang.get(f"/c/{code}"))
        assert f'action="/c/{code}/check-out"' in page
        assert wang.get(f"/c/{code[:-1]}9").status_code == 404
