"""Adopting star ladders: versions in time, refusals in order."""

from datetime import date

import pytest
from sqlmodel import Session, select

from pointsbank.core import clock, database
from pointsbank.core.actor import SYSTEM, Actor, Grant, Role
from pointsbank.core.audit import AuditEntry
from pointsbank.core.errors import Forbidden
from pointsbank.orgs.operations import found_many
from pointsbank.orgs.rules import NewOrganisation
from pointsbank.stars import operations, queries
from pointsbank.stars.presets import PRESETS
from pointsbank.stars.rules import (
    NATIONAL,
    LadderOutOfOrder,
    Level,
    StarLadder,
    Window,
)

TODAY = date(2026, 11, 21)
YEAR_START = date(2026, 1, 1)
SHORT = (Level(1, 50), Level(2, 100))


@pytest.fixture
def session(bank: database.Database):
    with database.transaction() as opened:
        yield opened


@pytest.fixture
def tree(session: Session) -> list[int]:
    """A street, a community in it and a grid in that."""
    rows = [
        NewOrganisation("street", "明仁街道", YEAR_START),
        NewOrganisation("community", "幸福社区", YEAR_START, parent_row=0),
        NewOrganisation("grid", "第一网格", YEAR_START, parent_row=1),
    ]
    return found_many(session, SYSTEM, rows, at=clock.now())


def adopt(session: Session, org_id: int, actor: Actor = SYSTEM, **changed: object) -> StarLadder:
    asked = {"from_on": YEAR_START, "levels": SHORT, **changed}
    return operations.adopt_star_ladder(session, actor, org_id=org_id, **asked, at=clock.now())


def secretary(*reach: int) -> Actor:
    return Actor("user", 7, grants=(Grant(Role.SECRETARY, reach[0], frozenset(reach)),))


def test_where_nobody_adopted_a_ladder_the_national_one_decides(
    session: Session, tree: list[int]
) -> None:
    assert queries.ladder_in_force(session, tree[2], TODAY) == NATIONAL


def test_the_nearest_ladder_decides(session: Session, tree: list[int]) -> None:
    above = adopt(session, tree[0])
    assert queries.ladder_in_force(session, tree[2], TODAY) == above
    near = adopt(session, tree[1], window=Window.CALENDAR_YEAR)
    assert queries.ladder_in_force(session, tree[2], TODAY) == near
    assert queries.ladder_in_force(session, tree[0], TODAY) == above


def test_a_new_version_ends_the_one_before_on_the_eve(session: Session, tree: list[int]) -> None:
    first = adopt(session, tree[1])
    second = adopt(session, tree[1], from_on=date(2026, 7, 1), levels=NATIONAL.levels)
    assert (first.version, second.version) == (1, 2)
    assert queries.ladder_in_force(session, tree[1], date(2026, 6, 30)) == first
    assert queries.ladder_in_force(session, tree[1], date(2026, 7, 1)) == second


def test_a_repeat_is_an_answer(session: Session, tree: list[int]) -> None:
    assert adopt(session, tree[1]) == adopt(session, tree[1])


def test_every_preset_can_be_adopted(session: Session, tree: list[int]) -> None:
    for month, preset in enumerate(PRESETS.values(), start=1):
        first_on = date(2026, month, 1)
        adopt(session, tree[1], from_on=first_on, levels=preset.levels, window=preset.window)
        found = queries.ladder_in_force(session, tree[1], first_on)
        assert (found.levels, found.window) == (preset.levels, preset.window)


def test_adoption_is_in_the_audit_trail(session: Session, tree: list[int]) -> None:
    adopted = adopt(session, tree[1], secretary(tree[1]), from_on=TODAY)
    entry = session.exec(
        select(AuditEntry).where(AuditEntry.action == "stars.adopt_star_ladder")
    ).one()
    assert (entry.subject_id, entry.org_id, entry.actor_id) == (adopted.id, tree[1], 7)
    assert entry.facts == {
        "version": 1, "from_on": "2026-11-21", "before": {},
        "after": {"window": "lifetime", "levels": {"1": 50, "2": 100}},
    }  # fmt: skip


def test_levels_out_of_order_are_refused_last(session: Session, tree: list[int]) -> None:
    hopeless = {"from_on": TODAY, "levels": (Level(2, 5),), "actor": secretary(999)}
    with pytest.raises(Forbidden):
        adopt(session, tree[1], **hopeless)
    hopeless["actor"] = secretary(tree[1])
    with pytest.raises(LadderOutOfOrder):
        adopt(session, tree[1], **hopeless)
    hopeless["levels"] = SHORT
    assert adopt(session, tree[1], **hopeless).version == 1
