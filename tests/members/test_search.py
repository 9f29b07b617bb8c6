"""The register listed by where people belong, and searched by what somebody types."""

from datetime import date

import pytest
from sqlmodel import Session

from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM, Actor, Role
from pointsbank.members import operations, search
from pointsbank.members.queries import member_seen_by
from pointsbank.members.rules import (
    Document,
    DocumentKind,
    Leaving,
    NewMember,
    NoSuchMember,
    PartyStatus,
)
from pointsbank.members.search import Filters, Page
from tests.orgs.tree import Tree, staff


@pytest.fixture
def people(session: Session, tree: Tree) -> list[int]:
    card = Document(DocumentKind.ID_CARD, "11010519491231002X")
    rows = [
        NewMember("王桂芳", tree.grid, "13800000001", document=card, team_ids=(tree.team,)),
        NewMember(
            "李建国", tree.community, "13900000002", branch_id=tree.branch,
            party_status=PartyStatus.FULL,
        ),
        NewMember("王贵福", tree.beside, "13700000003", employer_id=tree.employer),
        NewMember("陈玉兰", tree.beside),
    ]  # fmt: skip
    return operations.register_many(session, SYSTEM, rows, at=clock.now())


@pytest.fixture(params=["few", "many"])
def either_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once as where few people are in question, once as where many are."""
    if request.param == "many":
        monkeypatch.setattr(search, "FEW", 0)
        monkeypatch.setattr(search, "FEW_ONE_BY_ONE", 0)


def names(found: Page) -> list[str]:
    return [member.name for member in found.members]


@pytest.mark.usefixtures("either_way")
@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("王", ["王桂芳"]),
        ("桂芳", ["王桂芳"]),
        ("wgf", ["王桂芳"]),
        ("wg", ["王桂芳"]),
        ("gf", ["王桂芳"]),
        ("guif", ["王桂芳"]),
        ("WangGui", ["王桂芳"]),
        ("wang gui", ["王桂芳"]),
        ("g", ["王桂芳", "李建国"]),
        ("0002", ["李建国"]),
        ("139 0000 0002", ["李建国"]),
        ("2026", ["王桂芳", "李建国"]),
        ("2026000002", ["李建国"]),
        ("11010519491231002x", ["王桂芳"]),
        ("110105194912310021", []),
        ("%", []),
        ("·", []),
        ("", []),
        ("桂兰", []),
        ("王贵福", []),
        ("13700000003", []),
        ("12345678901234567890", []),
    ],
)
def test_a_search_finds_those_in_reach(
    session: Session, tree: Tree, people: list[int], typed: str, found: list[str]
) -> None:
    secretary = staff(session, Role.SECRETARY, tree.community)
    assert names(search.search(session, secretary, typed=typed)) == found


@pytest.mark.usefixtures("either_way")
def test_a_search_by_card_finds_its_holder(session: Session, tree: Tree, people: list[int]) -> None:
    card = operations.issue_card(session, SYSTEM, member_id=people[0], at=clock.now())
    secretary = staff(session, Role.SECRETARY, tree.community)
    assert names(search.search(session, secretary, typed=card.digits)) == ["王桂芳"]


@pytest.mark.usefixtures("either_way")
def test_a_search_says_when_there_are_more(session: Session, tree: Tree, people: list[int]) -> None:
    official = staff(session, Role.OFFICIAL, tree.street)
    found = search.search(session, official, typed="w", size=1)
    assert (len(found.members), found.after) == (1, True)
    assert not search.search(session, official, typed="w", size=2).after


@pytest.mark.usefixtures("either_way")
def test_pages_go_on_where_the_last_stopped_and_back(
    session: Session, tree: Tree, people: list[int]
) -> None:
    official = staff(session, Role.OFFICIAL, tree.street)
    first = search.listed(session, official, size=3)
    second = search.listed(session, official, size=3, after=first.members[-1].id)
    back = search.listed(session, official, size=3, before=second.members[0].id)
    assert [m.id for m in (*first.members, *second.members)] == people
    assert back.members == first.members
    assert (first.before, first.after) == (False, True)
    assert (second.before, second.after) == (True, False)
    assert (back.before, back.after) == (False, True)


@pytest.mark.usefixtures("either_way")
def test_the_register_is_listed_by_each_relation(
    session: Session, tree: Tree, people: list[int]
) -> None:
    official = staff(session, Role.OFFICIAL, tree.street)
    for filters, expected in (
        (Filters(residence_id=tree.community), ["王桂芳", "李建国"]),
        (Filters(residence_id=tree.grid), ["王桂芳"]),
        (Filters(branch_id=tree.branch), ["李建国"]),
        (Filters(employer_id=tree.employer), ["王贵福"]),
        (Filters(team_id=tree.team), ["王桂芳"]),
        (Filters(party_status=PartyStatus.FULL), ["李建国"]),
        (Filters(residence_id=tree.beside, team_id=tree.team), []),
    ):
        assert names(search.listed(session, official, filters=filters)) == expected
        typed = search.search(session, official, typed="w", filters=filters)
        assert names(typed) == [name for name in expected if name.startswith("王")]


@pytest.mark.usefixtures("either_way")
def test_those_who_left_are_listed_by_themselves(
    session: Session, tree: Tree, people: list[int]
) -> None:
    operations.leave(
        session, SYSTEM, member_id=people[0], leaving=Leaving.LEFT, on=date(2026, 11, 21),
        at=clock.now(),
    )  # fmt: skip
    secretary = staff(session, Role.SECRETARY, tree.community)
    assert names(search.listed(session, secretary)) == ["李建国"]
    assert names(search.listed(session, secretary, filters=Filters(left=True))) == ["王桂芳"]


def test_who_may_not_see_party_status_cannot_list_by_it(
    session: Session, tree: Tree, people: list[int]
) -> None:
    clerk = staff(session, Role.CLERK, tree.community)
    filters = Filters(party_status=PartyStatus.FULL)
    assert names(search.listed(session, clerk)) == ["王桂芳", "李建国"]
    assert names(search.listed(session, clerk, filters=filters)) == []


@pytest.mark.usefixtures("either_way")
def test_a_member_is_known_by_residence_branch_and_employer(
    session: Session, tree: Tree, people: list[int]
) -> None:
    for place, expected in ((tree.branch, people[1]), (tree.employer, people[2])):
        secretary = staff(session, Role.SECRETARY, place)
        assert [m.id for m in search.listed(session, secretary).members] == [expected]
        assert member_seen_by(session, secretary, expected).id == expected
        with pytest.raises(NoSuchMember):
            member_seen_by(session, secretary, people[0])
    auditor = staff(session, Role.AUDITOR, tree.city)
    assert search.listed(session, auditor).members == []


def test_nobody_without_a_role_sees_anybody(session: Session, people: list[int]) -> None:
    volunteer = Actor(kind="user", id=1, member_id=people[0])
    assert search.listed(session, volunteer).members == []
    assert search.search(session, volunteer, typed="wgf").members == []
