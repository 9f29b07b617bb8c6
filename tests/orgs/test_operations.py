"""Founding organisations, and what refuses it."""

from dataclasses import replace
from datetime import date
from typing import Any

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
    BeforeFounding,
    CannotSitUnder,
    ContactPhoneInvalid,
    DayToCome,
    KindInvalid,
    KindTaken,
    Line,
    NameEmpty,
    NameTaken,
    NewOrganisation,
    NoSuchKind,
    NoSuchOrganisation,
    OrganisationClosed,
    RegionCodeInvalid,
)
from tests.orgs.tree import DAY, Tree, staff


def test_a_hopeless_founding_is_refused_fault_by_fault(session: Session, tree: Tree) -> None:
    at = clock.now()
    session.execute(
        update(Organisation)
        .where(col(Organisation.id) == tree.community)
        .values(closed_on=date(2025, 12, 31))
    )
    session.expire_all()
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
    row = replace(row, name="第一网格", region_code="2208")
    with pytest.raises(RegionCodeInvalid):
        operations.found_many(session, secretary, [row], at=at)
    row = replace(row, region_code="")
    with pytest.raises(CannotSitUnder) as refusal:
        operations.found_many(session, secretary, [row], at=at)
    assert refusal.value.facts == {"kind": "街道（乡镇）", "parent_kind": "社区（村）"}
    row = replace(row, kind="grid")
    with pytest.raises(OrganisationClosed) as closed:
        operations.found_many(session, secretary, [row], at=at)
    assert closed.value.facts == {"closed_on": date(2025, 12, 31)}
    session.execute(
        update(Organisation).where(col(Organisation.id) == tree.community).values(closed_on=None)
    )
    session.expire_all()
    row = replace(row, on=date(2027, 1, 1))
    with pytest.raises(DayToCome):
        operations.found_many(session, secretary, [row], at=at)
    row = replace(row, on=date(2019, 1, 1))
    with pytest.raises(BeforeFounding):
        operations.found_many(session, secretary, [row], at=at)
    young = [NewOrganisation("grid", "新网格", DAY.replace(year=2026), parent_id=tree.community)]
    child = NewOrganisation("building_group", "1号楼", DAY, parent_row=0)
    with pytest.raises(BeforeFounding):
        operations.found_many(session, secretary, [*young, child], at=at)
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


def test_a_town_names_a_kind_of_its_own_once(session: Session, tree: Tree) -> None:
    boss = staff(session, Role.ADMINISTRATOR, tree.city)
    asked = {"code": "hamlet", "line": Line.TERRITORY, "level": 55, "name": "自然屯"}
    kind = operations.add_kind(session, boss, **asked, at=clock.now())  # type: ignore[arg-type]
    again = operations.add_kind(session, boss, **asked, at=clock.now())  # type: ignore[arg-type]
    assert kind == again
    assert kind.is_home
    hamlet = operations.found(
        session, boss, parent_id=tree.grid, kind="hamlet", name="前屯", on=DAY, at=clock.now()
    )
    assert queries.ancestors(session, hamlet.id)[1].id == tree.grid
    entries = session.execute(select(AuditEntry).where(col(AuditEntry.action) == "orgs.add_kind"))
    assert len(entries.all()) == 1


def test_a_hopeless_kind_is_refused_fault_by_fault(session: Session, tree: Tree) -> None:
    asked: dict[str, Any] = {"code": "Grid", "line": Line.TEAM, "level": 1, "name": " "}
    for fault, who, more in (
        (Forbidden, staff(session, Role.ADMINISTRATOR, tree.street), {}),
        (KindInvalid, staff(session, Role.ADMINISTRATOR, tree.city), {"code": "grid"}),
        (NameEmpty, SYSTEM, {"name": "网"}),
        (KindTaken, SYSTEM, {"code": "net"}),
    ):
        with pytest.raises(fault):
            operations.add_kind(session, who, **asked, at=clock.now())
        asked |= more
    assert operations.add_kind(session, SYSTEM, **asked, at=clock.now()).name == "网"


def test_details_are_kept_and_the_contact_is_sealed(session: Session, tree: Tree) -> None:
    own = staff(session, Role.SECRETARY, tree.employer)
    asked = {"credit_code": "91350200ma2yj1xr9g", "address": " 中兴西路 1 号 "}
    described = operations.describe(
        session, own, org_id=tree.employer, contact_name="孙立军", contact_phone="0436-3211234",
        **asked, at=clock.now(),
    )  # fmt: skip
    assert described.credit_code == "91350200MA2YJ1XR9G"
    assert described.address == "中兴西路 1 号"
    assert not described.credit_code_doubtful
    assert b"3211234" not in (described.contact_phone_sealed or b"")
    for phone, kept in ((None, "0436-3211234"), ("", "")):
        operations.describe(
            session, own, org_id=tree.employer, contact_phone=phone, **asked, at=clock.now()
        )
        assert queries.contact_phone(described) == kept
        assert queries.contact_name(described) == ""
    operations.describe(session, own, org_id=tree.employer, **asked, at=clock.now())
    facts = [
        entry.facts["changed"]
        for entry in session.execute(
            select(AuditEntry)
            .where(col(AuditEntry.action) == "orgs.describe")
            .order_by(col(AuditEntry.id))
        ).scalars()
    ]
    assert facts == [
        ["credit_code", "address", "contact_name", "contact_phone"],
        ["contact_name"],
        ["contact_phone"],
    ]


def test_a_doubtful_credit_code_is_kept(session: Session, tree: Tree) -> None:
    described = operations.describe(
        session, SYSTEM, org_id=tree.employer, credit_code="91350200MA2YJ1XR9A", at=clock.now()
    )
    assert described.credit_code_doubtful


def test_hopeless_details_are_refused_fault_by_fault(session: Session, tree: Tree) -> None:
    asked: dict[str, Any] = {
        "org_id": 999_999, "region_code": "22080", "contact_phone": "call me", "at": clock.now(),
    }  # fmt: skip
    stranger = staff(session, Role.SECRETARY, tree.beside)
    own = staff(session, Role.ADMINISTRATOR, tree.community)
    with pytest.raises(NoSuchOrganisation):
        operations.describe(session, stranger, **asked)
    asked["org_id"] = tree.community
    with pytest.raises(Forbidden):
        operations.describe(session, stranger, **asked)
    with pytest.raises(RegionCodeInvalid):
        operations.describe(session, own, **asked)
    asked["region_code"] = "220802001"
    with pytest.raises(ContactPhoneInvalid):
        operations.describe(session, own, **asked)
    asked["contact_phone"] = "13800000001"
    queries.organisation(session, tree.community).closed_on = date(2026, 1, 1)
    with pytest.raises(OrganisationClosed):
        operations.describe(session, own, **asked)


def test_who_looks_at_a_contacts_number_is_written_down(session: Session, tree: Tree) -> None:
    operations.describe(
        session, SYSTEM, org_id=tree.street, contact_phone="13800000001", at=clock.now()
    )
    with pytest.raises(NoSuchOrganisation):
        operations.show_contact(session, SYSTEM, org_id=999_999, at=clock.now())
    with pytest.raises(Forbidden):
        clerk = staff(session, Role.CLERK, tree.street)
        operations.show_contact(session, clerk, org_id=tree.street, at=clock.now())
    official = staff(session, Role.OFFICIAL, tree.street)
    shown = operations.show_contact(session, official, org_id=tree.street, at=clock.now())
    assert shown == "13800000001"
    last = session.execute(select(AuditEntry).order_by(col(AuditEntry.id).desc())).scalars().first()
    assert last is not None
    assert (last.action, last.facts) == ("orgs.show_contact", {})
