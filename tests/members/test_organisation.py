"""Members follow their organisation to its successor."""

from datetime import date

import pytest
from sqlalchemy import select
from sqlmodel import Session, col

from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM
from pointsbank.members import operations, queries
from pointsbank.members.models import Affiliation
from pointsbank.members.rules import NewMember, Relation
from pointsbank.orgs import operations as orgs
from tests.orgs.tree import Tree

DAY = date(2026, 11, 1)


def ties(session: Session, member_id: int, relation: Relation) -> list[tuple[int, date | None]]:
    wanted = (
        select(col(Affiliation.org_id), col(Affiliation.until_on))
        .where(col(Affiliation.member_id) == member_id, col(Affiliation.relation) == relation)
        .order_by(col(Affiliation.from_on), col(Affiliation.until_on).desc())
    )
    return [(row.org_id, row.until_on) for row in session.execute(wanted)]


@pytest.fixture
def teams(session: Session, tree: Tree) -> int:
    """A second team, into which the first one goes."""
    return orgs.found(
        session, SYSTEM, parent_id=tree.community, kind="team", name="夕阳红志愿服务队",
        on=date(2020, 1, 1), at=clock.now(),
    ).id  # fmt: skip


def test_a_merged_teams_members_are_the_successors(
    session: Session, tree: Tree, teams: int
) -> None:
    rows = [
        NewMember("王桂芳", tree.grid, team_ids=(tree.team,), registered_on=date(2024, 1, 1)),
        NewMember("李建国", tree.grid, team_ids=(tree.team, teams), registered_on=date(2024, 1, 1)),
        NewMember("赵晓梅", tree.grid, team_ids=(tree.team,)),
        NewMember("孙立军", tree.grid, team_ids=(tree.team, teams)),
    ]
    ids = operations.register_many(session, SYSTEM, rows, at=clock.now())
    orgs.merge(
        session, SYSTEM, org_id=tree.team, successor_id=teams, on=DAY, key="merge", at=clock.now()
    )
    eve = date(2026, 10, 31)
    assert ties(session, ids[0], Relation.TEAM) == [(tree.team, eve), (teams, None)]
    assert sorted(ties(session, ids[1], Relation.TEAM), key=str) == sorted(
        [(tree.team, eve), (teams, None)], key=str
    )
    # Who came later than the day of the merger was never in the one that ended.
    assert ties(session, ids[2], Relation.TEAM) == [(teams, None)]
    assert ties(session, ids[3], Relation.TEAM) == [(teams, None)]


def test_a_merged_communitys_residents_are_the_successors(session: Session, tree: Tree) -> None:
    wang = operations.register(
        session, SYSTEM, name="王桂芳", residence_id=tree.beside, registered_on=date(2024, 1, 1),
        at=clock.now(),
    )  # fmt: skip
    orgs.merge(
        session, SYSTEM, org_id=tree.beside, successor_id=tree.community, on=DAY, key="merge",
        at=clock.now(),
    )  # fmt: skip
    session.expire_all()
    assert queries.member(session, wang.id).residence_id == tree.community
    assert [org for org, _ in ties(session, wang.id, Relation.RESIDENCE)] == [
        tree.beside, tree.community,
    ]  # fmt: skip
