"""Enrolling members, their cards, and what refuses it."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select, update
from sqlmodel import Session, col

from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM, Actor, Role
from pointsbank.core.audit import AuditEntry
from pointsbank.core.errors import Forbidden
from pointsbank.members import operations, queries
from pointsbank.members.models import Affiliation, Card, Member, NameKey
from pointsbank.members.rules import (
    CardAlreadyLost,
    MemberLeft,
    NameInvalid,
    NewMember,
    NoSuchCard,
    NoSuchMember,
    NotAHome,
    PartyStatus,
    PhoneInvalid,
    PhoneTaken,
    Relation,
    WrongLine,
)
from pointsbank.orgs.models import Organisation
from pointsbank.orgs.rules import NoSuchOrganisation, OrganisationClosed
from tests.orgs.tree import Tree, staff


def enrol(session: Session, tree: Tree, name: str = "王桂芳", phone: str = "13800000001") -> Member:
    return operations.register(
        session, SYSTEM, name=name, phone=phone, residence_id=tree.grid, at=clock.now()
    )


def test_a_hopeless_registration_is_refused_fault_by_fault(session: Session, tree: Tree) -> None:
    at = clock.now()
    enrol(session, tree)
    session.execute(
        update(Organisation)
        .where(col(Organisation.id) == tree.branch)
        .values(closed_on=date(2026, 6, 30))
    )
    stranger = staff(session, Role.SECRETARY, tree.beside)
    row = NewMember(" ", tree.street, "138", branch_id=tree.branch, team_ids=(999_999,))

    with pytest.raises(NoSuchOrganisation):
        operations.register_many(session, stranger, [row], at=at)
    row = replace(row, team_ids=(tree.employer,))
    with pytest.raises(Forbidden):
        operations.register_many(session, stranger, [row], at=at)
    secretary = staff(session, Role.SECRETARY, tree.street)
    with pytest.raises(NameInvalid):
        operations.register_many(session, secretary, [row], at=at)
    row = replace(row, name="李建国")
    with pytest.raises(PhoneInvalid):
        operations.register_many(session, secretary, [row], at=at)
    row = replace(row, phone="13800000001")
    with pytest.raises(NotAHome):
        operations.register_many(session, secretary, [row], at=at)
    row = replace(row, residence_id=tree.grid)
    with pytest.raises(WrongLine):
        operations.register_many(session, secretary, [row], at=at)
    row = replace(row, team_ids=(tree.team,))
    with pytest.raises(OrganisationClosed):
        operations.register_many(session, secretary, [row], at=at)
    row = replace(row, branch_id=None)
    with pytest.raises(PhoneTaken):
        operations.register_many(session, secretary, [row], at=at)
    row = replace(row, phone="13800000002")
    with pytest.raises(PhoneTaken):
        operations.register_many(session, secretary, [row, row], at=at)
    assert len(operations.register_many(session, secretary, [row], at=at)) == 1


def test_a_member_is_enrolled_with_number_sound_and_sealed_phone(
    session: Session, tree: Tree
) -> None:
    wang = operations.register(
        session, SYSTEM, name="王桂芳", phone="138 0000 0001", residence_id=tree.grid,
        branch_id=tree.branch, employer_id=tree.employer, party_status=PartyStatus.FULL,
        team_ids=(tree.team, tree.team), registered_on=date(2024, 3, 5), at=clock.now(),
    )  # fmt: skip
    assert wang.number == "2024000001"
    assert "wgf" in session.execute(select(col(NameKey.key))).scalars().all()
    assert (wang.phone_tail, queries.shown_phone(wang)) == ("0001", "138****0001")
    assert b"13800000001" not in (wang.phone_sealed or b"")
    ties = session.execute(select(Affiliation)).scalars().all()
    assert {(tie.relation, tie.org_id) for tie in ties} == {
        (Relation.RESIDENCE, tree.grid), (Relation.BRANCH, tree.branch),
        (Relation.EMPLOYER, tree.employer), (Relation.TEAM, tree.team),
    }  # fmt: skip
    assert {(tie.from_on, tie.until_on) for tie in ties} == {(date(2024, 3, 5), None)}


def test_numbers_go_on_where_the_year_stopped(session: Session, tree: Tree) -> None:
    first = enrol(session, tree)
    rows = [
        NewMember("李建国", tree.grid, registered_on=date(2025, 1, 1)),
        NewMember("赵晓梅", tree.grid),
        NewMember("孙立军", tree.grid, registered_on=date(2025, 1, 1)),
    ]
    ids = operations.register_many(session, SYSTEM, rows, at=clock.now())
    found = queries.members(session, ids)
    assert first.number == "2026000001"
    assert [found[i].name for i in ids] == ["李建国", "赵晓梅", "孙立军"]
    assert [found[i].number for i in ids] == ["2025000001", "2026000002", "2025000002"]


def test_a_thousand_members_are_enrolled_in_a_handful_of_statements(
    session: Session, tree: Tree
) -> None:
    rows = [NewMember("王桂芳", tree.grid, f"138{n:08d}") for n in range(1_000)]
    ids = operations.register_many(session, SYSTEM, rows, at=clock.now())
    tails = session.execute(select(col(Member.phone_tail)).order_by(col(Member.id))).scalars()
    assert ids == sorted(ids)
    assert list(tails) == [f"{n:04d}" for n in range(1_000)]
    assert session.execute(select(func.count()).select_from(AuditEntry)).scalar_one() == 2


def test_enrolling_nobody_is_nothing(session: Session, tree: Tree) -> None:
    assert operations.register_many(session, SYSTEM, [], at=clock.now()) == []
    assert operations.issue_cards(session, SYSTEM, member_ids=[], at=clock.now()) == []


def test_a_hopeless_card_is_refused_fault_by_fault(session: Session, tree: Tree) -> None:
    at = clock.now()
    wang = enrol(session, tree)
    stranger = staff(session, Role.CLERK, tree.beside)
    clerk = staff(session, Role.CLERK, tree.community)
    left = update(Member).where(col(Member.id) == wang.id)
    session.execute(left.values(left_on=date(2026, 1, 1)))
    session.refresh(wang)
    with pytest.raises(NoSuchMember):
        operations.issue_card(session, stranger, member_id=999_999, at=at)
    with pytest.raises(Forbidden):
        operations.issue_card(session, stranger, member_id=wang.id, at=at)
    with pytest.raises(MemberLeft):
        operations.issue_card(session, clerk, member_id=wang.id, at=at)
    session.execute(left.values(left_on=None))
    session.refresh(wang)
    card = operations.issue_card(session, clerk, member_id=wang.id, at=at)
    assert queries.member_by_code(session, card.digits, at).id == wang.id


def test_missing_cards_are_issued_once_and_lost_ones_replaced(session: Session, tree: Tree) -> None:
    at = clock.now()
    ids = [enrol(session, tree, phone=f"1380000000{n}").id for n in range(2)]
    assert operations.issue_missing_cards(session, SYSTEM, member_ids=ids, at=at) == 2
    assert operations.issue_missing_cards(session, SYSTEM, member_ids=ids, at=at) == 0
    card = queries.good_card(session, ids[0])
    assert card is not None
    operations.report_card_lost(session, SYSTEM, card_id=card.id, at=at)
    assert operations.issue_missing_cards(session, SYSTEM, member_ids=ids, at=at) == 1


def test_a_card_is_reported_lost_once_by_its_holder_or_by_staff(
    session: Session, tree: Tree
) -> None:
    at = clock.now()
    wang = enrol(session, tree)
    card = operations.issue_card(session, SYSTEM, member_id=wang.id, at=at)
    stranger = Actor(kind="user", id=9, member_id=wang.id + 1)
    herself = Actor(kind="user", id=8, member_id=wang.id)
    with pytest.raises(NoSuchCard):
        operations.report_card_lost(session, stranger, card_id=999_999, at=at)
    with pytest.raises(Forbidden):
        operations.report_card_lost(session, stranger, card_id=card.id, at=at)
    lost = operations.report_card_lost(session, herself, card_id=card.id, at=at)
    assert lost.lost_at == at
    with pytest.raises(CardAlreadyLost):
        operations.report_card_lost(
            session, staff(session, Role.CLERK, tree.community), card_id=card.id,
            at=at + timedelta(days=1),
        )  # fmt: skip


def test_what_is_done_leaves_audit_entries_without_names(session: Session, tree: Tree) -> None:
    wang = enrol(session, tree)
    card = operations.issue_card(session, SYSTEM, member_id=wang.id, at=clock.now())
    operations.report_card_lost(session, SYSTEM, card_id=card.id, at=clock.now())
    entries = session.execute(select(AuditEntry).order_by(col(AuditEntry.id))).scalars().all()
    actions = [entry.action for entry in entries]
    assert actions[1:] == ["members.registered", "members.cards_issued", "members.card_lost"]
    assert all(entry.subject_id == wang.id for entry in entries[1:])
    assert "王" not in str([entry.facts for entry in entries])
    assert session.execute(select(func.count()).select_from(Card)).scalar_one() == 1
