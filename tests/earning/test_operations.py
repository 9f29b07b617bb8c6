"""Adopting points rules: versions in time, the nearest decides, refusals in order."""

from datetime import date, timedelta

import pytest
from sqlmodel import Session, select

from pointsbank.core import clock, database
from pointsbank.core.actor import SYSTEM, Actor, Grant, Role
from pointsbank.core.audit import AuditEntry
from pointsbank.core.errors import Forbidden
from pointsbank.earning import operations, queries
from pointsbank.earning.presets import PRESETS
from pointsbank.earning.rules import (
    Audience,
    PointsRule,
    PointsRuleOutOfRange,
    Rounding,
    UnknownPointsUnit,
)
from pointsbank.ledger.rules import MORALITY, PARTY, CapWindow, OverCap
from pointsbank.orgs.operations import found_many
from pointsbank.orgs.rules import NewOrganisation, NoSuchOrganisation

TODAY = date(2026, 11, 21)
YEAR_START = date(2026, 1, 1)
SINCE = date(2020, 1, 1)


@pytest.fixture
def session(bank: database.Database):
    with database.transaction() as opened:
        yield opened


@pytest.fixture
def tree(session: Session) -> list[int]:
    """A street, a community in it, a grid in that, and another community."""
    rows = [
        NewOrganisation("street", "明仁街道", YEAR_START),
        NewOrganisation("community", "幸福社区", YEAR_START, parent_row=0),
        NewOrganisation("grid", "第一网格", YEAR_START, parent_row=1),
        NewOrganisation("community", "光明社区", YEAR_START, parent_row=0),
    ]
    return found_many(session, SYSTEM, rows, at=clock.now())


def adopt(session: Session, org_id: int, actor: Actor = SYSTEM, **changed: object) -> PointsRule:
    asked = {"unit": MORALITY, "from_on": YEAR_START, "points_per_hour": 10, **changed}
    return operations.adopt_points_rule(session, actor, org_id=org_id, **asked, at=clock.now())


def secretary(*reach: int) -> Actor:
    return Actor("user", 7, grants=(Grant(Role.SECRETARY, reach[0], frozenset(reach)),))


def in_force(session: Session, org_id: int, on: date) -> list[tuple[str, int]]:
    found = queries.points_rules_in_force(session, org_id, on)
    return sorted((rule.unit, rule.points_per_hour) for rule in found)


def test_a_new_version_ends_the_one_before_on_the_eve(session: Session, tree: list[int]) -> None:
    first = adopt(session, tree[1])
    second = adopt(session, tree[1], from_on=date(2026, 7, 1), points_per_hour=12)
    assert (first.version, second.version) == (1, 2)
    kept = queries.points_rules(session, [first.id, second.id])
    assert kept == {first.id: first, second.id: second}
    assert in_force(session, tree[1], date(2026, 6, 30)) == [(MORALITY, 10)]
    assert in_force(session, tree[1], date(2026, 7, 1)) == [(MORALITY, 12)]
    assert in_force(session, tree[1], date(2025, 12, 31)) == []


def test_the_nearest_organisation_with_a_rule_decides_for_each_unit(
    session: Session, tree: list[int]
) -> None:
    street, community, grid, other = tree
    adopt(session, street, points_per_hour=5)
    adopt(session, street, unit=PARTY, points_per_hour=2, audience=Audience.PARTY)
    adopt(session, community, points_per_hour=8)
    assert in_force(session, grid, TODAY) == [(MORALITY, 8), (PARTY, 2)]
    assert in_force(session, other, TODAY) == [(MORALITY, 5), (PARTY, 2)]
    found = queries.points_rules_of(session, [(grid, TODAY), (street, TODAY), (street, SINCE)])
    assert {rule.org_id for rule in found[grid, TODAY]} == {community, street}
    assert {rule.org_id for rule in found[street, TODAY]} == {street}
    assert found[street, SINCE] == []


def test_all_terms_are_kept(session: Session, tree: list[int]) -> None:
    adopted = adopt(
        session, tree[1], by_category={"patrol": 15}, each_time={"mediation": 5},
        most_minutes_an_activity=120, caps={CapWindow.DAY: 80, CapWindow.YEAR: 2_000},
        over_cap=OverCap.WITHHOLD, rounding=Rounding.HALF_UP,
    )  # fmt: skip
    assert queries.points_rules_in_force(session, tree[1], TODAY) == [adopted]


def test_a_repeat_is_an_answer(session: Session, tree: list[int]) -> None:
    adopted = adopt(session, tree[1], secretary(tree[1]), from_on=TODAY)
    assert adopt(session, tree[1], secretary(tree[1]), from_on=TODAY) == adopted
    assert len(session.exec(select(AuditEntry)).all()) == 2  # the tree's founding and one adoption


def test_every_preset_can_be_adopted(session: Session, tree: list[int]) -> None:
    for org_id, preset in zip(tree, PRESETS.values(), strict=False):
        for terms in preset.rules:
            adopt(session, org_id, **terms)
    assert in_force(session, tree[2], TODAY) == [(MORALITY, 0), (PARTY, 2)]


def test_adoption_is_in_the_audit_trail(session: Session, tree: list[int]) -> None:
    adopted = adopt(session, tree[1], secretary(tree[1]), from_on=TODAY)
    entry = session.exec(
        select(AuditEntry).where(AuditEntry.action == "earning.adopt_points_rule")
    ).one()
    assert (entry.subject_id, entry.org_id, entry.actor_id) == (adopted.id, tree[1], 7)
    told = (entry.facts["unit"], entry.facts["version"], entry.facts["from_on"])
    assert told == (MORALITY, 1, "2026-11-21")
    assert entry.facts["after"]["points_per_hour"] == 10
    adopt(session, tree[1], from_on=TODAY + timedelta(days=1), points_per_hour=12)
    newest = session.exec(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert newest.facts["before"] == {"points_per_hour": 10}
    assert newest.facts["after"] == {"points_per_hour": 12}


def test_refusals_in_order(session: Session, tree: list[int]) -> None:
    hopeless = {
        "unit": "gold", "from_on": TODAY, "points_per_hour": -1, "actor": secretary(tree[3])
    }  # fmt: skip
    with pytest.raises(UnknownPointsUnit):
        adopt(session, 999_999, **hopeless)
    hopeless["unit"] = MORALITY
    with pytest.raises(NoSuchOrganisation):
        adopt(session, 999_999, **hopeless)
    with pytest.raises(Forbidden):
        adopt(session, tree[1], **hopeless)
    hopeless["actor"] = secretary(tree[1], tree[2])
    with pytest.raises(PointsRuleOutOfRange):
        adopt(session, tree[1], **hopeless)
    hopeless |= {"points_per_hour": 1, "caps": {CapWindow.DAY: 5}, "over_cap": OverCap.REFUSE}
    with pytest.raises(PointsRuleOutOfRange):
        adopt(session, tree[1], **hopeless)
    hopeless["over_cap"] = OverCap.CLIP
    assert adopt(session, tree[1], **hopeless).version == 1
