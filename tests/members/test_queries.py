"""Looking members up by id, phone, card, phone code, and what was typed."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select, update
from sqlmodel import Session, col

from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM, Actor, Role
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
from pointsbank.members.search import search
from tests.orgs.tree import Tree, staff


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


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("", ["王桂芳", "李建国"]),
        ("王", ["王桂芳"]),
        ("桂芳", ["王桂芳"]),
        ("wgf", ["王桂芳"]),
        ("WangGui", ["王桂芳"]),
        ("wang gui", ["王桂芳"]),
        ("0002", ["李建国"]),
        ("13900000002", ["李建国"]),
        ("2026", ["王桂芳", "李建国"]),
        ("2026000002", ["李建国"]),
        ("%", []),
        ("王贵福", []),
        ("13700000003", []),
    ],
)
def test_a_search_finds_those_in_reach(
    session: Session, tree: Tree, people: list[int], typed: str, names: list[str]
) -> None:
    secretary = staff(session, Role.SECRETARY, tree.community)
    found = search(session, secretary, text=typed)
    assert [member.name for member in found.members] == names
    assert found.total == len(names)


def test_a_search_by_card_finds_its_holder(session: Session, tree: Tree, people: list[int]) -> None:
    card = operations.issue_card(session, SYSTEM, member_id=people[0], at=clock.now())
    secretary = staff(session, Role.SECRETARY, tree.community)
    found = search(session, secretary, text=card.digits)
    assert [member.id for member in found.members] == [people[0]]


def test_pages_go_on_where_the_last_stopped(
    session: Session, tree: Tree, people: list[int]
) -> None:
    official = staff(session, Role.OFFICIAL, tree.street)
    first, second = (search(session, official, page=n, size=3) for n in (1, 2))
    assert [m.id for m in (*first.members, *second.members)] == people
    assert first.total == second.total == 4


def test_a_member_is_known_by_residence_branch_and_employer(
    session: Session, tree: Tree, people: list[int]
) -> None:
    for place, expected in ((tree.branch, [people[1]]), (tree.employer, [people[2]])):
        secretary = staff(session, Role.SECRETARY, place)
        assert [m.id for m in search(session, secretary).members] == expected
        assert queries.member_seen_by(session, secretary, expected[0]).id == expected[0]
        with pytest.raises(NoSuchMember):
            queries.member_seen_by(session, secretary, people[0])
    auditor = staff(session, Role.AUDITOR, tree.city)
    assert search(session, auditor).total == 0


def test_scopes_are_by_residence_or_by_branch(
    session: Session, tree: Tree, people: list[int]
) -> None:
    residents = session.execute(queries.residing_below([tree.community])).scalars().all()
    assert set(residents) == {people[0], people[1]}
    wanted = select(col(Member.name)).where(
        col(Member.id).in_(queries.of_branches_below([tree.community]))
    )
    assert list(session.execute(wanted).scalars()) == ["李建国"]


def test_nobody_without_a_role_sees_anybody(session: Session, people: list[int]) -> None:
    volunteer = Actor(kind="user", id=1, member_id=people[0])
    assert search(session, volunteer).total == 0
