"""Planning, publishing, opening, closing, cancelling and confirming events."""

from typing import Any

import pytest

from pointsbank.core.errors import Forbidden
from pointsbank.events import operations
from pointsbank.events.rules import (
    EventInPast,
    EventState,
    KeyReused,
    OpenedTooLate,
    TimesImpossible,
    TooFarAhead,
)
from pointsbank.orgs.rules import NoSuchOrganisation


def test_a_plan_is_refused_fault_by_fault(scene: Any) -> None:
    c = scene.community
    scene.plan(key="taken")
    hopeless: dict[str, Any] = {
        "actor": c.volunteer,
        "org_id": 10**6,
        "starts_at": scene.at(-200),
        "ends_at": scene.at(-201),
    }
    faults: list[tuple[type[Exception], dict[str, Any]]] = [
        (KeyReused, {"key": "taken", "actor": c.organiser}),
        (NoSuchOrganisation, {}),
        (Forbidden, {"org_id": c.community}),
        (EventInPast, {"actor": c.organiser}),
        (TimesImpossible, {"ends_at": scene.at(24 * 60 + 1), "starts_at": scene.at(0)}),
        (TooFarAhead, {"starts_at": scene.at(2_000_000), "ends_at": scene.at(2_000_060)}),
    ]
    asked = hopeless
    for refusal, mended in faults:
        asked = {**asked, **mended}
        with pytest.raises(refusal):
            scene.plan(**asked)
        if refusal is KeyReused:
            asked = hopeless
    asked |= {"starts_at": scene.at(0), "ends_at": scene.at(60)}
    assert scene.plan(**asked).org_id == c.community


def test_what_is_over_is_not_published_and_opened_for_half_a_day_only(scene: Any) -> None:
    draft, published, on_paper = scene.plan(), scene.published(), scene.published()
    with pytest.raises(EventInPast):
        scene.do(operations.publish, draft, 150)
    assert scene.do(operations.open_event, on_paper, 150 + 12 * 60 - 1).state is EventState.OPEN
    with pytest.raises(OpenedTooLate):
        scene.do(operations.open_event, published, 150 + 12 * 60)
