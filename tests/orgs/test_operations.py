"""Founding organisations, and what refuses it."""

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select, update
from sqlmodel import Session, col

from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM, Role
from pointsbank.core.audit import AuditEntry
from pointsbank.core.errors import Forbidden
from pointsbank.orgs import operations, queries
from pointsbank.orgs.models import Organisation, OrganisationReach
from pointsbank.orgs.rules import (
    CannotSitUnder,
    NameEmpty,
    NameTaken,
    NewOrganisation,
    NoSuchKind,
    NoSuchOrganisation,
    OrganisationClosed,
)
from tests.orgs.tree import DAY, Tree, staff


def test_a_hopeless_founding_is_refused_fault_by_fault(session: Session, tree: Tree) -> None:
    at = clock.now()
    session.execute(
        update(Organisation)
        .where(col(Organisation.id) == tree.community)
        .values(closed_on=date(2025, 12, 31))
    )
    stranger = staff(session, Role.SECRETARY, tree.beside)
    row = NewOrganisation("hamlet", " ", DAY.replace(year=2019), parent_id=999_999)

    with pytest.raises(NoSuchKind):
        operations.found_many(session, stranger, [row], at=at)
    row = replace(row, kind="street")
    with pytest.raises(NoSuchOrganisation):
        operations.found_many(session, stranger, [row], at=at)
    row = replace(row, parent_id=tree.community)
    with pytest.raises(Forbidden):
        operations.found_many(session, stranger, [row], at=at)
    secretary = staff(session, Role.SECRETARY, tree.community)
    with pytest.raises(NameEmpty):
        operations.found_many(session, secretary, [row], at=at)
    row = replace(row, name="第一网格")
    with pytest.raises(CannotSitUnder) as refusal:
        operations.found_many(session, secretary, [row], at=at)
    assert refusal.value.facts == {"kind": "街道（乡镇）", "parent_kind": "社区（村）"}
    row = replace(row, kind="grid")
    with pytest.raises(OrganisationClosed) as closed:
        operations.found_many(session, secretary, [row], at=at)
    assert closed.value.facts == {"closed_on": date(2025, 12, 31)}
    row = replace(row, on=date(2025, 12, 31))
    with pytest.raises(NameTaken):
        operations.found_many(session, secretary, [row], at=at)
    row = replace(row, name="第二网格")
    with pytest.raises(NameTaken):
        operations.found_many(session, secretary, [row, row], at=at)
    assert len(operations.found_many(session, secretary, [row], at=at)) == 1


def test_only_the_system_founds_a_root(session: Session, tree: Tree) -> None:
    administrator = staff(session, Role.ADMINISTRATOR, tree.city)
    root = NewOrganisation("city", "松原市", DAY)
    with pytest.raises(Forbidden):
        operations.found_many(session, administrator, [root], at=clock.now())
    assert operations.found_many(session, SYSTEM, [root], at=clock.now())


def test_a_child_of_a_new_row_sits_under_that_row(session: Session, tree: Tree) -> None:
    rows = [
        NewOrganisation("grid", "第二网格", DAY, parent_id=tree.community),
        NewOrganisation("street", "不可能", DAY, parent_row=0),
    ]
    with pytest.raises(CannotSitUnder):
        operations.found_many(session, SYSTEM, rows, at=clock.now())


def test_the_closure_holds_every_ancestor_at_its_depth(session: Session, tree: Tree) -> None:
    group = operations.found(
        session, SYSTEM, parent_id=tree.grid, kind="building_group", name="3号楼组", on=DAY,
        at=clock.now(),
    )  # fmt: skip
    rows = session.execute(
        select(col(OrganisationReach.ancestor_id), col(OrganisationReach.depth)).where(
            col(OrganisationReach.organisation_id) == group.id
        )
    )
    assert {tuple(row) for row in rows} == {
        (group.id, 0),
        (tree.grid, 1),
        (tree.community, 2),
        (tree.street, 3),
        (tree.city, 4),
    }


def test_a_founding_leaves_an_audit_entry(session: Session, tree: Tree) -> None:
    entry = session.execute(select(AuditEntry)).scalar_one()
    assert (entry.action, entry.subject_id, entry.facts["count"]) == ("orgs.found", tree.city, 8)


def test_founding_nothing_is_nothing(session: Session) -> None:
    assert operations.found_many(session, SYSTEM, [], at=clock.now()) == []


def test_kinds_of_ones_own_stay(session: Session, tree: Tree) -> None:
    assert set(operations.lay_in_kinds(session)) == set(queries.kinds(session))
