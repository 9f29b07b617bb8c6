"""Merging and splitting: what each does, and what refuses it, in order."""

from datetime import date, timedelta
from typing import Any

from sqlmodel import Session

from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM, Actor, Role
from pointsbank.core.errors import Forbidden
from pointsbank.orgs import operations, queries
from pointsbank.orgs.rules import (
    BeforeFounding,
    BeforeLastChange,
    CannotMerge,
    DayToCome,
    KeyReused,
    NameEmpty,
    NameTaken,
    NoSuchOrganisation,
    NotItsChild,
    OrganisationClosed,
    RegionCodeInvalid,
)
from tests.orgs.doing import ON, below, close, do, line, refused
from tests.orgs.tree import DAY, Two, staff


def test_a_merger_takes_children_along_and_tells_twins_apart(
    session: Session, two: Two, boss: Actor
) -> None:
    merged = do(session, operations.merge, boss, org_id=two.beside, successor_id=two.community)
    assert (merged.closed_on, merged.successor_id) == (ON, two.community)
    assert queries.organisation(session, two.grid_beside).name == "光明社区第一网格"
    assert two.grid_beside in below(session, two.community)
    assert below(session, two.beside) == {two.beside}
    before = ON - timedelta(days=1)
    assert below(session, two.beside, before) == {two.beside, two.grid_beside}
    assert queries.names_on(session, [two.grid_beside], before) == {two.grid_beside: "第一网格"}


def test_a_hopeless_merger_is_refused_fault_by_fault(session: Session, two: Two) -> None:
    merge, boss = operations.merge, staff(session, Role.ADMINISTRATOR, two.city)
    far = operations.found(
        session, SYSTEM, parent_id=two.other, kind="community", name="新华社区",
        on=date(2026, 5, 1), at=clock.now(),
    )  # fmt: skip
    do(
        session, operations.move, org_id=two.group, parent_id=two.grid_beside,
        on=date(2026, 5, 10), key="before",
    )  # fmt: skip
    close(session, two.branch)
    secretary = staff(session, Role.SECRETARY, two.street)
    asked: dict[str, Any] = {
        "org_id": two.branch, "successor_id": 999_999, "on": date(2027, 1, 1),
    }  # fmt: skip
    refused(session, merge, KeyReused, secretary, **asked, key="before")
    refused(session, merge, NoSuchOrganisation, secretary, **asked)
    asked["successor_id"] = far.id
    refused(session, merge, Forbidden, secretary, **asked)
    refused(session, merge, OrganisationClosed, boss, **asked)
    asked["org_id"] = two.grid
    refused(session, merge, CannotMerge, boss, **asked)
    refused(session, merge, CannotMerge, boss, **{**asked, "successor_id": two.grid})
    asked["org_id"] = two.community
    refused(session, merge, DayToCome, boss, **asked)
    asked["on"] = date(2026, 4, 1)
    assert refused(session, merge, BeforeFounding, boss, **asked)["name"] == "新华社区"
    asked["on"] = date(2026, 5, 5)
    refused(session, merge, BeforeLastChange, boss, **asked)
    asked |= {"on": ON, "successor_id": two.beside}
    operations.found(
        session, SYSTEM, parent_id=two.beside, kind="grid", name="幸福社区第一网格", on=DAY,
        at=clock.now(),
    )  # fmt: skip
    refused(session, merge, NameTaken, boss, **asked)
    asked["successor_id"] = far.id
    assert do(session, merge, boss, **asked).successor_id == far.id


def test_a_split_founds_one_beside_with_the_children_that_were_chosen(
    session: Session, two: Two, boss: Actor
) -> None:
    new = do(
        session, operations.split, boss, org_id=two.community, name="育才社区",
        child_ids=[two.grid], region_code="220802001005",
    )  # fmt: skip
    assert (new.parent_id, new.kind, new.opened_on) == (two.street, "community", ON)
    assert below(session, new.id) == {new.id, two.grid, two.group}
    assert below(session, two.community) == {two.community, two.branch}
    assert line(session, two.group) == [two.group, two.grid, new.id, two.street, two.city]
    before = ON - timedelta(days=1)
    assert two.group in below(session, two.community, before)
    assert new.id not in below(session, two.city, before)


def test_a_hopeless_split_is_refused_fault_by_fault(session: Session, two: Two) -> None:
    split, boss = operations.split, staff(session, Role.ADMINISTRATOR, two.city)
    do(session, operations.move, org_id=two.group, parent_id=two.grid_beside, key="before")
    own = staff(session, Role.SECRETARY, two.community)
    asked: dict[str, Any] = {
        "org_id": 999_999, "name": "", "child_ids": [two.grid_beside], "region_code": "22",
        "on": date(2027, 1, 1),
    }  # fmt: skip
    refused(session, split, KeyReused, own, **asked, key="before")
    refused(session, split, RegionCodeInvalid, own, **asked)
    asked["region_code"] = ""
    refused(session, split, NoSuchOrganisation, own, **asked)
    refused(session, split, Forbidden, own, **{**asked, "org_id": two.community})
    refused(session, split, Forbidden, boss, **{**asked, "org_id": two.city})
    asked["org_id"] = two.branch
    refused(session, split, NameEmpty, boss, **asked)
    asked["name"] = "光明社区"
    close(session, two.branch)
    refused(session, split, OrganisationClosed, boss, **asked)
    asked["org_id"] = two.community
    refused(session, split, NotItsChild, boss, **asked)
    refused(session, split, NotItsChild, boss, **{**asked, "child_ids": [two.branch]})
    asked["child_ids"] = [two.grid]
    refused(session, split, DayToCome, boss, **asked)
    asked["on"] = date(2019, 1, 1)
    refused(session, split, BeforeFounding, boss, **asked)
    asked["on"] = date(2026, 5, 1)
    refused(session, split, BeforeLastChange, boss, **asked)
    asked["on"] = ON
    refused(session, split, NameTaken, boss, **asked)
    asked["name"] = "育才社区"
    assert do(session, split, boss, **asked).name == "育才社区"
