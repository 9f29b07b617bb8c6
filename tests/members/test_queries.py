"""Looking members up by id, phone, card, phone code, and what was typed."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select, update
from sqlmodel import Session, col

from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM
from pointsbank.members import codes, operations, queries
from pointsbank.members.codes import card_digits
from pointsbank.members.models import Member
from pointsbank.members.rules import (
    CardLost,
    CardReplaced,
    CodeExpired,
    CodeInvalid,
    MemberLeft,
    NewMember,
    NoSuchMember,
)
from tests.orgs.tree import Tree


@pytest.fixture
def people(session: Session, tree: Tree) -> list[int]:
    rows = [
        NewMember("王桂芳", tree.grid, "13800000001"),
        NewMember("李建国", tree.community, "13900000002", branch_id=tree.branch),
        NewMember("王贵福", tree.beside, "13700000003", employer_id=tree.employer),
        NewMember("陈玉兰", tree.beside),
    ]
    return operations.register_many(session, SYSTEM, rows, at=clock.now())


def test_a_member_is_found_by_phone(session: Session, people: list[int]) -> None:
    found = queries.member_by_phone(session, " １３８ 0000 0001")
    assert found is not None
    assert found.id == people[0]
    assert queries.member_by_phone(session, "13800000009") is None
    assert queries.member_by_phone(session, "王桂芳") is None


def test_who_is_not_there_is_refused(session: Session, people: list[int]) -> None:
    assert set(queries.members(session, [*people, 999_999])) == set(people)
    with pytest.raises(NoSuchMember):
        queries.member(session, 999_999)


def test_a_phones_code_finds_its_member_while_it_holds(session: Session, people: list[int]) -> None:
    at = clock.now()
    code = queries.phone_code(people[0], at)
    assert 0 < queries.phone_code_seconds_left(at) <= 60
    assert queries.member_by_code(session, f"{code[:10]} {code[10:]}", at).id == people[0]
    with pytest.raises(CodeExpired):
        queries.member_by_code(session, code, at + timedelta(minutes=5))
    with pytest.raises(CodeInvalid):
        queries.member_by_code(session, codes.phone_code(999_999, at), at)


def test_digits_that_are_nobodys_are_refused(session: Session, people: list[int]) -> None:
    for digits in ("", "12345678901234567890", card_digits(lambda n: 0)):
        with pytest.raises(CodeInvalid):
            queries.member_by_code(session, digits, clock.now())


def test_a_lost_card_says_since_when_and_which_card_is_good(
    session: Session, people: list[int]
) -> None:
    at = clock.now()
    old = operations.issue_card(session, SYSTEM, member_id=people[3], at=at)
    operations.report_card_lost(session, SYSTEM, card_id=old.id, at=at)
    with pytest.raises(CardLost) as refusal:
        queries.member_by_code(session, old.digits, at)
    assert refusal.value.facts == {"lost_on": clock.local_day(at)}
    new = operations.issue_card(session, SYSTEM, member_id=people[3], at=at)
    with pytest.raises(CardReplaced) as replaced:
        queries.member_by_code(session, old.digits, at)
    assert replaced.value.facts == {"lost_on": clock.local_day(at), "new_tail": new.digits[-4:]}
    assert queries.member_by_code(session, new.digits, at).id == people[3]


def test_who_has_left_has_no_code(session: Session, people: list[int]) -> None:
    card = operations.issue_card(session, SYSTEM, member_id=people[0], at=clock.now())
    left = update(Member).where(col(Member.id) == people[0]).values(left_on=date(2026, 1, 1))
    session.execute(left)
    session.expire_all()
    with pytest.raises(MemberLeft):
        queries.member_by_code(session, card.digits, clock.now())


def test_scopes_are_by_residence_or_by_branch(
    session: Session, tree: Tree, people: list[int]
) -> None:
    residents = session.execute(queries.residing_below([tree.community])).scalars().all()
    assert set(residents) == {people[0], people[1]}
    wanted = select(col(Member.name)).where(
        col(Member.id).in_(queries.of_branches_below([tree.community]))
    )
    assert list(session.execute(wanted).scalars()) == ["李建国"]
