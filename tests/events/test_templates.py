"""Templates: an event kept, a new one from it or from a preset, put away."""

from typing import Any

import pytest

from pointsbank.core.errors import Forbidden
from pointsbank.events import operations, outlines, queries
from pointsbank.events.content import content_of
from pointsbank.events.presets import PRESET_NAMES, PRESETS
from pointsbank.events.rules import (
    EventInPast,
    EventNotFound,
    KeyReused,
    PlaceMissing,
    TemplateNotFound,
    TimesImpossible,
)
from pointsbank.orgs.rules import NoSuchOrganisation


def kept(scene: Any, event: Any, **changes: Any) -> Any:
    return scene.do(
        operations.save_template, event, -40, **({"name": "清扫", "key": "t"} | changes)
    )


def from_template(scene: Any, asked: dict[str, Any], **changes: Any) -> Any:
    given: dict[str, Any] = {
        "org_id": scene.community.community, "place": "", "starts_at": scene.at(3000),
        "key": "new one", "at": scene.at(-30),
    }  # fmt: skip
    given |= changes
    actor = given.pop("actor", scene.community.organiser)
    outline = outlines.chosen(scene.session, actor, asked)
    return operations.plan_from(scene.session, actor, outline=outline, **given)


def arranged(scene: Any) -> Any:
    """A draft with a post, its shift, and a shift of the whole event."""
    event = scene.plan(in_charge="孙丽", risks="路滑", capacity=9)
    organiser = scene.community.organiser
    post = operations.add_post(
        scene.session, organiser, event_id=event.id, name="登记台", duties="登记", capacity=2,
        skill="", least_age=16, place="北门", at=scene.at(-45),
    )  # fmt: skip
    for post_id, begins in ((post.id, 30), (None, 60)):
        operations.add_shift(
            scene.session, organiser, event_id=event.id, post_id=post_id,
            starts_at=scene.at(begins), ends_at=scene.at(begins + 45), capacity=1,
            at=scene.at(-45),
        )  # fmt: skip
    return event


def test_an_event_is_kept_and_planned_again_without_its_times_and_names(scene: Any) -> None:
    template = kept(scene, arranged(scene))
    assert "孙丽" not in repr(template)
    made = from_template(scene, {"template_id": template.id})
    said = content_of(made)
    assert (said["place"], said["risks"], said["capacity"]) == ("幸福社区广场", "路滑", 9)
    assert said["in_charge"] == ""
    assert made.ends_at == scene.at(3150)
    [post] = queries.posts_of(scene.session, made.id)
    assert (post.name, post.least_age, post.place) == ("登记台", 16, "北门")
    shifts = queries.shifts_of(scene.session, made.id)
    assert [(s.post_id, s.starts_at, s.ends_at, s.capacity) for s in shifts] == [
        (post.id, scene.at(3030), scene.at(3075), 1), (None, scene.at(3060), scene.at(3105), 1),
    ]  # fmt: skip


def test_keeping_is_refused_fault_by_fault(scene: Any) -> None:
    draft, event = scene.plan(), scene.published()
    first = kept(scene, draft)
    volunteer = scene.community.volunteer
    for refusal, of, changes in (
        (EventNotFound, draft, {"actor": volunteer}), (Forbidden, event, {"actor": volunteer}),
        (KeyReused, event, {"name": "别的"}),
    ):  # fmt: skip
        with pytest.raises(refusal):
            kept(scene, of, **changes)
    assert kept(scene, draft) is first
    assert kept(scene, draft, key="other") is not first


def test_planning_from_a_template_is_refused_fault_by_fault(scene: Any) -> None:
    template = kept(scene, scene.plan())
    c = scene.community
    scene.plan(key="taken")
    with pytest.raises(TemplateNotFound):
        from_template(scene, {"template_id": template.id}, actor=c.stranger)
    for unknown in ({"template_id": 10**6}, {"preset": "moon"}, {}):
        with pytest.raises(TemplateNotFound):
            from_template(scene, dict(unknown))
    hopeless: dict[str, Any] = {
        "actor": c.volunteer, "org_id": 10**6, "key": "taken", "starts_at": scene.at(-600),
    }  # fmt: skip
    faults: list[tuple[type[Exception], dict[str, Any]]] = [
        (NoSuchOrganisation, {"org_id": c.community}),
        (Forbidden, {"actor": c.organiser}),
        (KeyReused, {"key": "fresh"}),
        (EventInPast, {"starts_at": scene.at(600)}),
        (PlaceMissing, {"place": "小区"}),
    ]
    for refusal, mended in faults:
        with pytest.raises(refusal):
            from_template(scene, {"preset": "patrol"}, **hopeless)
        hopeless |= mended
    made = from_template(scene, {"preset": "patrol"}, **hopeless)
    assert from_template(scene, {"preset": "patrol"}, **hopeless) is made


def test_a_template_put_away_is_offered_no_longer(scene: Any) -> None:
    template = kept(scene, scene.plan())
    c = scene.community
    with pytest.raises(TemplateNotFound):
        operations.put_away_template(
            scene.session, c.stranger, template_id=template.id, at=scene.at(0)
        )
    assert [row[0] for row in queries.templates(scene.session, c.organiser)] == [template]
    for minutes in (1, 2):
        operations.put_away_template(
            scene.session, c.organiser, template_id=template.id, at=scene.at(minutes)
        )
    assert template.put_away_at == scene.at(1)
    assert queries.templates(scene.session, c.organiser) == []


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_every_preset_makes_an_event(scene: Any, name: str) -> None:
    made = from_template(scene, {"preset": name}, place="小区")
    assert made.title == PRESETS[name].content["title"]
    assert len(queries.posts_of(scene.session, made.id)) == len(PRESETS[name].posts)
    assert name in PRESET_NAMES


def test_an_outline_longer_than_a_day_is_no_event(scene: Any) -> None:
    outline = PRESETS["patrol"]
    too_long = type(outline)(outline.content, 1441)
    with pytest.raises(TimesImpossible):
        operations.plan_from(
            scene.session, scene.community.organiser, outline=too_long, place="小区",
            org_id=scene.community.community, starts_at=scene.at(60), key="long", at=scene.at(0),
        )  # fmt: skip
