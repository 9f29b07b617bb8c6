"""Where a member belongs, by dated ties: moving, teams, party status, leaving, coming back."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import Session, col

from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM, Actor, Role
from pointsbank.core.errors import Forbidden, Refused
from pointsbank.members import operations, queries
from pointsbank.members.models import Member
from pointsbank.members.rules import (
    AlreadyHere,
    DayInFuture,
    JoinedWithoutParty,
    Leaving,
    MemberLeft,
    MoveBackdated,
    NoSuchMember,
    NotAHome,
    NotHere,
    NotLeft,
    PartyStatus,
    Relation,
    WrongLine,
)
from pointsbank.orgs import operations as orgs
from pointsbank.orgs.models import Organisation
from pointsbank.orgs.rules import NoSuchOrganisation, OrganisationClosed
from tests.orgs.tree import Tree, staff

SINCE = date(2024, 1, 1)
DAY = date(2026, 11, 1)
TODAY = date(2026, 11, 21)


@pytest.fixture
def wang(session: Session, tree: Tree) -> Member:
    return operations.register(
        session, SYSTEM, name="王桂芳", residence_id=tree.grid, branch_id=tree.branch,
        party_status=PartyStatus.PROBATIONARY, team_ids=(tree.team,), registered_on=SINCE,
        at=clock.now(),
    )  # fmt: skip


def spans(session: Session, member_id: int, relation: Relation) -> list[tuple[Any, ...]]:
    return [
        (tie.org_id, tie.from_on, tie.until_on)
        for tie in queries.affiliations(session, member_id)
        if tie.relation is relation
    ]


def move(session: Session, actor: Actor, member_id: int, on: date = DAY, **to: Any) -> Member:
    return operations.move_member(session, actor, member_id=member_id, on=on, at=clock.now(), **to)


def test_a_move_keeps_what_was_before(session: Session, tree: Tree, wang: Member) -> None:
    moved = move(
        session, SYSTEM, wang.id, residence_id=tree.beside, branch_id=None,
        employer_id=tree.employer,
    )  # fmt: skip
    assert (moved.residence_id, moved.branch_id, moved.employer_id) == (
        tree.beside, None, tree.employer,
    )  # fmt: skip
    eve = DAY - timedelta(days=1)
    assert spans(session, wang.id, Relation.RESIDENCE) == [
        (tree.grid, SINCE, eve), (tree.beside, DAY, None),
    ]  # fmt: skip
    assert spans(session, wang.id, Relation.BRANCH) == [(tree.branch, SINCE, eve)]
    for on, home in ((eve, tree.grid), (DAY, tree.beside)):
        there = session.execute(queries.affiliated(Relation.RESIDENCE, on)).all()
        assert [tuple(pair) for pair in there] == [(wang.id, home)]


def test_a_repeated_move_changes_nothing(session: Session, tree: Tree, wang: Member) -> None:
    version = move(session, SYSTEM, wang.id, residence_id=tree.beside).version
    assert move(session, SYSTEM, wang.id, residence_id=tree.beside).version == version
    assert move(session, SYSTEM, wang.id).version == version


def test_a_move_on_the_same_day_replaces_the_one_before(
    session: Session, tree: Tree, wang: Member
) -> None:
    move(session, SYSTEM, wang.id, residence_id=tree.beside)
    move(session, SYSTEM, wang.id, residence_id=tree.community)
    assert [span[0] for span in spans(session, wang.id, Relation.RESIDENCE)] == [
        tree.grid, tree.community,
    ]  # fmt: skip


def test_a_hopeless_move_is_refused_fault_by_fault(
    session: Session, tree: Tree, wang: Member
) -> None:
    at = clock.now()
    close = update(Organisation).where(col(Organisation.id) == tree.employer)
    session.execute(close.values(closed_on=date(2026, 6, 30)))
    operations.leave(session, SYSTEM, member_id=wang.id, leaving=Leaving.LEFT, on=TODAY, at=at)
    stranger = staff(session, Role.SECRETARY, tree.beside)
    secretary = staff(session, Role.SECRETARY, tree.street)
    asked: dict[str, Any] = {
        "residence_id": tree.team, "branch_id": 999_999, "employer_id": tree.branch,
    }  # fmt: skip

    def refused(kind: type[Refused], actor: Actor, on: date = TODAY + timedelta(days=1)) -> None:
        with pytest.raises(kind):
            move(session, actor, asked.get("member_id", wang.id), on, **{
                name: value for name, value in asked.items() if name != "member_id"
            })  # fmt: skip

    asked["member_id"] = 999_999
    refused(NoSuchMember, stranger)
    del asked["member_id"]
    refused(NoSuchOrganisation, stranger)
    asked["branch_id"] = tree.branch
    refused(Forbidden, stranger)
    refused(MemberLeft, secretary)
    operations.come_back(session, SYSTEM, member_id=wang.id, on=TODAY, at=at)
    refused(DayInFuture, secretary)
    refused(NotAHome, secretary, TODAY)
    asked["residence_id"] = tree.community
    refused(WrongLine, secretary, TODAY)
    asked["employer_id"] = tree.employer
    refused(OrganisationClosed, secretary, TODAY)
    session.execute(close.values(closed_on=None))
    session.expire_all()
    refused(MoveBackdated, secretary, date(2023, 12, 31))
    assert move(session, secretary, wang.id, SINCE, **asked).residence_id == tree.community


def test_who_lets_go_and_who_takes_in(session: Session, tree: Tree, wang: Member) -> None:
    beside = staff(session, Role.SECRETARY, tree.beside)
    own = staff(session, Role.SECRETARY, tree.community)
    branch = staff(session, Role.SECRETARY, tree.branch)
    with pytest.raises(Forbidden):
        move(session, own, wang.id, residence_id=tree.beside)
    with pytest.raises(Forbidden):
        move(session, beside, wang.id, residence_id=tree.beside)
    with pytest.raises(Forbidden):
        move(session, beside, wang.id, residence_id=tree.grid)  # a guess shows nobody's record
    with pytest.raises(Forbidden):
        move(session, branch, wang.id, employer_id=tree.employer)
    assert move(session, branch, wang.id, branch_id=None).branch_id is None
    moved = move(session, beside, wang.id, residence_id=tree.beside, released=True)
    assert moved.residence_id == tree.beside


def test_a_new_branch_begins_after_the_old_one_ended(
    session: Session, tree: Tree, wang: Member
) -> None:
    move(session, SYSTEM, wang.id, branch_id=None)
    with pytest.raises(MoveBackdated) as refused:
        move(session, SYSTEM, wang.id, date(2026, 10, 31), branch_id=tree.branch)
    assert refused.value.facts == {"since": DAY}
    assert move(session, SYSTEM, wang.id, branch_id=tree.branch).branch_id == tree.branch
    with pytest.raises(MoveBackdated):
        move(session, SYSTEM, wang.id, date(2023, 1, 1), employer_id=tree.employer)


def test_teams_are_joined_and_left(session: Session, tree: Tree, wang: Member) -> None:
    at = clock.now()
    leader = staff(session, Role.ORGANISER, tree.team)
    other = orgs.found(
        session, SYSTEM, parent_id=tree.community, kind="team", name="夕阳红", on=SINCE, at=at
    ).id

    def join(actor: Actor, team: int = other, on: date = DAY) -> None:
        operations.join_team(session, actor, member_id=wang.id, team_id=team, on=on, at=at)

    def leave(actor: Actor, team: int = tree.team, on: date = DAY) -> None:
        operations.leave_team(session, actor, member_id=wang.id, team_id=team, on=on, at=at)

    with pytest.raises(NoSuchOrganisation):
        join(SYSTEM, 999_999)
    with pytest.raises(Forbidden):
        join(leader)
    with pytest.raises(DayInFuture):
        join(SYSTEM, on=TODAY + timedelta(days=1))
    with pytest.raises(WrongLine):
        join(SYSTEM, tree.branch)
    with pytest.raises(AlreadyHere):
        join(SYSTEM, tree.team)
    with pytest.raises(MoveBackdated):
        join(SYSTEM, on=date(2023, 1, 1))
    with pytest.raises(Forbidden):
        leave(leader)
    with pytest.raises(NotHere):
        leave(SYSTEM, other)
    with pytest.raises(DayInFuture):
        leave(SYSTEM, on=TODAY + timedelta(days=1))
    join(staff(session, Role.SECRETARY, tree.community))
    herself = Actor("user", 1, member_id=wang.id)
    leave(herself)
    assert spans(session, wang.id, Relation.TEAM) == [
        (tree.team, SINCE, DAY), (other, DAY, None),
    ]  # fmt: skip
    with pytest.raises(NotHere):
        leave(SYSTEM)
    with pytest.raises(MoveBackdated):
        join(SYSTEM, tree.team)
    join(SYSTEM, tree.team, DAY + timedelta(days=1))
    organiser = staff(session, Role.ORGANISER, tree.community)
    operations.leave_team(session, organiser, member_id=wang.id, team_id=tree.team, on=TODAY, at=at)


def test_party_status_has_its_days(session: Session, tree: Tree, wang: Member) -> None:
    at = clock.now()

    def change(actor: Actor, status: PartyStatus, on: date = DAY, **more: Any) -> Member:
        return operations.change_party_status(
            session, actor, member_id=wang.id, status=status, on=on, at=at, **more
        )

    with pytest.raises(Forbidden):
        change(staff(session, Role.SECRETARY, tree.beside), PartyStatus.FULL)
    with pytest.raises(DayInFuture):
        change(SYSTEM, PartyStatus.FULL, TODAY + timedelta(days=1))
    with pytest.raises(JoinedWithoutParty):
        change(SYSTEM, PartyStatus.APPLICANT, joined_on=DAY)
    with pytest.raises(MoveBackdated):
        change(SYSTEM, PartyStatus.FULL, date(2023, 1, 1))
    full = change(staff(session, Role.SECRETARY, tree.branch), PartyStatus.FULL, joined_on=SINCE)
    assert (full.party_status, full.joined_party_on) == (PartyStatus.FULL, SINCE)
    assert change(SYSTEM, PartyStatus.FULL).joined_party_on == SINCE
    assert change(SYSTEM, PartyStatus.NONE, TODAY).joined_party_on is None
    again = change(SYSTEM, PartyStatus.PROBATIONARY, TODAY)
    assert again.joined_party_on == TODAY
    assert [
        (s.status, s.from_on, s.until_on) for s in queries.party_standings(session, wang.id)
    ] == [
        (PartyStatus.PROBATIONARY, SINCE, DAY - timedelta(days=1)),
        (PartyStatus.FULL, DAY, TODAY - timedelta(days=1)),
        (PartyStatus.PROBATIONARY, TODAY, None),
    ]
    operations.leave(session, SYSTEM, member_id=wang.id, leaving=Leaving.DIED, on=TODAY, at=at)
    with pytest.raises(MemberLeft):
        change(SYSTEM, PartyStatus.FULL)


def test_who_leaves_ends_every_tie_and_may_come_back(
    session: Session, tree: Tree, wang: Member
) -> None:
    at = clock.now()

    def leave(actor: Actor, on: date, leaving: Leaving = Leaving.LEFT) -> Member:
        return operations.leave(session, actor, member_id=wang.id, leaving=leaving, on=on, at=at)

    herself = Actor("user", 1, member_id=wang.id)
    stranger = staff(session, Role.SECRETARY, tree.beside)
    for actor, leaving in ((stranger, Leaving.LEFT), (herself, Leaving.DIED)):
        with pytest.raises(Forbidden):
            leave(actor, DAY, leaving)
    with pytest.raises(DayInFuture):
        leave(SYSTEM, TODAY + timedelta(days=1))
    with pytest.raises(MoveBackdated):
        leave(SYSTEM, date(2023, 1, 1))
    with pytest.raises(NotLeft):
        operations.come_back(session, SYSTEM, member_id=wang.id, on=DAY, at=at)
    gone = leave(herself, DAY)
    assert (gone.left_on, gone.leaving) == (DAY, Leaving.LEFT)
    assert {tie.until_on for tie in queries.affiliations(session, wang.id)} == {DAY}
    with pytest.raises(MemberLeft):
        leave(SYSTEM, DAY)
    with pytest.raises(Forbidden):
        operations.come_back(session, stranger, member_id=wang.id, on=DAY, at=at)
    with pytest.raises(DayInFuture):
        operations.come_back(
            session, SYSTEM, member_id=wang.id, on=TODAY + timedelta(days=1), at=at
        )
    back = operations.come_back(session, SYSTEM, member_id=wang.id, on=DAY, at=at)
    assert (back.left_on, back.leaving) == (None, None)
    assert {tie.until_on for tie in queries.affiliations(session, wang.id)} == {None}


def test_who_comes_back_later_was_away_meanwhile(
    session: Session, tree: Tree, wang: Member
) -> None:
    operations.leave(
        session, SYSTEM, member_id=wang.id, leaving=Leaving.LEFT, on=DAY, at=clock.now()
    )
    operations.come_back(session, SYSTEM, member_id=wang.id, on=TODAY, at=clock.now())
    assert spans(session, wang.id, Relation.RESIDENCE) == [
        (tree.grid, SINCE, DAY), (tree.grid, TODAY, None),
    ]  # fmt: skip
    assert len(queries.party_standings(session, wang.id)) == 2
    # Who has nothing that ended with her leaving just comes back.
    bare = operations.register(
        session, SYSTEM, name="李建国", residence_id=tree.grid, registered_on=SINCE, at=clock.now()
    )
    operations.leave(
        session, SYSTEM, member_id=bare.id, leaving=Leaving.LEFT, on=DAY, at=clock.now()
    )
    operations.come_back(session, SYSTEM, member_id=bare.id, on=TODAY, at=clock.now())
    assert queries.party_standings(session, bare.id) == []
